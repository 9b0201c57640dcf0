"""Asking artificial intelligence outside the house: what it may cost, and that it may not answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from domain.ai_prices import dollars_text
from domain.period import Month
from jobs.office_notices import tell_office
from jobs.secrecy import mask
from jobs.work import Actor
from storage import ai_spending
from storage.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date

    from jobs.work import Work
    from jobs.workplace import Workplace

_SERVICE: Final = Actor(None, "service")
_REF: Final = "AI"
_CALL: Final = timedelta(minutes=1)
"""No call takes longer: what is set aside after that is spent."""
_log = structlog.get_logger()


class AnswerError(Exception):
    """A question was not answered. The text says why, without what was asked.

    `permanent`: it never will be. `pause` is how long nothing more should be asked; None: the next one may be at once.
    """

    def __init__(self, message: str, *, permanent: bool = False, pause: timedelta | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Reserved:
    """What is set aside for a call on its way, in millionths of a US dollar, and the first day of its month."""

    month: date
    most: int


@dataclass(frozen=True, slots=True)
class Purse:
    """What may be spent in a calendar month of the society, in millionths of a US dollar, by all processes together."""

    place: Workplace
    cap: int

    async def reserve(self, most: int) -> Reserved:
        """Set aside the most that a call can cost. Raises AnswerError where the month's cap does not allow it."""

        async def once(work: Work) -> Reserved | AnswerError:
            month = Month.of(work.today)
            if await ai_spending.reserve(work.conn, month.first_day, most, self.cap, work.now):
                return Reserved(month.first_day, most)
            if await ai_spending.asked_since(work.conn, month.first_day, work.now - _CALL):
                return AnswerError("calls on their way may spend the month's cap (AI_MONTHLY_CAP)", pause=_CALL)
            await self._tell(work, month)
            return AnswerError("the month's cap (AI_MONTHLY_CAP) is spent", pause=_until_next(work, month))

        try:
            outcome = await self.place.do(_SERVICE, _REF, once)
        except DatabaseUnavailable as error:
            raise AnswerError("the database cannot be reached") from error
        if isinstance(outcome, AnswerError):
            raise outcome
        return outcome

    async def settle(self, reserved: Reserved, cost: int) -> None:
        """The call was answered and did cost so much."""

        async def once(work: Work) -> None:
            await ai_spending.settle(work.conn, reserved.month, reserved.most, cost)
            await ai_spending.forget_troubles(work.conn)

        await self._write(once)

    async def unspent(self, reserved: Reserved) -> None:
        """The call was refused: it cost nothing."""
        await self._write(lambda work: ai_spending.settle(work.conn, reserved.month, reserved.most, 0))

    async def note(self, reason: str) -> None:
        """The installer finds why the call came to nothing."""
        await self._write(lambda work: ai_spending.note(work.conn, reason))

    async def _write(self, job: Callable[[Work], Awaitable[None]]) -> None:
        """Without the database what was set aside stays counted: too much rather than too little."""
        try:
            await self.place.do(_SERVICE, _REF, job)
        except DatabaseUnavailable as error:
            _log.warning("cost of a call not settled", reason=mask(str(error)))

    async def _tell(self, work: Work, month: Month) -> None:
        """Once a month."""
        until = month.next().first_day
        text = (
            f"OpenAI is not asked any more until {until.day} {until:%B}: what is left of {dollars_text(self.cap)} a "
            "month (AI_MONTHLY_CAP) does not pay for another call. Photos and bills go on without it."
        )
        await tell_office(work, "ai_cap", "ai_month", str(month), text)


def _until_next(work: Work, month: Month) -> timedelta:
    begins = datetime.combine(month.next().first_day, time(), work.society.zone)
    return begins - work.now

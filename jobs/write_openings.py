"""Friendlier sentences for the top of bills and reminders, asked for beforehand: no message ever waits for one.

Whoever writes them is told what they stand on and the language, nothing about anybody. What they write is checked
before it is kept and again before it is said.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from domain.wording import Occasion, may_stand_on_top
from jobs.ask_ai import AnswerError
from jobs.secrecy import mask
from jobs.work import Actor
from storage import ai_openings, leases
from storage.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.work import Work
    from jobs.workplace import Workplace

MOST: Final = 3
"""Sentences kept for an occasion, so that neighbours do not all read the same."""
FRESH: Final = timedelta(days=28)
AGAIN: Final = timedelta(hours=6)
"""Until it is asked once more for what came to nothing."""
_LEASE: Final = 120.0
_LOOK: Final = 60.0
_LONGEST_SLEEP: Final = 3600.0
_SERVICE: Final = Actor(None, "service")
_log = structlog.get_logger()


class Writer(Protocol):
    """Writes sentences."""

    async def write(self, occasion: Occasion, language: str) -> Sequence[str]:
        """Some sentences, whatever they hold. Raises AnswerError."""

    async def close(self) -> None:
        """Give back what it holds."""


async def write_forever(place: Workplace, writer: Writer, look: float = _LOOK) -> None:
    """Ask for whatever is missing or has become stale, one after the other, in one process at a time."""
    holder = secrets.token_hex(8)
    while True:
        pause = look
        try:
            pause = 0 if await write_next(place, writer, holder) else look
        except AnswerError as error:
            _log.warning("no sentence written", reason=str(error))
            pause = max(look, min(_LONGEST_SLEEP, error.pause.total_seconds() if error.pause else 0))
        except DatabaseUnavailable as error:
            _log.warning("sentences wait for the database", reason=mask(str(error)))
        await asyncio.sleep(pause)


async def write_next(place: Workplace, writer: Writer, holder: str) -> bool:
    """Ask for one occasion's sentences and keep those that may be said; whether there was one to ask for.

    Raises AnswerError where nothing was answered: then nothing is noted, unless it never will be.
    """

    async def begin(work: Work) -> tuple[str, str] | None:
        if not await leases.take(work.conn, "sentences", holder, _LEASE):
            return None
        return await ai_openings.due(work.conn, list(Occasion), work.society.languages, work.now)

    due = await place.do(_SERVICE, "AI", begin)
    if due is None:
        return False
    occasion, language = Occasion(due[0]), due[1]
    try:
        written = await writer.write(occasion, language)
    except AnswerError as error:
        if not error.permanent:
            raise
        written = ()
    await _keep(place, occasion, language, [one for one in written if may_stand_on_top(one, language)][:MOST])
    return True


async def _keep(place: Workplace, occasion: Occasion, language: str, good: Sequence[str]) -> None:
    async def once(work: Work) -> None:
        await ai_openings.keep(work.conn, occasion, language, good, work.now + (FRESH if good else AGAIN))

    _log.info("sentences written", occasion=occasion.value, language=language, kept=len(good))
    await place.do(_SERVICE, "AI", once)


async def opening(work: Work, occasion: Occasion, language: str, which: int) -> str | None:
    """A sentence for the top of the message about `which`, the same one every time; None: it goes without."""
    if not work.society.ai_wording:
        return None
    found = await ai_openings.sentences(work.conn, occasion, language)
    good = [one for one in found if may_stand_on_top(one, language)]
    return good[which % len(good)] if good else None

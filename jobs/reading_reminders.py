"""Engineers are reminded of what is still unread when a month ends, and on the first days of the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.period import Month
from domain.roles import Role
from jobs import notify
from jobs.progress import progress
from storage import people

if TYPE_CHECKING:
    from datetime import date

    from jobs.work import Work

KIND: Final = "reading_reminder"
DAYS: Final = frozenset({1, 2, 28, 29, 30, 31})
_FIRST_DAYS: Final = 2


@dataclass(frozen=True, slots=True)
class Unread:
    """What a month lacks: how many meters of how many, and in which blocks how many, in walking order; motors last."""

    month: Month
    unread: int
    meters: int
    blocks: tuple[tuple[str, int], ...]


async def remind_engineers(work: Work, day: date) -> Unread:
    """Queue one reminder a day for each engineer, while anything is unread."""
    found = await unread(work, day)
    if found.unread:
        await _tell(work, day)
    return found


async def unread(work: Work, day: date) -> Unread:
    """What the round around `day` lacks: on the first days of a month that of the month before."""
    month = Month.of(day)
    month = month.previous() if day.day <= _FIRST_DAYS else month
    found = await progress(work, month, max(day, month.last_day))
    blocks = [(block.name, len(block.unread)) for block in found.blocks if block.unread]
    blocks += [(motor.flat_code, 1) for motor in found.motors if not motor.read]
    return Unread(month, found.unread, found.meters, tuple(blocks))


async def _tell(work: Work, day: date) -> None:
    for person_id in await people.people_with_role(work.conn, Role.ENGINEER):
        await notify.enqueue(
            work, KIND, "day", day.isoformat(), person_id=person_id, not_before=notify.delivery_time(work)
        )

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
    """What a month lacks: how many meters of how many, and in which blocks how many, in walking order; motors last.

    Those `in_vain` could not be read and are not counted: nobody is to be sent there again by a reminder.
    """

    month: Month
    unread: int
    meters: int
    blocks: tuple[tuple[str, int], ...]
    in_vain: int = 0


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
    left = [
        (block.name, sum(line.meter_id not in found.in_vain for line in block.unread)) for block in found.blocks
    ] + [(motor.flat_code, 1) for motor in found.motors if not motor.read and motor.meter_id not in found.in_vain]
    blocks = tuple((name, count) for name, count in left if count)
    return Unread(month, sum(count for _, count in blocks), found.meters, blocks, len(found.in_vain))


async def _tell(work: Work, day: date) -> None:
    for person_id in await people.people_with_role(work.conn, Role.ENGINEER):
        await notify.enqueue(
            work, KIND, "day", day.isoformat(), person_id=person_id, not_before=notify.delivery_time(work)
        )

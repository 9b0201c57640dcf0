"""Photos of readings that were not taken: they wait for the next one, of their own meter where that is known."""

from __future__ import annotations

from collections.abc import Sequence

from bot.flows.engineer.results import Result
from bot.visit import Visit
from domain.reading_text import BadLine, LineProblem
from jobs import take_photo
from jobs.find_meter import NoMeter, SeveralMeters, find_meter
from jobs.submit_reading import AlreadyBilled, AlreadyStored, Duplicate, Measured, Saved, Submitted
from storage import meters
from storage.meters import Meter

_NAMES_NONE = frozenset(
    {
        LineProblem.NO_TARGET,
        LineProblem.TWO_TARGETS,
        LineProblem.TWO_METERS,
        LineProblem.TOO_LONG,
        LineProblem.TOO_MANY_LINES,
    }
)


async def keep_refused(visit: Visit, found: Sequence[Result]) -> None:
    """Photos of readings that were not stored. A flat without a meter has no reading to wait for."""
    for one in found:
        if not isinstance(one.outcome, Saved | AlreadyStored | Duplicate | NoMeter):
            await _let_wait(visit, one.submission.photo_ids, _named(one.outcome))


async def keep_not_understood(visit: Visit, bad: Sequence[BadLine], photo_ids: Sequence[int]) -> None:
    """Photos of lines none of which could be understood; one alone may still say of which meter it is."""
    named = bad[0].suggestion.partition(" ")[0] if len(bad) == 1 and bad[0].reason not in _NAMES_NONE else None
    found = await find_meter(visit.work.conn, named) if named else None
    await _let_wait(visit, photo_ids, found if isinstance(found, Meter) else None)


async def _let_wait(visit: Visit, photo_ids: Sequence[int], named: Meter | None) -> None:
    """For the meter that was named, or the one in its place; without one, for whichever is read next."""
    meter_id = await meters.in_place_of(visit.work.conn, named.id) if named else None
    for photo_id in photo_ids:
        await take_photo.let_wait(visit.work, photo_id, visit.chat.id, visit.incoming.sent_at, meter_id)


def _named(outcome: Submitted | Measured) -> Meter | None:
    """The meter that the refused line was of, if it is one."""
    match outcome:
        case object(meter=Meter() as meter):
            return meter
        case AlreadyBilled(reading=reading):
            return reading.meter
        case SeveralMeters(meters=several) if len({one.place for one in several}) == 1:
            return several[0]
        case _:
            return None

"""After a bill was voided: its reading is billed again as it stands, or given back to the queue to be changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs import pending
from jobs.draft_bill import NO_TERMS, draft
from jobs.issue_bill import Issued, NotIssued, hold_flats_of, issue_drafted
from jobs.trail import record_reading
from storage import readings
from storage.readings import ReadingState

if TYPE_CHECKING:
    from decimal import Decimal

    from jobs.work import Work
    from storage.readings import Reading


@dataclass(frozen=True, slots=True)
class Moved:
    """The reading is not approved and unbilled any more: its state says what became of it."""

    reading: Reading


async def bill_again(work: Work, reading_id: int, total: Decimal) -> Issued | NotIssued | Moved:
    """Issue the bill of an approved reading while its total is what was shown, in rupees."""
    reading = await _held(work, reading_id)
    if reading.state is not ReadingState.APPROVED:
        return Moved(reading)
    agreed = await draft(work, reading, NO_TERMS)
    if agreed.total != total:
        return NotIssued(agreed)
    return await issue_drafted(work, agreed)


async def reopen(work: Work, reading_id: int) -> Reading:
    """Put an approved reading back into the queue, to be corrected and approved anew; the reading as it is now."""
    reading = await _held(work, reading_id)
    if reading.state is not ReadingState.APPROVED:
        return reading
    await readings.set_state(work.conn, reading_id, ReadingState.PENDING)
    after = await readings.get(work.conn, reading_id)
    await record_reading(work, "reading.reopened", reading, after)
    await pending.queue_changed(work)
    return after


async def _held(work: Work, reading_id: int) -> Reading:
    await hold_flats_of(work, [reading_id])
    return await readings.get(work.conn, reading_id, for_update=True)

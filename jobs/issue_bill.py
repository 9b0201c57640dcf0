"""The one place where a bill comes into being: priced, stored, charged to its flat, and sent to its owners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.account import EntryKind
from jobs import bill_messages, statuses
from jobs.draft_bill import NO_TERMS, Draft, Terms, draft
from jobs.park_flats import park_wrong_books
from storage import accounts, audit, bills, flats, readings, review
from storage.accounts import NewEntry
from storage.bills import NewBill
from storage.readings import ReadingState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from jobs.work import Work
    from storage.bills import Bill


@dataclass(frozen=True, slots=True)
class Issued:
    """A bill as it was stored. `messages` is how many chats it was queued for: 0 says that nobody can be reached."""

    bill: Bill
    draft: Draft
    messages: int


@dataclass(frozen=True, slots=True)
class NotIssued:
    """Nothing was stored: `draft.obstacle` says why."""

    draft: Draft


async def issue(work: Work, reading_id: int, terms: Terms = NO_TERMS, *, bulk: bool = False) -> Issued | NotIssued:
    """Issue the bill of an approved reading; a reading billed before, a locked month and the like are refused."""
    await hold_flats_of(work, [reading_id])
    reading = await readings.get(work.conn, reading_id, for_update=True)
    return await issue_drafted(work, await draft(work, reading, terms), bulk=bulk)


async def issue_drafted(work: Work, agreed: Draft, *, bulk: bool = False) -> Issued | NotIssued:
    """Issue what was drafted in this transaction while its flat was held. `bulk` messages wait for others."""
    if agreed.obstacle is not None or agreed.amounts is None:
        return NotIssued(agreed)
    bill = await _store(work, agreed)
    await readings.set_state(work.conn, agreed.reading.id, ReadingState.BILLED)
    await statuses.recompute(work, [agreed.flat.id])
    await _record(work, bill)
    return Issued(bill, agreed, await bill_messages.send(work, bill.id, bill.flat_id, bulk=bulk))


async def hold_flats_of(work: Work, reading_ids: Sequence[int]) -> None:
    """Hold the flats of these readings until the transaction ends: before anything is read that a bill depends on.

    Those whose books look wrong are parked, so that nothing is billed on top of them.
    """
    held = await flats.lock_flats(work.conn, await review.flats_of_readings(work.conn, reading_ids))
    await park_wrong_books(work, held)


async def _store(work: Work, agreed: Draft) -> Bill:
    if agreed.amounts is None:
        raise ValueError(agreed.obstacle)
    new = NewBill(
        flat_id=agreed.flat.id,
        period=agreed.period,
        due_date=agreed.due,
        amounts=agreed.amounts,
        issued_at=work.now,
        flat_reading_id=agreed.reading.id,
        issued_by=work.actor.person_id,
    )
    bill = await bills.insert_bill(work.conn, new)
    await accounts.post(work.conn, _charge(work, agreed.amounts.current_charges, bill))
    return bill


def _charge(work: Work, current: Decimal, bill: Bill) -> NewEntry:
    """Only the current charges: what was owed before is on the account already."""
    return NewEntry(
        flat_id=bill.flat_id,
        kind=EntryKind.CHARGE,
        amount=current,
        posted_on=work.today,
        value_date=work.today,
        source_type="bill",
        source_id=str(bill.id),
        bill_id=bill.id,
        recorded_by=work.actor.person_id,
    )


async def _record(work: Work, bill: Bill) -> None:
    await audit.record(
        work.conn,
        actor_id=work.actor.person_id,
        actor=work.actor.name,
        action="bill.issued",
        subject_type="bill",
        subject_id=str(bill.id),
        after={
            "flat": bill.flat_code,
            "from": bill.period.start,
            "to": bill.period.end,
            "due": bill.due_date,
            "units": bill.total_units,
            "total": bill.total_amount,
            "reading": bill.flat_reading_id,
        },
        ref=work.ref,
    )

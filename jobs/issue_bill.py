"""The one place where a bill comes into being: priced, stored, charged to its flat, and sent to its owners."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.account import BillStatus, EntryKind
from domain.errors import DomainError
from domain.money import ZERO
from jobs import bill_messages, motor_groups, office_words, statuses
from jobs.draft_bill import NO_TERMS, Draft, Terms, draft
from jobs.office_notices import tell_office
from jobs.park_flats import park_wrong_books
from jobs.trail import write_down
from storage import accounts, bills, flats, readings, review
from storage import motor_groups as stored_groups
from storage.accounts import NewEntry
from storage.bills import NewBill
from storage.readings import ReadingState
from storage.savepoints import DatabaseRefusedError, savepoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.motor_groups import Group
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
    (agreed,) = await settle(work, [agreed])
    bill = await _store(work, agreed)
    await readings.set_state(work.conn, agreed.reading.id, ReadingState.BILLED)
    await statuses.recompute(work, [agreed.flat.id])
    await _record(work, bill.id, agreed)
    if not bulk:
        said = office_words.bill_issued(agreed.flat.code, bill.total_amount, bill.due_date)
        await tell_office(work, "bill_issued", "bill", bill.id, said)
    return Issued(bill, agreed, await bill_messages.send(work, bill.id, bill.flat_id, bulk=bulk))


async def settle(work: Work, agreed: Sequence[Draft]) -> list[Draft]:
    """The drafts with the shares of their motors kept for good, where nothing stands in the way of them."""
    closed: dict[int, Group] = {}
    for one in agreed:
        if one.group is not None and one.obstacle is None and one.group.reading_id not in closed:
            closed[one.group.reading_id] = await motor_groups.close(work, one.group)
    return [
        replace(one, group=closed[one.group.reading_id]) if one.group and one.group.reading_id in closed else one
        for one in agreed
    ]


async def issue_group(work: Work, group: Group, besides: int | None = None) -> list[Issued]:
    """Issue the bills of a group's flats that waited for it; whoever cannot be billed now stays approved.

    The group lacks nothing, or an admin said that it is to be billed now. Its flats are held. `besides` is the reading
    whose bill is issued by itself.
    """
    await motor_groups.close(work, group)
    waited = [one for one in group.to_issue if one.reading_id not in {None, besides}]
    await park_wrong_books(work, [one.flat_id for one in waited])
    outcomes = [await _issue_waiting(work, one.reading_id or 0) for one in waited]
    return [one for one in outcomes if isinstance(one, Issued)]


async def tell_issued(work: Work, reading_id: int, issued: Sequence[Issued]) -> None:
    """Tell the office how many bills came with the decision on this reading, once for all of them."""
    if issued:
        total = sum((one.bill.total_amount for one in issued), start=ZERO)
        said = office_words.batch_issued(len(issued), total)
        await tell_office(work, "group_issued", "reading", reading_id, said)


async def _issue_waiting(work: Work, reading_id: int) -> Issued | NotIssued | None:
    """One bill of several: a flat that the database refuses stops no other."""
    try:
        async with savepoint(work.conn):
            reading = await readings.get(work.conn, reading_id)
            return await issue_drafted(work, await draft(work, reading), bulk=True)
    except (DatabaseRefusedError, DomainError):
        return None


async def hold_flats_of(work: Work, reading_ids: Sequence[int]) -> None:
    """Hold the flats of these readings until the transaction ends: before anything is read that a bill depends on.

    With them all that share a motor, and what was read there: the bills of a group depend on one another. Those whose
    books look wrong are parked, so that nothing is billed on top of them.
    """
    own = await review.flats_of_readings(work.conn, reading_ids)
    motors = [motor for motor, _ in (await stored_groups.months_of(work.conn, reading_ids)).values()]
    held = await flats.lock_flats(work.conn, await stored_groups.group_mates(work.conn, own, motors))
    await stored_groups.hold_readings(work.conn, held)
    await park_wrong_books(work, own)


async def _store(work: Work, agreed: Draft) -> Bill:
    bill = await bills.insert_bill(work.conn, new_bill(work, agreed))
    await accounts.post_many(work.conn, entries_of(work, bill.id, agreed))
    return bill


def entries_of(work: Work, bill_id: int, agreed: Draft) -> list[NewEntry]:
    """What the bill brings to the account: what earlier provisional ones charged too much is taken back first."""
    credit = agreed.true_up.credit if agreed.true_up else ZERO
    charge = charge_of(work, bill_id, agreed)
    if not credit:
        return [charge]
    taken_back = replace(charge, kind=EntryKind.CREDIT_NOTE, amount=-credit, source_type="true_up", bill_id=None)
    return [replace(taken_back, note="true_up"), charge]


def new_bill(work: Work, agreed: Draft, status: BillStatus = BillStatus.PENDING) -> NewBill:
    """The bill as it is stored; what cannot be priced raises ValueError."""
    if agreed.amounts is None:
        raise ValueError(agreed.obstacle)
    motor = _motor(agreed)
    return NewBill(
        flat_id=agreed.flat.id,
        period=agreed.period,
        due_date=agreed.due,
        amounts=agreed.amounts,
        issued_at=work.now,
        flat_reading_id=agreed.reading.id,
        motor_reading_id=motor.reading_id if motor else None,
        motor_units=motor.units if motor else None,
        issued_by=work.actor.person_id,
        status=status,
    )


def _motor(agreed: Draft) -> Group | None:
    """The group whose motor the bill has a share of; not where a debit note brought the share before."""
    member = agreed.group.member(agreed.flat.id) if agreed.group else None
    return agreed.group if member is not None and not member.noted else None


def charge_of(work: Work, bill_id: int, agreed: Draft) -> NewEntry:
    """Only the current charges: what was owed before is on the account already."""
    today = work.today
    return NewEntry(
        flat_id=agreed.flat.id,
        kind=EntryKind.CHARGE,
        amount=agreed.amounts.current_charges if agreed.amounts else ZERO,
        posted_on=today,
        value_date=today,
        source_type="bill",
        source_id=str(bill_id),
        bill_id=bill_id,
        recorded_by=work.actor.person_id,
    )


async def _record(work: Work, bill_id: int, agreed: Draft) -> None:
    await write_down(work, "bill.issued", "bill", str(bill_id), after=issued_facts(agreed))


def issued_facts(agreed: Draft) -> dict[str, object]:
    """What the audit trail keeps of a bill that was issued."""
    return {
        "flat": agreed.flat.code,
        "from": agreed.period.start,
        "to": agreed.period.end,
        "due": agreed.due,
        "units": agreed.amounts and agreed.amounts.total_units,
        "total": agreed.total,
        "reading": agreed.reading.id,
    }

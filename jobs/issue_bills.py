"""Many bills at once: the same bills as one by one, written by a few statements instead of some for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.account import BillStatus, first_status
from jobs import bill_messages, statuses
from jobs.issue_bill import entries_of, issued_facts, new_bill, settle
from storage import accounts, audit, bills, payment_attempts, readings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from jobs.draft_bill import Draft
    from jobs.work import Work
    from storage.bills import NewBill


async def issue_all(work: Work, agreed: Sequence[Draft], not_before: datetime) -> list[int]:
    """Issue what was drafted in this transaction while its flats were held, at most one bill a flat; all or none.

    None has an obstacle. Messages are bulk and wait until `not_before`. Returns the bills' ids in the order given.
    """
    if not agreed:
        return []
    agreed = await settle(work, agreed)
    ids = await bills.insert_bills(work.conn, [_new(work, one) for one in agreed])
    issued = dict(zip(ids, agreed, strict=True))
    posted = [entry for bill_id, one in issued.items() for entry in entries_of(work, bill_id, one)]
    await accounts.post_many(work.conn, posted)
    await readings.bill_many(work.conn, [one.reading.id for one in agreed])
    await payment_attempts.hurry_stale(work.conn, [one.flat.id for one in agreed], work.now)
    moved = [one.flat.id for one in agreed if _moves_others(one)]
    if moved:
        await statuses.recompute(work, moved)
    await _record(work, issued)
    await bill_messages.send_many(work, {one.flat.id: bill_id for bill_id, one in issued.items()}, not_before)
    return ids


def _new(work: Work, one: Draft) -> NewBill:
    """With the status that it will have: what was owed before is settled first, credit goes to this bill."""
    amounts = one.amounts
    status = first_status(amounts.current_charges, amounts.previous_outstanding) if amounts else BillStatus.PENDING
    return new_bill(work, one, status)


def _moves_others(one: Draft) -> bool:
    """Whether an earlier bill may stand differently now: it is open, or a credit came with this one."""
    settled = (BillStatus.PAID, BillStatus.VOID)
    return one.true_up is not None or any(bill.status not in settled for bill in one.flat.bills)


async def _record(work: Work, issued: dict[int, Draft]) -> None:
    await audit.record_many(
        work.conn,
        actor_id=work.actor.person_id,
        actor=work.actor.name,
        action="bill.issued",
        subject_type="bill",
        after={str(bill_id): issued_facts(one) for bill_id, one in issued.items()},
        ref=work.ref,
    )

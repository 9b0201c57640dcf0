"""The stored statuses of bills: a result of allocation, due date and today (billing rule 11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.account import BillOnAccount, BillStatus, Entry, EntryKind, allocate, bill_statuses
from storage import accounts, bills, books, flats, payment_attempts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from jobs.work import Work


async def recompute(work: Work, flat_ids: Sequence[int]) -> list[int]:
    """Store what the accounts of these flats say about their bills; ids of the bills that changed.

    To be called after every entry, with the flats locked. Payment links that ask for another sum now are closed soon.
    """
    await payment_attempts.hurry_stale(work.conn, flat_ids, work.now)
    posted = await accounts.entries_of(work.conn, flat_ids)
    found: dict[int, BillStatus] = {}
    for flat_id, on_account in (await books.bills_on_account(work.conn, flat_ids)).items():
        found |= statuses_of(posted[flat_id], on_account, work.today, work.society.grace_days)
    return await bills.set_statuses(work.conn, found)


async def mark_overdue(work: Work) -> list[int]:
    """Recompute every flat that has an account: what is past its due date is overdue now. Ids of bills that changed."""
    return await recompute(work, await flats.lock_flats(work.conn, await accounts.open_flats(work.conn)))


def statuses_of(
    posted: Sequence[Entry], on_account: Sequence[BillOnAccount], today: date, grace_days: int = 0
) -> dict[int, BillStatus]:
    """Return the statuses of one flat's bills by bill id, from its entries.

    A bill of before that an opening credit carries is paid: only a bill's own charge, taken back, makes it void.
    """
    found = bill_statuses(on_account, allocate(posted), today, grace_days)
    charges = {entry.bill_id for entry in posted if entry.kind is EntryKind.CHARGE}
    credited = {bill.bill_id for bill in on_account if not bill.void} - charges
    return found | {one: BillStatus.PAID for one in credited if found[one] is BillStatus.VOID}

"""Setting flats aside whose books look wrong, so that the others go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.books import check_account
from domain.roles import Role
from jobs import notify
from jobs.trail import write_down
from storage import accounts, books, parked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.work import Work


async def park_wrong_books(work: Work, flat_ids: Sequence[int]) -> dict[int, str]:
    """Check these flats, locked by the caller; park and announce those that look wrong. Reasons by flat id."""
    reasons = await _reasons(work, flat_ids)
    for flat_id, reason in reasons.items():
        if await parked.park(work.conn, flat_id, reason):
            await _tell(work, flat_id, reason)
    return reasons


async def _reasons(work: Work, flat_ids: Sequence[int]) -> dict[int, str]:
    issued = await books.issued_bills(work.conn, flat_ids)
    posted = await accounts.entries_of(work.conn, flat_ids)
    reasons = {
        flat_id: f"Its books break a rule ({broken[0].invariant.value})."
        for flat_id, entries in posted.items()
        if (broken := check_account(entries, issued.get(flat_id, [])))
    }
    for bill in await books.foreign_bills(work.conn, flat_ids):
        reasons.setdefault(bill.flat_id, f"Bill {bill.bill_id} was added from outside and is on no account.")
    return reasons


async def _tell(work: Work, flat_id: int, reason: str) -> None:
    """The admins are told, once for each time a flat is parked."""
    after = {"parked": reason}
    await write_down(work, "flat.park", "flat", str(flat_id), after=after)
    when = int(work.now.timestamp())
    await notify.enqueue_for_role(work, Role.ADMIN, "flat_parked", "flat", flat_id, sequence=when, payload=after)

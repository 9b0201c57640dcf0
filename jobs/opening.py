"""The balance of a parked flat, chosen by an admin: then it is billed again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.account import Entry, EntryKind
from domain.money import rupees
from jobs import statuses
from jobs.park_flats import park_wrong_books
from jobs.trail import write_down
from storage import accounts, books, flats, locks, parked
from storage.accounts import NewEntry

if TYPE_CHECKING:
    from decimal import Decimal

    from jobs.work import Work
    from storage.flats import Flat


@dataclass(frozen=True, slots=True)
class Opened:
    """The flat owes `balance` rupees from now on (negative: credit) and is billed again."""

    flat: Flat
    balance: Decimal


@dataclass(frozen=True, slots=True)
class NoSuchFlat:
    """There is no flat with this code."""

    code: str


@dataclass(frozen=True, slots=True)
class NotParked:
    """The flat is not parked: its balance changes by payments and notes only."""

    flat: Flat


@dataclass(frozen=True, slots=True)
class StillParked:
    """Its books break a rule that a balance cannot mend; `reason` says which."""

    flat: Flat
    reason: str


OpeningResult = Opened | NoSuchFlat | NotParked | StillParked


async def set_opening(work: Work, flat_code: str, amount: Decimal) -> OpeningResult:
    """Let the flat owe `amount` rupees in all (negative: credit) and take it back from being parked.

    An account without entries opens with it; another gets the difference as a debit or credit note. Bills of before
    that waited for it, and bills added from outside, are settled with it.
    """
    flat = await flats.get_flat(work.conn, flat_code)
    if flat is None:
        return NoSuchFlat(flat_code)
    await flats.lock_flats(work.conn, [flat.id])
    reason = await parked.is_parked(work.conn, flat.id)
    if reason is None:
        return NotParked(flat)
    await _post(work, flat, rupees(amount))
    await parked.unpark(work.conn, flat.id)
    await statuses.recompute(work, [flat.id])
    await _record(work, flat, reason, amount)
    wrong = await park_wrong_books(work, [flat.id])
    return StillParked(flat, wrong[flat.id]) if wrong else Opened(flat, rupees(amount))


async def _post(work: Work, flat: Flat, amount: Decimal) -> None:
    posted = await accounts.entries(work.conn, flat.id)
    owed = await accounts.balance(work.conn, flat.id)
    entry = await _entry(work, flat, amount - owed, opens=not posted)
    carrier = entry or posted[-1]
    await books.carry_open_bills(work.conn, flat.id, carrier.id)
    await books.adopt_foreign(work.conn, flat.id, carrier.id)


async def _entry(work: Work, flat: Flat, difference: Decimal, *, opens: bool) -> Entry | None:
    """Post what is missing; None where nothing is."""
    if not difference and not opens:
        return None
    note = EntryKind.DEBIT_NOTE if difference > 0 else EntryKind.CREDIT_NOTE
    day = locks.first_open_day(await locks.locked_months(work.conn), work.today)
    new = NewEntry(
        flat_id=flat.id,
        kind=EntryKind.OPENING if opens else note,
        amount=difference,
        posted_on=day,
        value_date=work.today,
        source_type="opening",
        source_id=str(flat.id) if opens else f"{flat.id}:{work.now.isoformat()}",
        note="balance chosen by an admin",
        recorded_by=work.actor.person_id,
    )
    return await accounts.post(work.conn, new)


async def _record(work: Work, flat: Flat, reason: str, amount: Decimal) -> None:
    await write_down(
        work, "flat.opening", "flat", str(flat.id), before={"parked": reason}, after={"balance": rupees(amount)}
    )

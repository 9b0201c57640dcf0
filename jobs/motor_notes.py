"""Shares of a motor that are on no bill, added by debit notes: of flats billed before it was read, or never read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.money import ZERO, rupees
from domain.period import Month
from domain.roles import Role
from domain.tariff import effective_tariff, tariff_in_force
from jobs import notify
from jobs.correct_account import AlreadyPosted, Note, Posted, debit_note
from storage import flats, motor_groups
from storage.billing_facts import flats_to_bill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.work import Work
    from storage.billing_facts import FlatToBill
    from storage.motor_groups import OwedShare


@dataclass(frozen=True, slots=True)
class ShareReason:
    """Why such a note is: the flat's share, in units, of a motor in a month. Kept as a code, worded for each reader."""

    motor: str
    month: Month
    share: Decimal

    def __str__(self) -> str:
        """The code, as it is kept with the account entry."""
        return f"motor_share|{self.motor}|{self.month}|{self.share}"

    @staticmethod
    def of(kept: str) -> ShareReason | None:
        """What a kept reason says, if it is one of these."""
        match kept.split("|"):
            case ["motor_share", motor, month, share]:
                return ShareReason(motor, Month.parse(month), Decimal(share))
            case _:
                return None


@dataclass(frozen=True, slots=True)
class OwedNote:
    """What a flat would owe more: its share at the rate of the bill that lacks it, `amount` in rupees.

    Without a bill it is the rate in force at the month's end.
    """

    flat_id: int
    flat_code: str
    motor: str
    month: Month
    share: Decimal
    rate: Decimal
    amount: Decimal
    bill_id: int | None


@dataclass(frozen=True, slots=True)
class NotesAdded:
    """By flat: `added` to the accounts, `total` rupees; `failed` are flats whose account takes no note now."""

    added: tuple[str, ...]
    total: Decimal
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotesChanged:
    """Not what the button showed any more: nothing was done."""

    owed: tuple[OwedNote, ...]


async def owed_notes(work: Work, motor_reading_id: int) -> tuple[OwedNote, ...]:
    """The debit notes that an admin may still add for this motor reading, by flat."""
    shares = await motor_groups.owed_shares(work.conn, motor_reading_id, work.today)
    known = await flats_to_bill(work.conn, [one.flat_id for one in shares]) if shares else {}
    found = [_note(one, known[one.flat_id]) for one in shares]
    return tuple(one for one in found if one.amount > 0)


async def tell_owed(work: Work) -> None:
    """Have the admins told once, when a month is issued, of shares that no bill brings any more."""
    for reading_id in await motor_groups.readings_owing(work.conn, work.today):
        await notify.enqueue_for_role(work, Role.ADMIN, "motor_shares_owed", "reading", reading_id, sequence=2)


def _note(share: OwedShare, flat: FlatToBill) -> OwedNote:
    month = Month.of(share.month)
    rate = share.rate_per_unit
    if rate is None:
        row = tariff_in_force(flat.tariffs, month.last_day)
        rate = effective_tariff(row, flat.unit_id, flat.code, flat.flat_type).rate_per_unit
    amount = rupees(share.share * rate)
    return OwedNote(share.flat_id, share.flat_code, share.motor, month, share.share, rate, amount, share.bill_id)


def total_of(owed: Sequence[OwedNote]) -> Decimal:
    """Rupees of all notes."""
    return sum((one.amount for one in owed), start=ZERO)


async def add_notes(work: Work, motor_reading_id: int, shown: Sequence[tuple[int, str]]) -> NotesAdded | NotesChanged:
    """Add exactly the notes shown (flat id and amount as text)."""
    await flats.lock_flats(work.conn, [flat_id for flat_id, _ in shown])
    owed = await owed_notes(work, motor_reading_id)
    if [(one.flat_id, str(one.amount)) for one in owed] != list(shown) or not owed:
        return NotesChanged(owed)
    outcomes = {one: await _add(work, motor_reading_id, one) for one in owed}
    added = [one for one, done in outcomes.items() if done]
    failed = tuple(one.flat_code for one, done in outcomes.items() if not done)
    return NotesAdded(tuple(one.flat_code for one in added), total_of(added), failed)


async def _add(work: Work, motor_reading_id: int, one: OwedNote) -> bool:
    reason = ShareReason(one.motor, one.month, one.share)
    note = Note(one.flat_id, one.amount, str(reason), one.bill_id)
    token = f"motor:{motor_reading_id}:{one.flat_id}"
    outcome = await debit_note(work, note, token)
    while isinstance(outcome, AlreadyPosted) and outcome.line.undone:
        outcome = await debit_note(work, note, f"{token}:{outcome.line.entry_id}")
    if not isinstance(outcome, Posted | AlreadyPosted):
        return False
    await motor_groups.note_posted(work.conn, motor_reading_id, one.flat_id, outcome.line.entry_id)
    return True

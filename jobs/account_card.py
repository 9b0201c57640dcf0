"""A flat's account as the office looks at it: what is owed, the last entries, and what can be put right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.account import EntryKind, allocate, balance, live_entries
from domain.corrections import CorrectionError, live_amount, refuse_reversal
from storage import account_lines, accounts, bills, flats

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from domain.account import Entry
    from jobs.work import Work
    from storage.account_lines import AccountLine
    from storage.bills import Bill
    from storage.flats import Flat

_SHOWN = 8
_LOOKED_AT = 40
_CHOICES = 4


@dataclass(frozen=True, slots=True)
class AccountCard:
    """`owed` in rupees, negative is credit; `idle` is what a plain refund may give back.

    `bill` is the newest live bill that we issued; `undoable` and `payments` (with what still counts of each) are the
    newest first. A captured payment is given back at its provider, which reports it; given back here too it would
    count twice.
    """

    flat: Flat
    owed: Decimal
    idle: Decimal
    lines: tuple[AccountLine, ...]
    bill: Bill | None
    undoable: tuple[AccountLine, ...]
    payments: tuple[tuple[AccountLine, Decimal], ...]


async def account_card(work: Work, flat_code: str) -> AccountCard | None:
    """The account of the flat with this normalised code, as it stands now."""
    flat = await flats.get_flat(work.conn, flat_code)
    if flat is None:
        return None
    entries = await accounts.entries(work.conn, flat.id)
    lines = await account_lines.latest(work.conn, flat.id, _LOOKED_AT)
    return AccountCard(
        flat=flat,
        owed=balance(entries),
        idle=allocate(entries).idle_credit,
        lines=tuple(lines[-_SHOWN:]),
        bill=await _newest(work, entries),
        undoable=tuple([line for line in reversed(lines) if _is_undoable(line, entries)][:_CHOICES]),
        payments=tuple(_live_payments(reversed(lines), entries)[:_CHOICES]),
    )


async def _newest(work: Work, entries: Sequence[Entry]) -> Bill | None:
    charges = [one for one in live_entries(entries) if one.kind is EntryKind.CHARGE]
    bill_id = charges[-1].bill_id if charges else None
    return None if bill_id is None else await bills.get_bill(work.conn, bill_id)


def _is_undoable(line: AccountLine, entries: Sequence[Entry]) -> bool:
    try:
        refuse_reversal(line.entry_id, entries, provider=line.word_of)
    except CorrectionError:
        return False
    return True


def _live_payments(lines: Iterable[AccountLine], entries: Sequence[Entry]) -> list[tuple[AccountLine, Decimal]]:
    found = [(line, live_amount(line.entry_id, entries)) for line in lines]
    return [(line, live) for line, live in found if live and line.provider is None]

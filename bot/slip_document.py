"""A receipt, a credit or debit note or a refund on paper, in the reader's language."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot.texts import documents as words
from bot.texts import slips as texts
from domain.account import EntryKind
from jobs.documents import Template, pdf
from storage import accounts, flats

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.i18n import Translator
    from jobs.work import Work
    from storage.account_lines import AccountLine

PRINTED = frozenset({EntryKind.PAYMENT, EntryKind.CREDIT_NOTE, EntryKind.DEBIT_NOTE, EntryKind.REFUND})
"""Entries that have a paper of their own; a bill is one by itself, and what was undone has none."""
_NAMES = {EntryKind.PAYMENT: "receipt", EntryKind.CREDIT_NOTE: "credit-note", EntryKind.DEBIT_NOTE: "debit-note"}


async def slip_pdf(work: Work, t: Translator, line: AccountLine) -> bytes:
    """One page with the flat's balance as it is now. Raises DocumentError."""
    flat = await flats.flat_by_id(work.conn, line.flat_id)
    owner = flat.owner if flat else None
    facts = _facts(work, t, line, owner, await accounts.balance(work.conn, line.flat_id))
    return await asyncio.to_thread(pdf, Template.SLIP, facts, at=work.now)


def file_name(line: AccountLine) -> str:
    """`receipt-B17-FF-2026-117.pdf`."""
    return f"{_NAMES.get(line.kind, 'refund')}-{line.flat_code}-{line.recorded_at:%Y}-{line.entry_id}.pdf"


def _facts(work: Work, t: Translator, line: AccountLine, owner: str | None, balance: Decimal) -> dict[str, Any]:
    return {
        "language": t.language,
        "society": work.society.name,
        "title": f"{texts.title(t, line)} · {line.flat_code}",
        "foot": words.foot(t, work.society.name),
        "number": texts.number(t, line),
        "whose": " · ".join(filter(None, (line.flat_code, owner))),
        "what": texts.title(t, line),
        "label": texts.label(t, line),
        "amount": t.rupees(abs(line.amount)),
        "says": [],
        "lines": texts.rows(t, line),
        "totals": [texts.balance(t, balance, work.today)],
        "notes": texts.thanks(t, line),
    }

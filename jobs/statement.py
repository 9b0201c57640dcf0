"""A bank statement in the office: what its credits are for, posting those that are certain, asking about the rest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.money import ZERO
from domain.payments import PaymentSource
from domain.statement import (
    Books,
    Credit,
    Match,
    OnAccount,
    Owing,
    SaidPaid,
    Verdict,
    bills_in,
    match,
    row_keys,
    same_number,
)
from domain.utr import is_utr
from jobs import claim_payment, record_payment
from jobs.claim_payment import Confirmed
from jobs.claim_payment import Settled as ClaimSettled
from jobs.record_payment import AlreadyRecorded, OtherAmount, PaymentSlip, Recorded, record
from jobs.trail import write_down
from storage import flats, payment_claims, payments, statements
from storage.statements import NewLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from jobs.statement_file import StatementFile
    from jobs.work import Work
    from storage.flats import Flat
    from storage.payments import Payment
    from storage.statements import StatementLine

AT_ONCE = 200
"""So many rows are posted by one press."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A statement that was sent: `new_rows` are those that no statement had before."""

    statement_id: int
    is_new: bool
    new_rows: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the open rows of a statement are for, as things stand now; `codes` are flat codes by id."""

    statement_id: int
    lines: tuple[StatementLine, ...]
    matches: tuple[Match, ...]
    codes: dict[int, str]

    @property
    def certain(self) -> tuple[Match, ...]:
        """What one press posts."""
        return tuple(one for one in self.matches if one.verdict is Verdict.POST)[:AT_ONCE]

    @property
    def asked(self) -> tuple[Match, ...]:
        return tuple(one for one in self.matches if one.verdict is Verdict.ASK)

    @property
    def recorded(self) -> tuple[StatementLine, ...]:
        """What counts by another route."""
        return tuple(line for line in self.lines if line.state == "recorded")

    @property
    def decided(self) -> tuple[StatementLine, ...]:
        return tuple(line for line in self.lines if line.state in {"posted", "ignored"})

    @property
    def total(self) -> Decimal:
        """Rupees that one press posts."""
        return sum((one.credit.amount for one in self.certain), start=ZERO)

    @property
    def seal(self) -> str:
        """Names exactly what is shown to be posted."""
        said = "\n".join(f"{one.credit.id} {one.flats[0]} {one.credit.amount} {one.claim_id}" for one in self.certain)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def line(self, line_id: int) -> StatementLine:
        return next(line for line in self.lines if line.id == line_id)


@dataclass(frozen=True, slots=True)
class PostedRows:
    """How many rows became payments, and their sum in rupees; of the flats in `unlinked` nobody has a chat."""

    count: int
    total: Decimal
    unlinked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PostedRow:
    """The credit is on the flat's account; `left` in rupees, None where it was there before.

    `messages` is how many chats the receipt was queued for.
    """

    payment: Payment
    left: Decimal | None
    messages: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """The credit was decided about before: nothing was done."""

    line: StatementLine


@dataclass(frozen=True, slots=True)
class OtherSum:
    """The credit's number is on this flat's account with another amount: an admin has to say which is right."""

    line: StatementLine
    payment: Payment


@dataclass(frozen=True, slots=True)
class Impossible:
    """There is no such flat, or what is on its account cannot be taken back from here."""


@dataclass(frozen=True, slots=True)
class RowChanged:
    """The credit's number is counted elsewhere since the row was shown: nothing was done."""

    line: StatementLine


RowOutcome = PostedRow | Decided | OtherSum | RowChanged | Impossible


async def take(work: Work, file: StatementFile, name: str) -> Taken:
    """Keep the statement and its new received; the same file or row again changes nothing."""
    statement_id, is_new = await statements.add(work.conn, file.sha256, name, work.actor.person_id, work.now)
    if not is_new or not file.rows:
        return Taken(statement_id, is_new, 0)
    received = [Credit(0, row.day, row.amount, row.reference, row.narration) for row in file.rows]
    new_lines = [
        NewLine(row.number, key, row.day, row.amount, row.reference, credit.key, row.narration)
        for row, key, credit in zip(file.rows, row_keys(received), received, strict=True)
    ]
    new = await statements.add_rows(work.conn, statement_id, new_lines)
    facts = {"file": name, "rows": len(file.rows), "new": new}
    await write_down(work, "statement.taken", "statement", str(statement_id), after=facts)
    return Taken(statement_id, is_new, new)


async def overview(work: Work, statement_id: int) -> Overview:
    """What the statement's open rows are for, as the books stand now; what is recorded already is settled by that."""
    await statements.hold(work.conn, statement_id)
    lines = await statements.lines(work.conn, statement_id)
    received = [_credit(line) for line in lines if line.state == "open"]
    books = await _books(work, received)
    matches = match(received, books, work.today)
    recorded = [one for one in matches if one.verdict is Verdict.RECORDED]
    for one in recorded:
        await _decide(work, one.credit.id, "recorded", one.flats[0], one.entry_id)
    if recorded:
        lines = await statements.lines(work.conn, statement_id)
    codes = {flat.flat_id: flat.code for flat in books.flats}
    return Overview(statement_id, tuple(lines), tuple(one for one in matches if one not in recorded), codes)


async def another(work: Work, line: StatementLine) -> tuple[Match, dict[int, str]]:
    """What the row may be for if it is not the payment with its number, and the flats' codes by id."""
    books = await _books(work, [_credit(line)])
    [one] = match([_credit(line)], replace(books, payments=(), claims=()), work.today)
    counted_on = [known.flat_id for known in await counted(work, line)]
    flats_of_it = tuple(dict.fromkeys([*counted_on, *one.flats]))
    return replace(one, flats=flats_of_it), {flat.flat_id: flat.code for flat in books.flats}


async def post(work: Work, statement_id: int, seal: str) -> PostedRows | Overview:
    """Post what was shown, all of it; where it is not that any more, nothing, and what it is now comes back."""
    await statements.hold(work.conn, statement_id)
    first = await overview(work, statement_id)
    await flats.lock_flats(work.conn, [flat for one in first.certain for flat in one.flats])
    await payments.hold_references(work.conn, [key for one in first.certain for key in one.credit.keys])
    seen = await overview(work, statement_id)
    if seen.seal != seal or not seen.certain:
        return seen
    done = [await _post(work, seen.line(one.credit.id), seen.codes[one.flats[0]]) for one in seen.certain]
    posted = [one for one in done if isinstance(one, PostedRow)]
    unlinked = tuple(one.payment.flat_code for one in posted if one.left is not None and not one.messages)
    return PostedRows(len(posted), sum((one.payment.amount for one in posted), start=ZERO), unlinked)


async def counted(work: Work, line: StatementLine) -> list[Payment]:
    """Return the live payments with the credit's number, on whatever flat."""
    credit = _credit(line)
    known = await payments.with_keys(work.conn, credit.keys)
    return list(dict.fromkeys(one for key, one in known if same_number(key, one.method, credit.method)))


async def post_row(
    work: Work, line_id: int, flat_code: str, seen: Sequence[int] | None = None, *, another: bool = False
) -> RowOutcome:
    """Post one credit to the flat that an admin names; with `seen`, the entries shown as counted, while that is so.

    `another`: an admin says that it is none of those payments, so it counts beside them.
    """
    line = await _held(work, line_id)
    if line.state != "open" and not (another and line.state == "recorded"):
        return Decided(line)
    flat = await flats.get_flat(work.conn, flat_code)
    if flat is None:
        return Impossible()
    await flats.lock_flats(work.conn, [flat.id])
    await payments.hold_references(work.conn, _credit(line).keys)
    if seen is not None and list(seen) != [one.entry_id for one in await counted(work, line)]:
        return RowChanged(line)
    return await (_post_beside(work, line, flat) if another else _post(work, line, flat_code))


async def correct_row(work: Work, line_id: int, flat_code: str, entry_id: int) -> RowOutcome:
    """The bank is right: this payment, shown with another amount, is taken back and posted anew."""
    line = await _held(work, line_id)
    if line.state != "open":
        return Decided(line)
    shown = await payments.payment(work.conn, entry_id)
    if shown is None or shown.flat_code != flat_code:
        return Impossible()
    await flats.lock_flats(work.conn, [shown.flat_id])
    known = await _counted_on(work, line, shown.flat_id)
    if known is None or known.entry_id != entry_id or known.amount == line.amount:
        return RowChanged(line)
    outcome = await record_payment.replace(work, entry_id, _slip(work, line, flat_code), str(line.id))
    if isinstance(outcome, Recorded | AlreadyRecorded):
        return await _settled(work, line, outcome)
    return Impossible()


async def ignore_row(work: Work, line_id: int) -> StatementLine:
    """The credit is not for any flat."""
    line = await _held(work, line_id)
    if await _decide(work, line_id, "ignored"):
        facts = {"row": line.row_number, "amount": line.amount}
        await write_down(work, "statement.ignored", "statement", str(line.statement_id), after=facts)
    return await statements.line(work.conn, line_id) or line


async def _books(work: Work, received: Sequence[Credit]) -> Books:
    keys = sorted({key for credit in received for key in credit.keys})
    bills = sorted({bill for credit in received for bill in bills_in(f"{credit.text} {credit.reference or ''}")})
    known = await payments.with_keys(work.conn, keys)
    said = await payment_claims.with_keys(work.conn, keys)
    owing = await statements.flats_owing(work.conn)
    standing = await statements.standing(work.conn, [one.entry_id for _, one in known])
    return Books(
        [_on_account(key, one, stands=one.entry_id in standing) for key, one in known],
        [SaidPaid(one.id, one.key, one.flat_id, one.amount) for one in said],
        [Owing(one.flat_id, one.code, one.owed, one.bill_total) for one in owing],
        await statements.flats_of_bills(work.conn, bills),
    )


async def _post(work: Work, line: StatementLine, flat_code: str) -> RowOutcome:
    """By the one posting function; a claim of the same number and amount is confirmed by it."""
    flat = await flats.get_flat(work.conn, flat_code)
    if flat is None:
        return Impossible()
    await flats.lock_flats(work.conn, [flat.id])
    known = await _counted_on(work, line, flat.id)
    if known is not None and known.amount != line.amount:
        return OtherSum(line, known)
    claim_id = await _claim(work, line, flat.id)
    if claim_id is not None:
        return await _by_claim(work, line, claim_id)
    if known is not None:
        return await _settled(work, line, AlreadyRecorded(known))
    outcome = await record(work, _slip(work, line, flat_code), str(line.id))
    if isinstance(outcome, Recorded | AlreadyRecorded):
        return await _settled(work, line, outcome)
    return OtherSum(line, outcome.payment) if isinstance(outcome, OtherAmount) else Impossible()


async def _post_beside(work: Work, line: StatementLine, flat: Flat) -> RowOutcome:
    """Under a number of the row that is not counted on the flat; under none where all are."""
    slip = _slip(work, line, flat.code)
    taken = {key for key, one in await payments.with_keys(work.conn, _credit(line).keys) if one.flat_id == flat.id}
    free = next((key for key in _credit(line).keys if key not in taken), None)
    outcome = await record(work, replace(slip, reference=free), str(line.id))
    return await _settled(work, line, outcome) if isinstance(outcome, Recorded | AlreadyRecorded) else Impossible()


async def _by_claim(work: Work, line: StatementLine, claim_id: int) -> RowOutcome:
    decision = await claim_payment.confirm(work, claim_id, paid_on=_paid_on(work, line))
    if not isinstance(decision, Confirmed | ClaimSettled) or decision.claim.entry_id is None:
        return Impossible()
    found = await payments.payment(work.conn, decision.claim.entry_id)
    if found is None:
        return Impossible()
    if not isinstance(decision, Confirmed):
        return await _settled(work, line, AlreadyRecorded(found))
    return await _settled(work, line, Recorded(found, decision.left, decision.messages))


async def _settled(work: Work, line: StatementLine, outcome: Recorded | AlreadyRecorded) -> PostedRow:
    """The row is this payment: posted by it, or recorded before."""
    one, is_new = outcome.payment, isinstance(outcome, Recorded)
    await _decide(work, line.id, "posted" if is_new else "recorded", one.flat_id, one.entry_id)
    return PostedRow(one, outcome.left, outcome.messages) if isinstance(outcome, Recorded) else PostedRow(one, None)


async def _decide(
    work: Work, line_id: int, state: str, flat_id: int | None = None, entry_id: int | None = None
) -> bool:
    by = work.actor.person_id
    return await statements.decide(work.conn, line_id, state, by=by, at=work.now, flat_id=flat_id, entry_id=entry_id)


async def _held(work: Work, line_id: int) -> StatementLine:
    found = await statements.line(work.conn, line_id)
    if found is None:
        raise LookupError(line_id)
    await statements.hold(work.conn, found.statement_id)
    return await statements.line(work.conn, line_id) or found


async def _counted_on(work: Work, line: StatementLine, flat_id: int) -> Payment | None:
    """The live payment on the flat that the credit is, by whatever route it came; a transfer by whatever method."""
    known = next((one for one in await counted(work, line) if one.flat_id == flat_id), None)
    utrs = [key for key in _credit(line).keys if is_utr(key)]
    return known or await payments.on_account(work.conn, flat_id, utrs)


def _on_account(key: str, one: Payment, *, stands: bool) -> OnAccount:
    return OnAccount(key, one.flat_id, one.amount, one.method, one.entry_id, stands)


async def _claim(work: Work, line: StatementLine, flat_id: int) -> int | None:
    said = await payment_claims.with_keys(work.conn, list(_credit(line).keys))
    fitting = (one.id for one in said if one.flat_id == flat_id and one.amount == line.amount)
    return next(fitting, None)


def _credit(line: StatementLine) -> Credit:
    return Credit(line.id, line.day, line.amount, line.reference, line.narration)


def _slip(work: Work, line: StatementLine, flat_code: str) -> PaymentSlip:
    credit = _credit(line)
    day = _paid_on(work, line)
    return PaymentSlip(flat_code, line.amount, credit.method, credit.printed, PaymentSource.STATEMENT, day)


def _paid_on(work: Work, line: StatementLine) -> date:
    """The day that the bank gives, none to come."""
    return min(line.day, work.today)

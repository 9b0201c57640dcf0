"""A bank statement in the office: what its credits are for, posting those that are certain, asking about the rest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
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
)
from domain.utr import is_utr
from jobs import claim_payment
from jobs.claim_payment import Confirmed
from jobs.claim_payment import Settled as ClaimSettled
from jobs.record_payment import AlreadyRecorded, OtherAmount, PaymentSlip, Recorded, record, replace
from jobs.trail import write_down
from storage import flats, payment_claims, payments, statements
from storage.statements import NewLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from jobs.statement_file import StatementFile
    from jobs.work import Work
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
    def recorded(self) -> tuple[Match, ...]:
        return tuple(one for one in self.matches if one.verdict is Verdict.RECORDED)

    @property
    def decided(self) -> tuple[StatementLine, ...]:
        return tuple(line for line in self.lines if line.state != "open")

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
    """How many rows became payments, and their sum in rupees."""

    count: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class PostedRow:
    """The credit is on the flat's account; `left` in rupees, None where it was there before."""

    payment: Payment
    left: Decimal | None


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
    """What the statement's open rows are for, as the books stand now."""
    lines = await statements.lines(work.conn, statement_id)
    received = [_credit(line) for line in lines if line.state == "open"]
    books = await _books(work, received)
    codes = {flat.flat_id: flat.code for flat in books.flats}
    return Overview(statement_id, tuple(lines), tuple(match(received, books)), codes)


async def post(work: Work, statement_id: int, seal: str) -> PostedRows | Overview:
    """Post what was shown, all of it; where it is not that any more, nothing, and what it is now comes back."""
    await statements.hold(work.conn, statement_id)
    first = await overview(work, statement_id)
    await flats.lock_flats(work.conn, [flat for one in first.certain for flat in one.flats])
    seen = await overview(work, statement_id)
    if seen.seal != seal or not seen.certain:
        return seen
    done = [await _post(work, seen.line(one.credit.id), seen.codes[one.flats[0]]) for one in seen.certain]
    posted = [one for one in done if isinstance(one, PostedRow)]
    return PostedRows(len(posted), sum((one.payment.amount for one in posted), start=ZERO))


async def counted(work: Work, line: StatementLine) -> list[Payment]:
    """Return the live payments with the credit's number, on whatever flat."""
    return await payments.counted(work.conn, _utrs(line))


async def post_row(work: Work, line_id: int, flat_code: str, seen: Sequence[int] | None = None) -> RowOutcome:
    """Post one credit to the flat that an admin names; with `seen`, the entries shown as counted, while that is so."""
    line = await _held(work, line_id)
    if line.state != "open":
        return Decided(line)
    if seen is not None and list(seen) != [one.entry_id for one in await counted(work, line)]:
        return RowChanged(line)
    return await _post(work, line, flat_code)


async def correct_row(work: Work, line_id: int, flat_code: str) -> RowOutcome:
    """The bank is right: what is recorded under this number with another amount is taken back and posted anew."""
    line = await _held(work, line_id)
    flat = await flats.get_flat(work.conn, flat_code)
    if line.state != "open" or flat is None:
        return Decided(line) if flat else Impossible()
    await flats.lock_flats(work.conn, [flat.id])
    known = await payments.on_account(work.conn, flat.id, _utrs(line))
    if known is None or known.amount == line.amount:
        return await _post(work, line, flat_code)
    outcome = await replace(work, known.entry_id, _slip(work, line, flat_code), str(line.id))
    if isinstance(outcome, Recorded | AlreadyRecorded):
        return await _settled(work, line, outcome)
    return Impossible()


async def ignore_row(work: Work, line_id: int) -> StatementLine:
    """The credit is not for any flat."""
    line = await _held(work, line_id)
    by = work.actor.person_id
    if await statements.decide(work.conn, line_id, "ignored", by=by, at=work.now, flat_id=None, entry_id=None):
        facts = {"row": line.row_number, "amount": line.amount}
        await write_down(work, "statement.ignored", "statement", str(line.statement_id), after=facts)
    return await statements.line(work.conn, line_id) or line


async def _books(work: Work, received: Sequence[Credit]) -> Books:
    keys = sorted({key for credit in received for key in credit.keys})
    bills = sorted({bill for credit in received for bill in bills_in(f"{credit.text} {credit.reference or ''}")})
    known = await payments.with_keys(work.conn, keys)
    said = await payment_claims.with_keys(work.conn, keys)
    owing = await statements.flats_owing(work.conn)
    return Books(
        [OnAccount(key, one.flat_id, one.amount) for key, one in known],
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
    known = await payments.on_account(work.conn, flat.id, _utrs(line))
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


async def _by_claim(work: Work, line: StatementLine, claim_id: int) -> RowOutcome:
    decision = await claim_payment.confirm(work, claim_id)
    if not isinstance(decision, Confirmed | ClaimSettled) or decision.claim.entry_id is None:
        return Impossible()
    found = await payments.payment(work.conn, decision.claim.entry_id)
    if found is None:
        return Impossible()
    settled = await _settled(work, line, AlreadyRecorded(found))
    return PostedRow(found, decision.left) if isinstance(decision, Confirmed) else settled


async def _settled(work: Work, line: StatementLine, outcome: Recorded | AlreadyRecorded) -> PostedRow:
    one = outcome.payment
    by = work.actor.person_id
    await statements.decide(
        work.conn, line.id, "posted", by=by, at=work.now, flat_id=one.flat_id, entry_id=one.entry_id
    )
    return PostedRow(one, outcome.left if isinstance(outcome, Recorded) else None)


async def _held(work: Work, line_id: int) -> StatementLine:
    found = await statements.line(work.conn, line_id)
    if found is None:
        raise LookupError(line_id)
    await statements.hold(work.conn, found.statement_id)
    return await statements.line(work.conn, line_id) or found


def _utrs(line: StatementLine) -> list[str]:
    """The numbers of the transfer: under these it counts once, by whatever route and method it came."""
    return [key for key in _credit(line).keys if is_utr(key)]


async def _claim(work: Work, line: StatementLine, flat_id: int) -> int | None:
    said = await payment_claims.with_keys(work.conn, list(_credit(line).keys))
    fitting = (one.id for one in said if one.flat_id == flat_id and one.amount == line.amount)
    return next(fitting, None)


def _credit(line: StatementLine) -> Credit:
    return Credit(line.id, line.day, line.amount, line.reference, line.narration)


def _slip(work: Work, line: StatementLine, flat_code: str) -> PaymentSlip:
    credit = _credit(line)
    day = min(line.day, work.today)
    return PaymentSlip(flat_code, line.amount, credit.method, credit.key, PaymentSource.STATEMENT, day)

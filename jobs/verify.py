"""Checking the books: the invariants L1 to L12, motors' shares, bills from outside, stray rows, locked months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from domain.account import BillStatus, EntryKind
from domain.books import Invariant, Violation, check_account
from domain.locks import FIRST_LOCKED
from domain.period import Month
from jobs.statuses import statuses_of
from storage import accounts, books, flats, locks, parked
from storage.database import connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from domain.account import Entry
    from storage.books import Captured, ForeignBill, Orphan, Unproven, WrongShare, WrongSplit
    from storage.database import Connection
    from storage.locks import Fingerprint
    from storage.parked import ParkedFlat


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be so. `rule` is an invariant's number, or a word like `guard` or `motor`."""

    rule: str
    message: str
    flat: str | None = None
    bill_id: int | None = None
    entry_id: int | None = None


@dataclass(frozen=True, slots=True)
class LockedMonth:
    """A locked month as it is now, and as it was when its baseline was taken (None before adoption)."""

    month: Month
    now: Fingerprint
    baseline: Fingerprint | None
    baseline_at: datetime | None

    @property
    def unchanged(self) -> bool:
        """Whether it still has its baseline; true where there is none yet."""
        return self.baseline is None or self.now == self.baseline


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify` found. `migrated` is False for a database not adopted yet: then only what it has is checked."""

    migrated: bool
    flats: int
    entries: int
    findings: tuple[Finding, ...]
    foreign_bills: tuple[ForeignBill, ...]
    orphans: tuple[Orphan, ...]
    locked_months: tuple[LockedMonth, ...]
    parked: tuple[ParkedFlat, ...]

    @property
    def ok(self) -> bool:
        """No finding, no bill from outside, no orphan. Parked flats are known about and no finding."""
        return not (self.findings or self.foreign_bills or self.orphans)


_MEANING: Final = {
    Invariant.SIGN: "The entry's amount has the wrong sign for its kind.",
    Invariant.REFERENCE: "The entry reverses or refunds something that is not there or does not fit.",
    Invariant.BALANCE: "The balance is not the sum of the entries.",
    Invariant.DEBIT_BOUNDS: "What is open of a debit is below zero or above its amount.",
    Invariant.IDLE_CREDIT: "Idle credit is negative.",
    Invariant.LIVE_CREDIT: "Something is paid from a reversed credit.",
    Invariant.NO_DEBT_BESIDE_CREDIT: "The flat has open debt and idle credit at once.",
    Invariant.OLDEST_FIRST: "A later debit is paid before an earlier one.",
    Invariant.BILL_TOTAL: "The bill's total is not the sum of its three lines.",
    Invariant.CHARGE_IS_CURRENT: "The charge on the account is not the bill's energy and fixed charge.",
    Invariant.PREVIOUS_OUTSTANDING: "The bill's previous outstanding is not the balance before it was posted.",
    Invariant.ONE_REVERSAL: "The entry is reversed more than once.",
}


async def verify_database(dsn: str) -> Report:
    """Check the database behind `dsn` in one read-only snapshot, adopted or not. Raises DatabaseUnavailable."""
    conn = await connect(dsn)
    try:
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            return await verify(conn)
    finally:
        await conn.close()


async def verify(conn: Connection) -> Report:
    """Check everything, changing nothing."""
    migrated = await books.has_tables(conn, "account_entries", "adopted_bills", "locks")
    months = await _locked_months(conn, migrated=migrated)
    flat_codes = {flat.id: flat.code for flat in await flats.all_flats(conn)} if migrated else {}
    posted = await accounts.entries_of(conn, list(flat_codes)) if migrated else {}
    return Report(
        migrated=migrated,
        flats=len(flat_codes),
        entries=sum(len(entries) for entries in posted.values()),
        findings=(*(await _findings(conn, flat_codes) if migrated else ()), *_changed(months)),
        foreign_bills=tuple(await books.foreign_bills(conn)) if migrated else (),
        orphans=tuple(await books.orphans(conn)),
        locked_months=months,
        parked=tuple(await parked.parked_flats(conn)) if migrated else (),
    )


async def _findings(conn: Connection, codes: dict[int, str]) -> tuple[Finding, ...]:
    return (
        *await _broken_books(conn, codes),
        *await _wrong_statuses(conn, codes),
        *[_no_guard(name) for name in await books.missing_guards(conn)],
        *await _money_in(conn),
        *await _motor_shares(conn),
        *[_in_locked_month(*one) for one in await books.posted_after_lock(conn)],
    )


async def _broken_books(conn: Connection, codes: dict[int, str]) -> list[Finding]:
    issued = await books.issued_bills(conn, list(codes))
    posted = await accounts.entries_of(conn, list(codes))
    return [
        _finding(violation, codes[flat_id])
        for flat_id, entries in posted.items()
        for violation in check_account(entries, issued.get(flat_id, []))
    ]


def _finding(violation: Violation, code: str) -> Finding:
    meaning = _MEANING[violation.invariant]
    return Finding(violation.invariant.value, meaning, code, violation.bill_id, violation.entry_id)


async def _wrong_statuses(conn: Connection, codes: dict[int, str]) -> list[Finding]:
    """Whether a stored status disagrees with the account on paid or void; being overdue is a matter of the day.

    A bill of before on which nothing was owed keeps its word until its account first moves.
    """
    stored = await books.stored_statuses(conn)
    posted = await accounts.entries_of(conn, list(codes))
    return [
        Finding("status", f"It is stored as {stored[bill_id]}, its account says {status}.", codes[flat_id], bill_id)
        for flat_id, on_account in (await books.bills_on_account(conn, list(codes))).items()
        for bill_id, status in statuses_of(posted[flat_id], on_account, date.min).items()
        if _settled(stored[bill_id]) != _settled(status) and bill_id not in _opened_empty(posted[flat_id])
    ]


def _opened_empty(posted: Sequence[Entry]) -> set[int | None]:
    return {entry.bill_id for entry in posted if entry.kind is EntryKind.OPENING and entry.amount <= 0}


def _settled(status: str) -> str | None:
    return status if status in (BillStatus.PAID, BillStatus.VOID) else None


def _no_guard(name: str) -> Finding:
    return Finding("guard", f"The trigger {name} is gone or switched off: nothing refuses changes to what was issued.")


async def _money_in(conn: Connection) -> list[Finding]:
    """L12: the payments on the accounts are what providers captured and what admins recorded."""
    if not await books.has_tables(conn, "payment_attempts", "payment_claims", "stray_payments", "statement_rows"):
        return []
    return [
        *[_no_record(one) for one in await books.unproven_payments(conn)],
        *[_not_as_captured(one) for one in await books.captured_otherwise(conn)],
        *[_not_posted(what, code) for what, code in await books.lost_money(conn)],
    ]


def _no_record(one: Unproven) -> Finding:
    message = f"The payment of {one.amount} ({one.source}) was neither recorded by anybody nor captured."
    return Finding("L12", message, one.flat_code, entry_id=one.entry_id)


def _not_as_captured(one: Captured) -> Finding:
    message = f"{one.provider} captured {one.captured}; on the account there is {one.posted}."
    return Finding("L12", message, one.flat_code)


def _not_posted(what: str, code: str) -> Finding:
    return Finding("L12", f"{what} counts as paid and is on no account.", code or None)


async def _motor_shares(conn: Connection) -> list[Finding]:
    """Billing rule 10: a motor's shares are its units, to the hundredth, and each flat was charged its own."""
    if not await books.has_tables(conn, "motor_shares"):
        return []
    return [
        *[_not_all_shared(one) for one in await books.wrong_splits(conn)],
        *[_not_its_share(one) for one in await books.wrong_shares(conn)],
    ]


def _not_all_shared(one: WrongSplit) -> Finding:
    month = Month.of(one.month)
    return Finding("motor", f"{one.motor} used {one.used} units in {month}; its shares add up to {one.shared}.")


def _not_its_share(one: WrongShare) -> Finding:
    message = f"Its share of the motor is {one.due} units; it was charged {one.charged}."
    return Finding("motor", message, one.flat_code, one.bill_id)


def _in_locked_month(entry_id: int, code: str, day: date) -> Finding:
    return Finding("L10", f"It was posted on {day} after that month was locked.", code, entry_id=entry_id)


async def _locked_months(conn: Connection, *, migrated: bool) -> tuple[LockedMonth, ...]:
    if not await books.has_tables(conn, "bills"):
        return ()
    if not migrated:
        return (LockedMonth(FIRST_LOCKED, await locks.fingerprint(conn, FIRST_LOCKED), None, None),)
    return tuple(
        [
            LockedMonth(lock.month, await locks.fingerprint(conn, lock.month), lock.baseline, lock.baseline_at)
            for lock in await locks.live_locks(conn)
        ]
    )


def _changed(months: tuple[LockedMonth, ...]) -> Iterator[Finding]:
    for month in months:
        if not month.unchanged:
            yield Finding("L10", f"The bills of {month.month} are not those that were there when it was locked.")


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON values: amounts as strings with two places, dates in ISO form.

    `{"ok", "migrated", "flats", "entries", "findings": [{"rule", "message", "flat", "bill_id", "entry_id"}],
    "foreign_bills": [{"bill_id", "flat", "start", "end", "total_amount", "status"}],
    "orphans": [{"table", "id", "column", "value"}],
    "locked_months": [{"month", "count", "total", "hash", "baseline_at", "unchanged"}],
    "parked": [{"flat", "reason", "parked_at"}]}`
    """
    return {
        "ok": report.ok,
        "migrated": report.migrated,
        "flats": report.flats,
        "entries": report.entries,
        "findings": [_finding_json(finding) for finding in report.findings],
        "foreign_bills": [_foreign_json(bill) for bill in report.foreign_bills],
        "orphans": [_orphan_json(orphan) for orphan in report.orphans],
        "locked_months": [_month_json(month) for month in report.locked_months],
        "parked": [_parked_json(flat) for flat in report.parked],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "message": finding.message,
        "flat": finding.flat,
        "bill_id": finding.bill_id,
        "entry_id": finding.entry_id,
    }


def _foreign_json(bill: ForeignBill) -> dict[str, Any]:
    return {
        "bill_id": bill.bill_id,
        "flat": bill.flat_code,
        "start": bill.start.isoformat(),
        "end": bill.end.isoformat(),
        "total_amount": f"{bill.total_amount:.2f}",
        "status": bill.status,
    }


def _orphan_json(orphan: Orphan) -> dict[str, Any]:
    return {"table": orphan.table, "id": orphan.id, "column": orphan.column, "value": orphan.value}


def _month_json(month: LockedMonth) -> dict[str, Any]:
    return {
        "month": str(month.month),
        "count": month.now.count,
        "total": f"{month.now.total:.2f}",
        "hash": month.now.hash,
        "baseline_at": month.baseline_at and month.baseline_at.isoformat(),
        "unchanged": month.unchanged,
    }


def _parked_json(flat: ParkedFlat) -> dict[str, Any]:
    return {"flat": flat.code, "reason": flat.reason, "parked_at": flat.parked_at.isoformat()}

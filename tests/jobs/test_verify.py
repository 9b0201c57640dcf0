"""`verify` finds what is wrong with the books, changes nothing, and works on a database not adopted yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pytest

from domain.period import Month
from jobs import opening, park_flats
from jobs.verify import Report, as_json, verify, verify_database
from jobs.work import Work
from storage import accounts, bills, parked
from storage.database import Connection, Database, Raw, connect
from storage.migrate import migrate
from tests import society
from tests.billing import NOW, TODAY, issue, pay
from tests.society import Town
from tests.storage import legacy


@dataclass(frozen=True, slots=True)
class Books:
    """The sample society, a transaction in it, and the same database as its owner."""

    db: Database
    town: Town
    owner: Raw

    def work(self, conn: Connection) -> Work:
        return society.work(conn, self.town.rekha, NOW)

    async def report(self) -> Report:
        return await verify_database(self.db.dsn)

    async def break_in(self, sql: str) -> None:
        """What only a superuser who switches the guards off can do."""
        await self.owner.execute("set session_replication_role = replica")
        await self.owner.execute(sql)
        await self.owner.execute("set session_replication_role = origin")


@pytest.fixture
async def books(db: Database) -> AsyncIterator[Books]:
    """B17-FF has an issued, partly paid bill; everything else is new."""
    async with db.transaction() as conn:
        town = await society.build(conn)
        await issue(society.work(conn, town.rekha, NOW), town.flat("B17-FF").flat_id, "100")
        await pay(society.work(conn, town.rekha, NOW), town.flat("B17-FF").flat_id, "500")
    owner = await connect(db.dsn)
    yield Books(db, town, owner)
    await owner.close()


async def test_right_books_have_no_finding(books: Books) -> None:
    report = await books.report()
    assert report.ok
    assert (report.migrated, report.flats, report.entries) == (True, 11, 2)
    assert [(str(one.month), one.unchanged) for one in report.locked_months] == [("2025-11", True)]


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("update bills set total_amount = total_amount + 1", "L7"),
        ("update account_entries set amount = amount + 1 where kind = 'CHARGE'", "L8"),
        ("update bills set previous_outstanding = 5, total_amount = total_amount + 5", "L9"),
        ("delete from account_entries where kind = 'CHARGE'; update bills set status = 'void'", None),
        ("update account_entries set amount = 500 where kind = 'PAYMENT'", "sign"),
        ("update account_entries set method = null where kind = 'PAYMENT'", "L12"),
        ("update bills set status = 'paid'", "status"),
        ("alter table bills disable trigger bills_update", "guard"),
        ("drop trigger audit_truncate on audit", "guard"),
    ],
)
async def test_a_corrupted_row_is_found(books: Books, sql: str, rule: str | None) -> None:
    await books.owner.execute("alter table bills drop constraint bills_total_is_its_lines")
    await books.owner.execute("alter table account_entries drop constraint account_entries_check")
    await books.break_in(sql)
    report = await books.report()
    assert {finding.rule for finding in report.findings} == ({rule} if rule else set())
    assert report.ok == (rule is None)


PAYMENT = """
    insert into account_entries (flat_id, kind, amount, posted_on, value_date, source_type, source_id, method)
    select id, 'PAYMENT', -100, '2026-11-03', '2026-11-03', '{source}', 'x1', 'upi' from flats where code = 'B17-FF';"""
ATTEMPT = """
    insert into payment_attempts (flat_id, amount, paid, provider, state, entry_id)
    select flat_id, 100, {paid}, 'stripe', 'paid', {entry} from account_entries order by id desc limit 1;"""
CLAIM = """
    insert into payment_claims (flat_id, person_id, amount, reference, reference_key, state, entry_id)
    select flat_id, (select min(id) from people), 100, '1', '1', '{state}', {entry}
    from account_entries order by id desc limit 1;"""
STATEMENT = """
    insert into statements (sha256, file_name) values ('x', 'x.xlsx');
    insert into statement_rows (statement_id, row_number, day, amount, state, flat_id, entry_id)
    select 1, 1, '2026-11-03', {amount}, 'posted', flat_id, {entry} from account_entries order by id desc limit 1;"""
STRAY = """
    insert into stray_payments (provider, event_key, amount, reason, state, entry_id)
    select 'stripe', 'x', {amount}, 'link', '{state}', id from account_entries order by id desc limit 1;"""


MONEY_IN = [
    ("payment", "", True),
    ("nowhere", "", False),
    ("stripe", ATTEMPT.format(paid=100, entry="id"), True),
    ("stripe", ATTEMPT.format(paid=99, entry="id"), False),
    ("stripe", ATTEMPT.format(paid=101, entry="id"), False),
    ("stripe", "", False),
    ("razorpay", ATTEMPT.format(paid=100, entry="id"), False),
    ("payment", ATTEMPT.format(paid=0, entry="null"), False),
    ("claim", CLAIM.format(state="confirmed", entry="id"), True),
    ("claim", CLAIM.format(state="waiting", entry="null"), False),
    ("claim", "", False),
    ("payment", CLAIM.format(state="confirmed", entry="null"), False),
    ("payment", CLAIM.format(state="waiting", entry="null"), True),
    ("statement", STATEMENT.format(amount=100, entry="id"), True),
    ("statement", STATEMENT.format(amount=99, entry="id"), False),
    ("payment", STATEMENT.format(amount=100, entry="null"), False),
    ("stray", STRAY.format(amount=100, state="posted"), True),
    ("stray", STRAY.format(amount="null", state="posted"), True),
    ("stray", STRAY.format(amount=99, state="posted"), False),
    ("stray", STRAY.format(amount=100, state="open"), False),
]
"""The route that a payment of ₹100 names, what stands behind it, and whether that is right."""


async def test_money_on_the_account_is_what_came_in(books: Books) -> None:
    for source, behind, is_right in MONEY_IN:
        attempt = books.owner.transaction()
        await attempt.start()
        await books.break_in(PAYMENT.format(source=source) + behind)
        rules = {finding.rule for finding in (await verify(books.owner)).findings}
        await attempt.rollback()
        assert rules == (set() if is_right else {"L12"}), (source, behind)


async def test_what_is_posted_after_a_lock_is_found(books: Books) -> None:
    await books.owner.execute("insert into locks (month) values ('2026-11-01')")
    assert (await books.report()).ok
    await books.break_in(PAYMENT.format(source="payment"))
    report = await books.report()
    assert [(finding.rule, finding.flat) for finding in report.findings] == [("L10", "B17-FF")]


async def test_a_bill_from_outside_is_listed_and_parks_its_flat(books: Books) -> None:
    flat_id = books.town.flat("B17-SF").flat_id
    await books.owner.execute(
        "insert into bills (flat_id, billing_period_start, billing_period_end, due_date, total_amount) "
        "values ($1, '2026-10-01', '2026-10-31', '2026-11-10', 777)",
        flat_id,
    )
    report = await books.report()
    assert [(bill.flat_code, bill.total_amount) for bill in report.foreign_bills] == [("B17-SF", Decimal(777))]
    assert not report.ok
    async with books.db.transaction() as conn:
        work = books.work(conn)
        assert set(await park_flats.park_wrong_books(work, [flat_id, books.town.flat("B17-FF").flat_id])) == {flat_id}
        assert "from outside" in (await parked.is_parked(conn, flat_id) or "")
        told = "select count(*) from notifications where kind = 'flat_parked'"
        assert await conn.fetchval(told) == 2
        await park_flats.park_wrong_books(work, [flat_id])
        assert await conn.fetchval(told) == 2


async def test_an_admin_releases_a_flat_with_a_bill_from_outside(books: Books) -> None:
    flat_id = books.town.flat("B17-FF").flat_id
    await books.owner.execute(
        """
        with r as (insert into readings (meter_id, reading_date, reading_value) values ($2, '2026-10-31', 5)
                   returning id)
        insert into bills (flat_id, billing_period_start, billing_period_end, due_date, total_amount, flat_reading_id)
        select $1, '2026-10-05', '2026-10-31', '2026-11-10', 777, id from r""",
        flat_id,
        books.town.flat("B17-FF").meter_id,
    )
    async with books.db.transaction() as conn:
        work = books.work(conn)
        await park_flats.park_wrong_books(work, [flat_id])
        outcome = await opening.set_opening(work, "B17-FF", Decimal(3000))
        assert isinstance(outcome, opening.Opened)
        assert await accounts.balance(conn, flat_id) == Decimal(3000)
        assert await parked.is_parked(conn, flat_id) is None
        assert await conn.fetchval("select state from readings where reading_date = '2026-10-31'") == "billed"
        await pay(work, flat_id, "3000")
        assert {bill.status for bill in await bills.history(conn, flat_id)} == {"paid"}
    assert (await books.report()).ok


async def test_a_changed_locked_month_is_found(books: Books) -> None:
    await books.break_in(
        "insert into bills (flat_id, billing_period_start, billing_period_end, due_date, total_amount) "
        "select id, '2025-11-01', '2025-11-30', '2025-12-10', 1 from flats limit 1; "
        "insert into adopted_bills (bill_id, old_status, open) select max(id), 'paid', false from bills"
    )
    report = await books.report()
    assert [finding.rule for finding in report.findings] == ["L10"]
    assert "2025-11" in report.findings[0].message


async def test_a_row_that_points_nowhere_is_found(books: Books) -> None:
    await books.break_in("update meters set flat_id = 9999 where meter_number = '19152159'")
    report = await books.report()
    assert [(one.table, one.column, one.value) for one in report.orphans] == [("meters", "flat_id", 9999)]
    assert not report.ok


async def test_verify_changes_nothing(books: Books) -> None:
    async with books.owner.transaction(readonly=True):
        await verify(books.owner)


@pytest.mark.parametrize("kind", ["SUPABASE", "HANDMADE"])
async def test_november_2025_reads_the_same_before_and_after_adoption(empty_dsn: str, kind: str) -> None:
    await legacy.build(empty_dsn, getattr(legacy, kind))
    before = await verify_database(empty_dsn)
    assert not before.migrated
    await migrate(empty_dsn, today=TODAY)
    after = await verify_database(empty_dsn)
    assert after.ok
    assert [month.now for month in before.locked_months] == [month.now for month in after.locked_months]
    assert before.locked_months[0].month == Month(2025, 11)
    assert before.locked_months[0].now.count == 1


async def test_an_empty_database_can_be_verified(empty_dsn: str) -> None:
    report = await verify_database(empty_dsn)
    assert report.ok
    assert not report.migrated


async def test_the_report_as_json(books: Books) -> None:
    await books.break_in("update bills set status = 'paid'")
    json = as_json(await books.report())
    assert json["ok"] is False
    assert json["findings"] == [
        {
            "rule": "status",
            "message": "It is stored as paid, its account says partially_paid.",
            "flat": "B17-FF",
            "bill_id": 1,
            "entry_id": None,
        }
    ]
    month = json["locked_months"][0]
    assert (month["month"], month["count"], month["total"], month["unchanged"]) == ("2025-11", 0, "0.00", True)
    assert datetime.fromisoformat(month["baseline_at"]).tzinfo

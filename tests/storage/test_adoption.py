"""An older project's database is taken over in place: nothing of it changes, and the flats are billed on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from domain.roles import Role
from jobs import approve_reading, change_flat
from jobs.draft_bill import Obstacle
from jobs.pending import queue
from jobs.submit_reading import Saved, Submission, submit
from jobs.verify import verify_database
from storage import bill_views, bills, parked, readings
from storage.database import open_database
from storage.migrate import Applied, OldSchemaError, UnfitDatabaseError, migrate
from tests import society
from tests.storage import legacy

TODAY = date(2026, 11, 6)
NOW = datetime(2026, 11, 6, 6, 0, tzinfo=UTC)


async def _one(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    conn = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await conn.fetch(sql)]
    finally:
        await conn.close()


@pytest.fixture(params=["SUPABASE", "HANDMADE"])
async def adopted(request: pytest.FixtureRequest, empty_dsn: str) -> str:
    """Address of an adopted database, of either kind."""
    await legacy.build(empty_dsn, getattr(legacy, request.param))
    await migrate(empty_dsn, today=TODAY)
    return empty_dsn


@pytest.mark.parametrize("kind", ["SUPABASE", "HANDMADE"])
async def test_every_old_row_keeps_every_old_value(empty_dsn: str, kind: str) -> None:
    await legacy.build(empty_dsn, getattr(legacy, kind))
    conn = await asyncpg.connect(empty_dsn)
    columns = await legacy.columns_of(conn)
    types = await _types(conn)
    await conn.close()
    before = await legacy.content(empty_dsn, columns)
    await migrate(empty_dsn, today=TODAY)
    assert await legacy.content(empty_dsn, columns) == before
    assert sum(map(len, before.values())) > 60
    conn = await asyncpg.connect(empty_dsn)
    assert types.items() <= (await _types(conn)).items()
    await conn.close()


async def _types(conn: asyncpg.Connection[asyncpg.Record]) -> dict[tuple[str, str], str]:
    sql = """
        select attrelid::regclass::text as t, attname, format_type(atttypid, atttypmod) as type from pg_attribute
        where attrelid::regclass::text = any($1::text[]) and attnum > 0 and not attisdropped"""
    return {(row["t"], row["attname"]): row["type"] for row in await conn.fetch(sql, list(legacy.TABLES))}


async def test_only_an_unambiguous_unpaid_bill_opens_an_account(adopted: str) -> None:
    opened = await _one(
        adopted,
        "select f.code, e.kind, e.amount, e.posted_on, e.value_date, e.bill_id = a.bill_id and a.entry_id = e.id "
        "from account_entries e join flats f on f.id = e.flat_id left join adopted_bills a on a.bill_id = e.bill_id",
    )
    assert opened == [("B17-GF", "OPENING", Decimal("1700.00"), TODAY, date(2026, 10, 31), True)]


async def test_ambiguous_flats_are_parked(adopted: str) -> None:
    db = await open_database(adopted)
    found = {flat.code: flat.reason for flat in await db.run(parked.parked_flats)}
    await db.close()
    assert set(found) == {"B17-FF", "B17-SF"}
    assert "a later one was paid" in found["B17-FF"]
    assert "several bills" in found["B17-SF"]


async def test_a_partly_paid_bill_parks_its_flat(empty_dsn: str) -> None:
    await legacy.build(empty_dsn, legacy.SUPABASE)
    await _one(empty_dsn, "update bills set status = 'partially_paid' where total_amount = 1700")
    await migrate(empty_dsn, today=TODAY)
    assert await _one(empty_dsn, "select 1 from account_entries") == []
    assert ("B17-GF",) in await _one(empty_dsn, "select code from parked_flats p join flats f on f.id = p.flat_id")


async def test_old_readings_are_billed_history_or_pending(adopted: str) -> None:
    states = await _one(
        adopted,
        "select coalesce(f.code, 'motor'), r.reading_date::text, r.state from readings r "
        "join meters m on m.id = r.meter_id left join flats f on f.id = m.flat_id "
        "where coalesce(f.code, 'motor') in ('B17-GF', 'B18-FF', 'motor') order by 1, 2",
    )
    assert states == [
        ("B17-GF", "2026-08-31", "history"),
        ("B17-GF", "2026-09-30", "billed"),
        ("B17-GF", "2026-10-31", "billed"),
        ("B17-GF", "2026-11-05", "pending"),
        ("B18-FF", "2026-08-31", "pending"),
        ("B18-FF", "2026-09-30", "pending"),
        ("B18-FF", "2026-10-31", "pending"),
        ("B18-FF", "2026-11-05", "pending"),
        ("motor", "2026-08-31", "billed"),
        ("motor", "2026-09-30", "billed"),
        ("motor", "2026-10-31", "billed"),
    ]


async def test_rows_with_holes_are_adopted_too(empty_dsn: str) -> None:
    await legacy.build(empty_dsn, legacy.SUPABASE)
    await _one(empty_dsn, "insert into readings (meter_id) values (1)")
    await _one(
        empty_dsn, "insert into bills (flat_id, due_date, total_amount, status) values (1, '2026-12-01', 5, null)"
    )
    await migrate(empty_dsn, today=TODAY)
    assert await _one(empty_dsn, "select state from readings where reading_date is null") == [("history",)]
    assert ("B17-GF",) in await _one(empty_dsn, "select code from parked_flats p join flats f on f.id = p.flat_id")


async def test_when_an_old_reading_was_billed_is_a_moment(adopted: str) -> None:
    db = await open_database(adopted)
    async with db.transaction() as conn:
        reading_id = await conn.fetchval("select flat_reading_id from bills where total_amount = 1700")
        bill = await bills.of_reading(conn, reading_id)
    await db.close()
    assert bill is not None
    assert bill.issued_at == datetime(2026, 10, 31, 18, 0, tzinfo=UTC)


async def test_a_bill_or_reading_with_holes_stops_no_flat(empty_dsn: str) -> None:
    await legacy.build(empty_dsn, legacy.SUPABASE)
    await _one(
        empty_dsn, "insert into bills (flat_id, due_date, total_amount, status) values (4, '2026-12-01', 5, 'paid')"
    )
    await _one(empty_dsn, "insert into readings (meter_id, reading_date) values (4, '2026-11-02')")
    await migrate(empty_dsn, today=TODAY)
    db = await open_database(empty_dsn)
    async with db.transaction() as conn:
        rekha = await society.resident(conn, "Rekha", "103", "+447700900103", Role.ADMIN)
        work = society.work(conn, rekha, NOW)
        found = await queue(work)
        assert {one.reading.flat_code for one in found.normal} == {"B17-GF", "B18-GF", "B18-FF", "D3-SF"}
        sent = Submission("B18-GF", Decimal(140), None, None, "key", NOW)
        assert isinstance(await submit(work, sent), Saved)
        seen = await change_flat.sheet(work, "B18-GF")
        assert seen is not None
        assert [bill.period.end for bill in seen.bills] == [date(2026, 10, 31)]
        await conn.execute(
            "insert into owner_people (owner_id, person_id) select owner_id, $1 from flat_owners where flat_id = 4",
            rekha.person_id,
        )
        views = {view.flat_code: view for view in await bill_views.newest_bills(conn, rekha.person_id)}
        assert (views["B18-GF"].period_end, views["B18-GF"].is_newest) == (date(2026, 10, 31), True)
    await db.close()


async def test_old_notifications_are_never_delivered(adopted: str) -> None:
    assert await _one(adopted, "select distinct outbox from notifications") == [(False,)]


async def test_the_service_can_work_with_the_old_tables(adopted: str) -> None:
    db = await open_database(adopted)
    async with db.transaction() as conn:
        reading = await conn.fetchval(
            "insert into readings (meter_id, reading_date, reading_value) values (1, '2026-11-06', 9) returning id"
        )
        await conn.execute(
            "insert into bills (flat_id, billing_period_start, billing_period_end, due_date, flat_reading_id, "
            "total_amount) values (1, '2026-11-01', '2026-11-06', '2026-11-16', $1, 10)",
            reading,
        )
        await conn.execute("update bills set status = 'partially_paid', updated_at = now() where id = 1")
        await conn.execute("insert into notifications (channel, status, outbox) values ('telegram', 'queued', true)")
    with pytest.raises(asyncpg.UniqueViolationError):
        async with db.transaction() as conn:
            await conn.execute(
                "insert into bills (flat_id, billing_period_start, billing_period_end, due_date, total_amount) "
                "values (1, '2026-11-01', '2026-11-07', '2026-11-16', 10)"
            )
    await db.close()


async def test_a_user_who_is_no_superuser_adopts_and_runs(empty_dsn: str) -> None:
    """As `postgres` of a Supabase project: owner of its database, may create roles, no superuser."""
    admin = await asyncpg.connect(empty_dsn)
    name = f"installer_{uuid4().hex[:8]}"
    await admin.execute(f"create role {name} login password '{name}' createrole")
    await admin.execute(f"alter database {urlsplit(empty_dsn).path[1:]} owner to {name}")
    await admin.execute(f"grant billing_service to {name} with admin option")
    own = urlunsplit(urlsplit(empty_dsn)._replace(netloc=f"{name}:{name}@"))
    try:
        await legacy.build(own, legacy.SUPABASE)
        await migrate(own, today=TODAY)
        db = await open_database(own)
        async with db.transaction() as conn:
            assert await conn.fetchval("select current_user") == "billing_service"
            assert await conn.fetchval("select count(*) from bills") == 8
        await db.close()
    finally:
        await admin.execute(f"reassign owned by {name} to postgres; drop owned by {name}; drop role {name}")
        await admin.close()


async def test_an_adopted_flat_is_billed_on(empty_dsn: str) -> None:
    await legacy.build(empty_dsn, legacy.HANDMADE)
    await migrate(empty_dsn, today=TODAY)
    db = await open_database(empty_dsn)
    async with db.transaction() as conn:
        work = society.work(conn, await society.resident(conn, "Rekha", "103", "+447700900103"), NOW)
        queue = {reading.flat_code: reading for reading in await readings.pending(conn)}
        for code in ("B17-GF", "B17-FF"):
            seen = await approve_reading.preview(work, queue[code].id)
            outcome = await approve_reading.approve(work, queue[code].id, queue[code].version, seen.draft.total)
            if code == "B17-FF":
                assert isinstance(outcome, approve_reading.Stopped)
                assert outcome.draft.obstacle is Obstacle.PARKED
            else:
                assert isinstance(outcome, approve_reading.Approved)
                bill = outcome.issued.bill
                assert (bill.period.start, bill.period.end) == (date(2026, 11, 1), date(2026, 11, 5))
                assert bill.previous_outstanding == Decimal(1700)
    await db.close()
    assert (await verify_database(empty_dsn)).ok


async def test_the_installer_is_told_what_changes(empty_dsn: str) -> None:
    await legacy.build(empty_dsn, legacy.SUPABASE)
    adoption = (await migrate(empty_dsn, today=TODAY))[-1]
    assert adoption.name == "adoption"
    told = " ".join(adoption.notes)
    for words in (
        "8 bills",
        "anon key is cut off",
        "old screen must stop writing",
        "D3-SF",
        "B17-FF (",
        "1,700.00 rupees",
    ):
        assert words in told


async def test_a_check_taken_off_is_reported(empty_dsn: str) -> None:
    await legacy.build(empty_dsn, legacy.HANDMADE)
    notes = (await migrate(empty_dsn, today=TODAY))[-1].notes
    assert [note for note in notes if "bills_status_check" in note]


async def test_the_anon_key_sees_nothing_any_more(empty_dsn: str) -> None:
    await legacy.build(empty_dsn, legacy.SUPABASE)
    conn = await asyncpg.connect(empty_dsn)
    try:
        await conn.execute("set role anon")
        assert await conn.fetchval("select count(*) from bills") == 8
        await conn.execute("reset role")
        await migrate(empty_dsn, today=TODAY)
        await conn.execute("set role anon")
        for sql in ("select 1 from bills", "insert into readings (meter_id) values (1)", "select 1 from people"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(sql)
    finally:
        await conn.close()


async def test_accounts_do_not_open_in_a_locked_month(empty_dsn: str) -> None:
    await legacy.build(empty_dsn, legacy.SUPABASE)
    await migrate(empty_dsn, today=date(2025, 11, 20))
    assert await _one(empty_dsn, "select distinct posted_on from account_entries") == [(date(2025, 12, 1),)]


async def test_november_2025_is_locked_with_what_was_there(adopted: str) -> None:
    locked = await _one(adopted, "select month, bill_count, bill_total, length(bills_hash) from locks")
    assert locked == [(date(2025, 11, 1), 1, Decimal(640), 64)]


async def test_an_empty_database_has_nothing_to_adopt(empty_dsn: str) -> None:
    assert all(one == Applied(one.name) for one in await migrate(empty_dsn))


async def test_what_does_not_fit_is_refused_in_words(empty_dsn: str) -> None:
    await legacy.build(empty_dsn, legacy.HANDMADE)
    await _one(
        empty_dsn,
        "insert into bills (flat_id, billing_period_start, due_date, flat_reading_id, motor_reading_id, total_amount) "
        "select flat_id, billing_period_start, due_date, flat_reading_id, motor_reading_id, 1 from bills where id = 2",
    )
    with pytest.raises(UnfitDatabaseError, match=r"\(flat_id, billing_period_start\)=\(.*\) is duplicated"):
        await migrate(empty_dsn, today=TODAY)
    assert await _one(empty_dsn, "select to_regclass('inbox')") == [(None,)]


async def test_the_single_purpose_schema_is_refused_untouched(empty_dsn: str) -> None:
    await _one(empty_dsn, "create table bills (id serial, customer_id integer)")
    with pytest.raises(OldSchemaError, match="customer_id"):
        await migrate(empty_dsn)
    assert await _one(
        empty_dsn, "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    ) == [("bills",)]


@pytest.mark.parametrize(
    "cheaper",
    [
        "update bills set total_amount = 0 where total_amount = 1700",
        "update bills set total_amount = -50 where total_amount = 1700",
    ],
)
async def test_an_old_bill_on_which_nothing_is_owed_is_no_finding(empty_dsn: str, cheaper: str) -> None:
    await legacy.build(empty_dsn, legacy.SUPABASE)
    await _one(empty_dsn, cheaper)
    await migrate(empty_dsn, today=TODAY)
    assert (await verify_database(empty_dsn)).findings == ()

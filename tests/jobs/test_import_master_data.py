"""The master workbook into the database: what would change, what did, and what is left alone."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from domain.master_data import MasterRow
from jobs.gateways.workbook import read_master
from jobs.import_master_data import Change, Field, import_master, plan_import
from jobs.master_workbook import MasterWorkbook
from jobs.work import Actor, Work
from storage import flats, tariffs
from storage.database import Connection, Database
from tests.society import SOCIETY

NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
SAMPLE = Path(__file__).parents[2] / "data" / "Blessings_City_Master_Data.xlsx"
ROW = MasterRow(
    row_number=4,
    unit_id="2BHK-B17-FF",
    flat_code="B17-FF",
    floor="FF",
    flat_type="2BHK",
    owner_name="Mr Sharma",
    meter_number="19152159",
    fixed_charge=Decimal(1474),
    rate_per_unit=Decimal(12),
    motor_meter_number="70000101",
    phone="+447700900103",
    email=None,
)


@pytest.fixture
async def conn(db: Database) -> AsyncIterator[Connection]:
    async with db.transaction() as conn:
        yield conn


def office(conn: Connection, now: datetime = NOW) -> Work:
    return Work(conn=conn, now=now, society=SOCIETY, actor=Actor(None, "installer"), ref="TEST")


def workbook(*rows: MasterRow) -> MasterWorkbook:
    return MasterWorkbook(rows, ())


async def test_the_sample_society_is_imported_whole_and_once(conn: Connection) -> None:
    sample = read_master(SAMPLE)
    plan = await import_master(office(conn), sample, "sample")
    assert plan.problems == sample.problems
    assert len(plan.new_flats) == len(sample.rows)
    assert {m.name: len(m.flat_codes) for m in await flats.motors(conn)} == {
        "MOTOR-B": 12, "MOTOR-C": 24, "MOTOR-D1": 12, "MOTOR-D2": 18, "MOTOR-F1": 30, "MOTOR-F2": 24,
    }  # fmt: skip
    sharma = await flats.get_flat(conn, "B17-FF")
    assert sharma is not None
    assert (sharma.owner, sharma.meter_number, sharma.motor) == ("Mr Sharma", "19152159", "MOTOR-B")
    assert await flats.meters_without_owner(conn) == []
    again = await import_master(office(conn), sample, "sample")
    assert (again.new_flats, again.changes, again.kept) == ((), (), ())
    assert await conn.fetchval("select count(*) from tariffs") == len(sample.rows)


async def test_a_plan_changes_nothing(conn: Connection) -> None:
    plan = await plan_import(office(conn), workbook(ROW))
    assert plan.new_flats == ("B17-FF",)
    assert Change("B17-FF", Field.RATE, None, "12.00") in plan.changes
    assert await flats.all_flats(conn) == []


async def test_new_prices_count_from_their_day_and_the_first_from_the_beginning(conn: Connection) -> None:
    await import_master(office(conn), workbook(ROW), "first")
    dearer = replace(ROW, rate_per_unit=Decimal("12.5"))
    plan = await import_master(office(conn), workbook(dearer), "second", date(2026, 12, 1))
    assert plan.changes == (Change("B17-FF", Field.RATE, "12.00", "12.50"),)
    flat = await flats.get_flat(conn, "B17-FF")
    assert flat is not None
    rows = await tariffs.tariff_rows(conn, flat.id)
    assert [(row.valid_from, row.rate_per_unit) for row in rows] == [
        (date(2000, 1, 1), Decimal(12)),
        (date(2026, 12, 1), Decimal("12.5")),
    ]


async def test_a_price_that_disappears_is_a_change(conn: Connection) -> None:
    await import_master(office(conn), workbook(ROW), "first")
    plan = await plan_import(office(conn), workbook(replace(ROW, rate_per_unit=None)))
    assert plan.changes == (Change("B17-FF", Field.RATE, "12.00", None),)


async def test_another_owner_or_meter_is_never_replaced(conn: Connection) -> None:
    await import_master(office(conn), workbook(ROW), "first")
    other = replace(ROW, owner_name="Ms Other", meter_number="19150001", phone="+447700900555")
    plan = await import_master(office(conn), workbook(other), "second")
    assert plan.changes == ()
    assert [(change.field, change.after) for change in plan.kept] == [
        (Field.OWNER, "Ms Other"),
        (Field.METER, "19150001"),
    ]
    flat = await flats.get_flat(conn, "B17-FF")
    assert flat is not None
    [owner] = await flats.owners_of(conn, flat.id)
    assert (owner.name, owner.phone, flat.meter_number) == ("Mr Sharma", "+447700900103", "19152159")


async def test_a_new_number_of_the_same_owner_is_taken_over(conn: Connection) -> None:
    await import_master(office(conn), workbook(ROW), "first")
    plan = await import_master(office(conn), workbook(replace(ROW, phone="+447700900555")), "second")
    assert plan.changes == (Change("B17-FF", Field.PHONE, "+447700900103", "+447700900555"),)


async def test_a_meter_of_another_flat_is_a_problem_with_its_row(conn: Connection) -> None:
    await import_master(office(conn), workbook(ROW), "first")
    clash = replace(ROW, row_number=9, unit_id="2BHK-B18-FF", flat_code="B18-FF", owner_name="Ms Other")
    plan = await import_master(office(conn), workbook(clash), "second")
    [problem] = plan.problems
    assert (problem.row, problem.column, problem.value) == (9, "Meter No.", "19152159")
    assert "B17-FF" in problem.reason
    assert await flats.get_flat(conn, "B18-FF") is None


async def test_one_owner_of_two_flats_is_one_owner(conn: Connection) -> None:
    second = replace(ROW, unit_id="2BHK-B18-FF", flat_code="B18-FF", meter_number="19152162")
    await import_master(office(conn), workbook(ROW, second), "first")
    assert await conn.fetchval("select count(*) from owners") == 1

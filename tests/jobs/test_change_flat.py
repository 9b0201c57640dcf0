"""What the office finds about a flat and changes: the new owner sees nothing of before, the arrears stay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain.master_data import MasterRow
from domain.roles import Role
from jobs.change_flat import Change, Changed, Field, FlatSheet, MeterTaken, NotAsShown, change, sheet
from jobs.find import find
from jobs.import_master_data import ImportPlan, import_master
from jobs.master_workbook import MasterWorkbook
from jobs.people import Linked, link_by_phone
from storage import audit, bill_links, bill_views, owners, people
from storage.database import Connection, Database
from tests.jobs.test_approve_reading import issued, sent
from tests.society import Town, build, resident, work

NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


@pytest.fixture
async def conn(db: Database) -> AsyncIterator[Connection]:
    async with db.transaction() as conn:
        yield conn


@pytest.fixture
async def town(conn: Connection) -> Town:
    return await build(conn)


async def seen(conn: Connection, town: Town, code: str = "B17-FF") -> FlatSheet:
    found = await sheet(work(conn, town.rekha, NOW), code)
    assert found is not None
    return found


async def changed(conn: Connection, town: Town, wanted: Change) -> FlatSheet:
    outcome = await change(work(conn, town.rekha, NOW + timedelta(minutes=1)), "B17-FF", wanted)
    assert isinstance(outcome, Changed)
    return outcome.sheet


async def test_all_about_a_flat(conn: Connection, town: Town) -> None:
    await issued(conn, town.rekha, await sent(conn, town, "B17-FF", "146", share="3.2"))
    one = await seen(conn, town)
    assert [owner.name for owner in one.owners] == ["Mr Sharma"]
    assert [owner.channels for owner in one.reached] == [("telegram",)]
    assert (one.flat.meter_number, one.flat.motor, one.balance) == ("19152159", "MOTOR-B", Decimal("3264.40"))
    assert [bill.total_amount for bill in one.bills] == [Decimal("3264.40")]
    assert (one.tariff.rate_per_unit, one.tariff.fixed_charge) == (Decimal(12), Decimal(1474))
    assert await sheet(work(conn, town.rekha, NOW), "Z1-GF") is None


async def test_a_new_owner_sees_nothing_of_before_and_the_arrears_stay(conn: Connection, town: Town) -> None:
    bill = (await issued(conn, town.rekha, await sent(conn, town, "B17-FF", "146"))).bill
    token = await bill_links.link_for(conn, bill.id, town.sharma.person_id, NOW + timedelta(days=9))
    asha = await resident(conn, "Asha", "150", "+447700900150")
    after = await changed(conn, town, Change(Field.OWNER, "Mr Sharma", "Asha Verma", "+447700900150"))
    assert [owner.name for owner in after.owners] == ["Asha Verma"]
    assert after.balance == Decimal("3226.00")
    assert await people.roles(conn, asha.person_id) == {Role.OWNER}
    assert await bill_views.owned_bill(conn, asha.person_id, bill.id) is None
    assert await bill_views.owned_bill(conn, town.sharma.person_id, bill.id) is None
    assert await bill_links.bill_behind(conn, token, NOW) is None
    assert await people.owner_recipients(conn, after.flat.id) == [asha.person_id]
    line = (await audit.trail(conn, "flat", "B17-FF"))[0]
    assert (line.action, line.before, line.after) == (
        "flat.owner_changed",
        {"owner": "Mr Sharma", "phone": ""},
        {"owner": "Asha Verma", "phone": "+447700900150"},
    )


async def test_who_joins_a_new_owner_sees_nothing_of_before_either(conn: Connection, town: Town) -> None:
    bill = (await issued(conn, town.rekha, await sent(conn, town, "B17-FF", "146"))).bill
    flat_id = (await changed(conn, town, Change(Field.OWNER, "Mr Sharma", "Asha Verma"))).flat.id
    asha = await resident(conn, "Asha", "150", "+447700900150")
    await people.link_owners(conn, asha.person_id, [await owners.add_further(conn, flat_id, "Asha's sister", None)])
    assert await people.roles(conn, asha.person_id) == {Role.OWNER}
    assert await bill_views.owned_bill(conn, asha.person_id, bill.id) is None


async def test_the_owner_of_two_flats_keeps_the_other(conn: Connection, town: Town) -> None:
    await changed(conn, town, Change(Field.OWNER, "Mr Sharma", "Asha Verma"))
    assert [owner.name for owner in (await seen(conn, town, "B18-FF")).owners] == ["Mr Sharma"]
    assert await people.roles(conn, town.sharma.person_id) == {Role.OWNER}


async def test_tenant_phone_meter_and_motor(conn: Connection, town: Town) -> None:
    one = await changed(conn, town, Change(Field.TENANT, "", "Uma Pillai", "+447700900151"))
    assert one.value(Field.TENANT) == "Uma Pillai +447700900151"
    assert (await changed(conn, town, Change(Field.TENANT, one.value(Field.TENANT)))).tenant is None
    assert (await changed(conn, town, Change(Field.PHONE, "", phone="+447700900152"))).owners[
        0
    ].phone == "+447700900152"
    assert (await changed(conn, town, Change(Field.METER, "19152159", "99"))).flat.meter_number == "99"
    assert (await changed(conn, town, Change(Field.MOTOR, "MOTOR-B", "MOTOR-C"))).flat.motor == "MOTOR-C"
    assert (await changed(conn, town, Change(Field.MOTOR, "MOTOR-C"))).flat.motor is None


async def test_a_wrong_number_put_right_ends_what_it_opened(conn: Connection, town: Town) -> None:
    await changed(conn, town, Change(Field.PHONE, "", phone="+447700900105"))
    bill = (await issued(conn, town.rekha, await sent(conn, town, "B17-FF", "146"))).bill
    token = await bill_links.link_for(conn, bill.id, town.sharma.person_id, NOW)
    await changed(conn, town, Change(Field.PHONE, "+447700900105", phone="+447700900152"))
    assert await bill_views.owned_bill(conn, town.sharma.person_id, bill.id) is None
    assert await bill_links.bill_behind(conn, token, NOW) is None
    sunil = await people.chat(conn, town.sunil.chat_id)
    await conn.execute("update people set phone = null where id = $1", town.sunil.person_id)
    linked = await link_by_phone(work(conn, town.sunil, NOW), sunil, "+447700900152", "S", is_senders_own=True)
    assert isinstance(linked, Linked)
    assert linked.flats == ("B17-FF", "B18-FF")
    assert linked.roles == {Role.OWNER, Role.ENGINEER}


async def test_a_further_number_leaves_who_joined_by_invite(conn: Connection, town: Town) -> None:
    await changed(conn, town, Change(Field.PHONE, "", phone="+447700900152"))
    assert await people.roles(conn, town.sharma.person_id) == {Role.OWNER}


async def test_a_change_binds_what_was_shown(conn: Connection, town: Town) -> None:
    outcome = await change(work(conn, town.rekha, NOW), "B17-FF", Change(Field.METER, "1", "99"))
    assert isinstance(outcome, NotAsShown)
    assert (await seen(conn, town)).flat.meter_number == "19152159"


async def test_one_meter_number_goes_to_one_flat_whoever_is_faster(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
    async with db.transaction() as conn:
        assert isinstance(await _give_meter(conn, town, "B17-FF", "z99"), Changed)
        others = [asyncio.create_task(given(db, town)) for given in (_given_by_hand, _given_by_workbook)]
        await asyncio.sleep(0.3)
        assert not any(other.done() for other in others)
    by_hand, by_workbook = await asyncio.gather(*others)
    assert isinstance(by_hand, MeterTaken)
    assert by_hand.holder == "B17-FF"
    assert isinstance(by_workbook, ImportPlan)
    assert [problem.reason for problem in by_workbook.problems] == ["is the meter of B17-FF already"]
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from meters where upper(meter_number) = 'Z99'") == 1


async def _give_meter(conn: Connection, town: Town, code: str, number: str) -> object:
    before = town.flat(code).meter_number
    return await change(work(conn, town.rekha, NOW), code, Change(Field.METER, before, number))


async def _given_by_hand(db: Database, town: Town) -> object:
    async with db.transaction() as conn:
        return await _give_meter(conn, town, "B17-GF", "Z99")


async def _given_by_workbook(db: Database, town: Town) -> object:
    row = MasterRow(1, "2BHK-X1-GF", "X1-GF", "GF", "2BHK", None, "z99", None, None, None, None, None)
    async with db.transaction() as conn:
        return await import_master(work(conn, town.rekha, NOW), MasterWorkbook((row,), ()), "test")


async def test_a_meter_in_use_elsewhere_is_refused(conn: Connection, town: Town) -> None:
    outcome = await change(work(conn, town.rekha, NOW), "B17-FF", Change(Field.METER, "19152159", "19152160"))
    assert isinstance(outcome, MeterTaken)
    assert outcome.holder == "B17-SF"


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("b17ff", ["B17-FF"]),
        ("2BHK-B17-FF", ["B17-FF"]),
        ("b17", ["B17-FF", "B17-GF", "B17-SF"]),
        ("SHARMA", ["B17-FF", "B18-FF"]),
        ("sharm", ["B17-FF", "B18-FF"]),
        ("19152159", ["B17-FF"]),
        ("१९१५२१५९", ["B17-FF"]),
        ("2159", ["B17-FF"]),
        ("villa a2", ["VILLA-A2"]),
        ("98765 43210", ["C8-GF"]),
        ("+91 98765-43210", ["C8-GF"]),
        ("pillai", ["C14-FF"]),
        ("%", []),
        ("'", []),
        ("nobody", []),
    ],
)
async def test_search(conn: Connection, town: Town, typed: str, codes: list[str]) -> None:
    await conn.execute("update owners set phone = '98765 43210' where name = 'Dev Mehta'")
    sql = "insert into tenants (flat_id, name, since) values ($1, 'Uma Pillai', '2026-01-01')"
    await conn.execute(sql, town.flat("C14-FF").flat_id)
    found = await find(work(conn, town.rekha, NOW), typed)
    assert [hit.flat_code for hit in found.hits] == codes


async def test_a_near_miss(conn: Connection, town: Town) -> None:
    found = await find(work(conn, town.rekha, NOW), "B71-FF")
    assert found.hits == ()
    assert "B17-FF" in found.near

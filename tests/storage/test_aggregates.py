"""Flats, tariffs, bills, accounts, parked flats and the audit trail as they are stored and read back."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal

import asyncpg
import pytest

from domain.account import EntryKind
from domain.tariff import TariffRow
from storage import accounts, audit, bills, flats, parked, tariffs
from storage.database import Database
from storage.tariffs import NewTariff
from tests import society
from tests.billing import NOW, TODAY, issue, pay


async def test_a_flat_with_all_that_people_call_it(db: Database) -> None:
    async with db.transaction() as conn:
        town = await society.build(conn)
        flat = await flats.get_flat(conn, "B17-FF")
        assert flat is not None
        assert (flat.id, flat.unit_id, flat.floor) == (town.flat("B17-FF").flat_id, "2BHK-B17-FF", "First floor")
        assert (flat.owner, flat.meter_number, flat.motor) == ("Mr Sharma", "19152159", "MOTOR-B")
        assert await flats.flat_by_id(conn, flat.id) == flat
        assert await flats.get_flat(conn, "B99-FF") is None
        assert [one.code for one in await flats.all_flats(conn)] == sorted(society.HOMES)


async def test_the_primary_owner_comes_first_and_former_ones_do_not_count(db: Database) -> None:
    async with db.transaction() as conn:
        town = await society.build(conn)
        home = town.flat("B17-FF")
        add = "insert into owners (name) values ($1) returning id"
        link = "insert into flat_owners (flat_id, owner_id, is_primary, until) values ($1, $2, $3, $4)"
        await conn.execute("update flat_owners set is_primary = false where flat_id = $1", home.flat_id)
        await conn.execute(link, home.flat_id, await conn.fetchval(add, "Tara Sen"), True, None)
        await conn.execute(link, home.flat_id, await conn.fetchval(add, "Old Owner"), True, date(2026, 1, 1))
        assert [one.name for one in await flats.owners_of(conn, home.flat_id)] == ["Tara Sen", "Mr Sharma"]
        assert len(await flats.owners_of(conn, home.flat_id, former=True)) == 3
        flat = await flats.get_flat(conn, "B17-FF")
        assert flat
        assert flat.owners == ("Tara Sen", "Mr Sharma")


async def test_motors_with_their_groups(db: Database) -> None:
    async with db.transaction() as conn:
        await society.build(conn)
        found = {motor.name: motor for motor in await flats.motors(conn)}
    assert found["MOTOR-C"].flat_codes == ("C14-FF", "C14-SF", "C8-GF")
    assert found["MOTOR-B"].meter_number == "77000001"


async def test_a_meter_without_owner_is_named(db: Database) -> None:
    async with db.transaction() as conn:
        await society.build(conn)
        await conn.execute(
            "update flat_owners set until = '2026-10-01' where owner_id = "
            "(select id from owners where name = 'Leela Das')"
        )
        assert await flats.meters_without_owner(conn) == ["B7-FF"]


async def test_locked_flats_wait_for_each_other(db: Database) -> None:
    async with db.transaction() as conn:
        town = await society.build(conn)
    ids = [home.flat_id for home in town.homes.values()]
    async with db.transaction() as conn:
        assert await flats.lock_flats(conn, reversed(ids)) == sorted(ids)

        async def lock_again() -> None:
            async with db.transaction() as other:
                await flats.lock_flats(other, ids[:1])

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lock_again(), 0.2)


async def test_the_first_tariff_of_a_flat_counts_from_always(db: Database) -> None:
    async with db.transaction() as conn:
        flat_id = await conn.fetchval("insert into flats (code) values ('B17-FF') returning id")
        assert not await tariffs.any_tariff(conn)
        first = TariffRow(Decimal(12), Decimal(1600), date(2000, 1, 1))
        await tariffs.insert_tariff(conn, NewTariff(flat_id, Decimal(12), Decimal(1600), TODAY, "a.xlsx"))
        assert await tariffs.tariff_rows(conn, flat_id) == [first]
        for rate in (13, 14):
            await tariffs.insert_tariff(conn, NewTariff(flat_id, Decimal(rate), None, TODAY, "b.xlsx"))
        assert await tariffs.all_tariff_rows(conn) == {flat_id: [first, TariffRow(Decimal(14), None, TODAY)]}
        assert await tariffs.any_tariff(conn)


async def test_a_bill_is_read_back_as_it_was_issued(db: Database) -> None:
    async with db.transaction() as conn:
        town = await society.build(conn)
        flat_id = town.flat("B17-FF").flat_id
        bill = await issue(society.work(conn, town.rekha, NOW), flat_id, "100.50")
        assert await bills.get_bill(conn, bill.id) == bill
        assert (bill.flat_code, bill.issued_at, bill.status) == ("B17-FF", NOW, "pending")
        lines = (bill.energy_charge, bill.fixed_charge, bill.previous_outstanding, bill.total_amount)
        assert [str(line) for line in lines] == ["1206.00", "1474.00", "0.00", "2680.00"]
        assert await bills.history(conn, flat_id) == [bill]
        await conn.execute("update bills set status = 'void'")
        assert await bills.history(conn, flat_id) == []


async def test_balances_and_entries(db: Database) -> None:
    async with db.transaction() as conn:
        town = await society.build(conn)
        work = society.work(conn, town.rekha, NOW)
        flat_id, other = town.flat("B17-FF").flat_id, town.flat("B17-SF").flat_id
        bill = await issue(work, flat_id, "10")
        await pay(work, flat_id, "2000")
        assert await accounts.balance(conn, flat_id) == bill.total_amount - 2000
        assert await accounts.balance(conn, other) == 0
        assert [entry.kind for entry in await accounts.entries(conn, flat_id)] == [EntryKind.CHARGE, EntryKind.PAYMENT]
        assert await accounts.entries_of(conn, [flat_id, other]) == {
            flat_id: await accounts.entries(conn, flat_id),
            other: [],
        }
        assert await accounts.open_flats(conn) == [flat_id]


async def test_one_cause_posts_once(db: Database) -> None:
    async with db.transaction() as conn:
        town = await society.build(conn)
        await pay(society.work(conn, town.rekha, NOW), town.flat("B17-FF").flat_id, "5")

    async def again() -> None:
        async with db.transaction() as conn:
            await pay(society.work(conn, town.rekha, NOW), town.flat("B17-FF").flat_id, "5")

    with pytest.raises(asyncpg.UniqueViolationError):
        await again()


async def test_a_flat_is_parked_with_its_first_reason(db: Database) -> None:
    async with db.transaction() as conn:
        town = await society.build(conn)
        flat_id = town.flat("B17-FF").flat_id
        assert await parked.park(conn, flat_id, "first")
        assert not await parked.park(conn, flat_id, "second")
        assert await parked.is_parked(conn, flat_id) == "first"
        assert [(one.code, one.reason) for one in await parked.parked_flats(conn)] == [("B17-FF", "first")]
        assert await parked.unpark(conn, flat_id)
        assert not await parked.unpark(conn, flat_id)
        assert await parked.is_parked(conn, flat_id) is None


async def test_the_trail_of_one_thing_newest_first(db: Database) -> None:
    async with db.transaction() as conn:
        for value in (Decimal("1.50"), Decimal(2)):
            await audit.record(
                conn,
                actor_id=None,
                actor="Rekha",
                action="x",
                subject_type="flat",
                subject_id="1",
                before=None,
                after={"value": value, "on": TODAY},
                ref="R",
            )
        lines = await audit.trail(conn, "flat", "1")
        assert [line.after for line in lines] == [
            {"value": "2", "on": "2026-11-03"},
            {"value": "1.50", "on": "2026-11-03"},
        ]
        assert await audit.trail(conn, "flat", "2") == []

"""`verify` finds a motor whose shares are not its units, and a flat charged another share than its own (rule 10)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from jobs.bill_motor_group import GroupBilled, bill_now, fingerprint
from jobs.motor_groups import groups_of_motors
from jobs.motor_notes import NotesAdded, add_notes, owed_notes
from jobs.verify import verify, verify_database
from storage.database import Connection, Database, Raw, connect
from tests.motors import NOW, motor_meter, press, read
from tests.society import Town, build, work

USED = {"B17-GF": "100", "B17-FF": "50 12", "B17-SF": "50", "B18-GF": "10", "B18-FF": "100"}


@pytest.fixture
async def owner(db: Database) -> AsyncIterator[Raw]:
    """MOTOR-B's 320.01 units are billed to its five flats, of which one has an entered share; as the tables' owner."""
    async with db.transaction() as conn:
        town = await build(conn)
        await split(conn, town, "320.01", USED)
    raw = await connect(db.dsn)
    yield raw
    await raw.close()


async def split(conn: Connection, town: Town, units: str, used: dict[str, str]) -> int:
    """The motor and these flats read and approved, then billed; the motor's reading."""
    own = await read(conn, town.ravi, await motor_meter(conn, town), units)
    for code, said in used.items():
        value, _, share = said.partition(" ")
        await press(conn, town.rekha, await read(conn, town.ravi, town.flat(code).meter_id, value, share=share or None))
    await press(conn, town.rekha, own)
    group = (await groups_of_motors(work(conn, town.rekha, NOW), [own]))[own]
    if not group.closed:
        assert isinstance(await bill_now(work(conn, town.rekha, NOW), own, fingerprint(group)), GroupBilled)
    return own


async def found(owner: Raw, sql: str) -> list[tuple[str, str | None, str]]:
    """What is found after a superuser without guards did this; then it is undone."""
    attempt = owner.transaction()
    await attempt.start()
    await owner.execute("set local session_replication_role = replica")
    await owner.execute(sql)
    report = await verify(owner)
    await attempt.rollback()
    return [(finding.rule, finding.flat, finding.message) for finding in report.findings]


async def test_shares_as_they_were_split_have_no_finding(owner: Raw, db: Database) -> None:
    assert await owner.fetchval("select sum(share) from motor_shares") == Decimal("320.01")
    assert (await verify_database(db.dsn)).ok


SPLIT = "MOTOR-B used {used} units in 2026-11; its shares add up to {shared}."
SHARE = "Its share of the motor is {due} units; it was charged {charged}."


async def test_one_share_changed_is_found_twice(owner: Raw) -> None:
    sql = "update motor_shares set share = share - 0.01 where flat_id = (select id from flats where code = 'B18-GF')"
    assert await found(owner, sql) == [
        ("motor", None, SPLIT.format(used="320.01", shared="320.00")),
        ("motor", "B18-GF", SHARE.format(due="11.84", charged="11.85")),
    ]


async def test_shares_that_only_changed_places_are_found(owner: Raw) -> None:
    sql = """
        update motor_shares s set share = o.share from motor_shares o join flats of on of.id = o.flat_id, flats f
        where f.id = s.flat_id and (f.code, of.code) in (('B17-GF', 'B18-GF'), ('B18-GF', 'B17-GF'))"""
    assert [flat for _, flat, _ in await found(owner, sql)] == ["B17-GF", "B18-GF"]


@pytest.mark.parametrize(
    ("sql", "flats"),
    [
        ("update bills set water_motor_share = 13, flat_units = 49 where water_motor_share = 12", ["B17-FF"]),
        ("delete from motor_shares where flat_id = (select id from flats where code = 'B17-SF')", [None, "B17-SF"]),
        ("update bills set motor_units = motor_units + 1", [None]),
        ("update bills set motor_units = 1 where water_motor_share = 12", [None]),
        ("update bills set motor_reading_id = null where water_motor_share < 12", ["B18-GF"]),
        ("update motor_shares set entry_id = (select min(id) from account_entries) where share < 12", ["B18-GF"]),
    ],
    ids=["entered", "gone", "units", "one bill's units", "of no motor", "charged by a note too"],
)
async def test_a_corrupted_split_is_found(owner: Raw, sql: str, flats: list[str | None]) -> None:
    assert [(rule, flat) for rule, flat, _ in await found(owner, sql)] == [("motor", flat) for flat in flats]


async def test_before_the_first_bill_the_reading_says_the_units(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        await split(conn, town, "320", {})
        assert (await verify(conn)).ok
    owner = await connect(db.dsn)
    sql = "update readings set reading_value = 321 where reading_value = 320"
    assert [rule for rule, _, _ in await found(owner, sql)] == ["motor"]
    await owner.close()


async def test_what_was_entered_may_be_more_or_all(db: Database) -> None:
    more, all_ = {**USED, "B17-FF": "50 400"}, dict.fromkeys(USED, "10 5")
    for used in (more, all_):
        async with db.transaction() as conn:
            attempt = conn.transaction()
            await attempt.start()
            await split(conn, await build(conn), "320", used)
            assert (await verify(conn)).ok
            await attempt.rollback()


async def test_a_flat_billed_before_and_its_note_are_right(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        early = await read(conn, town.ravi, town.flat("B17-GF").meter_id, "100")
        await press(conn, town.rekha, early)
        own = await split(conn, town, "320", {code: said for code, said in USED.items() if code != "B17-GF"})
        assert (await verify(conn)).ok
        owed = await owed_notes(work(conn, town.rekha, NOW), own)
        shown = [(one.flat_id, str(one.amount)) for one in owed]
        assert isinstance(await add_notes(work(conn, town.rekha, NOW), own, shown), NotesAdded)
        assert (await verify(conn)).ok

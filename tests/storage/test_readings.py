"""What the other parts rely on of readings and meters."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.metering import Flag
from storage import bills, meters, photos, readings
from storage.database import Connection, Database
from storage.readings import Measurement, ReadingState, Sender
from tests.society import Home, Town, billed, build, past

AT = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


async def read(conn: Connection, town: Town, home: Home, on: date, value: str, *, key: str = "") -> int:
    """Store a pending reading of Ravi's; its id."""
    what = Measurement(Decimal(value), None, on, (Flag.ZERO,), confirmed=False)
    sender = Sender(town.ravi.person_id, AT, town.ravi.chat_id, "7")
    reading_id = await readings.insert(conn, home.meter_id, what, sender, key or f"{home.code} {on}")
    assert reading_id is not None
    return reading_id


async def test_a_reading_comes_back_with_everything_a_card_shows(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        home = town.flat("B17-FF")
        await past(conn, home, date(2026, 9, 2), "120")
        earlier = await past(conn, home, date(2026, 10, 2), "150")
        reading_id = await read(conn, town, home, date(2026, 11, 2), "146")
        photo = await photos.store(conn, b"hash", b"jpeg", 4, 3, by=town.ravi.person_id, at=AT)
        assert await photos.attach(conn, reading_id, photo)
        assert not await photos.attach(conn, reading_id, photo)
        found = await readings.get(conn, reading_id, for_update=True)
    assert (found.flat_code, found.meter.owner_name, found.meter.floor) == ("B17-FF", "Mr Sharma", "First floor")
    assert (found.meter.motor_name, found.meter.motor_meter) == ("MOTOR-B", "77000001")
    assert found.previous is not None
    assert (found.previous.id, found.previous.value) == (earlier, Decimal(150))
    assert (found.consumption, found.flags, found.confirmed) == (Decimal(-4), (Flag.ZERO,), False)
    assert (found.submitter, found.chat_message_id, found.photo_ids) == ("Ravi", "7", (photo,))
    assert (found.state, found.version) == (ReadingState.PENDING, 1)


async def test_withdrawn_and_returned_readings_are_nobodys_previous(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        home = town.flat("B17-FF")
        await past(conn, home, date(2026, 9, 2), "120")
        gone = await read(conn, town, home, date(2026, 10, 2), "300")
        later = await read(conn, town, home, date(2026, 11, 2), "146")
        assert (await readings.get(conn, later)).consumption == -154
        for state in (ReadingState.WITHDRAWN, ReadingState.RETURNED):
            assert await readings.set_state(conn, gone, state)
            assert (await readings.get(conn, later)).consumption == 26
            previous = await readings.previous(conn, home.meter_id, date(2026, 11, 2))
            assert previous is not None
            assert previous.value == 120
        assert [one.value for one in await readings.history(conn, home.meter_id)] == [Decimal(146), Decimal(120)]


async def test_a_decision_is_bound_to_the_version_and_undone_by_a_change(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        reading_id = await read(conn, town, town.flat("B17-FF"), date(2026, 11, 2), "146")
        rekha = town.rekha.person_id
        assert not await readings.set_state(conn, reading_id, ReadingState.APPROVED, version=2, by=rekha, at=AT)
        assert await readings.set_state(conn, reading_id, ReadingState.APPROVED, version=1, by=rekha, at=AT)
        assert (await readings.get(conn, reading_id)).decider == "Rekha"
        assert await readings.approved(conn)
        await readings.change(conn, reading_id, Measurement(Decimal(150), Decimal(2), date(2026, 11, 1)))
        (found,) = await readings.pending(conn)
    assert (found.version, found.decided_by, found.value, found.motor_share) == (2, None, Decimal(150), Decimal(2))


async def test_the_same_submission_is_stored_once(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        home = town.flat("B17-FF")
        await read(conn, town, home, date(2026, 11, 2), "146", key="one")
        what, sender = Measurement(Decimal(9), None, date(2026, 11, 3)), Sender(None, AT)
        assert await readings.insert(conn, home.meter_id, what, sender, "one") is None


async def test_the_last_billed_day_comes_from_the_meter_then_from_the_flat(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        home = town.flat("B17-FF")
        assert await meters.last_billed_on(conn, home.meter_id) is None
        reading_id = await billed(conn, home, date(2026, 9, 3), date(2026, 10, 2), "146")
        assert await meters.last_billed_on(conn, home.meter_id) == date(2026, 10, 2)
        bill = await bills.of_reading(conn, reading_id)
        assert bill is not None
        assert bill.period_end == date(2026, 10, 2)
        await conn.execute("update bills set status = 'void'")
        assert await meters.last_billed_on(conn, home.meter_id) is None


async def test_the_months_list_knows_what_was_read(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        await read(conn, town, town.flat("B17-FF"), date(2026, 11, 2), "146")
        await read(conn, town, town.flat("B18-FF"), date(2026, 10, 31), "146")
        gone = await read(conn, town, town.flat("SCO-3"), date(2026, 11, 2), "146")
        await readings.set_state(conn, gone, ReadingState.WITHDRAWN)
        await conn.execute("update meters set status = 'removed' where id = $1", town.flat("C8-GF").meter_id)
        lines = await meters.month_list(conn, date(2026, 11, 1), date(2026, 11, 30))
    assert len(lines) == 10
    assert [line.flat_code for line in lines if line.read] == ["B17-FF"]


async def test_a_reading_that_is_not_there_is_an_error(db: Database) -> None:
    async with db.transaction() as conn:
        with pytest.raises(LookupError):
            await readings.get(conn, 4711)

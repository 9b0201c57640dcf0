"""What could not be read: stands until it is read or taken back, once for a meter and month."""

from datetime import UTC, date, datetime, timedelta

from domain.cant_read import Reason
from domain.period import Month
from storage import cant_read
from storage.database import Connection, Database
from tests.society import Town, build, past

NOVEMBER = Month(2026, 11)
NOW = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)


async def _told(conn: Connection, town: Town, code: str, reason: Reason, minutes: int = 0) -> int:
    home, at = town.flat(code), NOW + timedelta(minutes=minutes)
    return await cant_read.record(conn, home.meter_id, NOVEMBER, reason, "", by=town.ravi.person_id, at=at)


async def test_it_stands_once_for_a_meter_and_month_with_its_last_reason(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        first = await _told(conn, town, "B17-FF", Reason.LOCKED)
        assert await _told(conn, town, "B17-FF", Reason.NO_DISPLAY, 5) == first
        [found] = (await cant_read.cant_read(conn, NOVEMBER)).values()
        assert (found.place, found.reason, found.who, found.visits) == ("B17-FF", Reason.NO_DISPLAY, "Ravi", 2)
        assert await cant_read.cant_read(conn, Month(2026, 10)) == {}


async def test_a_reading_of_the_month_makes_it_meaningless(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        await _told(conn, town, "B17-FF", Reason.LOCKED)
        await _told(conn, town, "B17-GF", Reason.UNSAFE, 1)
        await past(conn, town.flat("B17-FF"), date(2026, 10, 31), "146", state="pending")
        assert [one.place for one in (await cant_read.cant_read(conn, NOVEMBER)).values()] == ["B17-FF", "B17-GF"]
        await past(conn, town.flat("B17-FF"), date(2026, 11, 20), "146", state="pending")
        assert [one.place for one in (await cant_read.cant_read(conn, NOVEMBER)).values()] == ["B17-GF"]
        await past(conn, town.flat("B17-GF"), date(2026, 12, 1), "146", state="pending")
        assert await cant_read.cant_read(conn, NOVEMBER)
        assert await cant_read.cant_read(conn, NOVEMBER, date(2026, 12, 2)) == {}


async def test_it_is_taken_back_once(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        await _told(conn, town, "B17-FF", Reason.LOCKED)
        last = await _told(conn, town, "B17-GF", Reason.UNSAFE, 1)
        found = await cant_read.last_of(conn, town.ravi.person_id, NOVEMBER)
        assert found is not None
        assert found.id == last
        assert await cant_read.last_of(conn, town.sunil.person_id, NOVEMBER) is None
        assert await cant_read.undo(conn, last, NOW)
        assert not await cant_read.undo(conn, last, NOW)
        assert await cant_read.get(conn, last) is None
        assert [one.place for one in (await cant_read.cant_read(conn, NOVEMBER)).values()] == ["B17-FF"]
        assert await _told(conn, town, "B17-GF", Reason.BLOCKED) != last

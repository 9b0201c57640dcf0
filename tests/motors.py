"""The town's MOTOR-B grown to the twelve flats it really serves, and steps with motor readings for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from jobs.approve_reading import Approval, approve, look
from storage import readings
from storage.readings import Measurement, Sender
from tests.society import SOCIETY, Resident, Town, work

if TYPE_CHECKING:
    from jobs.work import Society
    from storage.database import Connection

NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
READ = date(2026, 11, 2)
TWELVE = (
    "B17-FF", "B17-GF", "B17-SF", "B18-FF", "B18-GF", "B18-SF", "B5-FF", "B5-GF", "B5-SF", "B6-FF", "B6-GF", "B6-SF",
)  # fmt: skip


async def grow(conn: Connection, town: Town) -> dict[str, int]:
    """The seven flats the town lacks, at 12 a unit without fixed charge; ids of all twelve's meters by code."""
    sql = """
        with f as (insert into flats (code) select unnest($1::text[]) returning id, code),
             o as (insert into owners (name) values ('Ravi Sen') returning id),
             fo as (insert into flat_owners (flat_id, owner_id, is_primary) select f.id, o.id, true from f, o),
             t as (insert into tariffs (flat_id, rate_per_unit, fixed_charge, valid_from, source)
                   select id, 12, 100, '2000-01-01', 'test' from f),
             fm as (insert into flat_motors (flat_id, motor_id) select id, $2 from f)
        insert into meters (meter_number, flat_id) select '88' || lpad(id::text, 6, '0'), id from f"""
    await conn.execute(sql, [code for code in TWELVE if code not in town.homes], town.motors["MOTOR-B"])
    rows = await conn.fetch(
        "select f.code, m.id from flats f join meters m on m.flat_id = f.id where f.code = any($1)", TWELVE
    )
    return {row["code"]: row["id"] for row in rows}


async def motor_meter(conn: Connection, town: Town, motor: str = "MOTOR-B") -> int:
    """Id of the motor's own meter."""
    meter_id: int = await conn.fetchval("select id from meters where motor_id = $1", town.motors[motor])
    return meter_id


async def read(
    conn: Connection, who: Resident, meter_id: int, value: str, *, share: str | None = None, on: date = READ
) -> int:
    """A pending reading of this meter as an engineer sends it."""
    what = Measurement(Decimal(value), Decimal(share) if share else None, on)
    sender = Sender(who.person_id, NOW, who.chat_id, "7")
    reading_id = await readings.insert(conn, meter_id, what, sender, f"test:{meter_id}:{on}:{value}")
    assert reading_id is not None
    return reading_id


async def press(
    conn: Connection, who: Resident, reading_id: int, now: datetime = NOW, society: Society = SOCIETY
) -> Approval:
    """Look at the card of a flat or a motor, then press Approve as it shows."""
    todo = work(conn, who, now, society)
    seen = await look(todo, reading_id)
    return await approve(todo, reading_id, seen.draft.reading.version, seen.draft.total)


async def shares(conn: Connection) -> dict[str, Decimal]:
    """Motor shares of the live bills, by flat."""
    rows = await conn.fetch(
        "select f.code, b.water_motor_share as share from bills b join flats f on f.id = b.flat_id "
        "where b.status <> 'void'"
    )
    return {row["code"]: row["share"] for row in rows}

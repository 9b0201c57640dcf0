"""A small made-up society for tests, built by plain SQL: homes, two motors, staff and an owner with chats.

`town = await build(conn)`, then `town.flat("B17-FF").meter_id`, `town.ravi.chat_id`, `town.sharma.person_id`;
`await past(conn, town.flat("B17-FF"), date(2026, 10, 2), "146")` adds a reading from before.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from domain.metering import ReadingMode
from domain.roles import Role
from jobs.work import Actor, Society, Work

if TYPE_CHECKING:
    from datetime import date, datetime

    from storage.database import Connection

CHANNEL = "telegram"

SOCIETY = Society(
    name="Blessings City",
    zone=ZoneInfo("Asia/Kolkata"),
    reading_mode=ReadingMode.UNITS,
    due_days=10,
    delivery_hours=(8, 20),
    grace_days=0,
    single_admin=False,
    languages=("en", "hi"),
    upi_vpa="office@upi",
    upi_name="Blessings City",
)

HOMES = {
    # code: (identifier, meter, owner, rate, fixed charge)
    "B17-GF": ("2BHK-B17-GF", "19152158", "Anita Rao", 12, 1474),
    "B17-FF": ("2BHK-B17-FF", "19152159", "Mr Sharma", 12, 1474),
    "B17-SF": ("4BHK-B17-SF", "19152160", "Farida Khan", 12, 1890),
    "B18-GF": ("5BHK-B18-GF", "19152161", "Gopal Nair", 12, 2311),
    "B18-FF": ("2BHK-B18-FF", "19152162", "Mr Sharma", 12, 1474),
    "B7-FF": ("3BHK-B7-FF", "19152163", "Leela Das", 12, 1600),
    "C14-FF": ("3BHK-C14-FF", "19152170", "Imran Ali", 12, 1600),
    "C14-SF": ("3BHK-C14-SF", "19152171", "Kavya Iyer", 9, 0),
    "C8-GF": ("3BHK-C8-GF", "19152172", "Dev Mehta", 12, 1600),
    "VILLA-A2": ("VILLA-A2", "19152180", "Nisha Bose", 12, 1857),
    "SCO-3": ("SCO-3", "19152181", "Bright Stores", 12, 2157),
}
MOTORS = {
    "MOTOR-B": ("77000001", ["B17-GF", "B17-FF", "B17-SF", "B18-GF", "B18-FF"]),
    "MOTOR-C": ("77000002", ["C14-FF", "C14-SF", "C8-GF"]),
}
FLOORS = {"GF": "Ground floor", "FF": "First floor", "SF": "Second floor"}


@dataclass(frozen=True, slots=True)
class Home:
    """A flat with its ids."""

    code: str
    flat_id: int
    meter_id: int
    meter_number: str
    owner_id: int


@dataclass(frozen=True, slots=True)
class Resident:
    """A person with one Telegram chat; `external_id` is chat id and user id at once, as in a private chat."""

    name: str
    person_id: int
    chat_id: int
    external_id: str
    roles: frozenset[Role]

    def actor(self) -> Actor:
        """The person as who asks for a job."""
        return Actor(self.person_id, self.name, self.roles)


@dataclass(frozen=True, slots=True)
class Town:
    """The society as built."""

    homes: dict[str, Home]
    motors: dict[str, int]
    ravi: Resident
    sunil: Resident
    rekha: Resident
    mohan: Resident
    sharma: Resident

    def flat(self, code: str) -> Home:
        """The home with this code."""
        return self.homes[code]


async def build(conn: Connection) -> Town:
    """Insert the society. Ravi and Sunil read meters, Rekha and Mohan are admins, Mr Sharma owns B17-FF and B18-FF."""
    floors = {code: await _floor(conn, code, name) for code, name in FLOORS.items()}
    owners: dict[str, int] = {}
    homes = {code: await _home(conn, code, floors, owners) for code in HOMES}
    motors = {name: await _motor(conn, name, homes) for name in MOTORS}
    sharma = await resident(conn, "Mr Sharma", "105", "+447700900105", Role.OWNER)
    await conn.execute(
        "insert into owner_people (owner_id, person_id) values ($1, $2)", owners["Mr Sharma"], sharma.person_id
    )
    return Town(
        homes,
        motors,
        ravi=await resident(conn, "Ravi", "101", "+447700900101", Role.ENGINEER),
        sunil=await resident(conn, "Sunil", "102", "+447700900102", Role.ENGINEER),
        rekha=await resident(conn, "Rekha", "103", "+447700900103", Role.ADMIN),
        mohan=await resident(conn, "Mohan", "104", "+447700900104", Role.ADMIN),
        sharma=sharma,
    )


async def resident(conn: Connection, name: str, external_id: str, phone: str, *roles: Role) -> Resident:
    """A person with a linked private chat and, for staff, a grant. Owner rows are linked by the caller."""
    person_id = await conn.fetchval("insert into people (name, phone) values ($1, $2) returning id", name, phone)
    chat_id = await conn.fetchval(
        """insert into chat_identities
               (channel, external_id, person_id, display_name, language, linked_at, last_seen_at)
           values ($1, $2, $3, $4, 'en', now(), now()) returning id""",
        CHANNEL,
        external_id,
        person_id,
        name,
    )
    for role in roles:
        if role is not Role.OWNER:
            await conn.execute("insert into staff (person_id, role) values ($1, $2)", person_id, role.value)
    return Resident(name, person_id, chat_id, external_id, frozenset(roles))


async def past(conn: Connection, home: Home, on: date, value: str, *, state: str = "history") -> int:
    """A reading from before; its consumption is the difference to the meter's reading before it."""
    sql = """
        insert into readings (meter_id, reading_date, reading_value, state, consumption)
        values ($1, $2, $3, $4, $3 - (select reading_value from readings where meter_id = $1
            and reading_date < $2 order by reading_date desc, id desc limit 1)) returning id"""
    reading_id: int = await conn.fetchval(sql, home.meter_id, on, Decimal(value), state)
    return reading_id


async def billed(conn: Connection, home: Home, first: date, last: date, value: str) -> int:
    """A reading of `last` with an old-style unpriced bill for `first`–`last` on it; the reading's id."""
    reading_id = await past(conn, home, last, value, state="billed")
    sql = """
        insert into bills (flat_id, billing_period_start, billing_period_end, due_date, flat_reading_id,
                           flat_units, total_units, total_amount, created_at)
        values ($1, $2, $3, $3::date + 10, $4, $5, $5, 0, $3::date)"""
    await conn.execute(sql, home.flat_id, first, last, reading_id, Decimal(value))
    return reading_id


def work(conn: Connection, who: Resident, now: datetime, society: Society = SOCIETY) -> Work:
    """A use case of `who` at `now` (aware)."""
    return Work(conn=conn, now=now, society=society, actor=who.actor(), ref="TEST")


async def _floor(conn: Connection, code: str, name: str) -> int:
    floor_id: int = await conn.fetchval("insert into floors (code, name) values ($1, $2) returning id", code, name)
    return floor_id


async def _home(conn: Connection, code: str, floors: dict[str, int], owners: dict[str, int]) -> Home:
    unit_id, number, owner, rate, fixed = HOMES[code]
    flat_id = await conn.fetchval(
        "insert into flats (code, floor_id, unit_id) values ($1, $2, $3) returning id",
        code,
        floors.get(code.rpartition("-")[2]),
        unit_id,
    )
    if owner not in owners:
        owners[owner] = await conn.fetchval("insert into owners (name) values ($1) returning id", owner)
    await conn.execute(
        "insert into flat_owners (flat_id, owner_id, is_primary) values ($1, $2, true)", flat_id, owners[owner]
    )
    await conn.execute(
        """insert into tariffs (flat_id, rate_per_unit, fixed_charge, valid_from, source)
           values ($1, $2, nullif($3, 0), '2000-01-01', 'test')""",
        flat_id,
        Decimal(rate),
        Decimal(fixed),
    )
    meter_id = await conn.fetchval(
        "insert into meters (meter_number, flat_id) values ($1, $2) returning id", number, flat_id
    )
    return Home(code, flat_id, meter_id, number, owners[owner])


async def _motor(conn: Connection, name: str, homes: dict[str, Home]) -> int:
    number, codes = MOTORS[name]
    motor_id: int = await conn.fetchval("insert into motors (name) values ($1) returning id", name)
    await conn.execute("insert into meters (meter_number, motor_id) values ($1, $2)", number, motor_id)
    sql = "insert into flat_motors (flat_id, motor_id) select unnest($1::bigint[]), $2"
    await conn.execute(sql, [homes[code].flat_id for code in codes], motor_id)
    return motor_id

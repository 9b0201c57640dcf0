"""Register mode: a flat's weight in its motor's split is what its own bill counts, also after provisional bills.

Worked by hand: B17-FF used 140 units a month on average and was billed so for October and November. On 2 December its
register shows 430 units more than in September: 150 of them are December's. B17-GF used 150 as well. The motor's 300
units are split 150 to 150; by the difference of the registers it would have been 222.41 to 77.59.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.metering import ReadingMode
from domain.period import Month
from jobs.approve_reading import MotorPreview, Preview, look
from jobs.bill_motor_group import GroupBilled, bill_now, fingerprint
from jobs.bill_unread import Issued, bill_unread, shown, unread_flats
from jobs.motor_groups import Group
from jobs.verify import verify
from storage.database import Connection, Database
from tests.motors import motor_meter, press
from tests.society import SOCIETY, Home, Town, build, past, work

REGISTER = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
NOW = datetime(2026, 12, 3, 5, tzinfo=UTC)
READ = date(2026, 12, 2)


@pytest.fixture
async def conn(db: Database) -> AsyncIterator[Connection]:
    async with db.transaction() as conn:
        yield conn


@pytest.fixture
async def town(conn: Connection) -> Town:
    """B17-FF is read in September, then billed twice without a reading; B17-GF and the motor are read each month."""
    built = await build(conn)
    for month, register in ((6, "1000"), (7, "1120"), (8, "1260"), (9, "1420")):
        await past(conn, built.flat("B17-FF"), date(2026, month, 2), register)
    await past(conn, built.flat("B17-GF"), date(2026, 11, 2), "2000")
    await past(conn, await motor_home(conn, built), date(2026, 11, 2), "5000")
    for unread in (Month(2026, 10), Month(2026, 11)):
        at_work = work(conn, built.rekha, datetime.combine(unread.next().first_day, NOW.timetz()), REGISTER)
        assert isinstance(await bill_unread(at_work, unread, shown(await unread_flats(at_work, unread))), Issued)
    return built


async def motor_home(conn: Connection, town: Town) -> Home:
    return replace(town.flat("B17-GF"), meter_id=await motor_meter(conn, town))


async def read_in_december(conn: Connection, town: Town, register: str = "1850") -> tuple[int, int, int]:
    """B17-FF, B17-GF and the motor."""
    return (
        await past(conn, town.flat("B17-FF"), READ, register, state="pending"),
        await past(conn, town.flat("B17-GF"), READ, "2150", state="pending"),
        await past(conn, await motor_home(conn, town), READ, "5300", state="pending"),
    )


async def group_of(conn: Connection, town: Town, reading_id: int) -> Group:
    seen = await look(work(conn, town.rekha, NOW, REGISTER), reading_id)
    assert isinstance(seen, Preview | MotorPreview)
    assert seen.draft.group is not None
    return seen.draft.group


def split(group: Group) -> dict[str, tuple[str, str]]:
    """Units and share of those that have any."""
    return {one.code: (str(one.units), str(one.share)) for one in group.members if one.units}


EQUAL = {"B17-FF": ("150.00", "150.00"), "B17-GF": ("150.00", "150.00")}


async def test_it_weighs_what_its_bill_counts(conn: Connection, town: Town) -> None:
    for reading_id in await read_in_december(conn, town):
        assert split(await group_of(conn, town, reading_id)) == EQUAL
        await press(conn, town.rekha, reading_id, NOW, REGISTER)
    group = await group_of(conn, town, reading_id)
    assert split(group) == EQUAL
    assert isinstance(
        await bill_now(work(conn, town.rekha, NOW, REGISTER), group.reading_id, fingerprint(group)), GroupBilled
    )
    sql = """
        select f.code, b.flat_units, b.water_motor_share from bills b join flats f on f.id = b.flat_id
        where b.flat_reading_id is not null order by 1"""
    assert [tuple(row) for row in await conn.fetch(sql)] == [(code, Decimal(150), Decimal(150)) for code in EQUAL]
    assert (await verify(conn)).ok


async def test_one_billed_for_more_than_it_used_has_no_part(conn: Connection, town: Town) -> None:
    own, *_ = await read_in_december(conn, town, "1600")
    assert split(await group_of(conn, town, own)) == {"B17-GF": ("150.00", "300.00")}


async def test_a_month_billed_without_a_reading_counts_as_estimated(conn: Connection, town: Town) -> None:
    november = await past(conn, await motor_home(conn, town), date(2026, 11, 28), "5100", state="pending")
    group = await group_of(conn, town, november)
    assert [one.code for one in group.members if one.estimated and one.units] == ["B17-FF"]


async def test_a_new_meter_weighs_with_all_it_counted(conn: Connection, town: Town) -> None:
    """What the old one was billed for by estimate is none of its units."""
    await conn.execute("update meters set status = 'inactive' where id = $1", town.flat("B17-FF").meter_id)
    sql = "insert into meters (meter_number, flat_id) values ('99000001', $1) returning id"
    meter_id = await conn.fetchval(sql, town.flat("B17-FF").flat_id)
    swapped = replace(town, homes={**town.homes, "B17-FF": replace(town.flat("B17-FF"), meter_id=meter_id)})
    await past(conn, swapped.flat("B17-FF"), date(2026, 12, 1), "0")
    for reading_id in await read_in_december(conn, swapped, "150"):
        assert split(await group_of(conn, swapped, reading_id)) == EQUAL


async def test_an_estimate_weighs_a_month_of_a_reading_over_several(conn: Connection, town: Town) -> None:
    """B17-SF: 100 and 120 units in a month, then 480 over four: a hundred and thirteen and a third, not 233.33."""
    for month, register in ((6, "1000"), (7, "1100"), (8, "1220"), (12, "1700")):
        await past(conn, town.flat("B17-SF"), date(2026, month, 1), register)
    january = await past(conn, await motor_home(conn, town), date(2027, 1, 2), "5300", state="pending")
    member = next(one for one in (await group_of(conn, town, january)).members if one.code == "B17-SF")
    assert (member.estimated, member.units) == (True, Decimal("113.33"))

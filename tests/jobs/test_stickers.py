"""Stickers: a code a meter for good, links for where we are, and the way back from a code to the meter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from domain.sticker_code import code_in
from jobs import stickers
from jobs.find_by_code import meter_of_codes, meter_of_sticker
from jobs.stickers import MOTORS, NoSuchBlock, Sheet
from jobs.work import Work
from storage import channel_accounts
from tests.society import SOCIETY, build

if TYPE_CHECKING:
    from storage.database import Connection, Database
    from tests.society import Town

AT = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


def working(conn: Connection, town: Town) -> Work:
    return Work(conn, AT, SOCIETY, town.rekha.actor(), "TEST")


async def made(work: Work, block: str = "") -> list[Sheet]:
    sheets = await stickers.make(work, block)
    assert isinstance(sheets, list)
    return sheets


async def code_of(work: Work, place: str) -> str:
    return next(one.code for sheet in await made(work) for one in sheet.stickers if one.place == place)


async def test_a_sheet_for_each_block_in_walking_order_the_motors_last(db: Database) -> None:
    async with db.transaction() as conn:
        work = working(conn, await build(conn))
        sheets = await made(work)
        counts = await stickers.blocks(work)
    assert [(sheet.block, len(sheet.stickers)) for sheet in sheets] == list(counts.items())
    assert list(counts.items()) == [
        ("B7", 1),
        ("B17", 3),
        ("B18", 2),
        ("C8", 1),
        ("C14", 2),
        ("VILLA", 1),
        ("SCO", 1),
        (MOTORS, 2),
    ]
    assert [(one.place, one.number) for one in sheets[1].stickers] == [
        ("B17-GF", "19152158"),
        ("B17-FF", "19152159"),
        ("B17-SF", "19152160"),
    ]
    assert [(one.place, one.is_motor) for one in sheets[-1].stickers] == [("MOTOR-B", True), ("MOTOR-C", True)]
    codes = [one.code for sheet in sheets for one in sheet.stickers]
    assert len(set(codes)) == len(codes)


async def test_a_sticker_stays_the_same_when_it_is_printed_again(db: Database) -> None:
    async with db.transaction() as conn:
        work = working(conn, await build(conn))
        [first] = await made(work, "B17")
        [again] = await made(work, "B17")
        everything = await made(work)
        logged = await conn.fetchval("select count(*) from audit where action = 'stickers.made'")
    assert again == first == everything[1]
    assert logged == 2, "once for the block, once for the others"


async def test_a_block_that_is_not_there_is_answered_with_those_that_are(db: Database) -> None:
    async with db.transaction() as conn:
        work = working(conn, await build(conn))
        found = await stickers.make(work, "B99")
        assert isinstance(found, NoSuchBlock)
        assert found.blocks[:2] == ("B7", "B17")
        assert await conn.fetchval("select count(*) from meters where sticker is not null") == 0


@pytest.mark.parametrize(("telegram", "whatsapp"), [(False, False), (True, False), (False, True), (True, True)])
async def test_the_links_are_those_of_the_chats_that_there_are(db: Database, *, telegram: bool, whatsapp: bool) -> None:
    async with db.transaction() as conn:
        work = working(conn, await build(conn))
        if telegram:
            await channel_accounts.note(conn, "telegram", "example_bot")
        if whatsapp:
            await channel_accounts.note(conn, "whatsapp", "447700900999")
        [sheet] = await made(work, "C8")
    [one] = sheet.stickers
    plain = one.code.replace("-", "")
    assert one.telegram == (f"https://t.me/example_bot?start=m_{plain}" if telegram else None)
    assert one.whatsapp == (f"https://wa.me/447700900999?text=meter%20{plain}" if whatsapp else None)
    assert {code_in(link) for link in (one.telegram, one.whatsapp) if link} <= {plain}


async def test_a_code_in_a_photo_chooses_the_meter(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        work = working(conn, town)
        words = f"meter {await code_of(work, 'B17-FF')}"
        meter_id = town.flat("B17-FF").meter_id
        for codes in ([words], ["19152159"], [words, "19152159"], ["8901234567894", " 19152159 ", "upi://pay?pa=x"]):
            meter = await meter_of_codes(work, codes)
            assert meter is not None
            assert meter.id == meter_id
        for codes in ([], ["1915215"], [words, "19152160"], ["19152159", "19152160"], ["meter K7QMX-2HD9R"]):
            assert await meter_of_codes(work, codes) is None
        motor = await meter_of_codes(work, [f"meter {await code_of(work, 'MOTOR-C')}"])
    assert motor is not None
    assert motor.number == "77000002"


@pytest.mark.parametrize("place", ["B17-FF", "MOTOR-C"])
async def test_where_a_meter_was_replaced_its_sticker_means_the_new_one(db: Database, place: str) -> None:
    async with db.transaction() as conn:
        work = working(conn, await build(conn))
        code = (await code_of(work, place)).replace("-", "")
        old = await meter_of_sticker(work, code)
        assert old is not None
        await conn.execute("update meters set status = 'replaced' where id = $1", old.id)
        assert await meter_of_sticker(work, code) is None
        new_id = await conn.fetchval(
            "insert into meters (meter_number, flat_id, motor_id) select '55', flat_id, motor_id from meters "
            "where id = $1 returning id",
            old.id,
        )
        new = await meter_of_sticker(work, code)
        assert new is not None
        assert new.id == new_id
        assert await code_of(work, place) != code, "the new meter's own sticker"
        assert await meter_of_codes(work, [f"meter {code}", "55"]) == new

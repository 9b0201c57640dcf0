"""A sticker is scanned, or is in the photo: the meter beside it is meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.roles import Role
from jobs import stickers
from jobs.work import Work
from storage.database import Database
from tests.bot.flows.engineer.conftest import NOW, photo
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY, Town

_HELP = "This sticker is for those who read the meters"


@pytest.fixture
async def codes(db: Database, town: Town) -> dict[str, str]:
    """The printed code of every place."""
    async with db.transaction() as conn:
        sheets = await stickers.make(Work(conn, NOW, SOCIETY, town.rekha.actor(), "TEST"))
    assert isinstance(sheets, list)
    return {one.place: one.code for sheet in sheets for one in sheet.stickers}


def link(code: str) -> str:
    """What Telegram sends for a scanned sticker."""
    return f"/start m_{code.replace('-', '')}"


async def stored(db: Database) -> list[tuple[str, str]]:
    async with db.transaction() as conn:
        rows = await conn.fetch(
            "select m.meter_number, r.reading_value::text as value from readings r join meters m on m.id = r.meter_id "
            "where r.state = 'pending' order by r.id"
        )
    return [(row["meter_number"], row["value"]) for row in rows]


async def test_a_scanned_sticker_asks_for_its_meters_units(ravi: Phone, codes: dict[str, str]) -> None:
    said = await ravi.say(link(codes["B17-FF"]))
    assert said.splitlines() == [
        "<b>B17-FF</b> · First floor, Mr Sharma",
        "Meter 19152159. Before: 170 on 2 Oct 2026.",
        "Send the units this month.",
    ]
    assert (await ravi.say("146")).startswith("Motor share of <b>B17-FF</b>")


async def test_the_words_below_the_square_do_the_same_amid_any_question(ravi: Phone, codes: dict[str, str]) -> None:
    await ravi.say("/read B18-FF")
    said = await ravi.say(f"Meter {codes['B17-FF'].lower()}")
    assert said.startswith("<b>B17-FF</b> · First floor")
    assert (await ravi.say(f"meter {codes['MOTOR-C']}")).startswith("<b>MOTOR-C</b>")


async def test_a_meter_that_was_read_this_month_says_so(ravi: Phone, codes: dict[str, str]) -> None:
    await ravi.say("B17-FF 146")
    said = await ravi.say(link(codes["B17-FF"]))
    assert "146" in said
    assert "Send the" not in said


async def test_a_reading_that_begins_with_the_word_meter_is_still_one(ravi: Phone, db: Database) -> None:
    await ravi.say("meter 19152159 146")
    assert await stored(db) == [("19152159", "146.00")]


async def test_an_unknown_code_says_what_to_send(ravi: Phone, codes: dict[str, str]) -> None:
    assert codes
    assert (await ravi.say("meter K7QMX-2HD9R")).startswith("This sticker is of no meter in use. Send the flat")


async def test_a_flat_without_owner_is_told(ravi: Phone, codes: dict[str, str], db: Database) -> None:
    async with db.transaction() as conn:
        await conn.execute(
            "update flat_owners set until = '2026-01-01' where flat_id = (select id from flats where code = 'B17-FF')"
        )
    assert "has no owner yet" in await ravi.say(link(codes["B17-FF"]))


async def test_an_owner_and_a_stranger_learn_nothing(db: Database, town: Town, codes: dict[str, str]) -> None:
    nobody = replace(town.sharma, name="Nobody", external_id="999", roles=frozenset())
    async with db.transaction() as conn:
        sql = "insert into chat_identities (channel, external_id) values ('telegram', '999') returning id"
        nobody = replace(nobody, chat_id=await conn.fetchval(sql))
    for who in (town.sharma, nobody):
        for typed in (link(codes["B18-GF"]), f"meter {codes['B18-GF']}", "/start m_K7QMX2HD9R"):
            said = await Phone(db, who, NOW).say(typed)
            assert said.startswith(_HELP)
            assert "B18" not in said


async def test_an_admin_may_scan_too(db: Database, town: Town, codes: dict[str, str]) -> None:
    assert Role.ADMIN in town.rekha.roles
    said = await Phone(db, town.rekha, NOW).say(link(codes["B17-FF"]))
    assert said.startswith("<b>B17-FF</b> · First floor")


@pytest.mark.parametrize("mark", ["sticker", "serial"])
@pytest.mark.parametrize("caption", ["146", "00146", "146 motor 3.2", "146 1 Nov"])
async def test_beside_a_sticker_the_caption_needs_only_the_value(
    ravi: Phone, codes: dict[str, str], db: Database, mark: str, caption: str
) -> None:
    text = f"https://t.me/example_bot?start=m_{codes['B17-FF'].replace('-', '')}" if mark == "sticker" else "19152159"
    said = await ravi.photo(replace(photo(), codes=(text,)), caption)
    assert "B17-FF" in said
    assert await stored(db) == [("19152159", "146.00")]
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from reading_photos") == 1


async def test_a_caption_that_names_a_flat_is_believed_before_the_sticker(
    ravi: Phone, codes: dict[str, str], db: Database
) -> None:
    await ravi.photo(replace(photo(), codes=(f"meter {codes['B17-FF']}",)), "B18-FF 146")
    assert await stored(db) == [("19152162", "146.00")]


@pytest.mark.parametrize("caption", ["as you wished", "12 13"])
async def test_a_caption_without_a_value_stores_nothing(
    ravi: Phone, codes: dict[str, str], db: Database, caption: str
) -> None:
    await ravi.photo(replace(photo(), codes=(f"meter {codes['B17-FF']}",)), caption)
    assert await stored(db) == []


async def test_two_stickers_in_one_photo_choose_nothing(ravi: Phone, codes: dict[str, str], db: Database) -> None:
    both = tuple(f"meter {codes[place]}" for place in ("B17-FF", "B18-FF"))
    await ravi.photo(replace(photo(), codes=both), "146")
    assert await stored(db) == []


async def test_in_a_round_it_is_the_next_meter(ravi: Phone, codes: dict[str, str]) -> None:
    await ravi.say("/round")
    assert "Next: <b>B18-FF</b>" in await ravi.say(link(codes["B18-FF"]))
    assert "B18-FF · <b>146</b> units · saved" in await ravi.say("146")

"""A number alone below a photo, where registers have five digits as meters' numbers may have."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from storage.database import Database
from tests.bot.flows.engineer.conftest import NOW, photo
from tests.bot.flows.engineer.looking import look, seen
from tests.bot.flows.engineer.test_proposal import REGISTER, number_of, values
from tests.bot.flows.phone import Phone
from tests.society import Town, build, past

_SHORT_METER = "40417"


@pytest.fixture
async def town(db: Database) -> Town:
    """Where registers are sent: three flats of B17, read twice; that of B18-GF has a meter with a short number."""
    async with db.transaction() as conn:
        built = await build(conn)
        for flat, first in (("B17-GF", 48000), ("B17-FF", 12000), ("B17-SF", 2700), ("B18-GF", 30000)):
            await past(conn, built.flat(flat), date(2026, 9, 2), str(first))
            await past(conn, built.flat(flat), date(2026, 10, 2), str(first + 150))
        sql = "update meters set meter_number = $1 where meter_number = $2"
        await conn.execute(sql, _SHORT_METER, number_of(built, "B18-GF"))
    return built


@pytest.fixture
def walker(db: Database, town: Town) -> Phone:
    """Ravi's phone there."""
    return Phone(db, town.ravi, NOW, society=REGISTER)


@pytest.mark.parametrize("caption", ["48290", "48290 kWh", "48,290", "48290.0", "reading 48290"])
async def test_it_is_of_the_meter_that_the_round_asks_for(walker: Phone, db: Database, caption: str) -> None:
    await walker.say("/round b17")
    said = await walker.photo(photo(), caption)
    assert "B17-GF · <b>48290</b> · 140 units · saved" in said
    assert "With photo." in said
    assert "Next: <b>B17-FF</b>" in said
    assert await values(db) == [("B17-GF", "48290", 1)]


async def test_one_photo_after_the_other_in_a_round(walker: Phone, db: Database) -> None:
    await walker.say("/round b17")
    for name, caption in (("one", "48290"), ("two", "12290"), ("three", "2990")):
        await walker.photo(photo(name), caption)
    assert await values(db) == [("B17-GF", "48290", 1), ("B17-FF", "12290", 1), ("B17-SF", "2990", 1)]


@pytest.mark.parametrize("begin", ["/round b17", ""])
async def test_a_meters_number_names_that_meter(walker: Phone, db: Database, begin: str) -> None:
    await walker.say(begin or "hello")
    said = await walker.photo(photo(), _SHORT_METER)
    assert said.startswith("The photo of <b>B18-GF</b> is kept.")
    assert await values(db) == []


async def test_it_is_of_the_meter_that_is_open(walker: Phone, db: Database) -> None:
    await walker.say("/read B17-FF")
    assert "Motor share" in await walker.photo(photo(), "12290 kWh")
    await walker.say("/read B17-FF")
    assert "Motor share" in await walker.photo(photo(), "12290")
    assert (await walker.photo(photo("two"), "12291")).startswith("Motor share")


@pytest.mark.parametrize("caption", ["12290", "2850"])
async def test_it_is_proposed_once_the_flat_is_said(walker: Phone, db: Database, caption: str) -> None:
    assert (await walker.photo(photo(), caption)).startswith("The photo is kept. Which flat is it?")
    said = await walker.say("B17-FF")
    assert said.startswith(f"B17-FF reads <b>{caption}</b>?\nMeter 19152159, Mr Sharma. Before: 12150 on 2 Oct 2026.")
    assert walker.labels == [f"Yes, {caption}", "Type it", "Other meter"]
    await walker.press("Yes")
    assert await values(db) == [("B17-FF", caption, 1)]


async def test_it_is_proposed_once_the_flat_is_found(walker: Phone, town: Town, db: Database) -> None:
    await walker.photo(photo(), "12290")
    said = await look(walker, seen("12296", serials=(number_of(town, "B17-FF"),)))
    assert said.startswith("B17-FF reads <b>12290</b>?")
    await walker.press("Yes")
    assert await values(db) == [("B17-FF", "12290", 1)]


async def test_it_is_stored_where_the_photo_names_its_meter(walker: Phone, town: Town, db: Database) -> None:
    await walker.photo(replace(photo(), codes=(number_of(town, "B17-FF"),)), "12290 kWh")
    assert await values(db) == [("B17-FF", "12290", 1)]


async def test_a_number_typed_later_counts(walker: Phone, town: Town, db: Database) -> None:
    await walker.photo(photo(), "12290")
    await look(walker, seen("12296", serials=(number_of(town, "B17-FF"),)))
    assert "B17-FF · <b>12296</b>" in await walker.say("12296")
    assert await values(db) == [("B17-FF", "12296", 1)]


async def test_a_number_with_a_share_is_asked_again(walker: Phone) -> None:
    await walker.photo(photo(), "12290 motor 3")
    assert (await walker.say("B17-FF")).startswith("The photo of <b>B17-FF</b> is kept. Send the number")


async def test_as_text_it_answers_the_question_about_a_photo(walker: Phone, db: Database) -> None:
    await walker.photo(photo(), "B17-FF")
    await look(walker, seen())
    assert "B17-FF · <b>12290</b>" in await walker.say("12290")
    assert await values(db) == [("B17-FF", "12290", 1)]


@pytest.mark.parametrize("caption", ["12290", "2850"])
async def test_in_an_album_it_stands_in_the_table(walker: Phone, town: Town, db: Database, caption: str) -> None:
    walker.album = "a1"
    for name, below in (("one", caption), ("two", None)):
        await walker.photo(photo(name), below)
        async with db.transaction() as conn:
            await conn.execute("update photos set look_state = 'waiting' where look_state = 'none'")
    walker.album = None
    await look(walker, seen(serials=(number_of(town, "B17-FF"),)), "one")
    said = await look(walker, seen("48290", serials=(number_of(town, "B17-GF"),)), "two")
    assert f" 1 B17-FF {caption:>5}  typed\n 2 B17-GF 48290" in said
    await walker.press("Save 2")
    assert await values(db) == [("B17-FF", caption, 1), ("B17-GF", "48290", 1)]


async def test_a_refused_caption_says_that_its_photo_is_kept(walker: Phone, db: Database) -> None:
    said = await walker.photo(photo(), "B17-FF 12290 12291")
    assert said.endswith("The photo is kept for ten minutes: send only the reading again.")
    assert "is kept" not in await walker.say("B17-FF 12290")
    assert await values(db) == [("B17-FF", "12290", 1)]


async def test_an_added_photo_needs_no_words(walker: Phone, db: Database) -> None:
    await walker.say("B17-FF 12290")
    await walker.press("Add photo")
    assert "Photo added to <b>B17-FF 12290</b>" in await walker.photo(photo(), "12290")


async def test_it_is_asked_about_where_the_month_has_a_reading(walker: Phone, db: Database) -> None:
    await walker.say("B17-FF 12288")
    walker.now += timedelta(minutes=11)
    await walker.photo(photo(), "12290")
    said = await walker.say("B17-FF")
    assert said == "B17-FF has <b>12288</b> of 2 Nov 2026 already. You sent <b>12290</b>. Replace it?"
    await walker.press("Replace by 12290")
    assert await values(db) == [("B17-FF", "12290", 1)]


async def test_units_are_proposed_too(db: Database, town: Town) -> None:
    phone = Phone(db, town.ravi, NOW)
    await phone.photo(photo(), "146")
    said = await look(phone, seen("12296", serials=(number_of(town, "B17-FF"),)))
    assert said == "B17-FF: <b>146 units</b>?\nMeter 19152159, Mr Sharma."
    await phone.press("Yes, 146")
    assert await values(db) == [("B17-FF", "146", 1)]

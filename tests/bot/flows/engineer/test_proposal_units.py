"""Only a photo, where units are sent: the register is noted, the units are asked."""

from datetime import timedelta
from decimal import Decimal

import pytest

from storage import photo_views
from storage.database import Database
from tests.bot.flows.engineer.conftest import NOW, photo
from tests.bot.flows.engineer.looking import look, seen
from tests.bot.flows.engineer.test_proposal import number_of, values
from tests.bot.flows.phone import Phone
from tests.jobs.test_replace_meter import replaced, wanted
from tests.society import Town


async def test_units_are_the_increase_since_the_photo_before(ravi: Phone, town: Town, db: Database) -> None:
    await _photo_before(db, town, "01067")
    await ravi.photo(photo())
    said = await look(ravi, seen("01213", serials=(town.flat("B17-FF").meter_number,)))
    assert said.startswith("B17-FF: the meter shows 1213, 146 more than on 2 Oct 2026. <b>146 units</b>?")
    assert ravi.labels == ["Yes, 146", "Type it", "Other meter"]
    assert "B17-FF · <b>146</b> units · saved" in await ravi.press("Yes")
    assert await values(db) == [("B17-FF", "146", 1)]


async def test_units_are_asked_without_a_photo_before(ravi: Phone, town: Town, db: Database) -> None:
    await ravi.photo(photo())
    said = await look(ravi, seen("01213.4", serials=(town.flat("B17-FF").meter_number,)))
    assert said.startswith("B17-FF: the meter shows <b>1213.4</b>. How many units this month?")
    assert ravi.labels == ["Type it", "Other meter"]
    assert "B17-FF · <b>146</b> units · saved" in await ravi.say("146")
    assert await values(db) == [("B17-FF", "146", 1)]


async def test_an_increase_that_cannot_be_is_not_proposed(ravi: Phone, town: Town, db: Database) -> None:
    await _photo_before(db, town, "01067")
    await ravi.photo(photo())
    said = await look(ravi, seen("12134", serials=(town.flat("B17-FF").meter_number,)))
    assert said.startswith("B17-FF: I can't read it surely. How many units this month?")
    assert ravi.labels == ["Type it", "Other meter"]


async def test_units_are_asked_after_the_meter_was_replaced(ravi: Phone, town: Town, db: Database) -> None:
    """What the old meter counted since the photo before is not on the new one."""
    await _photo_before(db, town, "01067")
    async with db.transaction() as conn:
        await replaced(conn, town, wanted(town, closing=Decimal(1187)))
    await ravi.photo(photo(), "55501")
    said = await look(ravi, seen("00030"))
    assert said == (
        "B17-FF: the meter shows <b>30</b>. How many units this month?\n"
        "Meter 55501, Mr Sharma. It is new since 20 Oct 2026 and began with 0: add what the old one counted."
    )
    assert ravi.labels == ["Type it", "Other meter"]
    assert "B17-FF · <b>150</b> units · saved" in await ravi.say("150")


async def test_what_a_photo_shows_is_said_where_the_month_was_read(ravi: Phone, town: Town) -> None:
    await ravi.say("B17-FF 146")
    ravi.now += timedelta(minutes=11)
    await ravi.photo(photo())
    said = await look(ravi, seen("04633.6", serials=(town.flat("B17-FF").meter_number,)))
    assert said == "B17-FF has <b>146</b> of 2 Nov 2026 already. The photo shows <b>4633.6</b>."


async def _photo_before(db: Database, town: Town, register: str) -> None:
    """The reading of 2 Oct has a photo that was looked at."""
    async with db.transaction() as conn:
        photo_id = await conn.fetchval(
            "insert into photos (sha256, content, width, height) values ($1, 'x', 1, 1) returning id", b"o" * 32
        )
        await conn.execute(
            """insert into reading_photos (reading_id, photo_id)
               select id, $2 from readings where meter_id = $1 and reading_date = '2026-10-02'""",
            town.flat("B17-FF").meter_id,
            photo_id,
        )
        await photo_views.add(conn, photo_id, seen(register), NOW - timedelta(days=31))


async def test_an_album_of_registers_whose_units_are_typed(ravi: Phone, town: Town, db: Database) -> None:
    ravi.album, said = "a1", ""
    for name, flat, register in (("one", "B17-FF", "01213.4"), ("two", "B18-FF", "05100.5")):
        await ravi.photo(photo(name))
        said = await look(ravi, seen(register, serials=(town.flat(flat).meter_number,)), name)
    ravi.album = None
    assert said.startswith(
        "<b>2 of 2 photos read</b>\n"
        "<pre> 1 B17-FF   shows 1213.4, units?\n 2 B18-FF   shows 5100.5, units?</pre>\n"
        "To fix a line, reply to this with it, like <code>1 146</code>"
    )
    assert ravi.labels == []
    shown = ravi.cards["loose:album:a1"]
    await ravi.say("1 146", reply_to=shown)
    await ravi.say("2 90", reply_to=shown)
    assert ravi.labels == ["Save 2"]
    await ravi.press("Save 2")
    assert await values(db) == [("B17-FF", "146", 1), ("B18-FF", "90", 1)]


async def test_a_burst_of_photos_is_an_album(ravi: Phone, town: Town, db: Database) -> None:
    """On WhatsApp, and after hours without a network, nothing else says what was sent together."""
    ravi.burst = "burst:9"
    for name in ("one", "two"):
        await ravi.photo(photo(name))
    ravi.burst = None
    said = await look(ravi, seen("01213.4", serials=(town.flat("B17-FF").meter_number,)))
    assert said.startswith("<b>1 of 2 photos read</b>")
    assert [reply.card for reply in ravi.replies] == ["loose:burst:9"]


async def _read_before(ravi: Phone, town: Town) -> str:
    """B17-FF was read, and a photo of it comes; the question about that."""
    await ravi.say("B17-FF 146")
    ravi.now += timedelta(minutes=11)
    await ravi.photo(photo())
    said = await look(ravi, seen("01187", serials=(number_of(town, "B17-FF"),)))
    assert said.startswith("B17-FF has <b>146</b> of 2 Nov 2026 already.")
    return ravi.replies[0].card or ""


async def _next_question(ravi: Phone, town: Town) -> str:
    """A photo of the next meter is answered by a number alone."""
    await ravi.photo(photo("two"))
    await look(ravi, seen("02187", serials=(number_of(town, "B17-SF"),)), "two")
    return await ravi.say("112")


@pytest.mark.parametrize("number", ["46", "146"])
async def test_replace_and_its_number_settle_the_question(ravi: Phone, town: Town, db: Database, number: str) -> None:
    card = await _read_before(ravi, town)
    await ravi.press("Replace")
    await ravi.say(number)
    settled = next(reply for reply in ravi.replies if reply.card == card)
    assert (settled.text, settled.buttons) == (f"This photo is with <b>B17-FF {number}</b>.", ())
    assert await values(db) == [("B17-FF", number, 1)]
    assert "B17-SF · <b>112</b>" in await _next_question(ravi, town)


async def test_keep_settles_the_question(ravi: Phone, town: Town, db: Database) -> None:
    await _read_before(ravi, town)
    assert "Kept: <b>B17-FF 146</b>" in await ravi.press("Keep")
    assert "B17-SF · <b>112</b>" in await _next_question(ravi, town)
    assert await values(db) == [("B17-FF", "146", 0), ("B17-SF", "112", 1)]

"""A photo names another meter than its sender, or waits while its meter is replaced: no number goes elsewhere."""

from __future__ import annotations

from datetime import date

import pytest

from storage.database import Database
from tests.bot.flows.engineer.conftest import NOW, photo
from tests.bot.flows.engineer.looking import look, seen
from tests.bot.flows.engineer.test_proposal import REGISTER, values
from tests.bot.flows.phone import Phone
from tests.jobs.test_replace_meter import replaced, wanted
from tests.jobs.test_replace_meter import town as society  # noqa: F401 - the fixture below stands on it
from tests.society import Town, past

TODAY = date(2026, 11, 2)
BOTH = "The photo says meter <b>19152158</b> of <b>B17-GF</b>, and I asked for <b>B17-FF</b>. Which of them is it of?"


@pytest.fixture
async def town(db: Database, society: Town) -> Town:  # noqa: F811
    """B17-FF showed 1420 in October, B17-GF 1300."""
    async with db.transaction() as conn:
        await past(conn, society.flat("B17-GF"), date(2026, 10, 2), "1300")
    return society


@pytest.fixture
def walker(db: Database, town: Town) -> Phone:
    """Ravi's phone there."""
    return Phone(db, town.ravi, NOW, society=REGISTER)


async def looked(walker: Phone, register: str = "9") -> str:
    """The number of B17-GF's meter is in the photo."""
    return await look(walker, seen(register, serials=("19152158",)))


async def test_the_meter_that_its_sender_named_is_not_exchanged_for_another(walker: Phone, db: Database) -> None:
    await walker.photo(photo(), "B17-FF")
    assert await looked(walker) == BOTH
    assert walker.labels == ["B17-GF", "B17-FF", "Other meter"]
    assert "Which flat is <b>1550</b> for?" in await walker.say("1550")
    assert walker.labels == ["B17-FF", "B17-GF"]
    assert "B17-FF · <b>1550</b>" in await walker.press("B17-FF")
    assert await values(db) == [("B17-FF", "1550", 1)]


async def test_the_meter_that_the_photo_names_is_chosen(walker: Phone, db: Database) -> None:
    await walker.photo(photo(), "B17-FF")
    await looked(walker, "1446")
    assert (await walker.press("B17-GF")).startswith("B17-GF reads <b>1446</b>?")
    await walker.press("Yes")
    assert await values(db) == [("B17-GF", "1446", 1)]


async def test_a_number_alone_goes_to_the_meter_that_the_photo_names_with_it(walker: Phone, db: Database) -> None:
    await walker.photo(photo(), "B17-FF")
    await looked(walker)
    await walker.say("1446", reply_to=walker.cards[str(walker.replies[0].card)])
    assert "B17-GF · <b>1446</b>" in await walker.press("B17-GF")
    assert await values(db) == [("B17-GF", "1446", 1)]


async def test_its_sender_stands_by_the_meter_that_they_named(walker: Phone, db: Database) -> None:
    await walker.photo(photo(), "B17-FF")
    await looked(walker)
    said = await walker.press("B17-FF")
    assert said.startswith("B17-FF: I can't read it surely. What does it show?")
    assert "B17-FF · <b>1550</b>" in await walker.say("1550")
    assert await values(db) == [("B17-FF", "1550", 1)]


async def test_type_it_asks_for_the_number_of_the_meter_that_stays(walker: Phone, db: Database) -> None:
    await walker.photo(photo(), "B17-FF")
    await looked(walker)
    await walker.press("B17-FF")
    assert "Send the number on the meter of <b>B17-FF</b>" in await walker.press("Type it")
    assert "B17-FF · <b>1550</b>" in await walker.say("1550")
    assert await values(db) == [("B17-FF", "1550", 1)]


async def test_another_meter_is_found_after_type_it(walker: Phone, db: Database) -> None:
    await walker.photo(photo(), "B17-FF")
    assert "Send the number on the meter of <b>B17-FF</b>" in await walker.press("Type it")
    await looked(walker)
    assert "Which flat is <b>1550</b> for?" in await walker.say("1550")
    assert walker.labels == ["B17-FF", "B17-GF"]
    assert await values(db) == []
    await walker.press("B17-FF")
    assert await values(db) == [("B17-FF", "1550", 1)]


async def test_the_rounds_meter_gives_way_and_type_it_still_asks(walker: Phone, db: Database) -> None:
    """Nobody named it: the photo came while the round asked for B17-FF."""
    await walker.say("/round")
    await walker.say("b17 ff")
    await walker.photo(photo())
    await walker.press("Type it")
    assert (await looked(walker, "1446")).startswith("B17-GF reads <b>1446</b>?")
    assert "Which flat is <b>1550</b> for?" in await walker.say("1550")
    assert walker.labels == ["B17-FF", "B17-GF"]
    assert await values(db) == []


async def test_the_photo_of_a_meter_that_was_replaced_is_of_the_new_one(
    walker: Phone, town: Town, db: Database
) -> None:
    await walker.photo(photo(), "B17-FF")
    await put_in(db, town)
    said = await look(walker, seen("00030"))
    assert said.startswith("B17-FF reads <b>30</b>?\nMeter 55501, Mr Sharma. Before: 0 on 2 Nov 2026.")
    assert "B17-FF · <b>30</b> · 64 units · saved" in await walker.press("Yes")
    assert await values(db) == [("B17-FF", "30", 1)]


async def test_the_number_of_the_new_meter_takes_the_photo_with_it(walker: Phone, town: Town, db: Database) -> None:
    """As it is told to: a number for the old meter is refused."""
    await walker.photo(photo(), "B17-FF")
    await walker.press("Type it")
    await put_in(db, town)
    assert "Send <code>55501 30</code>" in await walker.say("30")
    assert "With photo." in await walker.say("55501 30")
    assert await values(db) == [("B17-FF", "30", 1)]
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from loose_photos") == 0


async def test_a_number_alone_for_a_meter_that_is_out_of_use_is_not_stored_for_the_new_one(
    walker: Phone, town: Town, db: Database
) -> None:
    """It may be the old one's; with the new meter's number it is that one's, and takes the photo with it."""
    await walker.photo(photo(), "B17-FF")
    await put_in(db, town)
    assert "Send <code>55501 1560</code>" in await walker.say("1560")
    assert await values(db) == []
    await look(walker, seen("00030"))
    assert "B17-FF · <b>30</b>" in await walker.say("55501 30")
    assert await values(db) == [("B17-FF", "30", 1)]


async def put_in(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await replaced(conn, town, wanted(town, on=TODAY))

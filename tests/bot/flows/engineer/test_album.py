"""An album of photos without words: one table, stored by one press, its lines fixed by reply."""

from dataclasses import replace
from datetime import date

import pytest

from storage.database import Database
from tests.bot.flows.engineer.conftest import NOW, photo
from tests.bot.flows.engineer.looking import look, seen
from tests.bot.flows.engineer.test_proposal import REGISTER, number_of, values
from tests.bot.flows.phone import Phone
from tests.society import Town, build, past


@pytest.fixture
async def town(db: Database) -> Town:
    """Where registers are sent: three flats of B17, read twice."""
    async with db.transaction() as conn:
        built = await build(conn)
        for flat, first in (("B17-GF", 8000), ("B17-FF", 1000), ("B17-SF", 2000)):
            await past(conn, built.flat(flat), date(2026, 9, 2), str(first))
            await past(conn, built.flat(flat), date(2026, 10, 2), str(first + 150))
    return built


@pytest.fixture
async def walker(db: Database, town: Town) -> Phone:
    """Ravi's phone, which has just sent four photos without words."""
    phone = Phone(db, town.ravi, NOW, society=REGISTER, album="a1")
    for name in ("one", "two", "three", "four"):
        assert (await phone.photo(photo(name))).startswith("The photo is kept. Which flat is it?")
        async with db.transaction() as conn:
            await conn.execute("update photos set look_state = 'waiting' where look_state = 'none'")
    phone.album = None
    return phone


async def looked_at(walker: Phone, town: Town) -> str:
    """Three are read, of the third the meter is not known; what the table says in the end."""
    await look(walker, seen("01310", serials=(number_of(town, "B17-FF"),)), "one")
    await look(walker, seen("02300", serials=(number_of(town, "B17-SF"),)), "two")
    await look(walker, seen("08333", serials=(number_of(town, "B17-GF"),)), "four")
    return await look(walker, seen(), "three")


async def test_the_table_grows_in_place_as_photos_are_read(walker: Phone, town: Town, db: Database) -> None:
    card = "loose:album:a1"
    said = await look(walker, seen("01310", serials=(number_of(town, "B17-FF"),)), "one")
    assert said.startswith("<b>1 of 4 photos read</b>, 3 are being looked at\n<pre> 1 B17-FF 1310\n 2 ?")
    assert walker.labels == []
    assert walker.replies[0].passing
    said = await looked_at(walker, town)
    assert said.startswith(
        "<b>3 of 4 photos read</b>\n"
        "<pre> 1 B17-FF 1310\n 2 B17-SF 2300\n 3 ?            which flat?\n 4 B17-GF 8333</pre>\n"
        "To fix a line, reply to this with it, like <code>3 B17-FF 146</code>"
    )
    assert walker.labels == ["Save 3"]
    assert [reply.card for reply in walker.replies] == [card]
    assert not walker.replies[0].passing
    assert await values(db) == []


async def test_one_press_saves_exactly_what_the_table_showed(walker: Phone, town: Town, db: Database) -> None:
    await looked_at(walker, town)
    table = walker.messages
    said = await walker.press("Save 3")
    assert said.startswith("<b>Saved 3 readings, 3 photos.</b>")
    assert "1 photo is not saved yet." in said
    assert walker.replies[0].card == "loose:album:a1"
    assert walker.labels[0] == "Undo all 3"
    assert await values(db) == [("B17-FF", "1310", 1), ("B17-SF", "2300", 1), ("B17-GF", "8333", 1)]
    await walker.press("Save 3", among=table)
    assert len(await values(db)) == 3
    await walker.say("B18-FF 5200")
    assert (await values(db))[-1] == ("B18-FF", "5200", 1)


async def test_lines_are_fixed_by_reply(walker: Phone, town: Town, db: Database) -> None:
    await looked_at(walker, town)
    table = walker.messages
    shown = walker.cards["loose:album:a1"]
    said = await walker.say("B17-SF 2303", reply_to=shown)
    assert " 2 B17-SF 2303  typed\n" in said
    assert walker.labels == ["Save 3"]
    assert " 1 B17-FF 1312  typed\n" in await walker.say("1 1312", reply_to=shown)
    said = await walker.say("3 b18 ff 5200", reply_to=shown)
    assert said.startswith("<b>4 of 4 photos read</b>")
    assert " 3 B18-FF 5200  typed\n" in said
    assert await values(db) == []
    await walker.press("Save 4")
    assert await values(db) == [
        ("B17-FF", "1312", 1),
        ("B17-SF", "2303", 1),
        ("B18-FF", "5200", 1),
        ("B17-GF", "8333", 1),
    ]
    assert "B17-SF" in await walker.press("Save 3", among=table)
    assert len(await values(db)) == 4


async def test_a_reply_that_is_of_no_line_is_a_reading(walker: Phone, town: Town, db: Database) -> None:
    await looked_at(walker, town)
    shown = walker.cards["loose:album:a1"]
    await walker.say("3 B18-FF 5200", reply_to=shown)
    assert "C8-GF · <b>77</b>" in await walker.say("C8-GF 77", reply_to=shown)
    assert await values(db) == [("C8-GF", "77", 0)]


async def test_what_was_typed_meanwhile_leaves_the_table(walker: Phone, town: Town, db: Database) -> None:
    await look(walker, seen("01310", serials=(number_of(town, "B17-FF"),)), "one")
    await walker.say("B17-FF 1311")
    said = await look(walker, seen("02300", serials=(number_of(town, "B17-SF"),)), "two")
    assert said.startswith("<b>1 of 3 photos read</b>, 2 are being looked at")
    assert await values(db) == [("B17-FF", "1311", 1)]


async def test_a_meter_that_was_read_this_month_is_not_saved_with_the_others(
    walker: Phone, town: Town, db: Database
) -> None:
    walker.now = walker.now.replace(day=4)
    await walker.say("B17-FF 1305 on 1 Nov")
    said = await looked_at(walker, town)
    assert "has 1305 of 1 Nov 2026" in said
    assert walker.labels == ["Save 2"]


async def test_only_who_sent_it_may_save_it(walker: Phone, town: Town, db: Database) -> None:
    await looked_at(walker, town)
    mate = Phone(db, replace(walker.who, external_id=town.sunil.external_id), NOW, society=REGISTER)
    assert await mate.press("Save 3", among=walker.messages) == "Only who sent the photo can answer this."
    assert await values(db) == []


async def test_where_nobody_reads_photos_the_first_answer_stays(walker: Phone, town: Town, db: Database) -> None:
    """Its words are true still: what is sent within ten minutes takes the photos."""
    async with db.transaction() as conn:
        await conn.execute("update photos set look_state = 'none'")
    await walker.say("B18-FF 5200")
    assert await values(db) == [("B18-FF", "5200", 4)]


async def test_photos_that_are_being_looked_at_do_not_all_go_to_what_is_typed(walker: Phone, db: Database) -> None:
    await walker.say("B18-FF 5200")
    assert await values(db) == [("B18-FF", "5200", 0)]


async def test_several_lines_are_fixed_by_one_reply(walker: Phone, town: Town, db: Database) -> None:
    assert "Several at once: one below the other." in await looked_at(walker, town)
    shown = walker.cards["loose:album:a1"]
    said = await walker.say("3 B18-FF\n2 2303\n3: 5200\nB17-FF 1312", reply_to=shown)
    assert [reply.card for reply in walker.replies] == ["loose:album:a1"]
    assert said.startswith("<b>4 of 4 photos read</b>")
    for row in (" 1 B17-FF 1312  typed", " 2 B17-SF 2303  typed", " 3 B18-FF 5200  typed", " 4 B17-GF 8333"):
        assert row in said
    assert walker.labels == ["Save 4"]
    assert await values(db) == []


async def test_lines_that_say_nothing_are_named_and_the_others_taken(walker: Phone, town: Town, db: Database) -> None:
    await looked_at(walker, town)
    shown = walker.cards["loose:album:a1"]
    said = await walker.say(
        "2 2303\n12 146\n3 hm\n1 B99-FF 5\n2 2304\nC8-GF\n1 1312 motor 5\n77\nB17-FF", reply_to=shown
    )
    table, told = said.split("\n\n")
    assert " 2 B17-SF 2303  typed" in table
    assert " 1 B17-FF 1310\n" in table
    assert told == (
        "<b>7 lines are not taken</b>\n"
        "<pre>12 146 ← there is no line 12\n"
        "3 hm ← write the number in plain digits\n"
        "1 B99-FF 5 ← no such flat\n"
        "2 2304 ← line 2 was said before\n"
        "1 1312 motor 5 ← only flat and number here: Save first, then send the share or date\n"
        "77 ← which line is it?\n"
        "B17-FF ← the number is missing</pre>\n"
        "Mend it and reply to the table again, like <code>3 B17-FF 146</code>"
    )
    assert await values(db) == []


@pytest.mark.parametrize("said", ["12 146", "4 B99-FF 9", "3 hm", "hm", "146", "19152 146", "2 -5", "3 5 on 3 May"])
async def test_a_reply_that_is_not_understood_stores_nothing(
    walker: Phone, town: Town, db: Database, said: str
) -> None:
    await looked_at(walker, town)
    told = await walker.say(said, reply_to=walker.cards["loose:album:a1"])
    assert told.startswith("<b>1 line is not taken</b>\n")
    assert await values(db) == []


async def test_a_register_may_have_as_many_digits_as_a_meter(walker: Phone, town: Town) -> None:
    await looked_at(walker, town)
    assert " 4 B17-GF 18333  typed" in await walker.say("4 18333", reply_to=walker.cards["loose:album:a1"])


async def test_a_reply_to_the_table_is_none_to_a_dialogue(walker: Phone, town: Town, db: Database) -> None:
    """What was asked meanwhile does not take the number of a line."""
    await looked_at(walker, town)
    await walker.photo(photo("five"), "B18-FF")
    await walker.press("Type it")
    said = await walker.say("3 B17-FF 1400", reply_to=walker.cards["loose:album:a1"])
    assert " 3 B17-FF 1400  typed" in said
    assert await values(db) == []


async def test_an_edited_reply_is_one_to_the_table(walker: Phone, town: Town, db: Database) -> None:
    await looked_at(walker, town)
    shown = walker.cards["loose:album:a1"]
    await walker.say("2 B17-SF", reply_to=shown)
    said = await walker.edit(walker.last_id, "2 B17-SF\n1 1317", reply_to=shown)
    assert " 1 B17-FF 1317  typed" in said
    assert await values(db) == []


async def test_numbers_of_a_table_that_has_lost_a_line_are_not_guessed(walker: Phone, town: Town, db: Database) -> None:
    await looked_at(walker, town)
    shown = walker.cards["loose:album:a1"]
    await walker.say("B17-FF 1311")
    said = await walker.say("2 2303", reply_to=shown)
    assert said.endswith("The lines have other numbers since. Look at the table again, and reply to it once more.")
    assert " 1 B17-SF 2300\n 2 B17-GF 8333" in said
    assert "typed" not in said
    assert " 1 B17-SF 2303  typed" in await walker.say("1 2303", reply_to=shown)
    assert await values(db) == [("B17-FF", "1311", 2)]


async def test_lines_of_a_saved_table_are_no_readings(walker: Phone, town: Town, db: Database) -> None:
    await looked_at(walker, town)
    shown = walker.cards["loose:album:a1"]
    await walker.press("Save 3")
    stored = await values(db)
    said = await walker.say("2 B18-FF\n3 170", reply_to=shown)
    assert said.startswith("This table is saved: its lines are not fixed by reply any more.")
    assert await values(db) == stored
    assert "B18-FF · <b>5200</b>" in await walker.say("B18-FF 5200", reply_to=shown)


async def test_only_who_sent_the_photos_fixes_their_lines(walker: Phone, town: Town, db: Database) -> None:
    await looked_at(walker, town)
    mate = Phone(db, replace(walker.who, external_id=town.sunil.external_id), NOW, society=REGISTER)
    said = await mate.say("2 B18-FF\n3 170", reply_to=walker.cards["loose:album:a1"])
    assert said == "Only who sent the photo can answer this."
    assert await values(db) == []

"""An engineer sends only a photo: what it shows is proposed, and stored when they say so."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.metering import ReadingMode
from domain.roles import Role
from jobs.photo_intake import PreparedPhoto
from storage import people
from storage.database import Database
from tests.bot.flows.engineer.conftest import NOW, photo
from tests.bot.flows.engineer.looking import look, seen
from tests.bot.flows.engineer.test_message import stored
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY, Town, build, past

REGISTER = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)


@pytest.fixture
async def town(db: Database) -> Town:
    """Where registers are sent: B17-FF showed 1000, 1150 and 1290, B18-FF 5000 and 5100."""
    async with db.transaction() as conn:
        built = await build(conn)
        home, next_door = built.flat("B17-FF"), built.flat("B18-FF")
        await past(conn, home, date(2026, 8, 2), "1000")
        await past(conn, home, date(2026, 9, 2), "1150")
        await past(conn, home, date(2026, 10, 2), "1290")
        await past(conn, next_door, date(2026, 9, 2), "5000")
        await past(conn, next_door, date(2026, 10, 2), "5100")
    return built


@pytest.fixture
def walker(db: Database, town: Town) -> Phone:
    """Ravi's phone there."""
    return Phone(db, town.ravi, NOW, society=REGISTER)


def number_of(town: Town, flat: str) -> str:
    return town.flat(flat).meter_number


async def values(db: Database) -> list[tuple[str, str, int]]:
    """(flat, value, photos) of the pending readings."""
    return [(one.flat_code, f"{one.value:f}".removesuffix(".00"), len(one.photo_ids)) for one in await stored(db)]


async def test_yes_stores_what_the_photo_shows(walker: Phone, town: Town, db: Database) -> None:
    assert (await walker.photo(photo())).startswith("The photo is kept. Which flat is it?")
    card = walker.replies[0].card
    said = await look(walker, seen("01436.2", serials=(number_of(town, "B17-FF"),)))
    assert said.startswith("B17-FF reads <b>1436.2</b>?\nMeter 19152159, Mr Sharma. Before: 1290 on 2 Oct 2026.")
    assert walker.replies[0].card == card
    assert walker.labels == ["Yes, 1436.2", "Type it", "Other meter"]
    assert await values(db) == []
    said = await walker.press("Yes")
    assert walker.replies[0].card == card
    assert walker.replies[0].passing
    assert "B17-FF · <b>1436.2</b> · 146.2 units · saved" in said
    assert "With photo." in said
    assert await values(db) == [("B17-FF", "1436.20", 1)]


async def test_yes_pressed_again_or_by_a_late_hand_stores_nothing_twice(
    walker: Phone, town: Town, db: Database
) -> None:
    await walker.photo(photo())
    await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),)))
    card = walker.messages
    await walker.press("Yes", among=card)
    walker.now += timedelta(days=3)
    assert "B17-FF 1436</b> of 2 Nov 2026 is already saved" in await walker.press("Yes", among=card)
    assert await values(db) == [("B17-FF", "1436", 1)]


async def test_what_was_typed_first_stands_and_nothing_is_proposed(walker: Phone, town: Town, db: Database) -> None:
    await walker.photo(photo())
    await walker.say("B17-FF 1440")
    assert await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),))) == ""
    assert await values(db) == [("B17-FF", "1440", 1)]


async def test_what_was_typed_amid_the_question_is_asked_about(walker: Phone, town: Town, db: Database) -> None:
    await walker.photo(photo())
    await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),)))
    card = walker.messages
    await walker.say("B17-FF 1440")
    said = await walker.press("Yes", among=card)
    assert "B17-FF already has <b>1440</b>" in said
    assert await values(db) == [("B17-FF", "1440", 1)]
    await walker.press("Replace by 1436")
    assert await values(db) == [("B17-FF", "1436", 1)]


async def test_a_number_typed_instead(walker: Phone, town: Town, db: Database) -> None:
    await walker.photo(photo())
    await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),)))
    card = walker.messages
    assert "Send the number on the meter of <b>B17-FF</b>" in await walker.press("Type it")
    said = await walker.say("1,437 kWh")
    assert "B17-FF · <b>1437</b> · 147 units · saved" in said
    assert "With photo." in said
    assert "Replace it by <b>1436</b>?" in await walker.press("Yes", among=card)
    assert await values(db) == [("B17-FF", "1437", 1)]


async def test_whole_readings_and_commands_are_not_trapped_by_type_it(walker: Phone, town: Town, db: Database) -> None:
    await walker.photo(photo())
    await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),)))
    card = walker.messages
    await walker.press("Type it")
    assert "B18-FF · <b>5200</b>" in await walker.say("B18-FF 5200")
    await walker.press("Type it", among=card)
    assert "not billed yet" in await walker.say("/pending")
    assert await values(db) == [("B18-FF", "5200", 0)]


async def test_a_number_alone_answers_the_only_question(walker: Phone, town: Town, db: Database) -> None:
    await walker.photo(photo())
    said = await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),), confidence=40))
    assert said.startswith("B17-FF: I can't read it surely. What does it show?")
    assert walker.labels == ["Type it", "Other meter"]
    assert "B17-FF · <b>1436</b>" in await walker.say("1436")
    assert await values(db) == [("B17-FF", "1436", 1)]


async def test_a_number_where_none_should_stand_is_asked(walker: Phone, town: Town) -> None:
    await walker.photo(photo())
    said = await look(walker, seen("91436", serials=(number_of(town, "B17-FF"),)))
    assert said.startswith("B17-FF: I can't read it surely. What does it show?")


async def test_nothing_seen_and_no_meter_asks_for_the_flat(walker: Phone, db: Database) -> None:
    await walker.photo(photo())
    assert await look(walker, seen()) == "Which flat is the photo of? Tap it, or type it."
    assert "B7-FF" in walker.labels
    said = await walker.say("b17 ff")
    assert said.startswith("B17-FF: I can't read it surely. What does it show?")
    assert "B17-FF · <b>1436</b>" in await walker.say("1436")
    assert await values(db) == [("B17-FF", "1436", 1)]


async def test_stop_ends_the_question_for_a_number(walker: Phone, town: Town) -> None:
    await walker.photo(photo())
    await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),)))
    await walker.press("Type it")
    assert "that is not a number" in await walker.say("later")
    await walker.press("Stop")
    walker.now += timedelta(hours=2)
    assert "Which flat is <b>1436</b> for?" in await walker.say("1436")


async def test_the_meter_that_the_number_fits_is_offered(walker: Phone, db: Database) -> None:
    await walker.say("C8-GF 300")
    walker.now += timedelta(minutes=11)
    await walker.photo(photo())
    said = await look(walker, seen("05180"))
    assert "Which flat" in said
    assert "B18-FF" in walker.labels[:3]
    assert (await walker.press("B18-FF")).startswith("B18-FF reads <b>5180</b>?")
    await walker.press("Yes")
    assert ("B18-FF", "5180", 1) in await values(db)


async def test_another_meter(walker: Phone, town: Town, db: Database) -> None:
    await walker.photo(photo())
    await look(walker, seen("05180", serials=(number_of(town, "B17-FF"),)))
    card = walker.replies[0].card
    assert (await walker.press("Other meter")).startswith("Which flat is the photo of?")
    assert walker.replies[0].card == card
    assert "B17-FF" not in walker.labels
    asked = walker.messages
    assert "no flat and no meter" in await walker.say("B99")
    said = await walker.say("B18-FF")
    assert said.startswith("B18-FF reads <b>5180</b>?")
    assert (await walker.press("B18-FF", among=asked)).startswith("B18-FF reads <b>5180</b>?")
    await walker.press("Yes")
    assert await values(db) == [("B18-FF", "5180", 1)]
    assert "This photo is with <b>B18-FF 5180</b>" in await walker.press("B7-FF", among=asked)


async def test_a_caption_that_names_the_flat_alone(walker: Phone, db: Database) -> None:
    said = await walker.photo(photo(), "b17 ff")
    assert said.startswith("The photo of <b>B17-FF</b> is kept. Send the number on the meter, only the number.")
    assert (await look(walker, seen("01436"))).startswith("B17-FF reads <b>1436</b>?")
    await walker.press("Yes")
    assert await values(db) == [("B17-FF", "1436", 1)]


async def test_the_photo_of_a_named_flat_does_not_go_to_another_ones_reading(walker: Phone, db: Database) -> None:
    await walker.photo(photo(), "B17-FF")
    await walker.say("B18-FF 5200")
    await walker.say("B17-FF 1440")
    assert await values(db) == [("B18-FF", "5200", 0), ("B17-FF", "1440", 1)]


async def test_the_meter_that_is_open(walker: Phone, db: Database) -> None:
    await walker.say("/read B17-FF")
    assert "Send the number on the meter." in await walker.photo(photo())
    card = walker.replies[0].card
    assert (await look(walker, seen("01436"))).startswith("B17-FF reads <b>1436</b>?")
    assert walker.replies[0].card == card
    await walker.press("Yes")
    assert await values(db) == [("B17-FF", "1436", 1)]
    assert "Which flat is <b>5</b> for?" in await walker.say("5")


async def test_the_number_is_typed_where_the_meter_is_open(walker: Phone, db: Database) -> None:
    await walker.say("/read B17-FF")
    await walker.photo(photo())
    await look(walker, seen("01436"))
    assert "Motor share" in await walker.say("1440")


async def test_the_same_file_again_is_answered_at_once(walker: Phone, town: Town, db: Database) -> None:
    await walker.photo(photo())
    await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),)))
    await walker.press("Yes")
    await walker.press("Undo")
    walker.now += timedelta(minutes=1)
    assert (await walker.photo(photo())).startswith("B17-FF reads <b>1436</b>?")
    await walker.press("Yes")
    assert [one for one in await values(db) if one[0] == "B17-FF"] == [("B17-FF", "1436", 1)]


async def test_a_meter_that_was_read_this_month(walker: Phone, town: Town, db: Database) -> None:
    await walker.say("B17-FF 1436")
    walker.now += timedelta(days=2)
    await walker.photo(photo())
    said = await look(walker, seen("01450", serials=(number_of(town, "B17-FF"),)))
    assert said == "B17-FF has <b>1436</b> of 2 Nov 2026 already. The photo says <b>1450</b>. Replace it?"
    assert walker.labels == ["Replace by 1450", "Keep 1436", "Add photo", "Other meter", "Another reading"]
    asked = walker.messages
    assert "Kept: <b>B17-FF 1436</b>" in await walker.press("Keep")
    await walker.press("Replace by 1450", among=asked)
    assert await values(db) == [("B17-FF", "1450", 1)]


async def test_the_photo_of_a_reading_that_lacks_one(walker: Phone, town: Town, db: Database) -> None:
    await walker.say("B17-FF 1436")
    await walker.say("B18-FF 5200")
    walker.now += timedelta(minutes=11)
    await walker.photo(photo())
    said = await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),)))
    assert said == "B17-FF has <b>1436</b> of 2 Nov 2026 already. The photo says the same."
    assert walker.labels == ["Add photo", "Other meter"]
    assert "Photo added to <b>B17-FF 1436</b>" in await walker.press("Add photo")
    assert await values(db) == [("B17-FF", "1436", 1), ("B18-FF", "5200", 0)]


async def test_a_sticker_of_another_flat_keeps_the_photo_from_the_reading_before(
    walker: Phone, town: Town, db: Database
) -> None:
    await walker.say("B18-FF 5200")
    marked = _marked(photo(), number_of(town, "B17-FF"))
    assert (await walker.photo(marked)).startswith("The photo of <b>B17-FF</b> is kept.")
    assert await values(db) == [("B18-FF", "5200", 0)]


def _marked(plain: PreparedPhoto, *codes: str) -> PreparedPhoto:
    return replace(plain, codes=codes)


async def test_the_meter_that_the_round_asks_for(walker: Phone, db: Database) -> None:
    await walker.say("/round")
    await walker.say("b17 ff")
    assert (await walker.photo(photo())).startswith("The photo of <b>B17-FF</b> is kept.")
    assert (await look(walker, seen("01436"))).startswith("B17-FF reads <b>1436</b>?")
    said = await walker.press("Yes")
    assert "B17-FF · <b>1436</b> · 146 units · saved" in said
    assert "B17-SF" in said
    assert await values(db) == [("B17-FF", "1436", 1)]


async def test_a_number_alone_where_the_round_asks_for_another_meter(walker: Phone, town: Town, db: Database) -> None:
    await walker.say("/round")
    await walker.say("b18 ff")
    await walker.photo(photo())
    said = await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),)))
    assert said.startswith("B17-FF reads <b>1436</b>?")
    question = walker.replies[0].card
    assert "Which flat is <b>5200</b> for?" in await walker.say("5200")
    assert await values(db) == []
    assert walker.labels == ["B18-FF", "B17-FF"]
    both = walker.messages
    assert "B18-FF · <b>5200</b>" in await walker.press("B18-FF")
    await walker.press("B17-FF", among=both)
    assert await values(db) == [("B18-FF", "5200", 0)]
    assert question not in {reply.card for reply in walker.replies}


async def test_a_number_alone_where_several_photos_and_the_round_ask(walker: Phone, town: Town, db: Database) -> None:
    await walker.photo(photo())
    await look(walker, seen("05200", serials=(number_of(town, "B18-FF"),)))
    question = walker.replies[0].card
    await walker.photo(photo("two"))
    await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),)), "two")
    await walker.say("/round c8")
    assert "Which flat is <b>5200</b> for?" in await walker.say("5200")
    assert walker.labels == ["C8-GF", "B17-FF", "B18-FF"]
    said = await walker.press("B18-FF")
    assert "This photo is with <b>B18-FF 5200</b>." in said
    assert question in {reply.card for reply in walker.replies}
    assert await values(db) == [("B18-FF", "5200", 1)]


async def test_another_number_replaces_an_odd_reading_only_where_nothing_else_is_asked(
    walker: Phone, town: Town, db: Database
) -> None:
    await walker.say("/round b17")
    await walker.say("b17 ff")
    await walker.say("12")
    await walker.photo(photo(), "B18-FF")
    assert "Which flat is <b>5200</b> for?" in await walker.say("5200")
    await walker.press("B17-FF")
    assert walker.labels[:2] == ["Replace by 5200", "Keep 12"]
    assert await values(db) == [("B17-FF", "12", 0)]


async def test_the_meters_number_taken_for_a_register_names_it(walker: Phone, town: Town) -> None:
    await walker.photo(photo())
    said = await look(walker, seen(number_of(town, "B17-FF")))
    assert said.startswith("B17-FF: I can't read it surely. What does it show?")


async def test_a_motors_meter(walker: Phone, db: Database) -> None:
    await walker.photo(photo())
    said = await look(walker, seen("01860.4", serials=("77000002",)))
    assert said.startswith("MOTOR-C reads <b>1860.4</b>?")
    await walker.press("Yes")
    assert await values(db) == [("MOTOR-C", "1860.40", 1)]


async def test_only_who_sent_it_may_say_so(walker: Phone, town: Town, db: Database) -> None:
    """In a group the buttons are everybody's to see."""
    await walker.photo(photo())
    await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),)))
    card = walker.messages
    group_mate = replace(walker.who, external_id=town.sunil.external_id)
    other = Phone(db, group_mate, NOW, society=REGISTER)
    for button in ("Yes", "Type it", "Other meter"):
        assert await other.press(button, among=card) == "Only who sent the photo can answer this."
    assert await values(db) == []


async def test_who_reads_meters_no_more_is_told_nothing(walker: Phone, town: Town, db: Database) -> None:
    await walker.photo(photo())
    async with db.transaction() as conn:
        await people.revoke(conn, walker.who.person_id, Role.ENGINEER)
    assert await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),))) == ""


async def test_in_a_group_the_question_stands_where_the_photo_was_sent(walker: Phone, town: Town, db: Database) -> None:
    """The rights are the sender's, as the group has none."""
    await walker.photo(photo())
    async with db.transaction() as conn:
        group = await conn.fetchval(
            """insert into chat_identities (channel, external_id, is_private)
               values ('telegram', '-100', false) returning id"""
        )
        await conn.execute("update loose_photos set chat_id = $1", group)
    walker.who = replace(walker.who, chat_id=group)
    said = await look(walker, seen("01436", serials=(number_of(town, "B17-FF"),)))
    assert said.startswith("B17-FF reads <b>1436</b>?")

"""A meter is replaced in chat: asked for at the meter, decided in the office, and read on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.announcements import ANNOUNCERS
from bot.conversation import Reply
from bot.i18n import Translator
from domain.metering import ReadingMode
from jobs.photo_intake import PhotoRefusal, PhotoRefused
from jobs.photo_seen import photo_seen
from jobs.ports import Notice
from jobs.work import Society
from storage import meters
from storage.database import Database
from tests.bot.flows.engineer.conftest import NOW, photo
from tests.bot.flows.engineer.looking import look, seen
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY, Resident, Town, build, past, work

REGISTER = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)


@pytest.fixture
async def town(db: Database) -> Town:
    """B17-FF showed 1420 in October."""
    async with db.transaction() as conn:
        built = await build(conn)
        for month, register in ((7, "1000"), (8, "1120"), (9, "1260"), (10, "1420")):
            await past(conn, built.flat("B17-FF"), date(2026, month, 2), register)
    return built


@pytest.fixture
def ravi(db: Database, town: Town) -> Phone:
    return Phone(db, town.ravi, NOW, REGISTER)


@pytest.fixture
def rekha(db: Database, town: Town) -> Phone:
    return Phone(db, town.rekha, NOW, REGISTER)


@pytest.fixture
def mohan(db: Database, town: Town) -> Phone:
    return Phone(db, town.mohan, NOW, REGISTER)


async def told(db: Database, who: Resident, kind: str, society: Society = REGISTER) -> Reply | None:
    """How the newest message of this kind to somebody is worded now."""
    async with db.transaction() as conn:
        row = await conn.fetchrow(
            "select * from notifications where kind = $1 and chat_id = $2 order by id desc limit 1", kind, who.chat_id
        )
        assert row is not None
        source = (row["source_type"], row["source_id"], row["sequence"])
        notice = Notice(
            row["id"], kind, *source, "telegram", who.chat_id, who.person_id, None, row["payload"], row["card"]
        )
        return await ANNOUNCERS[kind](work(conn, who, NOW, society), notice, Translator("en"))


async def asked(ravi: Phone) -> None:
    """All of it, as one does it at the meter."""
    await ravi.say("/replace b17ff")
    await ravi.photo(photo("old"), "1454")
    await ravi.say("55501")
    await ravi.photo(photo("new"), "0")
    await ravi.press("Send")


async def on_card(rekha: Phone, db: Database, town: Town, label: str) -> str:
    """Press a button of the card that the office was sent."""
    card = await told(db, town.rekha, "replacement_asked")
    assert card is not None
    button = next(one for row in card.buttons for one in row if one.label == label)
    assert button.action is not None
    return await rekha.press_action(button.action)


async def active(db: Database) -> str:
    async with db.transaction() as conn:
        return next(one.number for one in await meters.of_flat(conn, "B17-FF") if one.active)


async def test_from_the_meter_to_the_office_to_the_next_bill(
    ravi: Phone, rekha: Phone, mohan: Phone, db: Database, town: Town
) -> None:
    said = await ravi.say("/replace B17-FF")
    assert said.startswith("<b>B17-FF</b>, old meter 19152159: what does it show now?")
    assert "Before: 1420 on 2 Oct 2026." in said
    assert "number on the new meter" in await ravi.photo(photo("old"), "1454")
    assert "With which number does the new meter begin?" in await ravi.say("55501")
    assert ravi.labels == ["0", "Back", "Leave it"]
    said = await ravi.photo(photo("new"), "0")
    assert said.splitlines() == [
        "<b>B17-FF</b>: replace its meter?",
        "Old 19152159: last number 1454, with photo",
        "New 55501: begins with 0, with photo",
    ]
    assert ravi.labels == ["Send", "Start again", "Leave it"]
    assert "the office decides about new meter 55501" in await ravi.press("Send")
    assert await active(db) == "19152159"

    card = await told(db, town.rekha, "replacement_asked")
    assert card is not None
    assert card.text.splitlines()[0] == "<b>B17-FF</b> · Mr Sharma: meter replaced on 2 Nov 2026"
    assert [[one.label for one in row] for row in card.buttons] == [
        ["Approve", "Send back"], ["Photo of the old", "Photo of the new"]
    ]  # fmt: skip
    await on_card(rekha, db, town, "Photo of the old")
    assert rekha.replies[0].photo_id is not None
    assert "Approved by Rekha. The new meter is in use." in await on_card(rekha, db, town, "Approve")
    assert await active(db) == "55501"
    answer = await told(db, town.ravi, "replacement_answer")
    assert answer is not None
    assert answer.text.startswith("<b>B17-FF</b> has meter 55501 now, approved by Rekha.")

    ravi.now = NOW.replace(day=30)
    said = await ravi.say("B17-FF 112")
    assert said.startswith("B17-FF · <b>112</b> · 146 units · saved")
    assert "This meter began with 0." in said
    mohan.now = ravi.now
    assert "Old meter 1420→1454 = 34, new 0→112 = 112" in await mohan.say("/pending")


async def test_numbers_and_photos_may_come_one_by_one_and_be_missing(ravi: Phone) -> None:
    await ravi.say("/replace 19152159")
    assert "Please send a photo of the old meter." in await ravi.say("1454 kWh")
    assert ravi.labels == ["Old meter is gone", "No camera", "Back", "Leave it"]
    assert "number on the new meter" in await ravi.press("Old meter is gone")
    await ravi.say("ab-55501")
    assert "Please send a photo of the new meter." in await ravi.press("0")
    said = await ravi.press("No camera")
    assert "Old 19152159: last number 1454, without photo: the meter is gone" in said
    assert "New AB-55501: begins with 0, without photo" in said


async def test_the_example_of_a_number_is_no_meters_own(ravi: Phone, db: Database) -> None:
    await ravi.say("/replace b17ff")
    said = await ravi.photo(photo("old"), "1454")
    example = said.partition("<code>")[2].partition("</code>")[0]
    async with db.transaction() as conn:
        assert not await conn.fetchval("select exists (select from meters where meter_number = $1)", example)
    assert "begin" in await ravi.say(example)


async def test_taking_a_reading_back_leaves_the_replacement_open(ravi: Phone) -> None:
    await ravi.say("B18-FF 90")
    await ravi.say("/replace b17ff")
    await ravi.photo(photo("old"), "1454")
    assert "Taken back" in await ravi.say("/undo")
    assert "begin" in await ravi.say("12990")
    assert "Nothing to take back" in await ravi.say("/undo")
    assert "photo of the new" in await ravi.say("0")


async def test_a_round_that_asks_again_offers_to_go_on_with_the_replacement(ravi: Phone) -> None:
    await ravi.say("/round b17")
    await ravi.say("130")
    await ravi.say("/replace b17ff")
    await ravi.photo(photo("old"), "1454")
    said = await ravi.say("/undo")
    assert "Nothing is sent. The meter stays as it is." in said
    assert "Next: <b>B17-GF</b>" in ravi.replies[-1].text
    assert "number on the new meter" in await ravi.press("Go on")
    assert "begin" in await ravi.say("12990")


async def test_a_dead_display_where_units_are_sent_leaves_no_number(ravi: Phone, rekha: Phone, db: Database) -> None:
    ravi.society = rekha.society = SOCIETY
    await ravi.say("/replace b17ff")
    await ravi.press("Display is dead")
    await ravi.say("55501")
    await ravi.photo(photo("new"), "0")
    said = "\n".join(reply.text for reply in ravi.replies)
    assert "Old 19152159: display dead, its last number is not known" in said
    await ravi.press("Send")
    await rekha.say("/pending")
    assert "display dead, its last number is not known" in await rekha.press("New meter B17-FF")


async def test_a_dead_display_is_said_so(ravi: Phone, rekha: Phone, db: Database, town: Town) -> None:
    await ravi.say("/replace B17-FF")
    await ravi.press("Display is dead")
    await ravi.say("55501")
    await ravi.say("5")
    said = await ravi.press("No camera")
    assert "Old 19152159: display dead, its last reading 1420 counts" in said
    await ravi.press("Send")
    await on_card(rekha, db, town, "Approve")
    assert (await ravi.say("B17-FF 105")).startswith("B17-FF · <b>105</b> · 100 units · saved")


async def test_a_last_number_below_a_wrong_one_goes_to_the_office_with_that_doubt(
    ravi: Phone, rekha: Phone, db: Database, town: Town
) -> None:
    """The reading before was too high: approved once that is corrected."""
    async with db.transaction() as conn:
        wrong = await past(conn, town.flat("B17-FF"), date(2026, 10, 10), "6000")
    await ravi.say("/replace B17-FF")
    said = await ravi.say("1454")
    assert said.startswith("1454 is lower than 6000 of 10 Oct 2026.")
    assert ravi.labels == ["It is right", "Display is dead", "Leave it"]
    assert "Please send a photo of the old meter." in await ravi.press("It is right")
    await ravi.press("No camera")
    await ravi.say("55501")
    await ravi.press("0")
    assert "It is lower than 6000 of 10 Oct 2026: the office looks at that first." in await ravi.press("No camera")
    assert "the office decides" in await ravi.press("Send")
    card = await told(db, town.rekha, "replacement_asked")
    assert card is not None
    assert "(!) 1454 is lower than 6000 of 10 Oct 2026. If it is right, correct the reading before first" in card.text
    assert "Not approved yet" in await on_card(rekha, db, town, "Approve")
    assert await active(db) == "19152159"
    async with db.transaction() as conn:
        await conn.execute("update readings set state = 'withdrawn' where id = $1", wrong)
    assert "Approved by Rekha." in await on_card(rekha, db, town, "Approve")


async def test_a_photo_without_its_number_is_acknowledged(ravi: Phone) -> None:
    await ravi.say("/replace B17-FF")
    assert await ravi.photo(photo("old")) == "Photo kept. Now send the number that it shows."
    await ravi.say("1454")
    await ravi.say("55501")
    assert await ravi.photo(photo("new")) == "Photo kept. Now send the number that it shows."


async def test_the_card_says_what_its_photos_show(ravi: Phone, rekha: Phone, db: Database, town: Town) -> None:
    await asked(ravi)
    await look(ravi, seen("1464.0", serials=("19152159",)), "old")
    await look(ravi, seen("0000.0", serials=("19152158",)), "new")
    card = await told(db, town.rekha, "replacement_asked")
    assert card is not None
    assert card.text.splitlines()[1:-2] == [
        "Old 19152159: last number 1454, with photo",
        "photo reads 1464 (!)",
        "(!) The photo reads 1464, sent was 1454.",
        "New 55501: begins with 0, with photo",
        "photo reads 0 (!)",
        "(!) The photo shows meter 19152158 of B17-GF.",
    ]


async def test_a_look_that_comes_late_draws_the_card_again(ravi: Phone, db: Database, town: Town) -> None:
    await asked(ravi)
    async with db.transaction() as conn:
        photo_id = await conn.fetchval("select closing_photo from meter_replacements")
        await photo_seen(work(conn, town.ravi, NOW, REGISTER), photo_id)
        sql = "select count(*), count(distinct card) as cards from notifications where kind = 'replacement_asked'"
        row = await conn.fetchrow(sql + " and chat_id = $1", town.rekha.chat_id)
    assert row is not None
    assert (row["count"], row["cards"]) == (2, 1)


async def test_a_lower_last_number_is_asked_about(ravi: Phone, db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await past(conn, town.flat("B17-FF"), date(2026, 10, 10), "9990")
    await ravi.say("/replace B17-FF")
    assert "5000 is lower than 9990 of 10 Oct 2026." in await ravi.say("5000")
    said = await ravi.say("25")
    assert said == "<b>B17-FF</b> · 9990 → <b>0025</b>: has the old meter gone past 9999? 35 units"
    question = ravi.messages
    assert "what does it show now?" in await ravi.press("Re-enter")
    assert "Please send a photo of the old meter." in await ravi.press("Yes, it rolled over", among=question)
    await ravi.press("No camera")
    await ravi.say("55501")
    await ravi.press("0")
    assert "last number 25, went past 9999, without photo" in await ravi.press("No camera")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("19152158", "Meter 19152158 is in use at <b>B17-GF</b>."),
        ("19152159", "19152159 is the old meter."),
        ("x", "That is not a meter's number"),
        ("meter", "That is not a meter's number"),
    ],
)
async def test_a_wrong_number_of_the_new_meter_is_asked_for_again(ravi: Phone, number: str, said: str) -> None:
    await ravi.say("/replace B17-FF")
    await ravi.press("Display is dead")
    assert said in await ravi.say(number)
    assert "With which number does the new meter begin?" in await ravi.say("55501")


async def test_a_number_taken_meanwhile_is_asked_for_again(ravi: Phone, db: Database, town: Town) -> None:
    await ravi.say("/replace B17-FF")
    await ravi.press("Display is dead")
    await ravi.say("55501")
    await ravi.press("0")
    await ravi.press("No camera")
    async with db.transaction() as conn:
        await conn.execute("update meters set meter_number = '55501' where meter_number = '19152158'")
    said = await ravi.press("Send")
    assert "Meter 55501 is in use at <b>B17-GF</b>." in said
    assert "number on the new meter" in said
    assert "replace its meter?" in await ravi.say("55502")


async def test_one_request_a_meter_is_open_and_what_is_decided_is_not_told_again(
    ravi: Phone, db: Database, town: Town, rekha: Phone
) -> None:
    await asked(ravi)
    assert "Ravi asked for new meter 55501 on 2 Nov 2026 already" in await ravi.say("/replace B17-FF")
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from meter_replacements") == 1
    await on_card(rekha, db, town, "Send back")
    await rekha.press("Wrong meter")
    assert "Sent back by Rekha: wrong meter" in rekha.replies[0].text
    answer = await told(db, town.ravi, "replacement_answer")
    assert answer is not None
    assert "Ask again with /replace B17-FF" in answer.text
    assert await told(db, town.mohan, "replacement_asked") is None


async def test_pressed_twice_it_is_sent_once(ravi: Phone, db: Database) -> None:
    await ravi.say("/replace B17-FF")
    await ravi.press("Display is dead")
    await ravi.say("55501")
    await ravi.press("0")
    await ravi.press("No camera")
    summary = ravi.messages
    await ravi.press("Send", among=summary)
    assert "the office decides about new meter 55501" in await ravi.press("Send", among=summary)
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from meter_replacements") == 1


async def test_the_office_may_say_why_in_words(ravi: Phone, rekha: Phone, db: Database, town: Town) -> None:
    await asked(ravi)
    await on_card(rekha, db, town, "Send back")
    assert "Sent back by Rekha: the seal is missing" in await rekha.say("the seal is missing")
    assert await active(db) == "19152159"


async def test_an_admins_own_request_waits_for_another(rekha: Phone, mohan: Phone, db: Database, town: Town) -> None:
    await asked(rekha)
    said = await on_card(rekha, db, town, "Approve")
    assert "You asked for this yourself: another admin has to approve it." in said
    assert await active(db) == "19152159"
    assert "Approved by Mohan." in await on_card(mohan, db, town, "Approve")


@pytest.mark.parametrize("word", ["Stop", "leave it"])
async def test_a_typed_word_leaves_it(ravi: Phone, word: str) -> None:
    await ravi.say("/replace B17-FF")
    await ravi.say("1454")
    assert await ravi.say(word) == "Nothing is sent. The meter stays as it is."
    assert "which flat" in (await ravi.say("146")).lower()


async def test_a_reading_amid_the_questions_is_saved_and_nothing_traps(ravi: Phone) -> None:
    await ravi.say("/replace B17-FF")
    assert "B18-FF" in await ravi.say("B18-FF 146")
    assert "what does it show now" not in await ravi.say("/help")
    await ravi.say("/replace B17-FF")
    assert await ravi.press("Leave it") == "Nothing is sent. The meter stays as it is."


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Which meter was replaced?"),
        ("B71-FF", "No flat <b>B71-FF</b>. Did you mean"),
        ("99999999", "No meter <b>99999999</b> here."),
    ],
)
async def test_what_names_no_meter_is_answered_with_what_to_send(ravi: Phone, typed: str, said: str) -> None:
    assert said in await ravi.say(f"/replace {typed}")


async def test_a_photo_that_cannot_be_used_is_answered_and_the_question_stays(ravi: Phone) -> None:
    await ravi.say("/replace B17-FF")
    await ravi.photo(PhotoRefused(PhotoRefusal.UNKNOWN_FORMAT))
    assert "Please send a photo of the old meter." in await ravi.say("1454")


async def test_a_motors_meter_is_replaced_too(ravi: Phone, rekha: Phone, db: Database, town: Town) -> None:
    await ravi.say("/replace MOTOR-B")
    assert "never read before" not in await ravi.press("Display is dead")
    await ravi.say("77000009")
    await ravi.press("0")
    assert "display dead, never read before" in await ravi.press("No camera")
    await ravi.press("Send")
    assert "<b>MOTOR-B</b> · motor" in await on_card(rekha, db, town, "Approve")
    assert "MOTOR-B" in await ravi.say("77000009 30")


async def test_a_lower_reading_offers_the_way_here(ravi: Phone) -> None:
    await ravi.say("B17-FF 100")
    assert "Meter replaced" in ravi.labels
    assert "old meter 19152159" in await ravi.press("Meter replaced")


async def test_where_units_are_sent_the_card_says_so(ravi: Phone, rekha: Phone, db: Database, town: Town) -> None:
    ravi.society = rekha.society = SOCIETY
    await asked(ravi)
    card = await told(db, town.rekha, "replacement_asked", SOCIETY)
    assert card is not None
    assert "Units are sent here: the numbers are only noted" in card.text
    assert "Approved by Rekha" in await on_card(rekha, db, town, "Approve")
    assert (await ravi.say("B17-FF 146")).startswith("B17-FF · <b>146</b> units · saved")

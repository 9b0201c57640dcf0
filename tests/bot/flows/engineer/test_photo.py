"""Photos find their reading."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.conversation import Action
from jobs.photo_intake import PhotoRefusal, PhotoRefused
from storage import photos, readings
from storage.database import Database
from storage.readings import ReadingState
from tests.bot.flows.engineer.conftest import NOW, photo
from tests.bot.flows.engineer.test_message import stored
from tests.bot.flows.phone import Phone
from tests.jobs.test_replace_meter import replaced
from tests.society import Town, billed


async def counts(db: Database) -> dict[str, int]:
    """How many photos each pending reading has."""
    return {one.flat_code: len(one.photo_ids) for one in await stored(db)}


async def test_a_caption_is_a_reading_with_its_photo(ravi: Phone, db: Database) -> None:
    said = await ravi.photo(photo(), "B17-FF 146")
    assert "With photo." in said
    assert await counts(db) == {"B17-FF": 1}
    assert ravi.labels == ["Fix", "Undo"]


async def test_a_photo_within_ten_minutes_belongs_to_the_reading_before_it(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146")
    await ravi.say("B18-FF 90")
    ravi.now += timedelta(minutes=10)
    assert "Photo added to <b>B18-FF 90</b>" in await ravi.photo(photo("one"))
    assert "Photo added to <b>B17-FF 146</b>" in await ravi.press("No, B17-FF")
    assert await counts(db) == {"B17-FF": 1, "B18-FF": 0}
    ravi.now += timedelta(seconds=1)
    assert "Which flat is it?" in await ravi.photo(photo("two"))


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        ("B17-FF withdrawn", "B17-FF 146 was taken back. The photo stays with <b>B18-FF 90</b>."),
        ("B18-FF approved", "<b>B18-FF 90</b> is approved already, so its photo stays."),
        ("B18-FF billed", "<b>B18-FF 90</b> is approved already, so its photo stays."),
    ],
)
async def test_a_photo_stays_where_moving_it_would_lose_it(
    ravi: Phone, db: Database, meanwhile: str, said: str
) -> None:
    await ravi.say("B17-FF 146\nB18-FF 90")
    async with db.transaction() as conn:
        found = {one.flat_code: one for one in await readings.pending(conn)}
        flat, _, state = meanwhile.partition(" ")
        one, other = found["B18-FF"].id, found["B17-FF"].id
        photo_id = await photos.store(conn, b"1" * 32, b"x", 4, 3, by=ravi.who.person_id, at=ravi.now)
        await photos.attach(conn, one, photo_id)
        await readings.set_state(conn, found[flat].id, ReadingState(state))
    shown = {"photo": photo_id, "by": ravi.who.person_id, "from": one, "to": other, "card": "photo:1"}
    assert said in await ravi.press_action(Action("photo.move", shown))
    async with db.transaction() as conn:
        assert (await readings.get(conn, one)).photo_ids == (photo_id,)
        assert (await readings.get(conn, other)).photo_ids == ()


async def test_in_a_group_only_its_sender_moves_a_photo(ravi: Phone, town: Town, db: Database) -> None:
    mate = Phone(db, replace(ravi.who, external_id=town.sunil.external_id), NOW)
    await ravi.say("B17-FF 146")
    await ravi.say("B18-FF 90")
    await ravi.photo(photo())
    assert "Only who sent the photo" in await mate.press("No, B17-FF", among=ravi.messages)
    assert await counts(db) == {"B17-FF": 0, "B18-FF": 1}


async def test_a_photo_in_reply_belongs_to_that_reading_however_old(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146")
    first = ravi.last_id
    await ravi.say("B18-FF 90")
    ravi.now += timedelta(days=1)
    assert "Photo added to <b>B17-FF 146</b>" in await ravi.photo(photo(), reply_to=first)
    assert await counts(db) == {"B17-FF": 1, "B18-FF": 0}


async def test_a_photo_alone_waits_ten_minutes_for_its_reading(ravi: Phone, db: Database) -> None:
    said = await ravi.photo(photo("one"))
    assert said.startswith("The photo is kept. Which flat is it?")
    ravi.now += timedelta(minutes=9)
    await ravi.say("B17-FF 146")
    assert await counts(db) == {"B17-FF": 1}
    await ravi.photo(photo("two"), "no words of use")
    ravi.now += timedelta(minutes=11)
    await ravi.say("B18-FF 90")
    assert await counts(db) == {"B17-FF": 1, "B18-FF": 0}


async def test_a_photo_with_a_wrong_flat_waits_for_the_right_one(ravi: Phone, db: Database) -> None:
    await ravi.photo(photo(), "B71-FF 146")
    await ravi.press("B17-FF")
    await ravi.say("B18-FF 90")
    assert await counts(db) == {"B17-FF": 1, "B18-FF": 0}


@pytest.mark.parametrize(
    ("refused", "right"),
    [
        ("C14-SF 95", None),
        ("B7-FF 112", None),
        ("55501 95 on 3 Oct", "B17-FF 95"),
        ("19152159 112", "55501 112"),
        ("MOTOR-B 112 motor 3", "MOTOR-B 112"),
        ("B17-SF 95 on 5 Nov", "B17-SF 95"),
        ("B17-SF 1e9", "B17-SF 95"),
    ],
)
async def test_the_photo_of_a_refused_reading_goes_to_no_other_meter(
    ravi: Phone, town: Town, db: Database, refused: str, right: str | None
) -> None:
    async with db.transaction() as conn:
        await replaced(conn, town)
        await billed(conn, town.flat("C14-SF"), date(2026, 10, 3), date(2026, 11, 2), "90")
        await conn.execute("update meters set flat_id = null where meter_number = '19152163'")
    await ravi.photo(photo(), refused)
    await ravi.say("B17-GF 100")
    assert await counts(db) == {"B17-GF": 0}
    if right:
        assert "With photo." in await ravi.say(right)


async def test_add_photo_asks_for_it(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146")
    card = ravi.messages
    await ravi.say("B18-FF 90")
    assert "Send the photo of <b>B17-FF</b> now." in await ravi.press("Add photo", among=card)
    assert "Photo added to <b>B17-FF 146</b>" in await ravi.photo(photo())
    assert await counts(db) == {"B17-FF": 1, "B18-FF": 0}


async def test_the_same_photo_again_is_answered_by_itself(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146")
    await ravi.photo(photo())
    first = {reply.card for reply in ravi.replies}
    said = await ravi.photo(photo())
    assert said.startswith("This photo is already with <b>B17-FF 146</b> of 2 Nov 2026.")
    assert first.isdisjoint({reply.card for reply in ravi.replies})
    await ravi.say("B18-FF 90")
    said = await ravi.photo(photo())
    assert said.startswith("Photo added to <b>B18-FF 90</b>. The same photo is with B17-FF 146 too.")
    assert first.isdisjoint({reply.card for reply in ravi.replies})
    assert await counts(db) == {"B17-FF": 1, "B18-FF": 1}


async def test_the_same_photo_again_does_not_wait_for_the_next_reading(ravi: Phone, db: Database) -> None:
    await ravi.photo(photo(), "B17-FF 146")
    assert "already with <b>B17-FF 146</b>" in await ravi.photo(photo())
    await ravi.say("B18-FF 90")
    assert await counts(db) == {"B17-FF": 1, "B18-FF": 0}


async def test_the_same_photo_for_another_reading_is_taken_where_that_is_said(ravi: Phone, db: Database) -> None:
    await ravi.photo(photo(), "B17-FF 146")
    first = ravi.last_id
    await ravi.say("B18-FF 90")
    second = ravi.last_id
    assert "Photo added to <b>B18-FF 90</b>" in await ravi.photo(photo(), reply_to=second)
    cards = {reply.card for reply in ravi.replies}
    assert "already with <b>B17-FF 146</b>" in await ravi.photo(photo(), reply_to=first)
    assert cards.isdisjoint({reply.card for reply in ravi.replies})
    assert await counts(db) == {"B17-FF": 1, "B18-FF": 1}


async def test_the_photo_of_a_reading_taken_back_may_come_again(ravi: Phone, db: Database) -> None:
    await ravi.photo(photo(), "B17-FF 146")
    await ravi.press("Undo")
    assert "Which flat is it?" in await ravi.photo(photo())
    assert "With photo." in await ravi.say("B18-FF 90")
    assert await counts(db) == {"B18-FF": 1}


async def test_a_file_that_is_no_picture_is_told_so(ravi: Phone) -> None:
    assert await ravi.document("application/pdf") == "This is not a photo. Take a photo of the meter and send it."


async def test_a_refused_photo_does_not_lose_the_reading(ravi: Phone, db: Database) -> None:
    said = await ravi.photo(PhotoRefused(PhotoRefusal.TOO_LARGE), "B17-FF 146")
    assert "B17-FF · <b>146</b> units · saved" in said
    assert "too large" in said
    assert await counts(db) == {"B17-FF": 0}
    assert "did not arrive" in await ravi.photo(None)


async def test_a_bare_album_stays_together_whatever_was_sent_before(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146")
    await ravi.say("B18-FF 80")
    ravi.album = "a1"
    await ravi.photo(photo("one"))
    question = ravi.replies[0].card
    await ravi.photo(photo("two"))
    assert ravi.replies[0].card == question
    ravi.album, ravi.burst = None, "burst:1"
    await ravi.photo(photo("three"))
    question = ravi.replies[0].card
    await ravi.photo(photo("four"))
    assert ravi.replies[0].card == question
    assert await counts(db) == {"B17-FF": 0, "B18-FF": 0}


async def test_a_photo_after_a_reading_of_the_same_burst_is_its_own(ravi: Phone, db: Database) -> None:
    ravi.burst = "burst:1"
    await ravi.say("B17-FF 146")
    await ravi.photo(photo())
    assert await counts(db) == {"B17-FF": 1}


async def test_words_that_say_nothing_are_asked_about(ravi: Phone, db: Database) -> None:
    await ravi.say("B18-FF 90")
    assert "Which flat is it? Tap it" in await ravi.photo(photo(), "hello")
    assert await counts(db) == {"B18-FF": 0}
    assert "Photo added to <b>B18-FF 90</b>." in await ravi.press("B18-FF 90")
    assert "already with <b>B18-FF 90</b>" in await ravi.photo(photo(), "hello")
    assert await counts(db) == {"B18-FF": 1}


async def test_several_readings_sent_together_are_asked_about(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146\nB18-FF 90")
    assert "Which flat is it? Tap it" in await ravi.photo(photo())
    assert ravi.labels == ["B18-FF 90", "B17-FF 146"]
    asked = ravi.messages
    await ravi.press("B17-FF 146")
    await ravi.say("/undo")
    assert "was taken back. The photo is kept" in await ravi.press("B18-FF 90", among=asked)


async def test_a_photo_is_not_given_to_a_reading_before_the_last_one(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146")
    await ravi.photo(photo("one"), "B18-FF 90")
    assert "Which flat is it? Tap it" in await ravi.photo(photo("two"))
    assert ravi.labels == ["B17-FF 146"]
    assert await counts(db) == {"B17-FF": 0, "B18-FF": 1}

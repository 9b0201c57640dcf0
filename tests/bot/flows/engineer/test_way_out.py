"""A question never holds anybody: another flat, a command or Stop leads out of it, and a wrong answer is told why."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.metering import ReadingMode
from storage.database import Database
from tests.bot.flows.engineer.conftest import photo
from tests.bot.flows.engineer.test_message import stored
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY


@pytest.mark.parametrize("other", ["B18-FF", "b18 ff", "Ｂ１８ＦＦ", "19152162"])
async def test_another_flat_alone_is_asked_about_instead(ravi: Phone, db: Database, other: str) -> None:
    await ravi.say("B17-FF")
    said = await ravi.say(other)
    assert said.startswith("<b>B18-FF</b>")
    assert said.endswith("Send the units this month.")
    await ravi.say("90")
    for label in ("Skip", "Today", "Skip"):
        await ravi.press(label)
    await ravi.press("Send")
    assert [(one.flat_code, one.value) for one in await stored(db)] == [("B18-FF", Decimal(90))]


async def test_the_same_flat_again_is_asked_again_and_a_block_is_opened(ravi: Phone) -> None:
    await ravi.say("B17-FF")
    assert (await ravi.say("b17ff")).startswith("<b>B17-FF</b>")
    assert "Which flat of <b>B18</b>?" in await ravi.say("b18")


async def test_another_flat_amid_the_later_questions_says_what_is_not_sent(ravi: Phone) -> None:
    for answers in (["146"], ["146", "3"], ["146", "3", "1 Nov"]):
        await ravi.say("/read B17-FF")
        for one in answers:
            await ravi.say(one)
        said = await ravi.say("B18-FF")
        assert said.startswith("<b>B17-FF 146</b> is not sent.\n\n<b>B18-FF</b>")
        assert said.endswith("Send the units this month.")


async def test_another_flat_instead_of_the_right_number_or_the_photo(ravi: Phone) -> None:
    await ravi.say("B17-FF 1460")
    card = ravi.messages
    for asks in ("Re-enter", "Add photo"):
        await ravi.press(asks, among=card)
        assert (await ravi.say("B18-FF")).endswith("Send the units this month.")


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("what", "<b>B17-FF</b>: that is not a number. Send it like <code>146</code>"),
        ("X99-GF", "<b>B17-FF</b>: that is not a number. Send it like <code>146</code>"),
        ("146,5", "<b>B17-FF</b> is not saved: a comma is in the wrong place. Send it like <code>146.5</code>"),
        ("-5", "<b>B17-FF</b> is not saved: a reading is never negative. Send it like <code>146</code>"),
        (
            "१२.३४५",
            "<b>B17-FF</b> is not saved: two digits after the point at most. Send it like <code>146</code>",
        ),
        ("99999999", "<b>B17-FF</b> is not saved: the number is too large. Send it like <code>146</code>"),
    ],
)
async def test_a_wrong_answer_is_told_which_flat_and_why(ravi: Phone, db: Database, typed: str, why: str) -> None:
    await ravi.say("B17-FF")
    assert await ravi.say(typed) == why
    refused = ravi.replies[0].card
    assert ravi.labels == ["Stop"]
    assert await ravi.press("Stop") == "Stopped. Nothing was sent."
    assert ravi.replies[0].card == refused
    assert "Which flat is <b>146</b> for?" in await ravi.say("146")
    assert not await stored(db)


async def test_a_wrong_share_or_date_can_be_left(ravi: Phone) -> None:
    await ravi.say("/read B17-FF")
    await ravi.say("146")
    assert "<b>B17-FF</b> is not saved: a comma is in the wrong place." in await ravi.say("3,2")
    assert ravi.labels == ["Skip", "Stop"]
    assert "Of which day" in await ravi.press("Skip")
    assert "That is no date." in await ravi.say("one day")
    assert ravi.labels == ["Stop"]
    await ravi.press("Stop")
    assert "Send a flat or meter" in await ravi.say("yes")


@pytest.mark.parametrize("word", ["Stop", "STOP", "रोकें"])
async def test_the_word_on_the_button_ends_the_question_and_only_then_the_news(
    ravi: Phone, db: Database, word: str
) -> None:
    await ravi.say("/read B17-FF")
    assert await ravi.say(word) == "Stopped. Nothing was sent."
    assert "Which flat is <b>146</b> for?" in await ravi.say("146")
    assert not await opted_out(db)
    assert "Send START" in await ravi.say(word)
    assert await opted_out(db)


async def test_the_command_ends_the_news_amid_a_question_too(ravi: Phone, db: Database) -> None:
    await ravi.say("/read B17-FF")
    await ravi.say("/stop")
    assert await opted_out(db)


async def opted_out(db: Database) -> bool:
    async with db.transaction() as conn:
        return bool(await conn.fetchval("select count(opted_out_at) from chat_identities"))


async def test_fix_can_be_left(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146")
    await ravi.press("Fix")
    assert "146.5" in await ravi.say("146,5")
    await ravi.press("Stop")
    assert "Which flat is <b>150</b> for?" in await ravi.say("150")
    assert [one.value for one in await stored(db)] == [146]


@pytest.mark.parametrize("command", ["/pending", "List", "/help", "/undo"])
async def test_a_command_ends_the_question(ravi: Phone, db: Database, command: str) -> None:
    await ravi.say("B17-FF")
    await ravi.say(command)
    assert "Which flat is <b>146</b> for?" in await ravi.say("146")
    assert not await stored(db)


async def test_digits_that_are_a_meter_and_may_be_its_register_are_asked_about(ravi: Phone, db: Database) -> None:
    async with db.transaction() as conn:
        await conn.execute("update meters set meter_number = '91521' where meter_number = '19152162'")
    await ravi.say("B17-FF")
    assert (await ravi.say("91521")).startswith("<b>B18-FF</b>")
    ravi.society = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
    await ravi.say("B17-FF")
    said = await ravi.say("91521")
    assert said == "<b>91521</b> is also the meter of B18-FF. Is it the number on the meter of B17-FF?"
    assert ravi.labels == ["B17-FF 91521", "Meter 91521"]
    both = ravi.messages
    assert "Motor share of <b>B17-FF</b>" in await ravi.press("B17-FF 91521")
    assert (await ravi.press("Meter 91521", among=both)).startswith("<b>B18-FF</b>")
    await ravi.say("B17-FF")
    assert "Motor share of <b>B17-FF</b>" in await ravi.say("91522")


async def test_a_photo_amid_a_question_stays_with_it(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF")
    await ravi.photo(photo())
    await ravi.say("146")
    await ravi.press("Skip")
    await ravi.press("Today")
    await ravi.press("Send")
    assert [len(one.photo_ids) for one in await stored(db)] == [1]

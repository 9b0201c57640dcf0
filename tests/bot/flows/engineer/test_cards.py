"""What is typed is answered below it; what is pressed is answered on the very message that carried the button."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.metering import ReadingMode
from storage import readings
from storage.database import Database
from storage.readings import ReadingState
from tests.bot.flows.engineer.conftest import NOW, photo
from tests.bot.flows.engineer.test_message import stored
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY, Town, billed, past


def card(phone: Phone) -> str | None:
    """The message that is shown or edited by the first of the latest answers."""
    return phone.replies[0].card


@pytest.fixture
async def billed_today(town: Town, db: Database) -> str:
    """B18-FF, whose reading of today is billed."""
    async with db.transaction() as conn:
        await billed(conn, town.flat("B18-FF"), date(2026, 10, 3), date(2026, 11, 2), "120")
    return "B18-FF"


async def test_every_message_about_a_billed_flat_is_answered_anew(ravi: Phone, billed_today: str) -> None:
    await ravi.say(f"{billed_today} 150")
    asked = card(ravi)
    assert "The office is told about B18-FF" in await ravi.press("Ask the office")
    assert card(ravi) == asked
    for again in ("b18ff", f"{billed_today} 150 on 2 Nov", "/read b18ff", f"{billed_today} 150"):
        shown = set(ravi.cards)
        assert "was billed on 2 Nov 2026" in await ravi.say(again)
        assert card(ravi) not in shown
    await ravi.edit(ravi.last_id, f"{billed_today} 151")
    assert card(ravi) != asked


async def test_what_is_typed_amid_the_steps_is_answered_below_it(ravi: Phone) -> None:
    await ravi.say("/read")
    first = ravi.messages
    await ravi.say("b17")
    await ravi.press("Back")
    await ravi.say("b18")
    await ravi.press("B7", among=first)
    shown = set(ravi.cards)
    await ravi.say("ff")
    assert card(ravi) not in shown


async def test_a_late_press_on_a_question_is_answered_on_it(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146")
    await ravi.say("B17-FF 150")
    first, first_card = ravi.messages, card(ravi)
    await ravi.say("B17-FF 155")
    second_card = card(ravi)
    said = await ravi.press("Replace by 155")
    assert said.startswith("Replaced: B17-FF <b>155</b> units.\n\nB17-FF · <b>155</b> units · saved, was 146")
    assert card(ravi) == second_card
    for late in ("Replace by 150", "Keep 146"):
        said = await ravi.press(late, among=first)
        assert said == "B17-FF changed since: it is <b>155</b> of 2 Nov 2026 now."
        assert (card(ravi), ravi.labels, len(ravi.replies)) == (first_card, [], 1)
    assert [one.value for one in await stored(db)] == [155]


async def test_a_late_press_after_undo_is_answered_on_it(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 1460")
    saved, saved_card = ravi.messages, card(ravi)
    await ravi.say("B17-FF 150")
    question, question_card = ravi.messages, card(ravi)
    await ravi.say("b17ff")
    known, known_card = ravi.messages, card(ravi)
    await ravi.say("/undo")
    for messages, shown_on, label in (
        (question, question_card, "Replace by 150"),
        (question, question_card, "Keep 1460"),
        (saved, saved_card, "It is right"),
        (saved, saved_card, "Undo"),
        (saved, saved_card, "Re-enter"),
        (saved, saved_card, "Add photo"),
        (known, known_card, "Replace"),
        (known, known_card, "It is right"),
    ):
        assert await ravi.press(label, among=messages) == "B17-FF: <b>1460</b> of 2 Nov 2026 was taken back."
        assert (card(ravi), ravi.labels, len(ravi.replies)) == (shown_on, [], 1)
    assert not await stored(db)


async def test_a_press_on_a_second_card_of_a_reading_redraws_that_one(ravi: Phone) -> None:
    await ravi.say("B17-FF 146")
    await ravi.say("B17-FF 146")
    again = card(ravi)
    assert "Taken back" in await ravi.press("Undo")
    assert card(ravi) == again


async def test_a_table_says_that_all_of_it_is_taken_back(ravi: Phone) -> None:
    await ravi.say("B17-FF 146\nB17-GF 90")
    table = card(ravi)
    assert "Taken back 2 readings" in await ravi.press("Undo all 2")
    assert (card(ravi), ravi.labels) == (table, [])


async def test_where_the_chat_has_no_card_of_what_holds_now_it_can_be_changed_at_once(
    ravi: Phone, sunil: Phone
) -> None:
    await ravi.photo(photo(), "B17-FF 146")
    shown = card(ravi)
    await sunil.say("B17-FF 150")
    await sunil.press("Replace")
    assert "changed since: it is <b>150</b>" in await ravi.press("Undo")
    assert (card(ravi), ravi.labels) == (shown, ["Fix", "Undo"])


async def test_a_late_press_after_the_bill_is_answered_on_it(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 1460")
    saved, shown = ravi.messages, card(ravi)
    (reading,) = await stored(db)
    async with db.transaction() as conn:
        await readings.set_state(conn, reading.id, ReadingState.BILLED, by=reading.submitted_by, at=NOW)
    for label in ("Re-enter", "It is right", "Undo"):
        assert "An office colleague can correct it." in await ravi.press(label, among=saved)
        assert (card(ravi), ravi.labels, len(ravi.replies)) == (shown, ["Ask the office"], 1)
    assert "The office is told" in await ravi.press("Ask the office")
    assert card(ravi) == shown


async def test_an_odd_reading_within_a_round_says_where_it_goes_on(ravi: Phone) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    assert (await ravi.say("1460")).endswith("\nThen the round goes on with B17-SF.")


async def test_an_odd_reading_within_a_round_does_not_go_on_with_what_was_skipped(ravi: Phone) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    await ravi.press("Skip")
    await ravi.press("Skip")
    assert (await ravi.say("B17-FF 1460")).endswith("\nThen the round goes on with B18-GF.")
    assert "Next: <b>B18-GF</b>" in await ravi.press("It is right")


async def test_examples_are_numbers_that_the_meter_could_show(ravi: Phone, db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await past(conn, town.flat("B7-FF"), date(2026, 10, 2), "12601")
    ravi.society = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
    assert "B7-FF 12747" in await ravi.say("/help")
    await ravi.say("/round")
    assert "12747" in await ravi.say("what")
    await ravi.say("/read B7-FF")
    assert "12747" in await ravi.say("-5")

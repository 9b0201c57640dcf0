"""An engineer asks about a billed reading: the admin gets what it takes to put it right, and to answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.conversation import Reply
from storage.database import Database
from tests.bot.flows.admin.test_announcements import told
from tests.bot.flows.phone import Phone
from tests.society import Town


@pytest.fixture
async def card(db: Database, town: Town, ravi: Phone, rekha: Phone) -> Reply:
    """Ravi read 150 where 146 is billed, and asks."""
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    await rekha.press("Approve")
    await ravi.say("B17-FF 150")
    assert "The office is told about B17-FF" in await ravi.press("Ask the office")
    found = await told(db, "ask_office", town.rekha)
    assert found is not None
    return found


async def test_every_question_is_passed_on_and_an_equal_one_once(
    card: Reply, ravi: Phone, db: Database, town: Town
) -> None:
    ravi.now += timedelta(hours=3)
    sunil = Phone(db, town.sunil, ravi.now)
    for phone, line in ((ravi, "B17-FF 160"), (sunil, "B17-FF 150")):
        await phone.say(line)
        assert "The office is told about B17-FF" in await phone.press("Ask the office")
        told_now = await told(db, "ask_office", town.rekha)
        assert told_now is not None
        assert f"{phone.who.name} asks" in told_now.text
        assert line.rpartition(" ")[2] in told_now.text
    await ravi.say("B17-FF 150")
    said = await ravi.press("Ask the office")
    assert said == "Already passed on at 10:42: the office knows about B17-FF. They will write to you."


async def test_where_nobody_can_be_reached_it_is_said(db: Database, town: Town, ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    await rekha.press("Approve")
    await ravi.say("B17-FF 150")
    async with db.transaction() as conn:
        await conn.execute("update chat_identities set reachable = false where person_id <> $1", town.ravi.person_id)
    said = await ravi.press("Ask the office")
    assert said == "Not passed on: nobody of the office is in this chat yet. Call the office about B17-FF."


async def press(phone: Phone, card: Reply, label: str) -> str:
    [button] = [one for row in card.buttons for one in row if label in one.label]
    assert button.action is not None
    return await phone.press_action(button.action)


async def test_the_card_names_the_reading_the_bill_and_the_way(card: Reply) -> None:
    lines = card.text.splitlines()
    assert lines[0] == "Ravi asks to correct <b>B17-FF 146</b> of 2 Nov 2026. It should be <b>150</b>."
    assert lines[1].startswith("It is on bill 2026-00")
    assert "₹3,226.00 · " in lines[1]
    assert lines[2] == "If it is wrong, void the bill: its reading can then be corrected and billed again."
    labels = [[button.label for button in row] for row in card.buttons]
    assert labels == [["Void bill", "Account"], ["See the reading", "Answer Ravi"]]


async def test_its_buttons_lead_on(card: Reply, rekha: Phone) -> None:
    assert "November 2026 bill of <b>B17-FF</b>, ₹3,226.00" in await press(rekha, card, "Void bill")
    assert "<b>B17-FF</b> · owes ₹3,226.00" in await press(rekha, card, "Account")
    assert "Approved by Rekha" in await press(rekha, card, "See the reading")


async def test_an_admin_who_types_a_billed_flat_reads_how_to_put_it_right(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    await rekha.press("Approve")
    said = await rekha.say("B17-FF 150")
    assert said.startswith("B17-FF for November was billed on 2 Nov 2026.\nIf it is wrong, void the bill")
    assert rekha.labels == ["Void bill", "Account", "See the reading"]
    shown = rekha.messages
    assert "Approved by Rekha" in await rekha.press("See the reading", among=shown)
    assert "November 2026 bill of <b>B17-FF</b>" in await rekha.press("Void bill", among=shown)


@pytest.mark.parametrize("words", ["It is corrected", "Please read it once more"])
async def test_the_engineer_is_answered_and_every_admin_sees_it(
    card: Reply, rekha: Phone, db: Database, town: Town, words: str
) -> None:
    assert "What shall Ravi know about <b>B17-FF 146</b>?" in await press(rekha, card, "Answer Ravi")
    said = await (rekha.press(words) if words in rekha.labels else rekha.say(words))
    expected = "it is corrected, thank you." if words == "It is corrected" else words
    assert said == f"Ravi is told: {expected}"
    answer = await told(db, "office_answer", town.ravi)
    assert answer is not None
    assert answer.text == f"Rekha about <b>B17-FF 146</b> of 2 Nov 2026: {expected}"
    assert answer.reply_to == "1"
    other = await told(db, "office_answered", town.mohan)
    assert other is not None
    assert f"Answered by Rekha: {expected}" in other.text
    mine = await told(db, "ask_office", town.mohan)
    assert mine is not None
    assert other.card == mine.card


async def test_what_is_corrected_meanwhile_is_said(card: Reply, rekha: Phone, db: Database, town: Town) -> None:
    await press(rekha, card, "Void bill")
    await rekha.press("Wrong reading")
    assert "Void" in rekha.labels[0]
    await rekha.press("Void ₹3,226.00")
    now = await told(db, "ask_office", town.mohan)
    assert now is not None
    assert "It is on no bill any more: it can be corrected." in now.text


async def test_a_motors_reading_has_no_bill_of_its_own(db: Database, town: Town, ravi: Phone) -> None:
    async with db.transaction() as conn:
        meter = await conn.fetchval("select id from meters where motor_id = $1", town.motors["MOTOR-B"])
        sql = """
            insert into readings (meter_id, reading_date, reading_value, state)
            values ($1, '2026-11-02', 320, 'billed')"""
        await conn.execute(sql, meter)
    await ravi.say("MOTOR-B 330")
    await ravi.press("Ask the office")
    found = await told(db, "ask_office", town.rekha)
    assert found is not None
    assert "Its shares are billed." in found.text
    assert [[button.label for button in row] for row in found.buttons] == [["See the reading", "Answer Ravi"]]

"""A register that went past its last number, in chat: asked at the meter, seen by the office."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.metering import ReadingMode
from storage.database import Database
from tests.bot.flows.engineer.conftest import NOW
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY, Town, build, past

REGISTER = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)


@pytest.fixture
async def town(db: Database) -> Town:
    """B17-FF showed 99950 in October."""
    async with db.transaction() as conn:
        built = await build(conn)
        for month, register in ((7, "99530"), (8, "99650"), (9, "99790"), (10, "99950")):
            await past(conn, built.flat("B17-FF"), date(2026, month, 2), register)
    return built


@pytest.fixture
def ravi(db: Database, town: Town) -> Phone:
    return Phone(db, town.ravi, NOW, REGISTER)


@pytest.fixture
def rekha(db: Database, town: Town) -> Phone:
    return Phone(db, town.rekha, NOW, REGISTER)


async def test_it_is_asked_about_and_the_office_sees_it(ravi: Phone, rekha: Phone) -> None:
    said = await ravi.say("B17-FF 62")
    assert said.startswith(
        "<b>B17-FF</b> · 99950 → <b>00062</b>: has the meter gone past 99999? That would be 112 units."
    )
    assert ravi.labels == ["Yes, it rolled over", "Re-enter", "Meter replaced", "It is right", "Undo"]
    question = ravi.messages
    said = await ravi.press("Yes, it rolled over")
    assert said.startswith("B17-FF · <b>62</b> · 112 units · saved, you say it is right")
    assert "changed since" in await ravi.press("Yes, it rolled over", among=question)
    card = await rekha.say("/pending")
    assert "<b>62</b> on the meter, 112 units" in card
    assert "The meter went past 99999: 99950→62 = 112" in card
    assert "Look: the meter began again at 0" in card
    assert any(label.startswith("Approve ₹") for label in rekha.labels)


async def test_an_old_button_brings_nothing_back_that_the_office_sent_back(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 62")
    question = ravi.messages
    await rekha.say("/pending")
    await rekha.press("Send back")
    await rekha.press("Wrong meter")
    said = await ravi.press("Yes, it rolled over", among=question)
    assert "the office sent <b>62</b> of 2 Nov 2026 back. Please read the meter again." in said
    assert "Nothing waits" in await rekha.say("/pending")


async def test_re_entered_it_is_just_a_number(ravi: Phone) -> None:
    await ravi.say("B17-FF 62")
    await ravi.press("Re-enter")
    assert "· 12 units ·" in await ravi.say("99962")


async def test_the_office_may_say_so_where_the_engineer_did_not(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 62")
    card = await rekha.say("/pending")
    assert "It is lower than the last reading, so there is no sum." in card
    assert "Past 99999 it would be 99950 → 00062 = 112 units." in card
    card = await rekha.press("It went past 99999")
    assert "<b>62</b> on the meter, 112 units" in card
    assert any(label.startswith("Approve ₹") for label in rekha.labels)


async def test_the_office_notes_the_digits(ravi: Phone, rekha: Phone) -> None:
    await rekha.say("/flat B17-FF")
    await rekha.press("Change")
    await rekha.press("Meter")
    assert rekha.labels == ["Meter replaced", "Its digits", "Cancel"]
    said = await rekha.press("Its digits")
    assert "how many digits does the meter show before the point?\nNot known yet." in said
    assert "Noted: after 999999 the meter begins again at 0." in await rekha.press("6")
    assert (await ravi.say("B17-FF 62")).startswith("B17-FF · <b>62</b> is lower than 99950 of ")
    assert "Yes, it rolled over" not in ravi.labels


async def test_a_replacement_may_be_begun_from_the_flats_card(rekha: Phone) -> None:
    await rekha.say("/flat B17-FF")
    await rekha.press("Change")
    await rekha.press("Meter")
    assert "<b>B17-FF</b>, old meter 19152159" in await rekha.press("Meter replaced")
    assert "Please send a photo of the old meter." in await rekha.say("99990")


async def test_where_units_are_sent_no_digits_are_asked(rekha: Phone) -> None:
    rekha.society = SOCIETY
    await rekha.say("/flat B17-FF")
    await rekha.press("Change")
    await rekha.press("Meter")
    assert rekha.labels == ["Meter replaced", "Cancel"]

"""A meter asked for again in its month: what was read, by whom, where it is now, and what can be done about it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from storage.database import Database
from tests.bot.flows.engineer.conftest import NOW, photo
from tests.bot.flows.engineer.test_message import stored
from tests.bot.flows.phone import Phone
from tests.society import Town, billed


@pytest.mark.parametrize("asked", ["b17ff", "/read B17-FF", "19152159"])
async def test_a_read_meter_is_not_asked_for_as_though_new(ravi: Phone, sunil: Phone, asked: str) -> None:
    await ravi.say("B17-FF 146 on 1 Nov")
    said = await sunil.say(asked)
    assert said == (
        "<b>B17-FF is read already</b>: <b>146</b> units on 1 Nov 2026 by Ravi, with the office. Without photo."
    )
    assert sunil.labels == ["Replace", "Keep 146", "Add photo", "Another reading"]
    assert "by you, with the office" in await ravi.say(asked)


async def test_a_tap_on_a_read_flat_says_so(ravi: Phone) -> None:
    await ravi.say("B17-FF 146")
    await ravi.say("/read b17")
    assert "<b>B17-FF is read already</b>" in await ravi.press("B17-FF")
    assert ravi.labels == ["Replace", "Keep 146", "Add photo"]
    assert "Kept: <b>B17-FF 146</b> of 2 Nov 2026." in await ravi.press("Keep 146")


async def test_it_is_replaced_by_whoever_looked_last(ravi: Phone, sunil: Phone, db: Database, town: Town) -> None:
    await ravi.say("B17-FF 146")
    await sunil.say("b17ff")
    assert "Send the right units this month of <b>B17-FF</b>. It was 146." in await sunil.press("Replace")
    assert "B17-FF · <b>150</b> units · saved, was 146" in await sunil.say("150")
    (reading,) = await stored(db)
    assert (reading.value, reading.submitted_by) == (Decimal(150), town.sunil.person_id)


async def test_an_odd_one_may_be_right(ravi: Phone) -> None:
    await ravi.say("B17-FF 1460")
    assert "look again" in await ravi.say("b17ff")
    assert ravi.labels[:2] == ["Replace", "It is right"]
    assert "you say it is right" in await ravi.press("It is right")


async def test_a_billed_one_is_for_the_office(ravi: Phone, town: Town, db: Database) -> None:
    async with db.transaction() as conn:
        await billed(conn, town.flat("B18-FF"), date(2026, 10, 3), date(2026, 11, 2), "120")
    said = await ravi.say("b18ff")
    assert said == "B18-FF for November was billed on 2 Nov 2026. An office colleague can correct it."
    assert ravi.labels == ["Ask the office"]
    assert "The office is told about B18-FF" in await ravi.press("Ask the office")


async def test_the_next_month_may_be_read_in_the_same_month(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146 on 1 Nov")
    ravi.now = NOW.replace(day=30)
    await ravi.say("b17ff")
    assert "Send the units this month." in await ravi.press("Another reading")
    await ravi.say("150")
    await ravi.press("Skip")
    await ravi.press("Today")
    await ravi.press("Skip")
    await ravi.press("Send")
    assert sorted(one.date.day for one in await stored(db)) == [1, 30]


async def test_another_flat_after_another_reading_is_looked_at_anew(ravi: Phone) -> None:
    await ravi.say("B17-FF 146 on 1 Nov\nB17-GF 90")
    await ravi.say("b17ff")
    await ravi.press("Another reading")
    await ravi.press("Back")
    assert "B17-GF is read already" in await ravi.say("b17gf")


async def test_one_that_was_sent_back_is_asked_for_and_why(ravi: Phone, db: Database, town: Town) -> None:
    await ravi.photo(photo(), "B17-FF 146")
    rekha = Phone(db, town.rekha, NOW)
    await rekha.say("/pending")
    await rekha.press("Send back")
    await rekha.press("Too high")
    said = await ravi.say("b17ff")
    assert "B17-FF 146 of 2 Nov 2026 was sent back: too high." in said
    assert "Send the units this month." in said

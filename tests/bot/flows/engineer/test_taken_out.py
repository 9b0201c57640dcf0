"""An old meter's reading is changed in chat after its replacement was approved."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from jobs.approve_reading import send_back
from jobs.replace_meter import Asked, ask
from storage import readings
from storage.database import Database
from tests.bot.flows.engineer.conftest import NOW
from tests.bot.flows.engineer.test_replace import ravi as ravi  # noqa: PLC0414 - the fixture
from tests.bot.flows.engineer.test_replace import rekha as rekha  # noqa: PLC0414 - the fixture
from tests.bot.flows.engineer.test_replace import town as town  # noqa: PLC0414 - the fixture
from tests.bot.flows.phone import Phone
from tests.jobs.test_replace_meter import job, replaced, wanted
from tests.society import Town

ON = date(2026, 11, 2)
TAKEN_OUT = "Meter 19152159 of <b>B17-FF</b> was taken out with 1454 on 2 Nov 2026: it cannot have shown 1540 on"


async def new_meter(db: Database, town: Town, on: date = ON) -> None:
    """Asked for with 1454 and approved."""
    async with db.transaction() as conn:
        await replaced(conn, town, wanted(town, on=on))


async def test_an_edited_message_says_with_what_the_meter_was_taken_out(ravi: Phone, db: Database, town: Town) -> None:
    ravi.now = NOW.replace(day=1)
    await ravi.say("B17-FF 1440")
    message = ravi.last_id
    await new_meter(db, town)
    ravi.now = NOW
    said = await ravi.edit(message, "B17-FF 1540")
    assert f"{TAKEN_OUT} 1 Nov 2026. Nothing was saved. Send the right number." in said
    assert "1440" in said.removeprefix(TAKEN_OUT)
    async with db.transaction() as conn:
        assert [one.value for one in await readings.pending(conn)] == [Decimal(1440)]
    assert "<b>1450</b>" in await ravi.edit(message, "B17-FF 1450")


async def test_lines_of_a_message_say_it_in_a_table(ravi: Phone, db: Database, town: Town) -> None:
    ravi.now = NOW.replace(day=1)
    await ravi.say("B17-FF 1440\nB17-GF 100")
    message = ravi.last_id
    await new_meter(db, town)
    ravi.now = NOW
    assert "the meter was taken out with 1454" in await ravi.edit(message, "B17-FF 1540\nB17-GF 101")


async def test_the_question_stays_open_until_the_number_fits(ravi: Phone, db: Database, town: Town) -> None:
    ravi.now = NOW.replace(day=1)
    await ravi.say("B17-FF 1440")
    await ravi.press("Fix")
    await new_meter(db, town)
    ravi.now = NOW
    assert f"{TAKEN_OUT} 1 Nov 2026." in await ravi.say("1540")
    assert "<b>1445</b>" in await ravi.say("1445")


async def test_what_was_sent_back_is_answered_for_a_day_on_which_the_meter_was_there(
    ravi: Phone, db: Database, town: Town
) -> None:
    await ravi.say("B17-FF 12")
    message = ravi.messages
    async with db.transaction() as conn:
        [reading] = await readings.pending(conn)
        await send_back(job(conn, town.rekha, ON), reading.id, reading.version, "unclear_photo")
    await new_meter(db, town, date(2026, 11, 1))
    await ravi.press("Re-enter", among=message)
    said = "Meter 19152159 of <b>B17-FF</b> was taken out on 1 Nov 2026: nothing was saved. Send that day or before."
    assert await ravi.say("1450") == said
    assert "<b>1450</b> of 1 Nov 2026" in await ravi.say("1450 1.11.2026")


async def test_the_office_corrects_no_further_than_the_meter_counted(
    ravi: Phone, rekha: Phone, db: Database, town: Town
) -> None:
    ravi.now = NOW.replace(day=1)
    await ravi.say("B17-FF 1440")
    await new_meter(db, town)
    await rekha.say("/pending")
    await rekha.press("Correct")
    said = await rekha.say("1540")
    assert said == f"{TAKEN_OUT} 1 Nov 2026. Nothing was saved. Send the right value, or send the reading back."
    await rekha.say("1450")
    assert "<b>1450</b> on the meter, 30 units" in rekha.replies[-1].text


async def test_the_office_sends_back_what_was_read_on_no_meter(
    ravi: Phone, rekha: Phone, db: Database, town: Town
) -> None:
    ravi.now = NOW.replace(day=1)
    await ravi.say("B17-FF 1440")
    await new_meter(db, town, date(2026, 11, 1))
    async with db.transaction() as conn:
        await conn.execute("update readings set reading_date = '2026-11-02' where state = 'pending'")
    await rekha.say("/pending")
    await rekha.press("Correct")
    said = "Meter 19152159 of <b>B17-FF</b> was not there on 2 Nov 2026: nothing was saved. Send the reading back."
    assert await rekha.say("1445") == said


async def test_a_turn_that_no_longer_holds_is_not_approved(ravi: Phone, rekha: Phone, db: Database, town: Town) -> None:
    ravi.now = NOW.replace(day=1)
    await ravi.say("B17-FF 99950")
    async with db.transaction() as conn:
        what = wanted(town, on=ON, closing=Decimal(40), rolled_over=Decimal(100_000))
        made = await ask(job(conn, town.ravi, ON), what, "turned")
        assert isinstance(made, Asked)
    await rekha.say("/pending")
    await rekha.press("Correct")
    await rekha.say("20")
    await rekha.say("/pending")
    await rekha.press("New meter B17-FF")
    said = await rekha.press("Approve")
    assert said.startswith(
        "<b>Not approved yet:</b> Meter 19152159 showed 20 on 1 Nov 2026: it has not gone past its end since. "
        "Send it back, for its last number to be sent anew."
    )


async def test_who_asks_with_a_turn_that_no_longer_holds_is_asked_again(ravi: Phone, db: Database, town: Town) -> None:
    ravi.now = NOW.replace(day=1)
    await ravi.say("B17-FF 99950")
    message = ravi.last_id
    ravi.now = NOW
    await ravi.say("/replace B17-FF")
    await ravi.say("62")
    await ravi.press("Yes, it rolled over")
    await ravi.press("No camera")
    await ravi.say("55501")
    await ravi.press("0")
    await ravi.press("No camera")
    summary = ravi.messages
    await ravi.edit(message, "B17-FF 60")
    said = await ravi.press("Send", among=summary)
    assert "Meter 19152159 showed 60 on 1 Nov 2026: it has not gone past its end since." in said
    assert "what does it show now?" in said

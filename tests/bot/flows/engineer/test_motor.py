"""Motors' own meters read like any other: by name, by number, step by step, with undo and a second look."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from storage.database import Database
from tests.bot.flows.engineer.conftest import photo
from tests.bot.flows.engineer.test_message import stored
from tests.bot.flows.phone import Phone
from tests.society import Town


async def test_by_name_or_number_in_any_way(ravi: Phone, db: Database) -> None:
    said = await ravi.say("motor b 320")
    assert said.startswith("MOTOR-B · <b>320</b> units · saved\nMeter 77000001, serves 5 flats.")
    assert "already saved" in await ravi.say("77000001 320")
    assert "already has <b>320</b>" in await ravi.say("MOTOR-B 330")
    assert "<b>330</b>" in await ravi.press("Replace")
    said = await ravi.say("MOTOR-C 90\nB17-FF 146")
    assert "Saved 2 readings" in said
    assert "MOTOR-C" in said
    assert "Taken back 2 readings" in await ravi.say("/undo")
    (reading,) = await stored(db)
    assert (reading.flat_code, reading.value) == ("MOTOR-B", Decimal(330))


async def test_with_a_photo_and_unusual_values(ravi: Phone, db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        meter = await conn.fetchval("select id from meters where motor_id = $1", town.motors["MOTOR-B"])
        for month, value in ((8, 300), (9, 320), (10, 340)):
            sql = "insert into readings (meter_id, reading_date, reading_value, state) values ($1, $2, $3, 'history')"
            await conn.execute(sql, meter, date(2026, month, 2), Decimal(value))
    said = await ravi.photo(photo(), "MOTOR-B 3200")
    assert "is 10 times the usual 320." in said
    assert "It is right" in ravi.labels
    await ravi.press("Re-enter")
    said = await ravi.say("320")
    assert "Usual 300–340." in said
    assert "With photo." in said


async def test_a_motor_has_no_share_of_itself(ravi: Phone, db: Database) -> None:
    said = await ravi.say("MOTOR-B 320 motor 5")
    assert "<b>MOTOR-B</b> is the motor itself and has no share. Nothing was saved." in said
    assert "<code>MOTOR-B 320</code>" in said
    assert not await stored(db)


async def test_step_by_step_offers_the_motors(ravi: Phone, db: Database) -> None:
    assert "Which block?" in await ravi.say("/read")
    assert "Which motor?" in await ravi.say("motor")
    assert ravi.labels[:2] == ["MOTOR-B", "MOTOR-C"]
    said = await ravi.press("MOTOR-B")
    assert "<b>MOTOR-B</b>\nMeter 77000001, serves 5 flats." in said
    assert "Of which day" in await ravi.say("320")
    await ravi.press("Today")
    said = await ravi.press("Skip")
    assert said.startswith("<b>MOTOR-B · 320 units</b>\nMeter 77000001, serves 5 flats.")
    await ravi.press("Change")
    assert "Motor share" not in ravi.labels
    await ravi.press("Back")
    assert "MOTOR-B · <b>320</b> units · saved" in await ravi.press("Send")
    (reading,) = await stored(db)
    assert (reading.flat_code, reading.motor_share) == ("MOTOR-B", None)


async def test_the_overview_names_unread_motors(ravi: Phone) -> None:
    assert "MOTOR" in await ravi.say("/pending")
    await ravi.say("MOTOR-B 320")
    assert "MOTOR: C" in await ravi.say("/pending")
    assert "Did you mean" in await ravi.say("77000011 320")
    assert "77000001" in ravi.labels

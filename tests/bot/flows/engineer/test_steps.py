"""Step by step, the overview, and what is said to anything else."""

from decimal import Decimal

from domain.roles import Role
from storage import people, readings
from storage.database import Database
from tests.bot.flows.engineer.conftest import photo
from tests.bot.flows.engineer.test_message import stored
from tests.bot.flows.phone import Phone


async def test_a_reading_step_by_step_with_buttons(ravi: Phone, db: Database) -> None:
    assert "Which block?" in await ravi.say("/read")
    assert ravi.labels[0] == "B7 · 1"
    said = await ravi.press("B17")
    assert "B17-GF · Ground floor, Anita Rao" in said
    said = await ravi.press("B17-FF")
    assert "<b>B17-FF</b> · First floor, Mr Sharma" in said
    assert "Before: 170 on 2 Oct 2026." in said
    assert "Send the units this month." in said
    assert "Motor share of <b>B17-FF</b>" in await ravi.say("१४६")
    assert "Of which day" in await ravi.press("Skip")
    assert "Send a photo of meter 19152159" in await ravi.press("Today")
    said = await ravi.press("Skip")
    assert said.startswith("<b>B17-FF · 146 units</b>")
    assert "Not sent yet." in said
    assert not await stored(db)
    summary = ravi.messages
    assert "B17-FF · <b>146</b> units · saved" in await ravi.press("Send")
    assert "already saved" in await ravi.press("Send", among=summary)
    (reading,) = await stored(db)
    assert (reading.value, reading.motor_share) == (Decimal(146), None)


async def test_what_was_answered_can_be_changed(ravi: Phone, db: Database) -> None:
    await ravi.say("/read b17ff")
    await ravi.say("164 motor 3 on 1 Nov")
    said = await ravi.photo(photo())
    assert "With photo." in said
    await ravi.press("Change")
    await ravi.press("Reading")
    said = await ravi.say("146")
    assert "<b>B17-FF · 146 units</b>" in said
    await ravi.press("Change")
    await ravi.press("Date")
    assert "3 Nov 2026 is in the future. Send it like <code>2 Nov</code>" in await ravi.say("tomorrow")
    assert "still to come, or was 30 Nov 2025: then write its year." in await ravi.say("30 Nov")
    assert "no date. Send it like <code>2 Nov</code>" in await ravi.say("31 Feb")
    await ravi.say("31 Oct")
    await ravi.press("Send")
    (reading,) = await stored(db)
    assert (reading.value, reading.motor_share, reading.date.isoformat()) == (Decimal(146), Decimal(3), "2026-10-31")
    assert len(reading.photo_ids) == 1


async def test_a_date_before_the_last_bill_is_asked_again(ravi: Phone, db: Database) -> None:
    await ravi.say("/read B17-FF")
    await ravi.say("146")
    await ravi.say("3")
    await ravi.say("1 Oct")
    await ravi.press("Skip")
    said = await ravi.press("Send")
    assert "is billed up to 2 Oct 2026" in said
    assert "Of which day" in said
    await ravi.press("Today")
    await ravi.press("Send")
    assert len(await stored(db)) == 1


async def test_a_flat_or_block_alone_opens_the_dialogue(ravi: Phone) -> None:
    assert "Send the units this month." in await ravi.say("B17-FF")
    assert "Which flat of <b>B17</b>?" in await ravi.say("/read b17")
    assert "Send the units this month." in await ravi.say("ff")
    assert "Stopped" in await ravi.press("Stop")
    assert "Send a flat or meter and its number" in await ravi.say("hello")


async def test_typing_a_reading_amid_the_steps_ends_them(ravi: Phone, db: Database) -> None:
    await ravi.say("/read B17-FF")
    await ravi.say("B18-FF 90")
    assert "Which flat is <b>146</b> for?" in await ravi.say("146")
    assert [one.flat_code for one in await stored(db)] == ["B18-FF"]


async def test_long_lists_are_paged_in_three_rows_of_two(ravi: Phone, db: Database) -> None:
    async with db.transaction() as conn:
        owner = await conn.fetchval("insert into owners (name) values ('Owner') returning id")
        for number in range(30, 60):
            for floor in ("GF", "FF", "SF", "TF"):
                flat = await conn.fetchval("insert into flats (code) values ($1) returning id", f"D{number}-{floor}")
                await conn.execute("insert into flat_owners (flat_id, owner_id) values ($1, $2)", flat, owner)
                await conn.execute(
                    "insert into meters (meter_number, flat_id) values ($1, $2)", f"8{number}{flat:05}", flat
                )
    await ravi.say("/read")
    seen = set()
    for _ in range(20):
        assert all(len(row) <= 2 for row in ravi.messages[0].keys)
        assert len(ravi.messages[0].keys) <= 3
        seen |= {label.partition(" ")[0] for label in ravi.labels if "·" in label}
        if not any("▶" in label for label in ravi.labels):
            break
        await ravi.press("▶")
    assert {"B7", "B17", "VILLA", "SCO", *(f"D{number}" for number in range(30, 60))} <= seen
    assert "Which flat of <b>D44</b>" in await ravi.say("d44")


async def test_pending_shows_what_waits_and_what_is_unread(ravi: Phone) -> None:
    await ravi.say("B17-FF 146")
    await ravi.say("B18-FF 0")
    said = await ravi.say("List")
    assert said.startswith("<b>2 readings not billed yet</b>\nB18-FF · <b>0</b> · 2 Nov 2026 · look again · no photo")
    assert "B17-FF · <b>146</b> · 2 Nov 2026 · with the office · no photo" in said
    assert "2 of 13 meters read this month." in said
    assert (
        "11 meters unread: 9 of flats, 2 of motors\nB17: GF, SF\nB18: GF\nNot begun: B7, C8, C14, VILLA, SCO, MOTOR"
        in said
    )


async def test_next_meter_goes_on_after_the_last_one(ravi: Phone) -> None:
    await ravi.say("B17-FF 146")
    assert "<b>B17-SF</b> · Second floor, Farida Khan" in await ravi.say("Next meter")


async def test_help_and_commands_of_the_engineer(ravi: Phone) -> None:
    assert "motor 3.2 on 3 Nov" in await ravi.say("/help")
    assert "Step by step" not in await ravi.say("Step by step")


async def test_consumption_is_kept_in_both_modes_and_follows_corrections(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146 on 31 Oct")
    first = ravi.last_id
    await ravi.say("B17-FF 150")
    await ravi.edit(first, "B17-FF 140")
    async with db.transaction() as conn:
        found = {one.value: one.consumption for one in await readings.pending(conn)}
    assert found == {140: -30, 150: 10}


async def test_a_dialogue_ends_with_the_right_to_it(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146")
    await ravi.press("Fix")
    async with db.transaction() as conn:
        await people.revoke(conn, ravi.who.person_id, Role.ENGINEER)
    assert "Share" in await ravi.say("999")
    await ravi.say("/read B17-GF")
    await ravi.photo(photo(), "B17-GF 100")
    (reading,) = await stored(db)
    assert reading.value == Decimal(146)

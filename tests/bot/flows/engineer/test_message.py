"""Readings in one message: a line, several, a caption, an edit; and what is answered when it cannot be taken."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest

from domain.metering import ReadingMode
from storage import audit, readings
from storage.database import Database
from storage.readings import Reading, ReadingState
from tests.bot.flows.engineer.conftest import NOW, photo
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY, Town, billed


async def stored(db: Database) -> list[Reading]:
    """Every pending reading, oldest first."""
    async with db.transaction() as conn:
        return await readings.pending(conn)


async def test_a_reading_is_saved_and_shown_with_what_was_before(ravi: Phone) -> None:
    said = await ravi.say("b17ff 146")
    assert said.startswith("B17-FF · <b>146</b> units · saved\nMeter 19152159, Mr Sharma. Before: 170 on 2 Oct 2026.")
    assert "Usual 120–170." in said
    assert "Motor MOTOR-B, meter 77000001." in said
    assert "1 of 13 meters read this month. Next: <b>B17-SF</b>" in said
    assert ravi.labels == ["Add photo", "Fix", "Undo"]


@pytest.mark.parametrize(
    ("text", "value", "share", "day"),
    [
        ("19152159 146", "146", None, 2),
        ("B17-FF 146.5 kWh", "146.5", None, 2),
        ("b17ff १४६ motor 12", "146", "12", 2),
        ("B17-FF 146 on 31 Oct", "146", None, 31),
        ("5BHK-B17-FF 1,46", None, None, None),
    ],
)
async def test_every_form_is_understood_or_explained(  # noqa: PLR0917 - a row of the table
    ravi: Phone, db: Database, text: str, value: str | None, share: str | None, day: int | None
) -> None:
    said = await ravi.say(text)
    found = await stored(db)
    if value is None:
        assert not found
        assert "<code>B17-FF" in said
        return
    (reading,) = found
    assert (reading.flat_code, reading.value, reading.date.day) == ("B17-FF", Decimal(value), day)
    assert reading.motor_share == (None if share is None else Decimal(share))
    assert reading.state is ReadingState.PENDING
    assert reading.submitter == "Ravi"


@pytest.mark.parametrize("text", ["B17-FF 1e9", "B17-FF Infinity", "B17-FF 1_000", "B17-FF -5", "B17-FF"])
async def test_numbers_that_are_none_are_refused_with_what_to_send(ravi: Phone, db: Database, text: str) -> None:
    said = await ravi.say(text)
    assert not await stored(db)
    assert "B17-FF" in said


async def test_without_a_date_it_is_the_day_of_sending_however_late_it_arrives(ravi: Phone, db: Database) -> None:
    ravi.now = datetime(2026, 10, 31, 18, 29, 59, tzinfo=UTC)
    await ravi.say("B17-FF 146", late=timedelta(days=3))
    ravi.now = datetime(2026, 10, 31, 18, 30, tzinfo=UTC)
    await ravi.say("B18-FF 146", late=timedelta(days=3))
    assert [(one.flat_code, one.date.isoformat()) for one in await stored(db)] == [
        ("B17-FF", "2026-10-31"),
        ("B18-FF", "2026-11-01"),
    ]


async def test_an_unusual_value_is_stored_unconfirmed_and_asks_for_a_second_look(ravi: Phone, db: Database) -> None:
    said = await ravi.say("B17-FF 1460")
    assert said.startswith("B17-FF · <b>1460</b> units is 10 times the usual 146.")
    assert "look at the meter again" in said
    assert ravi.labels[:2] == ["Re-enter", "It is right"]
    assert not (await stored(db))[0].confirmed
    said = await ravi.press("It is right")
    assert said.startswith("B17-FF · <b>1460</b> units · saved, you say it is right")
    assert (await stored(db))[0].confirmed


@pytest.mark.parametrize(
    ("value", "reason"), [("0", "nothing at all"), ("170", "the same as on 2 Oct 2026"), ("416", "two digits swapped")]
)
async def test_each_oddity_is_named(ravi: Phone, value: str, reason: str) -> None:
    assert reason in await ravi.say(f"B17-FF {value}")


async def test_a_register_is_compared_with_the_one_before(ravi: Phone) -> None:
    ravi.society = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
    assert (await ravi.say("B17-FF 200")).startswith("B17-FF · <b>200</b> · 30 units · saved")
    assert "is lower than 170 of 2 Oct 2026" in await ravi.say("B17-FF 100 on 3 Oct")
    assert "first reading" in await ravi.say("B18-FF 12000")


async def test_a_near_miss_is_answered_with_buttons(ravi: Phone, db: Database) -> None:
    said = await ravi.say("B71-FF 146 motor 3")
    assert said == "No flat <b>B71-FF</b>. Did you mean"
    assert ravi.labels[0] == "B17-FF"
    near = ravi.messages
    said = await ravi.press("B17-FF")
    assert "B71-FF was <b>B17-FF</b>." in said
    assert "B17-FF · <b>146</b> units · saved" in said
    assert (await stored(db))[0].motor_share == 3
    assert "already saved" in await ravi.press("B17-FF", among=near)
    assert len(await stored(db)) == 1


async def test_a_wrong_meter_number_offers_the_nearest(ravi: Phone) -> None:
    assert await ravi.say("19152195 146") == "No meter <b>19152195</b>. Did you mean"
    assert "19152159" in ravi.labels
    assert "choose with /read" in await ravi.say("99999999 146")


async def test_several_lines_make_one_table_and_failed_ones_come_back(ravi: Phone, db: Database) -> None:
    said = await ravi.say("B17-FF 146\nB18-FF 1x\nC14-FF 0\nB17-GF 90")
    assert said.startswith(
        "<b>Saved 3 readings, 2 need you.</b>\n<pre>B17-FF 146  saved\nC14-FF   0  saved, look again"
    )
    assert "Mend these and send them again:\n<pre>B18-FF 1x ← write the number in plain digits</pre>" in said
    assert "C14-FF · <b>0</b> units is nothing at all." in said
    assert len(await stored(db)) == 3
    said = await ravi.press("Undo all 3")
    assert "Taken back 3 readings" in said
    assert not await stored(db)


async def test_each_failed_line_says_why_and_can_be_sent_again_as_it_came_back(
    ravi: Phone, town: Town, db: Database
) -> None:
    async with db.transaction() as conn:
        await conn.execute(
            "update flat_owners set until = '2026-10-01' where flat_id = $1", town.flat("B18-GF").flat_id
        )
    lines = [
        "B17-FF 146 motor 3 on 1 Oct",
        "X99-GF 12",
        "99999999 12",
        "B18-GF 5",
        "77000001 9 motor 2",
        "C14-FF 8 on 3/11/2026",
    ]
    said = await ravi.say("\n".join(lines))
    assert said.split("<pre>")[1].removesuffix("</pre>").splitlines() == [
        "B17-FF 146 motor 3 on 1 Oct 2026 ← billed up to 2 Oct 2026, send a later date",
        "X99-GF 12 ← no such flat",
        "99999999 12 ← no such meter",
        "B18-GF 5 ← no owner yet, tell the office",
        "77000001 9 motor 2 ← the motor itself, has no share",
        "C14-FF 8 on 3/11/2026 ← the date is in the future",
    ]
    assert "C14-FF · <b>8</b> units · saved" in await ravi.say("C14-FF 8 ← the date is in the future")


async def test_the_lines_beyond_the_sixtieth_come_back_whole(ravi: Phone) -> None:
    said = await ravi.say("\n".join(["B17-FF 146"] * 60 + ["B18-FF 1", "B18-GF 2"]))
    assert said.split("<pre>")[-1] == "B18-FF 1 ← more than 60 lines: send the rest again\nB18-GF 2</pre>"


async def test_a_table_of_any_message_fits_into_one(ravi: Phone) -> None:
    for text in ("\n".join(f"B17-FF {'&' * 50} {n}" for n in range(60)), "B17-FF 1\n" * 400, f"B17-FF {'9' * 4200}"):
        assert "Not saved" in await ravi.say(text[:4096]) or "Mend these" in ravi.replies[0].text
        assert all(len(unescape(reply.text)) <= 4096 for reply in ravi.replies)


async def test_the_same_message_again_stores_nothing(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146\nB18-FF 90")
    ravi.count = 0
    said = await ravi.say("B17-FF 146\nB18-FF 90")
    assert said.count("already saved") == 2
    assert len(await stored(db)) == 2


async def test_another_value_for_the_same_day_asks_replace_or_keep(ravi: Phone, sunil: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146")
    said = await sunil.say("B17-FF 150")
    assert said == "B17-FF already has <b>146</b> for 2 Nov 2026 (Ravi). Replace it by <b>150</b>?"
    question = sunil.messages
    assert "Kept: <b>B17-FF 146</b>" in await sunil.press("Keep 146")
    assert "150</b> units · saved, was 146" in await sunil.press("Replace by 150", among=question)
    (reading,) = await stored(db)
    assert (reading.value, reading.version, reading.submitter) == (Decimal(150), 2, "Sunil")
    assert "changed since: it is <b>150</b>" in await sunil.press("Keep 146", among=question)


async def test_two_engineers_at_once_make_one_reading_and_one_question(ravi: Phone, sunil: Phone, db: Database) -> None:
    answers = await asyncio.gather(ravi.say("B17-FF 146"), sunil.say("B17-FF 150"))
    assert sorted("Replace it by" in answer for answer in answers) == [False, True]
    assert len(await stored(db)) == 1


async def test_dates_in_the_future_or_before_the_last_bill_are_refused(ravi: Phone, db: Database) -> None:
    assert "in the future" in await ravi.say("B17-FF 146 on 3/11/2026")
    said = await ravi.say("B17-FF 146 on 1 Oct")
    assert said.startswith("B17-FF is billed up to 2 Oct 2026, so 1 Oct 2026 is too early.")
    assert said.endswith("<code>B17-FF 146 on 2 Nov 2026</code>")
    assert not await stored(db)


@pytest.mark.parametrize(
    ("date_typed", "why"),
    [
        ("30 Nov", "that day is still to come, or over half a year ago: then write its year"),
        ("3/11/2026", "the date is in the future"),
        ("31/2", "the date is not understood"),
    ],
)
async def test_a_wrong_date_is_answered_with_a_line_that_has_one(
    ravi: Phone, db: Database, date_typed: str, why: str
) -> None:
    said = await ravi.say(f"B18-FF 146 motor 2 on {date_typed}")
    assert said == f"Not saved: {why}. Send it like <code>B18-FF 146 motor 2 on 2 Nov</code>"
    assert not await stored(db)
    await ravi.say("B18-FF 146 motor 2 on 2 Nov")
    (reading,) = await stored(db)
    assert (reading.date.isoformat(), reading.motor_share) == ("2026-11-02", Decimal(2))


async def test_where_today_is_billed_no_date_is_offered_that_would_be_refused(
    ravi: Phone, town: Town, db: Database
) -> None:
    async with db.transaction() as conn:
        await billed(conn, town.flat("B18-FF"), date(2026, 10, 3), date(2026, 11, 2), "120")
    said = await ravi.say("B18-FF 146 on 1 Nov")
    assert said.endswith("so 1 Nov 2026 is too early. Send its next reading after that day.")


async def test_a_billed_reading_is_for_the_office(ravi: Phone, town: Town, db: Database) -> None:
    said = await ravi.say("B17-FF 171 on 2 Oct")
    assert said == "B17-FF for October was billed on 2 Oct 2026. An office colleague can correct it."
    assert "The office is told about B17-FF" in await ravi.press("Ask the office")
    async with db.transaction() as conn:
        told = await conn.fetch("select chat_id from notifications where kind = 'ask_office'")
    assert {row["chat_id"] for row in told} == {town.rekha.chat_id, town.mohan.chat_id}


async def test_what_is_missing_is_named(ravi: Phone, town: Town, db: Database) -> None:
    async with db.transaction() as conn:
        await conn.execute(
            "update flat_owners set until = '2026-10-01' where flat_id = $1", town.flat("B18-GF").flat_id
        )
        await conn.execute("update meters set status = 'inactive' where flat_id = $1", town.flat("B18-FF").flat_id)
        await conn.execute(
            "insert into meters (meter_number, flat_id) values ('555666777', $1)", town.flat("B18-FF").flat_id
        )
        await conn.execute("insert into flats (code) values ('C9-GF')")
    assert "has no owner yet" in await ravi.say("B18-GF 146")
    assert "<b>C9-GF</b> has no meter yet" in await ravi.say("C9-GF 146")
    said = await ravi.say("19152162 146")
    assert "Meter <b>19152162</b> is out of use" in said
    assert "<code>555666777 146</code>" in said
    assert not await stored(db)


async def test_editing_the_message_corrects_the_reading(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 164")
    first = ravi.last_id
    said = await ravi.edit(first, "B17-FF 146")
    assert "B17-FF · <b>146</b> units · saved, was 164" in said
    await ravi.edit(first, "B18-FF 146")
    assert [one.flat_code for one in await stored(db)] == ["B18-FF"]
    await ravi.edit(first, "B17-FF 150")
    (reading,) = await stored(db)
    assert (reading.flat_code, reading.value) == ("B17-FF", Decimal(150))


async def test_an_edit_of_an_approved_reading_puts_it_back_into_the_queue(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 164")
    (reading,) = await stored(db)
    async with db.transaction() as conn:
        await readings.set_state(conn, reading.id, ReadingState.APPROVED, by=reading.submitted_by, at=NOW)
    await ravi.edit(ravi.last_id, "B17-FF 146")
    (reading,) = await stored(db)
    assert (reading.value, reading.version, reading.decided_by) == (Decimal(146), 2, None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("what?", "flat or meter is missing"),
        ("B17-FF many", "write the number in plain digits"),
        ("B17-FF 150 on 31/2", "the date is not understood"),
    ],
)
async def test_an_edit_that_is_no_reading_leaves_the_reading_and_says_so(
    ravi: Phone, db: Database, text: str, why: str
) -> None:
    await ravi.say("B17-FF 146")
    said = await ravi.edit(ravi.last_id, text)
    assert why in said
    assert said.endswith("\n\nStill as it was: <b>B17-FF 146</b> of 2 Nov 2026.")
    assert ravi.labels == ["Add photo", "Fix", "Undo"]
    assert [one.value for one in await stored(db)] == [146]


async def test_an_edit_to_a_date_that_is_not_taken_leaves_the_reading_and_says_so(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146\nB18-FF 90")
    said = await ravi.edit(ravi.last_id, "B17-FF 150 on 1 Oct\nB18-FF 91")
    assert "billed up to 2 Oct 2026, send a later date" in said
    assert "Still as it was: <b>B17-FF 146</b> of 2 Nov 2026." in said
    assert [one.value for one in await stored(db)] == [146, 91]


async def test_an_edit_of_a_message_whose_reading_was_replaced_says_what_stands_now(
    ravi: Phone, sunil: Phone, db: Database
) -> None:
    await ravi.say("B17-FF 146")
    first = ravi.last_id
    await sunil.say("B17-FF 150")
    await sunil.press("Replace")
    said = await ravi.edit(first, "B17-FF 147")
    assert said == (
        "147 is not saved: B17-FF was changed since your message, it is <b>150</b> of 2 Nov 2026 now (Sunil). "
        "To change it, tap Fix."
    )
    assert [one.value for one in await stored(db)] == [150]
    await ravi.press("Fix")
    assert "<b>147</b> units · saved, was 150" in await ravi.say("147")
    assert "147</b> of 2 Nov 2026 is already saved" in await ravi.edit(first, "B17-FF 147")


async def test_an_edit_of_a_message_whose_replacement_is_billed_is_for_the_office(
    ravi: Phone, sunil: Phone, db: Database
) -> None:
    await ravi.say("B17-FF 146")
    await sunil.say("B17-FF 150")
    await sunil.press("Replace")
    (reading,) = await stored(db)
    async with db.transaction() as conn:
        await readings.set_state(conn, reading.id, ReadingState.BILLED, by=reading.submitted_by, at=NOW)
    assert "An office colleague can correct it." in await ravi.edit(ravi.last_id, "B17-FF 147")
    assert ravi.labels == ["Ask the office"]


async def test_an_edit_of_other_words_is_not_answered(ravi: Phone) -> None:
    await ravi.say("hello")
    assert await ravi.edit(ravi.last_id, "hello!") == ""


async def test_undo_takes_back_what_the_last_message_brought(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146")
    await ravi.say("B18-FF 90\nC14-FF 80")
    assert "Taken back 2 readings" in await ravi.say("/undo")
    assert "Taken back: <b>B17-FF 146</b>" in await ravi.say("Undo")
    assert "Nothing to take back" in await ravi.say("/undo")
    assert not await stored(db)
    assert "saved" in await ravi.say("B17-FF 150")


async def test_the_undo_button_is_bound_to_what_it_showed(ravi: Phone, sunil: Phone, db: Database) -> None:
    await ravi.say("B17-FF 146")
    card = ravi.messages
    await sunil.say("B17-FF 150")
    await sunil.press("Replace")
    assert "changed since: it is <b>150</b>" in await ravi.press("Undo", among=card)
    assert len(await stored(db)) == 1


async def test_fix_takes_the_next_number(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 1460")
    assert "Send the right units this month of <b>B17-FF</b>" in await ravi.press("Re-enter")
    assert "not a number" in await ravi.say("what")
    assert "in the future. Send it like <code>146 on 2 Nov</code>" in await ravi.say("146 on 5/11/2026")
    assert "<b>146</b> units · saved, was 1460" in await ravi.say("146 motor 2")
    (reading,) = await stored(db)
    assert (reading.value, reading.motor_share, reading.confirmed) == (Decimal(146), Decimal(2), True)


async def test_a_number_in_reply_to_a_card_corrects_it(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 164")
    (reading,) = await stored(db)
    await ravi.say("146", reply_to=ravi.cards[f"reading:{reading.id}:1"])
    assert (await stored(db))[0].value == 146


async def test_a_new_reading_in_the_middle_of_a_dialogue_does_not_trap(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 1460")
    await ravi.press("Re-enter")
    await ravi.say("B18-FF 90")
    assert "Which flat is <b>146</b> for?" in await ravi.say("146")
    assert [one.value for one in await stored(db)] == [1460, 90]


async def test_a_burst_makes_one_summary_and_asks_only_where_needed(ravi: Phone, db: Database) -> None:
    ravi.burst = "burst:1"
    await ravi.say("B17-FF 146")
    await ravi.say("B18-FF 90")
    said = await ravi.say("B17-GF 0")
    assert said.startswith("<b>Saved 3 readings, 1 needs you.</b>")
    assert ravi.replies[0].card == "burst:1"
    assert len(ravi.replies) == 2
    assert "B17-GF · <b>0</b>" in ravi.replies[1].text


async def test_an_album_makes_one_table_and_each_photo_goes_to_its_reading(ravi: Phone, db: Database) -> None:
    ravi.album = "a1"
    await ravi.photo(photo("one"), "B17-FF 146")
    said = await ravi.photo(photo("two"), "B18-FF 90")
    assert "Saved 2 readings, 2 photos." in said
    assert ravi.replies[0].card == "album:a1"
    assert "Saved 2 readings, 3 photos." in await ravi.photo(photo("three"))
    assert len(ravi.replies) == 1
    assert [len(one.photo_ids) for one in await stored(db)] == [1, 2]


async def test_a_reading_sent_back_is_mended_by_sending_it_again(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 164")
    (reading,) = await stored(db)
    async with db.transaction() as conn:
        await readings.set_state(
            conn, reading.id, ReadingState.RETURNED, by=reading.submitted_by, at=NOW, reason="too_high"
        )
    assert "sent back: too high" in await ravi.say("/pending")
    assert "Fix B17-FF" in ravi.labels
    assert "saved, was 164" in await ravi.say("B17-FF 146")
    (reading,) = await stored(db)
    assert (reading.version, reading.returned_reason) == (2, None)


async def test_every_write_is_in_the_trail(ravi: Phone, db: Database) -> None:
    await ravi.say("B17-FF 1460")
    (reading,) = await stored(db)
    await ravi.press("It is right")
    await ravi.press("Undo")
    async with db.transaction() as conn:
        lines = await audit.trail(conn, "reading", str(reading.id))
    assert [(line.action, line.actor) for line in lines] == [
        ("reading.withdrawn", "Ravi"),
        ("reading.confirmed", "Ravi"),
        ("reading.submitted", "Ravi"),
    ]


async def test_an_owner_cannot_send_readings(town: Town, db: Database) -> None:
    await Phone(db, town.sharma, NOW).say("B17-FF 146")
    assert not await stored(db)


async def test_another_open_reading_of_the_meter_is_mentioned(ravi: Phone) -> None:
    await ravi.say("B17-FF 146 on 31 Oct")
    assert "Also open for this meter: 146 of 31 Oct 2026." in await ravi.say("B17-FF 150")

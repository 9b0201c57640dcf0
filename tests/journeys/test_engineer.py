"""What engineers do in the chat, each a story of its own."""

from __future__ import annotations

from decimal import Decimal

from bot.simulator import DEMO_SAMPLES, Photo, draw_meter
from tests.journeys.stage import Stage, labels, over_both


@over_both
async def test_several_lines_make_one_table(stage: Stage) -> None:
    await stage.ravi.send_text("B17-FF 146\nb17 gf १३२ motor 3.2\n19152160 1,158 kWh\nB17-XX 12\nB18-FF")
    table = await stage.ravi.wait_for("Saved 3 readings")
    rows = table.text.splitlines()[1:]
    assert rows[:3] == ["B17-FF  146  saved", "B17-GF  132  saved", "B17-SF 1158  saved, look again"]
    assert "Mend these and send them again:\nB18-FF" in table.text
    await stage.ravi.wait_for("No flat B17-XX. Did you mean")
    assert await stage.readings() == [("B17-FF", "146"), ("B17-GF", "132"), ("B17-SF", "1158")]
    assert await stage.value("select motor_share from readings where reading_value = 132") == Decimal("3.20")
    await stage.ravi.press("Undo all 3")
    await stage.ravi.wait_for("Taken back 3 readings")
    assert await stage.readings("pending") == []


async def test_an_album_commits_photo_by_photo(stage: Stage) -> None:
    captions = ("B17-FF 146", "B17-GF 132", "C8-GF 167")
    await stage.ravi.send_album(
        [Photo(draw_meter(sample), words) for sample, words in zip(DEMO_SAMPLES, captions, strict=False)]
    )
    table = await stage.ravi.wait_for("Saved 3 readings")
    assert [m.id for m in stage.ravi.received] == [table.id]
    assert await stage.readings() == [("B17-FF", "146"), ("B17-GF", "132"), ("C8-GF", "167")]
    assert await stage.value("select count(distinct reading_id) from reading_photos") == 3


async def test_editing_the_message_corrects_the_reading(stage: Stage) -> None:
    sent = await stage.ravi.send_text("B17-FF 164")
    await stage.ravi.wait_for("saved")
    await stage.ravi.edit(sent, "B17-FF 146")
    await stage.ravi.wait_for("saved, was 164")
    assert await stage.readings() == [("B17-FF", "146")]


@over_both
async def test_a_photo_in_reply_within_ten_minutes_and_before(stage: Stage, meter_photo: bytes) -> None:
    first = await stage.ravi.send_text("B17-FF 146")
    await stage.ravi.wait_for("saved")
    await stage.ravi.send_text("B17-GF 132")
    await stage.ravi.wait_for("saved")
    await stage.ravi.reply_with_photo(first, meter_photo)
    await stage.ravi.wait_for("Photo added to B17-FF 146")
    await stage.ravi.send_photo(meter_photo)
    await stage.ravi.wait_for("Photo added to B17-GF 132. The same photo is with B17-FF 146 too.")
    await stage.ravi.send_photo(meter_photo)
    await stage.ravi.wait_for("This photo is already with B17-GF 132")
    await stage.ravi.send_photo(draw_meter(DEMO_SAMPLES[1]))
    await stage.ravi.wait_for("Which flat is it?")
    await stage.ravi.send_text("C8-GF 167")
    saved = await stage.ravi.wait_for("saved")
    assert "With photo." in saved.text
    assert await stage.value("select count(*) from reading_photos") == 3


@over_both
async def test_near_miss_other_date_replace_keep_undo(stage: Stage) -> None:
    ravi = stage.ravi
    await ravi.send_text("B71-FF 146")
    near = await ravi.wait_for("Did you mean")
    assert labels(near) == ["B17-FF", "B7-FF"]
    await ravi.press("B17-FF")
    await ravi.wait_for("saved")
    await ravi.send_text("B17-GF 132 on 1 Nov")
    assert "1 Nov 2026" in (await ravi.wait_for("B17-GF · 132 units · saved")).text
    await ravi.send_text("B17-GF 140 on 3 Nov 2026")
    await ravi.wait_for("is in the future")
    await ravi.send_text("B17-GF 140 on 1 Oct")
    await ravi.wait_for("B17-GF is billed up to 2 Oct 2026")
    await ravi.send_text("B17-FF 150")
    await ravi.wait_for("Replace it by 150?")
    await ravi.press("Keep 146")
    await ravi.wait_for("Kept: B17-FF 146")
    stage.clock.move(seconds=2)
    await ravi.send_text("B17-FF 151")
    await ravi.wait_for("Replace it by 151?")
    await ravi.press("Replace by 151")
    await ravi.wait_for("saved, was 146")
    await ravi.send_text("/undo")
    await ravi.wait_for("Taken back")
    assert await stage.readings("pending") == [("B17-GF", "132")]


@over_both
async def test_an_unusual_one_is_stored_and_asks(stage: Stage) -> None:
    await stage.ravi.send_text("B17-FF 1460")
    odd = await stage.ravi.wait_for("Please look at the meter again")
    assert "B17-FF · 1460 units is 10 times the usual 148." in odd.text
    await stage.ravi.press("It is right")
    sure = await stage.ravi.wait_for("you say it is right")
    assert stage.in_place(sure, odd)
    await stage.ravi.send_text("B17-GF 1320")
    await stage.ravi.wait_for("Please look at the meter again")
    await stage.ravi.press("Re-enter")
    await stage.ravi.wait_for("Send the right units this month of B17-GF")
    await stage.ravi.send_text("132")
    await stage.ravi.wait_for("B17-GF · 132 units · saved, was 1320")
    assert await stage.readings() == [("B17-FF", "1460"), ("B17-GF", "132")]


@over_both
async def test_step_by_step_with_a_reading_typed_in_the_middle(stage: Stage, meter_photo: bytes) -> None:
    ravi = stage.ravi
    await ravi.send_text("/read")
    await ravi.wait_for("Which block?")
    await ravi.press("B17")
    flats = await ravi.wait_for("Which flat of B17?")
    assert "First floor, Mr Sharma" in flats.text
    await ravi.press("B17-FF")
    await ravi.wait_for("Send the units this month.")
    await ravi.send_text("C8-GF 167")
    await ravi.wait_for("C8-GF · 167 units · saved")
    await ravi.press("Back")
    await ravi.wait_for("Which flat of B17?")
    await ravi.press("B17-GF")
    await ravi.wait_for("B17-GF")
    await ravi.send_text("132 motor 3.2 on yesterday")
    await ravi.wait_for("Send a photo")
    await ravi.press("Skip")
    assert "Motor share 3.2" in (await ravi.wait_for("Not sent yet")).text
    assert await stage.readings() == [("C8-GF", "167")]
    await ravi.press("Send")
    assert "1 Nov 2026" in (await ravi.wait_for("B17-GF · 132 units · saved")).text


@over_both
async def test_step_by_step_to_the_end(stage: Stage, meter_photo: bytes) -> None:
    ravi = stage.ravi
    await ravi.start()
    await ravi.wait_for("You read meters for Blessings City")
    assert [button.text for button in ravi.keyboard] == ["Next meter", "Can't read", "List", "Undo"]
    await ravi.send_text("/read")
    await ravi.wait_for("Which block?")
    await ravi.send_text("b17")
    await ravi.wait_for("Which flat of B17?")
    await ravi.press("B17-FF")
    await ravi.wait_for("Send the units this month.")
    await ravi.send_text("१४६")
    await ravi.wait_for("Motor share")
    await ravi.press("Skip")
    await ravi.wait_for("Of which day")
    await ravi.press("Today")
    await ravi.wait_for("Send a photo")
    await ravi.send_photo(meter_photo)
    summary = await ravi.wait_for("Not sent yet")
    assert await stage.readings() == []
    await ravi.press("Send", within=summary)
    saved = await ravi.wait_for("B17-FF · 146 units · saved")
    await ravi.press("Undo", within=saved)
    await ravi.wait_for("Taken back")
    assert await stage.readings("pending") == []


@over_both
async def test_an_offline_burst_gets_one_summary(stage: Stage, channel: str) -> None:
    ravi = stage.ravi
    await ravi.go_offline()
    sent = ["B17-GF 132", "B17-FF 146", "B17-SF 158", "B18-GF 121", "B18-FF 125", "B7-FF 133", "C14-FF 149",
            "C14-SF 1500", "C8-GF 167", "VILLA-A2 144", "SCO-3 141", "B17-FF 147", "B99-FF 12", "hello"]  # fmt: skip
    for text in sent:
        await ravi.send_text(text)
    await ravi.go_online()
    await ravi.wait_for("Saved 11 readings, 3 need you.")
    await ravi.wait_for("Send a flat or meter and its number")
    await stage.settled()
    heads = [message.text.splitlines()[0] for message in ravi.received]
    assert len(heads) == 5
    summary = heads.index("Saved 11 readings, 3 need you.")
    assert summary == (0 if channel == "telegram" else 2), "first where it is edited, else when the burst is over"
    del heads[summary]
    assert heads[0].startswith("C14-SF · 1500 units is 10 times")
    assert "Replace it by 147?" in heads[1]
    assert heads[2].startswith("No flat B99-FF. Did you mean")
    assert len(await stage.readings()) == 11


@over_both
async def test_next_meter_list_and_cannot_be_read_as_something_else(stage: Stage) -> None:
    ravi = stage.ravi
    await ravi.start()
    await ravi.wait_for("You read meters")
    await ravi.send_text("B17-FF 146")
    await ravi.wait_for("saved")
    await ravi.press("Next meter")
    await ravi.wait_for("B17-SF · Second floor, Farida Khan")
    for wrong in ("1e9", "-5", "Infinity", "1_000"):
        await ravi.send_text(wrong)
        await ravi.wait_for("Send it like 146")
    await ravi.press("List")
    listed = await ravi.wait_for("not billed yet")
    assert "B17-FF · 146 · 2 Nov 2026 · with the office · no photo" in listed.text
    assert "B17: GF, SF" in listed.text
    assert await stage.readings() == [("B17-FF", "146")]


async def test_what_is_billed_goes_to_the_office(stage: Stage) -> None:
    sent = await stage.ravi.send_text("B17-FF 146")
    saved = await stage.ravi.wait_for("saved")
    await stage.rekha.wait_for("Total")
    await stage.rekha.press("Approve")
    await stage.rekha.wait_for("Approved by")
    await stage.ravi.edit(sent, "B17-FF 164")
    await stage.ravi.wait_for("was billed on 2 Nov 2026. An office colleague can correct it.")
    await stage.ravi.press("Undo", within=saved)
    await stage.ravi.wait_for("was billed on")
    await stage.ravi.press("Ask the office")
    await stage.ravi.wait_for("The office is told about B17-FF")
    await stage.rekha.wait_for("Ravi asks to correct B17-FF 146 of 2 Nov 2026.")
    await stage.rekha.press("Answer Ravi")
    await stage.rekha.wait_for("What shall Ravi know")
    await stage.rekha.press("The bill is right")
    await stage.ravi.wait_for("Rekha about B17-FF 146 of 2 Nov 2026: it was checked, the bill is right.")
    await stage.rekha.wait_for("Answered by Rekha")
    assert await stage.bills() == [("B17-FF", "3226.00")]

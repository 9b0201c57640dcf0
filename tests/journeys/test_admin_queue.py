"""The office's queue: normal readings in one press, unusual ones one by one, two admins, stale cards."""

from __future__ import annotations

from bot.simulator import SeenMessage
from tests.journeys.stage import Stage, labels, over_both, until

NORMAL = ["B17-GF 132", "B17-FF 146", "B17-SF 158", "B18-GF 121", "B18-FF 125", "C8-GF 167"]


async def read_meters(stage: Stage, *lines: str) -> None:
    await stage.ravi.send_text("\n".join(lines))
    await stage.ravi.wait_for("saved")


async def waiting_card(stage: Stage) -> SeenMessage:
    await stage.later(seconds=2)
    await stage.rekha.send_text("/pending")
    return await stage.rekha.wait_for("waits" if len(await stage.readings()) == 1 else "wait, ")


@over_both
async def test_the_normal_ones_in_one_press(stage: Stage) -> None:
    await read_meters(stage, *NORMAL, "C14-FF 1490", "VILLA-A2 0")
    inbox = await waiting_card(stage)
    assert inbox.text.startswith("November · 8 of 13 meters read\n6 normal · 2 to look at · 8 without photo · 5 unread")
    assert labels(inbox) == ["Approve 6 normal", "Review 2"]
    await stage.rekha.press("Approve 6 normal")
    offer = await stage.rekha.wait_for("in all")
    assert offer.text.startswith(
        "6 readings, 849 units, ₹20,411.00 in all.\nNothing that came after 10:42 is included."
    )
    assert "bill on paper: B17-GF, B17-SF, B18-GF, C8-GF" in offer.text
    assert labels(offer) == ["Approve 6, ₹20,411.00", "See list", "Cancel"]
    await stage.sunil.send_text("B7-FF 133")
    await stage.sunil.wait_for("saved")
    await stage.rekha.press("See list")
    await stage.rekha.wait_for("B18-FF")
    await stage.rekha.press("Approve 6,")
    started = await stage.rekha.wait_for("6 readings approved")
    assert "Approved by Rekha, 10:42. The bills (₹20,411.00) go out at 10:43." in started.text
    assert labels(started) == ["Undo 6"]
    assert await stage.bills() == []
    await stage.later(seconds=61)
    issued = await stage.rekha.wait_for("6 bills issued")
    assert stage.in_place(issued, started)
    assert issued.text.startswith("6 bills issued, ₹20,411.00")
    assert len(await stage.bills()) == 6
    assert await stage.readings("pending") == [("C14-FF", "1490"), ("VILLA-A2", "0"), ("B7-FF", "133")]
    await stage.sharma.wait_for("B17-FF")
    assert len([m for m in stage.sharma.received if "₹" in m.text]) == 2


@over_both
async def test_undone_in_time(stage: Stage) -> None:
    await read_meters(stage, *NORMAL)
    await waiting_card(stage)
    await stage.rekha.press("Approve 6 normal")
    await stage.rekha.wait_for("in all")
    await stage.rekha.press("Approve 6,")
    started = await stage.rekha.wait_for("6 readings approved")
    await stage.later(seconds=50)
    await stage.rekha.press("Undo 6")
    undone = await stage.rekha.wait_for("Undone by Rekha")
    assert stage.in_place(undone, started)
    await stage.later(seconds=30)
    assert await stage.bills() == []
    assert len(await stage.readings("pending")) == 6


@over_both
async def test_unusual_ones_one_by_one(stage: Stage) -> None:
    await read_meters(stage, "B17-FF 1460", "B17-GF 0", "B17-SF 152")
    await waiting_card(stage)
    await stage.rekha.press("Review 3")
    card = await stage.rekha.wait_for("1 of 3")
    assert "Look: zero; not confirmed yet" in card.text
    assert labels(card) == ["Approve ₹1,474.00", "Correct", "Send back", "Period, due date", "▶"]
    await stage.rekha.press("▶")
    second = await stage.rekha.wait_for("2 of 3")
    assert stage.in_place(second, card)
    assert "Look: 10 times the usual 147.5; not confirmed yet" in second.text
    assert "1460 × ₹12.00 = ₹17,520.00" in second.text
    await stage.rekha.press("Approve", within=second)
    asked = await stage.rekha.wait_for("Nothing is approved yet. Is the value right?")
    assert stage.in_place(asked, card)
    assert labels(asked) == ["Approve 1460 units, ₹18,994.00", "Correct", "Send back", "Cancel"]
    await stage.rekha.press("Approve 1460 units", within=asked)
    decided = await stage.rekha.wait_for("Approved by Rekha")
    assert stage.in_place(decided, card)
    following = await stage.rekha.wait_for(lambda m: " of 2" in m.text)
    assert following.id != card.id
    assert following.text.startswith("B17-GF · Anita Rao · 1 of 2")
    assert len(await stage.bills()) == 1


@over_both
async def test_correct_then_approve(stage: Stage) -> None:
    await read_meters(stage, "B17-FF 1460")
    await stage.rekha.wait_for("Total ₹18,994.00")
    await stage.rekha.press("Correct")
    await stage.rekha.wait_for("Send the right value")
    await stage.rekha.send_text("146 motor 3.2")
    card = await stage.rekha.wait_for("Total ₹3,264.40")
    assert "(146 + 3.2 motor) × ₹12.00 = ₹1,790.40" in card.text
    assert stage.rekha.find("1460 corrected to 146 by Rekha") is not None
    await stage.ravi.wait_for("Rekha corrected B17-FF: 1460 is now 146")
    await stage.rekha.press("Approve", within=card)
    await stage.rekha.wait_for("Approved by Rekha")
    assert await stage.bills() == [("B17-FF", "3264.40")]


@over_both
async def test_send_back_and_re_enter(stage: Stage, meter_photo: bytes) -> None:
    sent = await stage.ravi.send_photo(meter_photo, "B17-FF 1460")
    await stage.ravi.wait_for("look at the meter again")
    await stage.rekha.wait_for("Total")
    await stage.rekha.press("Send back")
    asked = await stage.rekha.wait_for("send it back to Ravi, why?")
    assert asked.photo_file_id
    assert labels(asked) == ["Unclear photo", "Wrong meter", "Too high", "Other…", "Cancel"]
    await stage.rekha.press("Unclear photo")
    await stage.rekha.wait_for("Sent back by Rekha")
    told = await stage.ravi.wait_for("B17-FF 1460")
    assert told.reply_to_id == sent.message_id
    assert told.text.startswith("Rekha sent back B17-FF 1460 of 2 Nov 2026: unclear photo.")
    await stage.ravi.press("Re-enter", within=told)
    await stage.ravi.wait_for("Send the right")
    await stage.ravi.send_text("146")
    await stage.ravi.wait_for("146 units · saved")
    card = await stage.rekha.wait_for("Total ₹3,226.00")
    await stage.rekha.press("Approve", within=card)
    await stage.rekha.wait_for("Approved by Rekha")


async def test_a_further_bill_of_the_month_is_asked_about(stage: Stage) -> None:
    await read_meters(stage, "B17-FF 146")
    await stage.rekha.wait_for("Total")
    await stage.rekha.press("Approve")
    await stage.rekha.wait_for("Approved by")
    stage.clock.move(days=8)
    await read_meters(stage, "B17-FF 60 on 10 Nov")
    card = await stage.rekha.wait_for("60 units")
    await stage.rekha.press("Approve", within=card)
    asked = await stage.rekha.wait_for("Store a further one?")
    assert asked.text.startswith("B17-FF already has a bill for November (₹3,226.00, 2 Nov 2026).")
    assert labels(asked) == ["Without fixed charge, ₹3,946.00", "With, ₹5,420.00", "Cancel"]
    assert len(await stage.bills()) == 1
    await stage.rekha.press("Without fixed charge")
    await stage.rekha.wait_for("Approved by Rekha")
    assert await stage.bills() == [("B17-FF", "3226.00"), ("B17-FF", "3946.00")]
    stage.clock.move(days=1)
    await read_meters(stage, "B17-FF 61 on 11 Nov")
    card = await stage.rekha.wait_for("61 units")
    await stage.rekha.press("Approve", within=card)
    await stage.rekha.wait_for("Store a further one?")
    await stage.rekha.press("With,")
    await stage.rekha.wait_for("Approved by Rekha")
    assert (await stage.bills())[-1] == ("B17-FF", "6152.00")
    starts = await stage.rows("select billing_period_start from bills where rate_per_unit is not null order by id")
    assert len(set(starts)) == 3


@over_both
async def test_two_admins_at_once(stage: Stage) -> None:
    await read_meters(stage, "B17-FF 146")
    first = await stage.rekha.wait_for("Total")
    second = await stage.mohan.wait_for("Total")
    await stage.rekha.press("Approve", within=first)
    await stage.mohan.press("Approve", within=second)
    await stage.rekha.wait_for("Approved by")
    card = await stage.mohan.wait_for("Approved by")
    await stage.mohan.wait_for("was first") if "Rekha" in card.text else await stage.rekha.wait_for("was first")
    assert len(await stage.bills()) == 1
    await stage.settled()
    assert len(stage.sharma.received) == 1


async def test_a_stale_card_shows_how_it_stands(stage: Stage) -> None:
    sent = await stage.ravi.send_text("B17-FF 146")
    card = await stage.rekha.wait_for("Total ₹3,226.00")
    await stage.ravi.edit(sent, "B17-FF 150")
    await stage.ravi.wait_for("saved, was 146")
    await stage.rekha.press("Approve", within=card)
    await until(lambda: _redrawn(stage, card.id, "₹3,274.00"))
    assert await stage.bills() == []


async def _redrawn(stage: Stage, message_id: int, text: str) -> bool:
    return any(m.id == message_id and text in m.text for m in stage.rekha.received)


@over_both
async def test_own_reading_needs_another_admin(stage: Stage) -> None:
    await stage.conn.execute("insert into staff (person_id, role) values ($1, 'engineer')", stage.town.rekha.person_id)
    await stage.rekha.send_text("B17-FF 146")
    await stage.rekha.wait_for("saved")
    own = await stage.rekha.wait_for("You sent this reading yourself: another admin has to approve it.")
    assert not any("Approve" in label for label in labels(own))
    await stage.mohan.wait_for("Total")
    await stage.mohan.press("Approve")
    await stage.mohan.wait_for("Approved by Mohan")


async def test_strangers_and_former_admins_press_in_vain(stage: Stage) -> None:
    await read_meters(stage, "B17-FF 146")
    card = await stage.rekha.wait_for("Total")
    token = card.buttons[0].value
    assert len(token.encode()) <= 64
    await stage.stranger.send_text("hello")
    seen = await stage.stranger.wait_for("We don't know this chat yet")
    await stage.stranger.press_data(seen, token)
    await stage.stranger.wait_for("no longer works")
    await stage.ravi.press_data(stage.ravi.received[-1], token[:-1] + ("a" if token[-1] != "a" else "b"))
    group = stage.simulator.add_group("Block B17", stage.ravi, stage.rekha)
    await stage.ravi.press_data(card, token, chat=group)
    await stage.rekha.press_data(card, token, chat=group)
    await stage.settled()
    assert await stage.bills() == []
    await stage.conn.execute("update staff set revoked_at = now() where person_id = $1", stage.town.rekha.person_id)
    await stage.rekha.press("Approve")
    await stage.rekha.wait_for("That is for another role")
    assert await stage.bills() == []
    assert await stage.readings("pending") == [("B17-FF", "146")]

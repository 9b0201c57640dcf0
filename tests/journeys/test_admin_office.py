"""What else the office does: quotes, search, flats, payments, people."""

from __future__ import annotations

import re

import aiohttp

from bot.simulator import Contact
from tests.journeys.stage import Stage, labels, over_both
from tests.journeys.test_main_story import PAGE


async def billed(stage: Stage) -> None:
    await stage.ravi.send_text("B17-FF 146")
    await stage.ravi.wait_for("saved")
    await stage.rekha.wait_for("Total")
    await stage.rekha.press("Approve")
    await stage.rekha.wait_for("Approved by")
    await stage.mrs.wait_for("₹3,226.00")
    await stage.sharma.wait_for("₹3,226.00")


async def test_quote_and_find(stage: Stage) -> None:
    await stage.rekha.send_text("/quote B17-FF 146 3.2")
    quote = await stage.rekha.wait_for("B17-FF: ₹3,264.40")
    assert "nothing is stored" in quote.text
    await stage.rekha.send_text("/find sharma")
    found = await stage.rekha.wait_for("B18-FF")
    assert found.text == "B17-FF · Mr Sharma · 19152159\nB18-FF · Mr Sharma · 19152162"
    await stage.rekha.press("B17-FF")
    flat = await stage.rekha.wait_for("19152159")
    for part in (
        "B17-FF · 2BHK-B17-FF · owes ₹0.00",
        "Owner: Mrs Sharma · Telegram",
        "motor MOTOR-B",
        "₹3,298.00 paid",
    ):
        assert part in flat.text
    await stage.rekha.send_text("19152172")
    await stage.rekha.wait_for("C8-GF")
    await stage.rekha.send_text("zzzz")
    await stage.rekha.wait_for("Nothing found for “zzzz”")


async def test_a_new_owner_sees_nothing_of_before(stage: Stage) -> None:
    await billed(stage)
    await stage.rekha.send_text("/flat B17-FF")
    await stage.rekha.wait_for("19152159")
    await stage.rekha.press("Change")
    await stage.rekha.wait_for("B17-FF")
    await stage.rekha.press("New owner")
    await stage.rekha.wait_for("B17-FF")
    await stage.mrs.press("Pay")
    page = PAGE.search((await stage.mrs.wait_for("To pay for B17-FF")).text)
    assert page is not None
    await stage.rekha.send_text("Tara Sen +447700900199")
    confirm = await stage.rekha.wait_for("New owner: Mr Sharma, Mrs Sharma → Tara Sen")
    await stage.rekha.press("Change to Tara Sen", within=confirm)
    assert "owes ₹3,226.00" in (await stage.rekha.wait_for("Owner: Tara Sen · +447700900199 · no chat linked")).text
    await stage.mrs.send_text("/bill")
    assert "₹" not in (await stage.mrs.wait_for(lambda message: bool(message.text))).text
    await stage.sharma.press("हिसाब देखें")
    assert "₹" not in (await stage.sharma.wait_for(lambda message: bool(message.text))).text
    async with aiohttp.ClientSession() as http:
        assert (await http.get(page[0])).status == 404
    await stage.stranger.start()
    await stage.stranger.wait_for("Choose your language")
    await stage.stranger.share_contact()
    await stage.stranger.wait_for("Namaste Tara Sen. B17-FF is linked to this chat.")
    await stage.stranger.wait_for("There is no bill yet for B17-FF")
    await stage.stranger.send_text("/history")
    await stage.stranger.wait_for("There is no bill yet for B17-FF")


@over_both
async def test_payments(stage: Stage) -> None:
    await billed(stage)
    await stage.rekha.send_text("/paid B17-FF 1226 upi 412345678901")
    ready = await stage.rekha.wait_for("owes ₹3,226.00 → left ₹2,000.00")
    await stage.rekha.press("Record ₹1,226.00")
    recorded = await stage.rekha.wait_for("Recorded ₹1,226.00")
    assert stage.in_place(recorded, ready)
    receipt = await stage.mrs.wait_for("Received ₹1,226.00 for B17-FF")
    assert "Left to pay now: ₹2,000.00" in receipt.text
    await stage.mrs.wait_for(lambda m: "November bill" in m.text and "2,000.00" in m.text)
    await stage.rekha.send_text("/paid B17-FF 1226 upi 412345678901")
    await stage.rekha.wait_for("Already recorded: ₹1,226.00 UPI 412345678901 for B17-FF")
    await stage.rekha.send_text("/paid B17-FF 1300 upi 412345678901")
    await stage.rekha.wait_for("Which is right?")
    await stage.rekha.press("Keep ₹1,226.00")
    await stage.rekha.press("Undo ₹1,226.00", within=recorded)
    await stage.rekha.wait_for("Taken back by Rekha")
    await stage.mrs.wait_for("entered by mistake and is taken back")
    await stage.rekha.send_text("/paid B17-FF 3226 cash")
    await stage.rekha.wait_for("left ₹0.00")
    await stage.rekha.press("Record ₹3,226.00")
    await stage.mrs.wait_for("Nothing is left to pay. Thank you!")
    paid = await stage.mrs.wait_for(lambda m: "Paid ₹3,226.00 on 2 Nov 2026" in m.text)
    assert not any("Pay" in label for label in labels(paid))
    assert await stage.value("select status from bills order by id desc limit 1") == "paid"


@over_both
async def test_inviting_an_engineer_and_ending_their_work(stage: Stage) -> None:
    await stage.rekha.send_text("/people")
    people = await stage.rekha.wait_for("People")
    assert people.text.splitlines() == ["People", "Mohan, admin", "Rekha, admin", "Ravi, engineer", "Sunil, engineer"]
    await stage.rekha.press("Invite engineer")
    await stage.rekha.wait_for("name")
    await stage.rekha.send_text("Vikram")
    invite = await stage.rekha.wait_for("Invite for Vikram")
    link = re.search(r"https://(t|wa)\.me/\S+", invite.text)
    assert link is not None
    await stage.stranger.open_link(link[0])
    await stage.stranger.wait_for("You read meters for Blessings City")
    await stage.stranger.send_text("B17-FF 146")
    await stage.stranger.wait_for("saved")
    await stage.mrs.open_link(link[0])
    await stage.mrs.wait_for("This invite does not work")
    await stage.rekha.send_text("/people")
    await stage.rekha.wait_for("Vikram, engineer")
    await stage.rekha.press("Change somebody")
    await stage.rekha.wait_for("Whom")
    await stage.rekha.press("More")
    await stage.rekha.wait_for("Whom")
    await stage.rekha.press("Vikram")
    await stage.rekha.wait_for("engineer")
    await stage.rekha.press("End Vikram as engineer")
    await stage.stranger.wait_for("The office has ended your work here")
    await stage.stranger.send_text("B17-GF 132")
    await stage.stranger.wait_for("We don't know this chat yet")
    assert await stage.readings() == [("B17-FF", "146")]


async def test_an_owner_links_by_their_own_number_only(stage: Stage) -> None:
    await billed(stage)
    await stage.conn.execute("update owners set phone = '+447700900199' where name = 'Anita Rao'")
    stranger = stage.stranger
    await stranger.start()
    await stranger.wait_for("Choose your language")
    await stranger.press("English")
    await stranger.wait_for("Share your number so that we find your flat.")
    await stranger.share_contact(Contact("+447700900105", "Mr Sharma", 105))
    await stranger.wait_for("not proven to be your own number")
    await stranger.share_contact(Contact("+447700900199", "Nobody", 199, forwarded=True))
    await stranger.wait_for("not proven to be your own number")
    await stranger.press("Share my number")
    linked = await stranger.wait_for("B17-GF")
    assert linked.text.startswith("Namaste Anita Rao. B17-GF")
    await stranger.wait_for("October bill · B17-GF: ₹3,298.00")

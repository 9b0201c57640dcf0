"""The main job: a reading with its photo, the card with the whole sum, and the bill on both owners' phones."""

from __future__ import annotations

import re
from dataclasses import replace

import aiohttp
import pytest

from bot.simulator import ButtonKind, SeenMessage
from tests.journeys.stage import Stage, labels, over_both, staged
from tests.society import SOCIETY

PAGE = re.compile(r"http://127\.0\.0\.1:\d+/b/[\w-]+")


async def main_story(stage: Stage, meter_photo: bytes) -> SeenMessage:
    """Ravi sends, Rekha approves; Mr Sharma's bill as it came."""
    await stage.ravi.send_photo(meter_photo, "B17-FF 146")
    saved = await stage.ravi.wait_for("saved")
    assert saved.text.startswith("B17-FF · 146 units · saved\nMeter 19152159, Mr Sharma.")
    assert "1 of 13 meters read this month" in saved.text
    card = await stage.rekha.wait_for("Total")
    for part in ("146 × ₹12.00 = ₹1,752.00", "2BHK ₹1,474.00", "arrears ₹0.00", "Total ₹3,226.00", "3 Oct – 2 Nov 2026",
                 "due 12 Nov 2026", "usual 120–170", "Ravi", f"Owner reachable on {stage.platform}"):  # fmt: skip
        assert part in card.text
    assert card.photo_file_id is not None
    assert labels(card)[:3] == ["Approve ₹3,226.00", "Correct", "Send back"]
    await stage.rekha.press("Approve")
    approved = await stage.rekha.wait_for("Approved by Rekha")
    assert stage.in_place(approved, card)
    assert labels(approved) == ["Account"]
    return await stage.sharma.wait_for("B17-FF")


@over_both
async def test_reading_card_bill(stage: Stage, meter_photo: bytes) -> None:
    bill = await main_story(stage, meter_photo)
    assert "₹3,226.00" in bill.text
    assert "12 नवंबर" in bill.text
    english = await stage.mrs.wait_for("November bill · B17-FF: ₹3,226.00")
    assert "Pay by 12 Nov 2026" in english.text
    assert labels(english) == ["Pay ₹3,226.00", "How worked out", "Meter photo", "PDF"]
    assert await stage.bills() == [("B17-FF", "3226.00")]
    await stage.settled()
    await stage.later(seconds=5)
    card = stage.rekha.find("Approved by Rekha")
    assert card is not None
    assert "Mr Sharma: delivered 10:42\nMrs Sharma: delivered 10:42" in card.text


@over_both
async def test_what_owners_ask_about_their_bill(stage: Stage, meter_photo: bytes) -> None:
    await main_story(stage, meter_photo)
    await stage.mrs.wait_for("November bill")
    await stage.mrs.press("How worked out")
    how = await stage.mrs.wait_for("worked out")
    assert "3 Oct 2026" in how.text
    assert "Together 146 units, at ₹12.00 each: ₹1,752.00" in how.text
    await stage.mrs.press("Meter photo")
    photo = await stage.mrs.wait_for(lambda message: message.photo_file_id is not None)
    assert stage.mrs.photo_bytes(photo)[:2] == b"\xff\xd8"
    await stage.mrs.send_text("/history")
    assert "November 2026: ₹3,226.00, to be paid" in (await stage.mrs.wait_for("Bills of B17-FF")).text
    await stage.mrs.send_text("/bill")
    assert "₹3,226.00" in (await stage.mrs.wait_for("November bill")).text


@over_both
async def test_pay_answers_with_every_way_and_the_page_opens(stage: Stage, meter_photo: bytes) -> None:
    await main_story(stage, meter_photo)
    await stage.mrs.wait_for("November bill")
    await stage.mrs.press("Pay")
    ways = await stage.mrs.wait_for("To pay for B17-FF: ₹3,226.00")
    assert "office@upi" in ways.text
    assert "At the office of Blessings City" in ways.text
    address = PAGE.search(ways.text)
    assert address is not None
    async with aiohttp.ClientSession() as http, http.get(address[0]) as answer:
        page = await answer.text()
        assert answer.status == 200
        photo = await http.get(f"{address[0]}/photo.jpg")
        assert photo.content_type == "image/jpeg"
        assert (await http.get(f"{address[0]}x")).status == 404
    for part in ("B17-FF", "₹3,226.00", "12 Nov 2026", "upi://pay?", "₹1,752.00", "₹1,474.00", "Blessings City"):
        assert part in page


@over_both
async def test_a_public_address_makes_pay_a_link(dsn: str, meter_photo: bytes, channel: str) -> None:
    rules = replace(SOCIETY, public_url="https://bills.example.org")
    async with staged(dsn, channel=channel, rules=rules) as stage:
        bill = await main_story(stage, meter_photo)
        pay = bill.button("3,226.00")
        assert pay is not None
        assert pay.kind is ButtonKind.URL
        assert pay.value.startswith("https://bills.example.org/b/")


@pytest.mark.parametrize("webhook", [True], ids=["webhook"])
async def test_the_same_story_when_updates_are_pushed(dsn: str, meter_photo: bytes, *, webhook: bool) -> None:
    async with staged(dsn, webhook=webhook) as stage:
        async with aiohttp.ClientSession() as http:
            wrong = {"X-Telegram-Bot-Api-Secret-Token": "the-hook-secre"}
            hook = f"{stage.service.address}/webhook/telegram"
            assert (await http.post(hook, json={"update_id": 1}, headers=wrong)).status in {401, 403}
        await main_story(stage, meter_photo)
        assert not [call for call in stage.simulator.recorder if call.method == "getUpdates"]

"""Everything Mr Sharma receives, from his first press to his receipt, is Hindi: English only in names and codes."""

from __future__ import annotations

import html
import re

import aiohttp

from bot.simulator import SeenMessage
from tests.journeys.stage import Stage
from tests.journeys.test_main_story import PAGE

ALLOWED = re.compile(
    r"B17-FF|B18-FF|[2-5]BHK|Mr Sharma|Blessings City|MOTOR-B|UPI|UTR|office@upi|QR|English"
    r"|/(?:bill|pay|utr|history|receipts|usage|language|help|start)\b|https?://\S+"
)
LETTERS = re.compile(r"[A-Za-z]+")


def english(text: str) -> list[str]:
    """English words that are no names, codes, units or commands."""
    return LETTERS.findall(ALLOWED.sub(" ", text))


async def test_everything_mr_sharma_receives(stage: Stage, meter_photo: bytes) -> None:
    sharma = stage.sharma
    await stage.conn.execute("update chat_identities set person_id = null, language = null where external_id = '105'")
    await stage.conn.execute("update owners set phone = '+447700900105' where name = 'Mr Sharma'")
    await sharma.start()
    assert (await sharma.wait_for("भाषा चुनें")).text == "भाषा चुनें\nChoose your language"
    await sharma.press("हिन्दी")
    await sharma.wait_for("Blessings City")
    await sharma.share_contact()
    await sharma.wait_for("B17-FF")
    await stage.settled()
    await billed(stage, meter_photo)
    for label in ("हिसाब देखें", "मीटर की फ़ोटो", "भरें"):
        sharma.mark()
        await sharma.press(label)
        await sharma.wait_for(lambda _: True)
    page = PAGE.search(" ".join(message.text for message in sharma.received))
    assert page is not None
    for text in ("/pay", "/history", "/bill", "/help", "/language", "कब तक?"):
        await sharma.send_text(text)
        await sharma.wait_for(lambda _: True)
    await pay(stage)
    await sharma.wait_for("500.00")
    await stage.settled()
    texts = [shown(message) for message in sharma.received if "Choose your language" not in message.text]
    assert len(texts) > 12
    assert [found for text in texts if (found := english(text))] == []
    assert [found for command in sharma.commands if (found := english(command["description"]))] == []
    assert english(await visible(page[0])) == []


async def billed(stage: Stage, meter_photo: bytes) -> None:
    await stage.ravi.send_photo(meter_photo, "B17-FF 146 motor 3.2")
    await stage.rekha.wait_for("Total")
    await stage.rekha.press("Approve")
    bill = await stage.sharma.wait_for("3,264.40")
    assert bill.text.startswith("नवंबर का बिल · B17-FF: ₹3,264.40\n12 नवंबर तक भरें")
    assert "(146 यूनिट + 3.2 मोटर) × ₹12.00 = ₹1,790.40" in bill.text


async def pay(stage: Stage) -> None:
    await stage.rekha.send_text("/paid B17-FF 500 cash")
    await stage.rekha.wait_for("left")
    await stage.rekha.press("Record")


def shown(message: SeenMessage) -> str:
    """Text and buttons, as they stand on the phone."""
    return "\n".join([message.text, *(button.text for button in message.buttons)])


async def visible(address: str) -> str:
    """The words of a page that somebody reads or hears."""
    async with aiohttp.ClientSession() as http, http.get(address) as answer:
        page = await answer.text()
    heard = " ".join(re.findall(r'(?:alt|aria-label|title)="([^"]*)"', page))
    plain = re.sub(r"<(style|script|svg)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return html.unescape(f"{plain} {heard}")

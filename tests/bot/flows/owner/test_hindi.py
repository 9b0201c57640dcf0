"""An elderly owner's journey in Hindi: no English letters but names, codes, units and commands."""

import re
from datetime import timedelta
from decimal import Decimal

from bot.i18n import Translator
from bot.router import menu
from domain.roles import Role
from jobs.correct_account import (
    GivenBack,
    Note,
    Posted,
    Voided,
    credit_note,
    debit_note,
    refund,
    reverse,
    take_back_payment,
    void_bill,
)
from jobs.ports import plain
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import work

ALLOWED = re.compile(r"Blessings City|Mr Sharma|B1[78]-FF|2BHK|office@upi|https?://\S+|/[a-z]+|[DC]\d")
ENGLISH = re.compile(r"[A-Za-z]+")


def in_hindi(text: str) -> None:
    assert ENGLISH.findall(ALLOWED.sub("", plain(text))) == [], text


async def said(phone: Phone, text: str) -> str:
    """What was answered, with its keys; all of it in Hindi."""
    in_hindi(text)
    for message in phone.messages:
        for label in [key.label for row in message.keys for key in row if key.label != "English"]:
            in_hindi(label)
        for label in [label for row in message.keyboard.rows for label in row] if message.keyboard else []:
            in_hindi(label)
    return text


async def test_the_whole_journey(story: Story) -> None:
    story = story.with_society(public_url="http://127.0.0.1:8765")
    await story.run("update chat_identities set person_id = null, language = null where external_id = '105'")
    phone = await story.stranger("105", "Mr Sharma", language="hi")
    await said(phone, await phone.say("hello"))
    start = await phone.say("/start")
    assert start == "<b>भाषा चुनें</b>\nChoose your language"
    await said(phone, await phone.press("हिन्दी"))
    await said(phone, await phone.contact("+447700900199"))
    await said(phone, await phone.contact("+447700900105", own=False))
    await said(phone, await phone.say("join nothing"))
    await said(phone, await phone.contact("+447700900105"))
    for words in ("/bill", "/pay", "/history", "/help", "/paid", "क्या"):
        await said(phone, await phone.say(words))
    await story.bill("B17-FF", "146", share="3.20", photo=True)
    assert await said(phone, await phone.say("/bill")) == (
        "<b>अक्टूबर का बिल · B17-FF: ₹3,264.40</b>\n"
        "12 नवंबर तक भरें\n"
        "नाम: Mr Sharma\n"
        "(146 यूनिट + 3.2 मोटर) × ₹12.00 = ₹1,790.40\n"
        "स्थायी शुल्क 2BHK ₹1,474.00"
    )
    card = phone.messages
    for label in ("हिसाब", "फ़ोटो", "भरें"):
        await said(phone, await phone.press(label, among=card))
    for words in ("नमस्ते", "/pay", "/history", "/language", "/settings"):
        await said(phone, (await phone.say(words)).replace("Choose your language", ""))


async def test_everything_that_is_told_unasked(story: Story) -> None:
    await story.run("update people set language = 'hi'")
    await story.run("update chat_identities set language = 'hi'")
    await story.bill("B17-FF", "146", share="3.20")
    await story.delivered()
    entry = await story.paid("B17-FF", "1000")
    await story.delivered()
    assert story.mail.of(story.town.sharma)[0].startswith(
        "अक्टूबर का बिल · B17-FF: ₹3,264.40\n12 नवंबर तक भरें\n₹1,000.00 का भुगतान 2 नवंबर को हो गया\nअब देना बाकी: ₹2,264.40\n"
    )
    await story.taken_back(entry)
    await story.paid("B17-FF", "5000")
    await story.delivered()
    other = await story.stranger("900", language="hi")
    await other.contact("+447700900105")
    story.now += timedelta(days=1)
    await story.delivered()
    told = story.mail.of(story.town.sharma)
    assert len(told) == 5
    for text in told:
        in_hindi(text)


async def test_corrections(story: Story) -> None:
    await story.run("update people set language = 'hi'")
    await story.run("update chat_identities set language = 'hi'")
    bill = await story.bill("B17-FF", "146", share="3.20")
    await story.delivered()
    flat_id, amount = story.town.flat("B17-FF").flat_id, Decimal(100)
    entry = await story.paid("B17-FF", "4000")
    done: list[object] = []
    async with story.db.transaction() as conn:
        rekha = work(conn, story.town.rekha, story.now, story.society)
        done.append(await debit_note(rekha, Note(flat_id, amount, "wrong_price"), "a"))
        done.append(await credit_note(rekha, Note(flat_id, amount, "wrong_reading"), "b"))
        done.append(await refund(rekha, flat_id, amount, "moved_out", "c"))
        done.append(await take_back_payment(rekha, entry, Decimal(4000), "x", "d", how=GivenBack.CHARGEBACK))
        assert isinstance(await void_bill(rekha, bill, "billed_twice"), Voided)
    assert all(isinstance(one, Posted) for one in done)
    await story.delivered()
    async with story.db.transaction() as conn:
        rekha = work(conn, story.town.rekha, story.now, story.society)
        for one in done:
            assert isinstance(one, Posted)
            assert isinstance(await reverse(rekha, one.line.entry_id), Posted)
    await story.delivered()
    told = story.mail.of(story.town.sharma)
    assert len(told) == 11
    for text in told:
        in_hindi(text)


def test_the_menu_is_in_hindi_too() -> None:
    lines = dict(menu({Role.OWNER}, Translator("hi")))
    for name in ("bill", "pay", "history", "help", "start", "language"):
        in_hindi(lines[name])

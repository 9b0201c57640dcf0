"""Receipts and notes on paper: theirs at a press, nobody else's, and none for what was taken back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.i18n import Translator
from bot.texts import slips
from jobs.correct_account import Correction, GivenBack, Note, Posted, credit_note, debit_note, refund, take_back_payment
from jobs.work import Work
from storage import account_lines
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import work


def sent(phone: Phone) -> tuple[str | None, bytes]:
    [message] = phone.messages
    assert message.document is not None
    return message.document_name, message.document


async def test_a_receipt_on_paper(story: Story) -> None:
    await story.bill("B17-FF", "146")
    entry = await story.paid("B17-FF", "1000")
    await story.delivered()
    receipt = story.mail.messages(story.town.sharma)[-1]
    phone = story.phone(story.town.sharma)
    said = await phone.press("PDF", among=[receipt])
    assert said == "On paper: Receipt, ₹1,000.00 for B17-FF."
    name, file = sent(phone)
    assert name == f"receipt-B17-FF-2026-{entry}.pdf"
    assert re.findall(rb"/Type/Pages/Count (\d+)", file) == [b"1"]


async def test_the_list_of_payments_has_the_papers_of_those_that_count(story: Story) -> None:
    await story.paid("B17-FF", "1000")
    story.now += timedelta(days=7)
    await story.taken_back(await story.paid("B17-FF", "500"))
    phone = story.phone(story.town.sharma)
    await phone.say("/receipts")
    assert phone.labels == ["PDF 2 Nov 2026"]
    assert await phone.press("PDF") == "On paper: Receipt, ₹1,000.00 for B17-FF."


async def test_none_for_a_payment_that_was_taken_back(story: Story) -> None:
    entry = await story.paid("B17-FF", "1000")
    await story.delivered()
    [receipt] = story.mail.messages(story.town.sharma)
    await story.taken_back(entry)
    said = await story.phone(story.town.sharma).press("PDF", among=[receipt])
    assert said == "This entry of ₹1,000.00 for B17-FF was taken back since. There is no paper for it."


async def test_none_for_who_sold_the_flat(story: Story) -> None:
    await story.paid("B17-FF", "1000")
    await story.delivered()
    [receipt] = story.mail.messages(story.town.sharma)
    await story.sold("B17-FF", "Asha Sharma", "+447700900905")
    phone = story.phone(story.town.sharma)
    assert "not on your account" in await phone.press("PDF", among=[receipt])
    assert phone.messages[-1].document is None


Correct = Callable[[Work, int, int], Awaitable[Correction]]
CORRECTIONS: dict[str, Correct] = {
    "credit-note": lambda office, flat, _: credit_note(office, Note(flat, Decimal(100), "wrong_price"), "a"),
    "debit-note": lambda office, flat, _: debit_note(office, Note(flat, Decimal(100), "<b>lamp & fan</b>"), "a"),
    "refund": lambda office, flat, _: refund(office, flat, Decimal(100), "moved_out", "a"),
    "chargeback": lambda office, _, entry: take_back_payment(
        office, entry, Decimal(4000), "x", "a", how=GivenBack.CHARGEBACK
    ),
}


@pytest.mark.parametrize("language", ["en", "hi"])
@pytest.mark.parametrize("how", CORRECTIONS)
async def test_what_was_put_right_on_paper(story: Story, how: str, language: str) -> None:
    await story.run("update chat_identities set language = $1", language)
    await story.run("update people set language = $1", language)
    await story.bill("B17-FF", "146")
    paid = await story.paid("B17-FF", "4000")
    async with story.db.transaction() as conn:
        office = work(conn, story.town.rekha, story.now, story.society)
        done = await CORRECTIONS[how](office, story.town.flat("B17-FF").flat_id, paid)
        assert isinstance(done, Posted)
    await story.delivered()
    phone = story.phone(story.town.sharma)
    label = Translator(language).gettext("PDF")
    said = await phone.press(label, among=[story.mail.messages(story.town.sharma)[-1]])
    assert slips.title(Translator(language), done.line) in said
    name, file = sent(phone)
    assert name == f"{'refund' if how == 'chargeback' else how}-B17-FF-2026-{done.line.entry_id}.pdf"
    assert re.findall(rb"/Type/Pages/Count (\d+)", file) == [b"1"]


async def test_what_stands_on_a_receipt(story: Story) -> None:
    entry = await story.paid("B17-FF", "1000")
    async with story.db.transaction() as conn:
        line = await account_lines.line(conn, entry)
    assert line is not None
    assert slips.rows(Translator("en"), line) == [("Day", "2 Nov 2026"), ("Paid by", "cash")]
    assert slips.rows(Translator("hi"), line) == [("तारीख", "2 नवंबर 2026"), ("भुगतान का तरीका", "नकद")]
    late = replace(line, value_date=line.posted_on - timedelta(days=12))
    assert slips.rows(Translator("en"), late)[:2] == [("Day", "21 Oct 2026"), ("Booked on", "2 Nov 2026")]
    assert slips.rows(Translator("hi"), late)[1] == ("खाते में लिखा गया", "2 नवंबर 2026")
    assert slips.balance(Translator("en"), Decimal(-1000), line.posted_on) == (
        "In your favour on 2 Nov 2026",
        "₹1,000.00",
    )

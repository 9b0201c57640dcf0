"""The coach line follows the first minute, and whoever runs ahead of it."""

from datetime import date
from decimal import Decimal

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup

from bot.i18n import LANGUAGES, Translator
from bot.simulator import Simulator
from bot.simulator.coach import RECEIPT_WORDS
from bot.texts.owner import receipt
from jobs.ports import plain
from tests.bot.simulator.conftest import picture


def button(text: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data="x")]])


async def test_the_line_moves_with_the_story(sim: Simulator, bot: Bot) -> None:
    ravi, rekha, sharma = (sim.phone(key) for key in ("ravi", "rekha", "sharma"))
    for phone in (ravi, rekha, sharma):
        await phone.start()
    await bot.send_message(sharma.home.id, "Choose your language", reply_markup=button("English"))
    await sharma.press("English")
    assert sim.coach.position == 0
    await ravi.send_photo(picture(), "B17-FF 146")
    assert sim.coach.position == 1
    await bot.send_message(rekha.home.id, "Total ₹3,264.40", reply_markup=button("Approve"))
    assert sim.coach.position == 2
    await rekha.press("Approve")
    assert sim.coach.position == 2
    await bot.send_message(sharma.home.id, "अक्टूबर का बिल: ₹3,264.40", reply_markup=button("₹3,264.40 दें"))
    assert sim.coach.position == 3
    await sharma.press("₹3,264.40 दें")
    assert sim.coach.position == 4
    await bot.send_message(sharma.home.id, "B17-FF के ₹3,264.40 मिल गए, 2 नवंबर")
    assert sim.coach.shown()["position"] == sim.coach.shown()["count"]


async def test_it_knows_the_receipts_of_both_languages() -> None:
    for language in LANGUAGES:
        text = plain(receipt(Translator(language), "B17-FF", Decimal(1), date(2026, 11, 2), Decimal(0)))
        assert any(words in text for words in RECEIPT_WORDS)


async def test_running_ahead_is_fine(sim: Simulator, bot: Bot) -> None:
    sharma = sim.phone("sharma")
    await sharma.start()
    await bot.send_message(sharma.home.id, "B17-FF: ₹3,264.40", reply_markup=button("Pay ₹3,264.40"))
    assert sim.coach.position == 3


async def test_a_question_before_approval_and_the_bill_of_before_move_nothing(sim: Simulator, bot: Bot) -> None:
    ravi, rekha, sharma = (sim.phone(key) for key in ("ravi", "rekha", "sharma"))
    for phone in (ravi, rekha, sharma):
        await phone.start()
    await bot.send_message(sharma.home.id, "September bill: ₹2,900.00, paid", reply_markup=button("How worked out"))
    await ravi.send_text("B17-GF 146")
    assert sim.coach.position == 1
    await bot.send_message(rekha.home.id, "54 normal", reply_markup=button("Approve 54 normal"))
    await rekha.press("Approve 54 normal")
    assert sim.coach.position == 1
    await sharma.press("How worked out")
    assert sim.coach.position == 1

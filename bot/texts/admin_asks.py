"""What the office reads when an engineer asks about a reading that is billed, and what the engineer reads then."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bot.i18n import Translator, escape
from bot.texts import admin_sum
from bot.texts.engineer import figure, short
from domain.period import Month
from storage.bills import Bill
from storage.readings import Reading, ReadingState


def asked(t: Translator, reading: Reading, by: str, value: Decimal | None) -> str:
    """Who asks, about which reading, and what they read instead."""
    head = t.gettext("{by} asks to correct {reading} of {day}.").format(
        by=escape(by), reading=f"<b>{short(reading)}</b>", day=t.day(reading.date)
    )
    if value is None:
        return head
    return f"{head} {t.gettext('It should be {value}.').format(value=f'<b>{figure(value)}</b>')}"


def billed(t: Translator, bill: Bill, number: str) -> str:
    """On which bill it is, and what to do where that is wrong."""
    named = t.gettext("It is on bill {number} · {total} · {period}.").format(
        number=number, total=t.rupees(bill.total_amount), period=admin_sum.period(t, bill.period)
    )
    return f"{named}\n{void_it(t)}"


def void_it(t: Translator) -> str:
    """How a billed reading is put right."""
    return t.gettext("If it is wrong, void the bill: its reading can then be corrected and billed again.")


def yours(t: Translator, reading: Reading, month: Month, issued_on: date | None) -> str:
    """To an admin who sent a reading of a flat and month that is billed."""
    if issued_on is None:
        text = t.gettext("{flat} for {month} is billed.")
        way = from_before(t) if reading.state is ReadingState.HISTORY else shared(t)
        return f"{text.format(flat=escape(reading.flat_code), month=t.month_name(month))}\n{way}"
    text = t.gettext("{flat} for {month} was billed on {day}.")
    head = text.format(flat=escape(reading.flat_code), month=t.month_name(month), day=t.day(issued_on))
    return f"{head}\n{void_it(t)}"


def shared(t: Translator) -> str:
    """A motor's reading has no bill of its own."""
    return t.gettext("Its shares are billed. If it is wrong, add debit or credit notes to its flats' accounts.")


def from_before(t: Translator) -> str:
    """A reading this service billed nothing for."""
    return t.gettext("It is from before this service: what it cost can be changed on the flat's account only.")


def free(t: Translator) -> str:
    """It was put right, or its bill was voided."""
    return t.gettext("It is on no bill any more: it can be corrected.")


def answered(t: Translator, by: str, words: str) -> str:
    """Under the question, to every admin."""
    return t.gettext("Answered by {by}: {words}").format(by=escape(by), words=_said(t, words))


def reading_button(t: Translator) -> str:
    return t.gettext("See the reading")


def answer_button(t: Translator, by: str) -> str:
    return t.gettext("Answer {by}").format(by=by)


def corrected_button(t: Translator) -> str:
    return t.gettext("It is corrected")


def stays_button(t: Translator) -> str:
    return t.gettext("The bill is right")


def ask_words(t: Translator, reading: Reading, by: str) -> str:
    """Above the usual answers."""
    return t.gettext("What shall {by} know about {reading}? Tap an answer, or send it in a few words.").format(
        by=escape(by), reading=f"<b>{short(reading)}</b>"
    )


def told(t: Translator, by: str, words: str) -> str:
    """To the admin who answered."""
    return t.gettext("{by} is told: {words}").format(by=escape(by), words=_said(t, words))


def unreached(t: Translator, by: str) -> str:
    return t.gettext("{by} has no chat linked any more: tell them yourself.").format(by=escape(by))


def answer(t: Translator, reading: Reading, by: str, words: str) -> str:
    """To the engineer."""
    return t.gettext("{by} about {reading} of {day}: {words}").format(
        by=escape(by), reading=f"<b>{short(reading)}</b>", day=t.day(reading.date), words=_said(t, words)
    )


def _said(t: Translator, words: str) -> str:
    """One of the buttons, or the admin's own words."""
    known = {
        "corrected": t.gettext("it is corrected, thank you."),
        "stays": t.gettext("it was checked, the bill is right."),
    }
    return known.get(words) or escape(words)

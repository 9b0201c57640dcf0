"""What stands on the buttons of a reading's card."""

from __future__ import annotations

from decimal import Decimal

from bot.i18n import Translator
from bot.texts.engineer import figure, returned_reason

REASONS = ("unclear_photo", "wrong_meter", "too_high", "same_as_last", "no_photo")
"""Why a reading is sent back, as codes."""


def approve(t: Translator, total: Decimal) -> str:
    return t.gettext("Approve {total}").format(total=t.rupees(total))


def approve_doubtful(t: Translator, units: Decimal, total: Decimal | None) -> str:
    """Restates what a value in doubt would do; without a total its bill comes later."""
    then = t.gettext("bill later") if total is None else t.rupees(total)
    return t.gettext("Approve {units} units, {then}").format(units=figure(units), then=then)


def accept(t: Translator) -> str:
    return t.gettext("Approve as first reading")


def correct(t: Translator) -> str:
    return t.gettext("Correct")


def send_back(t: Translator) -> str:
    return t.gettext("Send back")


def terms(t: Translator) -> str:
    return t.gettext("Period, due date")


def reason(t: Translator, code: str) -> str:
    if code == "same_as_last":
        return t.gettext("Same as last time: read it again")
    words = returned_reason(t, code)
    return words[:1].upper() + words[1:]


def other_reason(t: Translator) -> str:
    return t.gettext("Other…")


def without_fixed(t: Translator, total: Decimal) -> str:
    return t.gettext("Without fixed charge, {total}").format(total=t.rupees(total))


def with_fixed(t: Translator, total: Decimal) -> str:
    return t.gettext("With, {total}").format(total=t.rupees(total))


def first_day(t: Translator) -> str:
    return t.gettext("First day")


def last_day(t: Translator) -> str:
    return t.gettext("Last day")


def due_day(t: Translator) -> str:
    return t.gettext("Due date")


def rules_decide(t: Translator) -> str:
    return t.gettext("As by the rules")


def previous(_t: Translator) -> str:
    return "◀"


def following(_t: Translator) -> str:
    return "▶"

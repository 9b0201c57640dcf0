"""What the office reads and sets of a register: how many digits it has, and that it may have begun anew."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.i18n import escape
from bot.texts.engineer import figure

if TYPE_CHECKING:
    from bot.i18n import Translator
    from storage.readings import Reading


def padded(register: Decimal, turn: Decimal) -> str:
    """With all whole digits of the register: `00062`."""
    whole, point, rest = figure(register).partition(".")
    return whole.rjust(len(str(int(turn))) - 1, "0") + point + rest


def went_past_button(t: Translator, turn: Decimal) -> str:
    return t.gettext("It went past {last}").format(last=figure(turn - 1))


def may_be_past(t: Translator, reading: Reading, turn: Decimal) -> str:
    """Why that is asked on the card."""
    before = reading.shown_last or Decimal(0)
    text = t.gettext("Past {last} it would be {before} → {now} = {units} units.")
    return text.format(
        last=figure(turn - 1),
        before=padded(before, turn),
        now=padded(reading.value, turn),
        units=figure(turn + reading.value - before),
    )


def digits_button(t: Translator) -> str:
    return t.gettext("Its digits")


def ask_digits(t: Translator, flat: str, digits: int | None) -> str:
    """How many digits come before the point."""
    text = t.gettext("<b>{flat}</b>: how many digits does the meter show before the point?").format(flat=escape(flat))
    known = t.gettext("Noted now: {digits}").format(digits=digits) if digits else t.gettext("Not known yet.")
    return f"{text}\n{known}"


def digits_noted(t: Translator, digits: int) -> str:
    last = "9" * digits
    return t.gettext("Noted: after {last} the meter begins again at 0.").format(last=last)


def digits_changed(t: Translator) -> str:
    return t.gettext("Somebody changed that meanwhile. This is how it stands now.")

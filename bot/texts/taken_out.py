"""What is said about a number that a meter cannot have shown, as it was taken out with another. English, for staff."""

from __future__ import annotations

from decimal import Decimal

from bot.i18n import Translator, escape
from bot.texts.engineer import figure
from jobs.submit_reading import BadDate
from jobs.taken_out import TakenOut


def send_again(t: Translator, found: TakenOut) -> str:
    """To the engineer."""
    way_on = t.gettext("Send the right number. One of the new meter goes in a new message, with its flat.")
    return f"{_contradiction(t, found)} {way_on}"


def note(t: Translator, found: TakenOut) -> str:
    """Among the lines of a table."""
    return t.gettext("the meter was taken out with {closing}").format(closing=_closing(t, found))


def not_corrected(t: Translator, found: BadDate | TakenOut) -> str:
    """To the office."""
    if isinstance(found, TakenOut):
        way_on = t.gettext("Send the right value, or send the reading back.")
        return f"{_contradiction(t, found)} {way_on}"
    text = t.gettext("Meter {number} of {place} was not there on {day}: nothing was saved. Send the reading back.")
    return text.format(
        number=escape(found.meter.number), place=f"<b>{escape(found.meter.place)}</b>", day=t.day(found.on)
    )


def _contradiction(t: Translator, found: TakenOut) -> str:
    text = t.gettext(
        "Meter {number} of {place} was taken out with {closing} on {day}: "
        "it cannot have shown {value} on {read_on}. Nothing was saved."
    )
    return text.format(
        number=escape(found.meter.number),
        place=f"<b>{escape(found.meter.place)}</b>",
        closing=_closing(t, found),
        day=t.day(found.swap.on or found.on),
        value=figure(found.value),
        read_on=t.day(found.on),
    )


def _closing(t: Translator, found: TakenOut) -> str:
    shown = figure(found.swap.closing or Decimal(0))
    turn = found.swap.rolled_over
    return t.gettext("{closing} (past {last})").format(closing=shown, last=figure(turn - 1)) if turn else shown

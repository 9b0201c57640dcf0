"""What stands on an invite slip, once in English and once in Hindi."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from bot.i18n import Translator


def about(t: Translator) -> str:
    """What it is good for."""
    return t.gettext("Get your electricity bill on your phone.")


def scan(t: Translator) -> str:
    """How, with a camera."""
    return t.gettext("Point your phone's camera at the square, open the link, and send.")


def or_type(t: Translator) -> str:
    """How, by typing what stands below."""
    return t.gettext("Or write the line below to us there.")


def until(t: Translator, day: date) -> str:
    """How long it works, and for whom."""
    return t.gettext("Works once, until {day}. Only for you: give it to nobody.").format(day=t.day(day))

"""The few words of our own that a message needs where it has to be told in several."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.i18n import Translator


def choose(t: Translator) -> str:
    """Opens a list of choices; at most 20 characters."""
    return t.gettext("Choose")


def also(t: Translator) -> str:
    """Above further choices of the message before."""
    return t.gettext("You can also:")


def answer(t: Translator) -> str:
    """Above choices that have no words of their own."""
    return t.gettext("Choose one:")

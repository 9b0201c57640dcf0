"""Reading what an admin types: after a command, or where a dialogue takes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.flows.engineer.place import sent_day
from domain.identifiers import FlatCodeError, normalise_flat_code
from domain.number_text import clean_text
from domain.reading_text import parse_reading_message
from domain.roles import Permission, allowed

if TYPE_CHECKING:
    from bot.visit import Visit

_LONGEST_CODE = 3
_LONGEST_LINE = 300


def leading_flat(text: str) -> tuple[str | None, list[str]]:
    """The flat that a line begins with (`B17-FF`, `b17 ff`, `villa a2`), normalised, and the words after it."""
    words = clean_text(text[:_LONGEST_LINE]).split()
    for count in range(min(_LONGEST_CODE, len(words)), 0, -1):
        try:
            return normalise_flat_code(" ".join(words[:count])), words[count:]
        except FlatCodeError:
            continue
    return None, words


def is_reading(visit: Visit) -> bool:
    """Nothing but readings, each complete, of whoever may submit them: never meant as a reason."""
    readings, bad = parse_reading_message(visit.text, sent_day(visit))
    return bool(readings) and not bad and allowed(visit.roles, Permission.SUBMIT_READING)

"""Reading what an admin types after a command."""

from __future__ import annotations

from domain.identifiers import FlatCodeError, normalise_flat_code
from domain.number_text import clean_text

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

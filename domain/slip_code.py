"""Codes of invites on paper: read aloud, copied by hand and typed on a phone."""

from __future__ import annotations

from typing import Final

LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""None that looks like another."""
LENGTH: Final = 12
_GROUP: Final = 4


def grouped(code: str) -> str:
    """As it is printed: `K7QM-2XHD-9RTB`."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def as_printed(typed: str) -> str | None:
    """A code however it was typed: small letters, blanks and dashes do not count; None where it cannot be one."""
    code = "".join(letter for letter in typed.upper() if letter.isalnum())
    return code if len(code) == LENGTH and set(code) <= set(LETTERS) else None

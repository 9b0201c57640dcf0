"""Codes of the stickers beside meters: scanned, seen in a photo, or copied by hand from below the square."""

from __future__ import annotations

import re
from typing import Final

from domain.slip_code import LETTERS

LENGTH: Final = 10
LEADING: Final = "".join(letter for letter in LETTERS if letter.isalpha())
"""A code begins with one of these, so that no meter's number is one."""
WORD: Final = "meter"
"""What is typed before a code."""
START: Final = "m_"
"""What stands before a code in a link that opens a chat."""
_HALF: Final = LENGTH // 2
_CODE = rf"(?P<code>[{LEADING}][{LETTERS}]{{{_HALF - 1}}}-?[{LETTERS}]{{{_HALF}}})"
_TYPED = re.compile(rf"{WORD}\s+{_CODE}", re.IGNORECASE)
_STARTED = re.compile(rf"{START}{_CODE}", re.IGNORECASE)
_LINK = re.compile(
    rf"https://(?:(?:t|telegram)\.me/\w{{1,64}}\?start={START}|wa\.me/\d{{0,20}}\?text={WORD}(?:%20|\+)){_CODE}",
    re.IGNORECASE | re.ASCII,
)


def grouped(code: str) -> str:
    """As it is printed: `K7QMX-2HD9R`."""
    return f"{code[:_HALF]}-{code[_HALF:]}"


def typed_code(text: str) -> str | None:
    """The code of `meter K7QMX-2HD9R`; None for anything else."""
    return _code(_TYPED.fullmatch(text.strip()))


def started_code(parameter: str) -> str | None:
    """The code of a link's `m_K7QMX2HD9R`; None for anything else, such as an invite."""
    return _code(_STARTED.fullmatch(parameter.strip()))


def code_in(text: str) -> str | None:
    """The code of what a sticker's square says: one of our links, or the words that are typed."""
    return _code(_LINK.fullmatch(text.strip())) or typed_code(text)


def _code(found: re.Match[str] | None) -> str | None:
    return found["code"].replace("-", "").upper() if found else None

"""What goes between the reader and its child: a photo one way, what was seen the other, each after its length."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from domain.photo_reading import Candidate, Display, Seen

LENGTH = 4
"""Bytes of the length, the highest first."""
MOST_PHOTO = 20 * 1024 * 1024
MOST_ANSWER = 64 * 1024
READY = b'{"ready": true}'
NO_PICTURE = b'{"no_picture": true}'
FAILED = b'{"failed": true}'

NONSENSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What comes of taking an answer apart that is none."""

_MOST_NUMBERS = 20
_MOST_DIGITS = 20
_MOST_CHARACTERS = 200


def framed(content: bytes) -> bytes:
    """The content after its length."""
    return len(content).to_bytes(LENGTH, "big") + content


def as_answer(seen: Seen) -> bytes:
    """What was seen, on its way to the reader."""
    return json.dumps({"seen": asdict(seen)}).encode()


def seen_of(answer: bytes) -> Seen:
    """What was seen, checked: an answer is not believed because it came. Raises `NONSENSE`."""
    kept = json.loads(answer)["seen"]
    return Seen(
        reader=_text(kept["reader"]),
        display=Display(kept["display"]),
        candidates=tuple(_candidate(one) for one in kept["candidates"][:_MOST_NUMBERS]),
        serials=tuple(_text(one) for one in kept["serials"][:_MOST_NUMBERS]),
        unit=_text(kept["unit"]),
        reasons=tuple(_text(one) for one in kept["reasons"][:_MOST_NUMBERS]),
    )


def _candidate(kept: dict[str, Any]) -> Candidate:
    whole, decimals = _digits(kept["whole"]), _digits(kept["decimals"] or "0")
    sure = tuple(int(one) for one in kept["confidence"])
    if not all(0 <= one <= 100 for one in sure):  # noqa: PLR2004 - per cent
        raise ValueError("not per cent")
    return Candidate(whole, decimals if kept["decimals"] else "", sure)


def _digits(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise ValueError("no digits")
    return text


def _text(text: Any) -> str:  # noqa: ANN401 - what came over the pipe
    if not isinstance(text, str):
        raise TypeError("no text")
    return text[:_MOST_CHARACTERS]

"""Children of the offline reader that behave badly: `python ocr_children.py MANNER`."""

from __future__ import annotations

import json
import os
import sys
import time

READY = b'{"ready": true}'
GOOD = {"reader": "offline", "display": "clear", "candidates": [], "serials": [], "unit": "kWh", "reasons": []}


def _say(answer: bytes) -> None:
    sys.stdout.buffer.write(len(answer).to_bytes(4, "big") + answer)
    sys.stdout.buffer.flush()


def _photo() -> bytes:
    length = int.from_bytes(sys.stdin.buffer.read(4), "big")
    return sys.stdin.buffer.read(length)


def _seen(**odd: object) -> bytes:
    return json.dumps({"seen": {**GOOD, **odd}}).encode()


def _number(whole: str, confidence: int) -> list[dict[str, object]]:
    return [{"whole": whole, "decimals": "", "confidence": [confidence]}]


ANSWERS = {
    b"long": b"x" * 100_000,
    b"garbage": b"\x00\xff not json",
    b"list": b"[1, 2]",
    b"nonsense": _seen(candidates=_number("1e9", 99)),
    b"percent": _seen(candidates=_number("1", 900)),
    b"environment": _seen(reasons=sorted(os.environ)),
}


def _obey(photo: bytes) -> None:
    """Does what some photos ask for instead of answering."""
    match photo:
        case b"hang":
            time.sleep(600)
        case b"die":
            os._exit(3)
        case b"half":
            sys.stdout.buffer.write((100).to_bytes(4, "big") + b"half of")
            sys.stdout.buffer.flush()
            os._exit(0)
        case b"grow":
            held = bytearray(400 << 20)
            held[::4096] = b"x" * len(held[::4096])
            time.sleep(600)


if __name__ == "__main__":
    manner = sys.argv[1] if len(sys.argv) > 1 else ""
    if manner == "mute":
        time.sleep(600)
    _say(b"hello" if manner == "strange" else READY)
    while photo := _photo():
        _obey(photo)
        _say(ANSWERS.get(photo, _seen()))

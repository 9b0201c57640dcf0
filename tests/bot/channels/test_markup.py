"""Cutting long messages."""

import re

import pytest

from bot.channels.markup import length, pieces
from jobs.ports import plain


@pytest.mark.parametrize("text", ["", "short", "a" * 50])
def test_what_fits_stays(text: str) -> None:
    assert pieces(text, 50) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"line <b>{number}</b> ₹1,842.00" for number in range(500)),
        "<pre>" + "\n".join(f"row {number:03}" for number in range(800)) + "</pre>",
        "<b><i>" + "word " * 3000 + "</i></b>",
        "यूनिट 𝟙 " * 2000,
        "&lt;&amp;&gt;" * 1500,
    ],
)
def test_pieces_fit_and_lose_nothing(text: str) -> None:
    cut = pieces(text, 4096)
    assert all(length(piece) <= 4096 for piece in cut)
    assert re.sub(r"\s", "", "".join(plain(piece) for piece in cut)) == re.sub(r"\s", "", plain(text))
    for piece in cut:
        for tag in ("b", "i", "pre"):
            assert piece.count(f"<{tag}>") == piece.count(f"</{tag}>")

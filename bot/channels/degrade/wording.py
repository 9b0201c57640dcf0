"""The neutral markup in the writing of chat apps that format by signs: `*bold*`, `_italic_`, three backticks for code.

There is no way to write such a sign as itself, so where what people typed could be taken for formatting, the sign is
shown by one that looks the same. Inside words and addresses nothing is touched.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.channels.markup import length, pieces

_TAG: Final = re.compile(r"<(/?)(b|i|code|pre)>")
_SIGN: Final = re.compile(r"https?://\S+|(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`")
_LOOKALIKE: Final = {"*": "\N{ASTERISK OPERATOR}", "_": "\N{MODIFIER LETTER LOW MACRON}", "~": "\N{TILDE OPERATOR}"}
_BACKTICK: Final = "\N{MODIFIER LETTER GRAVE ACCENT}"
_QUOTE: Final = re.compile(r"^>", re.MULTILINE)
_NOT_A_QUOTE: Final = "\N{WORD JOINER}>"
_SLACK: Final = 200


@dataclass(frozen=True, slots=True)
class _Run:
    """Text under the same tags."""

    text: str
    tags: frozenset[str]


def formatted(text: str) -> str:
    """The same to the eye: bold where it was bold, and what people typed as they typed it."""
    runs = list(_runs(text))
    done = ""
    for place, run in enumerate(runs):
        after = runs[place + 1].text[:1] if place + 1 < len(runs) else ""
        done += _written(run, done[-1:], after)
    return _QUOTE.sub(_NOT_A_QUOTE, done)


def split(text: str, limit: int) -> list[str]:
    """The text formatted, in pieces of at most `limit`, cut between lines where possible."""
    room = limit
    while True:
        found = [formatted(piece) for piece in pieces(text, room)]
        if all(length(piece) <= limit for piece in found):
            return found
        room -= _SLACK


def _runs(text: str) -> Iterator[_Run]:
    inside: list[str] = []
    end = 0
    for tag in _TAG.finditer(text):
        if tag.start() > end:
            yield _Run(html.unescape(text[end : tag.start()]), frozenset(inside))
        end = tag.end()
        if not tag[1]:
            inside.append(tag[2])
        elif tag[2] in inside:
            inside.remove(tag[2])
    if end < len(text):
        yield _Run(html.unescape(text[end:]), frozenset(inside))


def _written(run: _Run, before: str, after: str) -> str:
    if run.tags & {"code", "pre"}:
        return _wrapped(run.text.replace("`", _BACKTICK), "```", before, after)
    text = _SIGN.sub(_shown, run.text)
    signs = "".join(sign for tag, sign in (("b", "*"), ("i", "_")) if tag in run.tags)
    if not signs:
        return text
    lines = text.split("\n")
    last = len(lines) - 1
    return "\n".join(
        _wrapped(line, signs, "" if place else before, after if place == last else "")
        for place, line in enumerate(lines)
    )


def _shown(sign: re.Match[str]) -> str:
    """Its lookalike; an address stays as it is."""
    return sign[0] if len(sign[0]) > 1 else _LOOKALIKE.get(sign[0], _BACKTICK)


def _wrapped(text: str, signs: str, before: str, after: str) -> str:
    """Signs format only at the edge of words; elsewhere they would be read."""
    core = text.strip()
    start = text.index(core)
    head, tail = text[:start], text[start + len(core) :]
    glued = (not head and before.isalnum()) or (not tail and after.isalnum())
    return text if glued or not core else f"{head}{signs}{core}{signs[::-1]}{tail}"

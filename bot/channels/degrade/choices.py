"""Buttons in the places that a platform has for them: nothing of a label is lost, whatever its length."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from bot.channels.degrade.pieces import Choice
from bot.channels.markup import length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.ports import Keyboard, Message

BUTTONS: Final = 3
BUTTON_TITLE: Final = 20
ROWS: Final = 10
ROW_TITLE: Final = 24
ROW_ABOUT: Final = 72
CHOICE_ID: Final = 200
"""Of a list's row; buttons take 256."""

SAY: Final = "say:"
"""Before a label: pressing it says the label, as a key of the persistent keyboard does."""


def choices_of(message: Message) -> list[tuple[str, str]]:
    """Id and label of everything that can be pressed, in reading order."""
    presses = [(key.press, _flat(key.label)) for row in message.keys for key in row if key.press is not None]
    return presses + (_said(message.keyboard) if message.keyboard else [])


def as_buttons(choices: Sequence[tuple[str, str]]) -> tuple[Choice, ...] | None:
    """Up to three with short, different titles; `None`: they need a list."""
    titles = [title for _, title in choices]
    if len(titles) > BUTTONS or len(set(titles)) < len(titles) or any(length(title) > BUTTON_TITLE for title in titles):
        return None
    return tuple(Choice(id_, title) for id_, title in choices)


def as_lists(choices: Sequence[tuple[str, str]]) -> list[tuple[Choice, ...]]:
    """Lists of up to ten rows; what does not fit a row's title is said below it."""
    rows = [Choice(id_, *_row(label)) for id_, label in choices]
    return [tuple(rows[first : first + ROWS]) for first in range(0, len(rows), ROWS)]


def too_long(choices: Sequence[tuple[str, str]]) -> list[str]:
    """Labels that no row shows whole."""
    return [
        label for _, label in choices if length(label) > ROW_TITLE and length(_cut(label, ROW_TITLE)[1]) > ROW_ABOUT
    ]


def title(label: str, limit: int) -> str:
    """The label within the limit, with three dots where it goes on."""
    return label if length(label) <= limit else _cut(label, limit - 1)[0] + "…"


def _said(keyboard: Keyboard) -> list[tuple[str, str]]:
    labels = [label for row in keyboard.rows for label in row if label != keyboard.asks_contact]
    return [(f"{SAY}{label}"[:CHOICE_ID], _flat(label)) for label in labels]


def _row(label: str) -> tuple[str, str]:
    if length(label) <= ROW_TITLE:
        return label, ""
    head, rest = _cut(label, ROW_TITLE)
    return head, title(rest, ROW_ABOUT)


def _cut(label: str, limit: int) -> tuple[str, str]:
    """Between words where that leaves half of the room used, not between a letter and its sign if they fit at all."""
    end = limit
    while end > 1 and (length(label[:end]) > limit or (end < len(label) and _joins(label[end - 1], label[end]))):
        end -= 1
    space = label.rfind(" ", limit // 2, end + 1)
    end = space if space > 0 else end
    return label[:end].strip(), label[end:].strip()


def _joins(before: str, after: str) -> bool:
    return unicodedata.category(after).startswith("M") or unicodedata.category(before) in {"Cf", "Mn"}


def _flat(label: str) -> str:
    return " ".join(label.split()) or "…"

"""Owners' fixed buttons fit where WhatsApp shows three of them at once, in every language."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator

import pytest

from bot.channels.degrade.choices import BUTTON_TITLE
from bot.i18n import LANGUAGES, Translator

OWNERS = ("consent", "documents", "owner", "owner_claims", "owner_sum", "reminders", "slips")


def labels() -> Iterator[Callable[[Translator], str]]:
    for name in OWNERS:
        module = importlib.import_module(f"bot.texts.{name}")
        for text, words in inspect.getmembers(module, inspect.isfunction):
            if text.endswith("button") and list(inspect.signature(words).parameters) == ["t"]:
                yield words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fixed_label_fits_a_reply_button(language: str) -> None:
    shown = [words(Translator(language)) for words in labels()]
    assert len(shown) > 10
    assert [label for label in shown if len(label) > BUTTON_TITLE] == []

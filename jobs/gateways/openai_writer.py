"""Sentences written by OpenAI about nobody in particular."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from domain.wording import LONGEST, WORDS, Occasion
from jobs.gateways.openai_desk import Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.gateways.openai_desk import OpenAIDesk

_LANGUAGES: Final = {"en": "English", "hi": "Hindi, in Devanagari script"}
_MOST_IN: Final = 5000
_MOST_OUT: Final = 1500

_ABOUT: Final = {
    Occasion.BILL: "a new electricity bill",
    Occasion.BILL_WITH_DUES: "a new electricity bill to a home that has something left to pay from before",
    Occasion.REMINDER: "a reminder that an electricity bill is to be paid in the coming days",
    Occasion.REMINDER_TODAY: "a reminder that an electricity bill is to be paid today",
    Occasion.REMINDER_LATE: "a reminder of an electricity bill whose day has passed",
}

_INSTRUCTIONS: Final = f"""\
You write for the office of a housing society. Write three different opening sentences for a message to a resident.
Each is one warm, plain, respectful sentence of at most {LONGEST - 20} characters, which the facts will follow.
Never write a figure, an amount, a number in words, a date, a month, a weekday, a name, a link, an address, a phone
number, an emoji or markup. Never promise, threaten, or mention discounts, fees, penalties or disconnection.
Never say what was or was not paid."""


class Sentences(BaseModel):
    """OpenAI's answer."""

    model_config = ConfigDict(extra="forbid")

    sentences: list[str]


class OpenAIWriter:
    """The port `Writer`, at OpenAI's desk."""

    def __init__(self, desk: OpenAIDesk) -> None:
        self._desk = desk

    async def write(self, occasion: Occasion, language: str) -> Sequence[str]:
        allowed = " ".join(sorted(WORDS.get(language, ())))
        asked = (
            f"The message is {_ABOUT[occasion]}. Write in {_LANGUAGES.get(language, language)}. "
            f"Use no other words than these: {allowed}"
        )
        content = [{"type": "input_text", "text": asked}]
        answer = await self._desk.ask(Question(_INSTRUCTIONS, content, Sentences, _MOST_IN, _MOST_OUT))
        return [" ".join(one.split()) for one in answer.sentences]

    async def close(self) -> None:
        await self._desk.close()

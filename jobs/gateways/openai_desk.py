"""Questions to OpenAI through its official client: bounded in time and cost, each with a typed answer."""

from __future__ import annotations

import asyncio
import importlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import structlog
from pydantic import BaseModel

from domain.ai_prices import cost
from jobs.ask_ai import AnswerError
from jobs.gateways.openai_failures import cost_nothing, failure_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import openai
    from openai.types.responses import ParsedResponse

    from jobs.ask_ai import Purse, Reserved

Answer = TypeVar("Answer", bound=BaseModel)

_REASONING: Final = ("gpt-5", "gpt-6", "o")
"""Models by these names think before they answer, unless told how little."""
_FEW_WORDS: Final = 16
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OpenAIAccount:
    """A key, where and by which model questions are answered, and millionths of a US dollar for a month.

    `reads`: photos are shown to it; `words`: it is asked for sentences.
    """

    api_key: str = field(repr=False)
    base_url: str
    model: str
    cap: int
    reads: bool = True
    words: bool = False
    seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Question(Generic[Answer]):
    """What is asked, the shape of its answer, and the most tokens that it and its answer take."""

    instructions: str
    content: Sequence[dict[str, str]]
    answer: type[Answer]
    most_in: int
    most_out: int


class OpenAIDesk:
    """Asks one question at a time or many; nothing is asked beyond the purse, and nothing twice."""

    def __init__(self, account: OpenAIAccount, purse: Purse) -> None:
        self._account = account
        self._purse = purse
        self._client: openai.AsyncOpenAI | None = None

    async def ask(self, question: Question[Answer]) -> Answer:
        """The answer in its shape. Raises AnswerError: no money, no time, a limit, an outage, a refusal, nonsense."""
        most = cost(self._account.model, question.most_in, question.most_out)
        reserved = await self._purse.reserve(most)
        await asyncio.to_thread(_load)
        try:
            async with asyncio.timeout(self._account.seconds):
                response = await self._call(question)
        except Exception as error:  # noqa: BLE001 - the client stumbles over nonsense in many ways
            raise await self._failed(error, reserved) from None
        return await self._taken(response, question, reserved)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _call(self, question: Question[Answer]) -> ParsedResponse[Answer]:
        request: dict[str, Any] = {
            "model": self._account.model,
            "instructions": question.instructions,
            "input": [{"role": "user", "content": list(question.content)}],
            "max_output_tokens": question.most_out,
            "store": False,
            "service_tier": "default",
        }
        if self._account.model.startswith(_REASONING):
            request["reasoning"] = {"effort": "low"}
        return await self._opened().responses.parse(text_format=question.answer, **request)

    def _opened(self) -> openai.AsyncOpenAI:
        if self._client is None:
            self._client = _client(self._account)
        return self._client

    async def _taken(self, response: ParsedResponse[Answer], question: Question[Answer], reserved: Reserved) -> Answer:
        """What does not say what it cost, stays counted at the most it can have cost."""
        usage = response.usage
        spent = cost(self._account.model, usage.input_tokens, usage.output_tokens) if usage else reserved.most
        await self._purse.settle(reserved, spent)
        _log.info("openai answered", model=self._account.model, micro_dollars=spent)
        answer = response.output_parsed
        if not isinstance(answer, question.answer):
            raise AnswerError("OpenAI refused to answer", permanent=True)
        return answer

    async def _failed(self, error: Exception, reserved: Reserved) -> AnswerError:
        """What got no answer may have cost all that was set aside."""
        if cost_nothing(error):
            await self._purse.unspent(reserved)
        failure = failure_of(error)
        _log.warning("openai did not answer", reason=str(failure), error=type(error).__name__)
        if failure.pause is not None:
            await self._purse.note(str(failure))
        return failure


def _load() -> None:
    """The client, which takes a second; it would log whole pictures where OPENAI_LOG says so."""
    importlib.import_module("openai")
    logging.getLogger("openai").setLevel(logging.WARNING)


async def try_key(account: OpenAIAccount) -> None:
    """Ask for a few words, beside the purse: they cost far less than a cent. Raises AnswerError."""
    try:
        async with asyncio.timeout(account.seconds), _client(account) as client:
            await client.responses.create(
                model=account.model, input="Answer: yes", max_output_tokens=_FEW_WORDS, store=False
            )
    except Exception as error:  # noqa: BLE001 - the client stumbles over nonsense in many ways
        raise failure_of(error) from None


def _client(account: OpenAIAccount) -> openai.AsyncOpenAI:
    from openai import AsyncOpenAI

    return AsyncOpenAI(api_key=account.api_key, base_url=account.base_url, timeout=account.seconds, max_retries=0)

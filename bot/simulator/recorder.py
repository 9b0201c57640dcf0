"""Every request the bot made, kept so that tests can check it and the page can show it."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.simulator.calls import Call
from bot.simulator.faults import Fault
from bot.simulator.shapes import Json

_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """`status` is the HTTP status answered, 0 where the connection was broken; `at` is seconds since 1970."""

    number: int
    at: float
    call: Call
    status: int
    answer: Json
    fault: Fault | None

    @property
    def method(self) -> str:
        return self.call.method

    def arguments(self) -> dict[str, Any]:
        """Parameters with their JSON read; a text that merely looks like a number stays text."""
        return {name: _read(value) for name, value in self.call.params.items()}


def _read(value: str) -> object:
    if value[:1] not in {"[", "{"}:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


class Recorder:
    """The last 20,000 requests, the oldest first; `listeners` hear of each new one."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Recorded], None]] = []
        self._kept: deque[Recorded] = deque(maxlen=_KEPT)
        self._next = 1

    def add(self, at: float, call: Call, status: int, answer: Json, fault: Fault | None) -> None:
        recorded = Recorded(self._next, at, call, status, answer, fault)
        self._next += 1
        self._kept.append(recorded)
        for listener in self.listeners:
            listener(recorded)

    def __iter__(self) -> Iterator[Recorded]:
        return iter(list(self._kept))

    def of(self, method: str) -> list[Recorded]:
        return [recorded for recorded in self._kept if recorded.method.lower() == method.lower()]

    def clear(self) -> None:
        self._kept.clear()

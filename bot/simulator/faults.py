"""What can go wrong on the way between the bot and Telegram, chosen by hand or by a seeded share of calls."""

from collections import deque
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, fields
from enum import StrEnum
from random import Random
from typing import Any


class Fault(StrEnum):
    TOO_MANY_REQUESTS = "429"
    BAD_GATEWAY = "502"
    RESET = "reset"  # the connection breaks before anything is done
    LOST_ANSWER = "lost_answer"  # the work is done, the answer never comes


_UNTOUCHED = frozenset({"getme", "getupdates"})
_LONGEST_SECONDS = 3600


@dataclass(slots=True)
class Faults:
    """`shares` are probabilities 0–1 by fault, drawn from a generator seeded by `seed`; 1 means every call.

    `methods` limits faults to those (lower-case) names; by default getMe and getUpdates are spared.
    """

    delay_seconds: float = 0.0
    retry_after: int = 3
    hold_seconds: float = 30.0
    shares: dict[Fault, float] = field(default_factory=dict)
    methods: frozenset[str] | None = None
    planned: deque[Fault] = field(default_factory=deque)
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - faults must repeat, not be secret

    def plan(self, *faults: Fault) -> None:
        """The next calls meet these, one each."""
        self.planned.extend(faults)

    def seed(self, seed: int) -> None:
        self.random.seed(seed)

    def share(self, shares: Mapping[Fault, float], methods: Iterable[str] | None = None) -> None:
        """From now on this share of calls fails; an empty mapping ends it."""
        self.shares = {fault: share for fault, share in shares.items() if share > 0}
        self.methods = None if methods is None else frozenset(name.lower() for name in methods)

    def change(self, asked: Mapping[str, Any]) -> None:
        """Only what is named changes; `clear` undoes everything first. Raises ValueError, and nothing changed then.

        Names: delay_seconds, retry_after, hold_seconds, shares, methods, next, seed.
        """
        trial = deepcopy(self)
        try:
            _take(trial, asked)
        except (TypeError, AttributeError, OverflowError) as error:
            raise ValueError(error) from None
        for one in fields(self):
            setattr(self, one.name, getattr(trial, one.name))

    def clear(self) -> None:
        self.planned.clear()
        self.shares = {}
        self.methods = None
        self.delay_seconds = 0.0

    def draw(self, method: str) -> Fault | None:
        """What this call meets. One draw a call, so that a seed gives the same faults again."""
        if not (self.planned or self.shares) or not self._touches(method):
            return None
        if self.planned:
            return self.planned.popleft()
        point = self.random.random()
        for fault, share in self.shares.items():
            if point < share:
                return fault
            point -= share
        return None

    def _touches(self, method: str) -> bool:
        return method not in _UNTOUCHED if self.methods is None else method in self.methods


def _take(faults: Faults, asked: Mapping[str, Any]) -> None:
    if asked.get("clear"):
        faults.clear()
    faults.delay_seconds = _seconds(asked, "delay_seconds", faults.delay_seconds)
    faults.retry_after = int(_seconds(asked, "retry_after", faults.retry_after))
    faults.hold_seconds = _seconds(asked, "hold_seconds", faults.hold_seconds)
    if "shares" in asked:
        changed = {Fault(name): float(share) for name, share in asked["shares"].items()}
        faults.share({**faults.shares, **changed}, asked.get("methods"))
    faults.plan(*(Fault(name) for name in asked.get("next", [])))
    if "seed" in asked:
        faults.seed(int(asked["seed"]))


def _seconds(asked: Mapping[str, Any], name: str, now: float) -> float:
    """A stretch of time; raises ValueError where it is none."""
    seconds = float(asked.get(name, now))
    if not 0 <= seconds <= _LONGEST_SECONDS:
        raise ValueError(f"{name} must be 0 to {_LONGEST_SECONDS} seconds")
    return seconds

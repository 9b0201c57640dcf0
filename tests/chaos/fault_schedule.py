"""What goes wrong in simulated months, drawn from one seed: everything that was drawn is applied, and counted."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from bot.simulator import Fault

MONTHS = 3
EVENTS = 6
"""Of four payments a month through the provider: two are paid at once, two are first under way."""
DECISIONS = 10
"""At least so many readings of the motor's flats are there to be approved in a month."""

_NETWORK = (Fault.TOO_MANY_REQUESTS, Fault.BAD_GATEWAY, Fault.RESET, Fault.LOST_ANSWER)

MESSAGE = "engine.before_commit"
SENDING = "delivery.after_send"
RUN = "monthly_run.before_commit"
HOOK = "inbox.after_commit"


@dataclass(frozen=True, slots=True)
class MonthOfFaults:
    """The month's faults; numbers say at which passing of their place workers are killed, counted from one.

    `readings` and `bills` are met by the next calls to Telegram, one each. `decision` is the approval that is killed
    before its commit. `copies`: so often each payment event comes; `late`: of which of the payments made at once it
    comes only when all is known; `swapped`: of which slow payment the events come in the wrong order; `hook` is the
    event that is stored and not answered. `missed`: nothing runs on the 1st.
    """

    readings: tuple[Fault, ...]
    bills: tuple[Fault, ...]
    message: int
    sending: int
    decision: int
    copies: tuple[int, ...]
    late: int
    swapped: int
    hook: int
    missed: bool

    def counted(self) -> Counter[str]:
        """How often each kind of fault is to be applied."""
        once = {MESSAGE: 1, SENDING: 1, RUN: 1, HOOK: 1, "decision": 1, "late event": 1, "events swapped": 1}
        repeated = {"event repeated": sum(self.copies) - len(self.copies), "first missed": int(self.missed)}
        return Counter({**once, **repeated}) + Counter(fault.value for fault in (*self.readings, *self.bills))


def drawn(seed: int) -> tuple[MonthOfFaults, ...]:
    """The faults of all months."""
    dice = random.Random(seed)
    missed = dice.randrange(MONTHS)
    return tuple(_month(dice, missed=month == missed) for month in range(MONTHS))


def _month(dice: random.Random, *, missed: bool) -> MonthOfFaults:
    return MonthOfFaults(
        readings=tuple(dice.sample(_NETWORK, len(_NETWORK))),
        bills=tuple(dice.choices(_NETWORK, k=3)),
        message=dice.randint(1, 8),
        sending=dice.randint(1, 4),
        decision=dice.randint(1, DECISIONS),
        copies=tuple(dice.randint(1, 3) for _ in range(EVENTS)),
        late=dice.randrange(2),
        swapped=dice.randrange(2),
        hook=dice.randint(1, EVENTS - 1),
        missed=missed,
    )


class UnansweredError(Exception):
    """The process ended after it had stored the event."""


@dataclass
class Strikes:
    """Workers end at armed places, as if their process had: what they had open is rolled back, their lease is left."""

    applied: Counter[str] = field(default_factory=Counter)
    armed: dict[str, int] = field(default_factory=dict)

    def at(self, place: str, nth: int) -> None:
        self.armed[place] = nth

    def __call__(self, place: str) -> None:
        if place not in self.armed:
            return
        self.armed[place] -= 1
        if self.armed[place]:
            return
        del self.armed[place]
        self.applied[place] += 1
        raise UnansweredError if place == HOOK else asyncio.CancelledError

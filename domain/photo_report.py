"""How well photos are read: each answer beside the truth, and what that comes to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.choose_reading import Expected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.choose_reading import Choice

MOST_IN_A_MONTH = Decimal(1000)
"""Units on top of the previous reading that are usual as long as nothing else is known of the meter."""


class Outcome(StrEnum):
    """What became of one photo."""

    EXACT = "exact"
    EXACT_FLAGGED = "exact, flagged"
    WRONG_FLAGGED = "wrong, flagged"
    WRONG = "wrong, not flagged"
    DECLINED = "declined"
    RIGHTLY_DECLINED = "rightly declined"
    """Nobody can read it."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a photo shows, as somebody wrote it down; no reading: nobody can tell."""

    reading: Decimal | None
    serial: str = ""
    previous: Decimal | None = None

    @property
    def expected(self) -> Expected | None:
        """Where the register should stand, as far as the previous reading says it."""
        if self.previous is None:
            return None
        return Expected(self.previous, self.previous, self.previous + MOST_IN_A_MONTH)


def judged(truth: Truth, choice: Choice) -> Outcome:
    """Exact is an answer with the digits that were written down: decimals that nobody noted are not asked for."""
    if choice.value is None:
        return Outcome.RIGHTLY_DECLINED if truth.reading is None else Outcome.DECLINED
    if truth.reading is not None and _begins(choice.value, truth.reading):
        return Outcome.EXACT if choice.sure else Outcome.EXACT_FLAGGED
    return Outcome.WRONG if choice.sure else Outcome.WRONG_FLAGGED


def _begins(value: Decimal, noted: Decimal) -> bool:
    """Whether the value is what was noted, as far as decimals were noted."""
    ten = Decimal(10) ** len(str(noted).partition(".")[2])
    return int(value * ten) == int(noted * ten)


@dataclass(frozen=True, slots=True)
class Report:
    """What the outcomes of some photos come to. `flagged`: a person is told to look at the photo."""

    exact: int
    exact_flagged: int
    wrong: int
    wrong_not_flagged: int
    declined: int
    rightly_declined: int

    @property
    def photos(self) -> int:
        """All of them."""
        return self.exact + self.wrong + self.declined + self.rightly_declined

    @property
    def exact_share(self) -> Decimal:
        """Per cent of all photos, those that nobody can read included."""
        return _share(self.exact, self.photos)

    @property
    def wrong_not_flagged_share(self) -> Decimal:
        """Per cent of all photos whose wrong answer looks like a good one."""
        return _share(self.wrong_not_flagged, self.photos)


def report(outcomes: Iterable[Outcome]) -> Report:
    """The outcomes counted."""
    count = Counter(outcomes)
    return Report(
        exact=count[Outcome.EXACT] + count[Outcome.EXACT_FLAGGED],
        exact_flagged=count[Outcome.EXACT_FLAGGED],
        wrong=count[Outcome.WRONG] + count[Outcome.WRONG_FLAGGED],
        wrong_not_flagged=count[Outcome.WRONG],
        declined=count[Outcome.DECLINED],
        rightly_declined=count[Outcome.RIGHTLY_DECLINED],
    )


def _share(part: int, whole: int) -> Decimal:
    """Per cent, to a tenth."""
    return Decimal((1000 * part + whole // 2) // max(whole, 1)).scaleb(-1)

"""What a reading means, what is usual for a meter, and what deserves a second look."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from domain.register import STRAIGHT, Course, digits_of
from domain.units import NO_UNITS, units

FAR_ABOVE = 2
ABSURD = Decimal("9.5")
"""So many times the average, which is told as ten times, no month is."""
MOST_IN_A_MONTH = Decimal(10_000)
"""Units that no home, shop or shared motor uses in a month: where nothing is usual yet, more is a slip."""
HISTORY_MONTHS = 12
ESTIMATED_FROM = 3
"""An unread month counts as the average of so many readings before it."""

_SWAP_MARGIN = Decimal("0.1")
_LOW_MARGIN = Decimal("0.75")
_HIGH_MARGIN = Decimal("1.25")


class ReadingMode(StrEnum):
    """What the number sent means, one for the whole society (billing rule 5)."""

    UNITS = "units"
    REGISTER = "register"


class Flag(StrEnum):
    """What is unusual about a reading, in the order in which it is told."""

    ROLLED_OVER = "rolled_over"
    ZERO = "zero"
    LOWER_THAN_LAST = "lower_than_last"
    FAR_ABOVE_USUAL = "far_above_usual"
    SAME_AS_LAST = "same_as_last"
    DIGITS_SWAPPED = "digits_swapped"


@dataclass(frozen=True, slots=True)
class UsualRange:
    """Lowest, highest and average monthly units of a meter, two places."""

    low: Decimal
    high: Decimal
    average: Decimal

    def is_near(self, month_units: Decimal) -> bool:
        """Say whether units lie between 75 % of the lowest month and 125 % of the highest, both included."""
        return self.low * _LOW_MARGIN <= month_units <= self.high * _HIGH_MARGIN

    def is_average(self, month_units: Decimal) -> bool:
        """Say whether units differ from the average by a tenth of it at most."""
        return abs(month_units - self.average) <= self.average * _SWAP_MARGIN


def is_absurd(month_units: Decimal, usual: UsualRange | None) -> bool:
    """Say whether units are about ten times the average or more; where there is none, above what meters show."""
    if usual is None or not usual.average:
        return month_units > MOST_IN_A_MONTH
    return month_units >= ABSURD * usual.average


def consumption(current: Decimal, previous: Decimal | None) -> Decimal | None:
    """Return `current - previous` in units, also zero or negative; None for a meter's first reading."""
    return None if previous is None else units(current - previous)


def billable_units(
    mode: ReadingMode, value: Decimal, previous: Decimal | None, course: Course = STRAIGHT
) -> Decimal | None:
    """Return the month's units that the number sent stands for (billing rule 5).

    In register mode the first reading of a meter is a baseline: None; `course` is what happened since `previous`:
    the units of replaced meters are summed, a register that began anew is counted over its end. One that ran
    backwards gives a negative number, which `price` refuses.
    """
    match mode:
        case ReadingMode.UNITS:
            return units(value)
        case ReadingMode.REGISTER:
            return course.units(value, previous)
        case _:
            assert_never(mode)


def usual_range(history: Sequence[Decimal]) -> UsualRange | None:
    """Return what is usual over the last twelve months with use; `history` is monthly units, oldest first.

    Zero and negative months do not count; without any other there is nothing usual: None.
    """
    used = [month for month in history if month > 0][-HISTORY_MONTHS:]
    if not used:
        return None
    return UsualRange(min(used), max(used), units(sum(used, start=Decimal(0)) / len(used)))


def estimated_units(history: Sequence[Decimal]) -> Decimal:
    """Return the units an unread month counts with: the average of the last three, two places, never below 0.

    `history` is monthly units, oldest first; without any the estimate is 0 (billing rules 5 and 10).
    """
    last = [max(month, Decimal(0)) for month in history[-ESTIMATED_FROM:]]
    return units(sum(last, start=Decimal(0)) / len(last)) if last else units(Decimal(0))


def full_turn(
    value: Decimal, shown_last: Decimal | None, digits: int | None, usual: UsualRange | None
) -> Decimal | None:
    """Return what the register counts to (100000 for five digits) if it may have begun anew since `shown_last`.

    None where it did not go back, or the units would be absurd, or half the register at least. `digits` not known are
    those of `shown_last`. It is only ever a question: a person says whether it is so.
    """
    if shown_last is None or value >= shown_last:
        return None
    turn = Decimal(10 ** (digits_of(shown_last) if digits is None else digits))
    used = turn + value - shown_last
    if shown_last >= turn or used * 2 >= turn or is_absurd(used, usual):
        return None
    return turn


def flags(
    mode: ReadingMode,
    value: Decimal,
    previous_value: Decimal | None,
    history_units: Sequence[Decimal],
    course: Course = STRAIGHT,
) -> tuple[Flag, ...]:
    """Return what is unusual about `value`, most telling first; empty when nothing is.

    `previous_value` is the number sent before (units or register, as the mode says), `history_units` the
    monthly units, oldest first, `course` what happened to the register in between. Far above is more than 200 % of the
    average; without one, what is absurd. Digits are swapped where the units are far from usual and exchanging two
    neighbouring digits of `value` explains it: it brings them within a tenth of the average.
    """
    usual = usual_range(history_units)
    used = billable_units(mode, value, previous_value, course)
    shown_last = course.shown_last(previous_value) if mode is ReadingMode.REGISTER else previous_value
    found = {
        Flag.ROLLED_OVER: mode is ReadingMode.REGISTER and course.rolled_over > NO_UNITS,
        Flag.ZERO: value == 0,
        Flag.LOWER_THAN_LAST: mode is ReadingMode.REGISTER and used is not None and used < 0,
        Flag.FAR_ABOVE_USUAL: used is not None and _far_above(used, usual),
        Flag.SAME_AS_LAST: value == shown_last,
        Flag.DIGITS_SWAPPED: usual is not None and _swapped(mode, value, previous_value, course, usual),
    }
    return tuple(flag for flag, applies in found.items() if applies)


def _far_above(used: Decimal, usual: UsualRange | None) -> bool:
    return is_absurd(used, usual) if usual is None else used > FAR_ABOVE * usual.average


def _swapped(mode: ReadingMode, value: Decimal, previous: Decimal | None, course: Course, usual: UsualRange) -> bool:
    used = billable_units(mode, value, previous, course)
    if used is None or usual.is_near(used):
        return False
    meant = [billable_units(mode, number, previous, course) for number in _swaps(value)]
    return any(one is not None and usual.is_average(one) for one in meant)


def _swaps(value: Decimal) -> list[Decimal]:
    """Return the values with two neighbouring digits before the point exchanged; none begins with zero."""
    digits, point, rest = f"{value:f}".partition(".")
    pairs = [i for i in range(len(digits) - 1) if i or digits[1] != "0"]
    return [Decimal(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] + point + rest) for i in pairs]

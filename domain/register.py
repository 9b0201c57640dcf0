"""A register's units over all that happens to a meter: the register begins anew, the meter is replaced by another.

In register mode only (billing rule 5); where units are sent, none of this applies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.units import NO_UNITS, units

FEWEST_DIGITS, MOST_DIGITS = 3, 9
"""Whole digits that registers have."""


@dataclass(frozen=True, slots=True)
class Swap:
    """A replacement between two readings: what the old meter showed last, and with what the new one began.

    Without `closing` nobody could read the old one any more: it counts to its last reading. `rolled_over` is what the
    old register counts to, where it began anew since its last reading. `on` is the day, where it matters.
    """

    closing: Decimal | None
    opening: Decimal
    rolled_over: Decimal = NO_UNITS
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one meter showed at the start and at the end of some days; it counted `units`, negative if it ran back."""

    start: Decimal
    end: Decimal
    rolled_over: Decimal = NO_UNITS

    @property
    def units(self) -> Decimal:
        """Two places."""
        return units(self.end + self.rolled_over - self.start)


@dataclass(frozen=True, slots=True)
class Course:
    """What happened between two readings: replacements, oldest first, and whether the register began anew at last.

    `rolled_over` is what it counts to then.
    """

    swaps: tuple[Swap, ...] = ()
    rolled_over: Decimal = NO_UNITS

    def shown_last(self, previous: Decimal | None) -> Decimal | None:
        """Return what the meter in place now showed before: its opening number, else the reading `previous`."""
        return self.swaps[-1].opening if self.swaps else previous

    @property
    def unknown_until(self) -> date | None:
        """Return the day of the last replacement before which nobody knows what was used."""
        return max((swap.on for swap in self.swaps if swap.closing is None and swap.on), default=None)

    def stretches(self, value: Decimal, previous: Decimal | None) -> tuple[Stretch, ...]:
        """Return what each meter in turn counted from the reading `previous` to the register `value`, oldest first.

        A meter that was never read counts from its opening number; the very first one counts nothing then, so that
        a baseline is empty.
        """
        starts = [previous, *(swap.opening for swap in self.swaps)]
        ends = [*((swap.closing, swap.rolled_over) for swap in self.swaps), (value, self.rolled_over)]
        return tuple(
            Stretch(start, start if end is None else end, past)
            for start, (end, past) in zip(starts, ends, strict=True)
            if start is not None
        )

    def units(self, value: Decimal, previous: Decimal | None) -> Decimal | None:
        """Return the units of all meters together, two places; None for a baseline.

        Where any of them ran back the result is negative, whatever the others counted.
        """
        each = [one.units for one in self.stretches(value, previous)]
        if not each:
            return None
        return min(each) if min(each) < NO_UNITS else units(sum(each, start=NO_UNITS))


STRAIGHT = Course()
"""Nothing happened."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a replaced meter went on after some day: its readings since, and what it showed when it was taken out.

    `turns` is what its register counts to, summed over the readings since that say it began anew.
    """

    swap: Swap
    turns: Decimal = NO_UNITS
    read_since: bool = False

    def may_follow(self, value: Decimal) -> bool:
        """Say whether the meter may have shown `value` on that day: no more than it counted to until it was taken out.

        Where it began anew since its last reading, that one is above the closing number.
        """
        closing = self.swap.closing
        if closing is None:
            return True
        if value > closing + self.swap.rolled_over + self.turns:
            return False
        return self.read_since or self.swap.rolled_over == NO_UNITS or value > closing


def digits_of(register: Decimal) -> int:
    """Return how many whole digits a number shows, never fewer than a register has."""
    return max(FEWEST_DIGITS, len(str(int(register))))

"""Bills made without a reading, and setting them off against the next true one (register mode)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.metering import estimated_units
from domain.money import ZERO, rupees
from domain.period import MONTHS_IN_YEAR
from domain.units import NO_UNITS, units

MOST_IN_A_ROW = 2
"""A third unread month is listed and left unbilled."""
READINGS = 3
"""So many past readings make the average."""


@dataclass(frozen=True, slots=True)
class Provisional:
    """What a provisional bill charged for: units of the flat, and rupees a unit."""

    units: Decimal
    rate_per_unit: Decimal


@dataclass(frozen=True, slots=True)
class TrueUp:
    """What a true reading comes to after so many provisional `bills`: units still to be billed, rupees to be credited.

    `over` are the units that they charged too much.
    """

    units: Decimal
    credit: Decimal
    over: Decimal
    bills: int


def true_up(used: Decimal, billed: Sequence[Provisional]) -> TrueUp:
    """Return what is left to bill of the units `used` since the last true reading, never below zero.

    `billed` are the provisional bills since then, oldest first. What they charged too much is credited at their own
    rates, the newest first, each part rounded half up.
    """
    over = sum((one.units for one in billed), start=NO_UNITS) - used
    left, credit = max(over, NO_UNITS), ZERO
    for one in reversed(billed):
        part = min(left, one.units)
        credit += rupees(part * one.rate_per_unit)
        left -= part
    return TrueUp(units(max(-over, NO_UNITS)), credit, units(max(over, NO_UNITS)), len(billed))


def provisional_units(past: Sequence[tuple[date, Decimal | None]]) -> Decimal | None:
    """Return a month's units from the meter's last readings, newest first: date and consumption since the one before.

    The average of the last three, two places, never below zero; a consumption over several months counts as their
    average. None where nothing is known.
    """
    monthly = [
        consumption / _months(past, place)
        for place, (_, consumption) in enumerate(past[:READINGS])
        if consumption is not None
    ]
    return estimated_units(monthly[::-1]) if monthly else None


def _months(past: Sequence[tuple[date, Decimal | None]], place: int) -> int:
    """How many months passed since the reading before; at least one, also where there is none."""
    if place + 1 == len(past):
        return 1
    now, before = past[place][0], past[place + 1][0]
    return max(1, (now.year - before.year) * MONTHS_IN_YEAR + now.month - before.month)

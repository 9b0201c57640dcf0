"""Splitting a shared water motor's units over its flats (billing rule 10)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from domain.units import NO_UNITS, units

HUNDREDTHS = 100


def apportion(
    motor_units: Decimal, entered: Mapping[str, Decimal], flat_units: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """Return each flat's share of the motor's units, two places, by flat code.

    Shares `entered` stand; the rest is split over the other flats of `flat_units` in proportion to their
    units, by largest remainder of 0.01 unit, ties by flat code; equally where none used anything. The shares
    sum to `motor_units` exactly unless more was entered, or no other flat is there; then the others get 0.
    """
    rest = max(NO_UNITS, units(motor_units - sum(entered.values(), start=NO_UNITS)))
    others = {flat: _hundredths(flat_units[flat]) for flat in sorted(flat_units) if flat not in entered}
    return {**entered, **_split(_hundredths(rest), others)}


def _split(rest: int, used: Mapping[str, int]) -> dict[str, Decimal]:
    weights = used if any(used.values()) else dict.fromkeys(used, 1)
    total = sum(weights.values())
    floors = {flat: divmod(rest * weight, total) for flat, weight in weights.items()}
    left = rest - sum(whole for whole, _ in floors.values())
    lucky = set(_by_remainder(floors)[:left])
    return {flat: units(Decimal(whole + (flat in lucky)) / HUNDREDTHS) for flat, (whole, _) in floors.items()}


def _by_remainder(floors: Mapping[str, tuple[int, int]]) -> list[str]:
    order: Iterable[str] = sorted(floors)
    return sorted(order, key=lambda flat: -floors[flat][1])


def _hundredths(amount: Decimal) -> int:
    return max(0, int(units(amount) * HUNDREDTHS))

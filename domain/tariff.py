"""What a unit pays: rate per unit and fixed charge (billing rules 2, 3 and 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.identifiers import UnitIdentifier, bhk_of, is_identifier
from domain.money import ZERO

DEFAULT_RATE = Decimal("12.00")
NINE_RUPEES = Decimal("9.00")
NINE_RUPEE_FLATS = frozenset({"C14-SF", "D3-SF", "D4-SF"})


class FixedChargeBasis(StrEnum):
    """Where the fixed charge comes from."""

    FIVE_BHK = "5BHK"
    FOUR_BHK = "4BHK"
    TWO_BHK = "2BHK"
    MASTER = "master"
    WAIVED = "waived"
    MISSING = "missing"


class DefaultReason(StrEnum):
    """What the master data lacks, so that a default stands in."""

    NO_TARIFF = "no_tariff"
    RATE_MISSING = "rate_missing"
    FIXED_CHARGE_MISSING = "fixed_charge_missing"


_BHK_CHARGES = {
    5: (Decimal("2311.00"), FixedChargeBasis.FIVE_BHK),
    4: (Decimal("1890.00"), FixedChargeBasis.FOUR_BHK),
    2: (Decimal("1474.00"), FixedChargeBasis.TWO_BHK),
}


@dataclass(frozen=True, slots=True)
class TariffRow:
    """One dated row of a unit's master data in rupees; None, zero or less is a cell that was left empty."""

    rate_per_unit: Decimal | None
    fixed_charge: Decimal | None
    valid_from: date


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a unit is billed at, in rupees; `is_default` where something was missing, `reasons` says what."""

    rate_per_unit: Decimal
    fixed_charge: Decimal
    is_default: bool = False
    reasons: tuple[DefaultReason, ...] = ()
    basis: FixedChargeBasis = FixedChargeBasis.MASTER


def tariff_in_force(rows: Sequence[TariffRow], on: date) -> TariffRow | None:
    """Return the row with the latest `valid_from` not after `on`, of equal ones the last, or None."""
    begun = [row for row in rows if row.valid_from <= on]
    return max(reversed(begun), key=lambda row: row.valid_from, default=None)


def effective_tariff(
    row: TariffRow | None, unit_identifier: str | None, flat_code: str, flat_type: str | None
) -> Tariff:
    """Return what the unit pays, given its row in force at the end of the billing period.

    ₹9 flats come first and pay no fixed charge (rule 3), as does every unit at rate 9; then 5, 4 and 2BHK
    decide the fixed charge (rule 4); then the row; what is missing is ₹12 and no fixed charge, and reported
    (rule 2).
    """
    units = _units(unit_identifier, flat_code)
    rate, rate_reasons = _rate(row, units)
    if rate == NINE_RUPEES:
        return Tariff(NINE_RUPEES, ZERO, basis=FixedChargeBasis.WAIVED)
    fixed_charge, basis = _fixed_charge(row, _bhk(units, flat_type))
    missing = basis is FixedChargeBasis.MISSING and row is not None
    reasons = (*rate_reasons, *((DefaultReason.FIXED_CHARGE_MISSING,) if missing else ()))
    return Tariff(rate, fixed_charge, bool(reasons), reasons, basis)


def _rate(row: TariffRow | None, units: Sequence[UnitIdentifier]) -> tuple[Decimal, tuple[DefaultReason, ...]]:
    if not NINE_RUPEE_FLATS.isdisjoint(unit.flat_code for unit in units):
        return NINE_RUPEES, ()
    if row is None:
        return DEFAULT_RATE, (DefaultReason.NO_TARIFF,)
    rate = _filled(row.rate_per_unit)
    return (DEFAULT_RATE, (DefaultReason.RATE_MISSING,)) if rate is None else (rate, ())


def _fixed_charge(row: TariffRow | None, bhk: int | None) -> tuple[Decimal, FixedChargeBasis]:
    if bhk in _BHK_CHARGES:
        return _BHK_CHARGES[bhk]
    charge = None if row is None else _filled(row.fixed_charge)
    return (ZERO, FixedChargeBasis.MISSING) if charge is None else (charge, FixedChargeBasis.MASTER)


def _bhk(units: Sequence[UnitIdentifier], flat_type: str | None) -> int | None:
    telling = (unit for unit in units if unit.says_type)
    unit = next(telling, None)
    return bhk_of(flat_type or "") if unit is None else unit.bhk


def _units(unit_identifier: str | None, flat_code: str) -> list[UnitIdentifier]:
    """Return what names the unit, the telling one first; a code that the identifier ends with tells nothing more."""
    known = [UnitIdentifier.parse(text) for text in (unit_identifier,) if text and is_identifier(text)]
    if any(unit.flat_code == flat_code for unit in known) or not is_identifier(flat_code):
        return known
    return [*known, UnitIdentifier.parse(flat_code)]


def _filled(cell: Decimal | None) -> Decimal | None:
    return cell if cell is not None and cell.is_finite() and cell > 0 else None

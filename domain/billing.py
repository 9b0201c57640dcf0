"""The bill: its sum, its free start day, and who may approve it (billing rules 1 and 8)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.errors import DomainError
from domain.money import ZERO, rupees
from domain.period import ONE_DAY
from domain.tariff import Tariff
from domain.units import units


class NegativeUnitsError(DomainError):
    """A bill cannot have {flat_units} units and {water_motor_share} of the motor: neither may be negative."""

    flat_units: Decimal
    water_motor_share: Decimal


class BillSumError(DomainError):
    """The bill's lines do not add up to its total of {total_amount}."""

    total_amount: Decimal


@dataclass(frozen=True, slots=True)
class BillAmounts:
    """A bill's figures: units with two places, money in rupees with two places.

    Three lines, each rounded half up by itself, and their sum; raises BillSumError for another total. A
    negative `previous_outstanding` is credit.
    """

    flat_units: Decimal
    water_motor_share: Decimal
    total_units: Decimal
    rate_per_unit: Decimal
    energy_charge: Decimal
    fixed_charge: Decimal
    previous_outstanding: Decimal
    total_amount: Decimal

    def __post_init__(self) -> None:
        if self.total_amount != self.current_charges + self.previous_outstanding:
            raise BillSumError(total_amount=self.total_amount)

    @property
    def current_charges(self) -> Decimal:
        """Energy and fixed charge: what this bill posts to the account."""
        return self.energy_charge + self.fixed_charge


def price(
    flat_units: Decimal,
    water_motor_share: Decimal,
    tariff: Tariff,
    previous_outstanding: Decimal,
    *,
    with_fixed_charge: bool = True,
) -> BillAmounts:
    """Return the bill (billing rule 1): (units + share) x rate + fixed charge + previous outstanding.

    The only place that prices, for one bill and for the monthly run. `with_fixed_charge` is False for a
    further bill of a month already billed, unless the admin says otherwise. Raises NegativeUnitsError.
    """
    used, share = units(flat_units), units(water_motor_share)
    if used < 0 or share < 0:
        raise NegativeUnitsError(flat_units=used, water_motor_share=share)
    energy = rupees((used + share) * tariff.rate_per_unit)
    fixed = rupees(tariff.fixed_charge) if with_fixed_charge else ZERO
    arrears = rupees(previous_outstanding)
    total = energy + fixed + arrears
    return BillAmounts(used, share, used + share, tariff.rate_per_unit, energy, fixed, arrears, total)


def first_free_start(start: date, taken: Collection[date]) -> date:
    """Return `start`, or the first later day that no bill of the flat starts on (billing rule 8)."""
    occupied = frozenset(taken)
    while start in occupied:
        start += ONE_DAY
    return start


def may_approve(approver_person_id: int, submitter_person_id: int | None, *, single_admin: bool) -> bool:
    """Say whether a person may approve a reading: nobody their own, unless the society has a single admin.

    A reading from the HTTP API has no submitting person (None).
    """
    return single_admin or approver_person_id != submitter_person_id

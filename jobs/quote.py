"""The tariff calculator: the sum without making a bill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.billing import BillAmounts, price
from domain.identifiers import UnitIdentifier, normalise_flat_code
from domain.money import ZERO
from domain.tariff import Tariff, effective_tariff, tariff_in_force
from domain.units import NO_UNITS
from storage import flats, tariffs

if TYPE_CHECKING:
    from decimal import Decimal

    from jobs.work import Work


@dataclass(frozen=True, slots=True)
class Quote:
    """What a bill of today would be. `known`: the society has this flat; else only its identifier was looked at."""

    flat_code: str
    known: bool
    tariff: Tariff
    amounts: BillAmounts


@dataclass(frozen=True, slots=True)
class UnknownUnit:
    """Master data is loaded without this flat, and what was typed does not say its type: a slip, most likely."""

    flat_code: str


async def quote(
    work: Work, unit: str, units: Decimal, share: Decimal = NO_UNITS, outstanding: Decimal = ZERO
) -> Quote | UnknownUnit:
    """Price `units` and motor `share` (both units) for a flat code or unit identifier, with today's tariff.

    `outstanding` in rupees is added as the arrears. Raises FlatCodeError where `unit` names no flat,
    NegativeUnitsError.
    """
    code, typed = normalise_flat_code(unit), UnitIdentifier.parse(unit)
    flat = await flats.get_flat(work.conn, code)
    if flat is None and typed.bhk is None and await tariffs.any_tariff(work.conn):
        return UnknownUnit(code)
    rows = await tariffs.tariff_rows(work.conn, flat.id) if flat else []
    identifier = flat.unit_id if flat else typed.text
    kind = flat.type_name if flat else None
    tariff = effective_tariff(tariff_in_force(rows, work.today), identifier, code, kind)
    return Quote(code, flat is not None, tariff, price(units, share, tariff, outstanding))

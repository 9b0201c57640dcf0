"""Which unit a row is about: its identifier, checked against the flat and the floor beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.identifiers import FLOORS, FlatCodeError, UnitIdentifier, UnitKind, block_of, normalise_flat_code
from jobs.gateways.workbook_cells import CellProblem
from jobs.gateways.workbook_columns import Column

_FLOOR_WORDS = {
    "GF": ("GF", "G", "GROUND", "GROUNDFLOOR", "GROUNDFLR", "0"),
    "FF": ("FF", "F", "FIRST", "FIRSTFLOOR", "1ST", "1STFLOOR", "1"),
    "SF": ("SF", "S", "SECOND", "SECONDFLOOR", "2ND", "2NDFLOOR", "2"),
}
_FLOOR_CODES = {word: code for code, words in _FLOOR_WORDS.items() for word in words}


class UnitProblem(CellProblem):
    """Why a row's unit is not clear, and in which column."""

    def __init__(self, column: Column, reason: str) -> None:
        super().__init__(reason)
        self.column = column


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as its row names it. `floor` is None for villas and shops; `flat_type` where nothing says it."""

    unit_id: str
    flat_code: str
    kind: UnitKind
    floor: str | None
    flat_type: str | None


def unit_in(unit_id: str, flat: str, floor: str) -> Unit:
    """The unit that the three cells agree on. Raises `UnitProblem`."""
    named = unit_id or _from_flat(flat, floor)
    code = _code(named, Column.UNIT_ID if unit_id else Column.FLAT)
    identifier = UnitIdentifier.parse(named)
    unit = Unit(identifier.text, code, identifier.kind, _floor(code, identifier.kind), _type(identifier))
    if unit_id and flat:
        _check_flat(unit, flat)
    if floor and unit.floor:
        _check_floor(unit, floor)
    return unit


def _from_flat(flat: str, floor: str) -> str:
    if not flat:
        raise UnitProblem(Column.UNIT_ID, "The row names no unit; write one such as 2BHK-B17-FF, VILLA-A2 or SCO-3.")
    try:
        return normalise_flat_code(flat)
    except FlatCodeError:
        return f"{flat}-{_FLOOR_CODES.get(_bare(floor), floor)}"


def _code(named: str, column: Column) -> str:
    """The last two segments of an identifier, if they are a flat code."""
    try:
        return normalise_flat_code(UnitIdentifier.parse(named).flat_code)
    except FlatCodeError:
        raise UnitProblem(
            column,
            "This is not a unit. Write the type, the block and the floor, such as 2BHK-B17-FF, or VILLA-A2, SCO-3.",
        ) from None


def _floor(code: str, kind: UnitKind) -> str | None:
    return code.rpartition("-")[2] if kind is UnitKind.FLAT else None


def _type(identifier: UnitIdentifier) -> str | None:
    if identifier.kind is UnitKind.VILLA:
        return "VILLA"
    if identifier.kind is UnitKind.SHOP:
        return "SCO"
    return None if identifier.bhk is None else f"{identifier.bhk}BHK"


def _check_flat(unit: Unit, flat: str) -> None:
    if _bare(flat) not in _names(unit) and _normalised(flat) != unit.flat_code:
        raise UnitProblem(Column.FLAT, f"This contradicts the unit {unit.unit_id}, which is {unit.flat_code}.")


def _names(unit: Unit) -> set[str]:
    """What people write for the unit in a column of its own: `B17-FF`, `B17` or `17`; `A2`; `3`."""
    place = block_of(unit.flat_code) if unit.kind is UnitKind.FLAT else unit.flat_code.rpartition("-")[2]
    return {_bare(unit.unit_id), _bare(unit.flat_code), place, place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


def _normalised(flat: str) -> str | None:
    try:
        return normalise_flat_code(flat)
    except FlatCodeError:
        return None


def _check_floor(unit: Unit, floor: str) -> None:
    code = _FLOOR_CODES.get(_bare(floor))
    if code is None:
        raise UnitProblem(Column.FLOOR, f"This is not a floor; write {', '.join(FLOORS)}.")
    if code != unit.floor:
        raise UnitProblem(Column.FLOOR, f"This contradicts the unit {unit.unit_id}, which is on {unit.floor}.")


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).upper()

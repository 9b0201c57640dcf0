"""One row of a master workbook: a value where all is well, and every problem where it is not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from domain.identifiers import UnitKind
from domain.master_data import MasterRow
from domain.tariff import NINE_RUPEE_FLATS, NINE_RUPEES
from jobs.gateways.workbook_cells import (
    HIGHEST_FIXED_CHARGE,
    HIGHEST_RATE,
    CellProblem,
    email_in,
    meter_in,
    money_in,
    name_in,
    phones_in,
    says_something,
    shown,
    text_in,
)
from jobs.gateways.workbook_columns import Column
from jobs.gateways.workbook_units import Unit, UnitProblem, unit_in
from jobs.master_workbook import RowProblem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from jobs.gateways.workbook_columns import Header

_Value = TypeVar("_Value")
_TOTAL = re.compile(r"\s*(?:grand|sub)?[\s-]*total\b", re.IGNORECASE)
_TYPES_WITH_OWN_CHARGE = frozenset({"5BHK", "4BHK", "2BHK"})


EXAMPLES = {Column.OWNER: "Mr Example", Column.EMAIL: "owner@example.com"}
"""By these the example row of our empty workbook is known."""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """What came of one row; `row` is None if a problem is an error, or if there is nothing in it."""

    row: MasterRow | None
    problems: tuple[RowProblem, ...]


@dataclass(slots=True)
class _Cells:
    """The cells of one row, and the problems met while reading them."""

    number: int
    header: Header
    values: Sequence[object]
    problems: list[RowProblem] = field(default_factory=list)

    def value(self, column: Column) -> object:
        place = self.header.places.get(column)
        return self.values[place] if place is not None and place < len(self.values) else None

    def filled(self) -> list[Column]:
        """The columns that say something here."""
        return [column for column in self.header.places if says_something(self.value(column))]

    def read(
        self,
        column: Column,
        parse: Callable[[object], _Value],
        otherwise: _Value,
        severity: Severity = Severity.ERROR,
    ) -> _Value:
        try:
            return parse(self.value(column))
        except CellProblem as problem:
            self.note(column, str(problem), severity)
            return otherwise

    def note(self, column: Column, reason: str, severity: Severity) -> None:
        value = shown(self.value(column))
        self.problems.append(RowProblem(self.number, self.header.label(column), value, reason, severity))

    def result(self, row: MasterRow | None) -> ReadRow:
        bad = any(problem.severity is Severity.ERROR for problem in self.problems)
        return ReadRow(None if bad else row, tuple(self.problems))


def read_row(number: int, header: Header, values: Sequence[object]) -> ReadRow:
    """Reads one row below the heading."""
    cells = _Cells(number, header, values)
    filled = cells.filled()
    if not filled or _repeats_heading(cells, filled):
        return cells.result(None)
    if (taken_for := _taken_for(cells, filled)) is not None:
        cells.note(filled[0], f"The row is taken for {taken_for} and left out.", Severity.WARNING)
        return cells.result(None)
    if (told := _tells_example(cells)) is not None:
        reason = "This is the example of the empty workbook. Write the unit's own over it, or delete the row."
        cells.note(told, reason, Severity.ERROR)
        return cells.result(None)
    unit = _unit(cells)
    meter = cells.read(Column.METER, _needed_meter, "")
    rate = cells.read(Column.RATE, lambda value: money_in(value, HIGHEST_RATE), None)
    fixed_charge = cells.read(Column.FIXED_CHARGE, lambda value: money_in(value, HIGHEST_FIXED_CHARGE), None)
    motor = cells.read(Column.MOTOR, meter_in, None)
    owner, phone, email = _owner(cells), _phone(cells), cells.read(Column.EMAIL, email_in, None, Severity.WARNING)
    if unit is None:
        return cells.result(None)
    _note_defaults(cells, unit, rate, fixed_charge)
    row = MasterRow(
        row_number=number,
        unit_id=unit.unit_id,
        flat_code=unit.flat_code,
        floor=unit.floor,
        flat_type=unit.flat_type,
        owner_name=owner,
        meter_number=meter,
        fixed_charge=fixed_charge,
        rate_per_unit=rate,
        motor_meter_number=_motor_of_flat(cells, unit, motor),
        phone=phone,
        email=email,
    )
    return cells.result(row)


def _repeats_heading(cells: _Cells, filled: Sequence[Column]) -> bool:
    """Printed lists repeat their heading on every page."""
    return all(shown(cells.value(column)).split() == cells.header.label(column).split() for column in filled)


def _taken_for(cells: _Cells, filled: Sequence[Column]) -> str | None:
    """What a row is that is about no unit."""
    if any(_TOTAL.match(shown(cells.value(column))) for column in filled):
        return "a line of totals"
    if len(filled) == 1 and filled[0] not in {Column.UNIT_ID, Column.METER}:
        return "a heading"
    return None


def _tells_example(cells: _Cells) -> Column | None:
    """The column that still says what the example row says."""
    return next((column for column, text in EXAMPLES.items() if shown(cells.value(column)).strip() == text), None)


def _unit(cells: _Cells) -> Unit | None:
    unreadable = len(cells.problems)
    texts = [cells.read(column, text_in, "") for column in (Column.UNIT_ID, Column.FLAT, Column.FLOOR)]
    if len(cells.problems) > unreadable:
        return None
    try:
        return unit_in(*(text.removesuffix(".0") for text in texts))
    except UnitProblem as problem:
        cells.note(problem.column, str(problem), Severity.ERROR)
        return None


def _needed_meter(value: object) -> str:
    meter = meter_in(value)
    if meter is None:
        raise CellProblem("The meter number is missing; without it no reading can be taken.")
    return meter


def _owner(cells: _Cells) -> str | None:
    owner = cells.read(Column.OWNER, name_in, None)
    if owner is None and _is_blank(cells, Column.OWNER):
        cells.note(Column.OWNER, "No owner: the meter stays inactive until the flat has one.", Severity.WARNING)
    return owner


def _phone(cells: _Cells) -> str | None:
    nothing: tuple[str, ...] = ()
    phones = cells.read(Column.PHONE, phones_in, nothing, Severity.WARNING)
    if len(phones) > 1:
        cells.note(
            Column.PHONE, f"There are {len(phones)} numbers; only the first, {phones[0]}, is taken.", Severity.WARNING
        )
    return phones[0] if phones else None


def _motor_of_flat(cells: _Cells, unit: Unit, motor: str | None) -> str | None:
    if unit.kind is UnitKind.FLAT or motor is None:
        return motor
    cells.note(Column.MOTOR, "Villas and shops share no water motor; this is left out.", Severity.WARNING)
    return None


def _note_defaults(cells: _Cells, unit: Unit, rate: Decimal | None, fixed_charge: Decimal | None) -> None:
    """Billing rule 2 bills what is missing at a default, and wants it said."""
    if rate == NINE_RUPEES or unit.flat_code in NINE_RUPEE_FLATS:
        return
    if rate is None and _is_blank(cells, Column.RATE):
        cells.note(Column.RATE, "No rate: the unit is billed at the default ₹12 a unit.", Severity.WARNING)
    decided = unit.flat_type in _TYPES_WITH_OWN_CHARGE
    if fixed_charge is None and not decided and _is_blank(cells, Column.FIXED_CHARGE):
        cells.note(Column.FIXED_CHARGE, "No fixed charge: the unit is billed without one.", Severity.WARNING)


def _is_blank(cells: _Cells, column: Column) -> bool:
    """Whether the file has the column and nothing went wrong in its cell, so that its lack is worth a note."""
    label = cells.header.label(column)
    return column in cells.header.places and all(problem.column != label for problem in cells.problems)

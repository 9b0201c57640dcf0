"""Which column of a master workbook is which: by its heading, without case and by part of the name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from jobs.master_workbook import RowProblem, Severity, WorkbookError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Column(StrEnum):
    """The columns of a master workbook, as they are headed in ours."""

    UNIT_ID = "Unit_ID"
    FLAT = "Flat no"
    FLOOR = "Floor"
    OWNER = "Client Name"
    METER = "Meter No."
    FIXED_CHARGE = "Fixed Charge"
    RATE = "Rate Per Unit"
    MOTOR = "Water Motor Meter No"
    PHONE = "Phone Number"
    EMAIL = "Email"


# Asked in this order, because "Water Motor Meter No" also contains "meter", and "Rate Per Unit" "unit".
_PARTS_OF_NAMES: Mapping[Column, Sequence[str]] = {
    Column.MOTOR: ("motormeter", "motor"),
    Column.RATE: ("rateperunit", "rate"),
    Column.FIXED_CHARGE: ("fixedcharge", "fixed"),
    Column.PHONE: ("phone", "mobile", "contact", "whatsapp"),
    Column.EMAIL: ("mail",),
    Column.UNIT_ID: ("unitid", "unitno", "unitcode"),
    Column.METER: ("meterno", "meternumber", "meter"),
    Column.FLAT: ("flatno", "flatnumber", "flatcode", "flat"),
    Column.FLOOR: ("floor",),
    Column.OWNER: ("clientname", "ownername", "client", "owner", "name"),
}
_OTHER_THINGS = ("type", "reading", "status", "date", "remark", "area", "location")
_MISSING_MEANS = {
    Column.OWNER: "no owner is imported",
    Column.RATE: "every unit is billed at the default ₹12 a unit",
    Column.FIXED_CHARGE: "only flats whose type decides it pay a fixed charge",
    Column.MOTOR: "no water motor is imported",
    Column.PHONE: "no owner can be reached",
}
_FEWEST_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Header:
    """The heading row: its number in the sheet, where each column is (from 0) and how it is headed there."""

    row: int
    places: Mapping[Column, int]
    labels: Mapping[Column, str]
    problems: tuple[RowProblem, ...]

    def label(self, column: Column) -> str:
        """The column's heading in the file, or in ours where the file has no such column."""
        return self.labels.get(column, column.value)


def find_header(rows: Sequence[Sequence[object]]) -> Header | None:
    """The heading row among the first rows of a sheet; None where none looks like one.

    Raises `WorkbookError` where one does, but lacks what no row can do without.
    """
    found = [(_places(row), number) for number, row in enumerate(rows, start=1)]
    places, number = max(found, key=lambda each: len(each[0]), default=({}, 0))
    if len(places) < _FEWEST_COLUMNS:
        return None
    if Column.METER not in places or not {Column.UNIT_ID, Column.FLAT} & set(places):
        lacking = Column.METER.value if Column.METER not in places else Column.UNIT_ID.value
        raise WorkbookError(f"The heading in row {number} has no column {lacking}. Add it and send the file again.")
    row = rows[number - 1]
    labels = {column: _label(row[candidates[0]]) for column, candidates in places.items()}
    return Header(
        number,
        {column: candidates[0] for column, candidates in places.items()},
        labels,
        (*_doubts(number, row, places), *_missing(number, places)),
    )


def _places(row: Sequence[object]) -> dict[Column, list[int]]:
    """For each column, where it may be, the best match first."""
    ranked: dict[Column, list[tuple[int, int]]] = {}
    for place, cell in enumerate(row):
        if (match := _column(cell)) is not None:
            ranked.setdefault(match[0], []).append((match[1], place))
    return {column: [place for _, place in sorted(matches)] for column, matches in ranked.items()}


def _column(cell: object) -> tuple[Column, int] | None:
    """The column that a heading names, and how well: 0 is to the letter."""
    if not isinstance(cell, str):
        return None
    name = _bare(cell)
    for column in Column:
        if name == _bare(column):
            return column, 0
    if name == "unit":
        return Column.UNIT_ID, 1
    if any(other in name for other in _OTHER_THINGS):
        return None
    for column, parts in _PARTS_OF_NAMES.items():
        for rank, part in enumerate(parts, start=1):
            if part in name:
                return column, rank
    return None


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def _label(cell: object) -> str:
    return " ".join(str(cell).split())


def _doubts(number: int, row: Sequence[object], places: Mapping[Column, Sequence[int]]) -> list[RowProblem]:
    return [
        RowProblem(
            number,
            _label(row[other]),
            "",
            f"This column also looks like {column}; “{_label(row[candidates[0]])}” is used instead.",
            Severity.WARNING,
        )
        for column, candidates in places.items()
        for other in candidates[1:]
    ]


def _missing(number: int, places: Mapping[Column, Sequence[int]]) -> list[RowProblem]:
    return [
        RowProblem(number, column, "", f"There is no column {column}: {consequence}.", Severity.WARNING)
        for column, consequence in _MISSING_MEANS.items()
        if column not in places
    ]

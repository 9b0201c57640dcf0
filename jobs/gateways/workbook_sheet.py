"""The sheet with the units: its cells as people see them, and its heading row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from jobs.gateways.workbook_columns import Header, find_header
from jobs.gateways.workbook_file import HEADER_SEARCH
from jobs.master_workbook import WorkbookError
from storage.invocation import command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl import Workbook
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

    from jobs.gateways.workbook_file import CheckedFile

    Grid: TypeAlias = list[list[object]]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands in the place of a cell that holds no usable value: what it shows, and why it is of no use."""

    shown: str
    reason: str


@dataclass(frozen=True, slots=True)
class MasterSheet:
    """The sheet's title, its heading row, and all of its rows; `rows[0]` is row 1."""

    title: str
    header: Header
    rows: Sequence[Sequence[object]]


def read_sheet(file: CheckedFile) -> MasterSheet:
    """The first visible sheet that has the headings of a master workbook. `WorkbookError` if none has."""
    results = file.open(results=True)
    formulas = file.open(results=False) if file.has_formulas else None
    for sheet in sorted(results.worksheets, key=lambda each: each.sheet_state != "visible"):
        rows = _grid(sheet, file.last_row, file.last_column)
        if formulas is not None:
            _mark_uncomputed(rows, sheet_of(formulas, sheet.title))
        _spread_merged(rows, sheet)
        if (header := find_header(rows[:HEADER_SEARCH])) is not None:
            return MasterSheet(sheet.title, header, rows)
    raise WorkbookError(
        "No heading was found in the first 10 rows of any sheet. One row must name the columns, at least "
        f"Unit_ID and Meter No.; `{command('template FILE')}` makes an empty workbook."
    )


def read_cells(file: CheckedFile, sheet: Worksheet) -> Grid:
    """A sheet's cells as people see them; a formula without its result is not taken for an empty cell."""
    rows = _grid(sheet, file.last_row, file.last_column)
    if file.has_formulas:
        _mark_uncomputed(rows, sheet_of(file.open(results=False), sheet.title))
    return rows


def _grid(sheet: Worksheet, last_row: int, last_column: int) -> Grid:
    rows = sheet.iter_rows(min_row=1, max_row=last_row, min_col=1, max_col=last_column)
    return [[_value(cell) for cell in row] for row in rows]


def _value(cell: Cell | MergedCell) -> object:
    if cell.data_type == "e":
        return Unreadable(str(cell.value), f"Excel shows the error {cell.value} here.")
    return cell.value


def _mark_uncomputed(rows: Grid, formulas: Worksheet) -> None:
    """A formula whose result the file does not hold must not pass for an empty cell."""
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            cell = formulas.cell(number, place + 1)
            if value is None and cell.data_type == "f":
                row[place] = Unreadable(
                    _shown_formula(cell.value),
                    "The file holds this formula without its result. Open it in Excel, save it, send it again.",
                )


def _shown_formula(value: object) -> str:
    return value if isinstance(value, str) else "= …"


def _spread_merged(rows: Grid, sheet: Worksheet) -> None:
    """A cell merged downwards shows its value beside each of its rows, so it counts for each."""
    for merged in sheet.merged_cells.ranges:
        top, bottom, place = merged.min_row, merged.max_row, merged.min_col - 1
        if merged.min_col == merged.max_col and top <= len(rows) and place < len(rows[0]):
            for row in rows[top : min(bottom, len(rows))]:
                row[place] = rows[top - 1][place]


def sheet_of(workbook: Workbook, title: str) -> Worksheet:
    """The sheet with this title; the type checker cannot know that it is no chart."""
    return next(sheet for sheet in workbook.worksheets if sheet.title == title)

"""Master workbooks out: an empty one to fill in, and somebody's own with what is wrong written beside each row."""

from __future__ import annotations

from collections import defaultdict
from io import BytesIO
from typing import TYPE_CHECKING

from jobs.gateways.workbook_cells import says_something
from jobs.gateways.workbook_columns import Column
from jobs.gateways.workbook_file import check_file
from jobs.gateways.workbook_rows import EXAMPLES
from jobs.gateways.workbook_sheet import MasterSheet, read_sheet, sheet_of
from jobs.master_workbook import RowProblem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

ERROR_HEADING = "Error"
HEADER_ROW = 3
_TITLE = "Master data: one row for each flat, villa and shop. Row 4 is an example: write over it."
_EXAMPLE = (
    "2BHK-B17-FF", "B17", "FF", EXAMPLES[Column.OWNER], "19152159", 1474, 12, "90000001", "+447700900001",
    EXAMPLES[Column.EMAIL],
)  # fmt: skip
_WIDTHS = (18, 12, 8, 28, 14, 14, 14, 24, 20, 30)
_KEPT_AS_TEXT = frozenset({Column.UNIT_ID, Column.FLAT, Column.METER, Column.MOTOR, Column.PHONE})
_GUIDE = (
    ("Unit_ID", "Type, block and floor: 2BHK-B17-FF. Villas VILLA-A2, shops SCO-3. Needed."),
    ("Flat no, Floor", "B17 and GF, FF or SF; empty for villas and shops. They must agree with Unit_ID."),
    ("Client Name", "The owner. Without one the meter stays inactive."),
    ("Meter No.", "The number on the flat's meter. Needed, and different in every row."),
    ("Fixed Charge", "Rupees a month. 5BHK, 4BHK and 2BHK flats pay the society's charge for their type."),
    ("Rate Per Unit", "Rupees a unit. Empty means ₹12. Units at ₹9 pay no fixed charge."),
    (
        "Water Motor Meter No",
        "The number on the meter of the motor that serves the flat; the same for its whole group.",
    ),
    ("Phone Number", "Ten digits, or + and the country code. The owner gets bills in chat under this number."),
    ("Email", "May stay empty."),
)


def write_problems(source: Path | str | bytes, problems: Sequence[RowProblem]) -> bytes:
    """The same workbook with a column `Error` that says, in each row, what is wrong there.

    An `Error` column of an earlier time is written anew. Raises `WorkbookError` as `read_master` does.
    """
    file = check_file(source)
    read = read_sheet(file)
    book = file.open(results=False)
    sheet = sheet_of(book, read.title)
    place = _error_place(read, sheet)
    _head_errors(sheet, read.header.row, place, [each for each in problems if each.row == read.header.row])
    texts = _texts([each for each in problems if each.row != read.header.row])
    for row in range(read.header.row + 1, len(read.rows) + 1):
        _put_error(sheet.cell(row, place), texts.get(row))
    return _saved(book)


def write_template() -> bytes:
    """An empty master workbook with one example row and, on a second sheet, what each column is for."""
    book = new_master(_TITLE, [_EXAMPLE])
    guide = book.create_sheet("How to fill in")
    for row, texts in enumerate(_GUIDE, start=1):
        for place, text in enumerate(texts, start=1):
            put(guide.cell(row, place), text)
    guide.column_dimensions["A"].width, guide.column_dimensions["B"].width = 26, 100
    return _saved(book)


def new_master(title: str, rows: Iterable[Sequence[str | int | Decimal | None]]) -> Workbook:
    """A workbook with our headings in row 3 and `rows` below them, each in the order of `Column`."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Master Data"
    put(sheet.cell(1, 1), title)
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    for place, column in enumerate(Column, start=1):
        put(sheet.cell(HEADER_ROW, place), column.value)
        sheet.cell(HEADER_ROW, place).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTHS[place - 1]
    for number, row in enumerate(rows, start=HEADER_ROW + 1):
        for place, (column, value) in enumerate(zip(Column, row, strict=True), start=1):
            put(sheet.cell(number, place), value)
            if column in _KEPT_AS_TEXT:
                sheet.cell(number, place).number_format = "@"
    sheet.freeze_panes = f"A{HEADER_ROW + 1}"
    return book


def put(cell: Cell | MergedCell, value: str | int | Decimal | None) -> None:
    """Writes a value; text stays text, also where it starts like a formula (`=`, `+`, `-`, `@`)."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell

    if isinstance(cell, MergedCell):
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(("=", "+", "-", "@"))


def _error_place(read: MasterSheet, sheet: Worksheet) -> int:
    """Where the `Error` column is, or goes: behind everything that is in use from the heading down."""
    heading = read.rows[read.header.row - 1]
    for place, label in enumerate(heading, start=1):
        if isinstance(label, str) and label.strip().lower() == ERROR_HEADING.lower():
            return place
    rows = read.rows[read.header.row - 1 :]
    used = [place for row in rows for place, value in enumerate(row, start=1) if says_something(value)]
    merged = [int(each.max_col) for each in sheet.merged_cells.ranges if each.max_row >= read.header.row]
    return max(*used, *merged) + 1


def _head_errors(sheet: Worksheet, row: int, place: int, problems: Sequence[RowProblem]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    cell = sheet.cell(row, place)
    put(cell, ERROR_HEADING)
    cell.font = Font(bold=True, color="FFB3261E")
    cell.comment = Comment("\n".join(problem.reason for problem in problems), "billing") if problems else None
    sheet.column_dimensions[get_column_letter(place)].width = 70


def _put_error(cell: Cell | MergedCell, text: str | None) -> None:
    from openpyxl.styles import Alignment, PatternFill

    put(cell, text)
    if text:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.fill = PatternFill("solid", start_color="FFFDE7E9")


def _texts(problems: Iterable[RowProblem]) -> dict[int, str]:
    """For each row its problems, errors first; what only wants a look is called a note."""
    texts: defaultdict[int, list[str]] = defaultdict(list)
    for problem in sorted(problems, key=lambda each: each.severity is not Severity.ERROR):
        note = "Note: " if problem.severity is Severity.WARNING else ""
        value = f" “{problem.value}”" if problem.value else ""
        texts[problem.row].append(f"{note}{problem.column}{value}: {problem.reason}")
    return {row: "\n".join(lines) for row, lines in texts.items()}


def _saved(book: Workbook) -> bytes:
    target = BytesIO()
    book.save(target)
    return target.getvalue()

"""Tables as .xlsx files."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from jobs.gateways.workbook_writer import put

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.workbooks import Table

_WIDEST = 60


def write_tables(tables: Sequence[Table]) -> bytes:
    """A workbook with a sheet for each table; a text that looks like a formula stays text."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        sheet = book.create_sheet(table.title)
        for number, row in enumerate([table.headings, *table.rows], start=1):
            for place, value in enumerate(row, start=1):
                put(sheet.cell(number, place), value)
        for place, column in enumerate(zip(table.headings, *table.rows, strict=True), start=1):
            sheet.cell(1, place).font = Font(bold=True)
            widest = max(len(str(value)) for value in column if value is not None)
            sheet.column_dimensions[get_column_letter(place)].width = min(widest + 2, _WIDEST)
        sheet.freeze_panes = "A2"
    target = BytesIO()
    book.save(target)
    return target.getvalue()

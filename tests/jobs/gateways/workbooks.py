"""Builds the workbooks that people send."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HEADINGS = (
    "Unit_ID", "Flat no", "Floor", "Client Name", "Meter No.", "Fixed Charge", "Rate Per Unit",
    "Water Motor Meter No", "Phone Number", "Email",
)  # fmt: skip
GOOD = {
    "Unit_ID": "2BHK-B17-FF", "Flat no": "B17", "Floor": "FF", "Client Name": "Mr Sharma", "Meter No.": "19152159",
    "Fixed Charge": 1474, "Rate Per Unit": 12, "Water Motor Meter No": "70000101", "Phone Number": "+447700900001",
    "Email": "sharma@example.com",
}  # fmt: skip
SECOND = {**GOOD, "Unit_ID": "2BHK-B18-FF", "Flat no": "B18", "Meter No.": "19152160"}


def saved(workbook: Workbook) -> bytes:
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()


def master(
    *rows: dict[str, Any],
    header_row: int = 1,
    headings: Sequence[str] = HEADINGS,
    change: Callable[[Workbook], None] | None = None,
) -> bytes:
    """A master workbook with these rows below its heading; `change` may do more to it before it is saved."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for place, heading in enumerate(headings, start=1):
        sheet.cell(header_row, place, heading)
    for number, row in enumerate(rows, start=header_row + 1):
        for place, heading in enumerate(headings, start=1):
            sheet.cell(number, place, row.get(heading))
    if change is not None:
        change(workbook)
    return saved(workbook)


def with_part(raw: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same archive with one of its parts changed, or added."""
    target = BytesIO()
    with ZipFile(BytesIO(raw)) as source, ZipFile(target, "w", ZIP_DEFLATED) as packed:
        names = source.namelist()
        for part in names:
            packed.writestr(part, change(source.read(part)) if part == name else source.read(part))
        if name not in names:
            packed.writestr(name, change(b""))
    return target.getvalue()

"""A workbook's file: bounded and checked before openpyxl sees it, then opened."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax import ContentHandler
from zipfile import ZipFile

from jobs.master_workbook import MAX_COLUMNS, MAX_FILE_BYTES, MAX_ROWS, WorkbookError

if TYPE_CHECKING:
    from xml.sax.xmlreader import AttributesImpl

    from openpyxl import Workbook

HEADER_SEARCH = 10
"""The header is in one of the first so many rows."""
_MAX_UNPACKED_BYTES = 30 * 1024 * 1024
_MAX_PARTS = 1_000
_MAX_CELLS = MAX_ROWS * MAX_COLUMNS
_MAX_DEPTH = 100
_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DAMAGED = "The workbook is damaged. Open it in Excel, save it again as .xlsx, and send that."
_UNREADABLE = "The workbook cannot be read. Copy the sheet with the units into a new workbook and send that."
_SAVE_AS = "Open it in Excel and use Save As → Excel Workbook (.xlsx)."


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """The bytes of a workbook within the bounds, and how far its sheets are filled; formatting does not count."""

    raw: bytes
    has_formulas: bool
    last_row: int
    last_column: int

    def open(self, *, results: bool) -> Workbook:
        """The workbook; its formulas, or with `results` what they were when it was last saved."""
        from openpyxl import load_workbook

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # openpyxl tells which decorations it does not keep
                return load_workbook(BytesIO(self.raw), data_only=results, keep_links=False)
        except Exception as error:  # openpyxl raises whatever it stumbles over
            raise WorkbookError(_UNREADABLE) from error


def check_file(source: Path | str | bytes) -> CheckedFile:
    """Reads a file, or takes its bytes, and refuses what is no workbook or out of bounds: `WorkbookError`."""
    raw = source if isinstance(source, bytes) else _read(Path(source))
    if len(raw) > MAX_FILE_BYTES:
        raise WorkbookError("The file is larger than 10 MB. Send only the sheet with the units.")
    if not raw.startswith(b"PK"):
        raise WorkbookError(_what_it_is(raw))
    try:
        with ZipFile(BytesIO(raw)) as archive:
            survey = _survey(archive)
    except WorkbookError:
        raise
    except Exception as error:  # zipfile and the XML parser raise whatever they stumble over
        raise WorkbookError(_DAMAGED) from error
    return CheckedFile(raw, survey.has_formulas, survey.last_row, survey.last_column)


def _read(path: Path) -> bytes:
    """At most one byte more than is allowed."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise WorkbookError(f"There is no file {path}.") from None
    except OSError as error:
        raise WorkbookError(f"The file {path} cannot be read: {error.strerror}.") from error


def _what_it_is(raw: bytes) -> str:
    """What somebody sent instead of an .xlsx, and what to do about it."""
    if not raw.strip():
        return "The file is empty. Send the master workbook (.xlsx)."
    if raw.startswith(_OLE):
        if _ENCRYPTED in raw:
            return "The workbook is protected by a password. Remove it in Excel (File → Info) and send it again."
        return f"This is an old Excel workbook (.xls). {_SAVE_AS}"
    start = raw[:4096].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        return f"This is a web page with the name of a workbook. {_SAVE_AS}"
    if b"\0" not in raw[:4096] and any(mark in raw[:4096] for mark in (b",", b";", b"\t")):
        return f"This is a text table (CSV) with the name of a workbook. {_SAVE_AS}"
    return "This is not an Excel workbook (.xlsx)."


def _survey(archive: ZipFile) -> _Survey:
    """Walks through every XML part without keeping any of it."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.sax import parse

    parts = archive.infolist()
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        kind = "a binary Excel workbook (.xlsb)" if "xl/workbook.bin" in names else "not an Excel workbook (.xlsx)"
        raise WorkbookError(f"This is {kind}. {_SAVE_AS}")
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED_BYTES:
        raise WorkbookError("The workbook unpacks to more than 30 MB. Send only the sheet with the units.")
    survey = _Survey()
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as stream:
                try:
                    parse(stream, survey, forbid_dtd=True)
                except DefusedXmlException as error:
                    raise WorkbookError("The workbook contains XML entities, which Excel never writes.") from error
    return survey


@dataclass
class _Survey(ContentHandler):
    """Counts what openpyxl would build, and stops at what would cost too much."""

    cells: int = 0
    has_formulas: bool = False
    last_row: int = 1
    last_column: int = 1
    _depth: int = 0
    _in_sheet: bool = False
    _row: int = 0
    _column: int = 0

    def startDocument(self) -> None:  # noqa: N802 - the parser's own name
        self._depth = self._row = self._column = 0
        self._in_sheet = False

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the parser's own name
        tag = name.rpartition(":")[2]
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise WorkbookError(_DAMAGED)
        if self._depth == 1:
            self._in_sheet = tag == "worksheet"
        elif self._in_sheet:
            self._in_worksheet(tag, attrs)

    def endElement(self, _name: str) -> None:  # noqa: N802 - the parser's own name
        self._depth -= 1

    def _in_worksheet(self, tag: str, attrs: AttributesImpl) -> None:
        if tag == "row":
            self._row, self._column = int(attrs.get("r") or self._row + 1), 0
            self._add_cells(1)
        elif tag == "c":
            self._column = _column_of(attrs.get("r"), self._column + 1)
            self._add_cells(1)
        elif tag in {"v", "is", "f"}:
            self._check_place()
            self.last_row = max(self.last_row, self._row)
            self.last_column = max(self.last_column, self._column)
            self.has_formulas = self.has_formulas or tag == "f"
        elif tag in {"mergeCell", "hyperlink"}:
            self._add_cells(_area(attrs.get("ref") or "A1"))

    def _add_cells(self, count: int) -> None:
        self.cells += count
        if self.cells > _MAX_CELLS:
            raise WorkbookError("The workbook has too many formatted cells. Delete the empty rows and columns.")

    def _check_place(self) -> None:
        if self._row > MAX_ROWS + HEADER_SEARCH:
            raise WorkbookError(f"The workbook has something in row {self._row}; at most 5,000 rows are read.")
        if self._column > MAX_COLUMNS:
            raise WorkbookError("The workbook has more than 60 columns. Send only those of the master data.")


def _column_of(reference: str | None, following: int) -> int:
    from openpyxl.utils.cell import coordinate_to_tuple

    return coordinate_to_tuple(reference)[1] if reference else following


def _area(reference: str) -> int:
    from openpyxl.utils.cell import range_boundaries

    left, top, right, bottom = range_boundaries(reference)
    if left is None or top is None or right is None or bottom is None:
        return _MAX_CELLS + 1  # whole rows or columns
    return (right - left + 1) * (bottom - top + 1)

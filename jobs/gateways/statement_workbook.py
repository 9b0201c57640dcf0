"""A bank's statement in: the credits of the first sheet, whatever the bank calls its columns."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.date_text import DateTextError, parse_date
from domain.money import MOST_RUPEES, AmountError, parse_rupees
from domain.number_text import NumberProblem
from jobs.gateways.workbook_cells import CellProblem, says_something, text_in
from jobs.gateways.workbook_columns import find_header
from jobs.gateways.workbook_file import check_file
from jobs.gateways.workbook_sheet import Unreadable, read_cells
from jobs.master_workbook import WorkbookError
from jobs.statement_file import StatementFile, StatementRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Row = Sequence[object]

_HEADER_SEARCH = 40
_LATEST_YEAR = 2200
_LONGEST_TEXT = 300
_LONGEST_REFERENCE = 64
_DEBIT_WORDS = frozenset({"dr", "debit", "d", "withdrawal"})
_TIME = re.compile(r"[ T]\d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?$", re.IGNORECASE)
_SIDE = re.compile(r"\s*\(?\b(cr|dr)\b\.?\)?\.?$", re.IGNORECASE)
_TOTAL = re.compile(r"\s*(?:grand |sub[ -]?)?totals?\b[\s:.]*", re.IGNORECASE)
_NO_REFERENCE = re.compile(r"[0\W_]*")


class Column(StrEnum):
    """What is looked for in a statement."""

    DEBIT = "debit"
    CREDIT = "credit"
    BALANCE = "balance"
    SIDE = "side"
    DATE = "date"
    REFERENCE = "reference"
    NARRATION = "narration"
    AMOUNT = "amount"


# Asked in this order: "Withdrawal Amount" also contains "amount", "Cheque/Ref No" is no date, "Value Date" is one.
_PARTS_OF_NAMES: Mapping[Column, Sequence[str]] = {
    Column.SIDE: ("crdr", "drcr", "debitcredit", "creditdebit", "transactiontype", "txntype"),
    Column.DEBIT: ("debit", "withdraw", "paidout", "dramount", "amountdr"),
    Column.CREDIT: ("credit", "deposit", "paidin", "cramount", "amountcr"),
    Column.BALANCE: ("balance",),
    Column.DATE: ("transactiondate", "txndate", "trandate", "date"),
    Column.REFERENCE: ("utr", "refno", "reference", "cheque", "chq", "instrument", "ref"),
    Column.NARRATION: ("narration", "description", "particular", "remark", "detail"),
    Column.AMOUNT: ("amount", "amt"),
}


@dataclass(frozen=True, slots=True)
class _Header:
    row: int
    places: Mapping[Column, int]

    def cell(self, row: Row, column: Column) -> object:
        place = self.places.get(column)
        return None if place is None or place >= len(row) else row[place]


def read_statement(source: bytes) -> StatementFile:
    """Reads a statement. Blocks: call it in a thread. A bad row never raises; `WorkbookError`: it is no statement."""
    file = check_file(source)
    sheets = [sheet for sheet in file.open(results=True).worksheets if sheet.sheet_state == "visible"]
    rows = read_cells(file, sheets[0]) if sheets else []
    header = _header(rows)
    if header is None:
        raise WorkbookError(_what_it_is(rows))
    found: list[StatementRow] = []
    debits, problems = 0, []
    for number, row in enumerate(rows[header.row :], start=header.row + 1):
        if _is_total(header, row):
            continue
        try:
            one = _row(number, header, row)
        except CellProblem as problem:
            problems.append((number, str(problem)))
            continue
        if one is not None:
            found.append(one)
        debits += one is None and _is_debit(header, row) and says_something(header.cell(row, Column.DATE))
    return StatementFile(hashlib.sha256(source).digest(), tuple(found), debits, tuple(problems))


def _is_total(header: _Header, row: Row) -> bool:
    """A sum below the table, where its word stands in the column of dates or is all that the bank says."""
    day, said = (header.cell(row, column) for column in (Column.DATE, Column.NARRATION))
    return bool((isinstance(day, str) and _TOTAL.match(day)) or (isinstance(said, str) and _TOTAL.fullmatch(said)))


def _what_it_is(rows: Sequence[Row]) -> str:
    try:
        is_master = find_header(rows[:_HEADER_SEARCH]) is not None
    except WorkbookError:
        is_master = True
    if is_master:
        return (
            "This is a workbook of master data, not a bank statement. It is imported on the computer: "
            "billing import-master FILE"
        )
    return (
        "No heading of a bank statement was found on the first sheet. One row must name the columns: date, "
        "narration, reference, and credit (or deposit, or amount)."
    )


def _header(rows: Sequence[Row]) -> _Header | None:
    for number, row in enumerate(rows[:_HEADER_SEARCH], start=1):
        places = _places(row)
        if Column.DATE in places and {Column.CREDIT, Column.AMOUNT} & set(places):
            return _Header(number, places)
    return None


def _places(row: Row) -> dict[Column, int]:
    """Where each column is; of several the one that fits best, else the first."""
    best: dict[Column, tuple[int, int]] = {}
    for place, cell in enumerate(row):
        named = _column(cell)
        if named is not None and (named[0] not in best or named[1] < best[named[0]][0]):
            best[named[0]] = (named[1], place)
    return {column: place for column, (_, place) in best.items()}


def _column(cell: object) -> tuple[Column, int] | None:
    if not isinstance(cell, str):
        return None
    name = re.sub(r"[\W_]+", "", cell).lower()
    for column, parts in _PARTS_OF_NAMES.items():
        for rank, part in enumerate(parts):
            if part in name:
                return column, rank
    return None


def _row(number: int, header: _Header, row: Row) -> StatementRow | None:
    """The credit in a row; None for a debit, an empty row, or the lines below the table."""
    amount = _credit(header, row)
    if amount is None:
        return None
    day = _day(header.cell(row, Column.DATE))
    if day is None:
        return None  # a total below the table
    reference = _text(header.cell(row, Column.REFERENCE))[:_LONGEST_REFERENCE]
    narration = _text(header.cell(row, Column.NARRATION))[:_LONGEST_TEXT]
    return StatementRow(number, day, amount, None if _NO_REFERENCE.fullmatch(reference) else reference, narration)


def _credit(header: _Header, row: Row) -> Decimal | None:
    """Rupees that came in; None where none did."""
    column = Column.CREDIT if Column.CREDIT in header.places else Column.AMOUNT
    text = _text(header.cell(row, column))
    side = _SIDE.search(text)
    plain = text[: side.start()] if side else text
    if not plain or (side and side[1].lower() == "dr"):
        return None
    if column is Column.AMOUNT and (_is_debit(header, row) or plain.startswith(("-", "\N{MINUS SIGN}"))):
        return None
    return _amount(plain)


def _amount(text: str) -> Decimal | None:
    try:
        amount = parse_rupees(text.removeprefix("+"))
    except AmountError as error:
        if error.reason is NumberProblem.ZERO:
            return None
        raise CellProblem(f"“{text[:40]}” is not an amount in rupees: {error.reason.explanation}.") from None
    return min(amount, MOST_RUPEES)


def _is_debit(header: _Header, row: Row) -> bool:
    """Whether the row says that money went out."""
    side = header.cell(row, Column.SIDE)
    if isinstance(side, str) and side.strip().rstrip(".").lower() in _DEBIT_WORDS:
        return True
    debit = header.cell(row, Column.DEBIT)
    if debit is not None:
        return bool(_text(debit).strip("0.,-"))
    amount = _text(header.cell(row, Column.AMOUNT)) if Column.CREDIT not in header.places else ""
    marked = _SIDE.search(amount)
    return amount.startswith(("-", "\N{MINUS SIGN}")) or bool(marked and marked[1].lower() == "dr")


def _day(value: object) -> date | None:
    """The day in a cell; None where there is nothing or a word."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = _TIME.sub("", _text(value))
    if not any(letter.isdigit() for letter in text):
        return None
    try:
        day = parse_date(text, date.max)
    except DateTextError:
        raise CellProblem(f"“{text[:40]}” is not a date. Write it like 2/11/2026.") from None
    if day.year > _LATEST_YEAR:
        raise CellProblem(f"“{text[:40]}” is a date without a year. Write it like 2/11/2026.")
    return day


def _text(value: object) -> str:
    if isinstance(value, Unreadable):
        raise CellProblem(value.reason)
    return text_in(value)

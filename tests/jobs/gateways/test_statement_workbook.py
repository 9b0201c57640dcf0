"""Bank statements as banks write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest

from jobs.gateways.statement_workbook import read_statement
from jobs.gateways.workbook_writer import write_template
from jobs.master_workbook import WorkbookError
from jobs.statement_file import StatementFile

HEADING = ("Date", "Narration", "Chq/Ref No.", "Withdrawal Amt.", "Deposit Amt.", "Closing Balance")


def sheet(*rows: Sequence[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def read(*rows: Sequence[object]) -> StatementFile:
    return read_statement(sheet(*rows))


def test_credits_with_all_that_the_bank_says() -> None:
    file = read(
        ("Some Bank",),
        ("Account 123456",),
        HEADING,
        ("02/11/26", "UPI/412345678901/B17-FF 2026-10", "412345678901", None, 3264.4, 9000),
        ("03/11/2026", "NEFT SBIN126305123456 SHARMA", 0, None, "1,00,000.00", 9000),
        (datetime(2026, 11, 4, 10, 12), "Charges", None, 17.7, None, 9000),  # noqa: DTZ001 - as openpyxl reads it
        (None, "Total", None, 17.7, 103264.4, None),
        ("Total", None, None, 17.7, None, None),
        ("Total: 3", None, None, 17.7, 103264.4, None),
        ("30/11/2026", "GRAND TOTAL:", None, 17.7, 103264.4, None),
    )
    assert [(row.number, row.day, row.amount, row.reference) for row in file.rows] == [
        (4, date(2026, 11, 2), Decimal("3264.40"), "412345678901"),
        (5, date(2026, 11, 3), Decimal(100000), None),
    ]
    assert file.rows[0].narration == "UPI/412345678901/B17-FF 2026-10"
    assert (file.debits, file.problems) == (1, ())


@pytest.mark.parametrize(
    ("heading", "came", "went"),
    [
        (("Txn Date", "Description", "Ref", "Amount", "Dr/Cr"), (500, "CR"), (500, "DR")),
        (("Value Date", "Particulars", "UTR", "Amount (INR)", "Type"), ("500.00 Cr", ""), ("500.00 Dr", "")),
        (("Transaction Date", "Remarks", "Instrument", "Amount", "Balance"), (500, 1), (-500, 1)),
        (("Date", "Details", "Cheque", "Credit", "Debit"), (500, None), (None, 500)),
    ],
)
def test_columns_by_whatever_name(
    heading: tuple[str, ...], came: tuple[object, object], went: tuple[object, object]
) -> None:
    file = read(heading, ("2-Nov-2026", "in", "ABC123", *came), ("2-Nov-2026", "out", "ABC124", *went))
    assert [(row.narration, row.amount) for row in file.rows] == [("in", Decimal(500))]
    assert file.debits == 1


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (("2/11/2026", "x", "", None, "12.345"), "two decimals"),
        (("2/11/2026", "x", "", None, "-5"), "negative"),
        (("2/11/2026", "x", "", None, "five"), "plain number"),
        (("31/2/2026", "x", "", None, 5), "is not a date"),
        (("2 Nov", "x", "", None, 5), "without a year"),
        (("2/11/2026", "x", "", None, "=A1*2"), "without its result"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_read(cells: tuple[object, ...], why: str) -> None:
    file = read(HEADING, cells, ("2/11/2026", "good", "", None, 7))
    assert [row.narration for row in file.rows] == ["good"]
    [(number, reason)] = file.problems
    assert number == 2
    assert why in reason


def test_a_master_workbook_is_told_apart() -> None:
    with pytest.raises(WorkbookError, match="import-master"):
        read_statement(write_template())


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"a,b,c\n1,2,3\n", sheet(("a", "b"), (1, 2))])
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(WorkbookError):
        read_statement(content)


def test_a_statement_too_long_is_refused() -> None:
    with pytest.raises(WorkbookError, match="5,000 rows"):
        read(HEADING, *[("2/11/2026", "x", "", None, 1)] * 5_100)

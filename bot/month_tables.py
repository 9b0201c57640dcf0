"""A month's bills, readings and entries as tables, for the chat and the command line."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from bot.texts import admin_report as texts
from bot.texts.reasons import plain_reason
from jobs.workbooks import Table
from storage import month_books

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.i18n import Translator
    from domain.period import Month
    from jobs.workbooks import Cell
    from storage.database import Connection
    from storage.month_books import BillRow, BlockUse, LedgerRow, MonthFigures, ReadingRow


class Exported(StrEnum):
    """What can be exported of a month."""

    BILLS = "bills"
    READINGS = "readings"
    LEDGER = "ledger"


async def table_of(conn: Connection, t: Translator, what: Exported, month: Month) -> Table:
    """Everything of this kind in the month."""
    title = texts.sheet_title(t, what.value)
    match what:
        case Exported.BILLS:
            return Table(title, texts.bill_headings(t), _cells(await month_books.bill_rows(conn, month)))
        case Exported.READINGS:
            return Table(title, texts.reading_headings(t), _cells(await month_books.reading_rows(conn, month)))
        case Exported.LEDGER:
            entries = await month_books.ledger_rows(conn, month)
            worded = [replace(one, note=plain_reason(t, one.note) or None) for one in entries]
            return Table(title, texts.ledger_headings(t), _cells(worded))
        case _:
            assert_never(what)


def report_tables(t: Translator, sums: MonthFigures, blocks: Sequence[BlockUse]) -> list[Table]:
    """The month in sums, and by block."""
    return [
        Table(texts.sheet_title(t, "summary"), texts.summary_headings(t), texts.summary_rows(t, sums)),
        Table(texts.sheet_title(t, "blocks"), texts.block_headings(t), _cells(blocks)),
    ]


def _cells(
    rows: Sequence[BillRow] | Sequence[ReadingRow] | Sequence[LedgerRow] | Sequence[BlockUse],
) -> list[list[Cell]]:
    return [[value.isoformat() if isinstance(value, date) else value for value in astuple(row)] for row in rows]

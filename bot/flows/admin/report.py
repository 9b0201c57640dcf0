"""`/report 2026-10`: a month as a message, a workbook and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.month_picture import month_picture
from bot.month_tables import Exported, report_tables, table_of
from bot.router import command, press
from bot.texts import admin_report as texts
from domain.number_text import clean_text
from domain.period import Month, MonthError
from domain.roles import Permission
from jobs.documents import DocumentError
from jobs.workbooks import workbook
from storage import month_books

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.visit import Visit
    from storage.month_books import BlockUse, MonthFigures

_TOP = 5


@command("report", permission=Permission.SEE_REPORTS, about=texts.about_report)
async def report(visit: Visit, typed: str) -> Turn:
    """The month that is named, else the one before this."""
    try:
        month = Month.parse(clean_text(typed)) if typed else Month.of(visit.work.today).previous()
    except MonthError:
        return answer(visit, Reply(texts.usage(visit.t)))
    conn, t = visit.work.conn, visit.t
    if month.first_day > visit.work.today:
        return answer(visit, Reply(texts.not_begun(t, month)))
    sums, blocks = await _month(visit, month)
    text = texts.report(t, sums, blocks, await month_books.top_users(conn, month, _TOP))
    tables = report_tables(t, sums, blocks) + [await table_of(conn, t, what, month) for what in Exported]
    rows = ((Button(texts.picture_button(t), Action("report.picture", {"month": str(month)})),),)
    return answer(visit, Reply(text, rows, document_name=f"report-{month}.xlsx", document=workbook(tables)))


@press("report.picture", permission=Permission.SEE_REPORTS)
async def as_picture(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The month as it is now."""
    t, month = visit.t, Month.parse(data["month"])
    sums, blocks = await _month(visit, month)
    try:
        content = await month_picture(t, visit.work.society.name, sums, blocks)
    except DocumentError:
        return answer(visit, Reply(texts.picture_failed(t)))
    return answer(visit, Reply(texts.picture_sent(t, month), document_name=f"report-{month}.png", document=content))


async def _month(visit: Visit, month: Month) -> tuple[MonthFigures, list[BlockUse]]:
    conn = visit.work.conn
    return await month_books.figures(conn, month, visit.work.today), await month_books.blocks(conn, month)

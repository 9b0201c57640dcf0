"""A friendlier sentence on top of a bill or a reminder, where one is wished and at hand; else the plain text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.i18n import escape
from domain.wording import of_bill, of_reminder
from jobs.write_openings import opening

if TYPE_CHECKING:
    from bot.conversation import Reply
    from bot.i18n import Translator
    from jobs.work import Work
    from storage.bill_views import BillView


async def on_bill(work: Work, t: Translator, view: BillView, reply: Reply) -> Reply:
    """On a bill of which something is owed and that is not late."""
    if not view.is_owed or view.is_overdue or view.is_void or not view.is_newest:
        return reply
    return _topped(reply, await opening(work, of_bill(view.previous_outstanding), t.language, view.id))


async def on_reminder(work: Work, t: Translator, view: BillView, reply: Reply) -> Reply:
    """On a reminder, by how near the due day is."""
    return _topped(reply, await opening(work, of_reminder(view.due_date, work.today), t.language, view.id))


def _topped(reply: Reply, sentence: str | None) -> Reply:
    return replace(reply, text=f"{escape(sentence)}\n{reply.text}") if sentence else reply

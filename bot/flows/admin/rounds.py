"""How the month's round stands, and that it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.announcements import announces
from bot.conversation import Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.router import command
from bot.texts import admin_round as texts
from domain.period import Month
from domain.roles import Permission
from jobs.round_state import KIND, round_state
from storage import rounds

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from jobs.ports import Notice
    from jobs.work import Work

_REVIEW = Permission.REVIEW_READINGS


@command("round", permission=_REVIEW, about=texts.about_round)
async def shown(visit: Visit, _: str) -> Turn:
    """The month as it stands; an engineer walks by the same word."""
    found = await round_state(visit.work, Month.of(visit.work.today))
    return answer(visit, Reply(texts.state(visit.t, found, visit.work.society.zone, visit.work.today)))


@announces(KIND, permission=_REVIEW)
async def finished(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """Once a month, when nothing is left to be read; not if something is again."""
    month = Month.parse(notice.source_id)
    if not await rounds.is_walked(work.conn, month):
        return None
    return Reply(texts.finished(t, await round_state(work, month)))

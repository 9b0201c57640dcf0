"""What people are told about a message that failed five times, and the button that tries it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.announcements import announces
from bot.conversation import Action, Button, Reply, Turn
from bot.i18n import Translator, escape
from bot.router import press
from bot.texts import engine as texts
from bot.visit import Visit
from domain.roles import Permission
from jobs.ports import Notice
from jobs.work import Work
from storage import inbox


@announces("message_failed")
async def to_sender(_: Work, notice: Notice, t: Translator) -> Reply:
    button = Button(texts.try_again(t), Action("inbox.retry", {"id": int(notice.source_id)}))
    return Reply(texts.message_failed(t, inbox.reference(int(notice.source_id))), ((button,),), card=notice.card)


@announces("dead_message", permission=Permission.MANAGE_JOBS)
async def to_admins(work: Work, notice: Notice, t: Translator) -> Reply:
    channel, chat, error = await inbox.tell(work.conn, int(notice.source_id))
    reference = inbox.reference(int(notice.source_id))
    return Reply(texts.message_died(t, escape(f"{channel} {chat}"), reference, escape(error or "")))


@press("inbox.retry")
async def retry(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Only the chat that sent the message, and only while it is dead."""
    revived = await inbox.revive(visit.work.conn, data["id"], visit.incoming.channel, visit.incoming.chat)
    text = texts.trying_again(visit.t) if revived else texts.no_longer_waiting(visit.t)
    return Turn((Reply("", toast=text),), keep_state=True)

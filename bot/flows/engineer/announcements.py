"""What engineers are told unasked: a reading was sent back."""

from __future__ import annotations

from bot.announcements import announces
from bot.conversation import Action, Button, Reply
from bot.flows.engineer.binding import showing, tied
from bot.i18n import Translator
from bot.texts import engineer as texts
from bot.texts import engineer_buttons as labels
from domain.roles import Permission
from jobs.ports import Notice
from jobs.work import Work
from storage import readings
from storage.readings import Reading, ReadingState


@announces("reading_returned", permission=Permission.SUBMIT_READING)
async def returned(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """In reply to the engineer's own message; not if it was mended or taken back since."""
    reading = await readings.get(work.conn, int(notice.source_id))
    if reading.state is not ReadingState.RETURNED:
        return None
    text = texts.returned(t, reading, str(notice.payload.get("reason", "")), str(notice.payload.get("by", "")))
    fix = Button(labels.re_enter(t), Action("reading.fix", showing(reading)))
    undo = Button(labels.undo(t), Action("reading.undo", showing(reading)))
    return tied(Reply(text, ((fix, undo),), card=notice.card, reply_to=_own_message(reading, notice)))


def _own_message(reading: Reading, notice: Notice) -> str | None:
    """The message that brought it, where it is in the chat that is written to."""
    return reading.chat_message_id if reading.chat_id == notice.chat_id else None

"""An admin's login as the chat sees it: asked for, done, and until when it lasts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bot.announcements import announces
from bot.conversation import Button, Reply, Turn
from bot.flows.private import in_private, led_to_login
from bot.router import command
from bot.texts import login as texts
from jobs.admin_login import ASKED, bound_until, new_link

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from jobs.ports import Notice
    from jobs.work import Work


@command("login")
@in_private
async def login(visit: Visit, _: str) -> Turn:
    """A new address for whoever needs one; else until when it is not needed."""
    if visit.must_log_in:
        return await led_to_login(visit)
    until = await bound_until(visit.work, visit.chat.id)
    text = texts.logged_in(visit.t, _local(visit.work, until)) if until else texts.not_asked(visit.t)
    return Turn((Reply(text),), keep_state=True)


@announces(ASKED)
async def login_needed(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """The way to the login page; not to a chat that was bound meanwhile, or is nobody's."""
    token = await new_link(work, notice.chat_id)
    if token is None or work.society.public_url is None:
        return None
    button = Button(texts.button(t), url=f"{work.society.public_url}/login/{token}")
    return Reply(texts.needed(t), ((button,),))


@announces("logged_in")
async def logged_in(work: Work, notice: Notice, t: Translator) -> Reply:
    """To the chat itself, so that whoever has it hears of a login that was not theirs."""
    return Reply(texts.done(t, _local(work, datetime.fromisoformat(notice.payload["until"]))))


def _local(work: Work, moment: datetime) -> datetime:
    return moment.astimezone(work.society.zone)

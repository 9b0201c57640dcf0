"""What admins are told after a restore: which bills the backup held as not sent, and a button that sends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.announcements import announces
from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.router import press
from bot.texts import admin_restored as texts
from domain.roles import Permission
from jobs.restored_bills import send_set_aside
from storage import set_aside

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from jobs.ports import Notice
    from jobs.work import Work


@announces(set_aside.RESTORED, permission=Permission.ISSUE_BILLS)
async def restored(work: Work, notice: Notice, t: Translator) -> Reply:
    """The bills that are still not sent when this is said."""
    flats = await set_aside.bills_set_aside(work.conn)
    text = texts.restored(t, flats, notice.payload["others"], notice.payload["unanswered"])
    button = Button(texts.send_button(t, len(flats)), Action("restored.send", {"card": notice.card}))
    return Reply(text, ((button,),) if flats else (), card=notice.card)


@press("restored.send", permission=Permission.ISSUE_BILLS)
async def send(visit: Visit, data: Mapping[str, Any]) -> Turn:
    flats = await send_set_aside(visit.work)
    text = texts.sending(visit.t, len(flats), visit.work.society.delivery_hours) if flats else texts.none_left(visit.t)
    return answer(visit, Reply(text, card=data["card"]))

"""`Agreed to WhatsApp` on a flat's card: the office writes down that the owner wants messages there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.router import press
from bot.texts import admin
from bot.texts import admin_reach as texts
from domain.roles import Permission
from jobs import agree_whatsapp
from jobs.agree_whatsapp import Agreement, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.i18n import Translator
    from bot.visit import Visit

_CHANGE = Permission.CHANGE_MASTER_DATA


@press("agreed.ask", permission=_CHANGE)
async def asked(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Restate who, which number, and who will write."""
    found = await agree_whatsapp.candidate(visit.work, data["flat"])
    back = Button(admin.back(visit.t), Action("flat.show", {"flat": data["flat"], "card": data["card"]}))
    if found is None:
        return answer(visit, Reply(texts.agreed_no_phone(visit.t, data["flat"]), ((back,),), card=data["card"]))
    name, phone = found
    go = Button(texts.agreed_button(visit.t), Action("agreed.do", {**data, "name": name, "phone": phone}))
    text = texts.confirm_agreed(visit.t, visit.work.society.name, data["flat"], name, phone)
    return answer(visit, Reply(text, ((go, back),), card=data["card"]))


@press("agreed.do", permission=_CHANGE)
async def done(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Write it down, if owner and number are still those that were shown."""
    agreement = await agree_whatsapp.agree(visit.work, data["flat"], data["name"], data["phone"])
    back = Button(admin.back(visit.t), Action("flat.show", {"flat": data["flat"], "card": data["card"]}))
    return answer(visit, Reply(_said(visit.t, agreement, data["flat"]), ((back,),), card=data["card"]))


def _said(t: Translator, agreement: Agreement, flat: str) -> str:
    said = {
        Outcome.DONE: texts.agreed(t, agreement.name, agreement.phone),
        Outcome.REACHED_BEFORE: texts.agreed_before(t, agreement.name),
        Outcome.SOMEBODY_ELSES: texts.agreed_somebody_elses(t),
        Outcome.STOPPED: texts.agreed_stopped(t, agreement.name),
        Outcome.HEARD_ELSEWHERE: texts.agreed_heard_elsewhere(t, agreement.name),
        Outcome.STAFF: texts.agreed_staff(t, agreement.name, agreement.phone),
        Outcome.NOT_AS_SHOWN: texts.agreed_changed(t, flat),
    }
    return said[agreement.outcome]

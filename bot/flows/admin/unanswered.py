"""Online payments that no provider answers for: an admin looks there and says what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, assert_never

from bot.announcements import announces
from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.router import press
from bot.texts import admin_unanswered as texts
from domain.attempts import UNSETTLED
from domain.period import local_date
from domain.roles import Permission
from jobs import unanswered
from jobs.unanswered import Answered, Counted, NotPaid, NotRecorded, Settlement, card_of
from storage import payment_attempts

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from jobs.ports import Notice
    from jobs.work import Work
    from storage.payment_attempts import Attempt

_PAY = Permission.RECORD_PAYMENT


@announces(unanswered.KIND, permission=_PAY)
async def payment_unanswered(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To every admin: what may have been paid, and later in place what became of it."""
    one = await payment_attempts.get(work.conn, int(notice.source_id))
    return attempt_card(work, t, one, notice.card or card_of(one.id)) if one is not None else None


@press("unanswered.not_paid", permission=_PAY)
async def not_paid(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, _reply(visit, await unanswered.not_paid(visit.work, data["attempt"]), data["card"]))


@press("unanswered.recorded", permission=_PAY)
async def recorded(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, _reply(visit, await unanswered.recorded(visit.work, data["attempt"]), data["card"]))


def attempt_card(work: Work, t: Translator, one: Attempt, card: str, note: str = "") -> Reply:
    """What may have been paid with its two answers; what was decided says so."""
    if one.state not in UNSETTLED:
        return Reply(texts.answered(t, one), card=card)
    data = {"attempt": one.id, "card": card}
    paid = Button(texts.recorded_button(t), Action("unanswered.recorded", data))
    unpaid = Button(texts.not_paid_button(t), Action("unanswered.not_paid", data))
    day = local_date(one.created_at, work.society.zone)
    return Reply(texts.card(t, one, day, note), ((paid, unpaid),), card=card)


def _reply(visit: Visit, outcome: Settlement, card: str) -> Reply:
    match outcome:
        case NotPaid(one):
            return Reply(texts.not_paid(visit.t, one, visit.work.actor.name), card=card)
        case Counted(one, payment):
            return Reply(texts.counted(visit.t, one, payment, visit.work.actor.name), card=card)
        case NotRecorded(one):
            return attempt_card(visit.work, visit.t, one, card, texts.not_recorded(visit.t, one))
        case Answered(one):
            return Reply(texts.answered(visit.t, one), card=card)
        case _:
            assert_never(outcome)

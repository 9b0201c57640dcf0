"""The normal readings in one press: offered with their sum, approved, undone for a minute."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.router import press
from bot.texts import admin
from bot.texts import admin_queue as texts
from domain.roles import Permission
from jobs.approve_batch import OfferChanged, TooLate, approve_shown, shown, undo
from jobs.draft_bill import Draft
from jobs.pending import Queue, queue
from storage import reach

if TYPE_CHECKING:
    from bot.visit import Visit

_REVIEW = Permission.REVIEW_READINGS


@press("batch.offer", permission=_REVIEW)
async def offered(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Exactly what would be approved, in a message of its own."""
    card = data.get("card") or f"batch:{visit.work.ref}"
    found = await queue(visit.work)
    return answer(visit, await _offer(visit, found.whole if data.get("whole") else found, card))


@press("batch.list", permission=_REVIEW)
async def listed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Every flat with its units and total, below the offer."""
    chosen = {reading_id for reading_id, _ in data["shown"]}
    drafts = [one for one in (await queue(visit.work)).normal if one.reading.id in chosen]
    return answer(visit, Reply(texts.listed(visit.t, drafts) or texts.nothing_normal(visit.t)))


@press("batch.approve", permission=_REVIEW)
async def approved(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Approve what was shown; the bills follow when the time to undo is over."""
    bound = [(reading_id, version) for reading_id, version in data["shown"]]
    outcome = await approve_shown(visit.work, bound, Decimal(data["total"]), visit.chat.id, data["card"])
    if isinstance(outcome, OfferChanged):
        again = await _offer(visit, outcome.queue, data["card"], note=texts.offer_changed(visit.t))
        return answer(visit, again)
    now = visit.work.now.astimezone(visit.work.society.zone)
    take_back = Action("batch.undo", {"batch": outcome.batch_id, "card": data["card"]})
    text = texts.started(visit.t, outcome, visit.work.actor.name, now)
    button = Button(texts.undo_button(visit.t, outcome.count), take_back)
    return answer(visit, Reply(text, ((button,),), card=data["card"]))


@press("batch.undo", permission=_REVIEW)
async def undone(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Put them all back, while no bill is issued."""
    outcome = await undo(visit.work, data["batch"])
    if isinstance(outcome, TooLate):
        notice = texts.too_late(visit.t, outcome.batch.state, outcome.batch.approver)
        return answer(visit, Reply("", toast=notice))
    text = texts.undone(visit.t, outcome.count, visit.work.actor.name)
    return answer(visit, Reply(text, card=data["card"]))


async def _offer(visit: Visit, found: Queue, card: str, note: str = "") -> Reply:
    if not found.normal:
        return Reply(texts.nothing_normal(visit.t), card=card)
    bound = {"shown": shown(found), "total": str(found.normal_total), "card": card}
    as_of = found.as_of.astimezone(visit.work.society.zone)
    text = texts.offer(visit.t, found, as_of, await _unreached(visit, found))
    approve = Button(texts.approve_all_button(visit.t, found), Action("batch.approve", bound))
    see = Button(texts.list_button(visit.t), Action("batch.list", bound))
    cancel = Button(admin.cancel(visit.t), Action("batch.cancel", {"card": card}))
    rows = ((approve,), *_leave_out(visit, found, card), (see, cancel))
    return Reply("\n".join(filter(None, (note, text))), rows, card=card)


def _leave_out(visit: Visit, found: Queue, card: str) -> tuple[tuple[Button, ...], ...]:
    """Where some lack a motor's share: a way to approve the others only."""
    if not found.without_share or not found.whole.normal:
        return ()
    label = texts.leave_out_button(visit.t, len(found.without_share))
    return ((Button(label, Action("batch.offer", {"card": card, "whole": True})),),)


@press("batch.cancel", permission=_REVIEW)
async def cancelled(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, Reply(admin.cancelled(visit.t), card=data["card"]))


async def _unreached(visit: Visit, found: Queue) -> list[str]:
    """Flats nobody of which has a chat."""
    flats = [one.flat for one in found.normal if isinstance(one, Draft)]
    reached = await reach.owners_reached(visit.work.conn, [flat.id for flat in flats])
    return [flat.code for flat in flats if not any(owner.channels for owner in reached.get(flat.id, []))]

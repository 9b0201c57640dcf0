"""The queue: what waits, one live card, and the way into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.binding import Shown
from bot.flows.admin.card import first_card, reading_card
from bot.flows.admin.dialogue import answer
from bot.router import command, press
from bot.texts import admin
from bot.texts import admin_motor as motor_texts
from bot.texts import admin_queue as texts
from bot.texts.meter_life import new_meter_button
from domain.roles import Permission
from jobs.draft_motor import total_of
from jobs.pending import INBOX, Queue, queue

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from jobs.work import Work

_REVIEW = Permission.REVIEW_READINGS
_MOST_GROUPS = 2
"""Motor groups with a button of their own; the text names them all."""
Rows = tuple[tuple[Button, ...], ...]


@command("pending", "queue", permission=_REVIEW, about=admin.about_pending)
async def pending(visit: Visit, _: str) -> Turn:
    """How much waits; a single reading is shown at once, the motor groups that wait below it."""
    found, name = await queue(visit.work), f"{visit.work.today}:{visit.work.ref}"
    whole = queue_card(visit.work, visit.t, found, f"{INBOX}{name}")
    if found.waiting != 1:
        return answer(visit, whole)
    (only,) = (*found.normal, *found.review)
    card = await reading_card(visit.work, visit.t, Shown(only.reading.id, f"review:{name}"))
    others = found.ready or found.new_meters or [one for one in found.groups if one.reading_id != only.reading.id]
    return answer(visit, card, *([whole] if others else []))


@press("review.queue", permission=_REVIEW)
async def again(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The queue as it stands now, in the same message."""
    reply = queue_card(visit.work, visit.t, await queue(visit.work), data["card"])
    return answer(visit, reply)


@press("review.begin", permission=_REVIEW)
async def begin(visit: Visit, _: Mapping[str, Any]) -> Turn:
    """The first of those to be looked at one by one."""
    reply = await first_card(visit.work, visit.t, f"review:{visit.work.ref}")
    return answer(visit, reply or Reply("", toast=texts.nothing_normal(visit.t)))


def queue_card(work: Work, t: Translator, found: Queue, card: str) -> Reply:
    """Counts, and the two ways through them."""
    if not found.waiting:
        return Reply(texts.nothing_waits(t, found), _approved(t, found, card), card=card)
    as_of = found.as_of.astimezone(work.society.zone)
    normal = Button(texts.approve_normal_button(t, len(found.normal)), Action("batch.offer"))
    review = Button(texts.review_button(t, len(found.review) or found.waiting), Action("review.begin"))
    row = ((normal,) if found.normal else ()) + (review,)
    return Reply(texts.inbox(t, found, as_of), (row, *_approved(t, found, card)), card=card)


def _approved(t: Translator, found: Queue, card: str) -> Rows:
    """The motor groups and new meters that wait, and what is approved and waits for nothing any more."""
    groups = [
        Button(motor_texts.group_button(t, one), Action("review.show", Shown(one.reading_id, f"motor:{card}").data()))
        for one in found.groups[:_MOST_GROUPS]
    ]
    meters = [
        Button(new_meter_button(t, place), Action("replacement.show", {"id": one, "card": f"replacement:{one}:{card}"}))
        for one, place in found.new_meters[:_MOST_GROUPS]
    ]
    rows: Rows = tuple(tuple(row) for row in (groups, meters) if row)
    if not found.ready:
        return rows
    total = total_of(found.ready)
    bound = {"shown": [one.reading.id for one in found.ready], "total": str(total), "card": card}
    return (*rows, (Button(motor_texts.bill_ready(t, found.ready, total), Action("queue.bill_ready", bound)),))

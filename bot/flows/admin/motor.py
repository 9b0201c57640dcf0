"""What an admin decides about a motor's group: bill it now, leave its motor out, take an approval back, add notes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.conversation import Reply, Turn
from bot.flows.admin.binding import Shown
from bot.flows.admin.card import card_of_preview, reading_card
from bot.flows.admin.decide import redrawn, too_late
from bot.flows.admin.dialogue import answer
from bot.flows.admin.pending import queue_card
from bot.router import press
from bot.texts import admin_motor as texts
from domain.money import ZERO
from domain.roles import Permission
from jobs.approve_reading import Changed, Decided, reopen
from jobs.bill_motor_group import GroupBilled, GroupChanged, GroupInDoubt, bill_now, bill_ready, leave_out
from jobs.draft_motor import total_of
from jobs.motor_notes import NotesChanged, add_notes
from jobs.pending import queue

if TYPE_CHECKING:
    from bot.visit import Visit
    from jobs.issue_bill import Issued

_REVIEW = Permission.REVIEW_READINGS


@press("motor.bill_now", permission=_REVIEW)
async def billed_now(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Bill what is approved; the rest counts as the card showed it."""
    outcome = await bill_now(visit.work, data["id"], data["shown"], Decimal(data["total"]))
    return answer(visit, *(await _told(visit, Shown(data["id"], data["card"]), outcome)))


@press("motor.leave_out", permission=_REVIEW)
async def left_out(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The motor's reading is taken out; the flats are billed without a share of it."""
    shown = Shown.of(data)
    outcome = await leave_out(visit.work, shown.reading_id, shown.version, shown.total)
    return answer(visit, *(await _told(visit, shown, outcome)))


async def _told(visit: Visit, shown: Shown, outcome: GroupBilled | GroupChanged | GroupInDoubt) -> tuple[Reply, ...]:
    if isinstance(outcome, GroupChanged):
        return await redrawn(visit, shown, outcome.preview)
    if isinstance(outcome, GroupInDoubt):
        card = await card_of_preview(visit.work, visit.t, shown, outcome.preview)
        return (card, Reply("\n".join(texts.in_doubt(visit.t, outcome.absurd))))
    card = await reading_card(visit.work, visit.t, shown)
    motor = outcome.motor
    lines = [texts.billed(visit.t, motor, len(outcome.issued), sum_of(outcome.issued))]
    if outcome.group is not None:
        lines.append(texts.later_shares(visit.t, outcome.group))
    return (card, Reply("\n".join(filter(None, lines))))


def sum_of(issued: tuple[Issued, ...]) -> Decimal:
    """Rupees of these bills."""
    return sum((one.bill.total_amount for one in issued), start=ZERO)


@press("review.reopen", permission=_REVIEW)
async def reopened(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The reading waits for a decision again."""
    shown = Shown.of(data)
    outcome = await reopen(visit.work, shown.reading_id, shown.version)
    if isinstance(outcome, Decided):
        return answer(visit, *(await too_late(visit, shown, outcome)))
    if isinstance(outcome, Changed):
        return answer(visit, *(await redrawn(visit, shown, outcome.preview)))
    return answer(visit, await card_of_preview(visit.work, visit.t, shown, outcome.preview))


@press("motor.notes", permission=Permission.ADJUST_ACCOUNT)
async def notes_added(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The missing shares of flats billed before go on their accounts."""
    shown = [(flat_id, amount) for flat_id, amount in data["shown"]]
    outcome = await add_notes(visit.work, data["id"], shown)
    card = await reading_card(visit.work, visit.t, Shown(data["id"], data["card"]))
    if isinstance(outcome, NotesChanged):
        return answer(visit, card)
    text = texts.notes_added(visit.t, outcome.added, outcome.total, outcome.failed)
    return answer(visit, card, Reply(text))


@press("queue.bill_ready", permission=_REVIEW)
async def ready_billed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Bill approved readings that wait for nothing any more, if they still are those shown."""
    found = await queue(visit.work)
    ids = [one.reading.id for one in found.ready]
    if ids != data["shown"] or str(total_of(found.ready)) != data["total"]:
        return answer(visit, queue_card(visit.work, visit.t, found, data["card"]))
    outcome = await bill_ready(visit.work, ids)
    text = texts.billed_ready(visit.t, len(outcome.issued), sum_of(outcome.issued))
    again = queue_card(visit.work, visit.t, await queue(visit.work), data["card"])
    return answer(visit, again, Reply(text))

"""Approving one reading, and turning from card to card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, assert_never

from bot.conversation import Reply, Turn
from bot.flows.admin.binding import Shown
from bot.flows.admin.card import card_of_preview, doubt, next_card, question, reading_card
from bot.flows.admin.dialogue import answer
from bot.router import press
from bot.texts import admin_card as texts
from bot.texts import admin_motor as motor_texts
from domain.money import ZERO
from domain.roles import Permission
from jobs import notify
from jobs.approve_reading import (
    Accepted,
    AnyPreview,
    Approval,
    Approved,
    Changed,
    Decided,
    Doubtful,
    MotorApproved,
    MotorStopped,
    OwnReading,
    Preview,
    Stopped,
    Waits,
    approve,
    preview,
)
from jobs.draft_bill import Obstacle

if TYPE_CHECKING:
    from bot.visit import Visit
    from jobs.issue_bill import Issued
    from jobs.motor_groups import Group

_LOOK_AGAIN = (timedelta(seconds=4), timedelta(seconds=60))
"""When a decided card is drawn again to show how far the bill's message is."""


@press("review.show", permission=Permission.REVIEW_READINGS)
async def show(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The card as it stands now."""
    return answer(visit, await reading_card(visit.work, visit.t, Shown.of(data)))


@press("review.approve", permission=Permission.REVIEW_READINGS)
async def pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Approve what the card showed; a month already billed is asked about first, and a value in doubt once more."""
    shown = Shown.of(data)
    sure = data.get("sure", False)
    outcome = await approve(
        visit.work, shown.reading_id, shown.version, shown.total, shown.terms, sure=sure, photo=shown.photo
    )
    return answer(visit, *(await _told(visit, shown, outcome)))


async def _told(visit: Visit, shown: Shown, outcome: Approval) -> tuple[Reply, ...]:
    match outcome:
        case Approved():
            await _look_again(visit, shown)
            return (*await with_next(visit, shown), *_others(visit, outcome.issued.draft.group, outcome.others))
        case MotorApproved():
            done = await with_next(visit, shown)
            return (*done, *_others(visit, None, outcome.issued, outcome.reading.flat_code))
        case Accepted() | Waits():
            return await with_next(visit, shown)
        case Decided():
            return await too_late(visit, shown, outcome)
        case Changed():
            return await redrawn(visit, shown, outcome.preview)
        case Doubtful():
            return (await doubt(visit.work, visit.t, shown, outcome.preview),)
        case MotorStopped():
            return (await card_of_preview(visit.work, visit.t, shown, outcome.preview),)
        case OwnReading() | Stopped():
            return (await _stopped(visit, shown, outcome),)
        case _:
            assert_never(outcome)


def _others(visit: Visit, group: Group | None, issued: Sequence[Issued], motor: str = "") -> tuple[Reply, ...]:
    """How many bills of the same motor were issued with this decision."""
    if not issued:
        return ()
    total = sum((one.bill.total_amount for one in issued), start=ZERO)
    return (Reply(motor_texts.billed(visit.t, group.motor if group else motor, len(issued), total)),)


async def _stopped(visit: Visit, shown: Shown, outcome: OwnReading | Stopped) -> Reply:
    seen = Preview(outcome.draft, own=isinstance(outcome, OwnReading))
    if seen.own or outcome.draft.obstacle is not Obstacle.MONTH_BILLED:
        return await card_of_preview(visit.work, visit.t, shown, seen)
    without, with_ = [
        await preview(visit.work, shown.reading_id, replace(shown.terms, with_fixed_charge=fixed))
        for fixed in (False, True)
    ]
    return question(visit.t, shown, seen, (without, with_))


async def too_late(visit: Visit, shown: Shown, outcome: Decided) -> tuple[Reply, ...]:
    """The card shows what was decided, and a notice says by whom."""
    card = await reading_card(visit.work, visit.t, shown)
    if outcome.reading.decided_by in {None, visit.work.actor.person_id}:
        return (card,)
    return (card, Reply("", toast=texts.told_who(visit.t, outcome.reading, visit.work.society.zone)))


async def redrawn(visit: Visit, shown: Shown, seen: AnyPreview) -> tuple[Reply, ...]:
    """The card as it stands now, and that it does."""
    card = await card_of_preview(visit.work, visit.t, shown, seen)
    return (card, Reply("", toast=texts.changed_meanwhile(visit.t)))


async def with_next(visit: Visit, shown: Shown) -> tuple[Reply, ...]:
    """The decided card, and the next one where the queue is walked."""
    decided = await reading_card(visit.work, visit.t, shown)
    return (decided, *await next_card(visit.work, visit.t, shown))


async def _look_again(visit: Visit, shown: Shown) -> None:
    """Some seconds later the card tells whether the bill arrived."""
    for sequence, later in enumerate(_LOOK_AGAIN, start=1):
        await notify.enqueue(
            visit.work,
            "reading_decided",
            "reading",
            shown.reading_id,
            chat_id=visit.chat.id,
            sequence=sequence,
            not_before=visit.work.now + later,
            card=shown.card,
        )

"""The card of a motor's own reading: its split while it is open, what it waits for, and what can be done about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.conversation import Action, Button, Reply
from bot.flows.admin.rolled_over import with_way
from bot.texts import admin_buttons as labels
from bot.texts import admin_motor as texts
from bot.texts.admin_motor import MotorFacts
from domain.metering import usual_range
from jobs.bill_motor_group import NO_DOUBTS, Doubts, doubts, fingerprint
from jobs.check_photos import check_of
from jobs.draft_bill import Obstacle
from jobs.draft_motor import group_bills, total_of
from jobs.motor_notes import owed_notes
from jobs.motor_notes import total_of as owed_total
from jobs.submit_reading import monthly_units
from jobs.trail import stood_by
from storage import readings
from storage.readings import ReadingState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.flows.admin.binding import Shown
    from bot.i18n import Translator
    from jobs.approve_reading import MotorPreview
    from jobs.draft_bill import Draft
    from jobs.motor_notes import OwedNote
    from jobs.work import Work

Rows = tuple[tuple[Button, ...], ...]
_CAN_APPROVE = frozenset({None, Obstacle.WAITING_FOR_MOTOR})


async def motor_card(
    work: Work, t: Translator, shown: Shown, seen: MotorPreview, place: tuple[int, int] | None = None
) -> Reply:
    """The motor's reading as it stands; `place` where it is one of those to be looked at."""
    reading = seen.draft.reading
    past = await readings.history(work.conn, reading.meter.id, before=reading.date)
    owed = await owed_notes(work, reading.id) if reading.state is ReadingState.BILLED else ()
    facts = MotorFacts(
        seen.draft,
        seen.own,
        work.society.reading_mode,
        work.society.zone,
        past,
        usual_range(monthly_units(work, past)),
        owed,
        place,
        await _now(work, seen),
        await _without(work, seen),
        await _doubts(work, seen),
        await check_of(work, reading),
        await stood_by(work, reading),
    )
    photo_id = reading.photo_ids[-1] if reading.photo_ids else None
    card = Reply(texts.card(t, facts), _buttons(t, shown, facts), card=shown.card, photo_id=photo_id)
    return with_way(work, t, shown, facts, card)


async def _now(work: Work, seen: MotorPreview) -> tuple[Draft, ...]:
    """The bills that approving the motor brings, or, where it is approved, billing its group now."""
    group, approved = seen.draft.group, seen.draft.reading.state is ReadingState.APPROVED
    return await group_bills(work, group) if group and approved and not group.closed else seen.draft.bills


async def _doubts(work: Work, seen: MotorPreview) -> Doubts:
    """What an admin should see before the group is billed now."""
    group, approved = seen.draft.group, seen.draft.reading.state is ReadingState.APPROVED
    return await doubts(work, group) if group and approved and not group.closed else NO_DOUBTS


async def _without(work: Work, seen: MotorPreview) -> tuple[Draft, ...]:
    """The bills that leaving the motor out brings, while it can be."""
    group, reading = seen.draft.group, seen.draft.reading
    if reading.state not in {ReadingState.PENDING, ReadingState.RETURNED} or group is None or group.closed:
        return ()
    return await group_bills(work, group, without_motor=True) if group.reading_id == reading.id else ()


def _buttons(t: Translator, shown: Shown, facts: MotorFacts) -> Rows:
    match facts.reading.state:
        case ReadingState.PENDING:
            return _pending(t, shown, facts)
        case ReadingState.APPROVED:
            return _approved(t, shown, facts)
        case ReadingState.RETURNED:
            return _left_out(t, shown, facts)
        case ReadingState.BILLED:
            return _notes(t, shown, facts.owed)
        case _:
            return ()


def _pending(t: Translator, shown: Shown, facts: MotorFacts) -> Rows:
    correct = Button(labels.correct(t), Action("review.correct", shown.data()))
    back = Button(labels.send_back(t), Action("review.send_back", shown.data()))
    obstacle = facts.draft.obstacle
    if facts.own or obstacle not in {*_CAN_APPROVE, Obstacle.NO_BASELINE}:
        return ((correct, back), *_left_out(t, shown, facts))
    label = labels.accept(t) if obstacle is Obstacle.NO_BASELINE else texts.approve(t, facts.now)
    approve = Button(label, Action("review.approve", shown.data()))
    return ((approve, correct), (back,), *_left_out(t, shown, facts))


def _left_out(t: Translator, shown: Shown, facts: MotorFacts) -> Rows:
    if not facts.without:
        return ()
    bound = replace(shown, total=total_of(facts.without))
    label = texts.leave_out(t, facts.reading.flat_code, facts.without)
    return ((Button(label, Action("motor.leave_out", bound.data())),),)


def _approved(t: Translator, shown: Shown, facts: MotorFacts) -> Rows:
    group = facts.draft.group
    if group is None or group.closed:
        return ()
    reopen = (Button(texts.reopen(t), Action("review.reopen", shown.data())),)
    if not facts.now or facts.doubts.absurd:
        return (reopen,)
    bound = {"shown": fingerprint(group), "total": str(total_of(facts.now))}
    now = Action("motor.bill_now", {"id": shown.reading_id, "card": shown.card, **bound})
    return ((Button(texts.bill_now(t, group, facts.now), now),), reopen)


def _notes(t: Translator, shown: Shown, owed: Sequence[OwedNote]) -> Rows:
    if not owed:
        return ()
    bound = [[one.flat_id, str(one.amount)] for one in owed]
    add = Action("motor.notes", {"id": shown.reading_id, "card": shown.card, "shown": bound})
    return ((Button(texts.add_notes(t, len(owed), owed_total(owed)), add),),)

"""The card of a motor's own reading: its split while it is open, what it waits for, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation import Action, Button, Reply
from bot.texts import admin_buttons as labels
from bot.texts import admin_motor as texts
from bot.texts.admin_motor import MotorFacts
from domain.metering import usual_range
from jobs.bill_motor_group import fingerprint
from jobs.draft_bill import Obstacle
from jobs.motor_notes import owed_notes, total_of
from jobs.submit_reading import monthly_units
from storage import readings
from storage.readings import ReadingState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.flows.admin.binding import Shown
    from bot.i18n import Translator
    from jobs.approve_reading import MotorPreview
    from jobs.motor_groups import Group
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
    usual = usual_range(monthly_units(work, past))
    facts = MotorFacts(seen.draft, seen.own, work.society.reading_mode, work.society.zone, past, usual, owed, place)
    photo_id = reading.photo_ids[-1] if reading.photo_ids else None
    return Reply(texts.card(t, facts), _buttons(t, shown, seen, owed), card=shown.card, photo_id=photo_id)


def _buttons(t: Translator, shown: Shown, seen: MotorPreview, owed: Sequence[OwedNote]) -> Rows:
    match seen.draft.reading.state:
        case ReadingState.PENDING:
            return _pending(t, shown, seen)
        case ReadingState.APPROVED:
            return _approved(t, shown, seen)
        case ReadingState.RETURNED:
            return _left_out(t, shown, seen.draft.group)
        case ReadingState.BILLED:
            return _notes(t, shown, owed)
        case _:
            return ()


def _pending(t: Translator, shown: Shown, seen: MotorPreview) -> Rows:
    correct = Button(labels.correct(t), Action("review.correct", shown.data()))
    back = Button(labels.send_back(t), Action("review.send_back", shown.data()))
    obstacle = seen.draft.obstacle
    if seen.own or obstacle not in {*_CAN_APPROVE, Obstacle.NO_BASELINE}:
        return ((correct, back), *_left_out(t, shown, seen.draft.group))
    label = labels.accept(t) if obstacle is Obstacle.NO_BASELINE else texts.approve(t)
    approve = Button(label, Action("review.approve", shown.data()))
    return ((approve, correct), (back,), *_left_out(t, shown, seen.draft.group))


def _left_out(t: Translator, shown: Shown, group: Group | None) -> Rows:
    if group is None or group.closed or group.reading_id != shown.reading_id or not group.to_issue:
        return ()
    return ((Button(texts.leave_out(t, group), Action("motor.leave_out", shown.data())),),)


def _approved(t: Translator, shown: Shown, seen: MotorPreview) -> Rows:
    group = seen.draft.group
    if group is None or group.closed:
        return ()
    reopen = (Button(texts.reopen(t), Action("review.reopen", shown.data())),)
    if not group.to_issue:
        return (reopen,)
    now = Action("motor.bill_now", {"id": shown.reading_id, "card": shown.card, "shown": fingerprint(group)})
    return ((Button(texts.bill_now(t, group), now),), reopen)


def _notes(t: Translator, shown: Shown, owed: Sequence[OwedNote]) -> Rows:
    if not owed:
        return ()
    bound = [[one.flat_id, str(one.amount)] for one in owed]
    add = Action("motor.notes", {"id": shown.reading_id, "card": shown.card, "shown": bound})
    return ((Button(texts.add_notes(t, len(owed), total_of(owed)), add),),)

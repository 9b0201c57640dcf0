"""What became of a reading, as a message with the buttons that lead on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as but
from decimal import Decimal
from typing import assert_never

from bot.conversation import Action, Button, Reply
from bot.flows.admin.billed_reading import bill_row, see_button
from bot.flows.engineer import onward
from bot.flows.engineer.binding import bound, card_of, fresh, showing
from bot.texts import admin_asks, meter_life, taken_out
from bot.texts import engineer as texts
from bot.texts import engineer_buttons as labels
from bot.texts.engineer_month import month_line
from bot.visit import Visit
from domain.metering import Flag, ReadingMode
from domain.period import Month, local_date
from domain.roles import Permission, allowed
from jobs.find_meter import Inactive, NoFlat, NoMeter, NoOwner, NoSuchTarget, SeveralMeters
from jobs.progress import progress
from jobs.roll_over import turn_of
from jobs.submit_reading import (
    AlreadyBilled,
    AlreadyStored,
    BadDate,
    DateProblem,
    Duplicate,
    Measured,
    Saved,
    ShareOfMotor,
    Stale,
    Submission,
    Submitted,
)
from jobs.taken_out import TakenOut
from storage import chat_readings
from storage.readings import UNBILLED, Reading

Buttons = tuple[tuple[Button, ...], ...]


def mode_of(visit: Visit) -> ReadingMode:
    """What a number means in this society."""
    return visit.work.society.reading_mode


async def answer(visit: Visit, outcome: Submitted | Measured, submission: Submission) -> Reply:
    """The message about what became of a submission."""
    match outcome:
        case Saved():
            return await saved(visit, outcome)
        case AlreadyStored():
            return stored(visit, outcome.reading)
        case Duplicate():
            return _duplicate(visit, outcome)
        case AlreadyBilled():
            return billed(visit, outcome, submission.value)
        case BadDate():
            return _bad_date(visit, outcome, submission)
        case Stale():
            return _replaced(visit, outcome.reading, submission)
        case NoSuchTarget() | SeveralMeters():
            return _which(visit, outcome, submission)
        case NoMeter() | NoFlat() | NoOwner() | Inactive() | ShareOfMotor() | TakenOut():
            return Reply(_refusal(visit, outcome, submission))
        case _:
            assert_never(outcome)


async def saved(visit: Visit, result: Saved, *, confirmed: bool = False, month: bool = True) -> Reply:
    """A stored reading: normal, or unusual and to be looked at again. `month`: with the month's progress.

    In a round the next meter is asked for on it, once the reading is not odd.
    """
    reading, t, mode = result.reading, visit.t, mode_of(visit)
    if not reading.confirmed:
        then = await onward.hold(visit, reading) if month else ""
        asked = _odd(visit, result)
        return but(asked, text=f"{asked.text}\n{then}".rstrip())
    sent_on = min(local_date(visit.incoming.sent_at, visit.work.society.zone), visit.work.today)
    text = texts.confirmed(t, mode, result) if confirmed else texts.saved(t, mode, result, sent_on)
    lines = [text, texts.photo_line(t, reading)]
    ahead = await (onward.after if month else onward.shown_with)(visit, reading)
    if ahead is not None:
        lines.append(f"\n{ahead.text}")
        return Reply("\n".join(filter(None, lines)), _walking(visit, reading, ahead), card=card_of(reading))
    if month:
        done = await progress(visit.work)
        lines.append(month_line(t, done, done.after(reading.flat_code)))
    return Reply("\n".join(filter(None, lines)), reading_buttons(visit, reading), card=card_of(reading))


def _odd(visit: Visit, result: Saved) -> Reply:
    """To be looked at again; a register that went back may have begun anew."""
    reading = result.reading
    turn = turn_of(visit.work, reading, result.usual)
    if turn is None:
        return Reply(texts.odd(visit.t, mode_of(visit), result), _odd_buttons(visit, reading), card=card_of(reading))
    past = Button(meter_life.rolled_over_button(visit.t), Action("reading.rolled_over", showing(reading)))
    rows = (
        (past, _again(visit, reading)),
        (_other_meter(visit, reading), _right(visit, reading)),
        (_undo(visit, reading),),
    )
    return Reply(meter_life.turned(visit.t, result, turn), rows, card=card_of(reading))


def _walking(visit: Visit, reading: Reading, ahead: onward.Ahead) -> Buttons:
    """What the next meter needs first; a photo of this one is added by sending it."""
    rows = (ahead.about_meter, (_fix(visit, reading), _undo(visit, reading)), ahead.about_walk)
    return tuple(row for row in rows if row) if ahead.about_meter else reading_buttons(visit, reading)


def stored(visit: Visit, reading: Reading) -> Reply:
    """Nothing new was stored."""
    text = texts.already_stored(visit.t, reading)
    return Reply(text, reading_buttons(visit, reading), card=fresh(visit, card_of(reading)))


def billed(visit: Visit, outcome: AlreadyBilled, value: Decimal | None = None) -> Reply:
    """The office can correct it, and reads how; others ask it with a button, with the `value` that was read now."""
    bill, reading = outcome.bill, outcome.reading
    month = Month.of(bill.period_end if bill else reading.date)
    issued_on = local_date(bill.issued_at, visit.work.society.zone) if bill else None
    other = None if value in {None, reading.value} else str(value)
    if allowed(visit.roles, Permission.REVIEW_READINGS):
        rows = (bill_row(visit.t, reading.flat_code, bill.bill_id),) if bill else ()
        text = admin_asks.yours(visit.t, reading, month, issued_on)
        return Reply(text, (*rows, (see_button(visit.t, reading),)), card=fresh(visit, f"billed:{reading.id}:{other}"))
    ask = Button(labels.ask_office(visit.t), Action("reading.ask_office", {"id": reading.id, "value": other}))
    card = fresh(visit, f"billed:{reading.id}:{other}")
    return Reply(texts.already_billed(visit.t, reading, month, issued_on), ((ask,),), card=card)


async def stale(visit: Visit, reading: Reading) -> Reply:
    """What a button showed is no longer so: how it stands now; with buttons where the chat has no card of that."""
    shown = await chat_readings.has_card(visit.work.conn, visit.chat.id, card_of(reading))
    buttons = () if shown else reading_buttons(visit, reading)
    return Reply(texts.changed_since(visit.t, reading), buttons, card=fresh(visit, card_of(reading)))


def _replaced(visit: Visit, reading: Reading, submission: Submission) -> Reply:
    """Somebody else's message stands in the place of the one that was edited."""
    button = labels.fix(visit.t) if reading.confirmed else labels.re_enter(visit.t)
    text = texts.replaced_since(visit.t, reading, submission.value, button)
    return Reply(text, reading_buttons(visit, reading), card=fresh(visit, card_of(reading)))


def stays(visit: Visit, left: Sequence[Reading]) -> Reply:
    """What an edit that was not taken leaves as it was."""
    buttons = reading_buttons(visit, left[0]) if len(left) == 1 else ()
    return Reply(texts.stays(visit.t, left), buttons, card=fresh(visit, f"{card_of(left[0])}:stays"))


def reading_buttons(visit: Visit, reading: Reading) -> Buttons:
    """What can be done with a reading that is not billed."""
    if reading.state not in UNBILLED:
        return ()
    if not reading.confirmed:
        return _odd_buttons(visit, reading)
    fix, undo = _fix(visit, reading), _undo(visit, reading)
    return ((fix, undo),) if reading.has_photo else ((_add_photo(visit, reading), fix), (undo,))


def _odd_buttons(visit: Visit, reading: Reading) -> Buttons:
    undo = _undo(visit, reading)
    rows = (
        (_again(visit, reading), _right(visit, reading)),
        (undo,) if reading.has_photo else (_add_photo(visit, reading), undo),
    )
    return (*rows, (_other_meter(visit, reading),)) if Flag.LOWER_THAN_LAST in reading.flags else rows


def _again(visit: Visit, reading: Reading) -> Button:
    return Button(labels.re_enter(visit.t), Action("reading.fix", showing(reading)))


def _right(visit: Visit, reading: Reading) -> Button:
    return Button(labels.it_is_right(visit.t), Action("reading.confirm", showing(reading)))


def _other_meter(visit: Visit, reading: Reading) -> Button:
    """A number lower than last may be of a new meter in its place."""
    return Button(meter_life.replaced_button(visit.t), Action("replace.begin", {"flat": reading.meter.number}))


def _add_photo(visit: Visit, reading: Reading) -> Button:
    return Button(labels.add_photo(visit.t), Action("reading.add_photo", showing(reading)))


def _fix(visit: Visit, reading: Reading) -> Button:
    return Button(labels.fix(visit.t), Action("reading.fix", showing(reading)))


def _undo(visit: Visit, reading: Reading) -> Button:
    return Button(labels.undo(visit.t), Action("reading.undo", showing(reading)))


def _duplicate(visit: Visit, outcome: Duplicate) -> Reply:
    reading, submission = outcome.reading, outcome.submission
    data = {**showing(reading), "new": bound(visit.work, submission)}
    replace = Button(labels.replace(visit.t, submission.value), Action("reading.replace", data))
    keep = Button(labels.keep(visit.t, reading.value), Action("reading.keep", data))
    text = texts.duplicate(visit.t, reading, submission.value)
    return Reply(text, ((replace, keep),), card=f"duplicate:{submission.key}")


def _bad_date(visit: Visit, outcome: BadDate, submission: Submission) -> Reply:
    t, today = visit.t, visit.work.today
    flat = outcome.meter.place
    example = texts.typed(flat, submission.value, submission.motor_share, today)
    if outcome.problem is DateProblem.FUTURE:
        return Reply(texts.date_in_future(t, outcome.on, example))
    if outcome.problem is not DateProblem.BILLED:
        return Reply(meter_life.not_in_place(t, outcome))
    return Reply(texts.date_too_early(t, flat, outcome.on, outcome.limit, today=today, example=example))


def _which(visit: Visit, outcome: NoSuchTarget | SeveralMeters, submission: Submission) -> Reply:
    if isinstance(outcome, NoSuchTarget):
        text, targets = texts.no_such_flat(visit.t, outcome.target, outcome.near), outcome.near
    else:
        text = texts.several_meters(visit.t, outcome.target)
        targets = tuple(meter.number for meter in outcome.meters)
    return Reply(text, _choices(visit, targets, submission), card=f"near:{submission.key}")


def _choices(visit: Visit, targets: Sequence[str], submission: Submission) -> Buttons:
    """A button for each thing that may have been meant, two a row."""
    line = bound(visit.work, submission)
    buttons = [Button(target, Action("reading.meant", {"target": target, "line": line})) for target in targets]
    return tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons[:6]), 2))


def _refusal(
    visit: Visit, outcome: NoMeter | NoFlat | NoOwner | Inactive | ShareOfMotor | TakenOut, submission: Submission
) -> str:
    t = visit.t
    match outcome:
        case NoMeter():
            return texts.no_meter(t, outcome.flat_code)
        case NoFlat():
            return texts.no_flat(t, outcome.meter)
        case NoOwner():
            return texts.no_owner(t, outcome.meter)
        case Inactive():
            return texts.inactive(t, outcome.meter, outcome.successor, submission.value)
        case ShareOfMotor():
            return texts.share_of_motor(t, outcome.meter, submission.value)
        case TakenOut():
            return taken_out.send_again(t, outcome)
        case _:
            assert_never(outcome)

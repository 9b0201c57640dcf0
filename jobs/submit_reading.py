"""A reading arrives: found, checked, stored at once; or measured again while it is not billed.

Whoever writes readings of a meter holds the lock on its row, so that two engineers at one meter make one reading and
one question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.metering import Flag, UsualRange, billable_units, flags, usual_range
from domain.period import Month, local_date
from jobs import pending
from jobs.check_photos import tell_contradictions
from jobs.find_meter import NotFound, find_meter
from jobs.round_state import tell_if_walked
from jobs.second_look import reconsider
from jobs.taken_out import TakenOut, contradicted
from jobs.trail import record_reading
from jobs.work import Work
from storage import bills, meter_replacements, meters, photos, readings
from storage.bills import BillOfReading
from storage.meters import Meter
from storage.readings import Measurement, PastReading, Reading, ReadingState, Sender

PHOTO_TIME = timedelta(minutes=10)
"""How long a photo and a reading that were sent apart still belong together."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What was sent: units of the month or the register, by the society's reading mode.

    `target` is a meter number or flat code, normalised. Without `on` the reading is of the day on which it was sent.
    `key` is unique to this line of this message: the same key never stores twice. `photo_ids` came with it.
    """

    target: str
    value: Decimal
    motor_share: Decimal | None
    on: date | None
    key: str
    sent_at: datetime
    chat_id: int | None = None
    message_id: str | None = None
    photo_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """Stored as pending; unusual ones (`reading.flags`) wait for a second look, unconfirmed.

    `units` is what would be billed: empty for a register's first reading. `also_open` are the meter's other readings
    that are not billed yet. `before` is the value that was replaced.
    """

    reading: Reading
    units: Decimal | None
    usual: UsualRange | None
    also_open: tuple[Reading, ...] = ()
    before: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AlreadyStored:
    """Nothing new: this message, or exactly this reading, is stored."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The meter has another reading of that day: replace it or keep it. Nothing was stored."""

    reading: Reading
    submission: Submission


@dataclass(frozen=True, slots=True)
class AlreadyBilled:
    """The reading is on an issued bill; only the office can correct it."""

    reading: Reading
    bill: BillOfReading | None


class DateProblem(StrEnum):
    """Why a date is not taken."""

    FUTURE = "future"
    BILLED = "billed"
    BEFORE_METER = "before_meter"
    AFTER_METER = "after_meter"


@dataclass(frozen=True, slots=True)
class BadDate:
    """The date is in the future (`limit` is today), or not after the meter's last billed day (`limit`).

    Or the meter was not there on that day: put in, or taken out, on `limit`.
    """

    meter: Meter
    problem: DateProblem
    on: date
    limit: date


@dataclass(frozen=True, slots=True)
class Stale:
    """The reading changed since what the button showed, or was taken back: `reading` is how it stands."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class ShareOfMotor:
    """A share was sent with a motor's own reading: only flats have one. Nothing was stored."""

    meter: Meter


Submitted = Saved | AlreadyStored | Duplicate | AlreadyBilled | BadDate | TakenOut | ShareOfMotor | NotFound
Measured = Saved | AlreadyStored | AlreadyBilled | BadDate | TakenOut | ShareOfMotor | Stale | Duplicate


async def submit(work: Work, submission: Submission) -> Submitted:
    """Store a reading as pending, whatever it looks like; the answer says what is odd, or why it is not taken."""
    known = await readings.with_key(work.conn, submission.key)
    if known is not None:
        return AlreadyStored(known)
    meter = await find_meter(work.conn, submission.target)
    if not isinstance(meter, Meter):
        return meter
    if meter.is_motor and submission.motor_share is not None:
        return ShareOfMotor(meter)
    await meters.lock_meter(work.conn, meter.id)
    on = day_of(work, submission)
    same_day = await readings.on_date(work.conn, meter.id, on)
    if same_day is not None and same_day.state is not ReadingState.HISTORY:
        return await _second(work, same_day, submission)
    problem = await _date_problem(work, meter, on) or await contradicted(work, meter, on, submission.value)
    return problem or await _store(work, meter, on, submission)


async def submit_further(work: Work, meter: Meter, on: date, submission: Submission) -> Submitted:
    """Store a reading beside those that are billed, whatever its day, as a machine may (billing rule 8)."""
    await meters.lock_meter(work.conn, meter.id)
    return await _store(work, meter, on, submission)


async def replace(work: Work, reading_id: int, version: int, submission: Submission) -> Measured:
    """Put another value in the place of a reading of the same meter and day; it becomes the actor's."""
    reading = await _locked(work, reading_id)
    refusal = await _unchangeable(work, reading, version) or await misfit(work, reading, reading.date, submission.value)
    return refusal or await _measure(work, reading, reading.date, submission, take_over=True)


async def correct_own(work: Work, reading_id: int, version: int | None, submission: Submission) -> Measured:
    """Measure again: an edited message (no `version`) or Re-enter. Without a date or share the old stay.

    Somebody else's reading becomes the actor's, as who must not approve it.
    A reading that was taken back comes to life again by an edit of its message.
    """
    reading = await _locked(work, reading_id)
    refusal = await _unchangeable(work, reading, version)
    if refusal is not None:
        return refusal
    if reading.meter.is_motor and submission.motor_share is not None:
        return ShareOfMotor(reading.meter)
    on = submission.on or reading.date
    if on != reading.date or reading.state is ReadingState.WITHDRAWN:
        other = await readings.on_date(work.conn, reading.meter.id, on)
        if other is not None and other.id != reading.id:
            return await _duplicate(work, other, submission)
        problem = await _date_problem(work, reading.meter, on)
        if problem is not None:
            return problem
    takes_over = reading.submitted_by != work.actor.person_id
    odd = await misfit(work, reading, on, submission.value)
    return odd or await _measure(work, reading, on, submission, take_over=takes_over)


async def misfit(work: Work, reading: Reading, on: date, value: Decimal) -> BadDate | TakenOut | None:
    """Why the reading's meter cannot have shown `value` on that day: it was not there, or taken out with another."""
    bad = await _not_in_place(work, reading.meter, on)
    return bad or await contradicted(work, reading.meter, on, value, reading.id)


async def show(work: Work, reading: Reading, before: Decimal | None = None) -> Saved:
    """The reading with what its sender should see beside it."""
    past = await readings.history(work.conn, reading.meter.id, before=reading.date)
    others = await readings.open_of_meter(work.conn, reading.meter.id)
    previous = reading.previous.value if reading.previous else None
    return Saved(
        reading,
        billable_units(work.society.reading_mode, reading.value, previous, reading.course),
        usual_range(monthly_units(work, past)),
        tuple(one for one in others if one.id != reading.id and one.state is not ReadingState.RETURNED),
        before,
    )


def day_of(work: Work, submission: Submission) -> date:
    """The date given, else the day on which it was sent; a clock that runs ahead does not make it tomorrow."""
    return submission.on or min(local_date(submission.sent_at, work.society.zone), work.today)


async def locked(work: Work, reading_id: int) -> Reading:
    """The reading, with its meter locked against others who write readings of it."""
    return await _locked(work, reading_id)


async def billed(work: Work, reading: Reading) -> AlreadyBilled:
    """Why a reading can no longer be changed in the chat."""
    return AlreadyBilled(reading, await bills.of_reading(work.conn, reading.id))


async def _locked(work: Work, reading_id: int) -> Reading:
    seen = await readings.get(work.conn, reading_id)
    await meters.lock_meter(work.conn, seen.meter.id)
    return await readings.get(work.conn, reading_id, for_update=True)


async def _unchangeable(work: Work, reading: Reading, version: int | None) -> AlreadyBilled | Stale | None:
    if reading.state in {ReadingState.BILLED, ReadingState.HISTORY}:
        return await billed(work, reading)
    if version is None:
        return None
    gone = reading.state is ReadingState.WITHDRAWN
    return Stale(reading) if gone or reading.version != version else None


async def _second(work: Work, same_day: Reading, submission: Submission) -> Submitted:
    """Another reading of a meter and day that has one: asked about, unless it was sent back for exactly this."""
    if same_day.state is ReadingState.RETURNED:
        odd = await misfit(work, same_day, same_day.date, submission.value)
        return odd or await _measure(work, same_day, same_day.date, submission, take_over=True)
    return await _duplicate(work, same_day, submission)


async def _duplicate(
    work: Work, same_day: Reading, submission: Submission
) -> AlreadyBilled | AlreadyStored | Duplicate:
    if same_day.state in {ReadingState.BILLED, ReadingState.HISTORY}:
        return await billed(work, same_day)
    if _says_nothing_new(same_day, submission):
        return await _stored_before(work, same_day.id, submission)
    return Duplicate(same_day, submission)


def _says_nothing_new(reading: Reading, submission: Submission) -> bool:
    return reading.value == submission.value and submission.motor_share in {None, reading.motor_share}


async def _date_problem(work: Work, meter: Meter, on: date) -> BadDate | None:
    if on > work.today:
        return BadDate(meter, DateProblem.FUTURE, on, work.today)
    last = await meters.last_billed_on(work.conn, meter.id)
    if last is not None and on <= last:
        return BadDate(meter, DateProblem.BILLED, on, last)
    return await _not_in_place(work, meter, on)


async def _not_in_place(work: Work, meter: Meter, on: date) -> BadDate | None:
    there = await meter_replacements.in_place(work.conn, meter.id)
    if there.since is not None and on < there.since:
        return BadDate(meter, DateProblem.BEFORE_METER, on, there.since)
    late = there.until is not None and on > there.until
    return BadDate(meter, DateProblem.AFTER_METER, on, there.until or on) if late else None


async def _store(work: Work, meter: Meter, on: date, submission: Submission) -> Submitted:
    what = await _measurement(work, meter.id, on, submission.value, submission.motor_share)
    reading_id = await readings.insert(work.conn, meter.id, what, _sender(work, submission), submission.key)
    if reading_id is None:
        return await _stored_meanwhile(work, submission.key)
    await _attach(work, reading_id, submission)
    await _withdraw_returned(work, meter, on)
    return await _done(work, "reading.submitted", None, reading_id)


async def _stored_meanwhile(work: Work, key: str) -> AlreadyStored:
    known = await readings.with_key(work.conn, key)
    if known is None:
        raise LookupError(key)
    return AlreadyStored(known)


async def _measure(
    work: Work, reading: Reading, on: date, submission: Submission, *, take_over: bool
) -> Saved | AlreadyStored:
    """The same row with another value, share or date: pending again, one version up."""
    share = reading.motor_share if submission.motor_share is None else submission.motor_share
    waits = reading.state in {ReadingState.PENDING, ReadingState.APPROVED}
    if waits and (reading.value, reading.motor_share, reading.date) == (submission.value, share, on):
        return await _stored_before(work, reading.id, submission)
    what = await _measurement(work, reading.meter.id, on, submission.value, share)
    await readings.change(work.conn, reading.id, what, _sender(work, submission) if take_over else None)
    await _attach(work, reading.id, submission)
    return await _done(work, "reading.changed", reading, reading.id)


async def _done(work: Work, action: str, before: Reading | None, reading_id: int) -> Saved:
    after = await readings.get(work.conn, reading_id)
    await record_reading(work, action, before, after)
    await reconsider(work, after.meter.id)
    await pending.queue_changed(work)
    await tell_if_walked(work, Month.of(after.date))
    await tell_contradictions(work, after, after_answer=True)
    return await show(work, after, before.value if before else None)


async def _measurement(work: Work, meter_id: int, on: date, value: Decimal, share: Decimal | None) -> Measurement:
    past = await readings.history(work.conn, meter_id, before=on)
    course = await readings.course_before(work.conn, meter_id, on)
    previous = past[0].value if past else None
    found: tuple[Flag, ...] = flags(work.society.reading_mode, value, previous, monthly_units(work, past), course)
    return Measurement(value, share, on, found, confirmed=not found)


def monthly_units(work: Work, past: Sequence[PastReading]) -> list[Decimal]:
    """Oldest first, of readings nobody doubts."""
    sure = [one for one in reversed(past) if one.confirmed]
    if work.society.reading_mode == "units":
        return [one.value for one in sure]
    return [one.used for one in sure if one.used is not None]


def _sender(work: Work, submission: Submission) -> Sender:
    return Sender(work.actor.person_id, submission.sent_at, submission.chat_id, submission.message_id)


async def _stored_before(work: Work, reading_id: int, submission: Submission) -> AlreadyStored:
    """Nothing new but its photos."""
    await _attach(work, reading_id, submission)
    reading = await readings.get(work.conn, reading_id)
    if submission.photo_ids:
        await tell_contradictions(work, reading, after_answer=True)
    return AlreadyStored(reading)


async def _attach(work: Work, reading_id: int, submission: Submission) -> None:
    for photo_id in submission.photo_ids:
        await photos.attach(work.conn, reading_id, photo_id)


async def _withdraw_returned(work: Work, meter: Meter, on: date) -> None:
    """A newer reading answers those of the meter that were sent back."""
    for old in await readings.returned_before(work.conn, meter.id, on):
        await readings.set_state(work.conn, old.id, ReadingState.WITHDRAWN)
        await record_reading(work, "reading.superseded", old, None)

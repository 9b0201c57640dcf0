"""A reading arrives from a machine: stored like any other, and billed at once where nothing asks for a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.period import Month, billing_period
from jobs import submit_reading, take_photo
from jobs.approve_reading import (
    Accepted,
    Approved,
    Doubtful,
    MotorApproved,
    MotorStopped,
    Stopped,
    Waits,
    approve_unseen,
    look,
)
from jobs.check_photos import check_of
from jobs.draft_bill import Obstacle
from jobs.find_meter import NotFound
from jobs.second_look import judged
from jobs.submit_reading import (
    AlreadyBilled,
    AlreadyStored,
    BadDate,
    DateProblem,
    Duplicate,
    Saved,
    ShareOfMotor,
    Submission,
    submit,
)
from jobs.taken_out import TakenOut
from storage import api_requests, bills, locks, readings
from storage.readings import ReadingState

if TYPE_CHECKING:
    from jobs.approve_reading import Approval
    from jobs.issue_bill import Issued
    from jobs.photo_intake import PreparedPhoto
    from jobs.work import Work
    from storage.bills import Bill
    from storage.readings import Reading


class Standing(StrEnum):
    """What became of a reading: billed, or what it waits for."""

    BILLED = "billed"
    PENDING = "pending"
    UNUSUAL = "unusual"
    LOCKED_MONTH = "locked_month"
    WAITING_FOR_MOTOR = "waiting_for_motor"
    APPROVED = "approved"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    PARKED = "parked"
    FOREIGN_BILL = "foreign_bill"
    OUT_OF_ORDER = "out_of_order"
    BACKWARDS = "backwards"
    MOTOR_TWICE = "motor_twice"


@dataclass(frozen=True, slots=True)
class Received:
    """The reading as it is stored, and its bill where one was issued for it now or before.

    `start_moved`: the bill is a further one of a month already billed, without a second fixed charge.
    """

    reading: Reading
    standing: Standing
    bill: Bill | None = None
    start_moved: bool = False


Refused = Duplicate | BadDate | TakenOut | ShareOfMotor | AlreadyBilled | NotFound
"""Nothing was stored."""


async def receive(
    work: Work, submission: Submission, *, issue: bool, photo: PreparedPhoto | None = None
) -> Received | Refused:
    """Store what a machine read. `issue`: its bill is issued too, unless it is unusual or something stands in the way.

    While its photo is to be looked at, a person decides.

    What a machine sent before for that day and is not billed yet is replaced; what a person sent is not.
    """
    if photo is not None:
        photo_id = await take_photo.keep(work, photo, submission.sent_at)
        submission = replace(submission, photo_ids=(photo_id,))
    stored = await _stored(work, submission)
    if not isinstance(stored, Saved | AlreadyStored):
        return stored
    reading = stored.reading
    ours = isinstance(stored, Saved) or await api_requests.is_from_a_machine(work.conn, reading.id)
    if not (issue and ours and reading.state is ReadingState.PENDING):
        return Received(reading, _standing(reading), await _bill_of(work, reading))
    return await _billed(work, reading)


async def _stored(work: Work, submission: Submission) -> Saved | AlreadyStored | Refused:
    """As `submit` says; a day that is billed takes a further reading, a locked month one that no bill will follow."""
    submitted = await submit(work, submission)
    if isinstance(submitted, Duplicate):
        return await _instead(work, submitted)
    if isinstance(submitted, AlreadyBilled):
        reading = submitted.reading
        return await _known(work, reading, submission) or await submit_reading.submit_further(
            work, reading.meter, reading.date, submission
        )
    if isinstance(submitted, BadDate) and await _is_locked(work, submitted):
        return await submit_reading.submit_further(work, submitted.meter, submitted.on, submission)
    return submitted


async def _instead(work: Work, found: Duplicate) -> Saved | AlreadyStored | Refused:
    if not await api_requests.is_from_a_machine(work.conn, found.reading.id):
        return found
    outcome = await submit_reading.replace(work, found.reading.id, found.reading.version, found.submission)
    return found if isinstance(outcome, submit_reading.Stale) else outcome


async def _known(work: Work, billed: Reading, submission: Submission) -> AlreadyStored | None:
    """The very same value of that day is the same reading, whichever of the day's readings has it."""
    same_day = await readings.all_on_date(work.conn, billed.meter.id, billed.date)
    share = submission.motor_share
    found = (one for one in same_day if one.value == submission.value and share in {None, one.motor_share})
    return next((AlreadyStored(one) for one in found), None)


async def _is_locked(work: Work, bad: BadDate) -> bool:
    return bad.problem is DateProblem.BILLED and Month.of(bad.on) in (await locks.locked_months(work.conn)).months


async def _bill_of(work: Work, reading: Reading) -> Bill | None:
    """As it stands now, paid from credit perhaps."""
    if reading.state is not ReadingState.BILLED or reading.meter.is_motor:
        return None
    found = await bills.of_reading(work.conn, reading.id)
    return await bills.get_bill(work.conn, found.bill_id) if found else None


async def _billed(work: Work, reading: Reading) -> Received:
    photo = await check_of(work, reading)
    (reading,) = await judged(work, [reading])
    if reading.flags or not photo.is_normal:
        seen = await look(work, reading.id)
        waits = Standing.UNUSUAL if reading.flags or photo.held else Standing.PENDING
        return Received(reading, Standing.LOCKED_MONTH if seen.draft.obstacle is Obstacle.LOCKED else waits)
    outcome = await approve_unseen(work, reading.id)
    after = await readings.get(work.conn, reading.id)
    return replace(_told(outcome, after), bill=await _bill_of(work, after))


def _told(outcome: Approval, reading: Reading) -> Received:
    match outcome:
        case Approved(issued):
            return Received(reading, Standing.BILLED, start_moved=_is_moved(issued))
        case MotorApproved():
            return Received(reading, Standing.APPROVED)
        case Waits():
            return Received(reading, Standing.WAITING_FOR_MOTOR)
        case Doubtful():
            return Received(reading, Standing.UNUSUAL)
        case Accepted():
            return Received(reading, Standing.ACCEPTED)
        case Stopped(draft):
            return Received(reading, _obstacle(draft.obstacle))
        case MotorStopped(preview):
            return Received(reading, _obstacle(preview.draft.obstacle))
        case _:
            return Received(reading, _standing(reading))


def _obstacle(obstacle: Obstacle | None) -> Standing:
    if obstacle is Obstacle.LOCKED:
        return Standing.LOCKED_MONTH
    known = {one.value for one in Standing}
    return Standing(obstacle.value) if obstacle and obstacle.value in known else Standing.PENDING


def _standing(reading: Reading) -> Standing:
    """Of a reading on which nothing was decided now."""
    match reading.state:
        case ReadingState.BILLED:
            return Standing.BILLED
        case ReadingState.APPROVED:
            return Standing.APPROVED
        case ReadingState.RETURNED:
            return Standing.RETURNED
        case ReadingState.HISTORY:
            return Standing.ACCEPTED
        case _:
            return Standing.UNUSUAL if reading.flags else Standing.PENDING


def _is_moved(issued: Issued) -> bool:
    draft = issued.draft
    usual = billing_period(draft.flat.last_billed_end, draft.reading.date).start
    return draft.earlier is not None or draft.period.start != usual

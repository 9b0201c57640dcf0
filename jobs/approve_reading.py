"""One reading, one decision: approve it (which issues its bill), correct it, or send it back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.metering import billable_units, flags, is_absurd, usual_range
from domain.units import NO_UNITS
from jobs import notify, pending
from jobs.check_photos import check_of
from jobs.draft_bill import NO_TERMS, Draft, Obstacle, Terms, draft
from jobs.draft_motor import MotorDraft, group_bills, motor_drafts
from jobs.issue_bill import Issued, NotIssued, hold_flats_of, issue_drafted, issue_group, settle, tell_issued
from jobs.motor_groups import complete_groups
from jobs.register_digits import learn_digits
from jobs.second_look import judged, reconsider
from jobs.submit_reading import BadDate, misfit, monthly_units
from jobs.taken_out import TakenOut
from jobs.trail import record_reading
from storage import motor_groups, readings
from storage.readings import Measurement, ReadingState

if TYPE_CHECKING:
    from decimal import Decimal

    from jobs.motor_groups import Group
    from jobs.work import Work
    from storage.readings import Reading


@dataclass(frozen=True, slots=True)
class Preview:
    """The whole sum before it is approved. `own`: the actor sent this reading and may not approve it."""

    draft: Draft
    own: bool


@dataclass(frozen=True, slots=True)
class MotorPreview:
    """How a motor's units would be split before its reading is approved."""

    draft: MotorDraft
    own: bool


AnyPreview = Preview | MotorPreview


@dataclass(frozen=True, slots=True)
class Approved:
    """Approved and billed; `others` are bills of the same motor group that waited for this reading."""

    issued: Issued
    others: tuple[Issued, ...] = ()


@dataclass(frozen=True, slots=True)
class MotorApproved:
    """The motor's reading was the last its group waited for: these bills are issued."""

    reading: Reading
    issued: tuple[Issued, ...]


@dataclass(frozen=True, slots=True)
class Waits:
    """Approved; billed with its motor group when the last of it is approved, or when an admin says so."""

    draft: Draft | MotorDraft


@dataclass(frozen=True, slots=True)
class Reopened:
    """The approval of a reading that waited is taken back: it waits for a decision again."""

    preview: AnyPreview


@dataclass(frozen=True, slots=True)
class Accepted:
    """A register's first reading: nothing to bill, the next one counts from it."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class Decided:
    """Somebody else was first, or the reading is no longer waiting: its state says what became of it."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class Changed:
    """What the button showed is no longer true: the card is to be drawn again and nothing was done."""

    preview: AnyPreview


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The value is absurd, whoever confirmed it: nothing was done, the admin is asked."""

    preview: AnyPreview


@dataclass(frozen=True, slots=True)
class OwnReading:
    """Nobody approves a reading they sent themselves; another admin has to."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Stopped:
    """The bill cannot be issued as things are: `draft.obstacle` says why."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class MotorStopped:
    """The motor's reading is the actor's own, or cannot be split as things are: `preview` says which."""

    preview: MotorPreview


@dataclass(frozen=True, slots=True)
class Corrected:
    """The value was changed; the reading still waits, with its new sum."""

    preview: AnyPreview
    before: Decimal


@dataclass(frozen=True, slots=True)
class SentBack:
    """The engineer is asked to read again."""

    reading: Reading


Approval = (
    Approved | MotorApproved | Waits | Accepted | Decided | Changed | Doubtful | OwnReading | Stopped | MotorStopped
)
Correction = Corrected | Decided | Changed | BadDate | TakenOut


async def preview(work: Work, reading_id: int, terms: Terms = NO_TERMS) -> Preview:
    """What approving a flat's reading would do now; also shown for those already decided. Changes nothing."""
    (reading,) = await judged(work, [await readings.get(work.conn, reading_id)])
    return await _bill(work, reading, terms)


async def look(work: Work, reading_id: int, terms: Terms = NO_TERMS) -> AnyPreview:
    """The same for readings of flats and of motors."""
    return await _preview(work, await readings.get(work.conn, reading_id), terms)


async def approve(
    work: Work,
    reading_id: int,
    version: int,
    shown_total: Decimal,
    terms: Terms = NO_TERMS,
    *,
    sure: bool = False,
    photo: str | None = None,
) -> Approval:
    """Approve what was shown (version and total in rupees) and issue its bill; once, whoever presses and how often.

    A reading whose motor group waits is approved all the same, without a total to be agreed on; the last of the group
    issues all its bills, and the total of a motor's reading is theirs. A value in doubt takes an admin who is `sure`.
    What its photo says (`photo`) is advice, but has to be what was shown.
    """
    reading = await _locked(work, reading_id)
    if reading.state is not ReadingState.PENDING:
        return Decided(reading)
    seen = await _preview(work, reading, terms)
    if photo is not None and (await check_of(work, reading)).mark not in {"", photo}:
        return Changed(seen)
    refusal = _refusal(seen, version, shown_total)
    return refusal or await _decide(work, reading, seen, terms, sure=sure)


async def approve_unseen(work: Work, reading_id: int) -> Approval:
    """Approve a reading as it stands, for a machine to which no sum is shown; once, however often it is asked.

    A further bill of a month already billed brings no second fixed charge (billing rule 8).
    """
    reading, terms = await _locked(work, reading_id), NO_TERMS
    if reading.state is not ReadingState.PENDING:
        return Decided(reading)
    seen = await _preview(work, reading)
    if seen.draft.obstacle is Obstacle.MONTH_BILLED:
        terms = Terms(with_fixed_charge=False)
        seen = await _preview(work, reading, terms)
    refusal = _refusal(seen, reading.version, seen.draft.total)
    return refusal or await _decide(work, reading, seen, terms, sure=False)


async def _decide(work: Work, reading: Reading, seen: AnyPreview, terms: Terms, *, sure: bool) -> Approval:
    if seen.draft.obstacle is Obstacle.NO_BASELINE:
        return await _accept(work, reading)
    if not sure and await is_doubtful(work, seen.draft.reading):
        return Doubtful(seen)
    await readings.set_state(work.conn, reading.id, ReadingState.APPROVED, by=work.actor.person_id, at=work.now)
    await readings.keep_terms(work.conn, reading.id, terms.as_json())
    await learn_digits(work, reading)
    outcome = await _approved(work, seen)
    await pending.queue_changed(work, arrived=False)
    return outcome


async def is_doubtful(work: Work, reading: Reading) -> bool:
    """No meter shows that in a month, whoever confirmed it. What is merely unusual its card says."""
    past = await readings.history(work.conn, reading.meter.id, before=reading.date)
    previous = past[0].value if past else None
    used = billable_units(work.society.reading_mode, reading.value, previous, reading.course)
    return used is not None and is_absurd(used, usual_range(monthly_units(work, past)))


_NO_SUM = frozenset({Obstacle.NO_BASELINE, Obstacle.WAITING_FOR_MOTOR})
"""What does not keep a reading from being approved, though nothing is billed by it now."""


def _refusal(
    seen: AnyPreview, version: int, shown_total: Decimal
) -> OwnReading | Changed | Stopped | MotorStopped | None:
    if seen.own:
        return OwnReading(seen.draft) if isinstance(seen, Preview) else MotorStopped(seen)
    if seen.draft.reading.version != version:
        return Changed(seen)
    if seen.draft.obstacle in _NO_SUM:
        return None
    if seen.draft.obstacle:
        return Stopped(seen.draft) if isinstance(seen, Preview) else MotorStopped(seen)
    return Changed(seen) if seen.draft.total != shown_total else None


async def _approved(work: Work, seen: AnyPreview) -> Approved | MotorApproved | Waits:
    """The bill of a reading just approved, and those that waited for it."""
    if seen.draft.obstacle is Obstacle.WAITING_FOR_MOTOR:
        await record_approved(work, seen.draft.reading)
        return Waits(seen.draft)
    group = seen.draft.group
    if isinstance(seen, MotorPreview):
        await record_approved(work, seen.draft.reading)
        together = await issue_group(work, group) if group else []
        await tell_issued(work, seen.draft.reading.id, together)
        return MotorApproved(seen.draft.reading, tuple(together))
    (agreed,) = await settle(work, [seen.draft])
    issued = await issue_drafted(work, agreed)
    if isinstance(issued, NotIssued):
        raise TypeError(issued.draft.obstacle)
    ends = agreed.group if group and agreed.group and not group.closed else None
    others = await issue_group(work, ends, agreed.reading.id) if ends else []
    await tell_issued(work, agreed.reading.id, others)
    return Approved(issued, tuple(others))


async def record_approved(work: Work, reading: Reading) -> None:
    """Write down an approval that no bill tells of."""
    await record_reading(work, "reading.approved", reading, await readings.get(work.conn, reading.id))


async def reopen(work: Work, reading_id: int, version: int) -> Reopened | Decided | Changed:
    """Take back the approval of a reading that waits for its motor group."""
    reading = await _locked(work, reading_id)
    if reading.state is not ReadingState.APPROVED:
        return Decided(reading)
    if reading.version != version:
        return Changed(await _preview(work, reading))
    await readings.set_state(work.conn, reading_id, ReadingState.PENDING)
    after = await readings.get(work.conn, reading_id)
    await record_reading(work, "reading.reopened", reading, after)
    await pending.queue_changed(work, arrived=False)
    return Reopened(await _preview(work, after))


async def correct(
    work: Work, reading_id: int, version: int, value: Decimal, share: Decimal | None = None
) -> Correction:
    """Replace the value by what the meter really shows; `share` (units) replaces the motor share where given."""
    reading = await _locked(work, reading_id)
    if reading.state is not ReadingState.PENDING:
        return Decided(reading)
    if reading.version != version:
        return Changed(await _preview(work, reading))
    odd = await misfit(work, reading, reading.date, value)
    if odd is not None:
        return odd
    await readings.change(work.conn, reading_id, await _measured(work, reading, value, share))
    after = await readings.get(work.conn, reading_id)
    await record_reading(work, "reading.corrected", reading, after)
    await reconsider(work, after.meter.id)
    await _tell_engineer(work, "reading_corrected", after, before=reading.value)
    await pending.queue_changed(work, arrived=False)
    return Corrected(await _preview(work, after), reading.value)


async def send_back(work: Work, reading_id: int, version: int, reason: str) -> SentBack | Decided | Changed:
    """Ask the engineer to read again; `reason` is a code of the buttons or what the admin typed."""
    reading = await _locked(work, reading_id)
    if reading.state is not ReadingState.PENDING:
        return Decided(reading)
    if reading.version != version:
        return Changed(await _preview(work, reading))
    await readings.set_state(
        work.conn, reading_id, ReadingState.RETURNED, by=work.actor.person_id, at=work.now, reason=reason
    )
    after = await readings.get(work.conn, reading_id)
    await record_reading(work, "reading.returned", reading, after)
    await reconsider(work, after.meter.id)
    await _tell_engineer(work, "reading_returned", after, reason=reason)
    await pending.queue_changed(work, arrived=False)
    return SentBack(after)


async def _accept(work: Work, reading: Reading) -> Accepted:
    await readings.set_state(work.conn, reading.id, ReadingState.HISTORY, by=work.actor.person_id, at=work.now)
    after = await readings.get(work.conn, reading.id)
    await record_reading(work, "reading.accepted", reading, after)
    for group in await _complete_without(work, reading):
        await issue_group(work, group)
    await pending.queue_changed(work, arrived=False)
    return Accepted(after)


async def _complete_without(work: Work, reading: Reading) -> list[Group]:
    """Groups that lack nothing now that this flat has nothing to bill."""
    mates = await motor_groups.readings_beside(work.conn, reading.id)
    return await complete_groups(work, mates)


async def _locked(work: Work, reading_id: int) -> Reading:
    await hold_flats_of(work, [reading_id])
    return await readings.get(work.conn, reading_id, for_update=True)


async def _preview(work: Work, found: Reading, terms: Terms = NO_TERMS) -> AnyPreview:
    (reading,) = await judged(work, [found])
    if reading.meter.measures is not None:
        return MotorPreview(await _motor(work, reading), pending.is_own(work, reading))
    return await _bill(work, reading, terms)


async def _motor(work: Work, reading: Reading) -> MotorDraft:
    """With the bills that come with it, where its group waits for nothing else."""
    (found,) = await motor_drafts(work, [reading])
    return replace(found, bills=await group_bills(work, found.group)) if found.group and not found.obstacle else found


async def _bill(work: Work, reading: Reading, terms: Terms) -> Preview:
    return Preview(await draft(work, reading, terms), pending.is_own(work, reading))


async def _measured(work: Work, reading: Reading, value: Decimal, share: Decimal | None) -> Measurement:
    """The corrected measurement. An admin has looked at it, so that it counts as confirmed; its flags are told anew."""
    past = await readings.history(work.conn, reading.meter.id, before=reading.date)
    units = [one.used if work.society.reading_mode == "register" else one.value for one in reversed(past)]
    months = [month for month in units if month is not None]
    shown_last = reading.shown_last
    still = reading.course.rolled_over if shown_last is not None and value < shown_last else NO_UNITS
    course = replace(reading.course, rolled_over=still)
    found = flags(work.society.reading_mode, value, past[0].value if past else None, months, course)
    kept_share = reading.motor_share if share is None else share
    return Measurement(value, kept_share, reading.date, found, confirmed=True, rolled_over=still or None)


async def _tell_engineer(work: Work, kind: str, reading: Reading, **payload: object) -> None:
    if reading.submitted_by is not None and reading.submitted_by != work.actor.person_id:
        await notify.enqueue(
            work,
            kind,
            "reading",
            reading.id,
            person_id=reading.submitted_by,
            sequence=reading.version,
            payload={**payload, "by": work.actor.name},
            card=f"{kind}:{reading.id}:{reading.version}",
            by_right=True,
        )

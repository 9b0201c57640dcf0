"""One reading, one decision: approve it (which issues its bill), correct it, or send it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.metering import flags
from jobs import notify, pending
from jobs.draft_bill import NO_TERMS, Draft, Obstacle, Terms, draft
from jobs.issue_bill import Issued, NotIssued, hold_flats_of, issue_drafted
from jobs.trail import record_reading
from storage import readings
from storage.readings import Measurement, ReadingState

if TYPE_CHECKING:
    from decimal import Decimal

    from jobs.work import Work
    from storage.readings import Reading


@dataclass(frozen=True, slots=True)
class Preview:
    """The whole sum before it is approved. `own`: the actor sent this reading and may not approve it."""

    draft: Draft
    own: bool


@dataclass(frozen=True, slots=True)
class Approved:
    """Approved and billed."""

    issued: Issued


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

    preview: Preview


@dataclass(frozen=True, slots=True)
class OwnReading:
    """Nobody approves a reading they sent themselves; another admin has to."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Stopped:
    """The bill cannot be issued as things are: `draft.obstacle` says why."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Corrected:
    """The value was changed; the reading still waits, with its new sum."""

    preview: Preview
    before: Decimal


@dataclass(frozen=True, slots=True)
class SentBack:
    """The engineer is asked to read again."""

    reading: Reading


Approval = Approved | Accepted | Decided | Changed | OwnReading | Stopped


async def preview(work: Work, reading_id: int, terms: Terms = NO_TERMS) -> Preview:
    """What approving would do now; also shown for readings already decided. Changes nothing."""
    return await _preview(work, await readings.get(work.conn, reading_id), terms)


async def approve(work: Work, reading_id: int, version: int, shown_total: Decimal, terms: Terms = NO_TERMS) -> Approval:
    """Approve what was shown (version and total in rupees) and issue its bill; once, whoever presses and how often."""
    reading = await _locked(work, reading_id)
    if reading.state is not ReadingState.PENDING:
        return Decided(reading)
    seen = await _preview(work, reading, terms)
    if seen.own:
        return OwnReading(seen.draft)
    if reading.version != version:
        return Changed(seen)
    if seen.draft.obstacle is Obstacle.NO_BASELINE:
        return await _accept(work, reading)
    if seen.draft.obstacle:
        return Stopped(seen.draft)
    if seen.draft.total != shown_total:
        return Changed(seen)
    await readings.set_state(work.conn, reading_id, ReadingState.APPROVED, by=work.actor.person_id, at=work.now)
    issued = await issue_drafted(work, seen.draft)
    if isinstance(issued, NotIssued):
        raise TypeError(issued.draft.obstacle)
    await pending.queue_changed(work, arrived=False)
    return Approved(issued)


async def correct(
    work: Work, reading_id: int, version: int, value: Decimal, share: Decimal | None = None
) -> Corrected | Decided | Changed:
    """Replace the value by what the meter really shows; `share` (units) replaces the motor share where given."""
    reading = await _locked(work, reading_id)
    if reading.state is not ReadingState.PENDING:
        return Decided(reading)
    if reading.version != version:
        return Changed(await _preview(work, reading))
    await readings.change(work.conn, reading_id, await _measured(work, reading, value, share))
    after = await readings.get(work.conn, reading_id)
    await record_reading(work, "reading.corrected", reading, after)
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
    await _tell_engineer(work, "reading_returned", after, reason=reason)
    await pending.queue_changed(work, arrived=False)
    return SentBack(after)


async def _accept(work: Work, reading: Reading) -> Accepted:
    await readings.set_state(work.conn, reading.id, ReadingState.HISTORY, by=work.actor.person_id, at=work.now)
    after = await readings.get(work.conn, reading.id)
    await record_reading(work, "reading.accepted", reading, after)
    await pending.queue_changed(work, arrived=False)
    return Accepted(after)


async def _locked(work: Work, reading_id: int) -> Reading:
    await hold_flats_of(work, [reading_id])
    return await readings.get(work.conn, reading_id, for_update=True)


async def _preview(work: Work, reading: Reading, terms: Terms = NO_TERMS) -> Preview:
    bill = await draft(work, reading, terms)
    return Preview(bill, pending.is_own(work, bill))


async def _measured(work: Work, reading: Reading, value: Decimal, share: Decimal | None) -> Measurement:
    """The corrected measurement. An admin has looked at it, so that it counts as confirmed; its flags are told anew."""
    past = await readings.history(work.conn, reading.meter.id, before=reading.date)
    units = [one.consumption if work.society.reading_mode == "register" else one.value for one in reversed(past)]
    previous = past[0].value if past else None
    found = flags(work.society.reading_mode, value, previous, [month for month in units if month is not None])
    return Measurement(value, reading.motor_share if share is None else share, reading.date, found, confirmed=True)


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
        )

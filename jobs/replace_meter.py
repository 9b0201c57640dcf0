"""A meter is replaced by another: asked for at the meter, decided by an admin; nothing changes before.

What both counted is summed in the next bill (register mode); the old meter and its readings stay on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from domain.billing import may_approve
from domain.metering import ReadingMode, full_turn, usual_range
from domain.roles import Role
from jobs import notify, pending
from jobs.second_look import reconsider
from jobs.submit_reading import monthly_units
from jobs.trail import write_down
from storage import flat_changes, flats, meter_replacements, meters, motor_groups, readings
from storage.meter_replacements import Missing, NewReplacement, Replacement, ReplacementState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from jobs.work import Work
    from storage.meters import Meter
    from storage.readings import PastReading

ASKED: Final = "replacement_asked"
DECIDED: Final = "replacement_decided"
"""To the admins, in the place of the request."""
ANSWER: Final = "replacement_answer"
"""To who asked."""


_ONE_DAY: Final = timedelta(days=1)


class Hitch(StrEnum):
    """Why a meter cannot be replaced as it was asked for."""

    OUT_OF_USE = "out_of_use"
    SAME_NUMBER = "same_number"
    TAKEN = "taken"
    LOWER = "lower"
    NOT_BEGUN_ANEW = "not_begun_anew"
    READ_SINCE = "read_since"


@dataclass(frozen=True, slots=True)
class Hindered:
    """Nothing was done. `holder` has the number (TAKEN); `last` is the reading that stands against it.

    `turn` is what the old register counts to, where it may have begun anew since `last` (LOWER).
    """

    hitch: Hitch
    meter: Meter
    number: str
    holder: str = ""
    last: PastReading | None = None
    turn: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The request waits for an admin. `fresh`: it was stored just now; `told`: an admin hears of it."""

    replacement: Replacement
    fresh: bool
    told: bool = True


@dataclass(frozen=True, slots=True)
class OpenBefore:
    """Another request to replace this meter waits already: nothing was stored."""

    replacement: Replacement


@dataclass(frozen=True, slots=True)
class Done:
    """Decided by this press."""

    replacement: Replacement


@dataclass(frozen=True, slots=True)
class DecidedBefore:
    """Somebody else was first."""

    replacement: Replacement


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """Nobody decides on what they asked for themselves; another admin has to."""

    replacement: Replacement


Decision = Done | DecidedBefore | OwnRequest | Hindered


async def last_reading(work: Work, meter_id: int) -> PastReading | None:
    """What the meter showed when it was read last; in register mode the number its last one is counted from."""
    return next(iter(await readings.history(work.conn, meter_id, 1)), None)


async def shown_last(work: Work, meter_id: int) -> Decimal | None:
    """The number that its register showed last: of its last reading, else its opening number; empty where unknown."""
    last = await last_reading(work, meter_id)
    course = await readings.course_before(work.conn, meter_id, work.today + _ONE_DAY)
    return course.shown_last(last.value if last else None)


async def ask(work: Work, wanted: NewReplacement, key: str, *, stood_by: bool = False) -> Asked | OpenBefore | Hindered:
    """Store the request and tell the admins; the same `key` never stores twice.

    `stood_by`: who asks has looked again, and the last number is right though it is lower than the one before.
    """
    await meters.lock_meter(work.conn, wanted.old_meter_id)
    known = await meter_replacements.with_key(work.conn, key)
    if known is not None:
        return Asked(await meter_replacements.get(work.conn, known), fresh=False)
    other = await meter_replacements.open_of(work.conn, wanted.old_meter_id)
    if other is not None:
        return OpenBefore(await meter_replacements.get(work.conn, other))
    hitch = await hindrance(work, wanted)
    if hitch is not None and not (stood_by and hitch.hitch is Hitch.LOWER):
        return hitch
    made = await meter_replacements.insert(work.conn, wanted, key, by=work.actor.person_id, at=work.now)
    after = await meter_replacements.get(work.conn, made)
    await _record(work, "meter.replacement_asked", after)
    await pending.queue_changed(work, arrived=False)
    told = await notify.enqueue_for_role(
        work, Role.ADMIN, ASKED, "replacement", made, payload={"id": made}, card=card_of(made)
    )
    return Asked(after, fresh=True, told=bool(told))


async def hindrance(work: Work, wanted: NewReplacement) -> Hindered | None:
    """What stands against the request as things are now."""
    meter = await meters.get_meter(work.conn, wanted.old_meter_id)
    if not meter.active:
        return Hindered(Hitch.OUT_OF_USE, meter, wanted.number)
    return await bad_number(work, meter, wanted.number) or await _bad_closing(work, meter, wanted)


async def bad_number(work: Work, meter: Meter, number: str) -> Hindered | None:
    """Why the new meter cannot have this number."""
    if number.upper() == meter.number.upper():
        return Hindered(Hitch.SAME_NUMBER, meter, number)
    holder = await flat_changes.flat_of_meter(work.conn, number)
    return Hindered(Hitch.TAKEN, meter, number, holder or number) if holder is not None else None


async def bad_closing(work: Work, meter: Meter, closing: Decimal) -> Hindered | None:
    """Why the old meter cannot have shown this last: lower than before, or (`turn`) perhaps past its end."""
    last = await last_reading(work, meter.id)
    before = await shown_last(work, meter.id)
    if work.society.reading_mode is not ReadingMode.REGISTER or before is None or closing >= before:
        return None
    past = await readings.history(work.conn, meter.id)
    turn = full_turn(closing, before, meter.digits, usual_range(monthly_units(work, past)))
    return Hindered(Hitch.LOWER, meter, "", last=last, turn=turn)


async def _bad_closing(work: Work, meter: Meter, wanted: NewReplacement) -> Hindered | None:
    last = await last_reading(work, meter.id)
    if last is not None and last.date > wanted.on:
        return Hindered(Hitch.READ_SINCE, meter, wanted.number, last=last)
    if wanted.closing is None or wanted.missing is Missing.DEAD:
        return None
    if wanted.rolled_over is None:
        return await bad_closing(work, meter, wanted.closing)
    return await _bad_turn(work, meter, wanted.closing, wanted.rolled_over)


async def _bad_turn(work: Work, meter: Meter, closing: Decimal, turn: Decimal) -> Hindered | None:
    """Why the old register cannot have begun anew, as it was said: the reading before may be another one since."""
    if work.society.reading_mode is not ReadingMode.REGISTER:
        return None
    lower = await bad_closing(work, meter, closing)
    if lower is None:
        return Hindered(Hitch.NOT_BEGUN_ANEW, meter, "", last=await last_reading(work, meter.id))
    return None if lower.turn == turn else lower


async def approve(work: Work, replacement_id: int) -> Decision:
    """Put the new meter in the old one's place; once, whoever presses and how often."""
    seen = await meter_replacements.get(work.conn, replacement_id)
    await flat_changes.hold_meter_numbers(work.conn)
    await _hold_flats(work, seen.old)
    await meters.lock_meter(work.conn, seen.old.id)
    found = await meter_replacements.get(work.conn, replacement_id, for_update=True)
    refusal = _refusal(work, found)
    if refusal is not None:
        return refusal
    hitch = await hindrance(work, found.what)
    if hitch is not None:
        return hitch
    await meter_replacements.carry_out(work.conn, replacement_id, by=work.actor.person_id, at=work.now)
    await reconsider(work, found.old.id)
    return await _decided(work, "meter.replaced", replacement_id)


async def send_back(work: Work, replacement_id: int, reason: str) -> Decision:
    """Have the engineer ask anew; `reason` is a code of the buttons or what the admin typed."""
    found = await meter_replacements.get(work.conn, replacement_id, for_update=True)
    if found.state is not ReplacementState.ASKED:
        return DecidedBefore(found)
    await meter_replacements.send_back(work.conn, replacement_id, reason, by=work.actor.person_id, at=work.now)
    return await _decided(work, "meter.replacement_returned", replacement_id)


def is_own(work: Work, found: Replacement) -> bool:
    """The actor asked for it and may not decide it."""
    person_id = work.actor.person_id
    single = work.society.single_admin
    return person_id is None or not may_approve(person_id, found.asked_by, single_admin=single)


def card_of(replacement_id: int) -> str:
    """Name of the message in which an admin decides."""
    return f"replacement:{replacement_id}"


def _refusal(work: Work, found: Replacement) -> DecidedBefore | OwnRequest | None:
    if found.state is not ReplacementState.ASKED:
        return DecidedBefore(found)
    return OwnRequest(found) if is_own(work, found) else None


async def _hold_flats(work: Work, meter: Meter) -> None:
    """Bills of the flat, or of all that a motor serves, are counted over the replacement."""
    own = [meter.flat_id] if meter.flat_id is not None else []
    motors = await meter_replacements.motors_of(work.conn, meter.id)
    await flats.lock_flats(work.conn, await motor_groups.group_mates(work.conn, own, motors))


async def _decided(work: Work, action: str, replacement_id: int) -> Done:
    after = await meter_replacements.get(work.conn, replacement_id)
    await _record(work, action, after)
    await pending.queue_changed(work, arrived=False)
    payload, card = {"id": replacement_id}, card_of(replacement_id)
    await notify.enqueue_for_role(work, Role.ADMIN, DECIDED, "replacement", replacement_id, payload=payload, card=card)
    if after.asked_by is not None and after.asked_by != work.actor.person_id:
        await notify.enqueue(
            work, ANSWER, "replacement", replacement_id, person_id=after.asked_by, payload=payload, by_right=True
        )
    return Done(after)


async def _record(work: Work, action: str, found: Replacement) -> None:
    await write_down(work, action, "meter", found.old.number, after=_facts(found))


def _facts(found: Replacement) -> Mapping[str, object]:
    what = found.what
    return {
        "place": found.old.place,
        "old": found.old.number,
        "new": what.number,
        "on": what.on,
        "closing": what.closing,
        "closing_missing": what.missing,
        "rolled_over": what.rolled_over,
        "opening": what.opening,
        "photos": [what.closing_photo, what.opening_photo],
        "asked_by": found.asker,
        "reason": found.reason,
    }

"""What a job did, for the audit trail: who, what, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from storage import audit

if TYPE_CHECKING:
    from jobs.work import Work
    from storage.readings import Reading


@dataclass(frozen=True, slots=True)
class Correction:
    """Whose value a reading has, where not its sender's; `value` and `share` (units) are what was there before."""

    by: str
    value: Decimal
    share: Decimal | None


async def correction_of(work: Work, reading: Reading) -> Correction | None:
    """The last correction by an admin, unless the sender sent another value since."""
    for line in await audit.trail(work.conn, "reading", str(reading.id)):
        if line.action == "reading.corrected" and line.before:
            share = line.before["motor_share"]
            return Correction(line.actor, Decimal(line.before["value"]), None if share is None else Decimal(share))
        if line.action == "reading.changed":
            return None
    return None


async def stood_by(work: Work, reading: Reading) -> bool:
    """Whether its sender said that it is right, and nothing of it was changed since."""
    for line in await audit.trail(work.conn, "reading", str(reading.id)):
        if line.action in {"reading.confirmed", "reading.changed", "reading.corrected"}:
            return line.action == "reading.confirmed"
    return False


async def write_down(
    work: Work,
    action: str,
    subject_type: str,
    subject_id: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Write down what the actor did to one thing; `before` is empty for something new."""
    await audit.record(
        work.conn,
        actor_id=work.actor.person_id,
        actor=work.actor.name,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        before=before,
        after=after,
        ref=work.ref,
    )


async def record_reading(work: Work, action: str, before: Reading | None, after: Reading | None) -> None:
    """Write down what the actor did to a reading; one of `before` and `after` is given at least."""
    reading = after or before
    await write_down(
        work,
        action,
        "reading",
        str(reading.id) if reading else "",
        before=_facts(before) if before else None,
        after=_facts(after) if after else None,
    )


def _facts(reading: Reading) -> Mapping[str, object]:
    return {
        "flat": reading.flat_code,
        "meter": reading.meter.number,
        "date": reading.date.isoformat(),
        "value": str(reading.value),
        "motor_share": None if reading.motor_share is None else str(reading.motor_share),
        "state": reading.state.value,
        "flags": [flag.value for flag in reading.flags],
        "confirmed": reading.confirmed,
        "photos": list(reading.photo_ids),
    }

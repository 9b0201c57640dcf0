"""The normal readings in one press: approved at once, billed when the time to undo is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from domain.errors import DomainError
from domain.money import ZERO
from domain.photo_checks import NO_PHOTO
from domain.roles import Permission, Role, allowed
from jobs import internal, notify, office_words
from jobs.check_photos import checks
from jobs.draft_bill import Draft, Obstacle
from jobs.draft_motor import total_of
from jobs.issue_bill import Issued, NotIssued, hold_flats_of, issue, issue_group
from jobs.motor_groups import complete_groups
from jobs.office_notices import tell_office
from jobs.pending import Queue, billed, drafts_of, following, queue, queue_changed
from jobs.second_look import judged
from jobs.trail import write_down
from jobs.work import Actor, Work
from storage import people, readings, review
from storage.readings import ReadingState
from storage.savepoints import DatabaseRefusedError, savepoint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from domain.photo_checks import Check
    from storage.readings import Reading
    from storage.review import Batch

TASK = "issue_batch"


@dataclass(frozen=True, slots=True)
class Started:
    """The readings are approved; their bills are issued at `issue_at` unless somebody undoes it before.

    `bills` of them, `total` rupees, are issued then, flats approved before among them; `waiting` of the readings are
    billed later, with their motor groups.
    """

    batch_id: int
    count: int
    total: Decimal
    issue_at: datetime
    bills: int
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class OfferChanged:
    """Something of what the button showed is different now: nothing was done, `queue` is how it stands."""

    queue: Queue


@dataclass(frozen=True, slots=True)
class BatchUndone:
    """The readings wait for a decision again."""

    count: int


@dataclass(frozen=True, slots=True)
class TooLate:
    """The batch is undone or issued already."""

    batch: Batch


Shown = tuple[int, int]
"""A reading's id and version as a card showed it."""


def shown(offered: Queue) -> list[Shown]:
    """What a button that approves the normal readings binds."""
    return sorted((one.reading.id, one.reading.version) for one in offered.normal)


async def approve_shown(
    work: Work, bound: Sequence[Shown], total: Decimal, chat_id: int | None, card: str | None = None
) -> Started | OfferChanged:
    """Approve exactly what was shown (ids with versions, and their total in rupees); what came later stays pending.

    The total is that of all bills that are issued with it. What comes of it is told in the chat, on that card.
    """
    ids = [reading_id for reading_id, _ in bound]
    await hold_flats_of(work, ids)
    await review.hold_readings(work.conn, ids)
    now = await queue(work)
    chosen = [one for one in now.normal if (one.reading.id, one.reading.version) in set(bound)]
    agreed = await drafts_of(work, [one.reading for one in chosen], set(ids))
    bills = [*billed(agreed), *await following(work, agreed)]
    if not chosen or len(chosen) != len(bound) or total_of(bills) != total:
        return OfferChanged(now)
    issue_at = work.now + timedelta(seconds=work.society.undo_seconds)
    batch_id = await review.add_batch(work.conn, _person(work), issue_at, chat_id)
    for reading_id in ids:
        await readings.set_state(
            work.conn, reading_id, ReadingState.APPROVED, by=work.actor.person_id, at=work.now, batch=batch_id
        )
    await internal.defer(work, TASK, str(batch_id), {"batch": batch_id, "card": card}, issue_at)
    await _record(work, batch_id, "batch.approved", {"readings": ids, "total": total})
    await queue_changed(work, arrived=False)
    waiting = sum(one.obstacle is Obstacle.WAITING_FOR_MOTOR for one in agreed if isinstance(one, Draft))
    return Started(batch_id, len(ids), total, issue_at, len(bills), waiting)


async def undo(work: Work, batch_id: int) -> BatchUndone | TooLate:
    """Put the batch's readings back into the queue, while their bills are not issued."""
    batch = await review.hold_batch(work.conn, batch_id)
    if batch is None:
        raise LookupError(batch_id)
    if batch.state != "waiting":
        return TooLate(batch)
    ids = await _put_back(work, batch_id, "batch.undone")
    return BatchUndone(len(ids))


@internal.internal(TASK)
async def issue_batch(work: Work, data: Mapping[str, Any]) -> None:
    """Issue the bills of a batch that was not undone; a flat that fails goes back to the queue and stops no other.

    The approver's rights count now: without them the readings wait for another admin.
    """
    batch = await review.hold_batch(work.conn, data["batch"])
    if batch is None or batch.state != "waiting":
        return
    if not allowed(await people.roles(work.conn, batch.approved_by), Permission.REVIEW_READINGS):
        await _leave(work, batch, "rights", data.get("card"))
        return
    await hold_flats_of(work, await review.readings_of_batch(work.conn, batch.id))
    ids = await review.hold_readings_of_batch(work.conn, batch.id)
    admin = replace(work, actor=Actor(batch.approved_by, batch.approver))
    await review.close_batch(work.conn, batch.id, "issued")
    doubted = await _leave_out(admin, ids)
    issued, failed, waiting = await _issue_all(admin, [one for one in ids if one not in doubted])
    failed = [*doubted.values(), *failed]
    total = sum((one.bill.total_amount for one in issued), start=ZERO)
    facts = {
        "issued": len(issued),
        "total": total,
        "failed": failed,
        "waiting": waiting,
        "unreached": [one.bill.flat_code for one in issued if not one.messages],
    }
    await _record(admin, batch.id, "batch.issued", facts)
    if issued:
        await tell_office(work, "batch_issued", "batch", batch.id, office_words.batch_issued(len(issued), total))
    if failed:
        await queue_changed(work, arrived=False)
    if batch.chat_id is not None:
        await notify.enqueue(
            work, "batch_issued", "batch", batch.id, chat_id=batch.chat_id, payload=facts, card=data.get("card")
        )


@internal.given_up(TASK)
async def give_up(work: Work, data: Mapping[str, Any]) -> None:
    """Nothing of the batch could be issued: its readings wait for a decision again."""
    batch = await review.hold_batch(work.conn, data["batch"])
    if batch is not None and batch.state == "waiting":
        await _leave(work, batch, "failed", data.get("card"))


async def _leave(work: Work, batch: Batch, why: str, card: str | None) -> None:
    """Issue nothing; the admins are told, and the card that approved it. `why`: failed, or rights (lost meanwhile)."""
    ids = await _put_back(work, batch.id, "batch.not_issued")
    flats = [(await readings.get(work.conn, reading_id)).flat_code for reading_id in ids]
    facts = {"why": why, "by": batch.approver, "flats": flats}
    await notify.enqueue_for_role(work, Role.ADMIN, "batch_not_issued", "batch", batch.id, payload=facts)
    if batch.chat_id is not None:
        await notify.enqueue(
            work,
            "batch_not_issued",
            "batch",
            batch.id,
            chat_id=batch.chat_id,
            sequence=2,
            payload=facts,
            card=card,
        )


async def _put_back(work: Work, batch_id: int, action: str) -> list[int]:
    """The batch's readings wait for a decision again; their ids."""
    ids = await review.hold_readings_of_batch(work.conn, batch_id)
    for reading_id in ids:
        await readings.set_state(work.conn, reading_id, ReadingState.PENDING)
    await review.close_batch(work.conn, batch_id, "undone")
    await _record(work, batch_id, action, {"readings": ids})
    await queue_changed(work, arrived=False)
    return ids


async def _leave_out(work: Work, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Those that ask for a person since they were approved wait for a decision again."""
    chosen = await judged(work, await readings.get_many(work.conn, ids))
    seen = await checks(work, chosen)
    judgements = [(one, _doubt(one, seen.get(one.id, NO_PHOTO))) for one in chosen]
    doubted = {one.id: {"flat": one.flat_code, "why": why} for one, why in judgements if why}
    for reading_id in doubted:
        await readings.set_state(work.conn, reading_id, ReadingState.PENDING)
    return doubted


def _doubt(reading: Reading, photo: Check) -> str:
    """Why it is not one of the normal ones any more: unusual, or what its photo says; empty: it is."""
    if reading.flags:
        return "unusual"
    if photo.is_normal:
        return ""
    return "photo" if photo.held else "photo_waits"


async def _issue_all(work: Work, ids: Sequence[int]) -> tuple[list[Issued], list[dict[str, str]], list[str]]:
    """The bills, also of flats approved before whose groups are complete now; what failed; which flats still wait."""
    issued = [one for group in await complete_groups(work, ids) for one in await issue_group(work, group)]
    done = {one.draft.reading.id for one in issued}
    left = [one for one in await readings.get_many(work.conn, ids) if one.meter.measures is None and one.id not in done]
    outcomes = [await _issue_one(work, one.id) for one in left]
    issued += [one for one in outcomes if isinstance(one, Issued)]
    failed = [one for one in outcomes if isinstance(one, dict)]
    return issued, failed, [one.draft.flat.code for one in outcomes if isinstance(one, NotIssued)]


async def _issue_one(work: Work, reading_id: int) -> Issued | NotIssued | dict[str, str]:
    """The bill, or that it waits for its motor; or which flat failed and why: then it waits for a decision again."""
    try:
        async with savepoint(work.conn):
            outcome = await issue(work, reading_id, bulk=True)
    except (DatabaseRefusedError, DomainError):
        outcome = None
    why = outcome.draft.obstacle if outcome else None
    if isinstance(outcome, Issued) or (outcome is not None and why is Obstacle.WAITING_FOR_MOTOR):
        return outcome
    reading = await readings.get(work.conn, reading_id)
    if why is not Obstacle.BILLED:
        await readings.set_state(work.conn, reading_id, ReadingState.PENDING)
    return {"flat": reading.flat_code, "why": why.value if why else ""}


def _person(work: Work) -> int:
    if work.actor.person_id is None:
        raise ValueError("only a person approves")
    return work.actor.person_id


async def _record(work: Work, batch_id: int, action: str, facts: Mapping[str, Any]) -> None:
    await write_down(work, action, "batch", str(batch_id), after=facts)

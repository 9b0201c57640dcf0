"""Reminders to pay: three days before the due day, on it and three days after; by hand, too. Never beside a payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from domain.money import ZERO
from jobs.notify import delivery_time, enqueue
from jobs.trail import write_down
from storage import flats, payment_attempts, reminders
from storage.reminders import KIND, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from jobs.ports import Notice
    from jobs.work import Work

OFFSETS: Final = (-3, 0, 3)
"""Days after the due day."""
APART: Final = timedelta(hours=24)
_CAUGHT_UP: Final = timedelta(days=3)


class Withheld(StrEnum):
    """Why a flat is not reminded."""

    NOTHING_OWED = "nothing_owed"
    UNDER_WAY = "under_way"
    REMINDED = "reminded"
    PARKED = "parked"
    NO_BILL = "no_bill"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Reminded:
    """Ids of the flats whose owners get a reminder, and of the others with the reason."""

    flats: tuple[int, ...]
    withheld: Mapping[int, Withheld]


async def remind(work: Work, flat_ids: Sequence[int]) -> Reminded:
    """Queue a reminder for each flat that owes something, at most one in 24 hours, within the delivery hours."""
    held = await flats.lock_flats(work.conn, flat_ids)
    under_way = await payment_attempts.under_way(work.conn, held, work.now)
    found = await reminders.standings(work.conn, held)
    withheld = {one.flat_id: why for one in found if (why := _withheld(one, one.flat_id in under_way, work.now))}
    chosen = [one for one in found if one.flat_id not in withheld]
    reached = await reminders.queue(work.conn, chosen, delivery_time(work)) if chosen else set()
    withheld |= {one.flat_id: Withheld.UNREACHABLE for one in chosen if one.flat_id not in reached}
    if reached:
        await _record(work, sorted(reached))
    return Reminded(tuple(sorted(reached)), withheld)


async def remind_due(work: Work, since: date, until: date) -> Reminded:
    """Remind whose day of reminding lies after `since`, up to `until`; days long gone are let go."""
    first = max(since, until - _CAUGHT_UP)
    return await remind(work, await reminders.due(work.conn, first, until, OFFSETS))


async def may_be_said(work: Work, flat_id: int) -> bool:
    """Looked at again at the moment of sending: no payment is under way."""
    under_way = await payment_attempts.under_way(work.conn, [flat_id], work.now)
    return not under_way and not await reminders.is_claimed(work.conn, flat_id)


async def is_night(work: Work) -> bool:
    """Whether owners are not to be written to now."""
    return delivery_time(work) > work.now


async def put_off(work: Work, notice: Notice) -> None:
    """Say it in the morning instead."""
    await enqueue(
        work,
        KIND,
        notice.source_type,
        notice.source_id,
        chat_id=notice.chat_id,
        person_id=notice.person_id,
        sequence=notice.sequence + 1,
        not_before=delivery_time(work),
        bulk=True,
        bill_id=notice.bill_id,
    )


def _withheld(one: Standing, under_way: bool, now: datetime) -> Withheld | None:  # noqa: FBT001 - a fact of the row
    if one.parked:
        return Withheld.PARKED
    if one.owed <= ZERO:
        return Withheld.NOTHING_OWED
    if under_way or one.claimed:
        return Withheld.UNDER_WAY
    if one.reminded_at is not None and one.reminded_at > now - APART:
        return Withheld.REMINDED
    return Withheld.NO_BILL if one.bill_id is None else None


async def _record(work: Work, flat_ids: Sequence[int]) -> None:
    await write_down(work, "payment.reminded", "flats", str(len(flat_ids)), after={"flats": list(flat_ids)})

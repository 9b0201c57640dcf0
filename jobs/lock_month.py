"""Closing a month, and opening it again: one admin asks for what was shown, another confirms (billing rule 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.locks import FIRST_LOCKED, can_lock
from domain.period import whole_month
from domain.roles import Role
from jobs import notify
from jobs.trail import write_down
from storage import flats, lock_requests, locks, month_facts, people
from storage.lock_requests import LockRequest
from storage.month_gaps import month_gaps

if TYPE_CHECKING:
    from decimal import Decimal

    from domain.period import Month
    from jobs.work import Work
    from storage.locks import Fingerprint, Lock
    from storage.month_gaps import MonthGaps
    from storage.people import StaffMember

LOCK, UNLOCK = "lock", "unlock"
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class MonthSheet:
    """A month as it stands: its bills, what it lacks, its lock, what is asked for, and who could confirm it.

    `count` bills stand, `total` rupees in all, as in the month's report; `bills` are all, with those taken back.
    """

    month: Month
    ended: bool
    count: int
    total: Decimal
    bills: Fingerprint
    gaps: MonthGaps
    lock: Lock | None
    request: LockRequest | None
    admins: tuple[StaffMember, ...]

    @property
    def void(self) -> int:
        """How many bills were taken back."""
        return self.bills.count - self.count

    @property
    def may_unlock(self) -> bool:
        """The first locked month stays so for good."""
        return self.lock is not None and self.month != FIRST_LOCKED


@dataclass(frozen=True, slots=True)
class Asked:
    """The request waits for a confirmation."""

    request: LockRequest


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be asked for as things are: `sheet` shows why."""

    sheet: MonthSheet


@dataclass(frozen=True, slots=True)
class Done:
    """The month is locked, or open again."""

    request: LockRequest
    bills: Fingerprint


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """Another admin has to confirm it."""

    request: LockRequest


@dataclass(frozen=True, slots=True)
class Decided:
    """It was confirmed or taken back before."""

    request: LockRequest


@dataclass(frozen=True, slots=True)
class BillsChanged:
    """The month's bills are not those that were shown: nothing was done."""

    sheet: MonthSheet


async def sheet(work: Work, month: Month) -> MonthSheet:
    """What locking the month would close, and what would be left out; changes nothing."""
    count, total = await month_facts.billed(work.conn, whole_month(month))
    return MonthSheet(
        month=month,
        ended=can_lock(month, work.today),
        count=count,
        total=total,
        bills=await locks.fingerprint(work.conn, month),
        gaps=await month_gaps(work.conn, whole_month(month), str(work.society.zone)),
        lock=next((one for one in await locks.live_locks(work.conn) if one.month == month), None),
        request=await lock_requests.waiting(work.conn, month),
        admins=tuple(one for one in await people.staff(work.conn) if one.role is Role.ADMIN),
    )


async def ask(work: Work, month: Month, what: str, reason: str | None = None) -> Asked | Refused:
    """Ask the other admins to confirm; only an ended month can be locked, only a locked one opened, with a reason."""
    seen = await sheet(work, month)
    possible = seen.may_unlock if what == UNLOCK else seen.ended and seen.lock is None
    if not possible or work.actor.person_id is None:
        return Refused(seen)
    request = await lock_requests.add(work.conn, month, what, work.actor.person_id, reason)
    await _record(work, request, f"month.{what}_asked", seen.bills)
    for person_id in await people.people_with_role(work.conn, Role.ADMIN):
        if person_id != work.actor.person_id:
            await notify.enqueue(work, "lock_asked", "lock_request", request.id, person_id=person_id, by_right=True)
    return Asked(request)


async def confirm(work: Work, request_id: int, shown_hash: str) -> Done | OwnRequest | Decided | BillsChanged:
    """Do what was asked for, over the very bills that were shown; by another admin, unless there is a single one."""
    request = await lock_requests.hold(work.conn, request_id)
    if request.state != "waiting":
        return Decided(request)
    if request.requested_by == work.actor.person_id and not work.society.single_admin:
        return OwnRequest(request)
    await flats.lock_all_flats(work.conn)
    bills = await locks.fingerprint(work.conn, request.month)
    if request.what == LOCK and bills.hash != shown_hash:
        return BillsChanged(await sheet(work, request.month))
    change = locks.lock if request.what == LOCK else locks.unlock
    await change(work.conn, request.month, work.actor.person_id)
    return Done(await _decided(work, request, "confirmed", bills), bills)


async def cancel(work: Work, request_id: int) -> LockRequest:
    """Take the request back, or refuse it; one that is decided stays so."""
    request = await lock_requests.hold(work.conn, request_id)
    if request.state != "waiting":
        return request
    return await _decided(work, request, "cancelled", await locks.fingerprint(work.conn, request.month))


async def _decided(work: Work, request: LockRequest, state: str, bills: Fingerprint) -> LockRequest:
    await lock_requests.decide(work.conn, request.id, work.actor.person_id, state)
    await _record(
        work, request, f"month.{request.what}ed" if state == "confirmed" else "month.request_cancelled", bills
    )
    if request.requested_by != work.actor.person_id:
        asked_by = request.requested_by
        await notify.enqueue(work, "lock_decided", "lock_request", request.id, person_id=asked_by, by_right=True)
    return await lock_requests.get(work.conn, request.id)


async def _record(work: Work, request: LockRequest, action: str, bills: Fingerprint) -> None:
    await write_down(
        work,
        action,
        "month",
        str(request.month),
        after={
            "what": request.what,
            "reason": request.reason,
            "asked_by": request.requester,
            "bills": bills.count,
            "total": bills.total,
            "hash": bills.hash,
        },
    )

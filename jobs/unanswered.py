"""Online payments about which no provider gives an answer any more: admins look at its own screen and settle them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from domain.attempts import UNSETTLED, AttemptState
from domain.period import local_date
from domain.roles import Role
from jobs import bill_messages, notify
from jobs.trail import write_down
from storage import flats, payment_attempts, payments

if TYPE_CHECKING:
    from jobs.pay_online import PayDesk
    from jobs.work import Work
    from storage.database import Connection
    from storage.payment_attempts import Attempt
    from storage.payments import Payment

KIND: Final = "payment_unanswered"
"""A notification whose source is an attempt."""
_PATIENCE: Final = timedelta(days=1)
"""For so long after a link's end a provider that we can ask may stay silent."""


@dataclass(frozen=True, slots=True)
class NotPaid:
    """It counts as not paid: owners are reminded and can pay again. What comes after all is posted."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Counted:
    """It was paid, and this payment on the flat's account is it."""

    attempt: Attempt
    payment: Payment


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """No such payment was recorded on the flat since: nothing was done."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Answered:
    """It is decided, by an admin or by its provider: nothing was done."""

    attempt: Attempt


Settlement = NotPaid | Counted | NotRecorded | Answered


async def tell_unanswered(desk: PayDesk) -> int:
    """Show admins, once each, what may have been paid and cannot be looked up; how many messages were queued."""
    return await desk.database.run(partial(_tell, desk))


async def not_paid(work: Work, attempt_id: int) -> NotPaid | Answered:
    """The provider's own screen shows no money."""
    one = await _held(work, attempt_id)
    if one.state not in UNSETTLED:
        return Answered(one)
    await payment_attempts.note(work.conn, one, AttemptState.EXPIRED, work.now)
    return NotPaid(await _settled(work, one, "payment.not_paid"))


async def recorded(work: Work, attempt_id: int) -> Counted | NotRecorded | Answered:
    """The money is there, and somebody recorded it since the link was made: over the same sum, on the same flat."""
    one = await _held(work, attempt_id)
    if one.state not in UNSETTLED:
        return Answered(one)
    day = local_date(one.created_at, work.society.zone)
    found = await payments.recorded_since(work.conn, one.flat_id, one.left, day)
    if found is None:
        return NotRecorded(one)
    await payment_attempts.add_paid(work.conn, one.id, one.left, found.entry_id)
    await payment_attempts.note(work.conn, one, AttemptState.PAID, work.now)
    return Counted(await _settled(work, one, "payment.recorded_by_hand"), found)


def card_of(attempt_id: int) -> str:
    """The message about it in every admin's chat."""
    return f"unanswered:{attempt_id}"


async def _tell(desk: PayDesk, conn: Connection) -> int:
    work = desk.work(conn)
    silent = await payment_attempts.unanswered(conn, list(desk.providers), work.now, work.now - _PATIENCE)
    return sum([await _tell_one(work, one) for one in silent])


async def _tell_one(work: Work, one: Attempt) -> int:
    return await notify.enqueue_for_role(work, Role.ADMIN, KIND, "payment_attempt", one.id, card=card_of(one.id))


async def _held(work: Work, attempt_id: int) -> Attempt:
    """The attempt, while nobody else can move money on its flat."""
    one = await payment_attempts.get(work.conn, attempt_id)
    if one is None:
        raise LookupError(attempt_id)
    await flats.lock_flats(work.conn, [one.flat_id])
    return await payment_attempts.get(work.conn, attempt_id) or one


async def _settled(work: Work, before: Attempt, action: str) -> Attempt:
    """Write it down; the card says so in every admin's chat, and the bill asks for what is owed."""
    one = await payment_attempts.get(work.conn, before.id) or before
    facts = {"attempt": one.id, "provider": one.provider, "amount": before.left, "entry": one.entry_id}
    await write_down(work, action, "flat", one.flat_code, before={"state": before.state.value}, after=facts)
    await notify.enqueue_for_role(work, Role.ADMIN, KIND, "payment_attempt", one.id, sequence=2, card=card_of(one.id))
    await bill_messages.refresh(work, one.flat_id)
    return one

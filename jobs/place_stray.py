"""Money in quarantine: an admin names its flat, or says why it belongs to none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.payments import PaymentMethod, PaymentSource
from domain.period import local_date
from jobs import quarantine
from jobs.quarantine import Source
from jobs.record_payment import AlreadyRecorded, OtherAmount, PaymentSlip, Ready, Recorded, check, record
from jobs.take_back import catch_up
from jobs.trail import write_down
from storage import accounts, flats, provider_payments, stray_payments

if TYPE_CHECKING:
    from decimal import Decimal

    from jobs.work import Work
    from storage.payments import Payment
    from storage.stray_payments import Stray

_NO_MONEY = frozenset({quarantine.WRONG_CURRENCY, quarantine.WRONG_MODE})


@dataclass(frozen=True, slots=True)
class Placed:
    """It is on the flat's account; `left` in rupees, None where it was there before.

    `given_back` is what refunds and disputes that had come before it took of it, in rupees: posted with it.
    """

    payment: Payment
    left: Decimal | None
    given_back: Decimal


@dataclass(frozen=True, slots=True)
class DecidedBefore:
    """It is not in quarantine any more: nothing was done."""

    stray: Stray


@dataclass(frozen=True, slots=True)
class OtherSum:
    """The flat has a payment with this reference and another amount: nothing was done."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class NotPlaceable:
    """There is no such flat, or it is no money for an account."""


def is_placeable(one: Stray) -> bool:
    """Say whether it can be posted at all: rupees that came in, not test money."""
    return one.amount is not None and one.amount > 0 and one.reason not in _NO_MONEY


async def counted_elsewhere(work: Work, one: Stray, flat_code: str) -> tuple[Payment, ...]:
    """Return the payments with its number that are counted for other flats than this one."""
    seen = await check(work, _slip(work, one, flat_code))
    return seen.elsewhere if isinstance(seen, Ready) else ()


async def place(work: Work, stray_id: int, flat_code: str) -> Placed | DecidedBefore | OtherSum | NotPlaceable:
    """Post it to the flat by the one posting function, once."""
    flat = await flats.get_flat(work.conn, flat_code)
    if flat is None:
        return NotPlaceable()
    await flats.lock_flats(work.conn, [flat.id])
    one = await _held(work, stray_id)
    if one.state != "open":
        return DecidedBefore(one)
    if not is_placeable(one):
        return NotPlaceable()
    outcome = await record(work, _slip(work, one, flat_code), str(one.id))
    if isinstance(outcome, OtherAmount):
        return OtherSum(outcome.payment)
    if not isinstance(outcome, Recorded | AlreadyRecorded):
        return NotPlaceable()
    entry_id = outcome.payment.entry_id
    await stray_payments.decide(work.conn, one.id, "posted", by=work.actor.person_id, at=work.now, entry_id=entry_id)
    await _write_down(work, "stray.posted", one, {"flat": flat_code, "entry": entry_id})
    given_back = await _attributed(work, one, entry_id)
    left = await accounts.balance(work.conn, flat.id) if isinstance(outcome, Recorded) else None
    return Placed(outcome.payment, left, given_back)


async def dismiss(work: Work, stray_id: int, reason: str) -> bool:
    """It belongs to no account, for this reason; false where it was decided before."""
    one = await _held(work, stray_id)
    by = work.actor.person_id
    if not await stray_payments.decide(work.conn, one.id, "dismissed", by=by, at=work.now):
        return False
    await _write_down(work, "stray.dismissed", one, {"reason": reason})
    return True


async def _held(work: Work, stray_id: int) -> Stray:
    """The row, while neither a hook nor another admin decides about its payment."""
    one = await stray_payments.get(work.conn, stray_id)
    if one is None:
        raise LookupError(stray_id)
    await stray_payments.hold(work.conn, one.provider, one.reference or one.event_key)
    return await stray_payments.get(work.conn, stray_id) or one


async def _attributed(work: Work, one: Stray, entry_id: int) -> Decimal:
    """From now on the provider's refunds find it; those that waited for it are posted; the rupees they took."""
    payment = one.reference or one.event_key
    await provider_payments.note(work.conn, one.provider, payment, entry_id)
    return await catch_up(work, Source(PaymentSource(one.provider)), payment)


def _slip(work: Work, one: Stray, flat_code: str) -> PaymentSlip:
    if one.amount is None:
        raise LookupError(one.id)
    method = PaymentMethod(one.facts.get("method") or PaymentMethod.CARD)
    reference = one.facts.get("number") or one.reference
    day = min(local_date(one.received_at, work.society.zone), work.today)
    names = tuple(filter(None, (one.reference, one.facts.get("number"))))
    return PaymentSlip(flat_code, one.amount, method, reference, PaymentSource.STRAY, day, names)


async def _write_down(work: Work, action: str, one: Stray, after: dict[str, object]) -> None:
    facts = {"provider": one.provider, "reference": one.reference, "amount": one.amount, **after}
    await write_down(work, action, "stray_payment", str(one.id), after=facts)

"""An owner says "I have paid" and sends the UTR; an admin finds it at the bank, or does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from domain.payments import PaymentSource
from domain.period import local_date
from domain.roles import Role
from domain.utr import method_of, parse_utr
from jobs import bill_messages, notify
from jobs.record_payment import (
    AlreadyRecorded,
    BalanceChanged,
    NotUndone,
    OtherAmount,
    PaymentSlip,
    Recorded,
    UnknownFlat,
    record,
    replace,
)
from storage import audit, flats, owners, payment_claims, payments
from storage.payment_claims import Claim, ClaimState, NewClaim

if TYPE_CHECKING:
    from decimal import Decimal

    from domain.corrections import CorrectionError
    from jobs.work import Work
    from storage.payments import Payment

MOST_WAITING = 5
"""So many claims of one flat may wait at once."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The claim waits for an admin; `new` is false where the same one waited already."""

    claim: Claim
    new: bool


@dataclass(frozen=True, slots=True)
class AlreadyCounted:
    """The payment with this UTR is on the flat's account: nothing was claimed."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class TooManyWait:
    """The flat has as many claims waiting as there may be."""


@dataclass(frozen=True, slots=True)
class NotTheirs:
    """The person does not own this flat (any more)."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The claim is a payment now; `left` in rupees is what is owed afterwards."""

    claim: Claim
    left: Decimal
    messages: int


@dataclass(frozen=True, slots=True)
class Settled:
    """The claim was answered, now or before: nothing was posted by this press."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class OtherSum:
    """The UTR is on the flat's account with another amount: an admin has to say which is right."""

    claim: Claim
    payment: Payment


@dataclass(frozen=True, slots=True)
class NotReplaced:
    """The recorded payment cannot be taken back as a slip of ours."""

    claim: Claim
    error: CorrectionError


Decision = Confirmed | Settled | OtherSum | NotReplaced


async def claim(
    work: Work, flat_code: str, amount: Decimal, utr: str, chat_id: int
) -> Claimed | AlreadyCounted | TooManyWait | NotTheirs:
    """Note what the acting owner says, once for a UTR on a flat, and show it to the admins. Raises UtrError."""
    key, person_id = parse_utr(utr), work.actor.person_id
    flat = await flats.get_flat(work.conn, flat_code)
    if flat is None or person_id is None or flat_code not in await owners.flat_codes(work.conn, person_id):
        return NotTheirs()
    await flats.lock_flats(work.conn, [flat.id])
    known = await _on_account(work, flat.id, key)
    if known is not None:
        return AlreadyCounted(known)
    waiting = await payment_claims.waiting(work.conn, [flat.id])
    same = next((one for one in waiting if one.key == key), None)
    if same is not None:
        return Claimed(same, new=False)
    if len(waiting) >= MOST_WAITING:
        return TooManyWait()
    new = NewClaim(flat.id, person_id, chat_id, amount, utr, key, work.now)
    return Claimed(await _added(work, new), new=True)


async def confirm(work: Work, claim_id: int) -> Decision:
    """The money is there: post it, or leave it where it is posted already, and give the owners their receipt."""
    found = await _held(work, claim_id)
    if found.state is not ClaimState.WAITING:
        return Settled(found)
    known = await _on_account(work, found.flat_id, found.key)
    if known is not None and known.amount != found.amount:
        return OtherSum(found, known)
    if known is not None:
        return await _settle(work, found, ClaimState.CONFIRMED, known.entry_id)
    return await _outcome(work, found, await record(work, slip_of(work, found), str(found.id)))


async def correct(work: Work, claim_id: int) -> Decision:
    """The claim's amount is the right one: the payment recorded with another is taken back and posted anew."""
    found = await _held(work, claim_id)
    if found.state is not ClaimState.WAITING:
        return Settled(found)
    known = await _on_account(work, found.flat_id, found.key)
    if known is None or known.amount == found.amount:
        return await confirm(work, claim_id)
    return await _outcome(work, found, await replace(work, known.entry_id, slip_of(work, found), str(found.id)))


async def keep(work: Work, claim_id: int) -> Decision:
    """The amount on the account is the right one: the claim is settled by it."""
    found = await _held(work, claim_id)
    known = await _on_account(work, found.flat_id, found.key)
    if found.state is not ClaimState.WAITING or known is None:
        return Settled(found)
    return await _settle(work, found, ClaimState.CONFIRMED, known.entry_id)


async def refuse(work: Work, claim_id: int) -> Settled:
    """The bank shows no such payment: the owner is told what to do."""
    found = await _held(work, claim_id)
    if found.state is not ClaimState.WAITING:
        return Settled(found)
    await notify.enqueue(
        work,
        "claim_refused",
        "payment_claim",
        found.id,
        person_id=found.person_id,
        not_before=notify.delivery_time(work),
    )
    return await _settle(work, found, ClaimState.REFUSED, None)


def slip_of(work: Work, one: Claim) -> PaymentSlip:
    """The payment that the claim says was made."""
    day = min(local_date(one.claimed_at, work.society.zone), work.today)
    return PaymentSlip(one.flat_code, one.amount, method_of(one.key), one.reference, PaymentSource.CLAIM, day)


def card_of(claim_id: int) -> str:
    """The message of a claim in every admin's chat."""
    return f"claim:{claim_id}"


async def _added(work: Work, new: NewClaim) -> Claim:
    claim_id = await payment_claims.add(work.conn, new)
    added = await payment_claims.get(work.conn, claim_id) if claim_id else None
    if added is None:
        raise LookupError(new.key)
    await _audit(work, "payment.claimed", added)
    await notify.enqueue_for_role(
        work, Role.ADMIN, "payment_claimed", "payment_claim", added.id, card=card_of(added.id)
    )
    return added


async def _on_account(work: Work, flat_id: int, key: str) -> Payment | None:
    """The live payment with this number on the flat, by whatever route and method it came."""
    found = [one for _, one in await payments.with_keys(work.conn, [key]) if one.flat_id == flat_id]
    return found[0] if found else None


async def _held(work: Work, claim_id: int) -> Claim:
    """The claim as it is once nobody else can move money on its flat."""
    found = await payment_claims.get(work.conn, claim_id)
    if found is None:
        raise LookupError(claim_id)
    await flats.lock_flats(work.conn, [found.flat_id])
    return await payment_claims.get(work.conn, claim_id) or found


async def _outcome(
    work: Work,
    found: Claim,
    outcome: Recorded | AlreadyRecorded | OtherAmount | NotUndone | BalanceChanged | UnknownFlat,
) -> Decision:
    match outcome:
        case Recorded():
            settled = await _settle(work, found, ClaimState.CONFIRMED, outcome.payment.entry_id)
            return Confirmed(settled.claim, outcome.left, outcome.messages)
        case AlreadyRecorded():
            return await _settle(work, found, ClaimState.CONFIRMED, outcome.payment.entry_id)
        case OtherAmount():
            return OtherSum(found, outcome.payment)
        case NotUndone():
            return NotReplaced(found, outcome.error)
        case BalanceChanged() | UnknownFlat():
            raise LookupError(found.flat_code)  # no balance was bound, and flats are never deleted
        case _:
            assert_never(outcome)


async def _settle(work: Work, found: Claim, state: ClaimState, entry_id: int | None) -> Settled:
    """Answer it; the card says so in every admin's chat, and the bill asks for what is owed then."""
    by = work.actor.person_id
    await payment_claims.decide(work.conn, found.id, state, by=by, at=work.now, entry_id=entry_id)
    decided = await payment_claims.get(work.conn, found.id) or found
    await _audit(work, f"payment.claim_{state.value}", decided)
    await notify.enqueue_for_role(
        work, Role.ADMIN, "payment_claimed", "payment_claim", found.id, sequence=2, card=card_of(found.id)
    )
    await bill_messages.refresh(work, found.flat_id)
    return Settled(decided)


async def _audit(work: Work, action: str, one: Claim) -> None:
    await audit.record(
        work.conn,
        actor_id=work.actor.person_id,
        actor=work.actor.name,
        action=action,
        subject_type="flat",
        subject_id=one.flat_code,
        after={"claim": one.id, "amount": one.amount, "reference": one.reference, "entry": one.entry_id},
        ref=work.ref,
    )

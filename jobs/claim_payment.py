"""An owner says "I have paid" and sends the UTR; an admin finds it at the bank, or does not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from domain.payments import PaymentSource
from domain.period import local_date
from domain.roles import Role
from domain.utr import method_of, parse_utr
from jobs import bill_messages, notify
from jobs.record_payment import (
    AlreadyRecorded,
    BooksChanged,
    NotUndone,
    OtherAmount,
    PaymentSlip,
    Recorded,
    UnknownFlat,
    record,
    replace,
)
from jobs.trail import write_down
from storage import accounts, flats, owners, payment_claims, payments
from storage.payment_claims import Claim, ClaimState, NewClaim

if TYPE_CHECKING:
    from datetime import date

    from domain.corrections import CorrectionError
    from jobs.work import Work
    from storage.payments import Payment

LEAST = Decimal(1)
"""Rupees of the smallest claim."""
MOST_WAITING = 5
"""So many claims of one flat may wait at once."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The claim waits for an admin; `new` is false where the same one waited already.

    `again`: it was refused before, so until it is found the bill asks for all and owners are reminded.
    """

    claim: Claim
    new: bool
    again: bool = False


@dataclass(frozen=True, slots=True)
class TooLittle:
    """Less than any bill: nothing was claimed."""


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


@dataclass(frozen=True, slots=True)
class Changed:
    """What the card showed is not so any more: nothing was done."""

    claim: Claim


Decision = Confirmed | Settled | OtherSum | NotReplaced | Changed


@dataclass(frozen=True, slots=True)
class Sight:
    """What an admin decides by: rupees owed on the flat (negative is credit), and where else the number appears."""

    claim: Claim
    owed: Decimal
    counted: tuple[Payment, ...]
    others: tuple[Claim, ...]

    @property
    def seal(self) -> str:
        """Names exactly what is shown."""
        counted, others = (one.entry_id for one in self.counted), (one.id for one in self.others)
        return f"{self.owed:.2f} {' '.join(map(str, counted))}/{' '.join(map(str, others))}"


async def claim(
    work: Work, flat_code: str, amount: Decimal, utr: str, chat_id: int
) -> Claimed | AlreadyCounted | TooLittle | TooManyWait | NotTheirs:
    """Note what the acting owner says, once for a UTR on a flat; admins see it, its bill says so. Raises UtrError."""
    key, person_id = parse_utr(utr), work.actor.person_id
    flat = await flats.get_flat(work.conn, flat_code)
    if flat is None or person_id is None or flat_code not in await owners.flat_codes(work.conn, person_id):
        return NotTheirs()
    await flats.lock_flats(work.conn, [flat.id])
    known = await payments.on_account(work.conn, flat.id, [key])
    if known is not None:
        return AlreadyCounted(known)
    waiting = await payment_claims.waiting(work.conn, [flat.id])
    same = next((one for one in waiting if one.key == key), None)
    if same is not None:
        return Claimed(same, new=False)
    if len(waiting) >= MOST_WAITING:
        return TooManyWait()
    if amount < LEAST:
        return TooLittle()
    new = NewClaim(flat.id, person_id, chat_id, amount, utr, key, work.now)
    again = await payment_claims.was_refused(work.conn, flat.id, key)
    return Claimed(await _added(work, new), new=True, again=again)


async def sight(work: Work, one: Claim) -> Sight:
    """Return what there is to know about a claim that waits."""
    counted = await payments.counted(work.conn, [one.key])
    others = await payment_claims.elsewhere(work.conn, one)
    return Sight(one, await accounts.balance(work.conn, one.flat_id), tuple(counted), tuple(others))


async def confirm(work: Work, claim_id: int, seal: str | None = None, *, paid_on: date | None = None) -> Decision:
    """The money is there: post it, or leave it where it is posted already, and give the owners their receipt.

    Like each answer below, with the `seal` of what was shown only while that is still so. `paid_on` is the bank's day.
    """
    found = await _held(work, claim_id, seal)
    if not isinstance(found, Claim):
        return found
    known = await payments.on_account(work.conn, found.flat_id, [found.key])
    if known is not None and known.amount != found.amount:
        return OtherSum(found, known)
    if known is not None:
        return await _settle(work, found, ClaimState.CONFIRMED, known.entry_id)
    return await _outcome(work, found, await record(work, slip_of(work, found, paid_on), str(found.id)))


async def correct(work: Work, claim_id: int, seal: str | None = None) -> Decision:
    """The claim's amount is the right one: the payment recorded with another is taken back and posted anew."""
    found = await _held(work, claim_id, seal)
    if not isinstance(found, Claim):
        return found
    known = await payments.on_account(work.conn, found.flat_id, [found.key])
    if known is None or known.amount == found.amount:
        return await confirm(work, claim_id)
    return await _outcome(work, found, await replace(work, known.entry_id, slip_of(work, found), str(found.id)))


async def keep(work: Work, claim_id: int, seal: str | None = None) -> Decision:
    """The amount on the account is the right one: the claim is settled by it."""
    found = await _held(work, claim_id, seal)
    if not isinstance(found, Claim):
        return found
    known = await payments.on_account(work.conn, found.flat_id, [found.key])
    return await _settle(work, found, ClaimState.CONFIRMED, known.entry_id) if known else Changed(found)


async def refuse(work: Work, claim_id: int, seal: str | None = None) -> Decision:
    """The bank shows no such payment: the owner is told what to do."""
    found = await _held(work, claim_id, seal)
    if not isinstance(found, Claim):
        return found
    await notify.enqueue(
        work,
        "claim_refused",
        "payment_claim",
        found.id,
        person_id=found.person_id,
        not_before=notify.delivery_time(work),
    )
    return await _settle(work, found, ClaimState.REFUSED, None)


def slip_of(work: Work, one: Claim, paid_on: date | None = None) -> PaymentSlip:
    """The payment that the claim says was made: on the day of the claim where no better one is known."""
    day = paid_on or min(local_date(one.claimed_at, work.society.zone), work.today)
    return PaymentSlip(one.flat_code, one.amount, method_of(one.key), one.reference, PaymentSource.CLAIM, day)


def card_of(claim_id: int) -> str:
    """The message of a claim in every admin's chat."""
    return f"claim:{claim_id}"


async def _added(work: Work, new: NewClaim) -> Claim:
    claim_id = await payment_claims.add(work.conn, new)
    added = await payment_claims.get(work.conn, claim_id) if claim_id else None
    if added is None:
        raise LookupError(new.key)
    await _write_down(work, "payment.claimed", added)
    await bill_messages.refresh(work, added.flat_id)
    await notify.enqueue_for_role(
        work, Role.ADMIN, "payment_claimed", "payment_claim", added.id, card=card_of(added.id)
    )
    return added


async def _held(work: Work, claim_id: int, seal: str | None) -> Claim | Settled | Changed:
    """The claim once nobody else can move money on its flat or count its number; else why it is not decided now."""
    found = await payment_claims.get(work.conn, claim_id)
    if found is None:
        raise LookupError(claim_id)
    await flats.lock_flats(work.conn, [found.flat_id])
    await payments.hold_references(work.conn, [found.key])
    found = await payment_claims.get(work.conn, claim_id) or found
    if found.state is not ClaimState.WAITING:
        return Settled(found)
    return Changed(found) if seal is not None and (await sight(work, found)).seal != seal else found


async def _outcome(
    work: Work,
    found: Claim,
    outcome: Recorded | AlreadyRecorded | OtherAmount | NotUndone | BooksChanged | UnknownFlat,
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
        case BooksChanged() | UnknownFlat():
            raise LookupError(found.flat_code)  # nothing shown was bound, and flats are never deleted
        case _:
            assert_never(outcome)


async def _settle(work: Work, found: Claim, state: ClaimState, entry_id: int | None) -> Settled:
    """Answer it; the card says so in every admin's chat, and the bill asks for what is owed then."""
    by = work.actor.person_id
    await payment_claims.decide(work.conn, found.id, state, by=by, at=work.now, entry_id=entry_id)
    decided = await payment_claims.get(work.conn, found.id) or found
    await _write_down(work, f"payment.claim_{state.value}", decided)
    await notify.enqueue_for_role(
        work, Role.ADMIN, "payment_claimed", "payment_claim", found.id, sequence=2, card=card_of(found.id)
    )
    await bill_messages.refresh(work, found.flat_id)
    return Settled(decided)


async def _write_down(work: Work, action: str, one: Claim) -> None:
    facts = {"claim": one.id, "amount": one.amount, "reference": one.reference, "entry": one.entry_id}
    await write_down(work, action, "flat", one.flat_code, after=facts)

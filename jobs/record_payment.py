"""Money that came in, recorded by an admin or the command line; and a recorded payment taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.account import EntryKind
from domain.payments import PaymentMethod, PaymentSource, alike, normalise_reference
from jobs import bill_messages, notify, office_words, statuses
from jobs.correct_account import Posted, Refused, reverse
from jobs.office_notices import tell_office
from jobs.trail import write_down
from storage import accounts, flats, payments, people
from storage.accounts import NewEntry
from storage.payments import Payment

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from domain.corrections import CorrectionError
    from jobs.work import Work
    from storage.flats import Flat


@dataclass(frozen=True, slots=True)
class PaymentSlip:
    """What somebody says was paid: `amount` in rupees, more than zero; `reference` as typed, none for cash in hand.

    `source` is the route by which we know of it, `paid_on` the day it was paid where that is not today; `names` are all
    names and numbers by which a provider knows it.
    """

    flat_code: str
    amount: Decimal
    method: PaymentMethod
    reference: str | None = None
    source: PaymentSource = PaymentSource.OFFICE
    paid_on: date | None = None
    names: tuple[str, ...] = ()

    @property
    def key(self) -> str | None:
        """The reference in the form in which it is compared; raises PaymentReferenceError."""
        return normalise_reference(self.method, self.reference) if self.reference else None

    @property
    def keys(self) -> list[str]:
        """The provider's names in that form."""
        return [normalise_reference(self.method, name) for name in self.names]


@dataclass(frozen=True, slots=True)
class Ready:
    """Not recorded yet: what recording would do. `owed` and `left` in rupees; negative is credit."""

    flat: Flat
    slip: PaymentSlip
    owed: Decimal
    elsewhere: tuple[Payment, ...] = ()
    """Payments with this reference that are counted for other flats."""

    @property
    def left(self) -> Decimal:
        """What is owed afterwards."""
        return self.owed - self.slip.amount

    @property
    def seal(self) -> str:
        """Names what an admin decides by."""
        return " ".join([f"{self.owed:.2f}", *(str(one.entry_id) for one in self.elsewhere)])


@dataclass(frozen=True, slots=True)
class Recorded:
    """Posted. `messages` is how many chats the receipt was queued for."""

    payment: Payment
    left: Decimal
    messages: int


@dataclass(frozen=True, slots=True)
class AlreadyRecorded:
    """The same payment is there: nothing was done."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class OtherAmount:
    """A payment with this method and reference is there with another amount: an admin has to say which is right."""

    payment: Payment
    slip: PaymentSlip


@dataclass(frozen=True, slots=True)
class BooksChanged:
    """What is owed, or where the reference is counted, is not what the button showed: nothing was done."""

    ready: Ready


@dataclass(frozen=True, slots=True)
class UnknownFlat:
    """The society has no such flat."""

    code: str


@dataclass(frozen=True, slots=True)
class Undone:
    """A reversal was posted; `left` is what is owed now, in rupees."""

    payment: Payment
    left: Decimal


@dataclass(frozen=True, slots=True)
class NotUndone:
    """The payment cannot be taken back as a slip of ours; `error` says why."""

    payment: Payment
    error: CorrectionError


async def check(work: Work, slip: PaymentSlip) -> Ready | AlreadyRecorded | OtherAmount | UnknownFlat:
    """What recording the slip would do. Raises PaymentReferenceError."""
    flat = await flats.get_flat(work.conn, slip.flat_code)
    if flat is None:
        return UnknownFlat(slip.flat_code)
    known = await _known(work, flat, slip)
    return known or await _ready(work, flat, slip)


async def record(
    work: Work, slip: PaymentSlip, token: str, *, seal: str | None = None
) -> Recorded | AlreadyRecorded | OtherAmount | BooksChanged | UnknownFlat:
    """Post the payment once: by its reference on this flat, and where it has none by `token`.

    With the `seal` of what a card showed only while that is still so. Raises PaymentReferenceError.
    """
    flat = await flats.get_flat(work.conn, slip.flat_code)
    if flat is None:
        return UnknownFlat(slip.flat_code)
    await flats.lock_flats(work.conn, [flat.id])
    await payments.hold_references(work.conn, [slip.key] if slip.key else [])
    known = await _known(work, flat, slip) or await _known_token(work, slip.source, token)
    if known is not None:
        return known
    ready = await _ready(work, flat, slip) if seal is not None else None
    if ready is not None and ready.seal != seal:
        return BooksChanged(ready)
    return await _post(work, flat, slip, token)


async def undo(work: Work, entry_id: int) -> Undone | AlreadyRecorded | NotUndone:
    """Take a payment back by a reversal of its very amount. AlreadyRecorded: it was taken back before."""
    outcome = await reverse(work, entry_id)
    found = await payments.payment(work.conn, entry_id)
    if found is None:
        raise LookupError(entry_id)
    if isinstance(outcome, Refused):
        return NotUndone(found, outcome.error)
    if isinstance(outcome, Posted):
        return Undone(found, outcome.owed)
    return AlreadyRecorded(found)


async def replace(
    work: Work, entry_id: int, slip: PaymentSlip, token: str
) -> Recorded | AlreadyRecorded | NotUndone | UnknownFlat:
    """Take back a payment whose amount was wrong and record the right one under the same reference."""
    undone = await undo(work, entry_id)
    if isinstance(undone, NotUndone):
        return undone
    outcome = await record(work, slip, token)
    if isinstance(outcome, OtherAmount | BooksChanged):
        return AlreadyRecorded(undone.payment)
    return outcome


async def _ready(work: Work, flat: Flat, slip: PaymentSlip) -> Ready:
    same = await payments.counted(work.conn, [slip.key] if slip.key else [])
    elsewhere = tuple(one for one in same if one.flat_id != flat.id and one.method in alike(slip.method))
    return Ready(flat, slip, await accounts.balance(work.conn, flat.id), elsewhere)


async def _known(work: Work, flat: Flat, slip: PaymentSlip) -> AlreadyRecorded | OtherAmount | None:
    if slip.key is None:
        return None
    same = await payments.with_reference(work.conn, flat.id, alike(slip.method), slip.key)
    live = next((one for one in same if not one.undone), None) or await _at_provider(work, flat, slip, slip.key)
    if live is None:
        return None
    return AlreadyRecorded(live) if live.amount == slip.amount else OtherAmount(live, slip)


async def _at_provider(work: Work, flat: Flat, slip: PaymentSlip, key: str) -> Payment | None:
    """The same payment by the names that its provider gives it, whatever method it was written down with."""
    if slip.names:
        return await payments.on_account(work.conn, flat.id, slip.keys)
    return await payments.at_provider(work.conn, flat.id, [key])


async def _known_token(work: Work, source: PaymentSource, token: str) -> AlreadyRecorded | None:
    found = await payments.from_source(work.conn, source.value, token)
    return AlreadyRecorded(found) if found else None


async def _post(work: Work, flat: Flat, slip: PaymentSlip, token: str) -> Recorded:
    entry = await accounts.post(work.conn, await _entry(work, flat, slip, token))
    await statuses.recompute(work, [flat.id])
    posted = await payments.payment(work.conn, entry.id)
    if posted is None:
        raise LookupError(entry.id)
    await _record(work, "payment.recorded", posted)
    said = office_words.payment_received(flat.code, slip.amount, slip.method.value)
    await tell_office(work, "payment_received", "account_entry", entry.id, said)
    told = await _tell(work, "receipt", posted)
    await bill_messages.refresh(work, flat.id)
    return Recorded(posted, await accounts.balance(work.conn, flat.id), told)


async def _entry(work: Work, flat: Flat, slip: PaymentSlip, token: str) -> NewEntry:
    return NewEntry(
        flat_id=flat.id,
        kind=EntryKind.PAYMENT,
        amount=-slip.amount,
        posted_on=work.today,
        value_date=slip.paid_on or work.today,
        source_type=slip.source.value,
        source_id=token,
        method=slip.method.value,
        reference=slip.reference,
        reference_key=await _free_key(work, flat, slip),
        recorded_by=work.actor.person_id,
    )


async def _free_key(work: Work, flat: Flat, slip: PaymentSlip) -> str | None:
    """The reference's key; with a number where earlier payments under it were taken back."""
    if slip.key is None:
        return None
    before = len(await payments.with_reference(work.conn, flat.id, [slip.method], slip.key))
    return payments.nth_try(slip.key, before + 1)


async def _tell(work: Work, kind: str, found: Payment) -> int:
    """The owners, within the hours in which owners are written to."""
    told = 0
    for person_id in await people.owner_recipients(work.conn, found.flat_id):
        told += await notify.enqueue(
            work, kind, "account_entry", found.entry_id, person_id=person_id, not_before=notify.delivery_time(work)
        )
    return told


async def _record(work: Work, action: str, found: Payment) -> None:
    facts = {"entry": found.entry_id, "amount": found.amount, "method": found.method, "reference": found.reference}
    await write_down(work, action, "flat", found.flat_code, after=facts)

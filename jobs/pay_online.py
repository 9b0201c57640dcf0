"""Paying by a provider's page: the attempt is committed before the provider is asked, and asked about again later."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final, assert_never

from domain.attempts import BEING_CHECKED, AttemptState
from domain.money import ZERO
from domain.payments import PaymentSource
from jobs.payment_news import LinkNews
from jobs.payment_ports import Asked, Expired, Link, LinkState, PaymentProvider, PaymentRequest, Refused, Unknown
from jobs.quarantine import Source
from jobs.settle_payment import settle
from jobs.work import Actor, Society, Work
from storage import accounts, flats, parked, payment_attempts
from storage.database import Connection, Database
from storage.payment_attempts import NewAttempt

if TYPE_CHECKING:
    from storage.payment_attempts import Attempt

LINK_LIFE: Final = timedelta(hours=2)
"""How long a link can be paid: what is owed may change, and a new link is one press away."""
FIRST_LOOK: Final = timedelta(minutes=5)
_STILL_USEFUL: Final = timedelta(minutes=5)
_BEING_ASKED: Final = timedelta(seconds=60)
_OPEN: Final = frozenset({AttemptState.OPEN, AttemptState.CLOSING})


@dataclass(frozen=True, slots=True)
class PayDesk:
    """Where online payments are made and looked after; `providers` by name, those that are configured."""

    database: Database
    society: Society
    clock: Callable[[], datetime]
    providers: Mapping[str, PaymentProvider]

    def work(self, conn: Connection, person_id: int | None = None, name: str = "billing") -> Work:
        """One transaction of ours, or of an owner's press."""
        return Work(conn, self.clock(), self.society, Actor(person_id, name), secrets.token_hex(2).upper())


@dataclass(frozen=True, slots=True)
class Order:
    """What an owner wants to pay by which provider; `back_to` is the page to which they return."""

    flat_id: int
    bill_id: int
    person_id: int
    provider: str
    back_to: str


@dataclass(frozen=True, slots=True)
class ToProvider:
    """The owner goes to the provider's page."""

    url: str


@dataclass(frozen=True, slots=True)
class BeingChecked:
    """Money may be on its way: `amount` in rupees. Nobody should pay again now."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class NothingOwed:
    """There is nothing to pay online: all is paid, or the office is checking the account."""


@dataclass(frozen=True, slots=True)
class NotAvailable:
    """The provider certainly made no link; another way has to be taken."""

    reason: str


Pressed = ToProvider | BeingChecked | NothingOwed | NotAvailable


async def pay(desk: PayDesk, order: Order) -> Pressed:
    """Lead the owner to a page where they pay what is owed on the flat now.

    An open link for the same sum is used again; one for another sum, or of another provider, is closed first, and
    there is no second one until it certainly is.
    """
    for stale in await desk.database.run(partial(_to_be_closed, desk, order)):
        await close(desk, stale)
    begun = await desk.database.run(partial(_begin, desk, order))
    if not isinstance(begun, _Begun):
        return begun
    outcome = await desk.providers[order.provider].ask(_request(desk, begun.attempt, order))
    outdated = await desk.database.run(partial(_note_answer, desk, begun.attempt, outcome))
    if outdated is not None:
        await close(desk, outdated)
        return BeingChecked(outdated.left)
    match outcome:
        case Asked(url=url):
            return ToProvider(url)
        case Refused(reason=reason):
            return NotAvailable(reason)
        case Unknown():
            return BeingChecked(begun.attempt.amount)
        case _:
            assert_never(outcome)


async def close(desk: PayDesk, attempt: Attempt) -> Attempt | None:
    """Close a link at its provider and note how far it is then; it may have been paid meanwhile, or not be closed."""
    state = await desk.providers[attempt.provider].expire(link_of(attempt))
    found = await heard(desk, attempt, state)
    if found is None or found.state is not AttemptState.OPEN:
        return found
    return await desk.database.run(partial(_not_closed, desk, found))


async def look_up(desk: PayDesk, attempt: Attempt) -> Attempt | None:
    """Ask how far an attempt is, close it where it ended or asks for another sum than is owed; how it is then."""
    if attempt.state is AttemptState.CLOSING:
        return await close(desk, attempt)
    provider = desk.providers[attempt.provider]
    found = await heard(desk, attempt, await provider.look_up(link_of(attempt)))
    if found is None or found.state is not AttemptState.OPEN:
        return found
    async with desk.database.transaction() as conn:
        stale = await payment_attempts.is_stale(conn, found.id)
    return await close(desk, found) if stale or not _can_be_paid(found, desk.clock()) else found


async def heard(desk: PayDesk, attempt: Attempt, state: LinkState) -> Attempt | None:
    """Settle what a provider answered about the attempt."""
    source = Source(PaymentSource(attempt.provider), desk.providers[attempt.provider].live)
    news = LinkNews(_reference(state) or attempt.reference or "", attempt.key, state)
    return await desk.database.run(lambda conn: settle(desk.work(conn), source, news))


def link_of(attempt: Attempt) -> Link:
    """The attempt as its provider knows it."""
    return Link(attempt.key, attempt.reference, attempt.created_at)


@dataclass(frozen=True, slots=True)
class _Begun:
    attempt: Attempt


async def _to_be_closed(desk: PayDesk, order: Order, conn: Connection) -> list[Attempt]:
    """Open links that the owner could pay besides the one asked for now."""
    owed = await accounts.balance(conn, order.flat_id)
    return [
        one
        for one in await payment_attempts.unsettled(conn, order.flat_id)
        if one.state in _OPEN and not _fits(one, order, owed, desk.clock()) and one.provider in desk.providers
    ]


async def _not_closed(desk: PayDesk, attempt: Attempt, conn: Connection) -> Attempt | None:
    """It is looked up again on the schedule of what is unknown."""
    await flats.lock_flats(conn, [attempt.flat_id])
    await payment_attempts.note_closing(conn, attempt.id, desk.clock() + FIRST_LOOK)
    return await payment_attempts.get(conn, attempt.id)


def _fits(one: Attempt, order: Order, owed: Decimal, now: datetime) -> bool:
    fresh = one.expires_at is not None and one.expires_at > now + _STILL_USEFUL
    same = one.provider == order.provider and one.left == owed and one.state is AttemptState.OPEN
    return same and fresh and one.url is not None


async def _begin(desk: PayDesk, order: Order, conn: Connection) -> _Begun | Pressed:
    """Note the attempt, or find that none is to be made."""
    work = desk.work(conn, order.person_id)
    await flats.lock_flats(conn, [order.flat_id])
    owed = await accounts.balance(conn, order.flat_id)
    unsettled = await payment_attempts.unsettled(conn, order.flat_id)
    waiting = next((one for one in unsettled if one.state in BEING_CHECKED), None)
    if waiting is not None:
        return _Begun(waiting) if _is_double_press(waiting, order, owed, work.now) else BeingChecked(waiting.amount)
    if owed <= ZERO or await parked.is_parked(conn, order.flat_id):
        return NothingOwed()
    payable = [one for one in unsettled if one.provider in desk.providers or _can_be_paid(one, work.now)]
    usable = next((one for one in payable if _fits(one, order, owed, work.now)), None)
    if usable is not None and usable.url is not None:
        return ToProvider(usable.url)
    if payable:
        return BeingChecked(payable[0].left)
    return _Begun(await payment_attempts.add(conn, _new(order, owed, work.now)))


def _can_be_paid(one: Attempt, now: datetime) -> bool:
    return one.expires_at is not None and one.expires_at > now


def _is_double_press(one: Attempt, order: Order, owed: Decimal, now: datetime) -> bool:
    """The same wish a moment later: asked again with the same key it leads to the same link."""
    asking = one.state is AttemptState.ASKING and now - one.created_at < _BEING_ASKED
    return asking and one.provider == order.provider and one.left == owed


def _new(order: Order, owed: Decimal, now: datetime) -> NewAttempt:
    return NewAttempt(
        flat_id=order.flat_id,
        bill_id=order.bill_id,
        person_id=order.person_id,
        amount=owed,
        provider=order.provider,
        created_at=now,
        expires_at=now + LINK_LIFE,
        next_check_at=now + FIRST_LOOK,
    )


def _request(desk: PayDesk, attempt: Attempt, order: Order) -> PaymentRequest:
    return PaymentRequest(
        key=attempt.key,
        amount=attempt.amount,
        description=f"{desk.society.name}, {attempt.flat_code}",
        back_to=order.back_to,
        asked_at=attempt.created_at,
        expires_at=attempt.created_at + LINK_LIFE,
    )


async def _note_answer(
    desk: PayDesk, attempt: Attempt, outcome: Asked | Refused | Unknown, conn: Connection
) -> Attempt | None:
    """What the provider answered; a hook may have said more in the meantime, and stays.

    Returns the attempt where it is open for a sum that is not owed any more.
    """
    await flats.lock_flats(conn, [attempt.flat_id])
    now = await payment_attempts.get(conn, attempt.id)
    if now is None or now.state not in (AttemptState.ASKING, AttemptState.UNKNOWN, AttemptState.OPEN):
        return None
    match outcome:
        case Asked(url=url, reference=reference, expires_at=expires_at):
            await payment_attempts.note(
                conn, now, AttemptState.OPEN, desk.clock(), reference=reference, url=url, expires_at=expires_at
            )
        case Refused(reason=reason):
            if now.state is AttemptState.ASKING:
                await payment_attempts.note(conn, now, AttemptState.FAILED, desk.clock(), error=reason)
        case Unknown(reason=reason):
            if now.state is AttemptState.ASKING:
                await payment_attempts.note(conn, now, AttemptState.UNKNOWN, desk.clock(), error=reason)
        case _:
            assert_never(outcome)
    noted = await payment_attempts.get(conn, attempt.id)
    is_open = noted is not None and noted.state is AttemptState.OPEN
    return noted if is_open and await payment_attempts.is_stale(conn, attempt.id) else None


def _reference(state: LinkState) -> str | None:
    return None if isinstance(state, Expired | Unknown) else getattr(state, "reference", None)

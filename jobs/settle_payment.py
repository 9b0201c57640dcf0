"""What a provider says, on the account: a hook and a look-up go the same way, and each payment counts once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

from domain.attempts import AttemptState, after
from domain.money import ZERO, from_paise
from domain.payments import PaymentSource
from domain.period import local_date
from domain.roles import Role
from jobs import notify, razorpay_events, stripe_events
from jobs.correct_account import GivenBack, Posted, reverse, take_back_payment
from jobs.internal import internal
from jobs.payment_news import GivenAgain, Heard, LinkNews, TakenBack, without_people
from jobs.payment_ports import (
    CURRENCY,
    Capture,
    Captured,
    Expired,
    LinkState,
    NotPaid,
    Open,
    UnderWay,
    Unknown,
)
from jobs.record_payment import AlreadyRecorded, OtherAmount, PaymentSlip, Recorded, record
from storage import account_lines, flats, payment_attempts, payment_events, payments, stray_payments
from storage.payment_events import NewEvent
from storage.stray_payments import NewStray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.work import Work
    from storage.account_lines import AccountLine
    from storage.payment_attempts import Attempt

TASK = "payment_event"
"""The delayed work of one event: `{"provider", "key", "live", "event"}`."""

WRONG_CURRENCY = "currency"
WRONG_MODE = "mode"
UNKNOWN_LINK = "link"
OTHER_AMOUNT = "other_amount"
UNKNOWN_PAYMENT = "payment"
"""A refund or dispute of a payment that is not on any account; it is posted when that payment comes."""
TOO_MUCH = "too_much"
"""More was given back than is left of the payment."""

_REASONS = {GivenBack.REFUND: "refunded by the provider", GivenBack.CHARGEBACK: "chargeback"}
_WON = ("charge.dispute.funds_reinstated", "payment.dispute.won")


@dataclass(frozen=True, slots=True)
class Source:
    """Whose word it is; `live` tells whether our account there moves real money, where that is known."""

    provider: PaymentSource
    live: bool | None = None


@internal(TASK)
async def hear(work: Work, data: Mapping[str, Any]) -> None:
    """One event of a provider: logged and done in this transaction, once."""
    source = Source(PaymentSource(data["provider"]), data.get("live"))
    heard = _read(source.provider, data)
    attempt = await _attempt(work, source, heard.news) if isinstance(heard.news, LinkNews) else None
    event = without_people(data["event"])
    bill_id = attempt.bill_id if attempt else None
    if await payment_events.log(
        work.conn, NewEvent(source.provider.value, heard.key, heard.type, heard.subject, bill_id, event)
    ):
        await _do(work, source, heard)


def _read(provider: PaymentSource, data: Mapping[str, Any]) -> Heard:
    if provider is PaymentSource.STRIPE:
        return stripe_events.hear(data["event"])
    if provider is PaymentSource.RAZORPAY:
        return razorpay_events.hear(data["event"], data["key"])
    raise LookupError(provider)


async def _do(work: Work, source: Source, heard: Heard) -> None:
    match heard.news:
        case LinkNews() as news:
            await settle(work, source, news)
        case TakenBack() as news:
            await take_back(work, source, news)
        case GivenAgain() as news:
            await _give_again(work, source, news)
        case None:
            return
        case _ as never:
            assert_never(never)


async def settle(work: Work, source: Source, news: LinkNews) -> Attempt | None:
    """Note how far a link is and post what came through it; the attempt as it is then, None for a stranger's link.

    What cannot be attributed goes into quarantine. Nothing that comes late undoes what was paid.
    """
    found = await _attempt(work, source, news)
    if found is None:
        await _stray_all(work, source, news)
        return None
    await flats.lock_flats(work.conn, [found.flat_id])
    attempt = await payment_attempts.get(work.conn, found.id) or found
    if isinstance(news.state, Captured):
        for capture in news.state.captures:
            await _post(work, source, attempt, capture)
    await _note(work, attempt, news)
    return await payment_attempts.get(work.conn, attempt.id)


async def take_back(work: Work, source: Source, news: TakenBack) -> AccountLine | None:
    """Post a refund or chargeback that names its payment, once; the entry, None where nothing was posted."""
    if news.currency != CURRENCY:
        await _stray_back(work, source, news, WRONG_CURRENCY)
        return None
    payment = await _held(work, source, news.payment)
    if payment is None:
        await _stray_back(work, source, news, UNKNOWN_PAYMENT)
        return None
    if news.how is GivenBack.CHARGEBACK and await _was_won(work, source, news.id):
        return None
    return await _take_back(work, source, news, payment)


async def _attempt(work: Work, source: Source, news: LinkNews) -> Attempt | None:
    return await payment_attempts.find(work.conn, source.provider.value, news.reference, news.key)


async def _note(work: Work, attempt: Attempt, news: LinkNews) -> None:
    """The attempt's state, never behind what was heard before."""
    page = news.state if isinstance(news.state, Open) else None
    await payment_attempts.note(
        work.conn,
        attempt,
        after(attempt.state, _said(news.state)),
        work.now,
        reference=news.reference or None,
        url=page.url if page else None,
        expires_at=page.expires_at if page else None,
        error=news.state.reason if isinstance(news.state, NotPaid) else None,
    )


def _said(state: LinkState) -> AttemptState:
    match state:
        case Captured(complete=complete):
            return AttemptState.PAID if complete else AttemptState.OPEN
        case Open():
            return AttemptState.OPEN
        case UnderWay():
            return AttemptState.UNDERWAY
        case NotPaid():
            return AttemptState.FAILED
        case Expired():
            return AttemptState.EXPIRED
        case Unknown():
            return AttemptState.UNKNOWN
        case _:
            assert_never(state)


async def _post(work: Work, source: Source, attempt: Attempt, capture: Capture) -> None:
    """INR captured through a link we made counts whatever the amount; wrong currency or mode does not."""
    wrong = _wrong(source, capture)
    if wrong is not None:
        await _stray(work, source, capture, wrong)
        return
    await stray_payments.hold(work.conn, source.provider.value, capture.payment)
    outcome = await record(work, _slip(work, source, attempt, capture), capture.payment)
    match outcome:
        case Recorded(payment):
            await payment_attempts.add_paid(work.conn, attempt.id, capture.amount, payment.entry_id)
            await _catch_up(work, source, capture.payment)
        case OtherAmount():
            await _stray(work, source, capture, OTHER_AMOUNT, flat=attempt.flat_code)
        case AlreadyRecorded(payment) if attempt.entry_id is None:
            await payment_attempts.add_paid(work.conn, attempt.id, capture.amount, payment.entry_id)


def _wrong(source: Source, capture: Capture) -> str | None:
    if capture.currency != CURRENCY:
        return WRONG_CURRENCY
    if source.live is not None and capture.live is not None and source.live != capture.live:
        return WRONG_MODE
    return None


def _slip(work: Work, source: Source, attempt: Attempt, capture: Capture) -> PaymentSlip:
    return PaymentSlip(
        attempt.flat_code,
        capture.amount,
        capture.method,
        capture.number or capture.payment,
        source.provider,
        min(local_date(capture.captured_at, work.society.zone), work.today),
    )


async def _stray_all(work: Work, source: Source, news: LinkNews) -> None:
    if isinstance(news.state, Captured):
        for capture in news.state.captures:
            await _stray(work, source, capture, _wrong(source, capture) or UNKNOWN_LINK)


async def _stray(work: Work, source: Source, capture: Capture, reason: str, flat: str | None = None) -> None:
    facts = {
        "link": capture.link,
        "paise": capture.paise,
        "captured_at": capture.captured_at,
        "method": capture.method.value,
        "number": capture.number,
        "flat": flat,
    }
    amount = capture.amount if capture.currency == CURRENCY else None
    await keep_stray(
        work,
        NewStray(source.provider.value, capture.payment, reason, amount, capture.currency, capture.payment, facts),
    )


async def _stray_back(work: Work, source: Source, news: TakenBack, reason: str) -> None:
    facts = {"how": news.how.value, "id": news.id, "paise": news.paise, "is_total": news.is_total}
    amount = -from_paise(news.paise) if news.currency == CURRENCY else None
    key = f"{news.how.value}:{news.id}"
    await keep_stray(work, NewStray(source.provider.value, key, reason, amount, news.currency, news.payment, facts))


async def keep_stray(work: Work, new: NewStray) -> None:
    """Put it into quarantine and tell the admins, once."""
    stray_id = await stray_payments.keep(work.conn, new)
    if stray_id is not None:
        await notify.enqueue_for_role(work, Role.ADMIN, "stray_payment", "stray_payment", stray_id)


async def _held(work: Work, source: Source, payment: str) -> AccountLine | None:
    """The payment's entry, its flat locked; None where it is on no account, and none can be posted meanwhile."""
    known = await payment_attempts.posted_entry(work.conn, source.provider.value, payment)
    if known is None:
        await stray_payments.hold(work.conn, source.provider.value, payment)
        known = await payment_attempts.posted_entry(work.conn, source.provider.value, payment)
    line = await account_lines.line(work.conn, known) if known else None
    if line is None:
        return None
    await flats.lock_flats(work.conn, [line.flat_id])
    return await account_lines.line(work.conn, line.entry_id)


async def _take_back(work: Work, source: Source, news: TakenBack, payment: AccountLine) -> AccountLine | None:
    prefix = f"{source.provider}:{news.id.partition(':')[0]}:"
    before = await payments.refunded(work.conn, payment.entry_id, prefix) if news.is_total else ZERO
    wanted = from_paise(news.paise) - before
    left = ZERO if payment.undone else -payment.amount - payment.given_back
    amount = min(wanted, left)
    if wanted > left:
        await _stray_back(work, source, news, TOO_MUCH)
    if amount <= ZERO:
        return None
    outcome = await take_back_payment(
        work, payment.entry_id, amount, _REASONS[news.how], f"{source.provider}:{news.id}", how=news.how
    )
    return outcome.line if isinstance(outcome, Posted) else None


async def _catch_up(work: Work, source: Source, payment: str) -> None:
    """Refunds that were heard of before their payment."""
    for stray in await stray_payments.waiting_for(work.conn, source.provider.value, payment, UNKNOWN_PAYMENT):
        facts = stray.facts
        news = TakenBack(
            GivenBack(facts["how"]), facts["id"], payment, facts["paise"], CURRENCY, is_total=facts["is_total"]
        )
        line = await take_back(work, source, news)
        entry_id = line.entry_id if line else None
        await stray_payments.decide(work.conn, stray.id, "posted", by=None, at=work.now, entry_id=entry_id)


async def _was_won(work: Work, source: Source, dispute: str) -> bool:
    return await payment_events.heard(work.conn, source.provider.value, dispute, _WON)


async def _give_again(work: Work, source: Source, news: GivenAgain) -> None:
    """A dispute was won: what it took back is undone, where it was posted."""
    await _held(work, source, news.payment)
    line = await account_lines.posted_by(work.conn, GivenBack.CHARGEBACK.value, f"{source.provider}:{news.id}")
    if line is not None:
        await reverse(work, line.entry_id, "dispute won")

"""What a provider says, on the account: a hook and a look-up go the same way, and each payment counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from domain.attempts import AttemptState, after
from domain.payments import PaymentSource
from domain.period import local_date
from jobs import failed_payments, razorpay_events, stripe_events
from jobs.internal import internal
from jobs.payment_news import Declined, GivenAgain, Heard, LinkNews, TakenBack, without_people
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
from jobs.quarantine import OTHER_AMOUNT, UNKNOWN_LINK, WRONG_CURRENCY, WRONG_MODE, Source, keep_capture
from jobs.record_payment import AlreadyRecorded, OtherAmount, PaymentSlip, Recorded, record
from jobs.take_back import catch_up, give_again, take_back
from storage import flats, payment_attempts, payment_events, provider_payments, stray_payments
from storage.payment_events import NewEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.work import Work
    from storage.payment_attempts import Attempt

TASK = "payment_event"
"""The delayed work of one event: `{"provider", "key", "live", "event"}`."""


@internal(TASK)
async def hear(work: Work, data: Mapping[str, Any]) -> None:
    """One event of a provider: logged and done in this transaction, once."""
    source = Source(PaymentSource(data["provider"]), data.get("live"))
    heard = _read(source.provider, data)
    attempt = await _attempt(work, source, heard.news) if isinstance(heard.news, LinkNews) else None
    event = without_people(data["event"])
    bill_id = attempt.bill_id if attempt else None
    undoes = isinstance(heard.news, GivenAgain)
    if await payment_events.log(
        work.conn, NewEvent(source.provider.value, heard.key, heard.type, heard.subject, bill_id, event, undoes)
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
        case Declined() as news:
            await failed_payments.declined(work, source, news)
        case TakenBack() as news:
            await take_back(work, source, news)
        case GivenAgain() as news:
            await give_again(work, source, news)
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


async def _attempt(work: Work, source: Source, news: LinkNews) -> Attempt | None:
    return await payment_attempts.find(work.conn, source.provider.value, news.reference, news.key)


async def _note(work: Work, attempt: Attempt, news: LinkNews) -> None:
    """The attempt's state, never behind what was heard before."""
    page = news.state if isinstance(news.state, Open) else None
    state = after(attempt.state, _said(news.state))
    await payment_attempts.note(
        work.conn,
        attempt,
        state,
        work.now,
        reference=news.reference or None,
        url=page.url if page else None,
        expires_at=page.expires_at if page else None,
        error=news.state.reason if isinstance(news.state, NotPaid) else None,
    )
    if state is AttemptState.FAILED:
        await failed_payments.tell(work, attempt)


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
        await keep_capture(work, source, capture, wrong)
        return
    await stray_payments.hold(work.conn, source.provider.value, capture.payment)
    outcome = await record(work, _slip(work, source, attempt, capture), capture.payment)
    match outcome:
        case Recorded(payment) | AlreadyRecorded(payment):
            if isinstance(outcome, Recorded) or attempt.entry_id is None:
                await payment_attempts.add_paid(work.conn, attempt.id, capture.amount, payment.entry_id)
            for name in capture.names:
                await provider_payments.note(work.conn, source.provider.value, name, payment.entry_id)
            await catch_up(work, source, capture.payment)
        case OtherAmount():
            await keep_capture(work, source, capture, OTHER_AMOUNT, flat=attempt.flat_code)


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
        capture.names,
    )


async def _stray_all(work: Work, source: Source, news: LinkNews) -> None:
    if isinstance(news.state, Captured):
        for capture in news.state.captures:
            await keep_capture(work, source, capture, _wrong(source, capture) or UNKNOWN_LINK)

"""Refunds and disputes at a provider, on the account of the payment that they are about: once, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.money import ZERO, from_paise
from domain.roles import Role
from jobs import notify, quarantine
from jobs.correct_account import GivenBack, Posted, reverse, take_back_payment
from jobs.payment_news import GivenAgain, TakenBack
from jobs.payment_ports import CURRENCY
from storage import account_lines, flats, payment_events, provider_payments, stray_payments
from storage.payments import nth_try

if TYPE_CHECKING:
    from decimal import Decimal

    from jobs.quarantine import Source
    from jobs.work import Work
    from storage.account_lines import AccountLine
    from storage.provider_payments import Taking
    from storage.stray_payments import Stray

_REASONS = {GivenBack.REFUND: "refunded by the provider", GivenBack.CHARGEBACK: "chargeback"}
_CAME_AGAIN = {GivenBack.REFUND: "refund failed", GivenBack.CHARGEBACK: "dispute won"}
_WAITING = (quarantine.UNKNOWN_PAYMENT, quarantine.TOO_MUCH)


async def take_back(work: Work, source: Source, news: TakenBack) -> AccountLine | None:
    """Post a refund or chargeback that names its payment, once; the entry, None where nothing was posted.

    What is more than is left of the payment waits in quarantine, as all of it does where the payment is on no account.
    """
    payment = await _held(work, source, news.payment)
    if await payment_events.is_undone(work.conn, source.provider.value, news.id):
        return None
    if news.currency != CURRENCY:
        await quarantine.keep_taken(work, source, news, quarantine.WRONG_CURRENCY)
        return None
    if payment is None:
        await quarantine.keep_taken(work, source, news, quarantine.UNKNOWN_PAYMENT)
        return None
    return await _take(work, source, news, payment)


async def give_again(work: Work, source: Source, news: GivenAgain) -> Decimal:
    """A refund failed, or a dispute was won: what it took is undone; the rupees that were.

    A refund that waited for room in the payment has it now. Admins are told of a refund that failed, once.
    """
    payment = await _held(work, source, news.payment)
    await stray_payments.withdraw(work.conn, source.provider.value, quarantine.taken_key(news.how, news.id), work.now)
    undone = await _undo(work, await _takings(work, source, news), _CAME_AGAIN[news.how])
    if news.how is GivenBack.REFUND and news.currency == CURRENCY:
        await _tell_failed(work, source, news, payment)
    await catch_up(work, source, news.payment)
    return undone


async def catch_up(work: Work, source: Source, payment: str) -> Decimal:
    """Post what waited for this payment, now on an account, or for room in it; the rupees that were taken back."""
    waiting = await stray_payments.waiting_for(work.conn, source.provider.value, payment, _WAITING)
    taken = [await _caught_up(work, source, stray, payment) for stray in waiting]
    return sum(taken, start=ZERO)


async def _caught_up(work: Work, source: Source, stray: Stray, payment: str) -> Decimal:
    how, taken, paise = GivenBack(stray.facts["how"]), stray.facts["id"], stray.facts["paise"]
    news = TakenBack(how, taken, payment, paise, CURRENCY)
    line = await take_back(work, source, news)
    if await _is_whole(work, source, news):
        entry_id = line.entry_id if line else None
        await stray_payments.decide(work.conn, stray.id, "posted", by=None, at=work.now, entry_id=entry_id)
    elif await provider_payments.entry_of(work.conn, source.provider.value, payment):
        await stray_payments.name_reason(work.conn, stray.id, quarantine.TOO_MUCH)
    return line.amount if line else ZERO


async def _is_whole(work: Work, source: Source, news: TakenBack) -> bool:
    return sum((one.amount for one in await _takings(work, source, news)), start=ZERO) >= from_paise(news.paise)


async def _held(work: Work, source: Source, payment: str) -> AccountLine | None:
    """The payment's entry, its flat locked; None where it is on no account, and none can be posted meanwhile."""
    known = await provider_payments.entry_of(work.conn, source.provider.value, payment)
    if known is None:
        await stray_payments.hold(work.conn, source.provider.value, payment)
        known = await provider_payments.entry_of(work.conn, source.provider.value, payment)
    line = await account_lines.line(work.conn, known) if known else None
    if line is None:
        return None
    await flats.lock_flats(work.conn, [line.flat_id])
    return await account_lines.line(work.conn, line.entry_id)


async def _takings(work: Work, source: Source, news: TakenBack | GivenAgain) -> list[Taking]:
    return await provider_payments.takings(work.conn, news.how.value, source.provider.value, news.id)


async def _take(work: Work, source: Source, news: TakenBack, payment: AccountLine) -> AccountLine | None:
    """As much as is left; what an admin undid stays undone."""
    before = await _takings(work, source, news)
    wanted = from_paise(news.paise) - sum((one.amount for one in before), start=ZERO)
    left = ZERO if payment.undone else -payment.amount - payment.given_back
    if wanted > max(left, ZERO):
        await quarantine.keep_taken(work, source, news, quarantine.TOO_MUCH)
    amount = min(wanted, left)
    if amount <= ZERO:
        return None
    token = nth_try(f"{source.provider}:{news.id}", len(before) + 1)
    reason = _REASONS[news.how]
    outcome = await take_back_payment(work, payment.entry_id, amount, reason, token, how=news.how, by_provider=True)
    return outcome.line if isinstance(outcome, Posted) else None


async def _undo(work: Work, takings: list[Taking], reason: str) -> Decimal:
    undone = [
        one.amount
        for one in takings
        if not one.undone and isinstance(await reverse(work, one.entry_id, reason, by_provider=True), Posted)
    ]
    return sum(undone, start=ZERO)


async def _tell_failed(work: Work, source: Source, news: GivenAgain, payment: AccountLine | None) -> None:
    payload = {
        "provider": source.provider.value,
        "refund": news.id,
        "amount": from_paise(news.paise),
        "flat": payment.flat_code if payment else None,
    }
    await notify.enqueue_for_role(
        work, Role.ADMIN, "refund_failed", "refund", f"{source.provider}:{news.id}", payload=payload
    )

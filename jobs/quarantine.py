"""What a provider reports and nobody can attribute: kept once, with its reason, and shown to the admins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.money import from_paise
from domain.roles import Role
from jobs import notify
from jobs.payment_ports import CURRENCY
from storage import stray_payments
from storage.stray_payments import NewStray

if TYPE_CHECKING:
    from domain.payments import PaymentSource
    from jobs.correct_account import GivenBack
    from jobs.payment_news import TakenBack
    from jobs.payment_ports import Capture
    from jobs.work import Work

WRONG_CURRENCY = "currency"
WRONG_MODE = "mode"
UNKNOWN_LINK = "link"
OTHER_AMOUNT = "other_amount"
UNKNOWN_PAYMENT = "payment"
"""A refund or dispute of a payment that is not on any account; it is posted when that payment comes."""
TOO_MUCH = "too_much"
"""More was given back than is left of the payment; the rest is posted when an earlier refund of it fails."""


@dataclass(frozen=True, slots=True)
class Source:
    """Whose word it is; `live` tells whether our account there moves real money, where that is known."""

    provider: PaymentSource
    live: bool | None = None


async def keep_capture(work: Work, source: Source, capture: Capture, reason: str, flat: str | None = None) -> None:
    """Money that came in."""
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


async def keep_taken(work: Work, source: Source, news: TakenBack, reason: str) -> None:
    """Money that went back, or that part of it which is on no account."""
    facts = {"how": news.how.value, "id": news.id, "paise": news.paise}
    amount = -from_paise(news.paise) if news.currency == CURRENCY else None
    key = taken_key(news.how, news.id)
    await keep_stray(work, NewStray(source.provider.value, key, reason, amount, news.currency, news.payment, facts))


def taken_key(how: GivenBack, taken: str) -> str:
    """Under which a refund or dispute is kept."""
    return f"{how.value}:{taken}"


async def keep_stray(work: Work, new: NewStray) -> None:
    """Put it into quarantine and tell the admins, once."""
    stray_id = await stray_payments.keep(work.conn, new)
    if stray_id is not None:
        await notify.enqueue_for_role(work, Role.ADMIN, "stray_payment", "stray_payment", stray_id)

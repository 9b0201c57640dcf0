"""A payment that a provider or bank refused after all: whoever made it is told, once for each attempt."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from domain.attempts import UNSETTLED
from domain.money import from_paise
from jobs import notify
from storage import payment_attempts, people

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from jobs.payment_news import Declined
    from jobs.quarantine import Source
    from jobs.work import Work
    from storage.payment_attempts import Attempt

KIND: Final = "payment_failed"
"""A notification whose source is an attempt; its payload `{"amount", "provider"}`."""
PATIENCE: Final = timedelta(minutes=10)
"""How long somebody whose card was refused is left alone: the provider's page has said so, and may be used again."""


async def tell(work: Work, attempt: Attempt) -> None:
    """Queue the news that nothing came of the attempt and none can come any more."""
    await _tell(work, attempt, attempt.left, work.now)


async def declined(work: Work, source: Source, news: Declined) -> None:
    """Queue the news that a payment was refused whose link can still be paid; worthless where it was, by then."""
    attempt = await payment_attempts.find(work.conn, source.provider.value, None, news.key)
    if attempt is not None and attempt.state in UNSETTLED:
        await _tell(work, attempt, from_paise(news.paise), work.now + PATIENCE)


async def _tell(work: Work, attempt: Attempt, amount: Decimal, not_before: datetime) -> None:
    """To who pressed pay, and not at night."""
    recipients = [attempt.person_id] if attempt.person_id else await people.owner_recipients(work.conn, attempt.flat_id)
    for person_id in recipients:
        await notify.enqueue(
            work,
            KIND,
            "payment_attempt",
            attempt.id,
            person_id=person_id,
            payload={"amount": amount, "provider": attempt.provider},
            not_before=max(notify.delivery_time(work), not_before),
        )

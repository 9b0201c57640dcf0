"""A provider's books against ours: payments and refunds, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from domain.money import ZERO
from domain.payments import PaymentSource
from domain.period import local_date
from jobs.correct_account import GivenBack
from jobs.pay_online import PayDesk
from jobs.payment_news import GivenAgain, LinkNews, TakenBack, refund_news
from jobs.payment_ports import CURRENCY, Capture, Captured, Returned, Unknown
from jobs.quarantine import Source, taken_key
from jobs.secrecy import mask
from jobs.settle_payment import settle
from jobs.take_back import give_again, take_back
from storage import payment_attempts, provider_payments, stray_payments
from storage.database import Connection, DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_MARGIN: Final = timedelta(days=7)  # what we posted in the window may have been captured before it
_MAY_FAIL: Final = timedelta(days=30)  # for so long a bank may send a refund back

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Difference:
    """Where we and a provider disagree about a payment or a refund: rupees there and here, None where it is missing."""

    provider: str
    payment: str
    """The provider's name of the payment or refund."""
    flat: str | None
    theirs: Decimal | None
    ours: Decimal | None
    posted: bool = False
    """It could be put right by itself: it is on the account now as the provider has it."""
    is_refund: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """A provider's books between two moments, the last not included."""

    desk: PayDesk
    name: str
    since: datetime
    until: datetime

    @property
    def source(self) -> Source:
        return Source(PaymentSource(self.name), self.desk.providers[self.name].live)

    @property
    def days(self) -> tuple[date, date]:
        """The first and last day, both included."""
        zone = self.desk.society.zone
        return local_date(self.since, zone), local_date(self.until, zone)

    def covers(self, moment: datetime) -> bool:
        return self.since <= moment < self.until


@dataclass(slots=True)
class Compared:
    """How many were compared; `silent` says why the provider gave no answer, `failed` names what made trouble here."""

    provider: str
    count: int = 0
    differences: list[Difference] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    silent: str | None = None


_Check = Callable[[Connection], Awaitable[Difference | None]]


async def compare_payments(ledger: Ledger) -> Compared:
    """Post what is missing here and came through a link of ours; return what differed."""
    desk, provider = ledger.desk, ledger.desk.providers[ledger.name]
    captured = await provider.captured_between(ledger.since - _MARGIN, max(ledger.until, desk.clock()))
    if isinstance(captured, Unknown):
        return Compared(ledger.name, silent=captured.reason)
    checks = {one.payment: partial(_payment, ledger, one) for one in captured if ledger.covers(one.captured_at)}
    result = await _compared(ledger, checks)
    posted = await desk.database.run(lambda conn: provider_payments.posted_between(conn, ledger.name, *ledger.days))
    unknown = posted.keys() - {one.payment for one in captured}
    result.differences += [
        Difference(ledger.name, one, posted[one][0], None, posted[one][1]) for one in sorted(unknown)
    ]
    result.count = len(captured)
    return result


async def compare_refunds(ledger: Ledger) -> Compared:
    """Post what refunds took that is missing here, and undo those that failed since; return what differed.

    They are followed for a month; what people have to decide is told while the refund is new.
    """
    desk, provider = ledger.desk, ledger.desk.providers[ledger.name]
    refunds = await provider.refunded_between(ledger.since - _MAY_FAIL, max(ledger.until, desk.clock()))
    if isinstance(refunds, Unknown):
        return Compared(ledger.name, silent=refunds.reason)
    checks = {one.id: partial(_refund, ledger, one) for one in refunds if one.made_at < ledger.until}
    result = await _compared(ledger, checks)
    kind = GivenBack.REFUND.value
    taken = await desk.database.run(lambda conn: provider_payments.taken_between(conn, kind, ledger.name, *ledger.days))
    unknown = taken.keys() - {one.id for one in refunds}
    result.differences += [
        Difference(ledger.name, one, taken[one][0], None, taken[one][1], is_refund=True) for one in sorted(unknown)
    ]
    result.count = len(refunds)
    return result


async def _compared(ledger: Ledger, checks: Mapping[str, _Check]) -> Compared:
    """Each by itself: one that makes trouble does not stop the others, and no flat is held longer than its turn."""
    result = Compared(ledger.name)
    for named, check in checks.items():
        try:
            found = await ledger.desk.database.run(check)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on, and it is told
            _log.exception("not compared", provider=ledger.name, payment=named, reason=mask(str(error)))
            result.failed.append(named)
        else:
            result.differences += [found] if found else []
    return result


async def _payment(ledger: Ledger, capture: Capture, conn: Connection) -> Difference | None:
    known = await provider_payments.on_account(conn, ledger.name, capture.payment)
    amount = capture.amount if capture.currency == CURRENCY else None
    if known is not None:
        flat, ours = known
        return None if ours == amount else Difference(ledger.name, capture.payment, flat, amount, ours)
    if await stray_payments.is_known(conn, ledger.name, capture.payment):
        return None
    posted_on = await _post(ledger, capture, conn)
    return Difference(ledger.name, capture.payment, posted_on, amount, None, posted=posted_on is not None)


async def _post(ledger: Ledger, capture: Capture, conn: Connection) -> str | None:
    """The flat whose link it came through, where it can be posted; a stranger's goes into quarantine."""
    attempt = await payment_attempts.find(conn, ledger.name, capture.link, capture.key)
    reference = (attempt.reference if attempt else None) or capture.link or ""
    complete = attempt is None or attempt.left <= capture.amount
    key = attempt.key if attempt else capture.key
    news = LinkNews(reference, key, Captured(reference, (capture,), complete=complete))
    await settle(ledger.desk.work(conn), ledger.source, news)
    known = await provider_payments.on_account(conn, ledger.name, capture.payment)
    return known[0] if known else None


async def _refund(ledger: Ledger, refund: Returned, conn: Connection) -> Difference | None:
    theirs = None if refund.came_again or refund.currency != CURRENCY else refund.amount
    flat, ours = await _taken(ledger, refund, conn)
    if ours == theirs and (refund.came_again or refund.currency == CURRENCY):
        return None
    if not refund.came_again and await _waits(ledger, refund, conn):
        return None
    await _heard(ledger, refund_news(refund), conn)
    on_flat, now = await _taken(ledger, refund, conn)
    posted = refund.currency == CURRENCY and now == theirs
    if not posted and not ledger.covers(refund.made_at):
        return None
    return Difference(ledger.name, refund.id, flat or on_flat, theirs, ours, posted=posted, is_refund=True)


async def _taken(ledger: Ledger, refund: Returned, conn: Connection) -> tuple[str | None, Decimal | None]:
    """On which flat, and how much in rupees the refund takes here; None where it takes nothing."""
    takings = await provider_payments.takings(conn, GivenBack.REFUND.value, ledger.name, refund.id)
    amount = sum((one.amount for one in takings if not one.undone), start=ZERO)
    return (takings[0].flat_code if takings else None), amount or None


async def _waits(ledger: Ledger, refund: Returned, conn: Connection) -> bool:
    return await stray_payments.is_known(conn, ledger.name, taken_key(GivenBack.REFUND, refund.id))


async def _heard(ledger: Ledger, news: TakenBack | GivenAgain, conn: Connection) -> None:
    work = ledger.desk.work(conn)
    if isinstance(news, TakenBack):
        await take_back(work, ledger.source, news)
    else:
        await give_again(work, ledger.source, news)

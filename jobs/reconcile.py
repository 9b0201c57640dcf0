"""Agreeing with the providers: what is open is looked up when it is due, and every night both books are compared."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import structlog

from domain.payments import PaymentSource
from domain.period import local_date
from domain.roles import Role
from jobs import notify
from jobs.pay_online import PayDesk, look_up
from jobs.payment_news import LinkNews
from jobs.payment_ports import CURRENCY, Capture, Captured, Unknown
from jobs.quarantine import Source
from jobs.secrecy import mask
from jobs.settle_payment import settle
from storage import payment_attempts, provider_payments, stray_payments
from storage.database import Connection, DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.payment_attempts import Attempt

_AT_ONCE: Final = 20
_EVERY: Final = 20.0
_COMPARED: Final = timedelta(days=3)
_SETTLING: Final = timedelta(hours=1)
_MARGIN: Final = timedelta(days=7)  # what we posted in the window may have been captured before it

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Difference:
    """Where we and a provider disagree about one payment: rupees there and here, None where it is missing."""

    provider: str
    payment: str
    flat: str | None
    theirs: Decimal | None
    ours: Decimal | None
    posted: bool = False
    """It was missing here and came through a link of ours: it is on the account now."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a night's comparison; `unreachable` are providers that gave no answer, with the reason."""

    compared: int
    differences: tuple[Difference, ...]
    unreachable: tuple[tuple[str, str], ...] = ()

    @property
    def ok(self) -> bool:
        """Every provider answered and agrees."""
        return not self.differences and not self.unreachable


async def look_up_due(desk: PayDesk, limit: int = _AT_ONCE) -> int:
    """Ask about every attempt whose look-up is due: 5 minutes, an hour, then daily; returns how many were."""
    if not desk.providers:
        return 0
    due = await desk.database.run(partial(_claim, desk, limit))
    for attempt in due:
        await _quietly(desk, attempt)
    return len(due)


async def keep_looking(desk: PayDesk) -> None:
    """Look up what is due, again and again, until cancelled."""
    while True:
        try:
            while await look_up_due(desk) == _AT_ONCE:
                pass
        except (DatabaseUnavailable, TimeoutError) as error:
            _log.warning("payments are looked up later", reason=mask(str(error)))
        await asyncio.sleep(_EVERY)


async def reconcile(desk: PayDesk, since: datetime, until: datetime) -> Comparison:
    """Compare what each provider captured in this time with what is on the accounts; admins are told of differences.

    What came through a link of ours and is missing here is posted at once; the rest is for people to decide.
    """
    compared, differences, silent = 0, list[Difference](), list[tuple[str, str]]()
    for name, provider in desk.providers.items():
        captured = await provider.captured_between(since - _MARGIN, max(until, desk.clock()))
        if isinstance(captured, Unknown):
            silent.append((name, captured.reason))
            continue
        found = await desk.database.run(partial(_compare, desk, name, captured, (since, until)))
        compared, differences = compared + len(captured), differences + found
    result = Comparison(compared, tuple(differences), tuple(silent))
    if not result.ok:
        await desk.database.run(partial(_tell, desk, result, until))
    return result


async def reconcile_night(desk: PayDesk) -> Comparison:
    """The nightly comparison: the last three days, but for the last hour, whose events may still be on their way."""
    until = desk.clock() - _SETTLING
    return await reconcile(desk, until - _COMPARED, until)


async def _claim(desk: PayDesk, limit: int, conn: Connection) -> list[Attempt]:
    return await payment_attempts.claim_due(conn, list(desk.providers), desk.clock(), limit)


async def _quietly(desk: PayDesk, attempt: Attempt) -> None:
    """One attempt that makes trouble must not stop the others; its next look-up is set already."""
    try:
        await look_up(desk, attempt)
    except DatabaseUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the other attempts go on
        _log.exception("payment not looked up", attempt=attempt.id, reason=mask(str(error)))


async def _compare(
    desk: PayDesk, name: str, captured: Sequence[Capture], between: tuple[datetime, datetime], conn: Connection
) -> list[Difference]:
    since, until = between
    theirs = [await _theirs(desk, name, one, conn) for one in captured if since <= one.captured_at < until]
    seen = {capture.payment for capture in captured}
    days = (local_date(since, desk.society.zone), local_date(until, desk.society.zone))
    posted = await provider_payments.posted_between(conn, name, *days)
    ours = [
        Difference(name, payment, flat, None, amount)
        for payment, (flat, amount) in posted.items()
        if payment not in seen
    ]
    return [*filter(None, theirs), *ours]


async def _theirs(desk: PayDesk, name: str, capture: Capture, conn: Connection) -> Difference | None:
    known = await provider_payments.on_account(conn, name, capture.payment)
    amount = capture.amount if capture.currency == CURRENCY else None
    if known is not None:
        flat, ours = known
        return None if ours == amount else Difference(name, capture.payment, flat, amount, ours)
    if await stray_payments.is_known(conn, name, capture.payment):
        return None
    posted_on = await _post(desk, name, capture, conn)
    return Difference(name, capture.payment, posted_on, amount, None, posted=posted_on is not None)


async def _post(desk: PayDesk, name: str, capture: Capture, conn: Connection) -> str | None:
    """The flat whose link it came through, where it can be posted; a stranger's goes into quarantine."""
    attempt = await payment_attempts.find(conn, name, capture.link, capture.key)
    reference = (attempt.reference if attempt else None) or capture.link or ""
    source = Source(PaymentSource(name), desk.providers[name].live)
    complete = attempt is None or attempt.left <= capture.amount
    key = attempt.key if attempt else capture.key
    await settle(desk.work(conn), source, LinkNews(reference, key, Captured(reference, (capture,), complete=complete)))
    known = await provider_payments.on_account(conn, name, capture.payment)
    return known[0] if known else None


async def _tell(desk: PayDesk, result: Comparison, until: datetime, conn: Connection) -> None:
    payload = {
        "differences": [
            {
                "provider": one.provider,
                "payment": one.payment,
                "flat": one.flat,
                "theirs": one.theirs,
                "ours": one.ours,
                "posted": one.posted,
            }
            for one in result.differences
        ],
        "unreachable": [name for name, _ in result.unreachable],
    }
    said = sha256(repr(payload).encode()).hexdigest()[:12]
    await notify.enqueue_for_role(
        desk.work(conn), Role.ADMIN, "payments_differ", "reconcile", f"{until.date()}:{said}", payload=payload
    )

"""Agreeing with the providers: what is open is looked up when it is due, and every night both books are compared."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import structlog

from domain.roles import Role
from jobs import notify
from jobs.compare_books import Difference, Ledger, compare_payments, compare_refunds
from jobs.pay_online import PayDesk, look_up
from jobs.secrecy import mask
from jobs.unanswered import tell_unanswered
from storage import payment_attempts
from storage.database import Connection, DatabaseUnavailable

if TYPE_CHECKING:
    from storage.payment_attempts import Attempt

_AT_ONCE: Final = 20
_EVERY: Final = 20.0
_COMPARED: Final = timedelta(days=3)
_SETTLING: Final = timedelta(hours=1)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a night's comparison.

    `unreachable` are providers that gave no answer, with the reason; `failed` are (provider, payment or refund) that
    made trouble here.
    """

    compared: int
    differences: tuple[Difference, ...]
    unreachable: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()

    @property
    def ok(self) -> bool:
        """Every provider answered and agrees."""
        return not (self.differences or self.unreachable or self.failed)


async def look_up_due(desk: PayDesk, limit: int = _AT_ONCE) -> int:
    """Ask about every attempt whose look-up is due: 5 minutes, an hour, then daily; returns how many were."""
    if not desk.providers:
        return 0
    due = await desk.database.run(partial(_claim, desk, limit))
    for attempt in due:
        await _quietly(desk, attempt)
    return len(due)


async def keep_looking(desk: PayDesk) -> None:
    """Look up what is due, again and again, until cancelled; people look at what no provider answers for."""
    while True:
        try:
            while await look_up_due(desk) == _AT_ONCE:
                pass
            await tell_unanswered(desk)
        except (DatabaseUnavailable, TimeoutError) as error:
            _log.warning("payments are looked up later", reason=mask(str(error)))
        await asyncio.sleep(_EVERY)


async def reconcile(desk: PayDesk, since: datetime, until: datetime) -> Comparison:
    """Compare what each provider captured and refunded in this time with the accounts; admins are told what differs.

    What came through a link of ours and is missing here is posted at once, as is what a refund took or gave again; the
    rest is for people to decide.
    """
    ledgers = [Ledger(desk, name, since, until) for name in desk.providers]
    found = [one for ledger in ledgers for one in (await compare_payments(ledger), await compare_refunds(ledger))]
    result = Comparison(
        compared=sum(one.count for one in found),
        differences=tuple(difference for one in found for difference in one.differences),
        unreachable=tuple(dict.fromkeys((one.provider, one.silent) for one in found if one.silent is not None)),
        failed=tuple((one.provider, named) for one in found for named in one.failed),
    )
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
                "is_refund": one.is_refund,
            }
            for one in result.differences
        ],
        "unreachable": sorted({name for name, _ in result.unreachable}),
        "failed": result.failed,
    }
    said = sha256(repr(payload).encode()).hexdigest()[:12]
    await notify.enqueue_for_role(
        desk.work(conn), Role.ADMIN, "payments_differ", "reconcile", f"{until.date()}:{said}", payload=payload
    )

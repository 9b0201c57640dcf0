"""The monthly run as an admin starts it in chat: exactly what was shown, a slice a task, its progress on one card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from domain.period import Period
from jobs import internal
from jobs.monthly_run import BETWEEN_TELLINGS, PeriodLocked, bill_slice, finish, start, tell
from jobs.preview_run import Preview, preview
from jobs.work import Actor, Work
from storage import bill_runs
from storage.bill_runs import BillRun, Starter

if TYPE_CHECKING:
    from decimal import Decimal

TASK: Final = "issue_month"
SLICE: Final = 25
"""Flats in one task: few, so that other messages are answered between them and progress is seen."""
_PAUSE: Final = timedelta(milliseconds=500)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the button restated: how many bills, their total in rupees, and the key of exactly these."""

    count: int
    total: Decimal
    key: str


@dataclass(frozen=True, slots=True)
class Begun:
    """The run is under way; its card tells how far it is."""

    run: BillRun


@dataclass(frozen=True, slots=True)
class Different:
    """Something of what was shown is different now: nothing was done."""

    preview: Preview


async def issue_shown(work: Work, period: Period, shown: Shown, chat_id: int, card: str) -> Begun | Different:
    """Begin the run over what was shown; a run over the period that was interrupted goes on."""
    now = await preview(work, period)
    if now.locked or (now.count, now.total, now.key) != (shown.count, shown.total, shown.key):
        return Different(now)
    run = await start(work, period, None, Starter(work.actor.person_id, work.actor.name, chat_id, card))
    if isinstance(run, PeriodLocked):
        return Different(now)
    await _go_on(work, run)
    return Begun(run)


async def resume(work: Work, period: Period, chat_id: int, card: str) -> BillRun | None:
    """The run over the period that is under way: told on this card from now on, and worked on again."""
    run = await bill_runs.under_way(work.conn, period)
    if run is None:
        return None
    run = await bill_runs.begin(work.conn, period, None, Starter(None, run.actor, chat_id, card))
    await _go_on(work, run)
    return run


async def retry_failed(work: Work, run_id: int, chat_id: int, card: str) -> int:
    """Try again what failed in a run, and only that; how many. 0: nothing has, or a run is under way."""
    run = await bill_runs.get(work.conn, run_id, for_update=True)
    again = await bill_runs.retry_failed(work.conn, run, Starter(work.actor.person_id, work.actor.name, chat_id, card))
    if again:
        await _go_on(work, run)
    return again


@internal.internal(TASK)
async def issue_slice(work: Work, data: Mapping[str, Any]) -> None:
    """Bill the next slice; what is to be done after it is queued with it."""
    run = await bill_runs.get(work.conn, data["run"])
    at_work = replace(work, actor=Actor(run.started_by, run.actor))
    last = await bill_runs.slice_end(work.conn, run.id, SLICE, data["after"])
    if last is not None:
        await bill_slice(at_work, run, data["after"], last)
    elif await finish(at_work, run.id):
        return
    if run.told_at is None or work.now - run.told_at >= BETWEEN_TELLINGS:
        await tell(at_work, run)
    following = {**data, "after": last or 0, "part": data["part"] + 1}
    await _defer(work, following, timedelta() if last else _PAUSE)


async def _go_on(work: Work, run: BillRun) -> None:
    """The answer to the press shows the card as it is now."""
    await bill_runs.tell(work.conn, run.id, work.now)
    await _defer(work, {"run": run.id, "after": 0, "part": 0, "chain": work.ref}, timedelta())


async def _defer(work: Work, data: dict[str, Any], pause: timedelta) -> None:
    key = f"{data['run']}:{data['chain']}:{data['part']}"
    await internal.defer(work, TASK, key, data, work.now + pause)

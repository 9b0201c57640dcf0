"""The monthly run: issues what is approved and unbilled of a period, in chunks that each are one transaction.

Safe to start twice, to interrupt and to continue, and to be worked on by several processes: what a run has to bill
are rows, and who works on it takes the next flats that nobody holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from domain.errors import DomainError
from domain.locks import LockedMonths
from domain.period import Month, Period, local_date, whole_month
from jobs import notify, office_words
from jobs.draft_bill import Draft, Terms, drafts
from jobs.faultpoints import point
from jobs.issue_bills import issue_all
from jobs.motor_notes import tell_owed
from jobs.notify import delivery_time
from jobs.office_notices import tell_office
from jobs.park_flats import park_wrong_books
from jobs.trail import write_down
from jobs.work import Actor, Work
from jobs.workplace import Workplace
from storage import bill_runs, locks, month_facts, motor_groups, readings
from storage.bill_runs import BillRun, Item, Outcome, Progress, Starter
from storage.readings import ReadingState
from storage.savepoints import DatabaseRefusedError, savepoint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from storage.bill_runs import Listed
    from storage.readings import Reading

CHUNK: Final = 200
"""Flats in one transaction."""
_AT_ONCE: Final = 2
"""Transactions at once: while the database writes one slice, the next is priced."""
BETWEEN_TELLINGS: Final = timedelta(seconds=2)
"""The card of a run is not edited more often."""
_PAUSE: Final = 0.05
_BAD: Final = (DatabaseRefusedError, DomainError, ArithmeticError, LookupError, ValueError)
"""What one flat can do wrong: it fails alone."""
_OUTCOMES: Final = {
    "billed": Outcome.SKIPPED,
    "waiting_for_motor": Outcome.SKIPPED,
    "month_billed": Outcome.COLLISION,
    "parked": Outcome.PARKED,
    "foreign_bill": Outcome.PARKED,
}
"""What an obstacle makes of a reading; any other is a failure."""


@dataclass(frozen=True, slots=True)
class PeriodLocked:
    """The run is refused whole: its period touches these locked months (billing rule 7)."""

    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run. `already` bills of the period were there before; `pending` readings wait for an admin.

    `listed` are the flats of the run without a bill, `unread` those that nobody read. `total` in rupees.
    """

    run: BillRun
    progress: Progress
    listed: tuple[Listed, ...]
    unread: tuple[str, ...]
    pending: int
    already: int

    @property
    def total(self) -> Decimal:
        """Rupees of the bills the run issued."""
        return self.progress.total

    @property
    def skipped(self) -> int:
        """Readings that are billed already, or not to be billed yet."""
        return self.progress.counts[Outcome.SKIPPED] + self.pending + self.already

    def flats(self, outcome: Outcome) -> list[str]:
        """Codes of the flats to which this happened."""
        return [one.flat_code for one in self.listed if one.outcome is outcome]


async def start(work: Work, period: Period, due: date | None, starter: Starter) -> BillRun | PeriodLocked:
    """A run with all that is approved and unbilled of the period on its list; one that is under way is continued."""
    locked = locked_months_in(period, await locks.locked_months(work.conn))
    if locked:
        return PeriodLocked(locked)
    run = await bill_runs.begin(work.conn, period, due, starter)
    await bill_runs.plan(work.conn, run.id, period)
    await _record(work, run, "run.started", {"from": period.start, "to": period.end, "due": due})
    return run


def locked_months_in(period: Period, locked: LockedMonths) -> tuple[Month, ...]:
    """The locked months that the period touches, oldest first."""
    return tuple(month for month in period.months if month in locked.months)


async def bill_slice(work: Work, run: BillRun, after: int, last: int) -> None:
    """Bill the flats of the run behind flat `after` up to `last`, without those that somebody else holds.

    `work` is one transaction: it commits with what came of each of its readings.
    """
    held = await bill_runs.hold_slice(work.conn, run.id, after, last)
    if not held.to_bill:
        return
    at_work = replace(work, actor=Actor(run.started_by, run.actor))
    await motor_groups.hold_readings(work.conn, held.locked)
    await park_wrong_books(at_work, held.to_bill)
    waiting = await bill_runs.readings_to_bill(work.conn, run.id, held.to_bill)
    await bill_runs.settle(work.conn, run.id, await _billed(at_work, waiting, Terms(due=run.due_date)))
    point("monthly_run.before_commit")


async def finish(work: Work, run_id: int) -> bool:
    """End the run if nothing of it waits, and tell who started it; whether it has ended, by whomever."""
    if await bill_runs.finish(work.conn, run_id):
        run = await bill_runs.get(work.conn, run_id)
        done = await bill_runs.progress(work.conn, run_id)
        await _record(work, run, "run.finished", {"issued": done.issued, "total": done.total, **_counts(done)})
        await tell(work, run)
        await _list_failures(work, run)
        await tell_owed(work)
        await _tell_office(work, run, done)
        return True
    return (await bill_runs.get(work.conn, run_id)).is_done


async def _list_failures(work: Work, run: BillRun) -> None:
    """What got no bill, as a workbook beside the card."""
    if run.chat_id is not None and await bill_runs.without_bill(work.conn, run.id):
        moment = f"{run.id}:{work.now.isoformat()}"
        await notify.enqueue(work, "run_listed", "run", moment, chat_id=run.chat_id, payload={"run": run.id})


async def _tell_office(work: Work, run: BillRun, done: Progress) -> None:
    month, left = str(Month.of(run.period_to)), len(await bill_runs.without_bill(work.conn, run.id))
    said = office_words.month_issued(month, done.issued, done.total, left)
    await tell_office(work, "month_issued", "run", run.id, said)


async def tell(work: Work, run: BillRun) -> None:
    """Have the card in the chat that started the run say how it stands, some time after it said so last."""
    soonest = max(work.now, run.told_at + BETWEEN_TELLINGS) if run.told_at else work.now
    await bill_runs.tell(work.conn, run.id, soonest)
    if run.chat_id is not None and run.card is not None:
        moment, what = f"{run.id}:{work.now.isoformat()}", {"run": run.id}
        await notify.enqueue(
            work, "run_progress", "run", moment, chat_id=run.chat_id, payload=what, card=run.card, not_before=soonest
        )


async def result(work: Work, run_id: int) -> RunResult:
    """How a run stands, or what came of it."""
    run = await bill_runs.get(work.conn, run_id)
    period = Period(run.period_from, run.period_to)
    done = await bill_runs.progress(work.conn, run_id)
    billed, _ = await month_facts.billed(work.conn, period)
    return RunResult(
        run=run,
        progress=done,
        listed=tuple(await bill_runs.without_bill(work.conn, run_id)),
        unread=tuple(one.flat_code for one in await month_facts.unread(work.conn, period)),
        pending=await month_facts.undecided(work.conn, period),
        already=max(0, billed - done.issued),
    )


async def work_off(place: Workplace, run: BillRun, on_slice: Callable[[], None] | None = None) -> None:
    """Bill until nothing of the run waits; beside other processes that do the same."""
    actor, ref = Actor(run.started_by, run.actor), _ref(run)
    while not await place.do(actor, ref, partial(finish, run_id=run.id)):
        bounds = [0, *await place.do(actor, ref, partial(_slices, run_id=run.id))]
        left = iter(pairwise(bounds))

        async def worker(left: Iterator[tuple[int, int]] = left) -> None:
            for after, last in left:
                await place.do(actor, ref, partial(bill_slice, run=run, after=after, last=last))
                if on_slice:
                    on_slice()

        await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))
        await asyncio.sleep(_PAUSE)  # what is left is held by others, or is a second reading of its flat


async def _slices(work: Work, run_id: int) -> list[int]:
    return await bill_runs.slices(work.conn, run_id, CHUNK)


async def run_period(
    place: Workplace,
    starter: Starter,
    period: Period,
    due: date | None = None,
    on_slice: Callable[[], None] | None = None,
) -> RunResult | PeriodLocked:
    """Issue the bills of a period from first to last; `due` replaces the day that follows from the settings."""
    actor = Actor(starter.person_id, starter.name)
    run = await place.do(actor, "RUN", partial(start, period=period, due=due, starter=starter))
    if isinstance(run, PeriodLocked):
        return run
    await work_off(place, run, on_slice)
    return await place.do(actor, _ref(run), partial(result, run_id=run.id))


async def run_month(place: Workplace, month: Month) -> RunResult | PeriodLocked:
    """The run of one month, as the clock starts it on the 1st for the month just ended."""
    return await run_period(place, Starter(None, "schedule"), whole_month(month))


def month_just_ended(now: datetime, zone: ZoneInfo) -> Month:
    """The month before the present one of the society's calendar."""
    return Month.of(local_date(now, zone)).previous()


def _ref(run: BillRun) -> str:
    return f"RUN{run.id}"


async def _billed(work: Work, waiting: Sequence[int], terms: Terms) -> list[Item]:
    """All together; where one of them makes that impossible, each by itself."""
    try:
        async with savepoint(work.conn):
            return await _together(work, waiting, terms)
    except _BAD:
        return [await _alone(work, one, terms) for one in waiting]


async def _alone(work: Work, reading_id: int, terms: Terms) -> Item:
    try:
        async with savepoint(work.conn):
            [item] = await _together(work, [reading_id], terms)
            return item
    except _BAD as error:
        return Item(reading_id, Outcome.FAILED, f"error:{type(error).__name__}")


async def _together(work: Work, waiting: Sequence[int], terms: Terms) -> list[Item]:
    chosen = await readings.get_many(work.conn, waiting)
    approved = [one for one in chosen if one.state is ReadingState.APPROVED]
    judged = await drafts(work, approved, terms)
    ready = [one for one in judged if one.obstacle is None]
    bill_ids = await issue_all(work, ready, delivery_time(work))
    return [
        *[_changed(one) for one in chosen if one.state is not ReadingState.APPROVED],
        *[_obstructed(one) for one in judged if one.obstacle is not None],
        *[Item(one.reading.id, Outcome.ISSUED, None, bill) for one, bill in zip(ready, bill_ids, strict=True)],
    ]


def _changed(reading: Reading) -> Item:
    """It was approved when the run began: billed by somebody else meanwhile, or changed and pending again."""
    return Item(reading.id, Outcome.SKIPPED, reading.state.value)


def _obstructed(one: Draft) -> Item:
    reason = one.obstacle.value if one.obstacle else ""
    return Item(one.reading.id, outcome_of(reason), reason)


def outcome_of(obstacle: str) -> Outcome:
    """What a run makes of a reading in whose way this stands."""
    return _OUTCOMES.get(obstacle, Outcome.FAILED)


def _counts(done: Progress) -> dict[str, int]:
    return {outcome.value: count for outcome, count in done.counts.items() if count and outcome is not Outcome.ISSUED}


async def _record(work: Work, run: BillRun, action: str, facts: dict[str, object]) -> None:
    await write_down(work, action, "run", str(run.id), after=facts)

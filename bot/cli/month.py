"""`billing issue`: the monthly run from the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.app import Json, app, note, print_json, say, stop, typed
from bot.cli.session import at_work, run, settings, workplace
from bot.i18n import Translator
from bot.texts.admin_month import spread
from domain.period import Month, Period, local_date, whole_month
from domain.plural import counted
from storage.bill_runs import Outcome

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from bot.settings import Settings
    from jobs.preview_run import Mover
    from jobs.spread import Spread
    from storage.bill_runs import Listed

_t = Translator("en")
_MOST_LINES = 40
_LISTED = {
    Outcome.COLLISION: "month billed already",
    Outcome.PARKED: "set aside",
    Outcome.SKIPPED: "waits",
    Outcome.FAILED: "failed",
}

_Month = typer.Option("--month", parser=typed(Month.parse), metavar="YYYY-MM", help="The month of the readings.")
_From = typer.Option("--from", formats=["%Y-%m-%d"], help="First day, included; with --to instead of --month.")
_To = typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")
_Due = typer.Option("--due-date", formats=["%Y-%m-%d"], help="Last day to pay; today plus DUE_DAYS if not given.")


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was issued, or would be. `old` readings, `movers`, the month before and `spread` are known only before."""

    period: Period
    dry_run: bool
    issued: int
    total: Decimal
    skipped: int
    pending: int
    already: int
    listed: tuple[Listed, ...]
    unread: tuple[str, ...]
    old: tuple[str, ...] = ()
    last_total: Decimal | None = None
    movers: tuple[Mover, ...] = ()
    spread: Spread | None = None

    def flats(self, outcome: Outcome) -> list[str]:
        """Codes of the flats to which this happened."""
        return [one.flat_code for one in self.listed if one.outcome is outcome]


@app.command("issue")
def issue(  # noqa: PLR0917 - each option of the command
    month: Annotated[Month | None, _Month] = None,
    first: Annotated[datetime | None, _From] = None,
    last: Annotated[datetime | None, _To] = None,
    due_date: Annotated[datetime | None, _Due] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be issued.")] = False,
    json: Json = False,
) -> None:
    """Issues the bills of a month; again it issues only what is new, and continues what was interrupted."""
    period = _period(month, first, last)
    using, due = settings(), due_date.date() if due_date else None
    _check_due(using, due)
    shown = run(_preview(using, period, due) if dry_run else _issue(using, period, due))
    if json:
        print_json(_as_json(shown))
    else:
        _show(shown)
    if not dry_run and shown.flats(Outcome.FAILED):
        raise typer.Exit(1)


def _period(month: Month | None, first: datetime | None, last: datetime | None) -> Period:
    if month is not None and first is None and last is None:
        return whole_month(month)
    if month is None and first is not None and last is not None:
        if last < first:
            raise typer.BadParameter("--to lies before --from")
        return Period(first.date(), last.date())
    raise typer.BadParameter("give --month YYYY-MM, or --from and --to")


def _check_due(using: Settings, due: date | None) -> None:
    from jobs.draft_bill import LONGEST_DUE

    today = local_date(datetime.now(UTC), using.timezone)
    if due is not None and not today <= due <= today + LONGEST_DUE:
        raise typer.BadParameter(f"--due-date must lie between today and {today + LONGEST_DUE}")


async def _preview(using: Settings, period: Period, due: date | None) -> _Shown:
    from jobs.preview_run import preview

    async with at_work(using) as work:
        seen = await preview(work, period, due)
    _refuse(seen.locked)
    head = (period, True, seen.count, seen.total, seen.skipped, seen.pending, seen.already)
    return _Shown(*head, seen.listed, seen.gaps.unread, seen.gaps.old, seen.last_total, seen.movers, seen.spread)


async def _issue(using: Settings, period: Period, due: date | None) -> _Shown:
    from jobs.monthly_run import CHUNK, PeriodLocked, run_period
    from storage.bill_runs import Starter

    slices = 0

    def progress() -> None:
        nonlocal slices
        slices += 1
        note(f"{slices * CHUNK} flats looked at")

    async with workplace(using) as (place, actor):
        done = await run_period(place, Starter(actor.person_id, actor.name), period, due, progress)
    if isinstance(done, PeriodLocked):
        _refuse(done.months)
        raise TypeError(done)
    head = (period, False, done.progress.issued, done.total, done.skipped, done.pending, done.already)
    return _Shown(*head, done.listed, done.unread)


def _refuse(locked: tuple[Month, ...]) -> None:
    if locked:
        names = ", ".join(map(str, locked))
        is_locked = "is locked: nothing was issued. Choose a period that does not touch it."
        are_locked = "are locked: nothing was issued. Choose a period that does not touch them."
        stop(f"{names} {is_locked if len(locked) == 1 else are_locked}")


def _as_json(shown: _Shown) -> dict[str, Any]:
    """Counts of readings, except `missing`: flats that nobody read; the lists name them."""
    collisions, parked, failed = (
        shown.flats(outcome) for outcome in (Outcome.COLLISION, Outcome.PARKED, Outcome.FAILED)
    )
    return {
        "issued": shown.issued,
        "skipped": shown.skipped,
        "collisions": len(collisions),
        "parked": len(parked),
        "missing": len(shown.unread),
        "failed": len(failed),
        "total_amount": f"{shown.total:.2f}",
        "from": shown.period.start.isoformat(),
        "to": shown.period.end.isoformat(),
        "dry_run": shown.dry_run,
        "already_billed": shown.already,
        "pending": shown.pending,
        "written_to_first": _spread(shown.spread),
        "missing_flats": list(shown.unread),
        "without_bill": [
            {"flat": one.flat_code, "outcome": one.outcome.value, "reason": one.reason} for one in shown.listed
        ],
    }


def _spread(seen: Spread | None) -> dict[str, int | None] | None:
    """People on WhatsApp who have not written for a day, and how long that takes."""
    return {"people": seen.people, "a_day": seen.a_day, "days": seen.days} if seen else None


def _show(shown: _Shown) -> None:
    verb = "would be issued" if shown.dry_run else "issued"
    say(f"{counted(shown.issued, 'bill')} {verb}, {_t.rupees(shown.total)} in all.")
    if shown.last_total is not None:
        say(f"The month before: {_t.rupees(shown.last_total)}.")
    if shown.spread is not None:
        say(spread(_t, shown.spread))
    for mover in shown.movers:
        sign = "+" if mover.change > 0 else ""
        say(f"  {mover.flat_code}: {_t.rupees(mover.now)} ({sign}{_t.rupees(mover.change)})")
    for one in shown.listed[:_MOST_LINES]:
        say(f"  {one.flat_code}: {_LISTED[one.outcome]} ({(one.reason or '').replace('_', ' ')})")
    if shown.already:
        say(f"{counted(shown.already, 'bill was', 'bills were')} issued before.")
    if shown.pending:
        say(f"{counted(shown.pending, 'reading waits', 'readings wait')} for approval.")
    if shown.unread:
        say(f"{counted(len(shown.unread), 'flat was', 'flats were')} not read: {_some(shown.unread)}")
    if shown.old:
        count = counted(len(shown.old), "flat has", "flats have")
        say(f"{count} only a reading from before this service, so no bill: {_some(shown.old)}")


def _some(codes: tuple[str, ...]) -> str:
    rest = len(codes) - _MOST_LINES
    named = ", ".join(codes[:_MOST_LINES])
    return f"{named} and {rest} more" if rest > 0 else named

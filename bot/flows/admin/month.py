"""`/issue 2026-10`: the month's bills, shown first, issued in the background, told on one card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.announcements import announces
from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.router import command, press
from bot.texts import admin_month as texts
from domain.money import ZERO
from domain.period import Month, MonthError, Period, whole_month
from domain.roles import Permission
from jobs.bill_unread import Issued, Unbilled, bill_unread, shown, unread_flats
from jobs.issue_in_chat import Begun, Shown, issue_shown, resume, retry_failed
from jobs.monthly_run import month_just_ended, result
from jobs.preview_run import Preview, preview
from jobs.workbooks import Table, workbook
from storage import bill_runs, month_facts
from storage.bill_runs import Outcome

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from jobs.monthly_run import RunResult
    from jobs.ports import Notice
    from jobs.work import Work

_ISSUE = Permission.ISSUE_BILLS
Rows = tuple[tuple[Button, ...], ...]


@command("issue", permission=_ISSUE, about=texts.about_issue)
async def asked(visit: Visit, text: str) -> Turn:
    """What the run would do; where one is under way, how far it is."""
    try:
        month = Month.parse(text) if text else await _usual_month(visit.work)
    except MonthError:
        return answer(visit, Reply(texts.usage(visit.t)))
    if month.first_day > visit.work.today:
        return answer(visit, Reply(texts.not_begun(visit.t, month)))
    shown = await _look(visit, whole_month(month), f"issue:{visit.work.ref}")
    return answer(visit, shown if text else await _with_others(visit, shown, month))


async def _with_others(visit: Visit, shown: Reply, month: Month) -> Reply:
    """Who names no month is told of the others in which something waits."""
    others = [one for one in await month_facts.waiting_months(visit.work.conn) if Month.of(one.first) != month]
    return replace(shown, text="\n".join([shown.text, *texts.also_waiting(visit.t, others)]))


@press("month.look", permission=_ISSUE)
async def again(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The same as it stands now."""
    return answer(visit, await _look(visit, _period(data), data["card"]))


@press("month.issue", permission=_ISSUE)
async def issued(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Issue exactly what was shown."""
    seen = Shown(data["count"], Decimal(data["total"]), data["key"])
    outcome = await issue_shown(visit.work, _period(data), seen, visit.chat.id, data["card"])
    if isinstance(outcome, Begun):
        return answer(visit, await _progress(visit.work, visit.t, outcome.run.id, data["card"]))
    return answer(visit, await _preview(visit, outcome.preview, data["card"], texts.changed(visit.t)))


@press("month.provisional", permission=_ISSUE)
async def provisional(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Bill the unread flats that were shown, from their averages."""
    period = _period(data)
    bound = [(flat_id, total) for flat_id, total in data["shown"]]
    outcome = await bill_unread(visit.work, Month.of(period.end), bound)
    note = texts.provisional_issued(visit.t, outcome) if isinstance(outcome, Issued) else texts.changed(visit.t)
    reply = await _preview(visit, await preview(visit.work, period), data["card"], note)
    return answer(visit, reply)


@press("month.retry", permission=_ISSUE)
async def retried(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Those that failed, and no others."""
    if not await retry_failed(visit.work, data["run"], visit.chat.id, data["card"]):
        return answer(visit, Reply("", toast=texts.nothing_failed(visit.t)))
    return answer(visit, await _progress(visit.work, visit.t, data["run"], data["card"]))


@announces("run_progress", permission=_ISSUE)
async def run_progress(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """How far the run is at this moment, or what came of it."""
    if notice.card is None:
        return None
    return await _progress(work, t, notice.payload["run"], notice.card)


@announces("run_listed", permission=_ISSUE)
async def run_listed(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """The readings without a bill as a workbook."""
    done = await result(work, notice.payload["run"])
    if not done.listed:
        return None
    name = f"without-bill-{Month.of(done.run.period_to)}.xlsx"
    return Reply(texts.listed(t, done), document_name=name, document=workbook(_tables(t, done)))


def _tables(t: Translator, done: RunResult) -> list[Table]:
    first, second = texts.sheet_names(t)
    headings = texts.headings(t)
    rows = [(one.flat_code, texts.outcome_word(t, one.outcome), texts.why(t, one)) for one in done.listed]
    return [Table(first, headings, rows), Table(second, headings[:1], [(code,) for code in done.unread])]


async def _look(visit: Visit, period: Period, card: str) -> Reply:
    run = await resume(visit.work, period, visit.chat.id, card)
    if run is not None:
        return await _progress(visit.work, visit.t, run.id, card, texts.under_way(visit.t, run))
    return await _preview(visit, await preview(visit.work, period), card)


async def _preview(visit: Visit, seen: Preview, card: str, note: str = "") -> Reply:
    """Counts and sums, and the button that issues exactly these."""
    t = visit.t
    if seen.locked:
        return Reply(texts.locked(t, seen.locked), card=card)
    unread = await unread_flats(visit.work, Month.of(seen.period.end))
    days = {"from": seen.period.start.isoformat(), "to": seen.period.end.isoformat(), "card": card}
    look = (Button(texts.again_button(t), Action("month.look", days)),)
    bound = {**days, "count": seen.count, "total": str(seen.total), "key": seen.key}
    issue = (Button(texts.issue_button(t, seen.count, seen.total), Action("month.issue", bound)),)
    reasons = {one.place: texts.could_not(t, one, visit.work.society.zone) for one in seen.gaps.in_vain}
    text = "\n".join([texts.preview(t, seen, note), *texts.unread_lines(t, unread, reasons)])
    rows = (issue, *_provisional(t, unread, days), look) if seen.count else (*_provisional(t, unread, days), look)
    return Reply(text, rows, card=card)


def _provisional(t: Translator, unread: Sequence[Unbilled], days: Mapping[str, Any]) -> Rows:
    bound = shown(unread)
    if not bound:
        return ()
    label = texts.provisional_button(t, len(bound), sum((one.total for one in unread), start=ZERO))
    return ((Button(label, Action("month.provisional", {**days, "shown": bound})),),)


async def _progress(work: Work, t: Translator, run_id: int, card: str, note: str = "") -> Reply:
    run = await bill_runs.get(work.conn, run_id)
    if not run.is_done:
        period = Period(run.period_from, run.period_to)
        text = texts.progress(t, period, await bill_runs.progress(work.conn, run_id))
        return Reply("\n".join(filter(None, (note, text))), card=card, passing=True)
    done = await result(work, run_id)
    return Reply(texts.finished(t, done), _retry(t, done, card), card=card)


def _retry(t: Translator, done: RunResult, card: str) -> Rows:
    failed = done.progress.counts[Outcome.FAILED]
    if not failed:
        return ()
    return ((Button(texts.retry_button(t, failed), Action("month.retry", {"run": done.run.id, "card": card})),),)


async def _usual_month(work: Work) -> Month:
    """The latest with something to issue, else the one just ended."""
    day = await month_facts.latest_month_to_bill(work.conn)
    return Month.of(day) if day else month_just_ended(work.now, work.society.zone)


def _period(data: Mapping[str, Any]) -> Period:
    return Period(date.fromisoformat(data["from"]), date.fromisoformat(data["to"]))

"""The monthly run in chat: what it would do, how far it is, what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import Translator, escape
from bot.texts.admin_queue import failure_words
from bot.texts.engineer_round import lacking, reason_word
from domain.money import ZERO
from domain.period import Month
from jobs.bill_unread import Hindrance
from storage.bill_runs import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo
    from decimal import Decimal

    from domain.period import Period
    from jobs.bill_unread import Issued, Unbilled
    from jobs.monthly_run import RunResult
    from jobs.preview_run import Mover, Preview
    from jobs.spread import Spread
    from storage.bill_runs import BillRun, Listed, Progress
    from storage.cant_read import CantRead
    from storage.month_facts import Waiting
    from storage.month_gaps import MonthGaps

_MOST_NAMED = 12
_MOST_LISTED = 15
_MOST_MONTHS = 3


def about_issue(t: Translator) -> str:
    return t.gettext("issue the bills of a month")


def usage(t: Translator) -> str:
    return t.gettext("Which month? Write it like /issue 2026-10")


def locked(t: Translator, months: Sequence[Month]) -> str:
    names = ", ".join(t.month(month) for month in months)
    form = t.ngettext(
        "<b>{months} is locked.</b>\nNo bill can be issued in it. Send another month: /issue 2026-10",
        "<b>{months} are locked.</b>\nNo bill can be issued in them. Send another month: /issue 2026-10",
        len(months),
    )
    return form.format(months=names)


def not_begun(t: Translator, month: Month) -> str:
    return t.gettext("{month} has not begun. Send a month that has: /issue 2026-10").format(month=t.month(month))


def preview(t: Translator, seen: Preview, note: str = "") -> str:
    """Figures first: how many bills and how much, against the month before; then what stands in the way."""
    told = [spread(t, seen.spread)] if seen.spread else []
    lines = [note, _head(t, seen), _against(t, seen), *told, *_ways(t, seen), *_movers(t, seen.movers)]
    return "\n".join(line for line in lines if line)


def _head(t: Translator, seen: Preview) -> str:
    month = t.month(Month.of(seen.period.end))
    if not seen.count:
        return t.gettext("<b>{month}: nothing to issue.</b>").format(month=month)
    bills = t.ngettext("{count} bill", "{count} bills", seen.count).format(count=seen.count)
    head = f"<b>{month} · {bills} · {t.rupees(seen.total)}</b>"
    return f"{head}\n" + t.gettext("Due {day}").format(day=t.day(seen.due))


def also_waiting(t: Translator, others: Sequence[Waiting]) -> list[str]:
    """The other months in which readings wait, and the way there."""
    return [_also(t, one) for one in others[:_MOST_MONTHS]]


def _also(t: Translator, one: Waiting) -> str:
    month = Month.of(one.first)
    ways = [
        (one.approved, t.gettext("{count} approved, send /issue {month}")),
        (one.pending, t.gettext("{count} to approve, see /pending")),
    ]
    told = "; ".join(form.format(count=count, month=month) for count, form in ways if count)
    return t.gettext("Also waiting for {month}: {readings}").format(month=t.month(month), readings=told)


def _against(t: Translator, seen: Preview) -> str:
    """Only where there is something to compare."""
    if not seen.last_count or not seen.count:
        return ""
    change = seen.total - seen.last_total
    sign = "−" if change < ZERO else "+"
    return t.ngettext(
        "The month before: {count} bill, {total} ({change})",
        "The month before: {count} bills, {total} ({change})",
        seen.last_count,
    ).format(count=seen.last_count, total=t.rupees(seen.last_total), change=f"{sign}{t.rupees(abs(change))}")


def spread(t: Translator, seen: Spread) -> str:
    """How long the messages take where WhatsApp counts the people who are written to first. Plain text."""
    people = t.ngettext(
        "{count} owner on WhatsApp has not written for a day",
        "{count} owners on WhatsApp have not written for a day",
        seen.people,
    ).format(count=t.number(seen.people))
    if seen.a_day is None or seen.days is None:
        return t.gettext("{people}: they get theirs as fast as WhatsApp takes them.").format(people=people)
    limit = t.number(seen.a_day)
    if seen.days == 1:
        return t.gettext("{people}: all get theirs today, WhatsApp takes {limit} a day.").format(
            people=people, limit=limit
        )
    return t.gettext("{people}: WhatsApp takes {limit} a day, so the last get theirs on day {days}.").format(
        people=people, limit=limit, days=seen.days
    )


def not_read(t: Translator, gaps: MonthGaps) -> list[str]:
    """The flats and motors without a reading to bill, a line for each cause that there is."""
    causes = (
        (t.gettext("Not read ({count}): {flats}"), gaps.unread),
        (t.gettext("Only an old reading, from before this service, so no bill ({count}): {flats}"), gaps.old),
        (t.gettext("Water motors not read, so on no bill ({count}): {flats}"), gaps.motors),
    )
    tried = [lacking(t, len(gaps.unread) + len(gaps.motors), gaps.in_vain)] if gaps.in_vain else []
    return [*_named(t, causes), *tried]


def set_aside(t: Translator, gaps: MonthGaps) -> list[str]:
    """The flats that are parked now."""
    return _named(t, ((t.gettext("Set aside, open each with /flat ({count}): {flats}"), gaps.parked),))


def _named(t: Translator, causes: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    return [form.format(count=t.number(len(flats)), flats=_some(t, flats)) for form, flats in causes if flats]


def _ways(t: Translator, seen: Preview) -> list[str]:
    """What will get no bill, a line for each cause that there is."""
    billed = t.gettext("Billed for the month already, left as they are ({count}): {flats}")
    failed = t.gettext("Cannot be issued ({count}): {flats}")
    doubted = t.gettext("(!) Approved, and the photo says something else, open each with /check ({count}): {flats}")
    lines = [
        *_named(t, ((doubted, seen.contradicted),)),
        *not_read(t, seen.gaps),
        *_named(t, ((billed, seen.flats(Outcome.COLLISION)),)),
        *set_aside(t, seen.gaps),
        *_named(t, ((failed, seen.flats(Outcome.FAILED)),)),
    ]
    if seen.waits_for:
        motors = ", ".join(f"{escape(motor)} {count}" for motor, count in seen.waits_for)
        form = t.gettext("Waiting for a motor's other flats ({count}): {motors}, see /pending")
        lines.append(form.format(count=sum(count for _, count in seen.waits_for), motors=motors))
    if seen.pending:
        lines.append(t.gettext("Waiting for approval: {count}, see /pending").format(count=seen.pending))
    if seen.already:
        lines.append(t.gettext("Issued before: {count}").format(count=seen.already))
    if seen.default_priced:
        lines.append(
            t.gettext("At default prices, because master data is missing: {count}").format(count=seen.default_priced)
        )
    return lines


def _movers(t: Translator, movers: Sequence[Mover]) -> list[str]:
    if not movers:
        return []
    lines = [
        f"{escape(one.flat_code)} {t.rupees(one.now)} ({'+' if one.change > ZERO else '−'}{t.rupees(abs(one.change))})"
        for one in movers
    ]
    return [t.gettext("Changed most against the month before, without arrears:"), *lines]


def _some(t: Translator, codes: Sequence[str]) -> str:
    named = ", ".join(escape(code) for code in codes[:_MOST_NAMED])
    rest = len(codes) - _MOST_NAMED
    return t.gettext("{flats} and {count} more").format(flats=named, count=rest) if rest > 0 else named


def could_not(t: Translator, one: CantRead, zone: tzinfo) -> str:
    """`locked, 3 Nov 2026`: why a meter could not be read, and when it was tried last."""
    return f"{one.words or reason_word(t, one.reason)}, {t.day(one.at.astimezone(zone).date())}"


def unread_lines(t: Translator, unread: Sequence[Unbilled], reasons: Mapping[str, str]) -> list[str]:
    """Which unread flats can be billed from their average, and which cannot; by `reasons` why nobody read them."""
    ready = [
        _because(f"{one.flat_code} {t.number(one.amounts.flat_units)}", reasons.get(one.flat_code))
        for one in unread
        if one.amounts
    ]
    causes = (
        (t.gettext("Not read, can be billed from their average units ({count}): {flats}"), ready),
        (
            t.gettext("Unread for the third month, so not billed before a reading ({count}): {flats}"),
            _hindered(unread, Hindrance.THIRD_MONTH, reasons),
        ),
        (
            t.gettext("Unread, too few readings for an average ({count}): {flats}"),
            _hindered(unread, Hindrance.NO_HISTORY, reasons),
        ),
    )
    return _named(t, causes)


def _hindered(unread: Sequence[Unbilled], hindrance: Hindrance, reasons: Mapping[str, str]) -> list[str]:
    return [_because(one.flat_code, reasons.get(one.flat_code)) for one in unread if one.hindrance is hindrance]


def _because(flat: str, why_not: str | None) -> str:
    return f"{flat} ({why_not})" if why_not else flat


def provisional_button(t: Translator, count: int, total: Decimal) -> str:
    """Restates what it does."""
    form = t.ngettext(
        "Bill {count} unread flat by estimate, {total}", "Bill {count} unread flats by estimate, {total}", count
    )
    return form.format(count=count, total=t.rupees(total))


def provisional_issued(t: Translator, done: Issued) -> str:
    form = t.ngettext("{count} estimated bill issued, {total}.", "{count} estimated bills issued, {total}.", done.count)
    return form.format(count=done.count, total=t.rupees(done.total))


def issue_button(t: Translator, count: int, total: Decimal) -> str:
    """Restates what it does."""
    bills = t.ngettext("Issue {count} bill, {total}", "Issue {count} bills, {total}", count)
    return bills.format(count=count, total=t.rupees(total))


def again_button(t: Translator) -> str:
    return t.gettext("Look again")


def changed(t: Translator) -> str:
    """Above the preview drawn again."""
    return t.gettext("Something changed since this was shown. Nothing was issued. It stands like this now:")


def progress(t: Translator, period: Period, done: Progress) -> str:
    """While it runs."""
    month = t.month(Month.of(period.end))
    head = t.ngettext(
        "<b>{month}: {done} of {planned} reading done</b>",
        "<b>{month}: {done} of {planned} readings done</b>",
        done.planned,
    ).format(month=month, done=done.done, planned=done.planned)
    issued = t.ngettext("{count} bill issued, {total}", "{count} bills issued, {total}", done.issued)
    follows = t.gettext("It goes on by itself, and this message with it.")
    return f"{head}\n{issued.format(count=done.issued, total=t.rupees(done.total))}\n{follows}"


def finished(t: Translator, done: RunResult) -> str:
    """What came of it, failures by name."""
    month = t.month(Month.of(done.run.period_to))
    issued = t.ngettext("{count} bill issued, {total}", "{count} bills issued, {total}", done.progress.issued)
    lines = [
        f"<b>{month}: {issued.format(count=done.progress.issued, total=t.rupees(done.total))}</b>",
        t.gettext("Started by {who}").format(who=escape(done.run.actor)),
        *[f"{escape(one.flat_code)}: {why(t, one)}" for one in done.listed[:_MOST_LISTED]],
    ]
    rest = len(done.listed) - _MOST_LISTED
    if rest > 0:
        lines.append(t.gettext("and {count} more, see the workbook").format(count=rest))
    if done.unread:
        lines.append(
            t.gettext("Not read ({count}): {flats}").format(count=len(done.unread), flats=_some(t, done.unread))
        )
    return "\n".join(lines)


def why(t: Translator, one: Listed) -> str:
    """Why a reading got no bill, in a few words."""
    words = failure_words(t) | {
        "pending": t.gettext("changed meanwhile, waits for approval"),
        "returned": t.gettext("sent back meanwhile"),
        "waiting_for_motor": t.gettext("waits for its motor"),
        "month_billed": t.gettext("the month has a bill already"),
        "no_baseline": t.gettext("first reading of its meter, nothing to bill yet"),
        "bad_period": t.gettext("its period is not possible"),
        "bad_due_date": t.gettext("its due date is not possible"),
    }
    return words.get(one.reason or "", words[""])


def retry_button(t: Translator, count: int) -> str:
    return t.gettext("Retry {count} failed").format(count=count)


def nothing_failed(t: Translator) -> str:
    return t.gettext("Nothing is left to retry.")


def under_way(t: Translator, run: BillRun) -> str:
    """Above the progress of a run that was there."""
    return t.gettext("A run started by {who} is under way.").format(who=escape(run.actor))


def listed(t: Translator, done: RunResult) -> str:
    """Above the workbook."""
    return t.ngettext(
        "{count} reading of {month} has no bill: the list with the reasons.",
        "{count} readings of {month} have no bill: the list with the reasons.",
        len(done.listed),
    ).format(count=len(done.listed), month=t.month(Month.of(done.run.period_to)))


def headings(t: Translator) -> tuple[str, ...]:
    return t.gettext("Flat"), t.gettext("Outcome"), t.gettext("Reason")


def outcome_word(t: Translator, outcome: Outcome) -> str:
    words = {
        Outcome.COLLISION: t.gettext("left, billed already"),
        Outcome.PARKED: t.gettext("set aside"),
        Outcome.FAILED: t.gettext("failed"),
    }
    return words.get(outcome, t.gettext("not yet"))


def sheet_names(t: Translator) -> tuple[str, str]:
    return t.gettext("Without a bill"), t.gettext("Not read")

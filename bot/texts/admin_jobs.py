"""What the office reads about scheduled jobs: when each ran and runs next, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from bot.i18n import Translator, escape
from domain.period import Month
from jobs.job_control import JobState
from storage.job_runs import LastRun


def listed(t: Translator, states: Sequence[JobState], zone: tzinfo, now: datetime) -> str:
    """Every job with its next and last run."""
    jobs = (line for state in states for line in _lines(t, state, zone, now))
    return "\n".join([f"<b>{t.gettext('Jobs')}</b>", *jobs])


def job_card(t: Translator, state: JobState, zone: tzinfo, now: datetime) -> str:
    """One job, with why its last run failed."""
    lines = [*_lines(t, state, zone, now), about(t, state.name)]
    if state.last is not None and state.last.error is not None:
        lines.append(t.gettext("Reason: {reason}").format(reason=escape(state.last.error)))
    return "\n".join(lines)


def _lines(t: Translator, state: JobState, zone: tzinfo, now: datetime) -> list[str]:
    if state.next_run is None:
        following = t.gettext("paused")
    else:
        following = t.gettext("next {moment}").format(moment=_moment(t, state.next_run, now.astimezone(zone)))
    head = f"<b>{job_name(t, state.name)}</b> · {following}"
    return [head, last_run(t, state.last, zone, now)]


def last_run(t: Translator, last: LastRun | None, zone: tzinfo, now: datetime) -> str:
    """`Last 2 Nov, 11:00: done, 3 bills became overdue`."""
    if last is None:
        return t.gettext("Has not run yet.")
    moment = _moment(t, (last.finished_at or last.started_at).astimezone(zone), now.astimezone(zone))
    return t.gettext("Last {moment}: {outcome}").format(moment=moment, outcome=_outcome(t, last))


def _outcome(t: Translator, last: LastRun) -> str:
    if last.state == "failed":
        return t.gettext("<b>failed</b>")
    if last.state == "running":
        return t.gettext("is tried again") if last.error else t.gettext("under way")
    facts = _facts(t, last.job, last.result)
    return t.gettext("done, {facts}").format(facts=facts) if facts else t.gettext("done")


def _facts(t: Translator, job: str, result: Mapping[str, Any]) -> str:
    """What came of it."""
    if "locked" in result:
        return t.gettext("nothing issued: {months} locked").format(months=", ".join(result["locked"]))
    count = int(result.get(_COUNTED.get(job, ""), 0))
    forms = {
        "payment_reminders": t.ngettext("{count} flat reminded", "{count} flats reminded", count),
        "mark_overdue": t.ngettext("{count} bill changed", "{count} bills changed", count),
        "reading_reminders": t.ngettext("{count} meter unread", "{count} meters unread", count),
        "backup": t.ngettext("{count} row saved", "{count} rows saved", count),
    }
    if job == "monthly_bills":
        return _month_facts(t, result)
    if job == "reconcile_payments":
        return _comparison(t, result)
    return forms[job].format(count=t.number(count)) if job in forms and _COUNTED[job] in result else ""


_COUNTED: Final = {
    "payment_reminders": "flats",
    "mark_overdue": "bills",
    "reading_reminders": "unread",
    "backup": "rows",
}
"""Which figure of its result says what came of a job."""


def _month_facts(t: Translator, result: Mapping[str, Any]) -> str:
    """What was issued, and what that left out."""
    issued, unread, pending = (int(result.get(name, 0)) for name in ("issued", "unread", "pending"))
    bills = t.ngettext("{count} bill issued, {total}", "{count} bills issued, {total}", issued)
    parts = [bills.format(count=t.number(issued), total=t.rupees(Decimal(result.get("total", 0))))]
    if unread:
        parts.append(
            t.ngettext("{count} flat not read", "{count} flats not read", unread).format(count=t.number(unread))
        )
    if pending:
        parts.append(t.gettext("{count} waiting for approval").format(count=t.number(pending)))
    return "; ".join(parts)


def _comparison(t: Translator, result: Mapping[str, Any]) -> str:
    """What could not be compared is said: no difference was found there, but nobody looked."""
    if "differences" not in result:
        return t.gettext("nothing to compare, online payments are not set up") if "providers" in result else ""
    count = int(result["differences"])
    found = t.ngettext("{count} difference", "{count} differences", count).format(count=t.number(count))
    away = ", ".join(name.capitalize() for name in result.get("unreachable", ()))
    return "; ".join([found, t.gettext("{names} could not be reached").format(names=away)]) if away else found


def _moment(t: Translator, moment: datetime, now: datetime) -> str:
    """Both local; today needs no day."""
    clock = t.clock(moment)
    return clock if moment.date() == now.date() else f"{t.near_day(moment.date())}, {clock}"


def job_name(t: Translator, name: str) -> str:
    """As people call it."""
    names = {
        "monthly_bills": t.gettext("Bills of the month"),
        "payment_reminders": t.gettext("Payment reminders"),
        "mark_overdue": t.gettext("Overdue bills"),
        "reading_reminders": t.gettext("Reading reminders"),
        "reconcile_payments": t.gettext("Compare payments"),
        "backup": t.gettext("Backup"),
    }
    return names.get(name, name)


def about(t: Translator, name: str) -> str:
    """What it does, in a line."""
    lines = {
        "monthly_bills": t.gettext("Issues the bills of the month just ended, of all approved readings."),
        "payment_reminders": t.gettext("Reminds owners three days before the due day, on it, and three days after."),
        "mark_overdue": t.gettext("Marks bills that are past their due day as overdue."),
        "reading_reminders": t.gettext("Tells the engineers what is unread when the month ends."),
        "reconcile_payments": t.gettext("Compares what Stripe and Razorpay took with our accounts."),
        "backup": t.gettext("Writes everything into a file in the data folder and keeps the last 14."),
    }
    return lines.get(name, "")


def run_button(t: Translator) -> str:
    """Runs it at once."""
    return t.gettext("Run now")


def bills_button(t: Translator) -> str:
    """Shows how many there are and their sum, with the button that issues them."""
    return t.gettext("Show the bills first")


def month_button(t: Translator, month: Month) -> str:
    """The same for a month that was missed."""
    return t.gettext("Show {month}").format(month=t.month(month))


def pause_button(t: Translator) -> str:
    """Stops it until it is resumed."""
    return t.gettext("Pause")


def resume_button(t: Translator) -> str:
    """Lets it go on."""
    return t.gettext("Resume")


def back_button(t: Translator) -> str:
    """To the list of jobs."""
    return t.gettext("Back")


def started(t: Translator) -> str:
    """Asked for; the card changes when it is done."""
    return t.gettext("Starts now. This message says what came of it.")


def resumed(t: Translator, missed: Sequence[Month]) -> str:
    """It goes on; the bills of months that were missed wait for somebody who has looked at them."""
    if not missed:
        return t.gettext("It goes on with its next time. What was due while it was paused is left out.")
    months = ", ".join(t.month(month) for month in missed)
    return t.gettext(
        "It goes on. Missed while it was paused, and not issued: {months}. Look at the bills, then issue them."
    ).format(months=months)


def failed(t: Translator, last: LastRun) -> str:
    """To every admin: a job was given up."""
    form = t.ngettext(
        "<b>{job} failed</b> after {tries} try.", "<b>{job} failed</b> after {tries} tries.", last.attempts
    )
    head = form.format(job=job_name(t, last.job), tries=last.attempts)
    reason = t.gettext("Reason: {reason}").format(reason=escape(last.error or ""))
    return "\n".join([head, reason, t.gettext("/jobs runs it again.")])


def about_jobs(t: Translator) -> str:
    """In the menu."""
    return t.gettext("what runs by itself, and when")

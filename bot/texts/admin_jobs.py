"""What the office reads about scheduled jobs: when each ran and runs next, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

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
    if job == "monthly_bills":
        return t.gettext("{count} bills issued, {total}").format(
            count=result.get("issued", 0), total=t.rupees(Decimal(result.get("total", 0)))
        )
    if job == "payment_reminders":
        return t.gettext("{count} flats reminded").format(count=result.get("flats", 0))
    if job == "mark_overdue":
        return t.gettext("{count} bills changed").format(count=result.get("bills", 0))
    if job == "reading_reminders":
        return t.gettext("{count} meters unread").format(count=result.get("unread", 0))
    if job == "reconcile_payments" and "differences" in result:
        return t.gettext("{count} differences").format(count=result["differences"])
    if job == "backup" and "rows" in result:
        return t.gettext("{count} rows").format(count=t.number(result["rows"]))
    return ""


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
        "monthly_bills": t.gettext("Issues what is approved of the month just ended."),
        "payment_reminders": t.gettext("Three days before the due day, on it, and three days after."),
        "mark_overdue": t.gettext("Marks bills that are past their due day."),
        "reading_reminders": t.gettext("Tells the engineers what is unread when the month ends."),
        "reconcile_payments": t.gettext("Compares what Stripe and Razorpay took with our accounts."),
        "backup": t.gettext("Writes everything into a file in the data folder and keeps the last 14."),
    }
    return lines.get(name, "")


def run_button(t: Translator) -> str:
    """Runs it at once."""
    return t.gettext("Run now")


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
    """It goes on; months that were missed are done now."""
    if not missed:
        return t.gettext("It goes on with its next time. What was due while it was paused is left out.")
    months = ", ".join(t.month(month) for month in missed)
    return t.gettext("Missed while it was paused, and done now: {months}.").format(months=months)


def failed(t: Translator, last: LastRun) -> str:
    """To every admin: a job was given up."""
    head = t.gettext("<b>{job} failed</b> after {tries} tries.").format(job=job_name(t, last.job), tries=last.attempts)
    reason = t.gettext("Reason: {reason}").format(reason=escape(last.error or ""))
    return "\n".join([head, reason, t.gettext("/jobs runs it again.")])


def about_jobs(t: Translator) -> str:
    """In the menu."""
    return t.gettext("what runs by itself, and when")

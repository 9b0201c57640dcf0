"""Closing a month in chat: what it holds, what it lacks, who has to confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import Translator, escape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from jobs.lock_month import MonthSheet
    from storage.lock_requests import LockRequest

_MOST_NAMED = 12


def about_lock(t: Translator) -> str:
    return t.gettext("close a month, or open it again")


def usage(t: Translator) -> str:
    return t.gettext("Which month? Write it like /lock 2026-10")


def sheet(
    t: Translator, seen: MonthSheet, locked_at: datetime | None, note: str = "", *, single_admin: bool = False
) -> str:
    """Figures first, then what is missing; `locked_at` is in the society's time zone."""
    lines = [
        note,
        _head(t, seen),
        _stand(t, seen, locked_at),
        *_missing(t, seen),
        *_asked(t, seen, single_admin=single_admin),
    ]
    return "\n".join(line for line in lines if line)


def _head(t: Translator, seen: MonthSheet) -> str:
    bills = t.ngettext("{count} bill", "{count} bills", seen.bills.count).format(count=seen.bills.count)
    return f"<b>{t.month(seen.month)} · {bills} · {t.rupees(seen.bills.total)}</b>"


def _stand(t: Translator, seen: MonthSheet, locked_at: datetime | None) -> str:
    if seen.lock is not None and locked_at is not None:
        state = t.gettext("Locked since {day}.").format(day=t.day(locked_at.date()))
        return state if seen.may_unlock else state + " " + t.gettext("It stays locked for good.")
    if not seen.ended:
        return t.gettext("This month has not ended: it can be locked from the first of the next one.")
    return t.gettext("Locked, no bill can be issued in it any more; payments still count.")


def _missing(t: Translator, seen: MonthSheet) -> list[str]:
    if seen.lock is not None:
        return []
    if seen.complete:
        return [t.gettext("Nothing is missing.")]
    counts = (
        (t.gettext("Waiting for approval: {count}, see /pending"), seen.pending),
        (t.gettext("Approved and not billed: {count}, see /issue {month}"), seen.to_bill),
        (t.gettext("On no account yet: {count}"), seen.unposted),
    )
    lines = [form.format(count=count, month=seen.month) for form, count in counts if count]
    if seen.unread:
        form = t.gettext("Not read ({count}): {flats}")
        lines.append(form.format(count=len(seen.unread), flats=_some(t, seen.unread)))
    return [t.gettext("Missing:"), *lines]


def _some(t: Translator, codes: Sequence[str]) -> str:
    named = ", ".join(escape(code) for code in codes[:_MOST_NAMED])
    rest = len(codes) - _MOST_NAMED
    return t.gettext("{flats} and {count} more").format(flats=named, count=rest) if rest > 0 else named


def _asked(t: Translator, seen: MonthSheet, *, single_admin: bool) -> list[str]:
    if seen.request is None:
        return []
    form = (
        t.gettext("{who} asks to lock it.")
        if seen.request.what == "lock"
        else t.gettext("{who} asks to open it again: “{reason}”.")
    )
    asks = form.format(who=escape(seen.request.requester), reason=escape(seen.request.reason or ""))
    return [asks] if single_admin else [asks, t.gettext("Another admin has to confirm.")]


def no_second_admin(t: Translator) -> str:
    return t.gettext("There is no second admin: invite one with /people, or set SINGLE_ADMIN=true.")


def lock_button(t: Translator, seen: MonthSheet) -> str:
    """Restates what it closes."""
    bills = t.ngettext("Lock {count} bill, {total}", "Lock {count} bills, {total}", seen.bills.count)
    return bills.format(count=seen.bills.count, total=t.rupees(seen.bills.total))


def confirm_lock_button(t: Translator, seen: MonthSheet) -> str:
    """Restates what it closes, the second time."""
    bills = t.ngettext("Confirm: lock {count} bill", "Confirm: lock {count} bills", seen.bills.count)
    return bills.format(count=seen.bills.count)


def unlock_button(t: Translator, seen: MonthSheet) -> str:
    return t.gettext("Open {month} again").format(month=t.month_name(seen.month))


def confirm_unlock_button(t: Translator, seen: MonthSheet) -> str:
    return t.gettext("Confirm: open {month}").format(month=t.month_name(seen.month))


def ask_reason(t: Translator, seen: MonthSheet) -> str:
    return t.gettext("Why should {month} be opened again? Send the reason; it is kept.").format(
        month=t.month(seen.month)
    )


def no_reason(t: Translator, most: int) -> str:
    return t.gettext("Please send the reason as a text of at most {most} letters.").format(most=most)


def own_request(t: Translator) -> str:
    """The one who asked pressed again."""
    return t.gettext("You asked for this yourself: another admin has to confirm.")


def changed(t: Translator) -> str:
    return t.gettext("The month's bills changed since this was shown. Nothing was locked. It stands like this now:")


def decided(t: Translator, request: LockRequest) -> str:
    """What came of a request."""
    who = escape(request.decider or "")
    if request.state == "cancelled":
        return t.gettext("{month}: the request was taken back by {who}.").format(month=t.month(request.month), who=who)
    if request.what == "lock":
        return t.gettext("<b>{month} is locked.</b> Asked for by {asker}, confirmed by {who}.").format(
            month=t.month(request.month), asker=escape(request.requester), who=who
        )
    return t.gettext("<b>{month} is open again.</b> Asked for by {asker}, confirmed by {who}: “{reason}”").format(
        month=t.month(request.month), asker=escape(request.requester), who=who, reason=escape(request.reason or "")
    )

"""Closing a month in chat: what it holds, what it lacks, who has to confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import Translator, escape
from bot.texts.admin_month import not_read, set_aside

if TYPE_CHECKING:
    from datetime import datetime

    from jobs.lock_month import MonthSheet
    from storage.lock_requests import LockRequest


def about_lock(t: Translator) -> str:
    return t.gettext("close a month, or open it again")


def usage(t: Translator) -> str:
    return t.gettext("Which month? Write it like /lock 2026-10")


def sheet(t: Translator, seen: MonthSheet, locked_at: datetime | None, note: str = "", *, may_confirm: bool) -> str:
    """Figures first, then what is missing; `locked_at` is local, `may_confirm`: the reader may decide what is asked."""
    lines = [
        note,
        _head(t, seen),
        *([] if seen.lock else _missing(t, seen)),
        _stand(t, seen, locked_at),
        *_asked(t, seen, may_confirm=may_confirm),
    ]
    return "\n".join(line for line in lines if line)


def _head(t: Translator, seen: MonthSheet) -> str:
    bills = t.ngettext("{count} bill", "{count} bills", seen.count).format(count=t.number(seen.count))
    head = f"<b>{t.month(seen.month)} · {bills} · {t.rupees(seen.total)}</b>{_void(t, seen.void)}"
    if seen.lock is not None or not seen.gaps.flats:
        return head
    billed = t.ngettext("{billed} of {count} flat is billed.", "{billed} of {count} flats are billed.", seen.gaps.flats)
    return f"{head}\n{billed.format(billed=t.number(seen.gaps.billed), count=t.number(seen.gaps.flats))}"


def _void(t: Translator, count: int) -> str:
    """Beside the figures that are locked, not among them."""
    return f" · {t.ngettext('{count} void', '{count} void', count).format(count=t.number(count))}" if count else ""


def _stand(t: Translator, seen: MonthSheet, locked_at: datetime | None) -> str:
    if seen.lock is not None and locked_at is not None:
        state = t.gettext("Locked since {day}: no bill can be issued in it; payments still count.")
        locked = state.format(day=t.day(locked_at.date()))
        return locked if seen.may_unlock else locked + " " + t.gettext("It stays locked for good.")
    if not seen.ended:
        return t.gettext("This month has not ended: it can be locked from the first of the next one.")
    return t.gettext("Not locked yet. Once locked, no bill can be issued in it any more; payments still count.")


def _missing(t: Translator, seen: MonthSheet) -> list[str]:
    """A line for each kind of thing that nobody has dealt with, and where to deal with it."""
    if seen.gaps.none:
        return [t.gettext("Nothing is missing.")]
    named = [*not_read(t, seen.gaps), *set_aside(t, seen.gaps)]
    return [t.gettext("Missing:"), *named, *_counts(t, seen)]


def _counts(t: Translator, seen: MonthSheet) -> list[str]:
    """What is only counted."""
    gaps = seen.gaps
    counts = (
        (t.gettext("Readings that wait for approval: {count}, see /pending"), gaps.pending),
        (t.gettext("Readings approved and not billed: {count}, see /issue {month}"), gaps.approved),
        (t.gettext("Payments that owners told us of, not answered: {count}"), gaps.claims),
        (t.gettext("Online payments that belong to no flat yet: {count}, see /strays"), gaps.strays),
        (t.gettext("Lines of bank statements left open: {count}, send the statement again"), gaps.rows),
        (t.gettext("Bills from another program, on no account: {count}; tell whoever looks after this"), gaps.outside),
    )
    return [form.format(count=t.number(count), month=seen.month) for form, count in counts if count]


def _asked(t: Translator, seen: MonthSheet, *, may_confirm: bool) -> list[str]:
    if seen.request is None:
        return []
    form = (
        t.gettext("{who} asks to lock it.")
        if seen.request.what == "lock"
        else t.gettext("{who} asks to open it again: “{reason}”.")
    )
    asks = form.format(who=escape(seen.request.requester), reason=escape(seen.request.reason or ""))
    decide = t.gettext("Check it, then confirm or cancel.")
    return [asks, decide if may_confirm else _who_confirms(t, seen, seen.request.requested_by)]


def _who_confirms(t: Translator, seen: MonthSheet, asker: int) -> str:
    others = [escape(one.name) for one in seen.admins if one.person_id != asker]
    if not others:
        return t.gettext("Another admin has to confirm.")
    form = t.gettext("Another admin has to confirm: {names}. They were told, or can send /lock {month}.")
    return form.format(names=", ".join(others), month=seen.month)


def no_second_admin(t: Translator, seen: MonthSheet) -> str:
    """Below the sheet of the only admin, whose own request nobody could confirm."""
    return t.gettext(
        "A second admin has to confirm this, and you are the only one. Invite one; when they have joined, send "
        "/lock {month} again. Does the office have one person only? Then whoever installed this sets SINGLE_ADMIN=true."
    ).format(month=seen.month)


def claims_button(t: Translator, count: int) -> str:
    """Brings the payments that owners told us of."""
    form = t.ngettext("Show {count} payment to answer", "Show {count} payments to answer", count)
    return form.format(count=t.number(count))


def no_claims(t: Translator) -> str:
    """All were answered meanwhile."""
    return t.gettext("No payment waits for an answer any more.")


def lock_button(t: Translator, seen: MonthSheet) -> str:
    """Restates what it closes."""
    bills = t.ngettext("Lock {count} bill, {total}", "Lock {count} bills, {total}", seen.count)
    return bills.format(count=seen.count, total=t.rupees(seen.total))


def confirm_lock_button(t: Translator, seen: MonthSheet) -> str:
    """Restates what it closes, the second time."""
    bills = t.ngettext("Confirm: lock {count} bill", "Confirm: lock {count} bills", seen.count)
    return bills.format(count=seen.count)


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

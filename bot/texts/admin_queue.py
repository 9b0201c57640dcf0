"""The queue as a whole: how much waits, the normal ones in one press, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.i18n import Translator, escape
from bot.texts import photo_checks
from bot.texts.engineer import figure
from bot.texts.engineer_round import lacking
from jobs.approve_batch import Started
from jobs.draft_bill import Obstacle
from jobs.motor_groups import Group
from jobs.pending import AnyDraft, Queue

_MOST_LISTED = 100
_MOST_NAMED = 12


def inbox(t: Translator, queue: Queue, as_of: datetime) -> str:
    """How much waits, and what the month still lacks."""
    form = t.ngettext("{month} · {read} of {count} meter read", "{month} · {read} of {count} meters read", queue.meters)
    head = form.format(month=t.month_name(queue.month), read=queue.meters - queue.unread, count=queue.meters)
    counts = [
        t.gettext("{count} normal").format(count=len(queue.normal)),
        t.gettext("{count} to look at").format(count=len(queue.review)),
        t.gettext("{count} without photo").format(count=queue.without_photo),
        *photo_checks.counts(t, queue),
        t.gettext("{count} unread").format(count=queue.unread),
    ]
    waits = t.ngettext("{count} reading waits", "{count} readings wait", queue.waiting).format(count=queue.waiting)
    rows = [f"<b>{head}</b>", " · ".join(counts), f"{waits}, {t.clock(as_of)}"]
    return "\n".join([*rows, *_in_vain(t, queue), *_groups(t, queue)])


def _in_vain(t: Translator, queue: Queue) -> list[str]:
    """Why some of the unread meters are; nothing where nobody stood before one in vain."""
    return [lacking(t, queue.unread, queue.in_vain)] if queue.in_vain else []


def _groups(t: Translator, queue: Queue) -> list[str]:
    """The motor groups whose approved flats are not billed yet."""
    lines = [
        f"{escape(one.motor)}, {t.month_name(one.month)}: {_ready(t, one)}, {_approved(t, len(one.to_issue))}"
        for one in queue.groups[:_MOST_NAMED]
    ]
    if queue.ready:
        ready = t.ngettext("{count} approved reading waits for nothing", "{count} approved readings wait for nothing",
                           len(queue.ready))  # fmt: skip
        lines.append(ready.format(count=len(queue.ready)))
    return lines


def _ready(t: Translator, group: Group) -> str:
    count = len(group.members)
    form = t.ngettext("{ready} of {count} flat ready", "{ready} of {count} flats ready", count)
    return form.format(ready=count - len(group.lacking), count=count)


def _approved(t: Translator, count: int) -> str:
    return t.ngettext("{count} waits for its bill", "{count} wait for their bill", count).format(count=count)


def moved(t: Translator) -> str:
    """In the place of a queue card far up in the chat."""
    return t.gettext("More readings came. The queue is further down now.")


def nothing_waits(t: Translator, queue: Queue) -> str:
    """The queue is empty."""
    text = t.ngettext(
        "<b>Nothing waits.</b>\n{read} of {count} meter is read in {month}.",
        "<b>Nothing waits.</b>\n{read} of {count} meters are read in {month}.",
        queue.meters,
    ).format(read=queue.meters - queue.unread, count=queue.meters, month=t.month_name(queue.month))
    return "\n".join([text, *_in_vain(t, queue), *_groups(t, queue)])


def approve_normal_button(t: Translator, count: int) -> str:
    return t.gettext("Approve {count} normal").format(count=count)


def review_button(t: Translator, count: int) -> str:
    return t.gettext("Review {count}").format(count=count)


def offer(t: Translator, queue: Queue, as_of: datetime, unreached: Sequence[str]) -> str:
    """Before the normal ones are approved: exactly what, and for whom it needs paper."""
    lines = [
        f"<b>{_sum(t, queue)}</b>",
        t.gettext("Nothing that came after {when} is included.").format(when=t.clock(as_of)),
    ]
    if queue.normal_unlooked:
        lines.append(photo_checks.unlooked(t, queue.normal_unlooked))
    if queue.normal_waiting:
        lines.append(_later(t, queue.normal_waiting))
    if queue.following:
        lines.append(_before(t, len(queue.following)))
    lines += _without_share(t, queue)
    if unreached:
        lines.append(_unreached(t, unreached))
    return "\n".join(lines)


def _without_share(t: Translator, queue: Queue) -> list[str]:
    """Bills that lack a motor's share, because nobody has read the motor."""
    if not queue.without_share:
        return []
    form = t.ngettext(
        "<b>{count} of them has no motor share yet.</b> Not read: {motors}. Read the motors first to include it.",
        "<b>{count} of them have no motor share yet.</b> Not read: {motors}. Read the motors first to include it.",
        len(queue.without_share),
    )
    motors = sorted({one.unread_motor for one in queue.without_share if one.unread_motor})
    return [form.format(count=len(queue.without_share), motors=_some(t, motors))]


def leave_out_button(t: Translator, count: int) -> str:
    """Only those whose bill is whole."""
    return t.gettext("Leave out the {count} without share").format(count=count)


def _sum(t: Translator, queue: Queue) -> str:
    """How many readings; units and rupees of what is billed with them."""
    words = [
        t.ngettext("{count} reading", "{count} readings", len(queue.normal)).format(count=len(queue.normal)),
        t.gettext("{units} units").format(units=t.number(queue.normal_units)) if queue.normal_units else "",
        _rupees(t, queue),
    ]
    return f"{', '.join(filter(None, words))}."


def _rupees(t: Translator, queue: Queue) -> str:
    if not queue.bills:
        return ""
    form = t.gettext("{total} billed now") if queue.normal_waiting else t.gettext("{total} in all")
    return form.format(total=t.rupees(queue.normal_total))


def _later(t: Translator, count: int) -> str:
    """Without an amount: it follows from the group."""
    return t.ngettext(
        "{count} of them waits for its motor: it is billed when the last of its group is approved.",
        "{count} of them wait for their motor: they are billed when the last of their group is approved.",
        count,
    ).format(count=count)


def _before(t: Translator, count: int) -> str:
    """Bills that come with the last of their motor's group."""
    return t.ngettext(
        "{count} flat approved before is billed with them.",
        "{count} flats approved before are billed with them.",
        count,
    ).format(count=count)


def _unreached(t: Translator, codes: Sequence[str]) -> str:
    return t.gettext("No chat linked, bill on paper: {flats}").format(flats=_some(t, codes))


def _some(t: Translator, codes: Sequence[str]) -> str:
    named = ", ".join(escape(code) for code in codes[:_MOST_NAMED])
    rest = len(codes) - _MOST_NAMED
    return t.gettext("{flats} and {count} more").format(flats=named, count=rest) if rest > 0 else named


def approve_all_button(t: Translator, queue: Queue) -> str:
    """Restates what it does: rupees where anything is billed with it."""
    count = t.gettext("Approve {count}").format(count=len(queue.normal))
    return f"{count}, {t.rupees(queue.normal_total)}" if queue.bills else count


def list_button(t: Translator) -> str:
    return t.gettext("See list")


def listed(t: Translator, drafts: Sequence[AnyDraft]) -> str:
    """Flat, units and total of each."""
    lines = [
        f"{escape(one.reading.flat_code)} · {figure(one.reading.value)} · {_bill_of(t, one)}"
        for one in drafts[:_MOST_LISTED]
    ]
    rest = len(drafts) - _MOST_LISTED
    return "\n".join([*lines, t.gettext("and {count} more").format(count=rest)] if rest > 0 else lines)


def _bill_of(t: Translator, one: AnyDraft) -> str:
    if one.reading.meter.is_motor:
        return t.gettext("motor")
    return t.gettext("with its motor") if one.obstacle is Obstacle.WAITING_FOR_MOTOR else t.rupees(one.total)


def offer_changed(t: Translator) -> str:
    """Above the offer drawn again."""
    return t.gettext("Something changed since this was shown. Nothing was approved. It stands like this now:")


def nothing_normal(t: Translator) -> str:
    """The last normal one is gone."""
    return t.gettext("No normal reading waits any more.")


def started(t: Translator, batch: Started, who: str, now: datetime) -> str:
    """Approved, and still to be undone; `now` is in the society's time zone."""
    head = t.ngettext("{count} reading approved", "{count} readings approved", batch.count).format(count=batch.count)
    by = t.gettext("Approved by {who}, {when}.").format(who=escape(who), when=t.clock(now))
    until = t.clock(batch.issue_at.astimezone(now.tzinfo))
    then = (
        t.ngettext("The bill ({total}) goes out at {until}.", "The bills ({total}) go out at {until}.", batch.bills)
        if batch.bills
        else t.gettext("It can be undone until {until}.")
    ).format(total=t.rupees(batch.total), until=until)
    return "\n".join([f"<b>{head}</b>", f"{by} {then}", *([_later(t, batch.waiting)] if batch.waiting else [])])


def undo_button(t: Translator, count: int) -> str:
    return t.gettext("Undo {count}").format(count=count)


def undone(t: Translator, count: int, who: str) -> str:
    """Nothing was billed."""
    return t.ngettext(
        "<b>Undone by {who}.</b> {count} reading waits again, nothing was billed.",
        "<b>Undone by {who}.</b> {count} readings wait again, nothing was billed.",
        count,
    ).format(who=escape(who), count=count)


def too_late(t: Translator, state: str, who: str) -> str:
    """The undo came after the bills, or after another undo."""
    if state == "undone":
        return t.gettext("This was undone already.")
    return t.gettext("Too late: the bills that {who} approved are issued. Correct one by one.").format(who=escape(who))


def issued(t: Translator, facts: Mapping[str, Any], why: Mapping[str, str]) -> str:
    """What came of a batch; `why` explains each code of a failure."""
    lines = [f"<b>{_issued(t, facts['issued'], Decimal(facts['total']))}</b>"]
    failed = facts["failed"]
    if failed:
        lines.append(
            t.ngettext("{count} failed and waits again:", "{count} failed and wait again:", len(failed)).format(
                count=len(failed)
            )
        )
        lines += [f"{escape(one['flat'])}: {why.get(one['why'], why[''])}" for one in failed[:_MOST_LISTED]]
    if facts.get("waiting"):
        lines.append(t.gettext("Approved, waiting for their motor: {flats}").format(flats=_some(t, facts["waiting"])))
    if facts["unreached"]:
        lines.append(_unreached(t, facts["unreached"]))
    return "\n".join(lines)


def _issued(t: Translator, count: int, total: Decimal) -> str:
    if not count:
        return t.gettext("No bill is issued yet.")
    return t.ngettext("{count} bill issued, {total}", "{count} bills issued, {total}", count).format(
        count=count, total=t.rupees(total)
    )


def not_issued(t: Translator, who: str, flats: Sequence[str], why: str) -> str:
    """A batch of which no bill could be issued; `why`: failed, or rights (who approved it lost theirs meanwhile)."""
    waits = t.ngettext(
        "<b>No bill was issued.</b> {count} reading that {who} approved waits again: {flats}.",
        "<b>No bill was issued.</b> {count} readings that {who} approved wait again: {flats}.",
        len(flats),
    ).format(count=len(flats), who=escape(who), flats=_some(t, flats))
    if why == "rights":
        reason = t.gettext("{who} was no longer an admin when the bills were due.").format(who=escape(who))
    else:
        reason = t.gettext("It failed five times. Review them one by one to see which one is wrong.")
    return f"{waits}\n{reason}"


def failure_words(t: Translator) -> dict[str, str]:
    """Why a bill of a batch was not issued, in a few words."""
    return {
        "parked": t.gettext("set aside, its books look wrong"),
        "foreign_bill": t.gettext("a bill from outside is on it"),
        "locked": t.gettext("the month is locked"),
        "month_billed": t.gettext("the month has a bill already"),
        "billed": t.gettext("billed meanwhile"),
        "out_of_order": t.gettext("an earlier reading waits"),
        "backwards": t.gettext("lower than the last reading"),
        "unusual": t.gettext("unusual now, as a reading before it changed"),
        "photo": t.gettext("its photo says something else"),
        "photo_waits": t.gettext("its new photo is being looked at"),
        "": t.gettext("could not be stored"),
    }

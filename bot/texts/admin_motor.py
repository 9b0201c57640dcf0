"""Shared motors as the office reads them: how the units are split, what a group waits for, what was billed without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.i18n import Translator, escape
from bot.texts import admin_reading
from bot.texts.engineer import figure, returned_reason
from domain.metering import ReadingMode, UsualRange
from domain.period import Month
from domain.photo_checks import NO_PHOTO, Check
from jobs.bill_motor_group import NO_DOUBTS, Doubts
from jobs.draft_bill import Draft, Obstacle
from jobs.draft_motor import MotorDraft, total_of
from jobs.motor_groups import Group, Member, Stand
from jobs.motor_notes import OwedNote
from storage.readings import PastReading, Reading, ReadingState

_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class MotorFacts:
    """All that the card of a motor's reading says. `owed` are shares that are on no bill.

    `now` are the bills that its approval brings, or billing its group now; `without` those of leaving it out. `doubts`
    are what its group would be billed with now.
    """

    draft: MotorDraft
    own: bool
    mode: ReadingMode
    zone: ZoneInfo
    past: Sequence[PastReading]
    usual: UsualRange | None
    owed: Sequence[OwedNote] = ()
    place: tuple[int, int] | None = None
    now: Sequence[Draft] = ()
    without: Sequence[Draft] = ()
    doubts: Doubts = NO_DOUBTS
    check: Check = NO_PHOTO
    stood_by: bool = False

    @property
    def reading(self) -> Reading:
        """The motor's reading."""
        return self.draft.reading

    @property
    def used(self) -> Decimal | None:
        """Units of the month."""
        return self.draft.units


def card(t: Translator, facts: MotorFacts) -> str:
    """The motor's reading, how it is split, and what it waits for or what became of it."""
    draft, pending = facts.draft, facts.reading.state is ReadingState.PENDING
    lines = [_head(t, facts)]
    if pending:
        lines += [*admin_reading.measured(t, facts), *_hindrance(t, facts)]
    else:
        lines += [admin_reading.value(t, facts), *admin_reading.contradicted(t, facts), _outcome(t, facts)]
    group = draft.group if draft.obstacle is not Obstacle.MOTOR_TWICE else None
    if group is not None and facts.reading.state not in {ReadingState.WITHDRAWN, ReadingState.RETURNED}:
        lines += [*_split(t, group), *waits_for(t, group)]
    elif group is not None and facts.reading.state is ReadingState.RETURNED:
        lines += waits_for(t, group)
    lines += [*_doubts(t, facts.doubts), *_bills(t, facts)]
    return "\n".join([*lines, *([owed(t, facts.owed)] if facts.owed else [])])


def _doubts(t: Translator, doubts: Doubts) -> list[str]:
    """What an admin should see before the group is billed without its last approvals."""
    named = (
        (doubts.unusual, t.gettext("Unusual and not approved, counted as sent: {flats}")),
        (doubts.contradicted, t.gettext("(!) The photo says something else, counted as sent: {flats}")),
        (doubts.looked_at, t.gettext("The photo is being looked at, counted as sent: {flats}")),
    )
    each = [(form, _some(t, [f"{one.code} {figure(one.units)}" for one in flats])) for flats, form in named if flats]
    return [*in_doubt(t, doubts.absurd), *(form.format(flats=flats) for form, flats in each)]


def in_doubt(t: Translator, absurd: Sequence[Member]) -> list[str]:
    """Flat by flat what was sent and cannot be: the group is not billed with it."""
    form = t.gettext("{flat}'s {units} units need a decision first: correct, approve or send back in /pending.")
    return [form.format(flat=escape(one.code), units=figure(one.units)) for one in absurd[:_MOST_NAMED]]


def _bills(t: Translator, facts: MotorFacts) -> list[str]:
    """Flat by flat what is billed if the office says so, dearest first."""
    bills = facts.now or facts.without
    if not bills or facts.doubts.absurd:
        return []
    dearest = sorted(bills, key=lambda one: -one.total)
    each = _some(t, [f"{one.flat.code} {t.rupees(one.total)}" for one in dearest])
    form = t.gettext("To be billed: {flats}") if facts.now else t.gettext("To be billed without {motor}: {flats}")
    return [form.format(flats=each, motor=escape(facts.reading.flat_code))]


def _head(t: Translator, facts: MotorFacts) -> str:
    serves = facts.reading.meter.serves
    parts = [
        f"<b>{escape(facts.reading.flat_code)}</b>",
        t.ngettext("motor of {count} flat", "motor of {count} flats", serves).format(count=serves),
        t.month(facts.draft.month),
    ]
    if facts.place:
        parts.append(t.gettext("{number} of {count}").format(number=facts.place[0], count=facts.place[1]))
    return " · ".join(parts)


def _hindrance(t: Translator, facts: MotorFacts) -> list[str]:
    lines = [_why_not(t, facts.draft)]
    if facts.own:
        lines.append(t.gettext("You sent this reading yourself: another admin has to approve it."))
    return [line for line in lines if line]


def _why_not(t: Translator, draft: MotorDraft) -> str:
    month = t.month(draft.month)
    match draft.obstacle:
        case Obstacle.MOTOR_TWICE:
            return t.gettext(
                "{motor} already has a reading for {month}, and a month is split once. Send this one back."
            ).format(motor=escape(draft.reading.flat_code), month=month)
        case Obstacle.LOCKED:
            return t.gettext("{month} is locked: no bill may end in it. Send it back.").format(month=month)
        case Obstacle.NO_BASELINE:
            return t.gettext(
                "It is this meter's first reading: nothing to split yet. Accept it as the start for the next."
            )
        case Obstacle.BACKWARDS:
            return t.gettext(
                "It is lower than the last reading, so there is nothing to split. Correct it or send it back."
            )
        case Obstacle.OUT_OF_ORDER:
            return t.gettext(
                "The motor's reading before this one is not billed yet and comes first, or one after it is billed with "
                "its units: then it can only be sent back."
            )
        case _:
            return ""


def _outcome(t: Translator, facts: MotorFacts) -> str:
    reading = facts.reading
    who = escape(reading.decider or "") or t.gettext("the office")
    words = {
        ReadingState.BILLED: t.gettext("Approved by {who}, {when} · billed, the shares are final"),
        ReadingState.APPROVED: t.gettext("Approved by {who}, {when}"),
        ReadingState.RETURNED: t.gettext("Sent back by {who}, {when}: {reason}"),
        ReadingState.WITHDRAWN: t.gettext("Left out: the flats are billed without a share of it"),
        ReadingState.HISTORY: t.gettext("Accepted by {who} as the meter's first reading"),
        ReadingState.PENDING: t.gettext("Waiting again"),
    }[reading.state]
    when = admin_reading.clock(t, reading.decided_at, facts.zone)
    return words.format(who=who, when=when, reason=returned_reason(t, reading.returned_reason))


def _split(t: Translator, group: Group) -> list[str]:
    """Flat by flat its own units and its share, and that the shares are the motor's units."""
    width = max(len(one.code) for one in group.members)
    rows = [f"{one.code:<{width}} {one.units:>8} {one.share:>7}{_mark(t, one)}" for one in group.members]
    table = escape("\n".join(rows))
    total = t.gettext("Shares add up to {sum} of {units} units.").format(sum=group.shared, units=group.units)
    if group.shared != group.units:
        total = f"{total} {t.gettext('More was entered than the motor used, or every share was entered.')}"
    return [t.gettext("Flat, its own units, its share:"), f"<pre>{table}</pre>", total]


def _mark(t: Translator, one: Member) -> str:
    words = [
        t.gettext("entered") if one.entered else "",
        t.gettext("estimate") if one.estimated else "",
        t.gettext("billed without") if one.bill_id is not None and not one.entered and not one.noted else "",
        t.gettext("by debit note") if one.noted else "",
    ]
    found = [word for word in words if word]
    return f"  {', '.join(found)}" if found else ""


def share_line(t: Translator, draft: Draft) -> list[str]:
    """On a flat's card: what it gets of its motor's units, as it stands or for good."""
    group = draft.group
    member = group.member(draft.flat.id) if group else None
    if group is None or member is None:
        return _unread_motor(t, draft)
    form = (
        t.gettext("{motor}: {units} units, this flat's share {share} was entered and stands")
        if draft.reading.motor_share is not None
        else t.ngettext(
            "{motor}: {units} units over {count} flat, this flat {share}",
            "{motor}: {units} units over {count} flats by use, this flat {share}",
            len(group.members),
        )
    )
    share = draft.amounts.water_motor_share if draft.amounts else member.share
    line = form.format(
        motor=escape(group.motor), units=figure(group.units), count=len(group.members), share=figure(share)
    )
    return [f"{line} {t.gettext('as it stands')}" if group.waits else line]


def _unread_motor(t: Translator, draft: Draft) -> list[str]:
    """A flat with a motor that is still to be read."""
    if draft.unread_motor is None:
        return []
    text = t.gettext("No motor share yet: {motor} is not read for {month}. Approve after its reading to include it.")
    return [text.format(motor=escape(draft.unread_motor), month=t.month_name(Month.of(draft.reading.date)))]


def waits_for(t: Translator, group: Group) -> list[str]:
    """What keeps the group from being billed; nothing where it waits for nothing."""
    if not group.waits:
        return []
    by_stand = {stand: [one.code for one in group.lacking if one.stand is stand] for stand in Stand}
    parts = [] if group.is_motor_ready else [_motor(t, group)]
    if codes := by_stand[Stand.PENDING]:
        parts.append(t.gettext("to be approved: {flats}").format(flats=_some(t, codes)))
    if codes := by_stand[Stand.UNDOABLE]:
        parts.append(t.gettext("approved a moment ago: {flats}").format(flats=_some(t, codes)))
    if codes := by_stand[Stand.UNREAD]:
        parts.append(t.gettext("unread, by estimate so far: {flats}").format(flats=_some(t, codes)))
    return [t.gettext("{motor} waits for: {what}").format(motor=escape(group.motor), what="; ".join(parts))]


def _motor(t: Translator, group: Group) -> str:
    if group.state is ReadingState.RETURNED:
        return t.gettext("its own reading, sent back to be read again")
    return t.gettext("its own reading to be approved")


def _some(t: Translator, codes: Sequence[str]) -> str:
    named = ", ".join(escape(code) for code in codes[:_MOST_NAMED])
    rest = len(codes) - _MOST_NAMED
    return t.gettext("{flats} and {count} more").format(flats=named, count=rest) if rest > 0 else named


def group_button(t: Translator, group: Group) -> str:
    """`MOTOR-B 7 of 12`: how many of its flats are approved or billed."""
    ready = len(group.members) - len(group.lacking)
    return t.gettext("{motor} {ready} of {count}").format(motor=group.motor, ready=ready, count=len(group.members))


def motor_button(_t: Translator, group: Group) -> str:
    return group.motor


def approve(t: Translator, bills: Sequence[Draft]) -> str:
    """Restates what it does; without bills the group waits for others."""
    count = len(bills)
    form = t.ngettext("Approve, bill {count} flat, {total}", "Approve, bill {count} flats, {total}", count)
    return form.format(count=count, total=t.rupees(total_of(bills))) if bills else t.gettext("Approve")


def approve_later(t: Translator) -> str:
    """No amount: the bill comes with the group."""
    return t.gettext("Approve, bill later")


def bill_now(t: Translator, group: Group, bills: Sequence[Draft]) -> str:
    """Restates what it does."""
    form = t.ngettext("Bill {count} flat now, {total}", "Bill {count} flats now, {total}", len(bills))
    text = form.format(count=len(bills), total=t.rupees(total_of(bills)))
    estimated = len(group.unread)
    return t.gettext("{text}, {count} estimated").format(text=text, count=estimated) if estimated else text


def leave_out(t: Translator, motor: str, bills: Sequence[Draft]) -> str:
    """Restates what it does."""
    form = t.ngettext(
        "Bill {count} flat without {motor}, {total}", "Bill {count} flats without {motor}, {total}", len(bills)
    )
    return form.format(count=len(bills), motor=motor, total=t.rupees(total_of(bills)))


def reopen(t: Translator) -> str:
    return t.gettext("Take approval back")


def bill_ready(t: Translator, drafts: Sequence[Draft], total: Decimal) -> str:
    """Approved ones that wait for nothing any more."""
    count = len(drafts)
    return t.ngettext("Bill {count} approved, {total}", "Bill {count} approved, {total}", count).format(
        count=count, total=t.rupees(total)
    )


def billed(t: Translator, motor: str, count: int, total: Decimal) -> str:
    """After the last of a group, or "bill now"."""
    text = t.ngettext(
        "<b>{motor}: {count} bill issued, {total}</b>", "<b>{motor}: {count} bills issued, {total}</b>", count
    )
    return text.format(motor=escape(motor), count=count, total=t.rupees(total))


def billed_ready(t: Translator, count: int, total: Decimal) -> str:
    """After those that waited for nothing any more."""
    text = t.ngettext("<b>{count} bill issued, {total}</b>", "<b>{count} bills issued, {total}</b>", count)
    return text.format(count=count, total=t.rupees(total))


def later_shares(t: Translator, group: Group) -> str:
    """Flats that were not billed with their group keep their share for later."""
    codes = [one.code for one in group.lacking]
    return t.gettext("Their share is kept for their own bill: {flats}").format(flats=_some(t, codes)) if codes else ""


def owed(t: Translator, shares: Sequence[OwedNote]) -> str:
    """Flats billed before their motor was read, or not read at all that month, with what no bill has."""
    head = t.ngettext(
        "{count} flat was billed before {motor} was read, or not read that month. Its share is on no bill:",
        "{count} flats were billed before {motor} was read, or not read that month. Their shares are on no bill:",
        len(shares),
    ).format(count=len(shares), motor=escape(shares[0].motor))
    rows = [
        t.gettext("{flat}: {share} units × {rate} = {amount}").format(
            flat=escape(one.flat_code), share=figure(one.share), rate=t.rupees(one.rate), amount=t.rupees(one.amount)
        )
        for one in shares
    ]
    return "\n".join([head, *rows])


def add_notes(t: Translator, count: int, total: Decimal) -> str:
    """Restates what it does."""
    return t.ngettext("Add {count} debit note, {total}", "Add {count} debit notes, {total}", count).format(
        count=count, total=t.rupees(total)
    )


def notes_added(t: Translator, flats: Sequence[str], total: Decimal, failed: Sequence[str]) -> str:
    """The shares are on the accounts."""
    text = t.ngettext(
        "<b>{count} debit note added, {total}</b>", "<b>{count} debit notes added, {total}</b>", len(flats)
    )
    lines = [text.format(count=len(flats), total=t.rupees(total))]
    if flats:
        lines.append(_some(t, flats))
    if failed:
        lines.append(t.gettext("Not added, look with /flat: {flats}").format(flats=_some(t, failed)))
    return "\n".join(lines)


def no_share(t: Translator) -> str:
    """A share was typed for the motor itself."""
    return t.gettext("The motor itself has no share. Send only the number, as 320")

"""The card of one reading: what was sent, what is odd about it, the whole sum, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.i18n import Translator, escape
from bot.texts import admin_motor, admin_sum
from bot.texts.admin_reading import clock, contradicted, measured, value
from bot.texts.channels import channel_name
from bot.texts.engineer import figure, returned_reason
from domain.metering import ReadingMode, UsualRange
from domain.period import Month
from domain.photo_checks import NO_PHOTO, Check
from jobs.draft_bill import Draft, Obstacle
from jobs.trail import Correction
from storage.bills import Bill
from storage.reach import Delivery, OwnerReach
from storage.readings import PastReading, Reading, ReadingState
from storage.unreachable import Why

_TELLS_DELIVERY = frozenset({"whatsapp"})
"""Channels that say when a message arrived; on the others it arrives when it is sent."""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """All that a reading's card says beyond its draft. `place` is (2, 17) for the second of seventeen.

    `stood_by`: its sender looked again since the photo spoke against it.
    """

    draft: Draft
    own: bool
    mode: ReadingMode
    zone: ZoneInfo
    past: Sequence[PastReading]
    usual: UsualRange | None
    owners: Sequence[OwnerReach]
    correction: Correction | None = None
    place: tuple[int, int] | None = None
    bill: Bill | None = None
    deliveries: Sequence[Delivery] = ()
    check: Check = NO_PHOTO
    stood_by: bool = False

    @property
    def reading(self) -> Reading:
        """The flat's reading."""
        return self.draft.reading

    @property
    def used(self) -> Decimal | None:
        """Units of the flat's own, where they can be billed."""
        return self.draft.amounts.flat_units if self.draft.amounts else None


def waiting(t: Translator, facts: CardFacts) -> str:
    """A reading that waits for a decision."""
    draft = facts.draft
    lines = [_head(t, facts), *_corrected(t, facts), *measured(t, facts)]
    if draft.amounts is not None:
        lines += admin_motor.share_line(t, draft)
        lines += admin_sum.settled(t, draft.true_up)
        lines += admin_sum.sum_lines(t, draft.amounts, draft.tariff)
        lines.append(_total(t, draft))
    lines += _hindrance(t, facts)
    lines.append(reach(t, facts.owners))
    return "\n".join(lines)


def _head(t: Translator, facts: CardFacts) -> str:
    parts = [f"<b>{escape(facts.draft.flat.code)}</b>", escape(facts.draft.reading.meter.owner_name or "")]
    if facts.place:
        parts.append(t.gettext("{number} of {count}").format(number=facts.place[0], count=facts.place[1]))
    return " · ".join(filter(None, parts))


def _total(t: Translator, draft: Draft) -> str:
    total = f"<b>{admin_sum.total(t, draft.total)}</b>"
    return f"{total} · {admin_sum.period(t, draft.period)} · {admin_sum.due(t, draft.due)}"


def _hindrance(t: Translator, facts: CardFacts) -> list[str]:
    lines = [hindrance(t, facts.draft)] if facts.draft.obstacle else []
    if facts.own:
        lines.append(t.gettext("You sent this reading yourself: another admin has to approve it."))
    return lines


def hindrance(t: Translator, draft: Draft) -> str:  # noqa: C901, PLR0911 - one sentence an obstacle
    """What stands in the way of the bill, and what to do about it."""
    flat, month = escape(draft.flat.code), t.month(draft.period.month)
    match draft.obstacle:
        case Obstacle.PARKED:
            return t.gettext("Set aside: {reason} Nothing is billed until you set its balance: /flat {flat}").format(
                reason=escape(draft.flat.parked or ""), flat=flat
            )
        case Obstacle.FOREIGN_BILL:
            return t.gettext(
                "A bill that this service did not make is on this flat. Check it first: /flat {flat}"
            ).format(flat=flat)
        case Obstacle.LOCKED:
            return t.gettext("{month} is locked: no bill may end in it. Change the period, or send it back.").format(
                month=month
            )
        case Obstacle.NO_BASELINE:
            return t.gettext(
                "It is this meter's first reading: nothing to bill yet. Accept it as the start for the next."
            )
        case Obstacle.OUT_OF_ORDER:
            return t.gettext("A meter's readings are billed in order: one before it waits, or one after it is billed.")
        case Obstacle.BACKWARDS:
            return t.gettext("It is lower than the last reading, so there is no sum. Correct it or send it back.")
        case Obstacle.BAD_PERIOD:
            return t.gettext("This period is not possible: it begins after it ends, or lies far from the reading.")
        case Obstacle.BAD_DUE_DATE:
            return t.gettext("This due date is not possible: it must be today or later, within a year.")
        case Obstacle.MONTH_BILLED:
            return already_billed(t, draft)
        case Obstacle.WAITING_FOR_MOTOR | Obstacle.MOTOR_TWICE:
            return "\n".join(admin_motor.waits_for(t, draft.group) if draft.group else [])
        case Obstacle.BILLED | None:
            return t.gettext("It is decided already.")


def already_billed(t: Translator, draft: Draft) -> str:
    """The month has a bill."""
    if draft.earlier is None:
        return ""
    return t.gettext("{flat} already has a bill for {month} ({amount}, {day}).").format(
        flat=escape(draft.flat.code),
        month=t.month_name(Month.of(draft.earlier.end)),
        amount=t.rupees(draft.earlier.total_amount),
        day=t.day(draft.earlier.issued_at.date()),
    )


def further_bill(t: Translator, draft: Draft) -> str:
    """The question before a further bill of the same month."""
    return f"<b>{already_billed(t, draft)}</b>\n{t.gettext('Store a further one?')}"


def not_reached(t: Translator, owner: OwnerReach) -> str:
    """Why no message reaches an owner."""
    match owner.ended:
        case Why.OPTED_OUT:
            return t.gettext("sent STOP")
        case Why.BLOCKED:
            return t.gettext("chat blocked or gone")
        case _:
            return t.gettext("no chat linked")


def reach(t: Translator, owners: Sequence[OwnerReach]) -> str:
    """Who gets the bill in their chat, and who does not."""
    if not owners:
        return t.gettext("No owner on record: nobody gets this bill. Name the owner with /flat.")
    missing = [f"{escape(owner.name)} ({not_reached(t, owner)})" for owner in owners if not owner.channels]
    if missing:
        return t.gettext("Cannot be reached: {names}").format(names=", ".join(missing))
    channels = sorted({channel_name(channel) for owner in owners for channel in owner.channels})
    return t.gettext("Owner reachable on {channels}").format(channels=", ".join(channels))


def decided(t: Translator, facts: CardFacts) -> str:
    """A reading somebody has decided about."""
    draft = facts.draft
    head = f"<b>{escape(draft.flat.code)}</b> · {value(t, facts)}"
    known = [*_corrected(t, facts), *contradicted(t, facts)]
    return "\n".join([head, *known, _outcome(t, facts), *_waits(t, facts), *_bill(t, facts)])


def _waits(t: Translator, facts: CardFacts) -> list[str]:
    """What an approved reading waits for."""
    group = facts.draft.group
    return admin_motor.waits_for(t, group) if group and facts.reading.state is ReadingState.APPROVED else []


def _corrected(t: Translator, facts: CardFacts) -> list[str]:
    """Whose value it is, where it is not its sender's."""
    made = facts.correction
    if made is None:
        return []
    sent = figure(made.value) if made.share is None else f"{figure(made.value)} motor {figure(made.share)}"
    return [t.gettext("Corrected by {who}, sent was {value}").format(who=escape(made.by), value=sent)]


def _outcome(t: Translator, facts: CardFacts) -> str:
    reading = facts.draft.reading
    who = escape(reading.decider or "") or t.gettext("the office")
    words = {
        ReadingState.BILLED: t.gettext("Approved by {who}, {when}"),
        ReadingState.APPROVED: t.gettext("Approved by {who}, {when} · the bill follows"),
        ReadingState.RETURNED: t.gettext("Sent back by {who}, {when}: {reason}"),
        ReadingState.WITHDRAWN: t.gettext("Taken back by its sender"),
        ReadingState.HISTORY: t.gettext("Accepted by {who} as the meter's first reading"),
        ReadingState.PENDING: t.gettext("Waiting again"),
    }[reading.state]
    when = clock(t, reading.decided_at, facts.zone)
    return words.format(who=who, when=when, reason=returned_reason(t, reading.returned_reason))


def bill_number(bill: Bill, zone: ZoneInfo) -> str:
    """How a bill is named: `2026-1043`, by the year in which it was issued in `zone`."""
    return f"{bill.issued_at.astimezone(zone).year}-{bill.id:04}"


def _bill(t: Translator, facts: CardFacts) -> list[str]:
    bill = facts.bill
    if bill is None:
        return []
    number = bill_number(bill, facts.zone)
    named = t.gettext("bill {number} · {total}").format(number=number, total=t.rupees(bill.total_amount))
    lines = [f"{named} · {admin_sum.period(t, bill.period)} · {admin_sum.due(t, bill.due_date)}"]
    if not facts.deliveries:
        return [*lines, t.gettext("No owner has a chat linked: hand the bill over on paper.")]
    return [*lines, *(delivery(t, one, facts.zone) for one in facts.deliveries)]


def delivery(t: Translator, one: Delivery, zone: ZoneInfo) -> str:
    """How far the bill's message to one owner is."""
    if one.read_at is not None:
        return t.gettext("{name}: read {when}").format(name=escape(one.name), when=clock(t, one.read_at, zone))
    is_delivered = one.delivered_at is not None or one.channel not in _TELLS_DELIVERY
    words = {
        "queued": t.gettext("{name}: being sent"),
        "sent": t.gettext("{name}: delivered {when}") if is_delivered else t.gettext("{name}: sent {when}"),
        "unknown": t.gettext("{name}: sent, not known whether it arrived"),
        "dead": t.gettext("{name}: could not be delivered, tell them yourself"),
        "cancelled": t.gettext("{name}: not sent, no longer needed"),
    }
    form = words.get(one.status, words["queued"])
    return form.format(name=escape(one.name), when=clock(t, one.delivered_at or one.sent_at, zone))


def told_who(t: Translator, reading: Reading, zone: ZoneInfo) -> str:
    """A short notice to the second of two who pressed."""
    form = t.gettext("{who} was first, {when}.")
    return form.format(
        who=escape(reading.decider or "") or t.gettext("The office"), when=clock(t, reading.decided_at, zone)
    )


def changed_meanwhile(t: Translator) -> str:
    return t.gettext("Something changed since this card was shown. This is how it stands now.")


def look_again(t: Translator) -> str:
    """Above the card of a value in doubt, when somebody approves it."""
    return t.gettext("<b>Nothing is approved yet. Is the value right?</b>")


def corrected(t: Translator, reading: Reading, before: Decimal, by: str) -> str:
    """What stays of the old card."""
    return t.gettext("<b>{flat}</b> · {before} corrected to <b>{value}</b> by {by}").format(
        flat=escape(reading.flat_code), before=figure(before), value=figure(reading.value), by=escape(by)
    )


def ask_value(t: Translator, reading: Reading) -> str:
    if reading.meter.is_motor:
        form = t.gettext("Send the right value for <b>{flat}</b>, as {example}.")
        return form.format(flat=escape(reading.flat_code), example=f"<code>{figure(reading.value)}</code>")
    return t.gettext("Send the right value for <b>{flat}</b>, as {example}. With a motor share: {share}").format(
        flat=escape(reading.flat_code),
        example=f"<code>{figure(reading.value)}</code>",
        share=f"<code>{figure(reading.value)} motor 3.2</code>",
    )


def bad_value(t: Translator, explanation: str) -> str:
    return t.gettext("That is not a value: {why}. Send only the number, as 146 or 146 motor 3.2").format(
        why=escape(explanation)
    )


def ask_reason(t: Translator, reading: Reading) -> str:
    """Above the reasons as buttons."""
    return t.gettext("<b>{flat}</b> · {value}: send it back to {who}, why?").format(
        flat=escape(reading.flat_code),
        value=figure(reading.value),
        who=escape(reading.submitter or "") or t.gettext("its sender"),
    )


def type_reason(t: Translator, flat: str) -> str:
    return t.gettext("Send the reason for {flat} in a few words, as: the last digit cannot be read").format(
        flat=escape(flat)
    )


def reason_too_long(t: Translator) -> str:
    return t.gettext("Please say it in at most 200 letters.")


def ask_terms(t: Translator, draft: Draft) -> str:
    """Above what can be changed about the period."""
    return t.gettext("<b>{flat}</b> · {period} · {due}\nWhat do you want to change?").format(
        flat=escape(draft.flat.code), period=admin_sum.period(t, draft.period), due=admin_sum.due(t, draft.due)
    )


def ask_day(t: Translator, what: str, example: str) -> str:
    """`what` is start, end or due."""
    words = {
        "start": t.gettext("From which day on is it billed? Send it as {example}"),
        "end": t.gettext("Up to which day is it billed, that day included? Send it as {example}"),
        "due": t.gettext("By which day is it to be paid? Send it as {example}"),
    }
    return words[what].format(example=f"<code>{example}</code>")


def bad_day(t: Translator, example: str) -> str:
    return t.gettext("That is not a day. Send it as {example}").format(example=f"<code>{example}</code>")

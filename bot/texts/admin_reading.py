"""A reading as the office reads it on a card, a flat's or a motor's: what was sent, by whom, what is odd about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.i18n import Translator, escape
from bot.texts import photo_checks
from bot.texts.engineer import figure
from domain.metering import Flag, ReadingMode, UsualRange
from domain.photo_checks import Check
from domain.register import STRAIGHT, Stretch
from storage.readings import PastReading, Reading

_PAST_SHOWN = 3
_WHOLE_TIMES = 3


class ReadingFacts(Protocol):
    """What a card knows of its reading. `used` are units of the month, empty where there are none."""

    @property
    def reading(self) -> Reading: ...
    @property
    def used(self) -> Decimal | None: ...
    @property
    def mode(self) -> ReadingMode: ...
    @property
    def zone(self) -> ZoneInfo: ...
    @property
    def past(self) -> Sequence[PastReading]: ...
    @property
    def usual(self) -> UsualRange | None: ...
    @property
    def check(self) -> Check: ...
    @property
    def stood_by(self) -> bool: ...


def measured(t: Translator, facts: ReadingFacts) -> list[str]:
    """What was sent, what is odd about it, and what was before."""
    return [_reading(t, facts), *_passed(t, facts), *_odd(t, facts), *photo_doubts(t, facts), *_last(t, facts)]


def photo_doubts(t: Translator, facts: ReadingFacts) -> list[str]:
    """What its photo says against it."""
    return photo_checks.reasons(t, facts.check, facts.reading.value, stood_by=facts.stood_by)


def contradicted(t: Translator, facts: ReadingFacts) -> list[str]:
    """The same on the card of one that is decided: only what speaks against the decision."""
    sure = replace(facts.check, doubts=facts.check.contradictions, reasons=())
    looking = [photo_checks.looking(t, sure)] if sure.waits else []
    return [*looking, *photo_checks.reasons(t, sure, facts.reading.value, stood_by=False)]


def _reading(t: Translator, facts: ReadingFacts) -> str:
    reading = facts.reading
    parts = [value(t, facts)]
    if facts.usual:
        parts.append(t.gettext("usual {low}–{high}").format(low=figure(facts.usual.low), high=figure(facts.usual.high)))
    parts.append(_sent(t, reading, facts.zone))
    if not reading.has_photo:
        parts.append(t.gettext("no photo"))
    parts += photo_checks.shows(t, facts.check)
    return " · ".join(parts)


def value(t: Translator, facts: ReadingFacts) -> str:
    """`146 units`, or the register with them."""
    reading = facts.reading
    bold = f"<b>{figure(reading.value)}</b>"
    if facts.mode is ReadingMode.UNITS:
        return t.gettext("{value} units").format(value=bold)
    used = reading.course.units(reading.value, reading.previous.value if reading.previous else None)
    return (
        bold
        if used is None
        else t.gettext("{value} on the meter, {units} units").format(value=bold, units=figure(used))
    )


def _passed(t: Translator, facts: ReadingFacts) -> list[str]:
    """`Old meter 1200→1234 = 34, new 0→112 = 112`; and where a register began anew."""
    reading = facts.reading
    if facts.mode is ReadingMode.UNITS or reading.course == STRAIGHT:
        return []
    *replaced, present = reading.course.stretches(reading.value, reading.previous.value if reading.previous else None)
    old = [t.gettext("Old meter {stretch}").format(stretch=_stretch(one)) for one in replaced]
    new = [t.gettext("new {stretch}").format(stretch=_stretch(present))] if replaced else []
    again = t.gettext("The meter went past {last}: {stretch}")
    turned = [
        again.format(last=figure(one.rolled_over - 1), stretch=_stretch(one))
        for one in (*replaced, present)
        if one.rolled_over
    ]
    return [", ".join([*old, *new]), *turned] if old else turned


def _stretch(one: Stretch) -> str:
    return f"{figure(one.start)}→{figure(one.end)} = {figure(one.units)}"


def _sent(t: Translator, reading: Reading, zone: ZoneInfo) -> str:
    who = escape(reading.submitter or "") or t.gettext("from outside")
    if reading.submitted_at is None:
        return f"{who}, {t.day(reading.date)}"
    at = reading.submitted_at.astimezone(zone)
    sent = f"{who}, {t.day(at.date())} {t.clock(at)}"
    return (
        sent
        if at.date() == reading.date
        else t.gettext("{sent}, read on {day}").format(sent=sent, day=t.day(reading.date))
    )


def _odd(t: Translator, facts: ReadingFacts) -> list[str]:
    reading = facts.reading
    words = [_flag_words(t, flag, facts) for flag in reading.flags]
    if words:
        words.append(
            t.gettext("the engineer says it is right") if reading.confirmed else t.gettext("not confirmed yet")
        )
    return [t.gettext("Look: {reasons}").format(reasons="; ".join(words))] if words else []


def _flag_words(t: Translator, flag: Flag, facts: ReadingFacts) -> str:
    match flag:
        case Flag.ROLLED_OVER:
            return t.gettext("the meter began again at 0")
        case Flag.ZERO:
            return t.gettext("zero")
        case Flag.LOWER_THAN_LAST:
            return t.gettext("lower than last time")
        case Flag.SAME_AS_LAST:
            return t.gettext("same as last time")
        case Flag.DIGITS_SWAPPED:
            return t.gettext("two digits may be swapped")
        case Flag.FAR_ABOVE_USUAL:
            return _far_above(t, facts)


def _far_above(t: Translator, facts: ReadingFacts) -> str:
    used = facts.used
    if used is None or facts.usual is None or not facts.usual.average:
        return t.gettext("far above the usual")
    times = used / facts.usual.average
    return t.gettext("{times} times the usual {usual}").format(
        times=figure(times.quantize(Decimal(1) if times >= _WHOLE_TIMES else Decimal("0.1"))),
        usual=figure(facts.usual.average),
    )


def _last(t: Translator, facts: ReadingFacts) -> list[str]:
    if not facts.past:
        return [t.gettext("First reading of this meter")]
    shown = (f"{figure(one.value)} ({t.day(one.date)})" for one in facts.past[:_PAST_SHOWN])
    return [t.gettext("Before: {readings}").format(readings=", ".join(shown))]


def clock(t: Translator, moment: datetime | None, zone: ZoneInfo) -> str:
    """`10:44`, or nothing."""
    return t.clock(moment.astimezone(zone)) if moment else ""

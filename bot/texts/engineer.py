"""What engineers read about their readings: the answer first, figures before words, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from bot.i18n import Translator, escape
from domain.date_text import short_day
from domain.metering import Flag, ReadingMode, UsualRange
from domain.period import Month
from domain.units import NO_UNITS
from jobs.submit_reading import Saved
from storage.meters import Meter
from storage.readings import Reading

MOST_LISTED = 20
"""Readings listed in one message."""
_TIMES_WHOLE = 3


def figure(value: Decimal) -> str:
    """A reading as it is typed: no grouping, no trailing zeros."""
    return f"{value.normalize() + 0:f}"


def amount(t: Translator, mode: ReadingMode, value: Decimal) -> str:
    """`146 units`, or `12345` on a register."""
    bold = f"<b>{figure(value)}</b>"
    return units(t, value, bold) if mode is ReadingMode.UNITS else bold


def units(t: Translator, value: Decimal, shown: str | None = None) -> str:
    """`146 units`, `1 unit`; `shown` is how the figure is written."""
    form = t.ngettext("{value} unit", "{value} units", 1 if value == 1 else 2)
    return form.format(value=shown or figure(value))


def short(reading: Reading) -> str:
    """`B17-FF 146`: what would be typed."""
    return f"{escape(reading.flat_code)} {figure(reading.value)}"


def _head(t: Translator, mode: ReadingMode, saved: Saved) -> str:
    reading = saved.reading
    head = f"{escape(reading.flat_code)} · {amount(t, mode, reading.value)}"
    if mode is ReadingMode.UNITS:
        return head
    if saved.units is None:
        return f"{head} · {t.gettext('first reading')}"
    return head if saved.units < 0 else f"{head} · {units(t, saved.units)}"


def saved(t: Translator, mode: ReadingMode, result: Saved, today: date) -> str:
    """A normal reading, stored."""
    done = t.gettext("saved") if result.before is None else t.gettext("saved, was {before}")
    if result.before is not None:
        done = done.format(before=figure(result.before))
    head = f"{_head(t, mode, result)} · {done}"
    if result.reading.date != today:
        head = f"{head} · {t.day(result.reading.date)}"
    return "\n".join([head, *facts(t, mode, result)])


def odd(t: Translator, mode: ReadingMode, result: Saved) -> str:
    """An unusual reading: stored, unconfirmed, to be looked at again."""
    reasons = [_reason(t, mode, result, flag) for flag in result.reading.flags]
    further = [f"{reason[0].upper()}{reason[1:]}" for reason in reasons[1:]]
    look = t.gettext("It is saved. Please look at the meter again.")
    return "\n".join([f"{_head(t, mode, result)} {reasons[0]}", *further, look, *facts(t, mode, result)])


def confirmed(t: Translator, mode: ReadingMode, result: Saved) -> str:
    """The sender stands by an unusual reading."""
    head = f"{_head(t, mode, result)} · {t.gettext('saved, you say it is right')}"
    return "\n".join([head, *facts(t, mode, result)])


def _reason(t: Translator, mode: ReadingMode, result: Saved, flag: Flag) -> str:
    previous = result.reading.previous
    before = {"value": figure(previous.value), "day": t.day(previous.date)} if previous else {"value": "", "day": ""}
    usual = result.usual
    match flag:
        case Flag.ROLLED_OVER:
            return t.gettext("went past the last number of the meter.")
        case Flag.ZERO:
            return t.gettext("is nothing at all.")
        case Flag.LOWER_THAN_LAST:
            return _lower(t, result.reading, before)
        case Flag.SAME_AS_LAST:
            return t.gettext("is the same as on {day}.").format(**before)
        case Flag.FAR_ABOVE_USUAL:
            return _far_above(t, mode, result)
        case Flag.DIGITS_SWAPPED:
            text = t.gettext("may have two digits swapped: usual is {usual}.")
            return text.format(usual=_range(usual) if usual else "")


def _lower(t: Translator, reading: Reading, before: dict[str, str]) -> str:
    if reading.course.swaps:
        text = t.gettext("is lower than {value}, with which this meter began.")
        return text.format(value=figure(reading.shown_last or NO_UNITS))
    return t.gettext("is lower than {value} of {day}.").format(**before)


def _far_above(t: Translator, mode: ReadingMode, result: Saved) -> str:
    used = result.reading.value if mode is ReadingMode.UNITS else result.units
    if used is None or result.usual is None:
        return t.gettext("is far above the usual.")
    times = used / result.usual.average
    shown = f"{times:.0f}" if times >= _TIMES_WHOLE else f"{times:.1f}"
    text = t.gettext("is {times} times the usual {average}.")
    return text.format(times=shown, average=f"{result.usual.average:.0f}")


def _range(usual: UsualRange) -> str:
    return figure(usual.low) if usual.low == usual.high else f"{figure(usual.low)}–{figure(usual.high)}"


def facts(t: Translator, mode: ReadingMode, result: Saved) -> list[str]:
    """What stands beside a reading: meter, owner, what was before, what is usual, the motor."""
    reading = result.reading
    known = [whose(t, reading.meter)]
    if reading.previous:
        text = t.gettext("Before: {value} on {day}.")
        known.append(text.format(value=figure(reading.previous.value), day=t.day(reading.previous.date)))
    if reading.course.swaps and mode is ReadingMode.REGISTER:
        known.append(t.gettext("This meter began with {value}.").format(value=figure(reading.shown_last or NO_UNITS)))
    if result.usual:
        usual = t.gettext("Usual {usual}.") if mode is ReadingMode.UNITS else t.gettext("Usual {usual} units.")
        known.append(usual.format(usual=_range(result.usual)))
    lines = [" ".join(known), _motor(t, reading), *(_also(t, other) for other in result.also_open)]
    return [line for line in lines if line]


def whose(t: Translator, meter: Meter) -> str:
    """The meter's number and whose it is: an owner's, or that of so many flats."""
    if meter.is_motor:
        form = t.ngettext("Meter {number}, serves {count} flat.", "Meter {number}, serves {count} flats.", meter.serves)
        return form.format(number=escape(meter.number), count=meter.serves)
    form = t.gettext("Meter {number}, {owner}.")
    return form.format(number=escape(meter.number), owner=escape(meter.owner_name or ""))


def _motor(t: Translator, reading: Reading) -> str:
    meter = reading.meter
    parts = []
    if meter.motor_name and meter.motor_meter:
        text = t.gettext("Motor {motor}, meter {number}.")
        parts.append(text.format(motor=escape(meter.motor_name), number=escape(meter.motor_meter)))
    elif meter.motor_name:
        parts.append(t.gettext("Motor {motor}.").format(motor=escape(meter.motor_name)))
    if reading.motor_share is not None:
        parts.append(t.gettext("Motor share {units}.").format(units=figure(reading.motor_share)))
    return " ".join(parts)


def _also(t: Translator, other: Reading) -> str:
    text = t.gettext("Also open for this meter: {value} of {day}.")
    return text.format(value=figure(other.value), day=t.day(other.date))


def photo_line(t: Translator, reading: Reading) -> str:
    """How many photos a reading has; empty without."""
    count = len(reading.photo_ids) + len(reading.photo_urls)
    return t.ngettext("With photo.", "With {count} photos.", count).format(count=count) if count else ""


def already_stored(t: Translator, reading: Reading) -> str:
    """The very same came before, or was taken back since."""
    if reading.state == "withdrawn":
        text = t.gettext("{reading} of {day} came before and was taken back. Send it once more as a new message.")
    else:
        text = t.gettext("{reading} of {day} is already saved.")
    return text.format(reading=f"<b>{short(reading)}</b>", day=t.day(reading.date))


def duplicate(t: Translator, reading: Reading, value: Decimal) -> str:
    """The meter has a reading of that day."""
    text = t.gettext("{flat} already has {old} for {day}{by}. Replace it by {new}?")
    by = f" ({escape(reading.submitter)})" if reading.submitter else ""
    return text.format(
        flat=escape(reading.flat_code), old=f"<b>{figure(reading.value)}</b>", day=t.day(reading.date), by=by,
        new=f"<b>{figure(value)}</b>",
    )  # fmt: skip


def kept(t: Translator, reading: Reading) -> str:
    return t.gettext("Kept: {reading} of {day}.").format(reading=f"<b>{short(reading)}</b>", day=t.day(reading.date))


def already_billed(t: Translator, reading: Reading, month: Month, issued_on: date | None) -> str:
    """The office has to correct it."""
    if issued_on is None:
        text = t.gettext("{flat} for {month} is billed. An office colleague can correct it.")
        return text.format(flat=escape(reading.flat_code), month=t.month_name(month))
    text = t.gettext("{flat} for {month} was billed on {day}. An office colleague can correct it.")
    return text.format(flat=escape(reading.flat_code), month=t.month_name(month), day=t.day(issued_on))


def office_asked(t: Translator, reading: Reading) -> str:
    text = t.gettext("The office is told about {flat}. They will write to you.")
    return text.format(flat=escape(reading.flat_code))


def office_asked_before(t: Translator, reading: Reading, at: datetime) -> str:
    """The same was asked today, at that local time."""
    text = t.gettext("Already passed on at {time}: the office knows about {flat}. They will write to you.")
    return text.format(time=t.clock(at), flat=escape(reading.flat_code))


def office_not_reached(t: Translator, reading: Reading) -> str:
    text = t.gettext("Not passed on: nobody of the office is in this chat yet. Call the office about {flat}.")
    return text.format(flat=escape(reading.flat_code))


def date_in_future(t: Translator, on: date, example: str) -> str:
    text = t.gettext("{day} is in the future. Send it with today or earlier: <code>{example}</code>")
    return text.format(day=t.day(on), example=escape(example))


def date_too_early(t: Translator, flat: str, on: date, limit: date, *, today: date, example: str) -> str:
    """A reading may not lie on or before the last billed day."""
    if limit >= today:
        text = t.gettext("{flat} is billed up to {limit}, so {on} is too early. Send its next reading after that day.")
        return text.format(flat=escape(flat), limit=t.day(limit), on=t.day(on))
    text = t.gettext("{flat} is billed up to {limit}, so {on} is too early. Send a later date: <code>{example}</code>")
    return text.format(flat=escape(flat), limit=t.day(limit), on=t.day(on), example=escape(example))


def changed_since(t: Translator, reading: Reading) -> str:
    """A button of an older card."""
    if reading.state == "withdrawn":
        text = t.gettext("{flat}: {value} of {day} was taken back.")
    elif reading.state == "returned":
        text = t.gettext("{flat}: the office sent {value} of {day} back. Please read the meter again.")
    else:
        text = t.gettext("{flat} changed since: it is {value} of {day} now.")
    value = f"<b>{figure(reading.value)}</b>"
    return text.format(flat=escape(reading.flat_code), value=value, day=t.day(reading.date))


def replaced(t: Translator, mode: ReadingMode, reading: Reading) -> str:
    """On the question whether to."""
    text = t.gettext("Replaced: {flat} {amount}.")
    return text.format(flat=escape(reading.flat_code), amount=amount(t, mode, reading.value))


def replaced_since(t: Translator, reading: Reading, value: Decimal, button: str) -> str:
    """An edit of a message whose reading is another's by now."""
    text = t.gettext(
        "{value} is not saved: {flat} was changed since your message, it is {now} of {day} now{by}. "
        "To change it, tap {button}."
    )
    by = f" ({escape(reading.submitter)})" if reading.submitter else ""
    return text.format(
        value=figure(value), flat=escape(reading.flat_code), now=f"<b>{figure(reading.value)}</b>",
        day=t.day(reading.date), by=by, button=button,
    )  # fmt: skip


def stays(t: Translator, left: Sequence[Reading]) -> str:
    """An edit that was not taken leaves what its message brought."""
    names = ", ".join(f"<b>{short(one)}</b>" for one in left[:MOST_LISTED])
    if len(left) == 1:
        return t.gettext("Still as it was: {reading} of {day}.").format(reading=names, day=t.day(left[0].date))
    return t.gettext("Still as they were: {readings}.").format(readings=names)


def undone(t: Translator, reading: Reading) -> str:
    text = t.gettext("Taken back: {reading} of {day}. To send it again: <code>{example}</code>")
    example = escape(typed(reading.flat_code, reading.value, reading.motor_share, reading.date))
    return text.format(reading=f"<b>{short(reading)}</b>", day=t.day(reading.date), example=example)


def undone_many(t: Translator, gone: Sequence[Reading], left: Sequence[Reading]) -> str:
    """Several at once; some may have changed or been billed meanwhile."""
    lines = []
    if gone:
        head = t.ngettext("Taken back {count} reading:", "Taken back {count} readings:", len(gone))
        lines = [f"<b>{head.format(count=len(gone))}</b>", f"<pre>{chr(10).join(map(short, gone))}</pre>"]
    if left:
        names = ", ".join(escape(reading.flat_code) for reading in left)
        lines.append(t.gettext("Left as they are, changed or billed meanwhile: {flats}").format(flats=names))
    return "\n".join(lines)


def meant(t: Translator, typed: str, target: str) -> str:
    """A near miss, answered."""
    return t.gettext("{typed} was {target}.").format(typed=escape(typed), target=f"<b>{escape(target)}</b>")


def typed(target: str, value: Decimal, share: Decimal | None, on: date | None) -> str:
    """A reading as one message."""
    motor = f" motor {figure(share)}" if share is not None else ""
    return f"{target} {figure(value)}{motor}" + (f" on {short_day(on)} {on.year}" if on else "")


def nothing_to_undo(t: Translator) -> str:
    return t.gettext("Nothing to take back. What is billed can be corrected by the office.")


def no_such_flat(t: Translator, target: str, near: Sequence[str]) -> str:
    """A near miss, or a target nobody knows."""
    meter = target.isdecimal()
    if near:
        text = t.gettext("No meter {target}. Did you mean") if meter else t.gettext("No flat {target}. Did you mean")
        return text.format(target=f"<b>{escape(target)}</b>")
    text = t.gettext("No meter {target} here.") if meter else t.gettext("No flat {target} here.")
    hint = t.gettext("Send a flat and its number, like <code>B17-FF 146</code>, or choose with /read.")
    return f"{text.format(target=f'<b>{escape(target)}</b>')} {hint}"


def no_meter(t: Translator, flat: str) -> str:
    text = t.gettext("{flat} has no meter yet, so nothing was saved. Please tell the office its meter number.")
    return text.format(flat=f"<b>{escape(flat)}</b>")


def no_flat(t: Translator, meter: Meter) -> str:
    text = t.gettext("Meter {number} belongs to no flat yet, so nothing was saved. Please tell the office its flat.")
    return text.format(number=f"<b>{escape(meter.number)}</b>")


def no_owner(t: Translator, meter: Meter) -> str:
    text = t.gettext("{flat} has no owner yet, so nothing was saved. Please tell the office who owns it.")
    return text.format(flat=f"<b>{escape(meter.flat_code or '')}</b>")


def inactive(t: Translator, meter: Meter, successor: str | None, value: Decimal) -> str:
    text = t.gettext("Meter {number} is out of use, so nothing was saved.")
    text = text.format(number=f"<b>{escape(meter.number)}</b>")
    if successor is None:
        return f"{text} {t.gettext('Please ask the office which meter it is now.')}"
    hint = t.gettext("{flat} now has meter {number}. Send <code>{example}</code>")
    example = f"{escape(successor)} {figure(value)}"
    return f"{text} {hint.format(flat=escape(meter.flat_code or ''), number=escape(successor), example=example)}"


def several_meters(t: Translator, target: str) -> str:
    return t.gettext("{target} has several meters. Which one did you read?").format(target=f"<b>{escape(target)}</b>")


def share_of_motor(t: Translator, meter: Meter, value: Decimal) -> str:
    """A motor share was typed with the motor's own reading."""
    text = t.gettext("{motor} is the motor itself and has no share. Nothing was saved. Send <code>{example}</code>")
    return text.format(motor=f"<b>{escape(meter.place)}</b>", example=f"{escape(meter.place)} {figure(value)}")


def returned(t: Translator, reading: Reading, reason: str, by: str) -> str:
    """To the sender of a reading that was sent back."""
    text = t.gettext("{by} sent back {reading} of {day}: {reason}. Please look at the meter again.")
    return text.format(
        by=escape(by) or t.gettext("The office"), reading=f"<b>{short(reading)}</b>", day=t.day(reading.date),
        reason=returned_reason(t, reason),
    )  # fmt: skip


def returned_reason(t: Translator, reason: str | None) -> str:
    """The office's reason: one of its buttons, or its own words."""
    known = {
        "unclear_photo": t.gettext("unclear photo"),
        "wrong_meter": t.gettext("wrong meter"),
        "too_high": t.gettext("too high"),
        "too_low": t.gettext("too low"),
        "same_as_last": t.gettext("same as last time"),
        "no_photo": t.gettext("photo is missing"),
    }
    return known.get(reason or "") or escape((reason or "").rstrip(" .")) or t.gettext("no reason given")

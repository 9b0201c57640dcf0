"""What engineers are asked and told around a reading: lines that are none, steps, keys, help."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from bot.i18n import Translator, escape
from bot.texts.engineer import figure, units, whose
from domain.date_text import DateTextError, FutureDateError, YearMissingError, short_day
from domain.metering import ReadingMode
from domain.reading_text import DATE_PROBLEMS, BadLine, LineProblem
from jobs.submit_reading import DateProblem
from storage.meters import Meter, MeterLine
from storage.readings import Reading

MOST_ROWS = 40
"""Rows of a table of results in one message."""
_LONGEST_LINE = 100
_NO_NUMBERS = frozenset({
    LineProblem.NOT_A_NUMBER, LineProblem.NO_VALUE, LineProblem.NO_TARGET, LineProblem.TWO_TARGETS,
    LineProblem.EXPONENT, LineProblem.INFINITE, LineProblem.UNDERSCORE,
})  # fmt: skip
_MENDED = DATE_PROBLEMS | {LineProblem.MISPLACED_COMMA}
_ROOM = 1500


def what(t: Translator, mode: ReadingMode) -> str:
    """What the number is, by the society's reading mode."""
    return t.gettext("units this month") if mode is ReadingMode.UNITS else t.gettext("number on the meter")


def line_problem(t: Translator, bad: BadLine) -> str:
    """Why a line is no reading."""
    words = {
        LineProblem.NO_TARGET: t.gettext("flat or meter is missing"),
        LineProblem.TWO_TARGETS: t.gettext("two flats in one line"),
        LineProblem.TWO_METERS: t.gettext("two meters in one line"),
        LineProblem.NO_VALUE: t.gettext("the number is missing"),
        LineProblem.TWO_VALUES: t.gettext("there are two numbers in it"),
        LineProblem.EXTRA_WORDS: t.gettext("a word is not understood"),
        LineProblem.BAD_SHARE: t.gettext("the motor share is not a number"),
        LineProblem.BAD_DATE: t.gettext("the date is not understood"),
        LineProblem.FUTURE_DATE: t.gettext("the date is in the future"),
        LineProblem.YEAR_MISSING: t.gettext("that day is still to come, or over half a year ago: then write its year"),
        LineProblem.TOO_LONG: t.gettext("the message is too long"),
        LineProblem.TOO_MANY_LINES: t.gettext("more than 60 lines: send the rest again"),
        LineProblem.NEGATIVE: t.gettext("a reading is never negative"),
        LineProblem.TOO_PRECISE: t.gettext("two digits after the point at most"),
        LineProblem.TOO_LARGE: t.gettext("the number is too large"),
        LineProblem.MISPLACED_COMMA: t.gettext("a comma is in the wrong place"),
    }
    return words.get(bad.reason) or t.gettext("write the number in plain digits")


def bad_line(t: Translator, bad: BadLine) -> str:
    """One line that is no reading, and what to send instead."""
    text = t.gettext("Not saved: {problem}. Send it like <code>{example}</code>")
    return text.format(problem=line_problem(t, bad), example=escape(bad.suggestion))


def bad_number(t: Translator, flat: str, bad: Sequence[BadLine], example: str) -> str:
    """What was typed in answer to a question about this flat: no number, or one that is not taken."""
    shown = f"<b>{escape(flat)}</b>"
    wrong = next((one for one in bad if one.reason not in _NO_NUMBERS), None)
    if wrong is None:
        text = t.gettext("{flat}: that is not a number. Send it like <code>{example}</code>")
        return text.format(flat=shown, example=escape(example))
    if wrong.reason in _MENDED:
        example = wrong.suggestion.partition(" ")[2]
    text = t.gettext("{flat} is not saved: {problem}. Send it like <code>{example}</code>")
    return text.format(flat=shown, problem=line_problem(t, wrong), example=escape(example))


def value_or_meter(t: Translator, flat: str, meter: Meter) -> str:
    """Digits that may be what the meter of `flat` shows, and are the number of another meter."""
    text = t.gettext("{number} is also the meter of {other}. Is it the number on the meter of {flat}?")
    return text.format(number=f"<b>{escape(meter.number)}</b>", other=escape(meter.place), flat=escape(flat))


def not_sent(t: Translator, flat: str, value: Decimal) -> str:
    """Another flat was typed before this one was sent."""
    return t.gettext("{reading} is not sent.").format(reading=f"<b>{escape(flat)} {figure(value)}</b>")


def bad_date(t: Translator, error: DateTextError, today: date) -> str:
    """Why a day that was asked for is not taken."""
    if isinstance(error, FutureDateError):
        why = t.gettext("{day} is in the future.").format(day=t.day(error.day))
    elif isinstance(error, YearMissingError):
        why = t.gettext("That day is still to come, or was {day}: then write its year.").format(day=t.day(error.day))
    else:
        why = t.gettext("That is no date.")
    text = t.gettext("Send it like <code>{example}</code> or <code>yesterday</code>.")
    return f"{why} {text.format(example=short_day(today))}"


def results_head(t: Translator, saved: int, photos: int, waiting: int) -> str:
    """First line of a table of results."""
    head = t.ngettext("Saved {count} reading", "Saved {count} readings", saved).format(count=saved)
    if photos:
        head = f"{head}, {t.ngettext('{count} photo', '{count} photos', photos).format(count=photos)}"
    if not waiting:
        return f"<b>{head}.</b>"
    needs = t.ngettext("{count} needs you", "{count} need you", waiting).format(count=waiting)
    return f"<b>{head}, {needs}.</b>"


def results(t: Translator, head: str, rows: Sequence[tuple[str, str, str]], failed: Sequence[str]) -> str:
    """One table: flat, value, what came of it; then the lines to mend and send again."""
    width = max((len(flat) for flat, _, _ in rows), default=0)
    digits = max((len(value) for _, value, _ in rows), default=0)
    shown = [f"{flat:<{width}} {value:>{digits}}  {note}".rstrip() for flat, value, note in rows[-MOST_ROWS:]]
    parts = [head]
    if shown:
        parts.append(f"<pre>{escape(chr(10).join(shown))}</pre>")
    if failed:
        parts.append(t.gettext("Mend these and send them again:"))
        parts.append(f"<pre>{escape(_fitting(failed))}</pre>")
    return "\n".join(parts)


def failed(line: str, why: str) -> str:
    """A line to mend and what is wrong in it; sent again, what follows the arrow does not matter."""
    first, *rest = line.splitlines()
    return "\n".join([f"{first[:_LONGEST_LINE]} ← {why}", *(more[:_LONGEST_LINE] for more in rest)])


def _fitting(lines: Sequence[str]) -> str:
    """As many lines as one message has room for; the sender still has the others."""
    text = "\n".join(lines)
    return text if len(text) <= _ROOM else text[:_ROOM].rpartition("\n")[0] + "\n…"


def note_saved(t: Translator) -> str:
    return t.gettext("saved")


def note_odd(t: Translator) -> str:
    return t.gettext("saved, look again")


def note_same(t: Translator) -> str:
    return t.gettext("already saved")


def note_duplicate(t: Translator, old: Decimal) -> str:
    return t.gettext("has {old}: replace?").format(old=figure(old))


def note_changed(t: Translator, now: Decimal) -> str:
    return t.gettext("changed since, is {now}").format(now=figure(now))


def note_billed(t: Translator) -> str:
    return t.gettext("already billed")


def note_unknown(t: Translator, target: str) -> str:
    return t.gettext("no such meter") if target.isdecimal() else t.gettext("no such flat")


def note_several(t: Translator) -> str:
    return t.gettext("several meters: which one?")


def note_date(t: Translator, problem: DateProblem, limit: date) -> str:
    """Why a date is not taken."""
    words = {
        DateProblem.FUTURE: t.gettext("the date is in the future"),
        DateProblem.BILLED: t.gettext("billed up to {limit}, send a later date"),
        DateProblem.BEFORE_METER: t.gettext("this meter is there since {limit}, send that day or a later one"),
        DateProblem.AFTER_METER: t.gettext("this meter was taken out on {limit}, send that day or an earlier one"),
    }
    return words[problem].format(limit=t.day(limit))


def note_no_meter(t: Translator) -> str:
    return t.gettext("no meter yet, tell the office")


def note_no_flat(t: Translator) -> str:
    return t.gettext("of no flat yet, tell the office")


def note_no_owner(t: Translator) -> str:
    return t.gettext("no owner yet, tell the office")


def note_inactive(t: Translator, successor: str | None) -> str:
    if successor is None:
        return t.gettext("out of use, ask the office")
    return t.gettext("out of use, now {number}").format(number=successor)


def note_motor(t: Translator) -> str:
    return t.gettext("the motor itself, has no share")


def send_number(t: Translator, mode: ReadingMode, reading: Reading) -> str:
    """After Re-enter and Fix."""
    text = t.gettext("Send the right {what} of {flat}. It was {value}.")
    return text.format(what=what(t, mode), flat=f"<b>{escape(reading.flat_code)}</b>", value=figure(reading.value))


def which_flat(t: Translator, number: str, example: str) -> str:
    """A number alone."""
    text = t.gettext("Which flat is {number} for? Send both, like <code>{example}</code>, or choose with /read.")
    return text.format(number=f"<b>{escape(number)}</b>", example=escape(example))


def not_understood(t: Translator, example: str) -> str:
    text = t.gettext("Send a flat or meter and its number, like <code>{example}</code>. /read goes step by step.")
    return text.format(example=escape(example))


def choose_block(t: Translator, unread: str) -> str:
    """`unread` is how much is."""
    return f"{t.gettext('Which block? Tap it, or type it.')}\n{unread}"


def block_label(t: Translator, name: str, unread: int) -> str:
    return f"{name} · {unread}" if unread else f"{name} · {t.gettext('done')}"


def choose_flat(t: Translator, block: str, lines: Sequence[MeterLine]) -> str:
    """The block's flats with floor and owner."""
    rows = [flat_row(t, line) for line in lines]
    if any(line.is_motor for line in lines):
        return "\n".join([t.gettext("Which motor?"), *rows])
    return "\n".join([t.gettext("Which flat of {block}?").format(block=f"<b>{escape(block)}</b>"), *rows])


def flat_row(t: Translator, line: MeterLine) -> str:
    known = ", ".join(escape(word) for word in (line.floor, line.owner_name) if word)
    row = f"{escape(line.flat_code)} · {known}" if known else escape(line.flat_code)
    return f"{row} · {t.gettext('read')}" if line.read else row


def ask_value(t: Translator, mode: ReadingMode, meter: Meter, before: str) -> str:
    """`before` is the previous value with its day; may be empty."""
    place = ", ".join(escape(word) for word in (meter.floor, meter.owner_name) if word)
    head = f"<b>{escape(meter.place)}</b>" + (f" · {place}" if place else "")
    number = whose(t, meter) if meter.is_motor else t.gettext("Meter {number}.").format(number=escape(meter.number))
    ask = t.gettext("Send the {what}.").format(what=what(t, mode))
    return f"{head}\n{' '.join(part for part in (number, before) if part)}\n{ask}"


def before(t: Translator, value: Decimal, day: date) -> str:
    return t.gettext("Before: {value} on {day}.").format(value=figure(value), day=t.day(day))


def ask_share(t: Translator, meter: Meter) -> str:
    text = t.gettext("Motor share of {flat} in units? Motor {motor}. Skip if the office works it out.")
    if meter.motor_name is None:
        text = t.gettext("Motor share of {flat} in units? Skip if there is none.")
    return text.format(flat=f"<b>{escape(meter.flat_code or '')}</b>", motor=escape(meter.motor_name or ""))


def ask_date(t: Translator) -> str:
    return t.gettext("Of which day is it? Tap, or type it, like <code>3 Nov</code>.")


def ask_photo(t: Translator, meter: Meter) -> str:
    return t.gettext("Send a photo of meter {number}, or skip.").format(number=escape(meter.number))


def summary(t: Translator, mode: ReadingMode, meter: Meter, value: Decimal, *, share: Decimal | None, on: date) -> str:
    """What Send will send."""
    shown = units(t, value) if mode is ReadingMode.UNITS else figure(value)
    head = f"<b>{escape(meter.place)} · {shown}</b>"
    lines = [head, whose(t, meter)]
    if share is not None:
        lines.append(t.gettext("Motor share {units}.").format(units=figure(share)))
    return "\n".join([*lines, t.day(on)])


def with_photos(t: Translator, count: int) -> str:
    return t.ngettext("With photo.", "With {count} photos.", count).format(count=count)


def without_photo(t: Translator) -> str:
    return t.gettext("Without photo.")


def not_sent_yet(t: Translator) -> str:
    return t.gettext("Not sent yet.")


def change_what(t: Translator) -> str:
    return t.gettext("What should change?")


def stopped(t: Translator) -> str:
    return t.gettext("Stopped. Nothing was sent.")


def welcome(t: Translator, mode: ReadingMode, society: str, example: str) -> str:
    text = t.gettext(
        "You read meters for {society}. Send a meter number or flat and the {what}, like <code>{example}</code>. "
        "A photo helps."
    )
    return text.format(society=escape(society), what=what(t, mode), example=escape(example))


def help_text(t: Translator, mode: ReadingMode, example: str) -> str:
    lines = [
        t.gettext("<b>Send a flat or meter and the {what}:</b>").format(what=what(t, mode)),
        f"<code>{escape(example)}</code>",
        f"<code>{escape(example)} motor 3.2 on 3 Nov</code>",
        t.gettext("Several lines at once, photos with this as caption, photos alone, and albums work too."),
        t.gettext("A photo afterwards goes to the reading before it."),
        t.gettext("To correct it, edit your message or tap Fix. To take it back, /undo."),
        t.gettext("/round walks from meter to meter, then the number alone is enough; Can't read says why not."),
        t.gettext("/read asks step by step, /pending shows what waits and what is unread."),
    ]
    return "\n".join(lines)


def placeholder(t: Translator, example: str) -> str:
    return t.gettext("{example}, or a photo").format(example=example)


def about_read(t: Translator) -> str:
    return t.gettext("send a reading step by step")


def about_pending(t: Translator) -> str:
    return t.gettext("what waits, what is unread")


def about_undo(t: Translator) -> str:
    return t.gettext("take back the last reading")


def about_help(t: Translator) -> str:
    return t.gettext("how to send readings")


def key_read(t: Translator) -> str:
    return t.gettext("Step by step")


def key_list(t: Translator) -> str:
    return t.gettext("List")


def key_undo(t: Translator) -> str:
    return t.gettext("Undo")


def key_next(t: Translator) -> str:
    return t.gettext("Next meter")

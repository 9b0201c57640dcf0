"""What engineers are asked about photos that came alone, and about albums of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from bot.i18n import Translator, escape
from bot.texts.engineer import figure, short, units, whose
from bot.texts.engineer_dialogue import what
from domain.metering import ReadingMode
from domain.register import Swap
from storage.meters import Meter
from storage.readings import Reading


def reads(t: Translator, meter: Meter, register: Decimal, before: str) -> str:
    """The register that the photo shows, to be stored if it is right."""
    ask = t.gettext("{flat} reads {value}?").format(flat=escape(meter.place), value=f"<b>{figure(register)}</b>")
    return _with_facts(t, ask, meter, before)


def typed_below(t: Translator, mode: ReadingMode, meter: Meter, value: Decimal, before: str) -> str:
    """The number that was sent below the photo, to be stored if it is of this meter."""
    if mode is ReadingMode.REGISTER:
        return reads(t, meter, value, before)
    ask = t.gettext("{flat}: {units}?").format(flat=escape(meter.place), units=f"<b>{units(t, value)}</b>")
    return _with_facts(t, ask, meter, "")


def increase(t: Translator, meter: Meter, register: Decimal, used: Decimal, since: date) -> str:
    """The units since the photo before, to be stored if they are right."""
    text = t.gettext("{flat}: the meter shows {value}, {more} more than on {day}. {units}?")
    ask = text.format(
        flat=escape(meter.place),
        value=figure(register),
        more=figure(used),
        day=t.day(since),
        units=f"<b>{units(t, used)}</b>",
    )
    return _with_facts(t, ask, meter, "")


def how_many(t: Translator, meter: Meter, register: Decimal | None, swap: Swap | None) -> str:
    """Units are sent, and the photo does not tell them; `register` is what it shows."""
    if register is None:
        ask = t.gettext("{flat}: I can't read it surely. How many units this month?").format(flat=escape(meter.place))
    else:
        text = t.gettext("{flat}: the meter shows {value}. How many units this month?")
        ask = text.format(flat=escape(meter.place), value=f"<b>{figure(register)}</b>")
    return _with_facts(t, ask, meter, _is_new(t, swap, swap.on) if swap and swap.on else "")


def _is_new(t: Translator, swap: Swap, on: date) -> str:
    """Its register lacks what was used before it came."""
    text = t.gettext("It is new since {day} and began with {opening}: add what the old one counted.")
    return text.format(day=t.day(on), opening=figure(swap.opening))


def not_sure(t: Translator, meter: Meter, before: str) -> str:
    """The register is asked, as the photo does not tell it surely."""
    ask = t.gettext("{flat}: I can't read it surely. What does it show?").format(flat=escape(meter.place))
    return _with_facts(t, ask, meter, before)


def not_looked(t: Translator, mode: ReadingMode, meter: Meter) -> str:
    """The meter is known, and nobody has looked at the photo, or not yet."""
    text = t.gettext("The photo of {flat} is kept. Send the {what}, only the number.")
    return text.format(flat=f"<b>{escape(meter.place)}</b>", what=what(t, mode)) + f"\n{whose(t, meter)}"


def _with_facts(t: Translator, ask: str, meter: Meter, before: str) -> str:
    return f"{ask}\n{' '.join(part for part in (whose(t, meter), before) if part)}"


def which_flat(t: Translator, register: Decimal | None = None) -> str:
    """Nobody knows whose meter it is."""
    if register is None:
        return t.gettext("Which flat is the photo of? Tap it, or type it.")
    text = t.gettext("The photo shows {value}. Which flat is it? Tap it, or type it.")
    return text.format(value=f"<b>{figure(register)}</b>")


def of_either(t: Translator, meter: Meter, written: Meter) -> str:
    """The photo was sent as of one meter, and another one's number or sticker is in it."""
    text = t.gettext("The photo says meter {number} of {other}, and I asked for {flat}. Which of them is it of?")
    names = {"number": written.number, "other": written.place, "flat": meter.place}
    return text.format(**{name: f"<b>{escape(value)}</b>" for name, value in names.items()})


def no_such_flat(t: Translator, typed: str) -> str:
    text = t.gettext("{typed} is no flat and no meter here. Type it like <code>B17-FF</code>, or tap one.")
    return text.format(typed=f"<b>{escape(typed)}</b>")


def read_before(
    t: Translator, reading: Reading, value: Decimal | None, by: str | None = None, *, typed: bool = False
) -> str:
    """The meter has a reading in this month, `by` somebody else; `value` is what the photo says, where it says it.

    `typed`: its sender says so.
    """
    text = (
        t.gettext("{flat} has {old} of {day} already, by {who}.")
        if by
        else t.gettext("{flat} has {old} of {day} already.")
    )
    old, day = f"<b>{figure(reading.value)}</b>", t.day(reading.date)
    told = text.format(flat=escape(reading.flat_code), old=old, day=day, who=escape(by or ""))
    if value is None:
        return told
    if value == reading.value:
        return f"{told} {t.gettext('You sent the same.') if typed else t.gettext('The photo says the same.')}"
    form = t.gettext("You sent {value}. Replace it?") if typed else t.gettext("The photo says {value}. Replace it?")
    return f"{told} {form.format(value=f'<b>{figure(value)}</b>')}"


def shown(t: Translator, register: Decimal) -> str:
    """Beside what was read in the month: units, of which the photo says nothing."""
    return t.gettext("The photo shows {value}.").format(value=f"<b>{figure(register)}</b>")


def send_number(t: Translator, mode: ReadingMode, meter: Meter) -> str:
    """After Type it."""
    text = t.gettext("Send the {what} of {flat}, only the number.")
    return text.format(what=what(t, mode), flat=f"<b>{escape(meter.place)}</b>")


def taken(t: Translator, place: str, value: Decimal) -> str:
    """On the question, once it is answered."""
    return t.gettext("This photo is with {reading}.").format(reading=f"<b>{escape(place)} {figure(value)}</b>")


def not_yours(t: Translator) -> str:
    return t.gettext("Only who sent the photo can answer this.")


def belongs(t: Translator, reading: Reading) -> str:
    """The photo belongs to a reading by now."""
    text = t.gettext("This photo is with {reading} of {day}.")
    return text.format(reading=f"<b>{short(reading)}</b>", day=t.day(reading.date))


def gone(t: Translator) -> str:
    return t.gettext("This photo was answered before. Send it again if it is of another flat.")


def album_head(t: Translator, read: int, count: int, waiting: int) -> str:
    """First line of an album's table; `waiting` are still being looked at."""
    head = t.ngettext("{read} of {count} photo read", "{read} of {count} photos read", count)
    head = f"<b>{head.format(read=read, count=count)}</b>"
    if not waiting:
        return head
    more = t.ngettext("{count} is being looked at", "{count} are being looked at", waiting).format(count=waiting)
    return f"{head}, {more}"


def album(t: Translator, head: str, rows: Sequence[tuple[str, str, str]], example: str | None) -> str:
    """The table of an album: number of the photo, flat, value and what is lacking; then how to fix a line."""
    width = max((len(place) for place, _, _ in rows), default=0)
    digits = max((len(value) for _, value, _ in rows), default=0)
    shown = [
        f"{number:>2} {place:<{width}} {value:>{digits}}  {note}".rstrip()
        for number, (place, value, note) in enumerate(rows, start=1)
    ]
    parts = [head, f"<pre>{escape(chr(10).join(shown))}</pre>"]
    if example:
        text = t.gettext("To fix a line, reply to this with it, like <code>{example}</code>")
        more = t.gettext("Several at once: one below the other.")
        parts.append(f"{text.format(example=escape(example))}\n{more}")
    return "\n".join(parts)


def note_no_flat(t: Translator) -> str:
    return t.gettext("which flat?")


def note_shows(t: Translator, register: Decimal) -> str:
    return t.gettext("shows {value}, units?").format(value=figure(register))


def note_not_sure(t: Translator) -> str:
    return t.gettext("not read surely")


def note_looking(t: Translator) -> str:
    return t.gettext("being looked at")


def note_typed(t: Translator) -> str:
    return t.gettext("typed")


def note_more(t: Translator, register: Decimal) -> str:
    return t.gettext("shows {value}").format(value=figure(register))


def note_has(t: Translator, reading: Reading) -> str:
    return t.gettext("has {old} of {day}").format(old=figure(reading.value), day=t.day(reading.date))


def still_open(t: Translator, count: int, example: str) -> str:
    """Photos of an album that were not saved with the others."""
    text = t.ngettext(
        "{count} photo is not saved yet. Send its flat and number within ten minutes, like <code>{example}</code>",
        "{count} photos are not saved yet. Send their flats and numbers one by one within ten minutes, "
        "like <code>{example}</code>",
        count,
    )
    return text.format(count=count, example=escape(example))


def yes(t: Translator, value: Decimal) -> str:
    return t.gettext("Yes, {value}").format(value=figure(value))


def type_it(t: Translator) -> str:
    return t.gettext("Type it")


def other_meter(t: Translator) -> str:
    return t.gettext("Other meter")


def save_lines(t: Translator, count: int) -> str:
    return t.gettext("Save {count}").format(count=count)

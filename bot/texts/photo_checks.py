"""What a reading's photo says about it, in words: for the office's cards and for the engineer at the meter."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot.i18n import Translator, escape
from bot.texts.engineer import figure, short
from domain.choose_reading import Unsure
from domain.photo_checks import Check, Doubt, DoubtKind
from domain.photo_reading import Display

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from jobs.pending import Queue
    from storage.readings import Reading

_MOST_NAMED = 8


def counts(t: Translator, queue: Queue) -> list[str]:
    """Of those that wait: whose photo shows no reading, and whose photo a reader has not done with."""
    found = []
    if queue.unreadable:
        found.append(t.gettext("{count} without readable photo").format(count=queue.unreadable))
    if queue.looked_at:
        form = t.ngettext("{count} photo being looked at", "{count} photos being looked at", queue.looked_at)
        found.append(form.format(count=queue.looked_at))
    if queue.unlooked:
        form = t.ngettext("{count} photo not looked at yet", "{count} photos not looked at yet", queue.unlooked)
        found.append(form.format(count=queue.unlooked))
    return found


def unlooked(t: Translator, count: int) -> str:
    """With the offer to approve them all."""
    form = t.ngettext(
        "{count} of them with a photo nobody has looked at yet.",
        "{count} of them with photos nobody has looked at yet.",
        count,
    )
    return f"<b>{form.format(count=count)}</b>"


def shows(t: Translator, check: Check) -> list[str]:
    """`photo reads 146 (!)`, beside what was sent; beside units, that it is the register."""
    found = []
    if check.register is not None:
        found.append(_reads(t, check).format(value=figure(check.register)) + (" (!)" if check.held else ""))
    elif check.held:
        found.append(t.gettext("photo (!)"))
    if check.waits:
        found.append(looking(t, check))
    if check.unlooked:
        found.append(t.gettext("photo not looked at yet"))
    return found


def _reads(t: Translator, check: Check) -> str:
    if check.of_units:
        return t.gettext("photo shows register {value}") if check.sure else t.gettext("photo may show register {value}")
    return t.gettext("photo reads {value}") if check.sure else t.gettext("photo may read {value}")


def looking(t: Translator, check: Check) -> str:
    """A reader is about to look, for the first time or again."""
    return t.gettext("looking at the photo…") if check.register is None else t.gettext("looking again…")


def reasons(t: Translator, check: Check, sent: Decimal, *, stood_by: bool) -> list[str]:
    """Each doubt in a line of its own, what the reader says to it, and that the sender has looked again."""
    lines = [f"{'(!) ' * (one in check.held)}{_reason(t, check, one, sent)}" for one in check.doubts]
    if check.reasons:
        said = "; ".join(escape(one) for one in check.reasons[:_MOST_NAMED])
        lines.append(t.gettext("Seen in the photo: {reasons}.").format(reasons=said))
    right = stood_by and bool(check.contradictions)
    return [*lines, t.gettext("The engineer looked again and says it is right.")] if right else lines


def contradicts(t: Translator, reading: Reading, check: Check) -> str:
    """To who sent the reading: what their photo says instead."""
    said = [_to_sender(t, check, one, reading) for one in check.contradictions]
    return " ".join([f"<b>{short(reading)}</b>:", *said, t.gettext("Please look again.")])


def decided_before(t: Translator, reading: Reading) -> str:
    """To the admins, above the card: it was approved before the photo spoke against it."""
    text = t.gettext("<b>{flat} was approved, and now its photo says something else.</b>")
    return text.format(flat=escape(reading.flat_code))


def _to_sender(t: Translator, check: Check, doubt: Doubt, reading: Reading) -> str:
    if doubt.kind is not DoubtKind.OTHER_VALUE or doubt.value is None:
        return _reason(t, check, doubt, reading.value)
    if check.is_of_another(doubt):
        text = t.gettext("you sent {sent}, another of its photos seems to read {value}.")
    elif doubt.units is None:
        text = t.gettext("you sent {sent}, the photo seems to read {value}.")
    else:
        text = t.gettext("you sent {sent}, the photo seems to read {value}: {units} since the photo before.")
    units = "" if doubt.units is None else figure(doubt.units)
    return text.format(sent=figure(reading.value), value=figure(doubt.value), units=units)


def _reason(t: Translator, check: Check, doubt: Doubt, sent: Decimal) -> str:  # noqa: PLR0911 - one sentence a doubt
    day = t.day(doubt.day) if doubt.day else ""
    match doubt.kind:
        case DoubtKind.OTHER_VALUE | DoubtKind.MAYBE_OTHER_VALUE:
            return _other_value(t, doubt, sent, another=check.is_of_another(doubt))
        case DoubtKind.OTHER_METER:
            text = t.gettext("The photo shows meter {number} of {place}.")
            return text.format(number=escape(doubt.number), place=escape(doubt.place))
        case DoubtKind.SAME_PHOTO:
            return t.gettext("The same photo is with {place} of {day}.").format(place=escape(doubt.place), day=day)
        case DoubtKind.LIKE_PHOTO:
            text = t.gettext("Nearly the same photo is with {place} of {day}.")
            return text.format(place=escape(doubt.place), day=day)
        case DoubtKind.OLDER_PHOTO:
            return t.gettext("The photo was taken on {day}, before the day of the reading.").format(day=day)
        case DoubtKind.SCREEN:
            return t.gettext("It looks like a photo of a screen.")
        case DoubtKind.UNREADABLE:
            return _unreadable(t, doubt.display)
        case DoubtKind.BLURRED:
            return t.gettext("The photo is blurred.")
        case DoubtKind.DARK:
            return t.gettext("The photo is dark.")
        case _:
            assert_never(doubt.kind)


def _other_value(t: Translator, doubt: Doubt, sent: Decimal, *, another: bool) -> str:
    value = "" if doubt.value is None else figure(doubt.value)
    if another:
        text = t.gettext("Another of its photos reads {value}, sent was {sent}.")
    elif doubt.units is None:
        text = t.gettext("The photo reads {value}, sent was {sent}.")
    else:
        text = t.gettext("The photo reads {value}, {units} since the photo before; sent was {sent}.")
    said = text.format(value=value, units="" if doubt.units is None else figure(doubt.units), sent=figure(sent))
    unsure = _unsure(t, doubt.why) if doubt.kind is DoubtKind.MAYBE_OTHER_VALUE else ""
    return f"{said} {unsure}".rstrip()


def _unsure(t: Translator, why: Unsure | None) -> str:
    words = {
        Unsure.DISPLAY: t.gettext("the display is not seen clearly"),
        Unsure.SEVERAL: t.gettext("two numbers may be it"),
        Unsure.FAINT: t.gettext("a digit is faint"),
        Unsure.DECIMALS: t.gettext("the point may stand elsewhere"),
        Unsure.FAR: t.gettext("far from what the meter should show"),
        Unsure.PLATE: t.gettext("it may stand on the rating plate"),
    }
    known = words.get(why) if why else None
    return t.gettext("Not certain: {reason}.").format(reason=known) if known else t.gettext("It is not certain.")


def _unreadable(t: Translator, display: Display | None) -> str:
    words = {
        Display.BLURRED: t.gettext("The photo is too blurred to read."),
        Display.DARK: t.gettext("The photo is too dark to read."),
        Display.GLARE: t.gettext("A reflection hides the number in the photo."),
        Display.CUT_OFF: t.gettext("The number is cut off in the photo."),
        Display.OFF: t.gettext("The display is off in the photo."),
        Display.NO_METER: t.gettext("No meter is seen in the photo."),
    }
    known = words.get(display) if display else None
    return known or t.gettext("The photo could not be read.")


# ── asking again


def check_button(t: Translator) -> str:
    return t.gettext("Check photo")


def about_check(t: Translator) -> str:
    """In the menu."""
    return t.gettext("Have photos read again: /check B17-FF")


def looked_again(t: Translator, at: datetime) -> str:
    """Under the card of who asked for another look: it may show what it showed before."""
    return t.gettext("The photo was looked at again, {time}.").format(time=t.clock(at))


def nothing_to_check(t: Translator) -> str:
    """No reading that waits has a photo in doubt."""
    return t.gettext("No photo is in doubt. To have one read again, send its flat: <code>/check B17-FF</code>")


def no_photo(t: Translator, reading: Reading) -> str:
    text = t.gettext("{reading} of {day} has no photo. The engineer can send it in reply to the reading.")
    return text.format(reading=f"<b>{short(reading)}</b>", day=t.day(reading.date))


def photo_gone(t: Translator, reading: Reading) -> str:
    """Its time is over, or it is from before the service."""
    text = t.gettext("The photo of {reading} of {day} is not kept here, so that nobody can read it again.")
    return text.format(reading=f"<b>{short(reading)}</b>", day=t.day(reading.date))


def nobody_reads(t: Translator) -> str:
    return t.gettext("Nobody reads photos here: it is switched off (PHOTO_READER). Look at the photo yourself.")


def no_reading(t: Translator, place: str) -> str:
    return t.gettext("{place} has no reading yet.").format(place=f"<b>{escape(place)}</b>")


def checking(t: Translator, flats: Sequence[str]) -> str:
    """Several at once: the queue tells what comes of it."""
    form = t.ngettext(
        "Looking again at {count} photo: {flats}. /pending tells what is seen.",
        "Looking again at {count} photos: {flats}. /pending tells what is seen.",
        len(flats),
    )
    named = ", ".join(escape(flat) for flat in flats[:_MOST_NAMED]) + (" …" if len(flats) > _MOST_NAMED else "")
    return form.format(count=len(flats), flats=named)

"""What engineers are asked and told about photos."""

from __future__ import annotations

from bot.i18n import Translator, escape
from bot.texts.engineer import short
from bot.texts.engineer_dialogue import what
from domain.metering import ReadingMode
from jobs.photo_intake import PhotoRefusal
from jobs.take_photo import PhotoStays
from storage.readings import Reading, ReadingState


def photo_added(t: Translator, reading: Reading, also: Reading | None = None) -> str:
    text = t.gettext("Photo added to {reading}.").format(reading=f"<b>{short(reading)}</b>")
    if also is None:
        return text
    return f"{text} {t.gettext('The same photo is with {reading} too.').format(reading=short(also))}"


def photo_known(t: Translator, reading: Reading) -> str:
    """The very same picture came before."""
    text = t.gettext(
        "This photo is already with {reading} of {day}. If it is of another flat, send it with that flat and its "
        "number as words, or in reply to its reading."
    )
    return text.format(reading=f"<b>{short(reading)}</b>", day=t.day(reading.date))


def photo_of_gone(t: Translator, reading: Reading) -> str:
    """The reading was taken back meanwhile; the photo is kept."""
    text = t.gettext("{reading} was taken back. The photo is kept: send it again, like <code>{example}</code>")
    return text.format(reading=short(reading), example=short(reading))


def photo_stays(t: Translator, stays: PhotoStays) -> str:
    """Nothing was moved."""
    if not stays.has_it:
        form = t.gettext("Nothing was changed: this photo is not with {reading} any more.")
    elif stays.target.state is ReadingState.WITHDRAWN:
        form = t.gettext("{target} was taken back. The photo stays with {reading}.")
    else:
        form = t.gettext("{reading} is approved already, so its photo stays. Send {target} a photo of its own.")
    return form.format(reading=f"<b>{short(stays.reading)}</b>", target=short(stays.target))


def waits(t: Translator) -> str:
    """Below why the reading in a caption was not taken."""
    return t.gettext("The photo is kept for ten minutes: send only the reading again.")


def photo_alone(t: Translator, mode: ReadingMode, example: str, *, offered: bool) -> str:
    """A photo that does not say which reading it belongs to; `offered`: buttons name some."""
    if offered:
        text = t.gettext(
            "The photo is kept. Which flat is it? Tap it, or send the flat and the {what} within ten minutes, "
            "like <code>{example}</code>"
        )
    else:
        text = t.gettext(
            "The photo is kept. Which flat is it? Send the flat and the {what} within ten minutes, "
            "like <code>{example}</code>"
        )
    return text.format(what=what(t, mode), example=escape(example))


def photo_refused(t: Translator, reason: PhotoRefusal) -> str:
    match reason:
        case PhotoRefusal.TOO_LARGE | PhotoRefusal.TOO_MANY_PIXELS:
            return t.gettext("The photo is too large. Send it as a photo, not as a file.")
        case PhotoRefusal.UNKNOWN_FORMAT:
            return t.gettext("This is not a photo. Take a photo of the meter and send it.")
        case PhotoRefusal.EMPTY | PhotoRefusal.DAMAGED:
            return t.gettext("The photo did not arrive whole. Please send it again.")


def send_photo(t: Translator, reading: Reading) -> str:
    return t.gettext("Send the photo of {flat} now.").format(flat=f"<b>{escape(reading.flat_code)}</b>")


def not_a_photo(t: Translator, reading: Reading) -> str:
    text = t.gettext("That is no photo. {reading} is saved, with or without one.")
    return text.format(reading=short(reading))

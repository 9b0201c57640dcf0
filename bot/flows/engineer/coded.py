"""A photo that names its meter by a sticker or a printed number: its caption needs only the value."""

from __future__ import annotations

from dataclasses import replace

from bot.flows.engineer.place import sent_day
from bot.visit import Visit
from domain.reading_text import LineProblem, parse_reading_message
from jobs.find_by_code import meter_of_codes
from jobs.photo_intake import PreparedPhoto
from storage.meters import Meter


async def with_meter_named(visit: Visit) -> Visit | None:
    """The message as though its caption said of which meter it is; None where the caption or the photo does not fit."""
    if not visit.text or visit.incoming.reply_to or names_something(visit):
        return None
    meter = await meter_shown(visit)
    if meter is None:
        return None
    worded = f"{meter.place} {visit.text}"
    lines, bad = parse_reading_message(worded, sent_day(visit))
    if len(lines) != 1 or bad or lines[0].target != meter.place.upper():
        return None
    return replace(visit, incoming=replace(visit.incoming, text=worded))


async def meter_shown(visit: Visit) -> Meter | None:
    """The meter whose sticker or number is in the photo."""
    codes = visit.photo.codes if isinstance(visit.photo, PreparedPhoto) else ()
    return await meter_of_codes(visit.work, codes) if codes else None


def names_something(visit: Visit) -> bool:
    """Whether the words name a flat or meter themselves; digits alone may be one's number or what it shows."""
    lines, bad = parse_reading_message(visit.text, sent_day(visit))
    digits = visit.text.isdecimal() and len(bad) == 1
    return bool(lines) or not (digits or all(one.reason is LineProblem.NO_TARGET for one in bad))

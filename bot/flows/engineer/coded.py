"""A photo that names its meter by a sticker or a printed number: its caption needs only the value."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.flows.engineer.place import sent_day
from bot.visit import Visit
from domain.reading_text import LineProblem, ReadingLine, number_alone, parse_reading_message
from jobs.find_by_code import meter_of_codes
from jobs.find_meter import NoSuchTarget, find_meter
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
    """Whether the words name a flat or meter themselves; a number alone may be one's number or what it shows."""
    lines, bad = parse_reading_message(visit.text, sent_day(visit))
    digits = visit.text.isdecimal() and len(bad) == 1
    number = digits or number_alone(visit.text, sent_day(visit)) is not None
    return bool(lines) or not (number or all(one.reason is LineProblem.NO_TARGET for one in bad))


async def is_meant_as_reading(visit: Visit) -> bool:
    """Whether the words are a whole reading, right or wrong: more than a number alone that no meter carries."""
    if await number_typed(visit) is not None:
        return False
    lines, bad = parse_reading_message(visit.text, sent_day(visit))
    return bool(lines) or any(one.reason is not LineProblem.NO_TARGET for one in bad)


async def value_typed(visit: Visit) -> Decimal | None:
    """What the meter shows, or its units, where the words are that number and nothing more."""
    line = await number_typed(visit)
    return line.value if line and line.motor_share is None and line.on is None else None


async def number_typed(visit: Visit) -> ReadingLine | None:
    """The number that is all the words say, with a share or a date perhaps; None: they say more, or name a meter."""
    line = number_alone(visit.text, sent_day(visit))
    _, bad = parse_reading_message(visit.text, sent_day(visit))
    if line is None or not bad or bad[0].reason is not LineProblem.NO_VALUE:
        return line
    carried = await find_meter(visit.work.conn, bad[0].suggestion.partition(" ")[0])
    return line if isinstance(carried, NoSuchTarget) else None

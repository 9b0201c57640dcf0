"""A reading step by step: which question is open, and what is typed or photographed in answer to it.

The answers so far are a mapping that travels with every button, so that an older card, pressed later, goes on from
what it showed. The first answer that is missing is the next question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.engineer.again import read_already
from bot.flows.engineer.binding import fresh
from bot.flows.engineer.cards import mode_of
from bot.flows.engineer.coded import is_meant_as_reading, names_something
from bot.flows.engineer.examples import example_number
from bot.flows.engineer.message import take
from bot.flows.engineer.photo_binding import loose_of
from bot.flows.engineer.photo_refusal import refusal as photo_refusal
from bot.flows.engineer.photo_refusal import with_refusal
from bot.flows.engineer.place import here, sent_day, turn
from bot.flows.engineer.proposal import asked
from bot.flows.engineer.questions import ask, card_of, chosen, refusal
from bot.router import Occasion, command, label, step
from bot.texts import engineer_buttons as labels
from bot.texts import engineer_dialogue as texts
from bot.visit import Visit
from domain.date_text import DateTextError, parse_date
from domain.metering import ReadingMode
from domain.number_text import NumberError, clean_text
from domain.reading_text import LineProblem, ReadingLine, parse_reading_message
from domain.roles import Permission
from domain.units import parse_units
from jobs import take_photo
from jobs.find_meter import find_meter
from jobs.photo_intake import PreparedPhoto
from jobs.progress import progress
from jobs.propose_reading import looked_at
from storage import loose_photos, meters
from storage.meters import Meter, MeterLine

Data = Mapping[str, Any]

_SHORTEST_METER = 5
"""Digits, where a meter's number is typed alone."""


@command("read", permission=Permission.SUBMIT_READING, about=texts.about_read)
async def begin(visit: Visit, typed: str) -> Turn:
    """Start with the block, or where `/read B17-FF` or `/read B17` says."""
    data = new(visit)
    return await go(visit, (await _place(visit, data, typed) if typed else None) or data)


@label(texts.key_read, permission=Permission.SUBMIT_READING)
async def key(visit: Visit) -> Turn:
    """The same from the keyboard."""
    return await begin(visit, "")


def new(visit: Visit) -> dict[str, Any]:
    """No answer yet; the key makes whatever this dialogue sends one submission."""
    return {"key": f"read:{visit.key}:{visit.incoming.sent_at.timestamp():.0f}", "turn": 0}


async def go(visit: Visit, data: Data) -> Turn:
    """Ask what is missing; a meter that was read is not asked about as though it were not."""
    known = await read_already(visit, data, card_of(data)) if "meter" in data else None
    if known is not None:
        return turn(visit, known)
    question, reply = await ask(visit, data)
    return Turn((reply,), State("read", question, dict(data)))


async def starting_at(visit: Visit, typed: str) -> Turn | None:
    """A flat, meter or block alone opens the dialogue there; `None`: it is none of them."""
    data = await _place(visit, new(visit), typed)
    return await go(visit, data) if data else None


@step("read", "block", permission=Permission.SUBMIT_READING)
@step("read", "flat", permission=Permission.SUBMIT_READING)
async def place_typed(visit: Visit) -> Turn:
    """A block, flat, floor or meter instead of a tap."""
    block = _data(visit).get("block")
    found = await _place(visit, _data(visit), visit.text)
    found = found or (await _place(visit, _data(visit), f"{block}-{visit.text}") if block else None)
    return await _next(visit, found or _data(visit))


@step("read", "value", permission=Permission.SUBMIT_READING, claims={Occasion.PHOTO})
async def value_typed(visit: Visit) -> Turn:
    """The number; a share or a date may follow it."""
    if visit.incoming.media:
        return await _captioned(visit) or await _photo(visit)
    flat = _data(visit)["flat"]
    lines, bad = parse_reading_message(f"{flat} {visit.text}", sent_day(visit))
    other = await elsewhere(visit) if len(lines) != 1 or _meter_like(visit.text) else None
    if other is not None:
        return other
    if len(lines) != 1:
        example = await example_number(visit, _data(visit)["meter"])
        return here(refusal(visit, texts.bad_number(visit.t, flat, bad, example)))
    return await _next(visit, {**_data(visit), **_answers(lines[0])})


def _answers(line: ReadingLine) -> dict[str, str]:
    answers = {"value": str(line.value)}
    if line.motor_share is not None:
        answers["share"] = str(line.motor_share)
    if line.on is not None:
        answers["on"] = line.on.isoformat()
    return answers


async def _captioned(visit: Visit) -> Turn | None:
    """The number as the caption of a photo, even where that cannot be kept; `None`: the caption says something else."""
    if not visit.text or names_something(visit):
        return None
    lines, bad = parse_reading_message(f"{_data(visit)['flat']} {visit.text}", sent_day(visit))
    if len(lines) != 1 or bad:
        return None
    data = {**_data(visit), **_answers(lines[0])}
    if isinstance(visit.photo, PreparedPhoto):
        photo_id = await take_photo.keep(visit.work, visit.photo, visit.incoming.sent_at)
        data["photos"] = [*data.get("photos", ()), photo_id]
    return with_refusal(visit, await _next(visit, data))


@step("read", "share", permission=Permission.SUBMIT_READING, claims={Occasion.PHOTO})
async def share_typed(visit: Visit) -> Turn:
    """Units of the motor's share."""
    if visit.incoming.media:
        return await _photo(visit)
    data = _data(visit)
    lines, bad = parse_reading_message(f"{data['flat']} {visit.text.casefold().removeprefix('motor')}", sent_day(visit))
    other = await elsewhere(visit) if not lines or _meter_like(visit.text) else None
    if other is not None:
        return other
    if len(lines) != 1:
        skip = Button(labels.skip(visit.t), Action("read.go", {"data": {**data, "share": None, "turn": visit.key}}))
        return here(refusal(visit, texts.bad_number(visit.t, data["flat"], bad, "3.2"), skip))
    on = {} if lines[0].on is None else {"on": lines[0].on.isoformat()}
    return await _next(visit, {**data, "share": str(lines[0].value), **on})


@step("read", "on", permission=Permission.SUBMIT_READING, claims={Occasion.PHOTO})
async def date_typed(visit: Visit) -> Turn:
    """The day of the reading."""
    if visit.incoming.media:
        return await _photo(visit)
    today: date = sent_day(visit)
    try:
        on = parse_date(visit.text, today)
    except DateTextError as error:
        return await elsewhere(visit) or here(refusal(visit, texts.bad_date(visit.t, error, today)))
    return await _next(visit, {**_data(visit), "on": on.isoformat()})


@step("read", "photos", permission=Permission.SUBMIT_READING, claims={Occasion.PHOTO})
@step("read", "summary", permission=Permission.SUBMIT_READING, claims={Occasion.PHOTO})
async def photo_sent(visit: Visit) -> Turn:
    """A photo, or words that change nothing: the question is asked again."""
    if visit.incoming.media:
        return await _photo(visit)
    return await elsewhere(visit) or await _next(visit, _data(visit))


async def elsewhere(visit: Visit) -> Turn | None:
    """Another flat, meter or block alone amid a question: it is asked about now; `None`: it is none of them."""
    asked = _data(visit)
    found = await _place(visit, new(visit), visit.text)
    if found is None or _is_small(visit.text):
        return None
    if found.get("meter") == asked.get("meter"):
        return await _next(visit, asked)
    if visit.state and visit.state.step == "value" and _is_value(visit):
        return await _value_or_meter(visit, asked, found)
    switched = await go(visit, found)
    if "value" not in asked:
        return switched
    note = Reply(texts.not_sent(visit.t, asked["flat"], Decimal(asked["value"])))
    return replace(switched, replies=(note, *switched.replies))


async def _value_or_meter(visit: Visit, asked: Data, found: Data) -> Turn:
    """Both make sense: which one was meant."""
    value = parse_units(visit.text)
    answered = {**asked, "value": str(value), "turn": visit.key}
    buttons = (
        Button(labels.value_of(asked["flat"], value), Action("read.go", {"data": answered})),
        Button(labels.meter(visit.t, found["number"]), Action("read.go", {"data": found})),
    )
    meter = await meters.get_meter(visit.work.conn, found["meter"])
    text = texts.value_or_meter(visit.t, asked["flat"], meter)
    return here(Reply(text, (buttons,), card=fresh(visit, "meant")))


async def _photo(visit: Visit) -> Turn:
    """A photo belongs to the meter in hand, whatever the question; with a reading as its caption it is its own."""
    own = await is_meant_as_reading(visit)
    if not isinstance(visit.photo, PreparedPhoto):
        return with_refusal(visit, await take(visit)) if own else here(photo_refusal(visit))
    photo_id = await take_photo.keep(visit.work, visit.photo, visit.incoming.sent_at)
    if own:
        return await take(visit, (photo_id,))
    data = {**_data(visit), "photos": [*_data(visit).get("photos", ()), photo_id]}
    asked_again = await _next(visit, data)
    return asked_again if "value" in data else await _proposing(visit, photo_id, asked_again)


async def _proposing(visit: Visit, photo_id: int, asked_again: Turn) -> Turn:
    """The number is still asked: what the photo shows is proposed in the place of the question, once it is known."""
    loose = loose_of(visit, photo_id, asked_again.replies[0].card, meter_id=_data(visit)["meter"])
    await loose_photos.keep(visit.work.conn, loose)
    if not await looked_at(visit.work, photo_id):
        return asked_again
    return replace(asked_again, replies=(await asked(visit.work, visit.t, loose),))


async def _next(visit: Visit, data: Data) -> Turn:
    """The next question in a message of its own, below what was typed."""
    return await go(visit, {**data, "turn": visit.key})


async def _place(visit: Visit, data: Data, typed: str) -> Data | None:
    """The data with the flat or block that was typed; `None` where it is neither."""
    plain = clean_text(typed).upper()
    blocks = (await progress(visit.work)).places
    if any(block.name == plain for block in blocks):
        return {**data, "block": plain, "page": 0}
    _, bad = parse_reading_message(plain, sent_day(visit))
    target = bad[0].suggestion.partition(" ")[0] if bad and bad[0].reason is LineProblem.NO_VALUE else plain
    meter = await find_meter(visit.work.conn, target)
    if not isinstance(meter, Meter):
        return None
    return {
        **data,
        **chosen(MeterLine(meter.id, meter.number, meter.place, None, "", read=False, is_motor=meter.is_motor)),
    }


def _meter_like(text: str) -> bool:
    plain = clean_text(text)
    return plain.isdecimal() and not _is_small(plain)


def _is_small(text: str) -> bool:
    """A few digits are what a meter shows, whatever the numbers of meters."""
    plain = clean_text(text)
    return plain.isdecimal() and len(plain) < _SHORTEST_METER


def _is_value(visit: Visit) -> bool:
    """Whether a register may show these digits; nobody uses so many units in a month."""
    try:
        parse_units(visit.text)
    except NumberError:
        return False
    return mode_of(visit) is ReadingMode.REGISTER


def _data(visit: Visit) -> dict[str, Any]:
    return dict(visit.state.data) if visit.state else new(visit)

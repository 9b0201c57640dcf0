"""A meter was replaced: its last number, the new meter's own and its first, with photos; then the office decides.

The answers so far travel with every button and in the chat's state; the first that is missing is the next question.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.engineer.binding import fresh
from bot.flows.engineer.message import take
from bot.flows.engineer.photo_refusal import refusal
from bot.flows.engineer.place import here, sent_day, turn
from bot.flows.engineer.replace_questions import ask, card_of, stood_by, wanted_of
from bot.flows.engineer.replace_target import found_meter
from bot.router import Occasion, command, press, step
from bot.texts import engineer_buttons as labels
from bot.texts import meter_life as texts
from bot.visit import Visit
from domain.number_text import NumberError, clean_text
from domain.reading_text import LineProblem, parse_reading_message
from domain.roles import Permission
from domain.units import parse_units
from jobs import replace_meter, take_photo
from jobs.photo_intake import PreparedPhoto
from jobs.replace_meter import Asked, Hindered, Hitch, OpenBefore
from storage import meter_replacements, meters
from storage.meter_replacements import ReplacementState
from storage.meters import Meter

Data = Mapping[str, Any]

_SUBMIT = Permission.SUBMIT_READING
_LONGEST_NUMBER = 20
_SHORTEST_NUMBER = 3


@command("replace", permission=_SUBMIT, about=texts.about_replace)
async def named(visit: Visit, typed: str) -> Turn:
    """`/replace B17-FF`, or a meter's number."""
    if not typed:
        return here(Reply(texts.which(visit.t)))
    found = await found_meter(visit, typed)
    return await _begin(visit, found) if isinstance(found, Meter) else here(found)


@press("replace.begin", permission=_SUBMIT)
async def begun(visit: Visit, data: Data) -> Turn:
    """The same from a button that names the flat, the motor or the meter."""
    found = await found_meter(visit, data["flat"])
    return await _begin(visit, found) if isinstance(found, Meter) else here(found)


async def _begin(visit: Visit, meter: Meter) -> Turn:
    waiting = await meter_replacements.open_of(visit.work.conn, meter.id)
    if waiting is not None:
        return here(Reply(texts.open_before(visit.t, await meter_replacements.get(visit.work.conn, waiting))))
    key = f"replace:{visit.key}:{visit.work.ref}:{visit.incoming.sent_at.timestamp():.0f}"
    return await go(visit, {"key": key, "turn": 0, "meter": meter.id, "on": sent_day(visit).isoformat()})


async def go(visit: Visit, data: Data) -> Turn:
    """Ask what is missing."""
    question, reply = await ask(visit, data)
    return Turn((reply,), State("replace", question, dict(data)))


@press("replace.go", permission=_SUBMIT)
async def pressed(visit: Visit, data: Data) -> Turn:
    """One answer more; also from an older card."""
    return await go(visit, data["data"])


@press("replace.dead", permission=_SUBMIT)
async def dead(visit: Visit, data: Data) -> Turn:
    """The old display shows nothing: its last reading counts, and no photo is asked for."""
    answers = data["data"]
    last = await replace_meter.shown_last(visit.work, answers["meter"])
    closing = None if last is None else str(last)
    return await go(visit, {**answers, "closing": closing, "missing": "dead", "closing_photo": None})


@press("replace.stop", permission=_SUBMIT)
async def stopped(visit: Visit, data: Data) -> Turn:
    """Nothing is sent."""
    reply = Reply(texts.stopped(visit.t), card=data["card"])
    return turn(visit, reply) if visit.state and visit.state.flow == "replace" else here(reply)


@press("replace.send", permission=_SUBMIT)
async def sent(visit: Visit, data: Data) -> Turn:
    """Ask the office; a second press asks nothing twice."""
    answers = data["data"]
    outcome = await replace_meter.ask(visit.work, wanted_of(answers), answers["key"], stood_by=stood_by(answers))
    match outcome:
        case Asked():
            reply = _told(visit, outcome, card_of(answers))
            return turn(visit, reply) if visit.state and visit.state.flow == "replace" else here(reply)
        case OpenBefore():
            return turn(visit, Reply(texts.open_before(visit.t, outcome.replacement), card=card_of(answers)))
        case Hindered():
            return await _again(visit, answers, outcome)


def _told(visit: Visit, outcome: Asked, card: str) -> Reply:
    """The office decides; or has, where it was asked before."""
    found = outcome.replacement
    if found.state is ReplacementState.ASKED:
        return Reply(texts.asked(visit.t, found, told=outcome.told), card=card)
    if found.state is ReplacementState.APPROVED:
        return Reply(texts.answer(visit.t, found), card=card)
    anew = Button(texts.anew_button(visit.t), Action("replace.begin", {"flat": found.old.number}))
    return Reply(texts.answer(visit.t, found), ((anew,),), card=card)


async def _again(visit: Visit, answers: Data, found: Hindered) -> Turn:
    """What stands against it, and the question whose answer it was."""
    note = Reply(texts.hindered(visit.t, found), card=fresh(visit, "hindered"))
    missing = {
        Hitch.TAKEN: ("number",),
        Hitch.SAME_NUMBER: ("number",),
        Hitch.LOWER: ("closing", "missing", "turned"),
        Hitch.NOT_BEGUN_ANEW: ("closing", "missing", "turned"),
        Hitch.READ_SINCE: ("closing", "missing", "turned", "on"),
    }.get(found.hitch)
    if missing is None:
        return turn(visit, note)
    kept = {name: value for name, value in answers.items() if name not in missing}
    asked = await go(visit, {"on": sent_day(visit).isoformat(), **kept, "turn": visit.key})
    return Turn((note, *asked.replies), asked.state)


@step("replace", "closing", permission=_SUBMIT, claims={Occasion.PHOTO})
@step("replace", "closing_photo", permission=_SUBMIT, claims={Occasion.PHOTO})
async def of_old(visit: Visit) -> Turn:
    """The old meter's last number, its photo, or both at once."""
    data = _data(visit)
    if visit.incoming.media:
        return await _photo(visit, "closing")
    if _leaves(visit):
        return await stopped(visit, {"card": fresh(visit, "left")})
    if "closing" in data:
        return await _next(visit, data)
    value = _register(visit.text)
    if value is None:
        return _refused(visit, texts.bad_register(visit.t))
    return await _closed(visit, data, value)


@step("replace", "number", permission=_SUBMIT, claims={Occasion.PHOTO})
async def numbered(visit: Visit) -> Turn:
    """The number printed on the new meter."""
    if visit.incoming.media:
        return await _photo(visit, "opening")
    if _leaves(visit):
        return await stopped(visit, {"card": fresh(visit, "left")})
    number = clean_text(visit.text).upper()
    if not _is_number(number):
        return _refused(visit, texts.bad_number(visit.t))
    meter = await meters.get_meter(visit.work.conn, _data(visit)["meter"])
    taken = await replace_meter.bad_number(visit.work, meter, number)
    if taken is not None:
        return _refused(visit, texts.hindered(visit.t, taken))
    return await _next(visit, {**_data(visit), "number": number})


@step("replace", "opening", permission=_SUBMIT, claims={Occasion.PHOTO})
@step("replace", "opening_photo", permission=_SUBMIT, claims={Occasion.PHOTO})
@step("replace", "summary", permission=_SUBMIT, claims={Occasion.PHOTO})
async def of_new(visit: Visit) -> Turn:
    """The new meter's first number, its photo, or both at once."""
    data = _data(visit)
    if visit.incoming.media:
        return await _photo(visit, "opening")
    if _leaves(visit):
        return await stopped(visit, {"card": fresh(visit, "left")})
    if "opening" in data:
        return await _next(visit, data)
    value = _register(visit.text)
    if value is None:
        return _refused(visit, texts.bad_register(visit.t))
    return await _next(visit, {**data, "opening": str(value)})


async def _photo(visit: Visit, which: str) -> Turn:
    """A photo of the old or the new meter; its caption may be the number. With a reading as caption it is its own."""
    if not isinstance(visit.photo, PreparedPhoto):
        return here(refusal(visit))
    photo_id = await take_photo.keep(visit.work, visit.photo, visit.incoming.sent_at)
    lines, bad = parse_reading_message(visit.text, sent_day(visit))
    if lines or any(one.reason is not LineProblem.NO_TARGET for one in bad):
        return await take(visit, (photo_id,))
    data = {**_data(visit), f"{which}_photo": photo_id}
    value = _register(visit.text) if visit.text and which not in data else None
    if value is None:
        return await _next(visit, data)
    return await _closed(visit, data, value) if which == "closing" else await _next(visit, {**data, which: str(value)})


async def _closed(visit: Visit, data: Data, value: Decimal) -> Turn:
    """The old meter's last number: lower than before is asked about, as its register may have begun anew."""
    meter = await meters.get_meter(visit.work.conn, data["meter"])
    odd = await replace_meter.bad_closing(visit.work, meter, value)
    if odd is None:
        return await _next(visit, {**data, "closing": str(value), "missing": None, "turned": None})
    seen = {**data, "closing": str(value), "missing": None, "turned": None, "turn": visit.key}
    right = Button(labels.it_is_right(visit.t), Action("replace.go", {"data": {**seen, "right": str(value)}}))
    if odd.turn is None:
        gone = Button(texts.dead_button(visit.t), Action("replace.dead", {"data": {**data, "turn": visit.key}}))
        return _refused(visit, texts.lower(visit.t, value, odd.last), right, gone)
    past = {**seen, "turned": str(odd.turn)}
    yes = Button(texts.rolled_over_button(visit.t), Action("replace.go", {"data": past}))
    no = Button(labels.re_enter(visit.t), Action("replace.go", {"data": {**data, "turn": visit.key}}))
    before = await replace_meter.shown_last(visit.work, meter.id) or Decimal(0)
    text = texts.closing_turned(visit.t, meter, before, value, odd.turn)
    return turn(
        visit, Reply(text, ((yes, no), (right,)), card=fresh(visit, "turned")), state=State("replace", "closing", data)
    )


async def _next(visit: Visit, data: Data) -> Turn:
    """The next question in a message of its own, below what was sent."""
    return await go(visit, {**data, "turn": visit.key})


def _refused(visit: Visit, text: str, *ways_on: Button) -> Turn:
    """An answer that was not taken; the question stays open, and this is the way out of it."""
    card = fresh(visit, "refused")
    way_out = Button(labels.leave(visit.t), Action("replace.stop", {"card": card}))
    return here(Reply(text, ((*ways_on, way_out),), card=card))


def _leaves(visit: Visit) -> bool:
    """What stands on the button, typed."""
    return visit.text.casefold() == labels.leave(visit.t).casefold()


def _register(text: str) -> Decimal | None:
    try:
        return parse_units(text)
    except NumberError:
        return None


def _is_number(text: str) -> bool:
    """What may be printed on a meter: letters and digits, one digit at least."""
    plain = text.replace("-", "").replace("/", "")
    fits = _SHORTEST_NUMBER <= len(text) <= _LONGEST_NUMBER
    return fits and plain.isascii() and plain.isalnum() and any(one.isdecimal() for one in plain)


def _data(visit: Visit) -> dict[str, Any]:
    return dict(visit.state.data) if visit.state else {}

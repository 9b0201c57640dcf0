"""Answers about a photo that came alone: yes, another number, another meter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.conversation import Reply, State, Turn
from bot.flows.engineer import cards
from bot.flows.engineer.binding import fresh, submission_of, unbound
from bot.flows.engineer.message import take
from bot.flows.engineer.photo_binding import in_pairs, is_senders, not_yours
from bot.flows.engineer.place import here, sent_day, turn
from bot.flows.engineer.proposal import asked, flats
from bot.flows.engineer.questions import refusal
from bot.flows.engineer.verdict import replaced
from bot.flows.engineer.which_meter import PhotosOf, photos_of, which
from bot.router import Occasion, press, step
from bot.texts import engineer_dialogue as dialogue
from bot.texts import engineer_proposals as texts
from bot.visit import Visit
from domain.number_text import clean_text
from domain.reading_text import LineProblem, looks_like_reading, number_alone, parse_reading_message
from domain.roles import Permission
from jobs.find_meter import find_meter
from jobs.propose_reading import MOST_OFFERED, in_place, other_meters, written_instead
from jobs.submit_reading import Saved, Submission, submit
from storage import chat_readings, loose_photos, meters
from storage.loose_photos import Loose
from storage.meters import Meter

Data = Mapping[str, Any]


@press("photo.take", permission=Permission.SUBMIT_READING)
async def taken(visit: Visit, data: Data) -> Turn:
    """What the photo shows is right: exactly the number that the button showed is stored, once."""
    if not is_senders(visit, data):
        return not_yours(visit)
    submission = unbound(visit, data["line"])
    elsewhere = await _with_another(visit, data["photo"], submission.target)
    if elsewhere is not None:
        return here(replace(elsewhere, card=data["card"]))
    return await _submitted(visit, submission, data["photo"], data["card"])


@press("photo.replace", permission=Permission.SUBMIT_READING)
async def replaced_by(visit: Visit, data: Data) -> Turn:
    """The photo's number takes the place of the month's reading."""
    return await replaced(visit, data) if is_senders(visit, data) else not_yours(visit)


@press("photo.type", permission=Permission.SUBMIT_READING)
async def type_it(visit: Visit, data: Data) -> Turn:
    """The next number is what the meter shows, or its units."""
    if not is_senders(visit, data):
        return not_yours(visit)
    loose = await loose_photos.find(visit.work.conn, visit.chat.id, data["photo"])
    if loose is None or loose.meter_id is None:
        return here(replace(await _answered_before(visit, data["photo"]), card=data["card"]))
    meter = await meters.get_meter(visit.work.conn, await meters.in_place_of(visit.work.conn, loose.meter_id))
    text = texts.send_number(visit.t, cards.mode_of(visit), meter)
    return Turn((Reply(text),), _number_of(meter.id, loose, await written_instead(visit.work, loose)))


@press("photo.other", permission=Permission.SUBMIT_READING)
async def other(visit: Visit, data: Data) -> Turn:
    """It is not of the meter that was named."""
    if not is_senders(visit, data):
        return not_yours(visit)
    loose = await loose_photos.find(visit.work.conn, visit.chat.id, data["photo"])
    if loose is None:
        return here(replace(await _answered_before(visit, data["photo"]), card=data["card"]))
    buttons = flats(loose, (await other_meters(visit.work, loose))[:MOST_OFFERED])
    reply = turn(visit, Reply(texts.which_flat(visit.t), in_pairs(buttons), card=data["card"]))
    return replace(reply, state=State("photo", "flat", {"photo": loose.photo_id}), keep_state=False)


@press("photo.of", permission=Permission.SUBMIT_READING)
async def of_meter(visit: Visit, data: Data) -> Turn:
    """It is of this meter: the same question about that one."""
    if not is_senders(visit, data):
        return not_yours(visit)
    loose = await loose_photos.find(visit.work.conn, visit.chat.id, data["photo"])
    if loose is None:
        return here(replace(await _answered_before(visit, data["photo"]), card=data["card"]))
    return await about(visit, replace(loose, meter_id=data["meter"]), further=data.get("further", False))


@step("photo", "number", permission=Permission.SUBMIT_READING, claims={Occasion.READING})
async def number_sent(visit: Visit) -> Turn:
    """The number alone; whole readings are readings."""
    loose = await _in_hand(visit)
    if loose is None or loose.meter_id is None:
        return await take(visit) if looks_like_reading(visit.text) else turn(visit, Reply(texts.gone(visit.t)))
    meter = await meters.get_meter(visit.work.conn, _data(visit).get("meter", loose.meter_id))
    several = await _found_since(visit, loose, meter)
    if several:
        return replace(await which(visit, several), keep_state=False)
    stored = await number_of(visit, loose, meter)
    if stored is not None:
        return stored
    if looks_like_reading(visit.text):
        return await take(visit)
    return await flat_of(visit, loose) or here(refusal(visit, dialogue.bad_number(visit.t, meter.place, (), "146")))


@step("photo", "flat", permission=Permission.SUBMIT_READING)
async def flat_sent(visit: Visit) -> Turn:
    """Which flat the photo is of."""
    loose = await _in_hand(visit)
    if loose is None:
        return turn(visit, Reply(texts.gone(visit.t)))
    return await flat_of(visit, loose) or here(refusal(visit, texts.no_such_flat(visit.t, visit.text[:40])))


async def number_of(visit: Visit, loose: Loose, meter: Meter) -> Turn | None:
    """The number that was typed, stored for the photo's meter; `None`: no number was typed."""
    name = meter.flat_code or meter.number
    lines, _ = parse_reading_message(f"{name} {visit.text}", sent_day(visit))
    if len(lines) != 1:
        return None
    typed = submission_of(visit, lines[0], photo_ids=(loose.photo_id,))
    return await _submitted(visit, replace(typed, target=meter.number), loose.photo_id, loose.card)


async def flat_of(visit: Visit, loose: Loose) -> Turn | None:
    """The question about the flat or meter that was typed, below it; `None`: it is none."""
    found = await find_meter(visit.work.conn, target_of(visit))
    if not isinstance(found, Meter):
        return None
    return await about(visit, replace(loose, meter_id=found.id, card=fresh(visit, "loose")))


async def about(visit: Visit, loose: Loose, *, further: bool = False) -> Turn:
    """The question about a photo whose meter its sender named; if another is written on it, they stand by theirs."""
    loose = await in_place(visit.work, loose)
    await loose_photos.keep(visit.work.conn, loose)
    written = await written_instead(visit.work, loose)
    state = _number_of(loose.meter_id, loose, written) if written else None
    return turn(visit, await asked(visit.work, visit.t, loose, further=further, sure=True), state=state)


def _number_of(meter_id: int | None, loose: Loose, written: Meter | None) -> State:
    """The number that comes is of this meter, unless another than `written` is found on the photo before it comes."""
    known = written.id if written else None
    return State("photo", "number", {"photo": loose.photo_id, "meter": meter_id, "written": known})


async def _found_since(visit: Visit, loose: Loose, meter: Meter) -> PhotosOf:
    """That meter and those that the photo was found to be of since; empty: none, or no number is typed for it."""
    if not meter.active or number_alone(visit.text, sent_day(visit)) is None:
        return {}
    photos = await photos_of(visit, [loose])
    since = {key: photos[key] for key in photos if key not in {meter.id, _data(visit).get("written")}}
    return {meter.id: (loose.photo_id,), **since} if since else {}


def target_of(visit: Visit) -> str:
    """What was typed, as flats and meters are named."""
    _, bad = parse_reading_message(visit.text, sent_day(visit))
    plain = clean_text(visit.text).upper()
    return bad[0].suggestion.partition(" ")[0] if bad and bad[0].reason is LineProblem.NO_VALUE else plain


async def _submitted(visit: Visit, submission: Submission, photo_id: int, card: str | None) -> Turn:
    outcome = await submit(visit.work, submission)
    reply = await cards.answer(visit, outcome, submission)
    if not isinstance(outcome, Saved):
        return _ended(visit, photo_id, replace(reply, card=card))
    reading = outcome.reading
    note = Reply(texts.taken(visit.t, reading.flat_code, reading.value), card=card, passing=True)
    return _ended(visit, photo_id, note, reply)


def _ended(visit: Visit, photo_id: int, *replies: Reply) -> Turn:
    """The dialogue about this photo, or about its meter, is over; another one goes on."""
    state = visit.state
    if state is None or state.flow not in {"photo", "read"}:
        return here(*replies)
    photos = (state.data.get("photo"), *state.data.get("photos", ()))
    return turn(visit, *replies) if photo_id in photos else here(*replies)


async def _in_hand(visit: Visit) -> Loose | None:
    return await loose_photos.find(visit.work.conn, visit.chat.id, _data(visit).get("photo", 0))


def _data(visit: Visit) -> Data:
    return visit.state.data if visit.state else {}


async def _with_another(visit: Visit, photo_id: int, target: str) -> Reply | None:
    """The photo belongs to a reading of another meter by now."""
    known = await chat_readings.with_photo(visit.work.conn, photo_id)
    if not known or any(one.meter.number == target for one in known):
        return None
    return Reply(texts.belongs(visit.t, known[0]))


async def _answered_before(visit: Visit, photo_id: int) -> Reply:
    known = next(iter(await chat_readings.with_photo(visit.work.conn, photo_id)), None)
    return Reply(texts.belongs(visit.t, known) if known else texts.gone(visit.t))

"""Photos: with a caption, in reply to a reading, after one, in an album, or first and the reading later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.engineer import cards, round_typed
from bot.flows.engineer.binding import card_of, fresh
from bot.flows.engineer.coded import is_meant_as_reading, meter_shown, value_typed, with_meter_named
from bot.flows.engineer.examples import example_of
from bot.flows.engineer.message import take
from bot.flows.engineer.onward import month_of
from bot.flows.engineer.photo_binding import in_pairs, is_senders, loose_of, not_yours, whose
from bot.flows.engineer.photo_meanwhile import read_meanwhile
from bot.flows.engineer.photo_refusal import refusal, with_refusal
from bot.flows.engineer.place import here, replied_to, sent_day, turn
from bot.flows.engineer.proposal import asked
from bot.flows.engineer.results import album_readings, batch_of, with_photo
from bot.flows.engineer.steps import starting_at
from bot.flows.engineer.verdict import refused
from bot.router import Occasion, on, press, step
from bot.texts import engineer_buttons as labels
from bot.texts import engineer_photos as photo_texts
from bot.visit import Visit
from domain.reading_text import LineProblem, parse_reading_message
from domain.roles import Permission, Role
from jobs import take_photo
from jobs.find_meter import find_meter
from jobs.photo_intake import PreparedPhoto
from jobs.propose_reading import found, looked_at
from jobs.rounds import stood_before
from jobs.submit_reading import Stale, show
from jobs.take_photo import PhotoAdded, PhotoKnown, PhotoStays
from storage import chat_readings, loose_photos, readings
from storage.loose_photos import Loose
from storage.meters import Meter
from storage.readings import Reading, ReadingState

_MOST_OTHERS = 4


@on(Occasion.PHOTO, permission=Permission.SUBMIT_READING)
async def photo(visit: Visit) -> Turn:
    """A photo, with or without words."""
    if not isinstance(visit.photo, PreparedPhoto):
        return await _not_kept(visit)
    photo_id = await take_photo.keep(visit.work, visit.photo, visit.incoming.sent_at)
    coded = await with_meter_named(visit)
    if coded is not None:
        return await take(coded, (photo_id,))
    named = await _meter_named(visit)
    if named is not None:
        return await _asked(visit, photo_id, named.id)
    if await is_meant_as_reading(visit):
        return await _with_reading(visit, photo_id)
    target = await _target(visit)
    walked = await round_typed.answered(visit, (photo_id,)) if target is None else None
    if walked is not None:
        return walked
    if target is None:
        return await _placed(visit, photo_id)
    return await _given(visit, target, photo_id)


@on(Occasion.DOCUMENT, roles={Role.ENGINEER})
async def picture_as_file(visit: Visit) -> Turn:
    """A picture sent as a file is a photo too."""
    return await photo(visit)


async def _with_reading(visit: Visit, photo_id: int) -> Turn:
    """The caption's reading with the photo; where it is not taken, also that the photo waits."""
    told = await take(visit, (photo_id,))
    waits = await loose_photos.find(visit.work.conn, visit.chat.id, photo_id)
    if waits is None or batch_of(visit) or not told.replies:
        return told
    *before, last = told.replies
    kept = replace(last, text=f"{last.text}\n{photo_texts.waits(visit.t)}")
    return replace(told, replies=(*before, kept))


@press("reading.add_photo", permission=Permission.SUBMIT_READING)
async def add_photo(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The next photo goes to this reading."""
    reading = await readings.get(visit.work.conn, data["id"])
    if reading.state is ReadingState.WITHDRAWN:
        return here(await refused(visit, Stale(reading), data))
    return Turn((Reply(photo_texts.send_photo(visit.t, reading)),), State("photo", "send", {"id": reading.id}))


@step("photo", "send", permission=Permission.SUBMIT_READING, claims={Occasion.PHOTO})
async def photo_for(visit: Visit) -> Turn:
    """What comes after Add photo."""
    reading = await readings.get(visit.work.conn, _state(visit)["id"])
    if not isinstance(visit.photo, PreparedPhoto):
        if visit.incoming.media:
            return here(refusal(visit))
        return await starting_at(visit, visit.text) or turn(visit, Reply(photo_texts.not_a_photo(visit.t, reading)))
    photo_id = await take_photo.keep(visit.work, visit.photo, visit.incoming.sent_at)
    if await is_meant_as_reading(visit):
        return await _with_reading(visit, photo_id)
    return await _given(visit, reading.id, photo_id)


@press("photo.move", permission=Permission.SUBMIT_READING)
async def moved(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The photo was of another reading."""
    if not is_senders(visit, data):
        return not_yours(visit)
    outcome = await take_photo.move(visit.work, data["photo"], data["from"], data["to"])
    if isinstance(outcome, PhotoStays):
        return here(Reply(photo_texts.photo_stays(visit.t, outcome), card=data["card"]))
    return here(Reply(photo_texts.photo_added(visit.t, outcome), card=data["card"]))


@press("photo.of_other", permission=Permission.SUBMIT_READING)
async def put_there(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """It shows another meter: the reading stands without it, and the other meter is asked about, on this message."""
    if not is_senders(visit, data):
        return not_yours(visit)
    reading = await take_photo.take_out(visit.work, data["photo"], data["id"])
    if reading is None:
        return here(await refused(visit, Stale(await readings.get(visit.work.conn, data["id"])), data))
    loose = loose_of(visit, data["photo"], data["card"], meter_id=data["meter"])
    loose = replace(loose, sent_at=reading.submitted_at or loose.sent_at)
    await loose_photos.keep(visit.work.conn, loose)
    return here(await asked(visit.work, visit.t, loose), *await _redrawn(visit, reading))


@press("photo.give", permission=Permission.SUBMIT_READING)
async def chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Which reading a photo without words is of."""
    if not is_senders(visit, data):
        return not_yours(visit)
    found = await readings.get(visit.work.conn, data["reading"])
    if found.state is ReadingState.WITHDRAWN:
        return here(Reply(photo_texts.photo_of_gone(visit.t, found), card=data["card"]))
    known = await chat_readings.with_photo(visit.work.conn, data["photo"])
    also = next((one for one in known if one.id != found.id), None)
    reading = await take_photo.attach(visit.work, found.id, data["photo"])
    note = Reply(photo_texts.photo_added(visit.t, reading, also), card=data["card"])
    return here(note, *await _redrawn(visit, reading))


async def _target(visit: Visit) -> int | None:
    """The reading that the photo says it belongs to: it answers its message, or comes in the same album."""
    answered = await replied_to(visit)
    lacking = [reading for reading in answered if not reading.has_photo] or answered
    if lacking:
        return lacking[0].id
    same = [] if visit.text else album_readings(visit)
    found = [await readings.get(visit.work.conn, reading_id) for reading_id in same]
    free = [reading.id for reading in found if not reading.has_photo] or same[-1:]
    return free[0] if free else None


async def _given(visit: Visit, reading_id: int, photo_id: int) -> Turn:
    """The sender said which reading it belongs to."""
    reading = await readings.get(visit.work.conn, reading_id)
    if photo_id in reading.photo_ids and reading.state is not ReadingState.WITHDRAWN:
        return here(Reply(photo_texts.photo_known(visit.t, reading)))
    return await _added(visit, PhotoAdded(await take_photo.attach(visit.work, reading_id, photo_id), photo_id))


async def _placed(visit: Visit, photo_id: int) -> Turn:
    """Nobody said which reading it belongs to: it is of the meter that the round asked for, or of the reading before.

    What was sent together stays together: no photo of it goes to a reading from before.
    """
    together = batch_of(visit) is not None and with_photo(visit) is None
    sent_at, shown = visit.incoming.sent_at, await meter_shown(visit)
    asked_for = None if batch_of(visit) else await stood_before(visit.work, visit.chat.id, month_of(visit))
    meter = shown or asked_for
    meter_id, words = meter.id if meter else None, bool(visit.text) or together
    outcome = await take_photo.place(visit.work, photo_id, visit.chat.id, sent_at, worded=words, meter_id=meter_id)
    if isinstance(outcome, PhotoAdded):
        return await _added(visit, outcome)
    if isinstance(outcome, PhotoKnown):
        return here(Reply(photo_texts.photo_known(visit.t, outcome.reading)))
    known = await read_meanwhile(visit, photo_id, meter, outcome.lacking) if meter and meter is asked_for else None
    offered = () if together else outcome.lacking[:_MOST_OTHERS]
    return known or await _asked(visit, photo_id, meter_id, offered, alone=False)


async def _asked(
    visit: Visit, photo_id: int, meter_id: int | None, offered: Sequence[Reading] = (), *, alone: bool = True
) -> Turn:
    """What it is of is asked; what it shows, as soon as somebody has looked. `alone`: apart from its album."""
    album = None if alone or offered else batch_of(visit)
    card = f"loose:{album}" if album else fresh(visit, "loose")
    loose = loose_of(visit, photo_id, card, meter_id=meter_id, album=album, value=await value_typed(visit))
    await loose_photos.keep(visit.work.conn, loose)
    if meter_id is not None or await looked_at(visit.work, photo_id):
        return turn(visit, await asked(visit.work, visit.t, await found(visit.work, loose)))
    return turn(visit, await _which(visit, loose, offered))


async def _which(visit: Visit, loose: Loose, offered: Sequence[Reading]) -> Reply:
    example = await example_of(visit)
    text = photo_texts.photo_alone(visit.t, cards.mode_of(visit), example, offered=bool(offered))
    buttons = [
        Button(labels.of_reading(one), Action("photo.give", {**whose(loose), "reading": one.id})) for one in offered
    ]
    return Reply(text, in_pairs(buttons), card=loose.card)


async def _added(visit: Visit, outcome: PhotoAdded) -> Turn:
    reading = outcome.reading
    if reading.state is ReadingState.WITHDRAWN:
        return turn(visit, Reply(photo_texts.photo_of_gone(visit.t, reading)))
    running = with_photo(visit)
    if running is not None:
        return turn(visit, running[0], state=running[1])
    card = f"photo:{visit.key}"
    note = Reply(photo_texts.photo_added(visit.t, reading, outcome.also), _elsewhere(visit, outcome, card), card=card)
    return turn(visit, note, *await _redrawn(visit, reading))


async def _redrawn(visit: Visit, reading: Reading) -> tuple[Reply, ...]:
    """The reading's own card, where it has one, no longer offers to add a photo."""
    if not await chat_readings.has_card(visit.work.conn, visit.chat.id, card_of(reading)):
        return ()
    return (await cards.saved(visit, await show(visit.work, reading), month=False),)


def _elsewhere(visit: Visit, outcome: PhotoAdded, card: str) -> cards.Buttons:
    """Where several readings lack a photo, it may be of another one."""
    shown = {"photo": outcome.photo_id, "by": visit.work.actor.person_id, "from": outcome.reading.id, "card": card}
    buttons = [
        Button(labels.belongs_to(visit.t, other), Action("photo.move", {**shown, "to": other.id}))
        for other in outcome.others[:_MOST_OTHERS]
    ]
    return in_pairs(buttons)


async def _meter_named(visit: Visit) -> Meter | None:
    """The meter of a caption that names a flat or a meter and nothing else."""
    lines, bad = parse_reading_message(visit.text, sent_day(visit))
    if lines or len(bad) != 1 or bad[0].reason is not LineProblem.NO_VALUE:
        return None
    meter = await find_meter(visit.work.conn, bad[0].suggestion.partition(" ")[0])
    return meter if isinstance(meter, Meter) else None


async def _not_kept(visit: Visit) -> Turn:
    """The photo cannot be used; a reading in its caption is not lost with it."""
    if not await is_meant_as_reading(visit):
        return here(refusal(visit))
    return with_refusal(visit, await take(visit))


def _state(visit: Visit) -> Mapping[str, Any]:
    return visit.state.data if visit.state else {}

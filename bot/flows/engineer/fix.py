"""Fix and Re-enter: the next number is the right one for this reading; or a number in reply to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.conversation import Reply, State, Turn
from bot.flows.engineer import cards
from bot.flows.engineer.binding import card_of, showing, submission_of
from bot.flows.engineer.place import here, sent_day, turn
from bot.flows.engineer.questions import refusal
from bot.flows.engineer.steps import starting_at
from bot.flows.engineer.verdict import refused
from bot.router import press, step
from bot.texts import engineer as texts
from bot.texts import engineer_dialogue as dialogue
from bot.texts import engineer_proposals as proposals
from bot.visit import Visit
from domain.reading_text import number_alone, parse_reading_message
from domain.roles import Permission
from jobs.submit_reading import AlreadyBilled, AlreadyStored, BadDate, Saved, Stale, billed, correct_own
from jobs.taken_out import TakenOut
from storage import loose_photos, readings
from storage.loose_photos import Loose
from storage.readings import UNBILLED, Reading, ReadingState


@press("reading.fix", permission=Permission.SUBMIT_READING)
async def pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Ask for the right number."""
    reading = await readings.get(visit.work.conn, data["id"])
    if reading.state not in {*UNBILLED, ReadingState.WITHDRAWN}:
        return here(await refused(visit, await billed(visit.work, reading), data))
    if reading.state is ReadingState.WITHDRAWN or reading.version != data["version"]:
        return here(await refused(visit, Stale(reading), data))
    text = dialogue.send_number(visit.t, cards.mode_of(visit), reading)
    return Turn((Reply(text),), _asking(reading, await _photo(visit, data)))


@step("fix", "number", permission=Permission.SUBMIT_READING)
async def typed(visit: Visit) -> Turn:
    """The right number; a share or a date may follow it."""
    data: Mapping[str, Any] = visit.state.data if visit.state else {}
    reading = await readings.get(visit.work.conn, data["id"])
    loose = await _photo(visit, data)
    return await _elsewhere(visit) or await correct(visit, reading, data["version"], loose)


def _asking(reading: Reading, loose: Loose | None) -> State:
    return State("fix", "number", {**showing(reading), **({"photo": loose.photo_id} if loose else {})})


async def _photo(visit: Visit, data: Mapping[str, Any]) -> Loose | None:
    """The photo whose question asks for the number: it goes with it."""
    photo_id = data.get("photo")
    return await loose_photos.find(visit.work.conn, visit.chat.id, photo_id) if photo_id else None


async def _elsewhere(visit: Visit) -> Turn | None:
    """Another flat or meter alone is asked about instead."""
    return None if number_alone(visit.text, sent_day(visit)) else await starting_at(visit, visit.text)


async def correct(visit: Visit, reading: Reading, version: int, loose: Loose | None = None) -> Turn:
    """Take what was typed as the reading's right number, with the photo that asked for it."""
    typed_line = f"{reading.meter.flat_code or reading.meter.number} {visit.text}"
    lines, bad = parse_reading_message(typed_line, sent_day(visit))
    if len(lines) != 1:
        text = dialogue.bad_number(visit.t, reading.flat_code, bad, texts.figure(reading.value))
        return here(refusal(visit, text))
    photo_ids = (loose.photo_id,) if loose else ()
    submission = replace(submission_of(visit, lines[0], photo_ids=photo_ids), target=reading.meter.number)
    outcome = await correct_own(visit.work, reading.id, version, submission)
    if isinstance(outcome, Stale | AlreadyBilled):
        return turn(visit, await refused(visit, outcome, showing(reading)))
    reply = await cards.answer(visit, outcome, submission)
    if isinstance(outcome, BadDate | TakenOut) and not reading.meter.active:
        return turn(visit, reply, state=_asking(reading, loose))
    if not isinstance(outcome, Saved | AlreadyStored):
        return turn(visit, reply)
    changed = Reply(texts.changed_since(visit.t, outcome.reading), card=card_of(reading))
    notes = [changed] if isinstance(outcome, Saved) else []
    return turn(visit, *notes, *_settled(visit, outcome.reading, loose), reply)


def _settled(visit: Visit, reading: Reading, loose: Loose | None) -> tuple[Reply, ...]:
    """The photo's own question says that it is with the reading."""
    if loose is None or loose.card is None or loose.album is not None:
        return ()
    said = proposals.taken(visit.t, reading.meter.place, reading.value)
    return (Reply(said, card=loose.card, passing=True),)

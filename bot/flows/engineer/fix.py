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
from bot.visit import Visit
from domain.reading_text import number_alone, parse_reading_message
from domain.roles import Permission
from jobs.submit_reading import AlreadyBilled, BadDate, Saved, Stale, billed, correct_own
from jobs.taken_out import TakenOut
from storage import readings
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
    return Turn((Reply(text),), State("fix", "number", showing(reading)))


@step("fix", "number", permission=Permission.SUBMIT_READING)
async def typed(visit: Visit) -> Turn:
    """The right number; a share or a date may follow it."""
    data: Mapping[str, Any] = visit.state.data if visit.state else {}
    reading = await readings.get(visit.work.conn, data["id"])
    return await _elsewhere(visit) or await correct(visit, reading, data["version"])


async def _elsewhere(visit: Visit) -> Turn | None:
    """Another flat or meter alone is asked about instead."""
    return None if number_alone(visit.text, sent_day(visit)) else await starting_at(visit, visit.text)


async def correct(visit: Visit, reading: Reading, version: int) -> Turn:
    """Take what was typed as the reading's right number."""
    typed_line = f"{reading.meter.flat_code or reading.meter.number} {visit.text}"
    lines, bad = parse_reading_message(typed_line, sent_day(visit))
    if len(lines) != 1:
        text = dialogue.bad_number(visit.t, reading.flat_code, bad, texts.figure(reading.value))
        return here(refusal(visit, text))
    submission = replace(submission_of(visit, lines[0]), target=reading.meter.number)
    outcome = await correct_own(visit.work, reading.id, version, submission)
    if isinstance(outcome, Stale | AlreadyBilled):
        return turn(visit, await refused(visit, outcome, showing(reading)))
    reply = await cards.answer(visit, outcome, submission)
    if isinstance(outcome, BadDate | TakenOut) and not reading.meter.active:
        return turn(visit, reply, state=State("fix", "number", showing(reading)))
    if not isinstance(outcome, Saved):
        return turn(visit, reply)
    return turn(visit, Reply(texts.changed_since(visit.t, outcome.reading), card=card_of(reading)), reply)

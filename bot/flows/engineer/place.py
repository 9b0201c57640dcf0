"""Where an engineer's chat is: which dialogues are ours, and what a message in reply to another one is about."""

from __future__ import annotations

from datetime import date

from bot.conversation import Reply, State, Turn
from bot.flows.engineer.binding import tied
from bot.visit import Visit
from domain.number_text import clean_text
from domain.period import local_date
from domain.reading_text import LineProblem, parse_reading_message
from jobs.find_meter import find_meter
from storage import chat_readings, readings
from storage.meters import Meter
from storage.readings import Reading, ReadingState

OURS = frozenset({"read", "fix", "photo", "results", "cant_read", "replace"})
"""Dialogues that end when a reading comes; others are left where they are."""


def turn(visit: Visit, *replies: Reply, state: State | None = None) -> Turn:
    """Answer; an own dialogue ends or goes on with `state`, somebody else's stays."""
    foreign = visit.state is not None and visit.state.flow not in OURS
    return Turn(tuple(map(tied, replies)), state=None if foreign else state, keep_state=foreign)


def here(*replies: Reply) -> Turn:
    """Answer and leave the chat where it is."""
    return Turn(tuple(map(tied, replies)), keep_state=True)


def sent_day(visit: Visit) -> date:
    """The day on which the message was sent; a clock that runs ahead does not make it tomorrow."""
    return min(local_date(visit.incoming.sent_at, visit.work.society.zone), visit.work.today)


async def meter_typed(visit: Visit, typed: str) -> Meter | None:
    """The meter in use that a flat, motor or meter's number typed alone names; `None`: it names none."""
    plain = clean_text(typed).upper()
    _, bad = parse_reading_message(plain, sent_day(visit))
    is_place = len(bad) == 1 and bad[0].reason is LineProblem.NO_VALUE
    found = await find_meter(visit.work.conn, bad[0].suggestion.partition(" ")[0] if is_place else plain)
    return found if isinstance(found, Meter) else None


async def replied_to(visit: Visit) -> list[Reading]:
    """The readings of the message that this one answers: the sender's own message, or our card about one."""
    message_id = visit.incoming.reply_to
    if message_id is None:
        return []
    own = await chat_readings.of_message(visit.work.conn, visit.chat.id, message_id)
    shown = None if own else await chat_readings.shown_in(visit.work.conn, visit.chat.id, message_id)
    found = [await readings.get(visit.work.conn, shown)] if shown else own
    return [reading for reading in found if reading.state is not ReadingState.WITHDRAWN]

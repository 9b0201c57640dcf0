"""What is typed while a round asks for a meter: its number, a reason why not, or where to go instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation import Reply, Turn
from bot.flows.engineer import cant_read
from bot.flows.engineer.again import read_already
from bot.flows.engineer.binding import fresh
from bot.flows.engineer.examples import example_number
from bot.flows.engineer.fix import correct
from bot.flows.engineer.message import take
from bot.flows.engineer.onward import ahead, ask, month_of, walked_now
from bot.flows.engineer.place import meter_typed, sent_day, turn
from bot.flows.engineer.verdict import confirmed
from bot.flows.engineer.walk import at_meter, block_named, go_to, put_off, stopped
from bot.texts import engineer_dialogue as texts
from bot.texts import engineer_round as round_texts
from bot.visit import Visit
from domain.number_text import clean_text
from domain.reading_text import BadLine, ReadingLine, number_alone, parse_reading_message
from jobs import rounds, take_photo
from jobs.rounds import Walk
from storage import readings
from storage.meters import Meter
from storage.readings import Reading

_SHORTEST_METER = 5
"""Digits, where a meter's number is typed alone."""


async def answered(visit: Visit, photo_ids: Sequence[int] = (), *, refuses: bool = True) -> Turn | None:
    """What was typed, or written below a photo, as the answer to the round; `None`: it is none.

    `refuses`: other words are refused, with what to send instead; where they mean something else, they are not.
    While messages come faster than they are answered nothing is taken for an answer: nobody had seen the question.
    """
    walk = await walked_now(visit) if visit.text and not visit.burst else None
    if walk is None:
        return None
    meter = await rounds.asked_meter(visit.work, visit.chat.id, month_of(visit))
    elsewhere = None if photo_ids else await _elsewhere(visit, walk)
    if elsewhere is not None:
        return elsewhere
    if meter is None:
        return await _nothing_asked(visit, walk) if refuses and not photo_ids else None
    said = await _said(visit, walk, meter, photo_ids)
    if said is not None or photo_ids or not refuses:
        return said
    return await _refused(visit, walk, meter)


async def _nothing_asked(visit: Visit, walk: Walk) -> Turn | None:
    """A number that came faster than the question: it is of no meter, and the question comes now."""
    line = walk.next_up
    if line is None or number_alone(visit.text, sent_day(visit)) is None:
        return None
    text = texts.which_flat(visit.t, visit.text, f"{line.flat_code} {visit.text}")
    return turn(visit, Reply(text), *(() if visit.backlog else (await ask(visit, walk),)))


async def _said(visit: Visit, walk: Walk, meter: Meter, photo_ids: Sequence[int]) -> Turn | None:
    said = visit.text.casefold()
    if said == round_texts.stop(visit.t).casefold() and not photo_ids:
        return await stopped(visit, {})
    skip = round_texts.skip(visit.t).casefold()
    if said.partition(" ")[0] == skip and not photo_ids:
        return turn(visit, await put_off(visit, meter.id, visit.text[len(skip) :].strip()))
    why = cant_read.reason_typed(visit)
    if why is not None:
        return await cant_read.told(visit, meter, why, "", photo_ids=photo_ids)
    lines, _ = _lines(visit, meter)
    return await _number(visit, walk, meter, photo_ids) if lines else None


async def _number(visit: Visit, walk: Walk, meter: Meter, photo_ids: Sequence[int]) -> Turn:
    """A number, with a share or a date perhaps."""
    reading = await rounds.reading_of(visit.work, meter.id, month_of(visit))
    if reading is None:
        return await take(_naming(visit, meter), photo_ids)
    if not rounds.is_to_be_looked_at(visit.work, reading):
        return await _read_meanwhile(visit, walk, meter, photo_ids)
    for photo_id in photo_ids:
        await take_photo.attach(visit.work, reading.id, photo_id)
    return await _again(visit, meter, await readings.get(visit.work.conn, reading.id))


async def _again(visit: Visit, meter: Meter, reading: Reading) -> Turn:
    """An odd reading was looked at again: the same number says that it is right, another one replaces it."""
    lines, _ = _lines(visit, meter)
    line = lines[0]
    if line.value == reading.value and line.motor_share in {None, reading.motor_share} and line.on is None:
        return await confirmed(visit, {"id": reading.id, "version": reading.version})
    return await correct(visit, reading, reading.version)


async def _read_meanwhile(visit: Visit, walk: Walk, meter: Meter, photo_ids: Sequence[int]) -> Turn:
    """Somebody else was faster: theirs stands until it is replaced, and the next one is asked for."""
    for photo_id in photo_ids:
        await take_photo.let_wait(visit.work, photo_id, visit.chat.id, visit.incoming.sent_at, meter.id)
    data = {"key": f"read:{visit.key}", "turn": 0, "meter": meter.id, "flat": meter.place, "number": meter.number}
    known = await read_already(visit, data, fresh(visit, "read"))
    return turn(visit, *([known] if known else []), await ask(visit, walk))


async def _refused(visit: Visit, walk: Walk, meter: Meter) -> Turn:
    """No number: the question stays as it is."""
    _, bad = _lines(visit, meter)
    shown = await ahead(visit, walk)
    text = texts.bad_number(visit.t, meter.place, bad, await example_number(visit, meter.id))
    return turn(visit, Reply(text, shown.rows, card=fresh(visit, "round")))


async def _elsewhere(visit: Visit, walk: Walk) -> Turn | None:
    """A block, flat or meter alone: the round goes on there, if that is still to be read."""
    plain = clean_text(visit.text).upper()
    block = block_named(walk, plain)
    if block is not None:
        return turn(visit, await go_to(visit, walk, block))
    if plain.isdecimal() and len(plain) < _SHORTEST_METER:
        return None
    meter = await meter_typed(visit, visit.text)
    return await at_meter(visit, meter) if meter else None


def _lines(visit: Visit, meter: Meter) -> tuple[list[ReadingLine], list[BadLine]]:
    lines, bad = parse_reading_message(_line(visit, meter), sent_day(visit))
    return (lines if len(lines) == 1 and not bad else []), bad


def _line(visit: Visit, meter: Meter) -> str:
    """What was typed as it would stand with the meter's name."""
    name = meter.number if meter.number.isdecimal() and len(meter.number) >= _SHORTEST_METER else meter.place
    return f"{name} {visit.text}"


def _naming(visit: Visit, meter: Meter) -> Visit:
    return replace(visit, incoming=replace(visit.incoming, text=_line(visit, meter)))

"""A reply to an album's table: each of its lines mends one of the table, all at once; only Save stores anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from bot.conversation import Reply, Turn
from bot.flows.engineer import album
from bot.flows.engineer.examples import example_of
from bot.flows.engineer.place import here, sent_day, turn
from bot.flows.engineer.results import lacking
from bot.router import replied
from bot.texts import album_reply as texts
from bot.texts import engineer_dialogue as dialogue
from bot.texts import engineer_proposals as proposals
from bot.visit import Visit
from domain.reading_text import MOST_LINES, BadLine, lines_of
from domain.roles import Permission
from domain.table_text import TableLine, names_a_line, parse_table_line
from jobs.find_meter import NotFound, find_meter
from jobs.propose_reading import in_place
from storage import chat_readings, loose_photos, outbox
from storage.loose_photos import Loose
from storage.meters import Meter

_ALBUMS: Final = ("loose:album:", "loose:burst:")
"""How the names of their messages begin."""
_ROW: Final = re.compile(r"^[ \d]\d \S", re.MULTILINE)
"""A line of the table as it is shown, below the first line of the message."""


@dataclass(frozen=True, slots=True)
class _Fix:
    """What a line of the reply says of the photo at this place of the album, from 0."""

    at: int
    meter_id: int | None
    value: Decimal | None

    def contradicts(self, other: _Fix) -> bool:
        pairs = ((self.meter_id, other.meter_id), (self.value, other.value))
        return self.at == other.at and any(None not in pair and pair[0] != pair[1] for pair in pairs)


@replied(permission=Permission.SUBMIT_READING)
async def answered(visit: Visit) -> Turn | None:
    """`None`: it is to no table, or a reading of a flat that the table has no line for."""
    lines = [] if visit.incoming.media else lines_of(visit.text)
    card = await _card(visit) if lines else None
    if card is None or await _brought_readings(visit):
        return None
    is_numbered = any(names_a_line(raw, sent_day(visit)) for raw in lines)
    asked = await loose_photos.of_card(visit.work.conn, visit.chat.id, card)
    refusal = await _not_open(visit, asked)
    if refusal:
        return refusal if is_numbered else None
    return await _in_table(visit, asked, lines, is_numbered=is_numbered)


async def _card(visit: Visit) -> str | None:
    replied_to = visit.incoming.reply_to or ""
    card = await loose_photos.card_of_message(visit.work.conn, visit.chat.id, replied_to)
    return card if card and card.startswith(_ALBUMS) else None


async def _brought_readings(visit: Visit) -> bool:
    """An edited message may have been none of the table's."""
    known = visit.incoming.edited and visit.incoming.message_id
    return bool(known and await chat_readings.of_message(visit.work.conn, visit.chat.id, known))


async def _not_open(visit: Visit, asked: Sequence[Loose]) -> Turn | None:
    if not asked:
        return here(Reply(texts.gone(visit.t, await example_of(visit))))
    if any(one.person_id != visit.work.actor.person_id for one in asked):
        return here(Reply(proposals.not_yours(visit.t)))
    return None


async def _in_table(visit: Visit, asked: Sequence[Loose], lines: Sequence[str], *, is_numbered: bool) -> Turn | None:
    rows = await _rows_shown(visit)
    if rows is not None and rows > len(asked) and is_numbered:
        return turn(visit, await _table(visit, asked[0]), Reply(texts.moved(visit.t)))
    now = [await in_place(visit.work, one) for one in asked]
    if not is_numbered and (await _is_elsewhere(visit, now, lines) or (rows == 0 and len(now) > 1)):
        return None
    return await _mended(visit, now, lines)


async def _rows_shown(visit: Visit) -> int | None:
    """Lines of the table in the message that is replied to; None: nobody knows any more what it says."""
    said = await outbox.shown(visit.work.conn, visit.chat.id, visit.incoming.reply_to or "")
    return None if said is None else len(_ROW.findall(said.partition("\n")[2]))


async def _table(visit: Visit, loose: Loose) -> Reply:
    return replace(await album.table(visit.work, visit.t, loose), passing=False)


async def _is_elsewhere(visit: Visit, now: Sequence[Loose], lines: Sequence[str]) -> bool:
    """Whether it is one whole reading, of a meter that has no line, where every line has a meter."""
    said = parse_table_line(lines[0], sent_day(visit))
    if len(lines) > 1 or isinstance(said, BadLine) or said.target is None or said.value is None:
        return False
    meter = await find_meter(visit.work.conn, said.target)
    places = {one.meter_id for one in now}
    return isinstance(meter, Meter) and None not in places and meter.id not in places


async def _mended(visit: Visit, before: Sequence[Loose], lines: Sequence[str]) -> Turn:
    fixes, refused = await _sorted(visit, before, lines)
    for at in dict.fromkeys(fix.at for fix in fixes):
        await loose_photos.keep(visit.work.conn, _with(before[at], fixes, at))
    shown = [await _table(visit, before[0])] if fixes else []
    if not refused:
        return turn(visit, *shown)
    example = await album.example(visit.work, before)
    return turn(visit, *shown, Reply(texts.refused(visit.t, refused, example)))


async def _sorted(visit: Visit, before: Sequence[Loose], lines: Sequence[str]) -> tuple[list[_Fix], list[str]]:
    """What the lines say, and those that are not taken, each with why."""
    fixes: list[_Fix] = []
    refused = []
    for raw in lines[:MOST_LINES]:
        now = [_with(one, fixes, at) for at, one in enumerate(before)]
        fix = _once(visit, await _fix(visit, now, raw), fixes)
        if isinstance(fix, _Fix):
            fixes.append(fix)
        else:
            refused.append(dialogue.failed(raw, fix))
    beyond = [dialogue.failed(lines[MOST_LINES], texts.too_many(visit.t))] if len(lines) > MOST_LINES else []
    return fixes, [*refused, *beyond]


def _with(loose: Loose, fixes: Sequence[_Fix], at: int) -> Loose:
    """The photo at this place as the fixes say."""
    for fix in fixes:
        if fix.at == at:
            value = loose.value if fix.value is None else fix.value
            loose = replace(loose, meter_id=fix.meter_id or loose.meter_id, value=value)
    return loose


def _once(visit: Visit, fix: _Fix | str, others: Sequence[_Fix]) -> _Fix | str:
    if isinstance(fix, _Fix) and any(fix.contradicts(other) for other in others):
        return texts.said_twice(visit.t, fix.at + 1)
    return fix


async def _fix(visit: Visit, now: Sequence[Loose], raw: str) -> _Fix | str:
    """What a line says, or why it says nothing that can be taken."""
    said = parse_table_line(raw, sent_day(visit))
    if isinstance(said, BadLine):
        return dialogue.line_problem(visit.t, said)
    if said.more:
        return texts.too_much(visit.t)
    if said.number is not None and not 0 < said.number <= len(now):
        return texts.no_such_line(visit.t, said.number)
    found = await find_meter(visit.work.conn, said.target) if said.target else None
    return _placed(visit, now, said, found)


def _placed(visit: Visit, now: Sequence[Loose], said: TableLine, found: Meter | NotFound | None) -> _Fix | str:
    meter_id = found.id if isinstance(found, Meter) else None
    value = said.value if meter_id or said.or_value is None else said.or_value
    if found is not None and not isinstance(found, Meter) and said.or_value is None:
        return lacking(visit, found)
    at = said.number - 1 if said.number else _line_of(now, meter_id)
    if at is None:
        return texts.which_line(visit.t)
    if value is None and said.number is None and now[at].meter_id == meter_id:
        return texts.no_value(visit.t)
    return _Fix(at, meter_id, value)


def _line_of(now: Sequence[Loose], meter_id: int | None) -> int | None:
    """The line of a meter, else the only one that has none."""
    if meter_id is None:
        return 0 if len(now) == 1 else None
    same = [place for place, one in enumerate(now) if one.meter_id == meter_id]
    free = [place for place, one in enumerate(now) if one.meter_id is None]
    return same[0] if same else free[0] if len(free) == 1 else None

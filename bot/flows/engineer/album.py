"""An album of photos without words: one table of what they show, stored by one press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.engineer import results
from bot.flows.engineer.binding import tied, unbound
from bot.flows.engineer.examples import example_of
from bot.flows.engineer.photo_binding import is_senders, line_of, not_yours
from bot.flows.engineer.place import here
from bot.flows.engineer.results import Result
from bot.i18n import Translator
from bot.router import press
from bot.texts import engineer_proposals as texts
from bot.texts.engineer import figure
from bot.visit import Visit
from domain.roles import Permission
from jobs.propose_reading import Question, question
from jobs.submit_reading import submit
from jobs.work import Work
from storage import loose_photos
from storage.loose_photos import Loose


@dataclass(frozen=True, slots=True)
class Line:
    """One photo of the table. `waits`: it is still to be looked at."""

    about: Question
    waits: bool

    @property
    def value(self) -> Decimal | None:
        """What Save stores for it; None: nothing yet."""
        if self.about.meter is None:
            return None
        typed, read = self.about.loose.value, self.about.read
        says_the_same = read is not None and (read.value, read.date) == (self.about.value, self.about.on)
        return self.about.value if typed is None and (read is None or says_the_same) else typed


async def table(work: Work, t: Translator, loose: Loose) -> Reply:
    """The table of the album that this photo came with, as it is now."""
    lines = await _lines(work, await loose_photos.of_card(work.conn, loose.chat_id, loose.card or ""))
    waiting = sum(line.waits for line in lines)
    ready = [line for line in lines if line.value is not None]
    read = sum(line.value is not None or line.about.shows is not None for line in lines)
    head = texts.album_head(t, read, len(lines), waiting)
    text = texts.album(t, head, [_row(t, line) for line in lines], None if waiting else _example(lines))
    buttons = ((_save(work, t, ready),),) if ready and not waiting else ()
    return tied(Reply(text, buttons, card=loose.card, passing=waiting > 0))


async def _lines(work: Work, album: Sequence[Loose]) -> list[Line]:
    waiting = await loose_photos.being_looked_at(work.conn, [one.photo_id for one in album])
    return [Line(await question(work, one, sure=True), one.photo_id in waiting) for one in album]


def _row(t: Translator, line: Line) -> tuple[str, str, str]:
    place = line.about.meter.place if line.about.meter else "?"
    shown = line.value if line.value is not None else line.about.loose.value
    return place, "" if shown is None else figure(shown), _note(t, line)


def _note(t: Translator, line: Line) -> str:
    about = line.about
    if about.loose.value is not None:
        return texts.note_typed(t) if about.meter else texts.note_no_flat(t)
    if line.waits:
        return texts.note_looking(t)
    if about.meter is None:
        return texts.note_no_flat(t)
    if about.read is not None:
        return texts.note_has(t, about.read)
    if about.value is None:
        return texts.note_not_sure(t) if about.shows is None else texts.note_shows(t, about.shows)
    return "" if about.value == about.shows or about.shows is None else texts.note_more(t, about.shows)


async def example(work: Work, album: Sequence[Loose]) -> str:
    """A line with which a reply would fix one of the table's."""
    return _example(await _lines(work, album))


def _example(lines: Sequence[Line]) -> str:
    """How the first line that lacks something would be completed, else the last one fixed."""
    place = next((n for n, line in enumerate(lines, start=1) if line.value is None), len(lines))
    line = lines[place - 1]
    flat = "" if line.about.meter else "B17-FF "
    return f"{place} {flat}{figure(line.value) if line.value is not None else '146'}"


def _save(work: Work, t: Translator, ready: Sequence[Line]) -> Button:
    """Binds exactly the lines that the table shows."""
    lines = [
        line_of(work, one.about.loose, one.about.meter, one.value)
        for one in ready
        if one.about.meter is not None and one.value is not None
    ]
    by = ready[0].about.loose.person_id
    return Button(texts.save_lines(t, len(lines)), Action("photo.save", {"by": by, "lines": lines}))


@press("photo.save", permission=Permission.SUBMIT_READING)
async def saved(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Store what the table showed, once; then the usual table in its place."""
    if not is_senders(visit, data):
        return not_yours(visit)
    submissions = [unbound(visit, line) for line in data["lines"]]
    found = [Result(one, await submit(visit.work, one)) for one in submissions]
    replies, _ = await results.table(visit, found, ())
    left = await _let_go(visit, data["card"])
    return here(replace(replies[0], card=data["card"]), *replies[1:], *left)


async def _let_go(visit: Visit, card: str) -> tuple[Reply, ...]:
    """What was not saved is asked about no more with the others; the next reading may take it from now on."""
    left, now = await loose_photos.of_card(visit.work.conn, visit.chat.id, card), visit.incoming.sent_at
    for one in left:
        alone = replace(one, card=f"loose:{one.message_key}:alone", album=None, sent_at=now)
        await loose_photos.keep(visit.work.conn, alone)
    return (Reply(texts.still_open(visit.t, len(left), await example_of(visit))),) if left else ()


async def asked_in(visit: Visit) -> list[Loose]:
    """The photos that our message, to which this is a reply, asks the sender about."""
    replied = visit.incoming.reply_to
    card = await loose_photos.card_of_message(visit.work.conn, visit.chat.id, replied) if replied else None
    found = await loose_photos.of_card(visit.work.conn, visit.chat.id, card) if card else []
    return found if all(one.person_id == visit.work.actor.person_id for one in found) else []

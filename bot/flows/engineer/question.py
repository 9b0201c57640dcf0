"""What is typed without a dialogue, where a photo that came alone is still asked about: its number, or its flat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.engineer import album, cards
from bot.flows.engineer.binding import bound, fresh, submission_of, unbound
from bot.flows.engineer.onward import month_of
from bot.flows.engineer.photo_binding import in_pairs, is_senders, not_yours
from bot.flows.engineer.place import here, sent_day
from bot.flows.engineer.proposal_press import flat_of, number_of
from bot.router import press
from bot.texts import engineer as reading_texts
from bot.texts import engineer_dialogue as dialogue
from bot.texts import engineer_proposals as texts
from bot.texts.engineer import figure
from bot.visit import Visit
from domain.reading_text import number_alone
from domain.roles import Permission
from jobs.propose_reading import MOST_OFFERED
from jobs.rounds import expected_meter
from jobs.submit_reading import PHOTO_TIME, Saved, submit
from storage import loose_photos, meters
from storage.loose_photos import Loose
from storage.meters import Meter

STILL_OPEN: Final = timedelta(hours=1)
"""How long a number alone answers the question about a photo, if that is the only one."""


async def in_reply(visit: Visit) -> Turn | None:
    """A reply to our message that asks; `None`: it is to none, or says nothing that answers it."""
    asked = await album.asked_in(visit)
    if not asked:
        return None
    return await album.fixed(visit, asked) if asked[0].album else await _answered(visit, asked)


async def alone(visit: Visit) -> Turn | None:
    """What follows the question without being a reply to it; `None`: several are open, or it is no answer."""
    since, person_id = visit.incoming.sent_at - STILL_OPEN, visit.work.actor.person_id
    found = await loose_photos.asked_since(visit.work.conn, visit.chat.id, person_id, since)
    asked = [one for one in found if not _is_left_behind(visit, one)]
    if not asked or number_alone(visit.text, sent_day(visit)) is None:
        return await _answered(visit, asked)
    return await _number(visit, asked)


def _is_left_behind(visit: Visit, loose: Loose) -> bool:
    """What is typed long after a photo of nobody knows which meter is not its answer."""
    return loose.meter_id is None and loose.sent_at < visit.incoming.sent_at - PHOTO_TIME


async def _number(visit: Visit, asked: Sequence[Loose]) -> Turn | None:
    """It is stored where a single meter is asked for, by the photos and the round; else the sender says of which."""
    expected = await expected_meter(visit.work, visit.chat.id, month_of(visit))
    wanted = dict.fromkeys([*((expected.id,) if expected else ()), *(one.meter_id for one in asked)])
    known = [await meters.get_meter(visit.work.conn, meter_id) for meter_id in wanted if meter_id is not None]
    if not known:
        return None
    return await (_answered(visit, asked[:1]) if len(wanted) == 1 else _which(visit, known, asked))


async def _which(visit: Visit, known: Sequence[Meter], asked: Sequence[Loose]) -> Turn:
    text = dialogue.which_flat(visit.t, visit.text, f"{known[0].flat_code or known[0].number} {visit.text}")
    buttons = [_of(visit, meter, asked) for meter in known[:MOST_OFFERED]]
    return here(Reply(text, in_pairs(buttons), card=fresh(visit, "number")))


def _of(visit: Visit, meter: Meter, asked: Sequence[Loose]) -> Button:
    """All buttons of a number have one key: it is stored once."""
    line = number_alone(visit.text, sent_day(visit))
    assert line is not None  # noqa: S101 - who calls it has seen that it is a number
    photo_ids = tuple(one.photo_id for one in asked if one.meter_id == meter.id)
    named = submission_of(visit, replace(line, target=meter.number), photo_ids=photo_ids)
    submission = bound(visit.work, replace(named, key=f"{visit.key}:number"))
    by = visit.work.actor.person_id
    return Button(meter.place, Action("number.of", {"by": by, "place": meter.place, "line": submission}))


@press("number.of", permission=Permission.SUBMIT_READING)
async def chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Which of the meters that were asked for the number is of; with the photos that wait for it."""
    if not is_senders(visit, data):
        return not_yours(visit)
    bare = unbound(visit, data["line"])
    found = [await loose_photos.find(visit.work.conn, visit.chat.id, one) for one in bare.photo_ids]
    asked = [one for one in found if one is not None]
    submission = replace(bare, photo_ids=tuple(one.photo_id for one in asked))
    outcome = await submit(visit.work, submission)
    reply = await cards.answer(visit, outcome, submission)
    if not isinstance(outcome, Saved):
        return here(replace(reply, card=data["card"]))
    taken = texts.taken(visit.t, data["place"], submission.value)
    notes = [Reply(taken, card=one.card, passing=True) for one in asked]
    said = reading_texts.meant(visit.t, figure(submission.value), data["place"])
    return here(*notes, Reply(said, card=data["card"], passing=True), reply)


async def _answered(visit: Visit, asked: Sequence[Loose]) -> Turn | None:
    if len(asked) != 1 or not visit.text:
        return None
    loose = asked[0]
    if loose.meter_id is None:
        return await flat_of(visit, loose)
    return await number_of(visit, loose, await meters.get_meter(visit.work.conn, loose.meter_id))

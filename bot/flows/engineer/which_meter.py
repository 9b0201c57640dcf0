"""A number that may be of several meters which photos and the round ask about: its sender says of which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.engineer import cards
from bot.flows.engineer.binding import bound, fresh, submission_of, unbound
from bot.flows.engineer.photo_binding import in_pairs, is_senders, not_yours
from bot.flows.engineer.place import here, sent_day
from bot.router import press
from bot.texts import engineer as reading_texts
from bot.texts import engineer_dialogue as dialogue
from bot.texts import engineer_proposals as texts
from bot.texts.engineer import figure
from bot.visit import Visit
from domain.reading_text import number_alone
from domain.roles import Permission
from jobs.propose_reading import MOST_OFFERED, in_place, written_instead
from jobs.submit_reading import Saved, submit
from storage import loose_photos, meters
from storage.loose_photos import Loose
from storage.meters import Meter

PhotosOf = Mapping[int, Sequence[int]]
"""Ids of meters, each with the photos that may be of it."""


async def photos_of(visit: Visit, asked: Sequence[Loose]) -> PhotosOf:
    """The meters in use that photos are asked about, and those that are written on them instead."""
    found: dict[int, list[int]] = {}
    for one in [await in_place(visit.work, each) for each in asked]:
        written = await written_instead(visit.work, one)
        for meter_id in (one.meter_id, written.id if written else None):
            if meter_id is not None:
                found.setdefault(meter_id, []).append(one.photo_id)
    return found


async def which(visit: Visit, photos: PhotosOf) -> Turn:
    """Ask of which of these meters the number is that was just typed."""
    known = [await meters.get_meter(visit.work.conn, meter_id) for meter_id in photos]
    text = dialogue.which_flat(visit.t, visit.text, f"{known[0].flat_code or known[0].number} {visit.text}")
    buttons = [_of(visit, meter, photos[meter.id]) for meter in known[:MOST_OFFERED]]
    return here(Reply(text, in_pairs(buttons), card=fresh(visit, "number")))


def _of(visit: Visit, meter: Meter, photo_ids: Sequence[int]) -> Button:
    """All buttons of a number have one key: it is stored once."""
    line = number_alone(visit.text, sent_day(visit))
    assert line is not None  # noqa: S101 - who calls it has seen that it is a number
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

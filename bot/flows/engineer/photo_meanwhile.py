"""A photo alone of the meter that a round asked for, where that has its reading by now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation import Action, Button, Turn
from bot.flows.engineer.again import read_already
from bot.flows.engineer.binding import fresh
from bot.flows.engineer.place import turn
from bot.texts import engineer_buttons as labels
from bot.texts import engineer_round as texts
from bot.visit import Visit
from storage.meters import Meter
from storage.readings import Reading


async def read_meanwhile(visit: Visit, photo_id: int, meter: Meter, lacking: Sequence[Reading]) -> Turn | None:
    """What was read, and to which reading the photo may be given; `None`: the meter is to be read.

    The round's question stays as it is: a number that comes now was read there too.
    """
    card = fresh(visit, "read")
    data = {"key": f"read:{visit.key}", "turn": 0, "meter": meter.id, "flat": meter.place, "number": meter.number}
    told = await read_already(visit, {**data, "photos": [photo_id]}, card)
    if told is None:
        return None
    others = [one for one in lacking if one.meter.id != meter.id][:1]
    give = {"photo": photo_id, "by": visit.work.actor.person_id, "card": card}
    row = [Button(labels.of_reading(one), Action("photo.give", {**give, "reading": one.id})) for one in others]
    go_on = Button(texts.go_on(visit.t), Action("round.go"))
    return turn(visit, replace(told, buttons=(*told.buttons, (*row, go_on))))

"""A meter that is asked for though this month has a reading of it: what was read, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.conversation import Action, Button, Reply
from bot.flows.engineer import cards
from bot.flows.engineer.binding import showing
from bot.flows.engineer.place import sent_day
from bot.texts import engineer_buttons as labels
from bot.texts import engineer_month as texts
from bot.visit import Visit
from domain.period import Month
from jobs.submit_reading import billed
from storage import readings
from storage.readings import UNBILLED, Reading


async def read_already(visit: Visit, data: Mapping[str, Any], card: str) -> Reply | None:
    """What is said instead of the question for the meter in `data`; `None`: it is to be read."""
    if "value" in data or data.get("again") == data["meter"]:
        return None
    reading = await _of_this_month(visit, data["meter"])
    if reading is None:
        return None
    further = _further(visit, data) if reading.date < sent_day(visit) else ()
    if reading.state in UNBILLED:
        return _open(visit, reading, (*_adding(visit, data, reading, card), *further), card)
    told = cards.billed(visit, await billed(visit.work, reading))
    return replace(told, buttons=(*told.buttons, further), card=card)


async def _of_this_month(visit: Visit, meter_id: int) -> Reading | None:
    today = sent_day(visit)
    last = await readings.previous(visit.work.conn, meter_id, today + timedelta(days=1))
    if last is None or Month.of(last.date) != Month.of(today):
        return None
    return await readings.get(visit.work.conn, last.id)


def _open(visit: Visit, reading: Reading, below: tuple[Button, ...], card: str) -> Reply:
    t, bound = visit.t, showing(reading)
    by_you = reading.submitted_by == visit.work.actor.person_id
    replace = Button(labels.replace_it(t), Action("reading.fix", bound))
    keep = Button(labels.keep(t, reading.value), Action("reading.keep", {**bound, "card": card}))
    right = Button(labels.it_is_right(t), Action("reading.confirm", bound))
    rows = (replace, keep if reading.confirmed else right), below
    return Reply(texts.read_already(t, cards.mode_of(visit), reading, by_you=by_you), rows, card=card)


def _adding(visit: Visit, data: Mapping[str, Any], reading: Reading, card: str) -> tuple[Button, ...]:
    """The photo that came for it already, or one that is still to be sent."""
    if reading.has_photo:
        return ()
    by = visit.work.actor.person_id
    given = [{"photo": photo_id, "by": by, "reading": reading.id, "card": card} for photo_id in data.get("photos", ())]
    add = Action("photo.give", given[-1]) if given else Action("reading.add_photo", showing(reading))
    return (Button(labels.add_photo(visit.t), add),)


def _further(visit: Visit, data: Mapping[str, Any]) -> tuple[Button, ...]:
    """A month may end a day late and the next one a day early: both readings are then of one month."""
    on = {**data, "again": data["meter"]}
    return (Button(labels.another(visit.t), Action("read.go", {"data": on})),)

"""Buttons under a reading that asks something: it is right, replace or keep, which flat was meant, ask the office."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace as but
from decimal import Decimal
from typing import Any, assert_never

from bot.conversation import Reply, Turn
from bot.flows.engineer import cards
from bot.flows.engineer.binding import unbound
from bot.flows.engineer.photo_binding import asked_no_more
from bot.flows.engineer.place import here
from bot.router import press
from bot.texts import engineer as texts
from bot.visit import Visit
from domain.roles import Permission
from jobs.ask_office import NobodyReached, PassedOn, PassedOnBefore, ask_office
from jobs.submit_reading import AlreadyBilled, AlreadyStored, Saved, Stale, replace, submit
from jobs.undo_reading import confirm
from storage import readings
from storage.readings import ReadingState


@press("reading.confirm", permission=Permission.SUBMIT_READING)
async def confirmed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """An unusual value is right."""
    outcome = await confirm(visit.work, data["id"], data["version"])
    if isinstance(outcome, Saved):
        told = await cards.saved(visit, outcome, confirmed=True)
        return here(but(told, card=data.get("card", told.card)))
    return here(await refused(visit, outcome, data))


@press("reading.replace", permission=Permission.SUBMIT_READING)
async def replaced(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The new value takes the place of the one of that day."""
    submission = unbound(visit, data["new"])
    outcome = await replace(visit.work, data["id"], data["version"], submission)
    if isinstance(outcome, Stale | AlreadyBilled):
        return here(await refused(visit, outcome, data))
    reply = await cards.answer(visit, outcome, submission)
    if isinstance(outcome, Saved):
        note = Reply(texts.replaced(visit.t, cards.mode_of(visit), outcome.reading), card=data.get("card"))
        return here(note, reply)
    return here(but(reply, card=data.get("card", reply.card)))


@press("reading.keep", permission=Permission.SUBMIT_READING)
async def kept(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The stored value stays."""
    reading = await readings.get(visit.work.conn, data["id"])
    if reading.version != data["version"] or reading.state is ReadingState.WITHDRAWN:
        return here(await refused(visit, Stale(reading), data))
    await asked_no_more(visit, data)
    return here(Reply(texts.kept(visit.t, reading), card=data.get("card")))


@press("reading.meant", permission=Permission.SUBMIT_READING)
async def meant(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """One of the offered flats or meters is what was meant."""
    submission = unbound(visit, data["line"], target=data["target"])
    outcome = await submit(visit.work, submission)
    reply = await cards.answer(visit, outcome, submission)
    if isinstance(outcome, Saved | AlreadyStored):
        note = Reply(texts.meant(visit.t, data["line"]["target"], data["target"]), card=f"near:{submission.key}")
        return here(note, reply)
    return here(reply)


@press("reading.ask_office", permission=Permission.SUBMIT_READING)
async def office_asked(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """A billed reading is wrong: the admins are told."""
    await asked_no_more(visit, data)
    outcome = await ask_office(visit.work, data["id"], Decimal(data["value"]) if data.get("value") else None)
    reading = await readings.get(visit.work.conn, data["id"])
    match outcome:
        case PassedOn():
            text = texts.office_asked(visit.t, reading)
        case PassedOnBefore(at):
            text = texts.office_asked_before(visit.t, reading, at.astimezone(visit.work.society.zone))
        case NobodyReached():
            text = texts.office_not_reached(visit.t, reading)
        case _:
            assert_never(outcome)
    return here(Reply(text, card=data.get("card")))


async def refused(visit: Visit, outcome: Stale | AlreadyBilled, data: Mapping[str, Any]) -> Reply:
    """The pressed card, redrawn with how the reading stands now."""
    if isinstance(outcome, AlreadyBilled):
        stands = cards.billed(visit, outcome)
    else:
        stands = await cards.stale(visit, outcome.reading)
    return but(stands, card=data.get("card", stands.card))

"""Taking readings back: the button, a whole message's, or the last one by /undo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.engineer import cards
from bot.flows.engineer.binding import card_of, fresh, tied
from bot.flows.engineer.cant_read import back
from bot.flows.engineer.onward import ask, month_of, walked_now
from bot.flows.engineer.place import here, turn
from bot.flows.engineer.verdict import refused
from bot.router import command, label, press
from bot.texts import engineer as texts
from bot.texts import engineer_dialogue as dialogue
from bot.texts import engineer_round as round_texts
from bot.texts import meter_life
from bot.visit import Visit
from domain.roles import Permission
from jobs import cant_read, rounds
from jobs.submit_reading import AlreadyBilled, Stale
from jobs.undo_reading import Undone, undo, undo_last


@command("undo", permission=Permission.SUBMIT_READING, about=dialogue.about_undo)
async def last(visit: Visit, _: str) -> Turn:
    """What the last message brought is taken back."""
    answered = await _last(visit)
    return _left(visit, answered) if _is_replacing(visit) and not answered.keep_state else answered


async def _last(visit: Visit) -> Turn:
    vain = await cant_read.undo_last(visit.work, visit.chat.id, month_of(visit))
    if vain is not None:
        return await back(visit, vain)
    outcomes = await undo_last(visit.work, visit.chat.id)
    if not outcomes:
        return _beside(visit, Reply(texts.nothing_to_undo(visit.t)))
    again = await _asked_again(visit, outcomes)
    return turn(visit, _told(visit, outcomes), *again) if again else _beside(visit, _told(visit, outcomes))


def _beside(visit: Visit, told: Reply) -> Turn:
    """A reading has nothing to do with a meter that is being replaced: its question stays open."""
    return here(told) if _is_replacing(visit) else turn(visit, told)


def _left(visit: Visit, answered: Turn) -> Turn:
    """The round asks for its meter: the replacement is left, and can be gone on with."""
    data = dict(visit.state.data) if visit.state else {}
    go_on = Button(round_texts.go_on(visit.t), Action("replace.go", {"data": {**data, "turn": visit.key}}))
    note = tied(Reply(meter_life.stopped(visit.t), ((go_on,),), card=fresh(visit, "left")))
    return replace(answered, replies=(*answered.replies[:-1], note, *answered.replies[-1:]))


def _is_replacing(visit: Visit) -> bool:
    return visit.state is not None and visit.state.flow == "replace"


@label(dialogue.key_undo, permission=Permission.SUBMIT_READING)
async def key(visit: Visit) -> Turn:
    """The same from the keyboard."""
    return await last(visit, "")


@press("reading.undo", permission=Permission.SUBMIT_READING)
async def pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """This reading is taken back; the card says so."""
    outcome = await undo(visit.work, data["id"], data["version"])
    if isinstance(outcome, Undone):
        card = data.get("card", card_of(outcome.reading))
        return here(Reply(texts.undone(visit.t, outcome.reading), card=card), *await _asked_again(visit, [outcome]))
    return here(await refused(visit, outcome, data))


@press("reading.undo_all", permission=Permission.SUBMIT_READING)
async def all_pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Everything of a table that is still as it was is taken back."""
    outcomes = [await undo(visit.work, reading_id, version) for reading_id, version in data["readings"]]
    return here(replace(_told(visit, outcomes), card=data.get("card")))


async def _asked_again(visit: Visit, outcomes: list[Undone | AlreadyBilled | Stale]) -> tuple[Reply, ...]:
    """A round goes on at the meter whose reading was taken back."""
    gone = [one.reading for one in outcomes if isinstance(one, Undone)]
    walk = await walked_now(visit) if gone else None
    if walk is None:
        return ()
    again = await rounds.stand_at(visit.work, walk, gone[0].meter.id, gone[0].flat_code, month_of(visit))
    return (await ask(visit, again),)


def _told(visit: Visit, outcomes: list[Undone | AlreadyBilled | Stale]) -> Reply:
    gone = [one.reading for one in outcomes if isinstance(one, Undone)]
    left = [one.reading for one in outcomes if not isinstance(one, Undone)]
    if len(outcomes) == 1 and isinstance(outcomes[0], AlreadyBilled):
        return cards.billed(visit, outcomes[0])
    if len(gone) == 1 and not left:
        return Reply(texts.undone(visit.t, gone[0]))
    return Reply(texts.undone_many(visit.t, gone, left))

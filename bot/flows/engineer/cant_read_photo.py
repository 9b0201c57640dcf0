"""A photo of what is in the way of reading a meter, sent after the word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.conversation import Reply, State, Turn
from bot.flows.engineer import round_typed
from bot.flows.engineer.cant_read import noted
from bot.flows.engineer.photo_refusal import refusal
from bot.flows.engineer.place import here, turn
from bot.flows.engineer.steps import starting_at
from bot.router import Occasion, press, step
from bot.texts import engineer_round as texts
from bot.visit import Visit
from domain.roles import Permission
from jobs import cant_read as jobs
from jobs import take_photo
from jobs.photo_intake import PreparedPhoto
from storage import cant_read

_FLOW = "cant_read"


@press("cant_read.photo", permission=Permission.SUBMIT_READING)
async def wanted(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The next photo is of what is in the way."""
    vain = await cant_read.get(visit.work.conn, data["id"])
    if vain is None:
        return here(Reply("", toast=texts.taken_back_before(visit.t)))
    return Turn((Reply(texts.send_photo_of(visit.t, vain.place)),), State(_FLOW, "photo", {"id": vain.id}))


@step(_FLOW, "photo", permission=Permission.SUBMIT_READING, claims={Occasion.PHOTO})
async def sent(visit: Visit) -> Turn:
    """It is kept with the word that was given; what is typed instead goes where it belongs."""
    if not visit.incoming.media:
        typed = await round_typed.answered(visit) or await starting_at(visit, visit.text)
        return typed or here(Reply(texts.no_photo(visit.t)))
    if not isinstance(visit.photo, PreparedPhoto):
        return here(refusal(visit))
    data: Mapping[str, Any] = visit.state.data if visit.state else {}
    photo_id = await take_photo.keep(visit.work, visit.photo, visit.incoming.sent_at)
    vain = await jobs.add_photo(visit.work, data["id"], photo_id)
    if vain is None:
        return turn(visit, Reply(texts.taken_back_before(visit.t)))
    return await noted(visit, vain, None)

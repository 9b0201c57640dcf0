"""Can't read: which meter, why, a photo perhaps; and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.engineer.again import read_already
from bot.flows.engineer.binding import fresh
from bot.flows.engineer.message import take
from bot.flows.engineer.onward import ask, month_of, own_card, walked_now
from bot.flows.engineer.photo_refusal import refusal
from bot.flows.engineer.place import here, meter_typed, sent_day, turn
from bot.router import Occasion, label, press, step
from bot.texts import engineer_buttons as labels
from bot.texts import engineer_round as texts
from bot.visit import Visit
from domain.cant_read import Reason
from domain.reading_text import parse_reading_message
from domain.roles import Permission
from jobs import cant_read as jobs
from jobs import rounds, take_photo
from jobs.photo_intake import PreparedPhoto
from jobs.progress import progress
from storage import cant_read as stored
from storage import meters
from storage.cant_read import CantRead
from storage.meters import Meter

_WALKS = Permission.SUBMIT_READING
_FLOW = "cant_read"


@label(texts.key_cant_read, permission=_WALKS)
async def key(visit: Visit) -> Turn:
    """The meter that is asked for, in the round or step by step; else the flat is asked."""
    meter = await _at_hand(visit)
    if meter is not None:
        return await _why(visit, meter)
    return _which(texts.which_cant(visit.t, await _example(visit)))


@press("round.cant_read", permission=_WALKS)
async def pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """This meter cannot be read."""
    return await _why(visit, await meters.get_meter(visit.work.conn, data["meter"]), own_card(data.get("card")))


@step(_FLOW, "flat", permission=_WALKS)
async def flat_typed(visit: Visit) -> Turn:
    """Which one it is."""
    meter = await meter_typed(visit, visit.text)
    if meter is not None:
        return await _why(visit, meter)
    return _which(texts.no_such_cant(visit.t, visit.text[: jobs.LONGEST], await _example(visit)))


def _which(text: str) -> Turn:
    return Turn((Reply(text),), State(_FLOW, "flat"))


async def _why(visit: Visit, meter: Meter, card: str | None = None, photo_ids: Sequence[int] = ()) -> Turn:
    """The reasons as buttons; typed words are a reason too, a number is the reading after all."""
    name = card or fresh(visit, "round")
    known = await read_already(visit, {"meter": meter.id, "flat": meter.place, "number": meter.number}, name)
    if known is not None:
        return turn(visit, replace(known, buttons=known.buttons[:1]))
    vain = (await stored.cant_read(visit.work.conn, month_of(visit))).get(meter.id)
    data = {"meter": meter.id, "visits": vain.visits if vain else 0, "photos": list(photo_ids)}
    buttons = [
        Button(texts.reason(visit.t, why), Action("cant_read.why", {**data, "reason": why.value})) for why in Reason
    ]
    rows = tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
    reply = Reply(texts.ask_reason(visit.t, meter.place, has_photo=bool(photo_ids)), rows, card=name)
    asked = turn(visit, reply)
    return Turn(asked.replies, State(_FLOW, "reason", data))


@press("cant_read.why", permission=_WALKS)
async def reason_pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Why; a second press says nothing new."""
    meter = await meters.get_meter(visit.work.conn, data["meter"])
    why, card, photo_ids = Reason(data["reason"]), own_card(data.get("card")), _photos(visit, data)
    if why is Reason.OTHER:
        state = State(_FLOW, "reason", {**data, "photos": photo_ids})
        return Turn((Reply(texts.ask_words(visit.t, meter.place), card=card),), state)
    vain = (await stored.cant_read(visit.work.conn, month_of(visit))).get(meter.id)
    if vain is not None and vain.visits > data["visits"]:
        return await noted(visit, vain, card)
    return await told(visit, meter, why, "", photo_ids=photo_ids, card=card)


def _photos(visit: Visit, data: Mapping[str, Any]) -> list[int]:
    """Those of the button, and those that came since it was shown."""
    state = visit.state
    same = state is not None and state.flow == _FLOW and state.data.get("meter") == data["meter"]
    later = state.data.get("photos", []) if state is not None and same else []
    return list(dict.fromkeys([*data.get("photos", []), *later]))


@step(_FLOW, "reason", permission=_WALKS, claims={Occasion.PHOTO})
async def reason_typed_or_photo(visit: Visit) -> Turn:
    """A photo of what is in the way, the reason in words, or the reading after all."""
    data: Mapping[str, Any] = visit.state.data if visit.state else {}
    meter = await meters.get_meter(visit.work.conn, data["meter"])
    photo_ids = list(data.get("photos", []))
    if visit.incoming.media:
        if not isinstance(visit.photo, PreparedPhoto):
            return here(refusal(visit))
        photo_ids.append(await take_photo.keep(visit.work, visit.photo, visit.incoming.sent_at))
        if not visit.text:
            return await _why(visit, meter, photo_ids=photo_ids)
    return await _worded(visit, meter, photo_ids)


async def _worded(visit: Visit, meter: Meter, photo_ids: Sequence[int]) -> Turn:
    lines, _ = parse_reading_message(f"{meter.place} {visit.text}", sent_day(visit))
    if lines:
        text = f"{meter.number if meter.number.isdecimal() else meter.place} {visit.text}"
        return await take(replace(visit, incoming=replace(visit.incoming, text=text)), photo_ids)
    other = await meter_typed(visit, visit.text)
    if other is not None:
        return await _why(visit, other, photo_ids=photo_ids)
    why = reason_typed(visit)
    return await told(visit, meter, why or Reason.OTHER, "" if why else visit.text, photo_ids=photo_ids)


def reason_typed(visit: Visit) -> Reason | None:
    """One of the reasons as it stands on its button; other words are none."""
    said = visit.text.casefold()
    return next((why for why in Reason if why is not Reason.OTHER and said == texts.reason_word(visit.t, why)), None)


async def told(
    visit: Visit,
    meter: Meter,
    why: Reason,
    words: str,
    *,
    photo_ids: Sequence[int] = (),
    card: str | None = None,
) -> Turn:
    """It is kept, and the round goes on."""
    photo_id, at = (photo_ids[-1] if photo_ids else None), min(visit.incoming.sent_at, visit.work.now)
    month = month_of(visit)
    outcome = await jobs.told(visit.work, meter, month, why, words, at=at, photo_id=photo_id)
    if isinstance(outcome, CantRead):
        return await noted(visit, outcome, card)
    data = {"meter": meter.id, "flat": meter.place, "number": meter.number}
    known = await read_already(visit, data, fresh(visit, "read"))
    return turn(visit, *([replace(known, buttons=known.buttons[:1])] if known else []))


async def noted(visit: Visit, vain: CantRead, card: str | None) -> Turn:
    """It stands; the round, if there is one, goes on."""
    photo = () if vain.photo_id else (Button(labels.add_photo(visit.t), Action("cant_read.photo", {"id": vain.id})),)
    row = (*photo, Button(labels.undo(visit.t), Action("cant_read.undo", {"id": vain.id})))
    note, walk = texts.noted(visit.t, vain), await walked_now(visit)
    if walk is None:
        return turn(visit, Reply(note, (row,), card=card or fresh(visit, "round")))
    return turn(visit, await ask(visit, walk, note, card, (row,)))


@press("cant_read.undo", permission=_WALKS)
async def undone(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """It is to be read after all."""
    vain = await jobs.undo(visit.work, data["id"])
    if vain is None:
        return here(Reply("", toast=texts.taken_back_before(visit.t)))
    return await back(visit, vain, own_card(data.get("card")))


async def back(visit: Visit, vain: CantRead, card: str | None = None) -> Turn:
    """The word was taken back; a round goes on at its meter."""
    note, walk = texts.taken_back(visit.t, vain), await walked_now(visit)
    if walk is None:
        return turn(visit, Reply(note, card=card))
    walk = await rounds.stand_at(visit.work, walk, vain.meter_id, vain.place, month_of(visit))
    return turn(visit, await ask(visit, walk, note, card))


async def _at_hand(visit: Visit) -> Meter | None:
    state = visit.state
    if state is not None and state.flow == "read" and "meter" in state.data:
        return await meters.get_meter(visit.work.conn, state.data["meter"])
    return await rounds.expected_meter(visit.work, visit.chat.id, month_of(visit))


async def _example(visit: Visit) -> str:
    line = (await progress(visit.work)).after(None)
    return line.flat_code if line else "B17-FF"

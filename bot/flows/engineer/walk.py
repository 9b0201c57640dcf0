"""`/round`: the month's meters one after the other, and its buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.engineer.binding import fresh
from bot.flows.engineer.onward import ask, month_of, own_card, walked_now
from bot.flows.engineer.place import turn
from bot.flows.private import led_there
from bot.router import command, label, press
from bot.texts import engineer_dialogue as dialogue
from bot.texts import engineer_round as texts
from bot.visit import Visit
from domain.roles import Permission, Role
from jobs import rounds
from jobs.progress import Block, progress
from jobs.rounds import Walk
from storage import meters
from storage.meters import Meter

_WALKS = Permission.SUBMIT_READING
_PAGE = 4
_WHOLE = 6


@command("round", roles={Role.ENGINEER}, about=texts.about_round)
async def begin(visit: Visit, typed: str) -> Turn:
    """Begin it or go on with it; `/round B18` goes on at a block."""
    if not visit.chat.is_private:
        return await led_there(visit)
    walk = await rounds.pick_up(visit.work, visit.chat.id, month_of(visit))
    block = block_named(walk, typed)
    return turn(visit, await (go_to(visit, walk, block) if block else ask(visit, walk)))


@label(dialogue.key_next, permission=_WALKS)
async def key(visit: Visit) -> Turn:
    """The same from the keyboard."""
    return await begin(visit, "")


@press("round.go", permission=_WALKS)
async def resumed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Go on after Stop, on the same card."""
    walk = await rounds.pick_up(visit.work, visit.chat.id, month_of(visit))
    return turn(visit, await ask(visit, walk, card=data.get("card")))


@press("round.skip", permission=_WALKS)
async def skipped(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """This meter comes again at the end."""
    return turn(visit, await put_off(visit, data["meter"], "", data.get("card")))


async def put_off(visit: Visit, meter_id: int, words: str, card: str | None = None) -> Reply:
    """Put a meter off, and ask for the next one."""
    month = month_of(visit)
    walk = await rounds.pick_up(visit.work, visit.chat.id, month)
    meter = await meters.get_meter(visit.work.conn, meter_id)
    if all(line.meter_id != meter_id for line in walk.ahead):
        return await ask(visit, walk, card=card)
    note = texts.given_up if meter_id in walk.done.in_vain else texts.skipped
    walk = await rounds.skip(visit.work, walk, meter_id, words, month)
    return await ask(visit, walk, note(visit.t, meter.place), card)


@press("round.stop", permission=_WALKS)
async def stopped(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Leave it; nothing is lost."""
    await rounds.stop(visit.work, month_of(visit))
    text = texts.stopped(visit.t, await progress(visit.work, month_of(visit)))
    go_on = Button(texts.go_on(visit.t), Action("round.go"))
    return turn(visit, Reply(text, ((go_on,),), card=own_card(data.get("card")) or fresh(visit, "round")))


@press("round.blocks", permission=_WALKS)
async def blocks(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The blocks with something unread, and who walks there."""
    month = month_of(visit)
    done, others = await progress(visit.work, month), await rounds.others_at(visit.work, month)
    left = [block for block in done.places if block.unread]
    buttons = [
        Button(
            texts.block_label(block, len(block.unread), _there(block, others)),
            Action("round.block", {"block": block.name}),
        )
        for block in left
    ]
    rows, card = _paged(buttons, data.get("page", 0)), own_card(data.get("card")) or fresh(visit, "round")
    return turn(visit, Reply(texts.choose_block(visit.t), rows, card=card))


def _there(block: Block, others: Mapping[int, str]) -> list[str]:
    return sorted({others[line.meter_id] for line in block.meters if line.meter_id in others})


def _paged(buttons: Sequence[Button], page: int) -> tuple[tuple[Button, ...], ...]:
    """Three rows of two at most; more are turned over."""
    if len(buttons) <= _WHOLE:
        return _rows(buttons)
    last = (len(buttons) - 1) // _PAGE
    page = min(max(page, 0), last)
    turns = [
        Button(arrow, Action("round.blocks", {"page": there}))
        for arrow, there in (("◀", page - 1), ("▶", page + 1))
        if 0 <= there <= last
    ]
    return (*_rows(buttons[page * _PAGE : (page + 1) * _PAGE]), tuple(turns))


def _rows(buttons: Sequence[Button]) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))


@press("round.block", permission=_WALKS)
async def block_chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The walk goes on at this block."""
    walk = await rounds.pick_up(visit.work, visit.chat.id, month_of(visit))
    block = block_named(walk, data["block"])
    card = data.get("card")
    return turn(visit, await (go_to(visit, walk, block, card) if block else ask(visit, walk, card=card)))


def block_named(walk: Walk, typed: str) -> Block | None:
    """The block of this name that has something unread."""
    name = typed.strip().upper()
    return next((block for block in walk.done.places if block.name == name and block.unread), None)


async def at_meter(visit: Visit, meter: Meter) -> Turn | None:
    """A round goes on at this meter; `None`: none is walked, or the meter is not ahead in it."""
    walk = await walked_now(visit)
    if walk is None or all(line.meter_id != meter.id for line in walk.ahead):
        return None
    walk = await rounds.stand_at(visit.work, walk, meter.id, meter.place, month_of(visit))
    return turn(visit, await ask(visit, walk))


async def go_to(visit: Visit, walk: Walk, block: Block, card: str | None = None) -> Reply:
    """The first unread meter of a block is asked for now."""
    line = next((one for one in block.unread if one.meter_id not in walk.done.in_vain), block.unread[0])
    walk = await rounds.stand_at(visit.work, walk, line.meter_id, line.flat_code, month_of(visit))
    return await ask(visit, walk, card=card)

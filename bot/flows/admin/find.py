"""Search: `/find sharma`, or the word alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.flows.admin.flat import flat_card
from bot.flows.engineer import round_typed
from bot.flows.engineer.guide import anything_else as engineers_answer
from bot.flows.engineer.guide import help_ as engineers_help
from bot.flows.welcome import welcomes
from bot.router import Occasion, command, on
from bot.texts import admin, admin_find_motor
from bot.texts import admin_flat as texts
from domain.identifiers import walking_order
from domain.roles import Permission, Role
from jobs.change_flat import sheet
from jobs.find import Found, find
from jobs.find_motor import find_motor

if TYPE_CHECKING:
    from bot.visit import Visit

_ADMIN = frozenset({Role.ADMIN})
_MOST_BUTTONS = 6


@welcomes(Role.ADMIN)
async def joined(visit: Visit) -> tuple[Reply, ...]:
    """What the office does here."""
    return (Reply(admin.welcome(visit.t)),)


@command("help", roles=_ADMIN, about=admin.about_help)
async def help_(visit: Visit, _: str) -> Turn:
    """Everything an admin can send; with what an engineer can, for who is both."""
    also = (await engineers_help(visit, "")).replies if Role.ENGINEER in visit.roles else ()
    return answer(visit, Reply(admin.help_text(visit.t)), *also)


@command("find", permission=Permission.SEARCH, about=admin.about_find)
async def searched(visit: Visit, typed: str) -> Turn:
    """One flat is shown at once, several as buttons."""
    if not typed:
        return answer(visit, Reply(texts.ask_query(visit.t)))
    return answer(visit, await _found(visit, typed))


@on(Occasion.OTHERWISE, roles=_ADMIN)
async def anything_else(visit: Visit) -> Turn:
    """A word alone is looked for; a number in reply to a reading corrects it, in a round it is the meter's."""
    if visit.incoming.reply_to:
        return await engineers_answer(visit)
    if not visit.text:
        return await help_(visit, "")
    walked = await round_typed.answered(visit, refuses=False)
    if walked is not None:
        return walked
    if visit.text.startswith("/"):
        return answer(visit, Reply(admin.no_command(visit.t, visit.text)))
    return answer(visit, await _found(visit, visit.text))


async def _found(visit: Visit, typed: str) -> Reply:
    """A motor by its name or meter, else flats."""
    motor = await find_motor(visit.work, typed)
    if motor is None:
        return await _answer(visit, await find(visit.work, typed))
    codes = sorted(motor.motor.flat_codes, key=walking_order)
    return Reply(admin_find_motor.sheet(visit.t, motor), _buttons(codes))


async def _answer(visit: Visit, found: Found) -> Reply:
    exact = [hit for hit in found.hits if hit.exact]
    only = exact if len(exact) == 1 else list(found.hits) if len(found.hits) == 1 else []
    if only:
        seen = await sheet(visit.work, only[0].flat_code)
        if seen is not None:
            return flat_card(visit, seen, f"flat:{visit.work.ref}")
    if found.hits:
        return Reply(texts.found(visit.t, found), _buttons([hit.flat_code for hit in found.hits]))
    if found.near:
        return Reply(texts.did_you_mean(visit.t, found.query), _buttons(list(found.near)))
    return Reply(admin.not_found(visit.t, found.query))


def _buttons(codes: list[str]) -> tuple[tuple[Button, ...], ...]:
    """Three rows of two; the others can be typed."""
    buttons = [Button(code, Action("flat.show", {"flat": code})) for code in codes[:_MOST_BUTTONS]]
    return tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))

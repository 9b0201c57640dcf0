"""`/unreachable`: who got nothing this month and why, by block, and invites on paper for them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.invite_document import slips_pdf
from bot.router import command, press
from bot.texts import admin_buttons
from bot.texts import admin_reach as texts
from domain.identifiers import block_of, walking_order
from domain.number_text import clean_text
from domain.roles import Permission
from jobs import invite_slips
from jobs.documents import DocumentError
from jobs.invite_slips import TooManySlipsError
from storage import invites, unreachable
from storage.savepoints import savepoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.visit import Visit
    from storage.unreachable import Unreached

_SEE, _PRINT = Permission.SEE_REPORTS, Permission.MANAGE_PEOPLE
_PAGE = 45
"""Flats."""


@command("unreachable", permission=_SEE, about=texts.about_unreachable)
async def asked(visit: Visit, typed: str) -> Turn:
    """Everybody who got nothing, or those of one block."""
    block = block_of(clean_text(typed).upper()) if typed else ""
    return answer(visit, await _listed(visit, {"block": block, "page": 0, "card": f"unreachable:{visit.work.ref}"}))


@press("unreachable.turn", permission=_SEE)
async def turned(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Another page of blocks."""
    return answer(visit, await _listed(visit, data))


@press("unreachable.print", permission=_PRINT)
async def printed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """A fresh slip for each of those who are not reached now."""
    try:
        async with savepoint(visit.work.conn):
            slips = await invite_slips.make(visit.work, await _found(visit, data["block"]))
            content = await slips_pdf(visit.work, slips) if slips else b""
    except TooManySlipsError as error:
        return answer(visit, Reply(texts.too_many_slips(visit.t, error.args[0])))
    except DocumentError:
        return answer(visit, Reply(texts.print_failed(visit.t)))
    if not slips:
        return answer(visit, Reply(texts.nothing_to_print(visit.t)))
    until = slips[0].expires_at.astimezone(visit.work.society.zone).date()
    name = f"invites-{data['block'] or 'all'}-{visit.work.today}.pdf"
    return answer(visit, Reply(texts.printed(visit.t, len(slips), until), document_name=name, document=content))


async def _found(visit: Visit, block: str) -> list[Unreached]:
    """In walking order; of one block, or all."""
    found = await unreachable.unreached(visit.work.conn, visit.work.today.replace(day=1))
    chosen = [one for one in found if not block or block_of(one.flat_code) == block]
    return sorted(chosen, key=lambda one: walking_order(one.flat_code))


async def _listed(visit: Visit, data: Mapping[str, Any]) -> Reply:
    t, conn, block, card = visit.t, visit.work.conn, data["block"], data["card"]
    found = await _found(visit, block)
    if not found:
        text = texts.no_such_block(t, block) if block else texts.everybody_reached(t, await unreachable.flats(conn))
        return Reply(text, card=card)
    page = min(data["page"], (len(found) - 1) // _PAGE)
    shown = _by_block(found[page * _PAGE : (page + 1) * _PAGE])
    counts = Counter(one.why for one in found)
    out = await invites.open_slips(conn, visit.work.now)
    text = texts.unreached(t, await unreachable.flats(conn), dict(counts.most_common()), shown, out)
    return Reply(text, (*_print_row(visit, found, data), *_turning(visit, data, page, len(found))), card=card)


def _by_block(found: Sequence[Unreached]) -> dict[str, list[Unreached]]:
    blocks: dict[str, list[Unreached]] = {}
    for one in found:
        blocks.setdefault(block_of(one.flat_code), []).append(one)
    return blocks


def _print_row(visit: Visit, found: Sequence[Unreached], data: Mapping[str, Any]) -> tuple[tuple[Button, ...], ...]:
    slips = sum(one.is_invited for one in found)
    if not slips:
        return ()
    return ((Button(texts.print_button(visit.t, slips), Action("unreachable.print", {"block": data["block"]})),),)


def _turning(visit: Visit, data: Mapping[str, Any], page: int, flats: int) -> tuple[tuple[Button, ...], ...]:
    back = Button(admin_buttons.previous(visit.t), Action("unreachable.turn", {**data, "page": page - 1}))
    on = Button(admin_buttons.following(visit.t), Action("unreachable.turn", {**data, "page": page + 1}))
    row = (*((back,) if page else ()), *((on,) if (page + 1) * _PAGE < flats else ()))
    return (row,) if row else ()

"""`/stickers`: QR stickers for the meters on paper, a sheet for each block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.router import command, press
from bot.sticker_document import stickers_pdf
from bot.texts import admin_buttons
from bot.texts import stickers as texts
from domain.identifiers import block_of
from domain.number_text import clean_text
from domain.roles import Permission
from jobs import stickers
from jobs.documents import DocumentError
from jobs.stickers import NoSuchBlock, TooManyStickersError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.visit import Visit

_SEE = Permission.SEE_REPORTS
_PAGE = 4
_IN_ROW = 2


@command("stickers", permission=_SEE, about=texts.about_stickers)
async def asked(visit: Visit, typed: str) -> Turn:
    """One block's at once; without a block a choice."""
    if typed:
        return answer(visit, await _printed(visit, block_of(clean_text(typed).upper())))
    return answer(visit, await _choice(visit, {"card": f"stickers:{visit.work.ref}", "page": 0}))


@press("stickers.turn", permission=_SEE)
async def turned(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Another page of blocks."""
    return answer(visit, await _choice(visit, data))


@press("stickers.block", permission=_SEE)
async def chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """A block's stickers, or all of them."""
    return answer(visit, await _printed(visit, data["block"]))


async def _printed(visit: Visit, block: str) -> Reply:
    try:
        sheets = await stickers.make(visit.work, block)
        if isinstance(sheets, NoSuchBlock):
            return Reply(_nothing(visit, block, sheets))
        content = await stickers_pdf(visit.work, sheets)
    except TooManyStickersError:
        return Reply(texts.too_many(visit.t))
    except DocumentError:
        return Reply(texts.failed(visit.t))
    count = sum(len(sheet.stickers) for sheet in sheets)
    said = texts.printed(visit.t, block, count, len(sheets))
    return Reply(said, document_name=f"stickers-{block or 'all'}.pdf", document=content)


def _nothing(visit: Visit, block: str, known: NoSuchBlock) -> str:
    return texts.no_such_block(visit.t, block, known.blocks) if known.blocks else texts.no_meters(visit.t)


async def _choice(visit: Visit, data: Mapping[str, Any]) -> Reply:
    blocks, card = await stickers.blocks(visit.work), data["card"]
    if not blocks:
        return Reply(texts.no_meters(visit.t), card=card)
    names, count = list(blocks), sum(blocks.values())
    page = min(data["page"], (len(names) - 1) // _PAGE)
    buttons = [
        Button(texts.block_button(visit.t, name, blocks[name]), Action("stickers.block", {"block": name}))
        for name in names[page * _PAGE : (page + 1) * _PAGE]
    ]
    rows = [tuple(buttons[start : start + _IN_ROW]) for start in range(0, len(buttons), _IN_ROW)]
    return Reply(texts.which_block(visit.t, count), (*rows, _last_row(visit, data, page, len(names), count)), card=card)


def _last_row(visit: Visit, data: Mapping[str, Any], page: int, blocks: int, count: int) -> tuple[Button, ...]:
    """All at once on the first page, and the ways to the neighbours."""
    everything = Button(texts.all_button(visit.t, count), Action("stickers.block", {"block": ""}))
    back = Button(admin_buttons.previous(visit.t), Action("stickers.turn", {**data, "page": page - 1}))
    on = Button(admin_buttons.following(visit.t), Action("stickers.turn", {**data, "page": page + 1}))
    further = (page + 1) * _PAGE < blocks
    return (back if page else everything, *((on,) if further else ()))

"""`/print 2026-10 B17`: a block's bills in one file, a page each, as somebody walks past the doors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.bill_document import Printed, bills_pdf
from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.i18n import Translator
from bot.router import command, press
from bot.texts import admin_buttons
from bot.texts import admin_print as texts
from domain.identifiers import block_of, walking_order
from domain.number_text import clean_text
from domain.period import Month, MonthError
from domain.roles import Permission
from jobs.documents import LARGEST_BATCH, DocumentError
from storage import bill_views

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.visit import Visit
    from storage.bill_views import BillView
    from storage.database import Connection

_SEE = Permission.SEE_REPORTS
_PAGE = 16
_IN_ROW = 4
_OFFICE = Translator("en")
_MOST_WORDS = 2


@dataclass(frozen=True, slots=True)
class _Billed:
    """The month's billed flats by block, both in walking order."""

    month: Month
    blocks: Mapping[str, Sequence[str]]

    @property
    def flats(self) -> int:
        return sum(map(len, self.blocks.values()))


@command("print", permission=_SEE, about=texts.about_print)
async def asked(visit: Visit, typed: str) -> Turn:
    """The month and block in any order; without a month the one before this, without a block a choice."""
    try:
        month, block = _wanted(typed, Month.of(visit.work.today).previous())
    except MonthError:
        return answer(visit, Reply(texts.usage(visit.t)))
    billed, card = await _billed(visit.work.conn, month), f"print:{visit.work.ref}"
    if not block:
        return answer(visit, _choice(visit.t, billed, card))
    if block not in billed.blocks:
        return answer(visit, _choice(visit.t, billed, card, texts.no_such_block(visit.t, month, block)))
    return answer(visit, await _print(visit, billed, block))


@press("print.turn", permission=_SEE)
async def turned(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Another page of blocks."""
    billed = await _billed(visit.work.conn, Month.parse(data["month"]))
    return answer(visit, _choice(visit.t, billed, data["card"], page=data["page"]))


@press("print.block", permission=_SEE)
async def chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The block's bills as they are now."""
    billed = await _billed(visit.work.conn, Month.parse(data["month"]))
    if data["block"] not in billed.blocks:
        return answer(visit, Reply(texts.no_such_block(visit.t, billed.month, data["block"])))
    return answer(visit, await _print(visit, billed, data["block"]))


def _wanted(typed: str, usual: Month) -> tuple[Month, str]:
    """Raises MonthError for more than a month and a block."""
    words = clean_text(typed).upper().split()
    months = [word for word in words if word[:4].isdigit()]
    blocks = [word for word in words if word not in months]
    if len(words) > _MOST_WORDS or len(months) > 1 or len(blocks) > 1:
        raise MonthError(text=typed)
    return Month.parse(months[0]) if months else usual, block_of(blocks[0]) if blocks else ""


async def _billed(conn: Connection, month: Month) -> _Billed:
    blocks: dict[str, list[str]] = {}
    for code in sorted(await bill_views.billed_flats(conn, month), key=walking_order):
        blocks.setdefault(block_of(code), []).append(code)
    return _Billed(month, blocks)


def _choice(t: Translator, billed: _Billed, card: str, said: str = "", page: int = 0) -> Reply:
    if not billed.blocks:
        return Reply(texts.none_billed(t, billed.month), card=card)
    names = list(billed.blocks)
    page = min(page, (len(names) - 1) // _PAGE)
    shown = names[page * _PAGE : (page + 1) * _PAGE]
    bound = {"month": str(billed.month), "card": card}
    buttons = [_block_button(t, billed, name, bound) for name in shown]
    rows = [tuple(buttons[start : start + _IN_ROW]) for start in range(0, len(buttons), _IN_ROW)]
    text = said or texts.which_block(t, billed.month, billed.flats, len(names))
    return Reply(text, (*rows, *_turning(t, bound, page, len(names))), card=card)


def _block_button(t: Translator, billed: _Billed, block: str, bound: Mapping[str, Any]) -> Button:
    label = texts.block_button(t, block, len(billed.blocks[block]))
    return Button(label, Action("print.block", {**bound, "block": block}))


def _turning(t: Translator, bound: Mapping[str, Any], page: int, count: int) -> tuple[tuple[Button, ...], ...]:
    back = Button(admin_buttons.previous(t), Action("print.turn", {**bound, "page": page - 1}))
    on = Button(admin_buttons.following(t), Action("print.turn", {**bound, "page": page + 1}))
    row = (*((back,) if page else ()), *((on,) if (page + 1) * _PAGE < count else ()))
    return (row,) if row else ()


async def _print(visit: Visit, billed: _Billed, block: str) -> Reply:
    """In the office's language, whoever reads it; a flat under review is left out and named."""
    views = await bill_views.of_month(visit.work.conn, billed.month, billed.blocks[block])
    views.sort(key=lambda view: walking_order(view.flat_code))
    withheld = [view.flat_code for view in views if view.parked]
    pages = [view for view in views if not view.parked]
    if not pages:
        return Reply(texts.all_withheld(visit.t, block, withheld))
    if len(pages) > LARGEST_BATCH:
        return Reply(texts.too_many(visit.t, block, len(pages), LARGEST_BATCH))
    try:
        content = await bills_pdf(_OFFICE, visit.work.society, await _with_months(visit, pages), visit.work.now)
    except DocumentError:
        return Reply(texts.failed(visit.t, block))
    said = texts.printed(visit.t, billed.month, block, len(pages), withheld)
    return Reply(said, document_name=f"bills-{block}-{billed.month}.pdf", document=content)


async def _with_months(visit: Visit, views: Sequence[BillView]) -> list[Printed]:
    until = max(view.period_end for view in views)
    months = await bill_views.units_of_flats(visit.work.conn, [view.flat_id for view in views], until)
    return [Printed(view, [one for one in months[view.flat_id] if one[0] <= view.period_end]) for view in views]

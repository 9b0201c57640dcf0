"""Stickers for meters on paper: twelve a page, a sheet for each block."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot.i18n import Translator
from bot.texts import stickers as texts
from domain.sticker_code import WORD
from jobs.documents import Template, pdf
from jobs.upi import qr_svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.stickers import Sheet, Sticker
    from jobs.work import Work

_OFFICE = Translator("en")
_LONGEST = 80


async def stickers_pdf(work: Work, sheets: Sequence[Sheet]) -> bytes:
    """One file for all of them, in the office's language. Raises DocumentError."""
    return await asyncio.to_thread(_made, work, sheets)


def _made(work: Work, sheets: Sequence[Sheet]) -> bytes:
    return pdf(Template.STICKERS, stickers_facts(work, sheets), at=work.now)


def stickers_facts(work: Work, sheets: Sequence[Sheet]) -> dict[str, Any]:
    """What the template is given."""
    return {
        "title": texts.about_stickers(_OFFICE),
        "society": work.society.name[:_LONGEST],
        "or-send": texts.or_send(_OFFICE),
        "sheets": [_sheet(one) for one in sheets],
    }


def _sheet(sheet: Sheet) -> dict[str, Any]:
    return {
        "title": texts.sheet_title(_OFFICE, sheet.block),
        "note": texts.sheet_note(_OFFICE, len(sheet.stickers)),
        "stickers": [_sticker(one) for one in sheet.stickers],
    }


def _sticker(one: Sticker) -> dict[str, Any]:
    """Without a link of ours the square says what is typed."""
    words = f"{WORD} {one.code}"
    links = [(name, link) for name, link in (("Telegram", one.telegram), ("WhatsApp", one.whatsapp)) if link]
    return {
        "place": one.place[:_LONGEST],
        "label": texts.meter_label(_OFFICE, is_motor=one.is_motor),
        "number": one.number[:_LONGEST],
        "says": words,
        "squares": [{"name": name, "qr": qr_svg(link)} for name, link in links or [("", words)]],
    }

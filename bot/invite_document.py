"""Invite slips on paper: eight a page, each in English and Hindi."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot.i18n import LANGUAGES, Translator
from bot.texts import invite_slips as texts
from jobs.documents import Template, pdf
from jobs.upi import qr_svg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from jobs.invite_slips import Slip
    from jobs.work import Work

_LONGEST_NAME = 60


async def slips_pdf(work: Work, slips: Sequence[Slip]) -> bytes:
    """One file for all of them. Raises DocumentError."""
    return await asyncio.to_thread(_made, work, slips)


def _made(work: Work, slips: Sequence[Slip]) -> bytes:
    readers = [Translator(language) for language in LANGUAGES if language in work.society.languages]
    facts = {
        "title": work.society.name,
        "society": work.society.name,
        "slips": [_facts(work, readers, one) for one in slips],
    }
    return pdf(Template.INVITES, facts, at=work.now)


def _facts(work: Work, readers: Sequence[Translator], one: Slip) -> dict[str, Any]:
    day = one.expires_at.astimezone(work.society.zone).date()
    links = [(name, link) for name, link in (("Telegram", one.telegram), ("WhatsApp", one.whatsapp)) if link]
    return {
        "flat": one.flat_code,
        "owner": one.owner[:_LONGEST_NAME],
        "code": f"join {one.code}",
        "says": [" ".join(_says(t, day, can_scan=bool(links))) for t in readers],
        "squares": [{"name": name, "address": _address(link), "qr": qr_svg(link)} for name, link in links],
    }


def _address(link: str) -> str:
    """Where to write to without a camera: `t.me/…`, or the number."""
    address = link.partition("?")[0].removeprefix("https://")
    return address.replace("wa.me/", "+")


def _says(t: Translator, day: date, *, can_scan: bool) -> tuple[str, ...]:
    scan = (texts.scan(t),) if can_scan else ()
    return texts.about(t), *scan, texts.or_type(t), texts.until(t, day)

"""`/quote B17-FF 146 3.2`: the tariff calculator."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.conversation import Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.flows.admin.typed import leading_flat
from bot.router import command
from bot.texts import admin
from bot.texts import admin_money as texts
from domain.errors import DomainError
from domain.money import ZERO, parse_rupees
from domain.number_text import clean_text
from domain.roles import Permission
from domain.units import NO_UNITS, parse_units
from jobs.find import near_flats
from jobs.quote import Quote, UnknownUnit, quote

if TYPE_CHECKING:
    from bot.visit import Visit

_MOST_NUMBERS = 3


@command("quote", permission=Permission.QUOTE, about=admin.about_quote)
async def asked(visit: Visit, typed: str) -> Turn:
    """Flat, units, and where given motor share and arrears."""
    try:
        found = await _quoted(visit, typed)
    except DomainError:
        found = None
    return answer(visit, Reply(await _said(visit, found)))


async def _said(visit: Visit, found: Quote | UnknownUnit | None) -> str:
    match found:
        case None:
            return texts.quote_usage(visit.t)
        case UnknownUnit(code):
            return texts.quote_unknown(visit.t, code, await near_flats(visit.work, code))
        case _:
            return texts.quote(visit.t, found)


async def _quoted(visit: Visit, typed: str) -> Quote | UnknownUnit | None:
    code, words = leading_flat(typed)
    numbers = [word for word in words if word.casefold() not in {"motor", "units", "kwh", "+"}]
    if code is None or not 1 <= len(numbers) <= _MOST_NUMBERS:
        return None
    units, *rest = numbers
    share = parse_units(rest[0]) if rest else NO_UNITS
    arrears = _arrears(rest[1]) if len(rest) > 1 else ZERO
    unit = " ".join(clean_text(typed).split()[: -len(words)])
    return await quote(visit.work, unit, parse_units(units), share, arrears)


def _arrears(text: str) -> Decimal:
    return ZERO if text.strip("0.") == "" else parse_rupees(text)

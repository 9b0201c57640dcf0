"""A month as a picture: money and each block's units as bars."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot.texts import admin_report as texts
from domain.money import ZERO
from jobs.documents import Template, picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from bot.i18n import Translator
    from storage.month_books import BlockUse, MonthFigures

_MOST_BLOCKS = 60


async def month_picture(t: Translator, society: str, sums: MonthFigures, blocks: Sequence[BlockUse]) -> bytes:
    """A PNG. Raises DocumentError."""
    shown = blocks[:_MOST_BLOCKS]
    facts = {
        "language": t.language,
        "society": society,
        "title": texts.title(t, sums),
        "money": _bars([(name, amount, t.rupees(amount)) for name, amount in texts.money_bars(t, sums)]),
        "accounts": texts.accounts_title(t),
        "sums": texts.account_lines(t, sums),
        "units": texts.units_by_block(t),
        "blocks": _bars([(one.block, one.units, t.number(one.units)) for one in shown]),
        "more": texts.more_blocks(t, len(blocks) - len(shown)),
    }
    return await asyncio.to_thread(picture, Template.MONTH, facts)


def _bars(rows: Sequence[tuple[str, Decimal, str]]) -> list[dict[str, Any]]:
    """In percent of the largest; what is less than nothing has no bar."""
    largest = max((value for _, value, _ in rows), default=ZERO)
    return [
        {"name": name, "value": said, "percent": max(0, int(value * 100 / largest)) if largest > ZERO else 0}
        for name, value, said in rows
    ]

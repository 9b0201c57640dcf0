"""From the codes in a photo, or a sticker that was scanned, to the meter they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.sticker_code import code_in
from storage import meters, stickers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.work import Work
    from storage.meters import Meter


async def meter_of_codes(work: Work, codes: Sequence[str]) -> Meter | None:
    """The one meter in use that the codes name, by a sticker of ours or by its own number; None also for several."""
    ours = {code for text in codes if (code := code_in(text))}
    named = set((await stickers.meters_of(work.conn, ours)).values())
    numbers = dict.fromkeys(text.strip() for text in codes if code_in(text) is None)
    for number in numbers:
        named |= {one.id for one in await meters.with_number(work.conn, number) if one.active}
    return await meters.get_meter(work.conn, named.pop()) if len(named) == 1 else None


async def meter_of_sticker(work: Work, code: str) -> Meter | None:
    """The meter in use where the sticker is; None where there is no such sticker, or no meter there any more."""
    found = await stickers.meters_of(work.conn, [code])
    return await meters.get_meter(work.conn, found[code]) if found else None

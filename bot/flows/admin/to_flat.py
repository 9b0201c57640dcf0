"""Money that came in is given to a flat that an admin types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.flows.admin.typed import leading_flat
from storage import flats

if TYPE_CHECKING:
    from bot.visit import Visit
    from storage.flats import Flat


async def typed_flat(visit: Visit) -> Flat | None:
    """The flat whose code, and nothing else, was typed."""
    code, rest = leading_flat(visit.text)
    return await flats.get_flat(visit.work.conn, code) if code and not rest else None

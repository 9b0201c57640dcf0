"""The photo that a machine only names: fetched, and let in like one from a chat."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from jobs.photo_intake import PhotoNotFetched, PhotoRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.photo_intake import PreparedPhoto

NOT_FETCHED: Final = "photo_not_fetched"
REFUSED: Final = "photo_refused"
FLAGS: Final = (NOT_FETCHED, REFUSED)
"""What a reading's `flags` say of a photo that did not come along; the reading is stored all the same."""
_AT_ONCE: Final = 2  # the largest picture let in takes some 200 MB for a moment

_log = structlog.get_logger()


class Fetch(Protocol):
    """Gets a file of at most 20 MB from an address that somebody else chose."""

    async def __call__(self, address: str) -> bytes:
        """Raises PhotoNotFetched."""


@dataclass(frozen=True, slots=True)
class PhotoDesk:
    """`prepare` blocks while it decodes, and is called in a thread."""

    fetch: Fetch
    prepare: Callable[[bytes], PreparedPhoto]
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def photo(self, address: str) -> PreparedPhoto | str:
        """The photo, or the flag that says why there is none."""
        try:
            async with self._room:
                return await asyncio.to_thread(self.prepare, await self.fetch(address))
        except PhotoNotFetched as error:
            _log.warning("photo of the API not fetched", reason=str(error))
            return NOT_FETCHED
        except PhotoRefused as refused:
            _log.warning("photo of the API refused", reason=refused.reason.value)
            return REFUSED

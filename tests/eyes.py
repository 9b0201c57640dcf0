"""A reader of photos for tests: sees in each photo what it was told is in it, by the photo's hash."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from domain.photo_reading import Candidate, Display, Seen
from jobs.photo_readers import ReaderError

if TYPE_CHECKING:
    from collections.abc import Sequence


def seeing(
    number: str = "", *, reader: str = "eyes", serials: Sequence[str] = (), display: Display = Display.CLEAR
) -> Seen:
    """A view of one register, each digit certain; without a number nothing is read."""
    whole, _, decimals = number.partition(".")
    sure = (99,) * len(whole + decimals)
    return Seen(reader, display, (Candidate(whole, decimals, sure),) if number else (), tuple(serials))


@dataclass
class Eyes:
    """Sees what it was shown before; of any other photo that there is no meter. `hangs`: until it is let go."""

    name: str = "eyes"
    known: dict[bytes, Seen] = field(default_factory=dict)
    failures: list[ReaderError] = field(default_factory=list)
    hangs: asyncio.Event | None = None
    asked: list[bytes] = field(default_factory=list)
    closed: bool = False
    at_once: int = 4

    def show(self, jpeg: bytes, seen: Seen) -> bytes:
        """Have this seen in that photo; the photo."""
        self.known[sha256(jpeg).digest()] = seen
        return jpeg

    async def read(self, jpeg: bytes) -> Seen:
        """What it was told; fails as often as it was told."""
        self.asked.append(jpeg)
        if self.hangs is not None:
            await self.hangs.wait()
        if self.failures:
            raise self.failures.pop(0)
        return self.known.get(sha256(jpeg).digest(), Seen(self.name, Display.NO_METER))

    async def close(self) -> None:
        """Notice it."""
        self.closed = True

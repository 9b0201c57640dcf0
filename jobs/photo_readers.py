"""Whoever looks at a meter's photo and says what it shows: the port that every reader fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import timedelta

    from domain.photo_reading import Seen


class ReaderError(Exception):
    """A reader did not read a photo. The text says why, without the photo's content.

    `permanent`: it never will read this one. `pause` is how long it should not be asked anything (a limit, a cap, an
    outage); None: it may be asked again at once.
    """

    def __init__(self, message: str, *, permanent: bool = False, pause: timedelta | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.pause = pause


class PhotoReader(Protocol):
    """One way of reading photos. It is never told what was typed."""

    name: str
    """As it is stored and shown: `openai` or `offline`."""
    at_once: int
    """How many photos it reads at the same time; more would wait for each other inside it."""

    async def read(self, jpeg: bytes) -> Seen:
        """What the photo shows, within the reader's own time limit. Raises `ReaderError`."""

    async def close(self) -> None:
        """Give back what it holds: a connection, a process."""

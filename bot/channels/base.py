"""What every channel offers, whatever the platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.conversation import Incoming, MediaRef
from jobs.ports import Courier, LateFailure


class ChannelDownError(Exception):
    """The platform cannot be reached just now; ask again later."""


@dataclass(frozen=True, slots=True)
class Reachability:
    """A person blocked the bot or came back; nothing to answer."""

    chat: str
    reachable: bool


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Whoever had this chat's number has another one now; nothing to answer."""

    chat: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform says of a message we sent: `sent`, `delivered`, `read` or, with a `failure`, `failed`."""

    message_id: str
    state: str
    at: datetime
    failure: LateFailure | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a channel works; if not, why, for whoever has to mend it."""

    ok: bool
    reason: str = ""


class Channel(Courier, Protocol):
    """One chat platform: receives into the inbox, reads what was stored, fetches media, delivers."""

    @property
    def health(self) -> Health: ...

    def read(
        self, payload: Mapping[str, Any], received_at: datetime
    ) -> Incoming | Reachability | GivenUp | Receipt | None:
        """What a stored payload says; `None` where there is nothing to answer."""

    async def fetch(self, media: MediaRef) -> bytes | None:
        """The content; `None` when the platform will never give it. Raises `ChannelDownError`."""

    async def run(self) -> None:
        """Receives until cancelled."""

    async def close(self) -> None:
        """Lets go of connections."""


class Hook(Protocol):
    """A platform that pushes to us."""

    @property
    def secret(self) -> str | None:
        """What the caller has to know; `None`: the hook does not exist."""

    async def receive(self, updates: Sequence[Mapping[str, Any]]) -> None:
        """Commits to the inbox. Raises `DatabaseUnavailable`."""


class SignedHook(Protocol):
    """A platform that pushes to us and signs what it pushes."""

    @property
    def receives(self) -> bool:
        """Whether both secrets are set; otherwise the hook does not exist."""

    def verifies(self, token: str) -> bool:
        """Whether this is the token that was agreed on, in constant time."""

    def signed(self, body: bytes, signature: str) -> bool:
        """Whether the platform signed these very bytes, in constant time."""

    async def receive(self, payload: Mapping[str, Any]) -> None:
        """Commits what is in it to the inbox. Raises `DatabaseUnavailable`."""

"""What is needed of whoever signs tokens, for the HTTP API and for admins who log in, and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from jobs.admin_login import Begun


class TokenRefused(Exception):  # noqa: N818 - an answer to the caller, not a fault
    """A token that is not taken; the text is for the person who runs us, and holds nothing of the token."""


class ProviderError(Exception):
    """Whoever signs tokens did not answer as it should; the text says how."""


class TokenCheck(Protocol):
    """Knows the tokens that somebody else signed."""

    async def caller(self, token: str) -> tuple[str, str, frozenset[str]]:
        """Subject, name and scopes of a good token. Raises TokenRefused, and TimeoutError where keys cannot be had."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who logged in, by the provider's own name for them, and what its claim about admins says, whatever that is."""

    subject: str
    claim: object


class LoginProvider(Protocol):
    """Where admins log in."""

    @property
    def origin(self) -> str:
        """Scheme and host of its pages."""

    async def address(self, begun: Begun, back: str) -> str:
        """Where to send the browser, which comes `back`. Raises ProviderError."""

    async def identity(self, begun: Begun, back: str, code: str) -> Identity:
        """Who the code is of. Raises ProviderError, TokenRefused, and TimeoutError where keys cannot be had."""

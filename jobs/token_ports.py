"""What is needed of whoever signs tokens for the HTTP API, and how it refuses."""

from __future__ import annotations

from typing import Protocol


class TokenRefused(Exception):  # noqa: N818 - an answer to the caller, not a fault
    """A token that is not taken; the text is for the person who runs us, and holds nothing of the token."""


class ProviderError(Exception):
    """Whoever signs tokens did not answer as it should; the text says how."""


class TokenCheck(Protocol):
    """Knows the tokens that somebody else signed."""

    async def caller(self, token: str) -> tuple[str, str, frozenset[str]]:
        """Subject, name and scopes of a good token. Raises TokenRefused, and TimeoutError where keys cannot be had."""

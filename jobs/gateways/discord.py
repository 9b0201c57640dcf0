"""The office's Discord channel, reached by a webhook address: one post, one look."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.office_notices import BoardError
from jobs.ports import NotSent, Paused, Refused, Sent, Stopped, Unknown
from jobs.secrecy import mask

if TYPE_CHECKING:
    import aiohttp

    from jobs.ports import Outcome

_SECONDS = 15
_OK = 200
_TOO_MANY = 429
_SERVER_ERROR = 500
_GONE = frozenset({401, 403, 404})
_LONGEST_ANSWER = 65_536


@dataclass(frozen=True, slots=True)
class DiscordBoard:
    """Posts through `address`, which is a secret: whoever has it may post."""

    address: str = field(repr=False)

    async def post(self, text: str) -> Outcome:
        """One message without mentions; never raises for anything Discord or the network does."""
        import aiohttp

        body = {"content": text, "allowed_mentions": {"parse": []}}
        try:
            async with _session() as session, session.post(self.address, json=body, allow_redirects=False) as answer:
                return await _outcome(answer)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            return NotSent(self._said(error))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Unknown(self._said(error))

    async def look(self) -> str:
        """Name of the webhook, without posting anything. Raises BoardError."""
        import aiohttp

        try:
            async with _session() as session, session.get(self.address, allow_redirects=False) as answer:
                if answer.status in _GONE:
                    raise BoardError("Discord does not know this webhook (any more)")
                if answer.status != _OK:
                    raise BoardError(f"Discord answered {answer.status}")
                return str((await answer.json(content_type=None)).get("name"))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, AttributeError) as error:
            raise BoardError(self._said(error)) from None

    def _said(self, error: Exception) -> str:
        words = f"{type(error).__name__}: {error}".replace(self.address, "***")
        return mask(words)[:300]


def _session() -> aiohttp.ClientSession:
    import aiohttp

    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS, connect=10), trust_env=True)


async def _outcome(answer: aiohttp.ClientResponse) -> Outcome:
    if answer.status < 300:  # noqa: PLR2004 - what HTTP calls success
        return Sent()
    if answer.status == _TOO_MANY:
        return Paused(await _retry_after(answer))
    if answer.status in _GONE:
        return Stopped(f"Discord answered {answer.status}: the webhook is gone. Make a new one: DISCORD_WEBHOOK_URL")
    if answer.status >= _SERVER_ERROR:
        return NotSent(f"Discord answered {answer.status}")
    return Refused(f"Discord answered {answer.status}")


async def _retry_after(answer: aiohttp.ClientResponse) -> float:
    """Seconds, from the body or the header; between a moment and an hour, whatever is said."""
    import json

    said: Any = answer.headers.get("Retry-After")
    with suppress(ValueError, KeyError, TypeError):
        said = json.loads(await answer.content.read(_LONGEST_ANSWER))["retry_after"]
    try:
        return min(max(float(said), 0.5), 3600.0)
    except (TypeError, ValueError):
        return 5.0

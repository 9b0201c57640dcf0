"""The dead man's switch: an address that expects to be called every few minutes, and cries out when it is not."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobs.secrecy import mask

_SECONDS = 10
_FAILED = 400


class HeartbeatError(Exception):
    """The address did not take the call; the text says why, without the address."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """`address` is a secret: whoever has it may pretend that we live."""

    address: str = field(repr=False)

    async def beat(self) -> None:
        """One GET. Raises HeartbeatError."""
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
                session.get(self.address) as answer,
            ):
                if answer.status >= _FAILED:
                    raise HeartbeatError(f"it answered {answer.status}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            words = f"{type(error).__name__}: {error}".replace(self.address, "***")
            raise HeartbeatError(mask(words)[:300]) from None

"""Updates by long polling: stored first, then the offset advances; of several processes only one polls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import structlog
from telegram import Bot
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError

from bot.channels.telegram.http import AiohttpRequest, FloodError
from bot.channels.telegram.incoming import UPDATES, Json
from jobs.secrecy import mask
from storage import leases
from storage.database import Database, DatabaseUnavailable

LEASE_SECONDS: Final = 15.0
_POLL_SECONDS: Final = 25
_LONGEST_PAUSE: Final = 30.0
_CONFLICTS_BORNE: Final = 3

Result = TypeVar("Result")

_log = structlog.get_logger()


class StoppedError(Exception):
    """The channel does not work until somebody mends it: {reason}."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Turnstile:
    """The lease that lets one process poll. `holder` is unique to this process."""

    database: Database
    name: str
    holder: str
    seconds: float = LEASE_SECONDS

    async def take(self) -> bool:
        try:
            async with self.database.transaction() as conn:
                return await leases.take(conn, self.name, self.holder, self.seconds)
        except DatabaseUnavailable:
            return False

    async def give_back(self) -> None:
        async with self.database.transaction() as conn:
            await leases.give_back(conn, self.name, self.holder)

    async def keep(self) -> None:
        """Returns when the lease is lost."""
        while await self.take():  # noqa: ASYNC110 - the lease is in the database, no event tells of it
            await asyncio.sleep(self.seconds / 3)


@dataclass(frozen=True, slots=True)
class Feed:
    """A bot and the connection on which its updates come; they are kept as they came, whatever the library knows."""

    bot: Bot
    requests: AiohttpRequest

    async def updates(self, offset: int | None) -> Sequence[Json]:
        self.requests.answer = {}
        with suppress(TypeError, ValueError, KeyError, AttributeError):  # what its objects make of an unknown update
            await self.bot.get_updates(offset=offset, limit=100, timeout=_POLL_SECONDS, allowed_updates=list(UPDATES))
        updates: Sequence[Json] = self.requests.answer["result"]
        return updates


Store = Callable[[Sequence[Json]], Awaitable[None]]
Report = Callable[[str], None]


async def poll(feed: Feed, turnstile: Turnstile, store: Store, report: Report) -> None:
    """Polls whenever this process holds the lease, until cancelled. Raises `StoppedError` on 401 and lasting 409."""
    while True:
        if await turnstile.take():
            await _while_held(turnstile, lambda: _poll(feed, store, report))
        else:
            report("")
            await asyncio.sleep(turnstile.seconds / 3)


async def _while_held(turnstile: Turnstile, work: Callable[[], Awaitable[None]]) -> None:
    """Works until the lease is lost or the work fails; gives the lease back where it is still ours."""
    keeping, working = asyncio.ensure_future(turnstile.keep()), asyncio.ensure_future(work())
    try:
        await asyncio.wait({keeping, working}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        lost = keeping.done()
        for task in (keeping, working):
            task.cancel()
        await asyncio.wait({keeping, working})
        if not lost:
            await _quietly(turnstile.give_back())


async def _quietly(work: Awaitable[None]) -> None:
    try:
        await work
    except DatabaseUnavailable:
        _log.warning("lease not given back, it will run out")


async def _poll(feed: Feed, store: Store, report: Report) -> None:
    offset: int | None = None
    await _until_done(lambda: feed.bot.delete_webhook(drop_pending_updates=False), report)
    while True:
        updates = await _until_done(partial(feed.updates, offset), report)
        if updates:
            await _stored(store, updates)
            offset = updates[-1]["update_id"] + 1


async def _until_done(call: Callable[[], Awaitable[Result]], report: Report) -> Result:
    """Tries again through outages. Raises `StoppedError`."""
    pause, conflicts = 0.5, 0
    while True:
        try:
            result = await call()
        except InvalidToken as error:
            raise StoppedError("Telegram does not know this bot token (401)") from error
        except Conflict as error:
            conflicts += 1
            if conflicts >= _CONFLICTS_BORNE:
                raise StoppedError(f"another program polls this bot (409): {error.message}") from error
        except FloodError as error:
            pause = max(pause, error.seconds)
        except (NetworkError, TelegramError) as error:
            report(mask(f"Telegram cannot be reached: {error}"))
        else:
            report("")
            return result
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _stored(store: Store, updates: Sequence[Json]) -> None:
    """Until the database has them: the offset waits."""
    pause = 0.2
    while True:
        try:
            return await store(updates)
        except DatabaseUnavailable:
            _log.warning("updates wait for the database", count=len(updates))
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)

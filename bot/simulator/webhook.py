"""Updates pushed to the bot's address: one chat in order, several chats at once, again until 2xx."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp

from bot.simulator.shapes import Json, dumps
from bot.simulator.updates import Update, UpdateQueue

_RETRY_LIMIT_SECONDS = 60.0  # telegram-bot-api WebhookActor.h WEBHOOK_MAX_RESEND_TIMEOUT
_ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Address:
    url: str
    secret_token: str
    max_connections: int


def is_loopback(url: str) -> bool:
    """The simulator calls nobody but this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Webhook:
    """Set by setWebhook. A plain http address is fine, as on a real server of one's own started with --local."""

    def __init__(self, queue: UpdateQueue, clock: Callable[[], float]) -> None:
        self.address: Address | None = None
        self.last_error: tuple[int, str] | None = None
        self.retry_seconds = 1.0
        self._queue = queue
        self._clock = clock
        self._chats: dict[int, deque[Update]] = {}
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(1)
        self._session: aiohttp.ClientSession | None = None

    async def set(self, address: Address) -> None:
        await self.delete()
        self.address = address
        self._room = asyncio.Semaphore(address.max_connections)
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        self._session = aiohttp.ClientSession(timeout=timeout)
        self._queue.on_put = self._add
        for update in self._queue.pending():
            self._add(update)

    async def delete(self) -> None:
        self._queue.on_put = None
        self.address = self.last_error = None
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._workers.clear()
        self._chats.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def info(self, allowed: list[str] | None) -> Json:
        """The Bot API's WebhookInfo."""
        address = self.address
        shown: Json = {
            "url": address.url if address else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self._queue),
        }
        if self.last_error:
            shown |= {"last_error_date": self.last_error[0], "last_error_message": self.last_error[1]}
        if address:
            shown |= {"max_connections": address.max_connections, "ip_address": "127.0.0.1"}
        return shown if allowed is None else {**shown, "allowed_updates": allowed}

    def _add(self, update: Update) -> None:
        self._chats.setdefault(update.chat_id, deque()).append(update)
        if update.chat_id not in self._workers:
            self._workers[update.chat_id] = asyncio.create_task(self._work(update.chat_id))

    async def _work(self, chat_id: int) -> None:
        updates = self._chats[chat_id]
        while updates:
            await self._deliver(updates[0])
            update = updates.popleft()
            self._queue.confirm(update)
            if update.again:
                await self._push(update)
        del self._workers[chat_id], self._chats[chat_id]

    async def _deliver(self, update: Update) -> None:
        """The first repeat comes at once, then after ever longer pauses."""
        pause = 0.0
        while not await self._push(update):
            await asyncio.sleep(pause)
            pause = min(_RETRY_LIMIT_SECONDS, max(self.retry_seconds, pause * 2))

    async def _push(self, update: Update) -> bool:
        address, session = self.address, self._session
        if address is None or session is None:
            return False
        headers = {"Content-Type": "application/json"}
        if address.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = address.secret_token
        problem = "Webhook connection closed"
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with (
                self._room,
                session.post(address.url, data=dumps(update.shown), headers=headers) as answer,
            ):
                if answer.ok:
                    return True
                problem = f"Wrong response from the webhook: {answer.status} {answer.reason}"
        self.last_error = (int(self._clock()), problem)
        return False

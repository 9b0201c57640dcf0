"""Telegram as a channel: what is received is stored before it is acknowledged, what is queued is sent."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from telegram import Bot, BotCommand
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.channels.base import ChannelDownError, Health, Reachability
from bot.channels.pace import NoPace, Pace, Pause, TelegramPace
from bot.channels.proxies import proxy_for
from bot.channels.telegram import incoming
from bot.channels.telegram.http import AiohttpRequest, FloodError
from bot.channels.telegram.incoming import CHANNEL, LARGEST_DOWNLOAD, UPDATES, Json
from bot.channels.telegram.outgoing import Outgoing
from bot.channels.telegram.polling import LEASE_SECONDS, Feed, StoppedError, Turnstile, poll
from bot.conversation import Incoming, MediaRef
from jobs.faultpoints import point
from jobs.ports import Outcome, Parcel, Paused
from jobs.secrecy import hide, mask
from storage import channel_accounts, inbox
from storage.database import Database, DatabaseUnavailable

_log = structlog.get_logger()

API = "https://api.telegram.org"


@dataclass(frozen=True, slots=True)
class Address:
    """Where and as whom the bot speaks. With `webhook` (an https address of ours) updates are pushed, else polled."""

    token: str
    api: str = API
    webhook: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for an answer to a call, for the polling lease, between looks at whether the webhook is still ours."""

    answer: float = 20.0
    lease: float = LEASE_SECONDS
    look: float = 300.0


@dataclass(frozen=True, slots=True)
class Menu:
    """The commands shown in chats that have no menu of their own, by language (`None`: any other)."""

    commands: Mapping[str | None, tuple[tuple[str, str], ...]] = field(default_factory=dict)


class TelegramChannel:
    """One bot."""

    channel = CHANNEL
    edits = True

    def __init__(
        self,
        address: Address,
        database: Database,
        clock: Callable[[], datetime],
        *,
        limiters: bool = True,
        patience: Patience | None = None,
        menu: Menu | None = None,
    ) -> None:
        hide(address.token, address.secret)
        self._address = address
        self._database = database
        self._clock = clock
        self._patience = patience or Patience()
        self._menu = menu or Menu()
        self._pace: Pace = TelegramPace() if limiters else NoPace()
        self._pause = Pause()
        self._feed = _requests(address, self._patience.answer, connections=1)
        self._bot = _bot(address, self._patience.answer, self._feed)
        self._bot_id = address.token.partition(":")[0]
        self._outgoing = Outgoing(self._bot)
        self._problem = ""
        self._acknowledging: set[asyncio.Task[None]] = set()

    @property
    def health(self) -> Health:
        return Health(not self._problem, self._problem)

    @property
    def secret(self) -> str | None:
        """What the hook's caller has to know; `None`: the hook does not exist."""
        return self._address.secret

    def read(self, payload: Mapping[str, Any], received_at: datetime) -> Incoming | Reachability | None:
        return incoming.read(payload, received_at)

    async def run(self) -> None:
        """Receives until cancelled. A token or a rival that Telegram objects to stops the channel, loudly."""
        try:
            if self._address.webhook:
                await self._hook(self._address.webhook)
            else:
                await self._poll()
        except StoppedError as error:
            self._problem = error.reason
            _log.error("telegram stopped", reason=error.reason)

    async def receive(self, updates: Sequence[Json]) -> None:
        """Commits the updates to the inbox, then acknowledges presses. Raises `DatabaseUnavailable`."""
        arrivals = [incoming.arrival(self._bot_id, update, self._clock()) for update in updates]
        async with self._database.transaction() as conn:
            await inbox.store(conn, arrivals)
            point("inbox.before_commit")
        point("inbox.after_commit")
        for update in updates:
            if query := incoming.press_id(update):
                self._in_background(self._acknowledge(query))

    async def fetch(self, media: MediaRef) -> bytes | None:
        """The file; `None` when it is too large or Telegram no longer has it. Raises `ChannelDownError`."""
        try:
            file = await self._bot.get_file(media.file_id)
        except BadRequest:
            return None
        except TelegramError as error:
            raise ChannelDownError(mask(str(error))) from None
        if (file.file_size or 0) > LARGEST_DOWNLOAD:
            return None
        try:
            return bytes(await file.download_as_bytearray())
        except InvalidToken:  # the library's word for 404: the token is good, the file is gone
            return None
        except TelegramError as error:
            raise ChannelDownError(mask(str(error))) from None

    async def deliver(self, parcel: Parcel) -> Outcome:
        if parcel.message.commands is None:
            await self._pace.wait(parcel.chat, is_private=parcel.is_private, bulk=parcel.bulk)
        if left := self._pause.left():
            return Paused(left)
        result = await self._outgoing.deliver(parcel)
        if isinstance(result, Paused):
            self._pause.begin(result.seconds)
        return result

    async def close(self) -> None:
        if self._acknowledging:
            await asyncio.wait(self._acknowledging, timeout=2)
        for request in self._bot._request:  # noqa: SLF001 - shutdown() refuses where initialize() was not awaited
            await request.shutdown()

    async def _hook(self, address: str) -> None:
        await self._set_hook(address)
        await self._introduce()
        while True:
            await asyncio.sleep(self._patience.look)
            await self._look_at_hook(address)

    async def _set_hook(self, address: str) -> None:
        """Any number of processes set the same one."""
        await self._until_set(
            lambda: self._bot.set_webhook(
                address, secret_token=self._address.secret, allowed_updates=list(UPDATES), drop_pending_updates=False
            )
        )

    async def _look_at_hook(self, address: str) -> None:
        """Whoever else moves it, or polls, leaves us deaf; what Telegram meets there is for whoever reads the log."""
        try:
            hook = await self._bot.get_webhook_info()
        except TelegramError as error:
            _log.warning("webhook not looked at", reason=mask(str(error)))
            return
        if hook.url != address:
            _log.warning("webhook was taken away and is set again")
            await self._set_hook(address)
        elif hook.last_error_date and (self._clock() - hook.last_error_date).total_seconds() < self._patience.look:
            reason = mask(hook.last_error_message or "")
            _log.warning("telegram does not reach the webhook", reason=reason, waiting=hook.pending_update_count)

    async def _poll(self) -> None:
        holder = uuid.uuid4().hex
        turnstile = Turnstile(self._database, f"poll:{CHANNEL}:{self._bot_id}", holder, self._patience.lease)
        self._in_background(self._introduce())
        await poll(Feed(self._bot, self._feed), turnstile, self.receive, self._report)

    async def _until_set(self, call: Callable[[], Awaitable[bool]]) -> None:
        pause = 1.0
        while True:
            try:
                await call()
            except InvalidToken as error:
                raise StoppedError("Telegram does not know this bot token (401)") from error
            except TelegramError as error:
                self._report(mask(f"webhook not set: {error}"))
                await asyncio.sleep(max(pause, error.seconds if isinstance(error, FloodError) else 0))
                pause = min(pause * 2, 60)
            else:
                return self._report("")

    async def _introduce(self) -> None:
        """Notes the bot's name for invite links and sets the menu that strangers see; neither is worth waiting for."""
        try:
            name = (await self._bot.get_me()).username or ""
            async with self._database.transaction() as conn:
                await channel_accounts.note(conn, CHANNEL, name)
            await self._show_menu()
        except (TelegramError, DatabaseUnavailable) as error:
            _log.warning("telegram account not read", reason=mask(str(error)))

    async def _show_menu(self) -> None:
        for language, commands in self._menu.commands.items():
            listed = [BotCommand(name, about) for name, about in commands]
            if listed:
                await self._bot.set_my_commands(listed, language_code=language)

    async def _acknowledge(self, query: str) -> None:
        """Empty: the outcome shows on the card. Too late or not at all harms nothing."""
        try:
            await self._bot.answer_callback_query(query)
        except TelegramError as error:
            _log.debug("press not acknowledged", reason=mask(str(error)))

    def _in_background(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)

    def _report(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            _log.warning("telegram", problem=problem) if problem else _log.info("telegram works")


async def name_of(address: Address) -> str:
    """One real call: the bot's own name. Raises ChannelDownError with what Telegram said, the token masked."""
    hide(address.token)
    bot = _bot(address, 10.0, _requests(address, 10.0, connections=1))
    try:
        async with bot:
            return f"@{bot.username}"
    except InvalidToken:
        raise ChannelDownError("Telegram does not know this bot token (401)") from None
    except TelegramError as error:
        raise ChannelDownError(mask(str(error))) from None


def _requests(address: Address, seconds: float, *, connections: int) -> AiohttpRequest:
    return AiohttpRequest(connections=connections, timeout=seconds, proxy=proxy_for(address.api))


def _bot(address: Address, seconds: float, feed: AiohttpRequest) -> Bot:
    return Bot(
        address.token,
        base_url=f"{address.api.rstrip('/')}/bot",
        base_file_url=f"{address.api.rstrip('/')}/file/bot",
        request=_requests(address, seconds, connections=64),
        get_updates_request=feed,
    )

"""WhatsApp as a channel: what is pushed is stored before it is answered, what is queued is sent."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import structlog

from bot.channels.base import ChannelDownError, GivenUp, Health, Receipt
from bot.channels.whatsapp import incoming
from bot.channels.whatsapp.account import CHANNEL, Account
from bot.channels.whatsapp.api import GraphApi, GraphError, MaybeSentError, NotConnectedError
from bot.channels.whatsapp.outgoing import Outgoing
from bot.conversation import Incoming, MediaRef
from jobs.faultpoints import point
from jobs.ports import Outcome, Parcel
from jobs.secrecy import hide, mask, same
from storage import channel_accounts, inbox, whatsapp_ids
from storage.database import Connection, Database, DatabaseUnavailable
from storage.inbox import Arrival

_log = structlog.get_logger()

_FIELDS: Final = "display_phone_number,verified_name,whatsapp_business_manager_messaging_limit"
_TIER: Final = re.compile(r"TIER_(\d{1,6})(K?)")
_UNLIMITED: Final = 1_000_000
_AGAIN: Final = 6 * 3600.0
"""Seconds after which our name and limit are asked again."""
_LONGEST_PAUSE: Final = 600.0
_BACKGROUND_AT_ONCE: Final = 50
_BAD_TOKEN: Final = 190
_FAILURES = (GraphError, NotConnectedError, MaybeSentError)


class WhatsAppChannel:
    """One phone number of the Cloud API."""

    channel = CHANNEL
    edits = False

    def __init__(
        self, account: Account, database: Database, clock: Callable[[], datetime], *, limiters: bool = True
    ) -> None:
        hide(account.token, account.app_secret, account.verify_token)
        self._account = account
        self._database = database
        self._clock = clock
        self._api = GraphApi(account)
        self._outgoing = Outgoing(account, self._api, clock, limiters=limiters)
        self._problem = ""
        self._background: set[asyncio.Task[None]] = set()

    @property
    def health(self) -> Health:
        return Health(not self._problem, self._problem)

    @property
    def receives(self) -> bool:
        """Whether the hook exists; without its secrets we only send."""
        return self._account.receives

    def verifies(self, token: str) -> bool:
        """Whether this is our verify token."""
        return same(token, self._account.verify_token)

    def signed(self, body: bytes, signature: str) -> bool:
        """Whether Meta signed these very bytes for our app. It repeats for a week, so that age says nothing."""
        secret = self._account.app_secret
        if not secret:
            return False
        return same(signature, f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}")

    def read(self, payload: Mapping[str, Any], received_at: datetime) -> Incoming | GivenUp | Receipt | None:
        return incoming.read(payload, received_at)

    async def receive(self, payload: Mapping[str, Any]) -> None:
        """Commits everything in the batch to the inbox, then marks it read. Raises `DatabaseUnavailable`."""
        arrivals = incoming.arrivals(payload, self._account.phone_number_id, self._clock())
        async with self._database.transaction() as conn:
            arrivals = await _addressed(conn, arrivals)
            stored = await inbox.store(conn, arrivals)
            point("inbox.before_commit")
        point("inbox.after_commit")
        if stored:
            self._acknowledge(arrivals)

    async def fetch(self, media: MediaRef) -> bytes | None:
        """The file; `None` when it is too large or WhatsApp no longer has it. Raises `ChannelDownError`."""
        try:
            return await self._api.download(media.file_id)
        except _FAILURES as error:
            raise ChannelDownError(mask(str(error))) from None

    async def deliver(self, parcel: Parcel) -> Outcome:
        return await self._outgoing.deliver(parcel)

    async def run(self) -> None:
        """Asks for our own name and limit until cancelled, again and again: both change. Messages come by the hook."""
        pause = 5.0
        while True:
            if await self._introduce():
                pause = 5.0
                await asyncio.sleep(_AGAIN)
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def close(self) -> None:
        if self._background:
            await asyncio.wait(self._background, timeout=2)
        await self._api.close()

    async def _introduce(self) -> bool:
        """Notes our number, if anybody hears what is sent to it, and our limit of new people; false: not this time."""
        try:
            found = await self._api.get(self._account.phone_number_id, {"fields": _FIELDS})
            async with self._database.transaction() as conn:
                number = _digits(found.get("display_phone_number")) if self.receives else ""
                await channel_accounts.note(conn, CHANNEL, number)
                await channel_accounts.note_limit(
                    conn, CHANNEL, people_a_day(found.get("whatsapp_business_manager_messaging_limit"))
                )
        except _FAILURES as error:
            self._report(_trouble(error))
        except DatabaseUnavailable as error:
            _log.warning("whatsapp account not noted", reason=mask(str(error)))
        else:
            self._report("")
            return True
        return False

    def _acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        """Neither a read mark nor "is typing" is worth waiting for."""
        for arrival in arrivals:
            name = incoming.message_id(arrival)
            if name is not None and len(self._background) < _BACKGROUND_AT_ONCE:
                self._in_background(self._mark_read(name, typing=incoming.carries_media(arrival)))

    async def _mark_read(self, message_id: str, *, typing: bool) -> None:
        body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
        if typing:
            body["typing_indicator"] = {"type": "text"}
        try:
            await self._api.post(f"{self._account.phone_number_id}/messages", body)
        except _FAILURES as error:
            _log.debug("message not marked read", reason=mask(str(error)))

    def _in_background(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _report(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            _log.warning("whatsapp", problem=problem) if problem else _log.info("whatsapp works")


def people_a_day(limit: object) -> int | None:
    """`TIER_2K` → 2000: how many people the platform lets us write to first in 24 hours; None: it did not say."""
    if limit == "TIER_UNLIMITED":
        return _UNLIMITED
    tier = _TIER.fullmatch(limit) if isinstance(limit, str) else None
    return int(tier[1]) * (1000 if tier[2] else 1) if tier else None


async def _addressed(conn: Connection, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Who hides the number now and showed it before is written down under the address of the chat they have."""
    hidden = {one.chat for one in arrivals if incoming.is_scoped(one.chat)}
    known = await whatsapp_ids.addresses(conn, hidden) if hidden else {}
    return [
        replace(one, chat=known[one.chat], payload={**one.payload, "chat": known[one.chat]})
        if one.chat in known
        else one
        for one in arrivals
    ]


def _trouble(error: GraphError | NotConnectedError | MaybeSentError) -> str:
    if isinstance(error, GraphError) and error.code == _BAD_TOKEN:
        return "WhatsApp does not take this access token (190)"
    return mask(f"WhatsApp cannot be asked: {error}")


def _digits(number: object) -> str:
    return re.sub(r"\D", "", number) if isinstance(number, str) else ""

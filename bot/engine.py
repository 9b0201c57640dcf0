"""One inbound message is one transaction: fence, load, route, store the replies, settle, commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

import structlog
from structlog.contextvars import bind_contextvars

from bot.channels.base import Channel, ChannelDownError, GivenUp, Reachability, Receipt
from bot.conversation import Incoming, MediaRef, State, Turn
from bot.i18n import Translator
from bot.menus import refresh_menu
from bot.posting import as_message
from bot.receipts import TooEarlyError, note_receipt
from bot.router import route
from bot.visit import Visit
from domain.roles import Role
from jobs import changed_hands, dead_letters, internal, ports, tally
from jobs.faultpoints import point
from jobs.finishing import finished
from jobs.master_workbook import WorkbookError
from jobs.photo_intake import PhotoRefused, PreparedPhoto
from jobs.secrecy import mask
from jobs.statement_file import StatementFile
from jobs.work import Actor, Society, Work
from storage import conversations, inbox, outbox, visitors, whatsapp_ids
from storage.conversations import StoredState
from storage.database import Connection, Database, DatabaseUnavailable
from storage.inbox import Waiting
from storage.outbox import Draft
from storage.visitors import Arrival

_log = structlog.get_logger()

SERVICE: Final = Actor(None, "billing")
_OUTAGES = (DatabaseUnavailable, ChannelDownError, ConnectionError, TooEarlyError)
_LONGEST_PAUSE: Final = 60.0
_AHEAD: Final = 3
_FETCH_TRIES: Final = 15
_DECODED_AT_ONCE: Final = 2  # the largest picture let in takes some 200 MB for a moment


class TakenOverError(Exception):
    """The lease ran out and another worker has the message: this one's work is undone."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds and sizes: how many messages at once, how long a lease, how often to look unasked, the first pause."""

    slots: int = 12
    lease: float = 30.0
    poll: float = 1.0
    backoff: float = 1.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came with a message: its content, and a picture also as it is kept, or why it is not."""

    content: bytes | None = None
    photo: PreparedPhoto | PhotoRefused | None = None
    statement: StatementFile | WorkbookError | None = None


class Engine:
    """Works on the inbox, any number of processes at once: of each chat the first message, one at a time."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        society: Society,
        clock: Callable[[], datetime],
        tempo: Tempo | None = None,
        *,
        prepare_photo: Callable[[bytes], PreparedPhoto] | None = None,
        read_statement: Callable[[bytes], StatementFile] | None = None,
    ) -> None:
        self._database = database
        self._channels = channels
        self._society = society
        self._clock = clock
        self._tempo = tempo or Tempo()
        self._prepare_photo = prepare_photo
        self._read_statement = read_statement
        self._busy: dict[asyncio.Task[None], Waiting] = {}
        self._slots = asyncio.Semaphore(self._tempo.slots)
        self._wake = asyncio.Event()
        self._fetch_failures: dict[int, int] = {}
        self._decoding = asyncio.Semaphore(_DECODED_AT_ONCE)

    async def run(self) -> None:
        """Works until cancelled, then finishes what it has begun."""
        helpers = [asyncio.create_task(self._listen()), asyncio.create_task(self._keep_leases())]
        try:
            while True:
                await finished(self._fill())
                with suppress(TimeoutError):  # not wait_for(): up to Python 3.11 it can lose a cancellation
                    async with asyncio.timeout(self._tempo.poll):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            for helper in helpers:
                helper.cancel()
            if self._busy:
                await asyncio.wait(self._busy)

    async def _fill(self) -> None:
        """Claims when the slots run empty, a few messages more than they take: one claim serves several."""
        if len(self._busy) >= self._tempo.slots:
            return
        room = self._tempo.slots * _AHEAD - len(self._busy)
        try:
            async with self._database.transaction() as conn:
                rows = await inbox.claim(conn, self._clock(), room, self._tempo.lease)
        except (*_OUTAGES, TimeoutError) as error:
            _log.warning("inbox waits for the database", reason=mask(str(error)))
            return
        for row in rows:
            point("engine.claimed")
            task = asyncio.create_task(self._work(row))
            self._busy[task] = row
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._busy.pop(task, None)
        self._wake.set()

    async def _listen(self) -> None:
        async for _ in self._database.listen(inbox.WAKE):
            self._wake.set()

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self._tempo.lease / 3)
            if self._busy:
                with suppress(*_OUTAGES, TimeoutError):
                    async with self._database.transaction() as conn:
                        await inbox.extend(conn, list(self._busy.values()), self._tempo.lease)

    async def _work(self, row: Waiting) -> None:
        """One message to its end, whatever happens; never raises. Every line about it has the reference people see."""
        bind_contextvars(ref=inbox.reference(row.id), channel=row.channel)  # of this task alone
        try:
            async with self._slots:
                with tally.timed(row.channel):
                    await self._do(row)
            tally.updates[row.channel, "done"] += 1
            _log.info("message done", inbox=row.id, attempts=row.attempts)
        except TakenOverError:
            _log.warning("message was taken over", inbox=row.id)
        except (*_OUTAGES, TimeoutError) as error:
            _log.warning("message waits", inbox=row.id, reason=mask(f"{type(error).__name__}: {error}"))
            tally.updates[row.channel, "waits"] += 1
            await self._put_back(row)
        except Exception as error:  # noqa: BLE001 - a poisoned message must not stop the others
            _log.exception("message failed", inbox=row.id)
            tally.updates[row.channel, "failed"] += 1
            await self._fail(row, error)

    async def _do(self, row: Waiting) -> None:
        if row.channel == internal.CHANNEL:
            await self._database.run(lambda conn: self._task(conn, row))
            return
        channel = self._channels.get(row.channel)
        said = channel.read(row.payload, row.received_at) if channel else None
        media = await self._fetched(channel, said, row) if channel and isinstance(said, Incoming) else Fetched()
        await self._database.run(lambda conn: self._answer(conn, row, said, media))
        point("engine.after_commit")

    async def _fetched(self, channel: Channel, incoming: Incoming, row: Waiting) -> Fetched:
        """Only what staff sends. It is decoded in a thread here, so that no transaction is open meanwhile."""
        roles = await self._roles(incoming) if incoming.media else frozenset()
        if not roles - {Role.OWNER}:
            return Fetched()
        content = await self._media(channel, incoming, row)
        if content is None:
            return Fetched()
        if _is_picture(incoming.media):
            return await self._as_photo(content)
        return await self._as_statement(content) if Role.ADMIN in roles else Fetched(content)

    async def _as_photo(self, content: bytes) -> Fetched:
        if self._prepare_photo is None:
            return Fetched(content)
        try:
            async with self._decoding:
                return Fetched(content, await asyncio.to_thread(self._prepare_photo, content))
        except PhotoRefused as refused:
            return Fetched(content, refused)

    async def _as_statement(self, content: bytes) -> Fetched:
        """A file from an admin; why it is no statement, where it is none."""
        if self._read_statement is None:
            return Fetched(content)
        try:
            async with self._decoding:
                return Fetched(content, statement=await asyncio.to_thread(self._read_statement, content))
        except WorkbookError as refused:
            return Fetched(content, statement=refused)

    async def _roles(self, incoming: Incoming) -> frozenset[Role]:
        async with self._database.transaction() as conn:
            sender = await visitors.sender(conn, incoming.channel, incoming.sender, self._login_at)
        return sender.roles

    async def _media(self, channel: Channel, incoming: Incoming, row: Waiting) -> bytes | None:
        """Fetched outside any transaction. After some ten minutes of failing the message goes on without it."""
        if incoming.media is None:
            return None
        try:
            content = await channel.fetch(incoming.media)
        except ChannelDownError:
            failures = self._fetch_failures[row.id] = self._fetch_failures.get(row.id, 0) + 1
            if failures < _FETCH_TRIES:
                raise
            content = None
        self._fetch_failures.pop(row.id, None)
        return content

    async def _answer(
        self, conn: Connection, row: Waiting, said: Incoming | Reachability | GivenUp | Receipt | None, media: Fetched
    ) -> None:
        if isinstance(said, Incoming):
            await self._reply(conn, row, said, media)
            point("engine.before_commit")
            return
        if not await inbox.settle(conn, row):
            raise TakenOverError
        if isinstance(said, Reachability):
            await visitors.set_reachable(conn, row.channel, said.chat, reachable=said.reachable)
        elif isinstance(said, GivenUp):
            await changed_hands.given_up(self._work_for(conn, SERVICE, row), row.channel, said.chat)
        elif isinstance(said, Receipt):
            await note_receipt(self._work_for(conn, SERVICE, row), row, said)
        elif said is not None:
            assert_never(said)
        point("engine.before_commit")

    async def _task(self, conn: Connection, row: Waiting) -> None:
        if not await inbox.settle(conn, row):
            raise TakenOverError
        task = internal.TASKS[row.payload["task"]]
        await task(self._work_for(conn, SERVICE, row), row.payload["data"])
        point("engine.before_commit")

    async def _reply(self, conn: Connection, row: Waiting, said: Incoming, media: Fetched) -> None:
        name = said.name if said.is_private else ""
        scoped = said.scoped_id
        is_noted = scoped is None or await whatsapp_ids.is_noted(conn, row.channel, scoped, said.chat)
        if scoped is not None and not is_noted:
            await changed_hands.heard(self._work_for(conn, SERVICE, row), row.channel, said.chat, scoped)
        came = await visitors.arrive(
            conn, row, said.chat, said.sender, name, is_private=said.is_private, login_at=self._login_at
        )
        if came is None:
            raise TakenOverError
        if scoped is not None and not is_noted:
            await whatsapp_ids.note(conn, scoped, came.chat.id)
        visit = await self._visit(conn, row, said, media, came)
        await _post(visit, row, await route(visit))
        await refresh_menu(visit, came.menu)

    async def _visit(self, conn: Connection, row: Waiting, said: Incoming, media: Fetched, came: Arrival) -> Visit:
        chat, sender, stored = came.chat, came.sender, came.state
        language = chat.language or sender.language or said.language
        burst = await inbox.begin_burst(conn, row)
        return Visit(
            work=self._work_for(conn, Actor(sender.person_id, sender.name or said.name, sender.roles), row),
            incoming=said,
            chat=chat,
            t=Translator(language),
            state=State(stored.flow, stored.step, stored.data) if stored else None,
            media=media.content,
            photo=media.photo,
            statement=media.statement,
            key=f"{said.channel}:{said.chat}:{said.message_id or f'press{row.id}'}",
            backlog=row.backlog,
            burst=f"burst:{burst}" if burst else None,
            must_log_in=sender.must_log_in,
        )

    @property
    def _login_at(self) -> datetime | None:
        return self._clock() if self._society.admins_log_in else None

    def _work_for(self, conn: Connection, actor: Actor, row: Waiting) -> Work:
        return Work(conn, self._clock(), self._society, actor, inbox.reference(row.id))

    async def _put_back(self, row: Waiting) -> None:
        """Not the message's failure: again soon. If not even that works, its lease runs out by itself."""
        tries = self._fetch_failures.get(row.id, 1)
        pause = min(self._tempo.backoff * 2**tries, _LONGEST_PAUSE)
        with suppress(*_OUTAGES, TimeoutError):
            async with self._database.transaction() as conn:
                await inbox.release(conn, row, pause)

    async def _fail(self, row: Waiting, error: Exception) -> None:
        reason = mask(f"{type(error).__name__}: {error}")[:500]
        pause = self._tempo.backoff * 2**row.attempts
        with suppress(*_OUTAGES, TimeoutError):
            await self._database.run(lambda conn: self._count(conn, row, reason, pause))

    async def _count(self, conn: Connection, row: Waiting, reason: str, pause: float) -> None:
        dead = await inbox.fail(conn, row, reason, pause)
        if dead:
            _log.error("message is dead", inbox=row.id, reason=reason)
            await dead_letters.report(self._work_for(conn, SERVICE, row), row)


def _is_picture(media: MediaRef | None) -> bool:
    return media is not None and (media.kind == "photo" or (media.mime or "").startswith("image/"))


async def _post(visit: Visit, row: Waiting, turn: Turn) -> None:
    """Queues the replies and remembers where the sender is, with the caller's transaction."""
    conn, chat, sender = visit.work.conn, visit.chat, visit.incoming.sender
    drafts = []
    for place, reply in enumerate(turn.replies, start=1):
        message = ports.as_json(await as_message(conn, chat.id, reply, visit.t.language))
        drafts.append((chat.id, Draft(outbox.REPLY, "inbox", str(row.id), place, message, reply.card)))
    await outbox.queue(conn, drafts)
    if turn.state is not None:
        stored = StoredState(turn.state.flow, turn.state.step, turn.state.data)
        await conversations.save_state(conn, chat.id, sender, stored)
    elif visit.state is not None and not turn.keep_state:
        await conversations.forget_state(conn, chat.id, sender)

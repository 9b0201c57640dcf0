"""A delivery at hand for tests: a courier that answers by a script, and rows of the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg

from jobs import ports
from jobs.deliver import Delivery, Tempo
from jobs.ports import Message, Notice, Outcome, Parcel, Sent
from jobs.work import Work
from storage import outbox
from storage.database import Database
from storage.outbox import Draft
from tests.society import SOCIETY, Town

TEMPO = Tempo(lease=5, poll=0.05, backoff=0.02)


@dataclass
class FakeCourier:
    """Answers from a script by text, then sends; remembers what it was given."""

    channel: str = "telegram"
    edits: bool = True
    script: dict[str, list[Outcome]] = field(default_factory=dict)
    given: list[Parcel] = field(default_factory=list)
    delay: float = 0

    async def deliver(self, parcel: Parcel) -> Outcome:
        self.given.append(parcel)
        await asyncio.sleep(self.delay)
        planned = self.script.get(parcel.message.text)
        return planned.pop(0) if planned else Sent(parcel.edits.external_id if parcel.edits else str(len(self.given)))

    @property
    def texts(self) -> list[str]:
        return [parcel.message.text for parcel in self.given]


@dataclass
class FakeWording:
    """Words a fact by its payload: nothing to say, a failure, or the text; the first `failures` times a failure."""

    failures: int = 0

    async def word(self, work: Work, notice: Notice) -> Message | None:
        say = notice.payload.get("say")
        self.failures -= 1
        if self.failures >= 0:
            raise RuntimeError("not yet")
        assert work.actor.person_id is None
        if say == "boom":
            raise RuntimeError("no words for +447700900123")
        return Message(say) if say else None


@dataclass
class Post:
    """What a test needs at hand."""

    db: Database
    town: Town
    conn: asyncpg.Connection
    courier: FakeCourier
    wording: FakeWording = field(default_factory=FakeWording)

    async def reply(self, text: str, chat_id: int | None = None, **columns: object) -> int:
        message = Message(text, photo_id=columns.pop("photo_id", None), passing=bool(columns.pop("passing", False)))  # type: ignore[arg-type] # tests pass ids
        return await self.queue(outbox.REPLY, ports.as_json(message), chat_id, **columns)

    async def fact(self, kind: str, say: str | None, chat_id: int | None = None, **columns: object) -> int:
        return await self.queue(kind, {"say": say}, chat_id, **columns)

    async def queue(self, kind: str, payload: dict[str, object], chat_id: int | None, **columns: object) -> int:
        number = await self.conn.fetchval("select count(*) from notifications")
        draft = Draft(kind, "test", str(number), 1, payload, **columns)  # type: ignore[arg-type] # tests pass columns
        async with self.db.transaction() as conn:
            await outbox.queue(conn, [(chat_id or self.town.ravi.chat_id, draft)])
        row_id: int = await self.conn.fetchval("select max(id) from notifications")
        return row_id

    async def row(self, row_id: int) -> asyncpg.Record:
        rows = await self.conn.fetch("select * from notifications where id = $1", row_id)
        return rows[0]

    async def status(self, row_id: int) -> str:
        status: str = (await self.row(row_id))["status"]
        return status

    def worker(self, clock: Callable[[], datetime] | None = None, tempo: Tempo = TEMPO) -> Delivery:
        couriers = {self.courier.channel: self.courier}
        return Delivery(self.db, couriers, self.wording, SOCIETY, clock or (lambda: datetime.now(UTC)), tempo=tempo)

    @asynccontextmanager
    async def delivering(self, worker: Delivery | None = None) -> AsyncIterator[Delivery]:
        worker = worker or self.worker()
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def until(self, condition: str, seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while not await self.conn.fetchval(f"select {condition}"):
                await asyncio.sleep(0.02)

    async def until_empty(self) -> None:
        await self.until("not exists (select from notifications where status = 'queued' and outbox)")

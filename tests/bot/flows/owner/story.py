"""A society that issues bills and takes payments, and what arrives in each chat."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from bot.announcements import Announcements
from domain.payments import PaymentMethod
from jobs.change_flat import Change, Changed, Field, change, sheet
from jobs.deliver import Delivery, Tempo
from jobs.gateways.images import grey_point
from jobs.issue_bill import Issued, issue
from jobs.ports import Message, Outcome, Parcel, Sent, plain
from jobs.record_payment import PaymentSlip, Recorded, record, undo
from jobs.work import Society
from storage import photos, readings, visitors
from storage.database import Connection, Database
from storage.readings import Measurement, ReadingState, Sender
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY, Resident, Town, work

NOW = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)
"""2 Nov 2026, 10:42 in Kolkata."""
OCTOBER = date(2026, 10, 31)


@dataclass
class Mail:
    """A courier that never fails: every chat as it looks, messages by id, edited in place."""

    channel: str = "telegram"
    edits: bool = True
    chats: dict[str, dict[str, Message]] = field(default_factory=lambda: defaultdict(dict))

    async def deliver(self, parcel: Parcel) -> Outcome:
        chat = self.chats[parcel.chat]
        name = parcel.edits.external_id if parcel.edits else f"{parcel.chat}-{len(chat)}"
        chat[name] = parcel.message
        return Sent(name)

    def of(self, who: Resident) -> list[str]:
        """What the chat says, oldest message first, as people read it."""
        return [plain(message.text) for message in self.chats[who.external_id].values()]

    def messages(self, who: Resident) -> list[Message]:
        return list(self.chats[who.external_id].values())


@dataclass
class Story:
    """The town as time goes by; `mail` is what was delivered."""

    db: Database
    town: Town
    now: datetime = NOW
    society: Society = SOCIETY
    mail: Mail = field(default_factory=Mail)

    async def bill(self, flat: str, units: str, on: date = OCTOBER, *, share: str = "0", photo: bool = False) -> int:
        """Issue the flat's bill for a reading of that day, as Rekha."""
        async with self.db.transaction() as conn:
            rekha = work(conn, self.town.rekha, self.now, self.society)
            what = Measurement(Decimal(units), Decimal(share), on, (), confirmed=True)
            sender = Sender(person_id=self.town.ravi.person_id, at=self.now, chat_id=None, message_id=None)
            reading = await readings.insert(conn, self.town.flat(flat).meter_id, what, sender, f"{flat}:{on}")
            assert reading is not None
            if photo:
                await _photograph(conn, reading)
            await readings.set_state(conn, reading, ReadingState.APPROVED, by=self.town.rekha.person_id, at=self.now)
            issued = await issue(rekha, reading)
            assert isinstance(issued, Issued), issued
            return issued.bill.id

    async def paid(self, flat: str, amount: str, reference: str | None = None) -> int:
        """Record cash for the flat, as Rekha; the entry's id."""
        async with self.db.transaction() as conn:
            slip = PaymentSlip(flat, Decimal(amount), PaymentMethod.CASH, reference)
            done = await record(
                work(conn, self.town.rekha, self.now, self.society), slip, f"{flat}:{amount}:{self.now}"
            )
            assert isinstance(done, Recorded), done
            return done.payment.entry_id

    async def taken_back(self, entry: int) -> None:
        async with self.db.transaction() as conn:
            await undo(work(conn, self.town.rekha, self.now, self.society), entry)

    async def sold(self, flat: str, name: str, phone: str) -> None:
        """The office writes down a new owner."""
        async with self.db.transaction() as conn:
            rekha = work(conn, self.town.rekha, self.now, self.society)
            seen = await sheet(rekha, flat)
            assert seen is not None
            done = await change(rekha, flat, Change(Field.OWNER, seen.value(Field.OWNER), name, phone))
            assert isinstance(done, Changed), done

    async def delivered(self) -> None:
        """Everything that is due now has arrived."""
        tempo = Tempo(poll=0.02, backoff=0.02)
        delivery = Delivery(
            self.db, {"telegram": self.mail}, Announcements(), self.society, lambda: self.now, tempo=tempo
        )
        running = asyncio.create_task(delivery.run())
        while await self._due():
            await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.wait([running])

    async def _due(self) -> bool:
        sql = "select exists (select from notifications where outbox and status = 'queued' and not_before <= $1)"
        async with self.db.transaction() as conn:
            return bool(await conn.fetchval(sql, self.now))

    async def run(self, sql: str, *values: object) -> None:
        async with self.db.transaction() as conn:
            await conn.execute(sql, *values)

    def phone(self, who: Resident) -> Phone:
        return Phone(self.db, who, self.now, self.society)

    async def stranger(self, external_id: str, name: str = "Somebody", language: str = "en") -> Phone:
        """A phone that never wrote before."""
        async with self.db.transaction() as conn:
            chat_id = await visitors.chat_id(conn, "telegram", external_id)
        who = Resident(name, 0, chat_id, external_id, frozenset())
        return Phone(self.db, who, self.now, self.society, language)

    def with_society(self, **changes: object) -> Story:
        """The same with other settings."""
        return replace(self, society=replace(self.society, **changes))  # type: ignore[arg-type] # any setting


async def _photograph(conn: Connection, reading: int) -> None:
    sql = "insert into photos (sha256, content, width, height) values (sha256($1), $1, 4, 3) returning id"
    await photos.attach(conn, reading, await conn.fetchval(sql, grey_point() + str(reading).encode()))

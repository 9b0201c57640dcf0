"""Somebody looks at a photo that an engineer sent: what they saw is stored, and said on the engineer's phone."""

from __future__ import annotations

from domain.photo_reading import Candidate, Display, Seen
from jobs.ports import Notice
from jobs.propose_reading import KIND, propose
from jobs.work import Actor, Work
from storage import photo_views
from storage.database import Connection
from tests.bot.flows.phone import Phone


def seen(*registers: str, serials: tuple[str, ...] = (), confidence: int = 97) -> Seen:
    """What a reader sees: registers as `01234.5`, the likeliest first."""
    candidates = tuple(_candidate(register, confidence) for register in registers)
    display = Display.CLEAR if registers else Display.BLURRED
    return Seen("fake", display, candidates, serials, "kWh")


def _candidate(register: str, confidence: int) -> Candidate:
    whole, _, decimals = register.partition(".")
    return Candidate(whole, decimals, (confidence,) * len(whole + decimals))


async def look(phone: Phone, what: Seen, photo: str = "one") -> str:
    """The photo of this name was looked at; what appears on the phone, empty where nothing does."""
    async with phone.db.transaction() as conn:
        photo_id = await conn.fetchval("select id from photos where sha256 = $1", photo.encode().ljust(32))
        work = Work(conn, phone.now, phone.society, Actor(None, "billing"), "LOOK")
        await photo_views.add(conn, photo_id, what, phone.now)
        await conn.execute("update photos set look_state = 'seen' where id = $1", photo_id)
        await propose(work, photo_id)
    return await told(phone)


async def told(phone: Phone) -> str:
    """What is queued for the phone's chat is said there."""
    async with phone.db.transaction() as conn:
        notices = await _queued(conn, phone)
    texts = [await phone.announced(notice) for notice in notices]
    return "\n\n".join(filter(None, texts))


async def _queued(conn: Connection, phone: Phone) -> list[Notice]:
    rows = await conn.fetch(
        """update notifications set status = 'cancelled' where kind = $1 and status = 'queued' and chat_id = $2
           returning id, kind, source_type, source_id, sequence, channel, chat_id, person_id, bill_id, payload, card""",
        KIND,
        phone.who.chat_id,
    )
    return [Notice(**dict(row)) for row in sorted(rows, key=lambda row: row["id"])]

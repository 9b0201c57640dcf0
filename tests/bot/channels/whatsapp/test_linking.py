"""On WhatsApp the signed sender proves the number: the first message links, hidden numbers do not, nobody twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from bot.bootstrap import Setup, assembled
from bot.service import Service
from domain.roles import Role
from jobs.people import invite
from tests import probe, society
from tests.bot.channels.whatsapp.pushed import SHARMA_ID, account, batch, change, contact, message
from tests.society import Town

ANITA = "447700900160"
STRANGER = "447700900161"


@dataclass(slots=True)
class Line:
    """The service as WhatsApp sees it, and what it queued to be said."""

    service: Service
    conn: asyncpg.Connection
    town: Town
    count: int = 0

    async def say(self, sender: str, what: str | dict[str, Any]) -> list[str]:
        """The answers to a message, as queued."""
        self.count += 1
        hidden = sender.startswith("GB.")
        said = {"type": "text", "text": {"body": what}} if isinstance(what, str) else what
        one = {**message(number=self.count, sender=None), **said, "from_user_id" if hidden else "from": sender}
        whose = contact("WhatsApp name", None if hidden else sender, sender if hidden else None)
        hook = self.service.whatsapp_hook
        assert hook is not None
        await hook.receive(batch(change(one, contacts=[whose])))
        await self.until("select count(*) = 0 from inbox where state = 'new' and channel = 'whatsapp'")
        sql = """
            select n.payload ->> 'text' from notifications n join inbox i on i.id::text = n.source_id
            where n.kind = 'reply' and n.source_type = 'inbox' and i.dedupe_key = $1 and n.payload ? 'text'
            order by n.sequence"""
        return [row[0] for row in await self.conn.fetch(sql, one["id"])]

    async def person_of(self, address: str) -> int | None:
        sql = "select person_id from chat_identities where channel = 'whatsapp' and external_id = $1"
        found: int | None = await self.conn.fetchval(sql, address)
        return found

    async def until(self, question: str) -> None:
        async with asyncio.timeout(40):
            while not await self.conn.fetchval(question):
                await asyncio.sleep(0.05)


@pytest.fixture
async def line(dsn: str) -> AsyncIterator[Line]:
    conn = await asyncpg.connect(dsn)
    town = await society.build(conn)
    await conn.execute("update owners set phone = $1 where id = $2", f"+{ANITA}", town.flat("B17-GF").owner_id)
    setup = Setup(
        dsn=dsn,
        society=society.SOCIETY,
        whatsapp=account(),
        engine_tempo=probe.QUICK_ENGINE,
        delivery_tempo=probe.QUICK_DELIVERY,
        host=None,
    )
    async with assembled(setup) as service:
        yield Line(service, conn, town)
    await conn.close()


async def test_the_first_word_of_a_known_number_links_and_welcomes(line: Line) -> None:
    said = await line.say(ANITA, "hi")
    assert "Namaste Anita Rao. B17-GF is linked to this chat." in said
    linked = await line.person_of(ANITA)
    assert linked == await line.conn.fetchval(
        "select person_id from owner_people where owner_id = $1", line.town.flat("B17-GF").owner_id
    )
    assert "linked" not in " ".join(await line.say(ANITA, "hi"))


async def test_what_the_first_message_asks_is_answered_too(line: Line) -> None:
    said = await line.say("447700900101", "B17-FF 146")
    assert await line.person_of("447700900101") == line.town.ravi.person_id
    assert said[0].startswith("Namaste Ravi.")
    assert any("B17-FF" in answer and "146" in answer for answer in said[1:])
    reading = await line.conn.fetchval("select submitted_by from readings where reading_value = 146")
    assert reading == line.town.ravi.person_id


async def test_a_number_nobody_has_gets_the_strangers_answer(line: Line) -> None:
    for _ in range(2):
        (answer,) = await line.say(STRANGER, "hi")
        assert answer.startswith("We don't know this chat yet.")
    assert await line.person_of(STRANGER) is None


async def test_who_hides_the_number_is_a_stranger_until_they_give_it(line: Line) -> None:
    card = {"name": {"formatted_name": "Anita"}, "phones": [{"phone": f"+{ANITA}", "wa_id": ANITA}]}
    (answer,) = await line.say(SHARMA_ID, "hi")
    assert answer.startswith("We don't know this chat yet.")
    shared = {"type": "contacts", "contacts": [{**card, "origin": "other", "vcard": "BEGIN:VCARD"}]}
    (answer,) = await line.say(SHARMA_ID, shared)
    assert "not proven to be your own number" in answer
    assert await line.person_of(SHARMA_ID) is None
    said = await line.say(SHARMA_ID, {"type": "contacts", "contacts": [{**card, "origin": "contact_request"}]})
    assert "Namaste Anita Rao. B17-GF is linked to this chat." in said
    assert await line.person_of(SHARMA_ID) is not None


async def test_an_invite_is_accepted_by_join(line: Line) -> None:
    async with line.service.database.transaction() as conn:
        made = await invite(society.work(conn, line.town.rekha, datetime.now(UTC)), Role.ENGINEER, "Asha")
    said = await line.say(SHARMA_ID, f"join {made.code}")
    assert said[0].startswith("Namaste Asha.")
    assert await line.person_of(SHARMA_ID) is not None


async def test_a_chat_that_lost_its_link_does_not_take_it_back_by_itself(line: Line) -> None:
    await line.say(ANITA, "hi")
    await line.conn.execute("update chat_identities set person_id = null where external_id = $1", ANITA)
    (answer,) = await line.say(ANITA, "hi")
    assert answer.startswith("We don't know this chat yet.")
    assert await line.person_of(ANITA) is None

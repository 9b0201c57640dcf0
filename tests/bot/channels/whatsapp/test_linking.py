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

    async def say(self, sender: str, what: str | dict[str, Any], user_id: str | None = None) -> list[str]:
        """The answers to a message, as queued."""
        self.count += 1
        hidden = sender.startswith("GB.")
        scoped = sender if hidden else user_id
        said = {"type": "text", "text": {"body": what}} if isinstance(what, str) else what
        one = {**message(number=self.count, sender=None), **said, "from_user_id" if hidden else "from": sender}
        whose = contact("WhatsApp name", None if hidden else sender, scoped)
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


async def test_who_has_a_number_next_is_not_who_had_it(line: Line) -> None:
    owner_id = line.town.flat("B17-GF").owner_id
    assert any("B17-GF" in said for said in await line.say(ANITA, "/bill", "GB.111"))
    anita = await line.person_of(ANITA)
    await line.conn.execute(
        "insert into admin_bindings (person_id, chat_id, subject, bound_at, expires_at) "
        "select $1, id, 'x', now(), now() + interval '30 days' from chat_identities where external_id = $2",
        anita,
        ANITA,
    )
    (answer,) = await line.say(ANITA, "/bill", "GB.222")
    assert "B17-GF" not in answer
    assert await line.person_of(ANITA) is None
    assert await line.conn.fetchval("select count(*) from admin_bindings where revoked_at is null") == 0
    noted = "select (before ->> 'person')::bigint from audit where action = 'chat.changed_hands'"
    assert await line.conn.fetchval(noted) == anita
    card = {"name": {"formatted_name": "Anita"}, "phones": [{"phone": f"+{ANITA}", "wa_id": ANITA}]}
    (answer,) = await line.say(ANITA, {"type": "contacts", "contacts": [card]}, "GB.222")
    assert answer.startswith("No flat has this number on record.")
    async with line.service.database.transaction() as conn:
        made = await invite(society.work(conn, line.town.rekha, datetime.now(UTC)), Role.ENGINEER, "Asha", f"+{ANITA}")
    assert (await line.say(ANITA, f"join {made.code}", "GB.222"))[0].startswith("Namaste Asha.")
    assert await line.person_of(ANITA) not in {None, anita}
    assert await line.conn.fetchval("select person_id from owner_people where owner_id = $1", owner_id) == anita


async def test_who_hides_a_number_that_is_anothers_does_not_get_their_flats(line: Line) -> None:
    await line.say(ANITA, "hi", "GB.111")
    card = {"name": {"formatted_name": "Anita"}, "phones": [{"phone": f"+{ANITA}", "wa_id": ANITA}]}
    await line.say("GB.222", {"type": "contacts", "contacts": [{**card, "origin": "contact_request"}]})
    assert await line.person_of("GB.222") is None
    assert await line.person_of(ANITA) is not None


async def test_a_number_that_was_given_up_leads_to_nobody(line: Line) -> None:
    await line.say(ANITA, "hi")
    assert await line.say(ANITA, {"type": "system", "system": {"type": "user_changed_number"}}) == []
    assert await line.person_of(ANITA) is None
    (answer,) = await line.say(ANITA, "hi", "GB.222")
    assert answer.startswith("We don't know this chat yet.")


@pytest.mark.parametrize(("user_id", "stays"), [("GB.111", True), ("GB.222", False)])
async def test_a_dead_chat_is_revived_by_its_own_person_only(line: Line, user_id: str, stays: bool) -> None:  # noqa: FBT001 - a table
    await line.say(ANITA, "hi", "GB.111")
    await line.conn.execute("update chat_identities set reachable = false where external_id = $1", ANITA)
    await line.say(ANITA, "hi", user_id)
    assert (await line.person_of(ANITA) is not None) is stays


async def test_a_dead_chat_of_which_no_id_is_known_has_a_new_holder(line: Line) -> None:
    await line.say(ANITA, "hi")
    assert await line.say(ANITA, "hi", "GB.111")
    assert await line.person_of(ANITA) is not None, "the same account, whose id is told only now"
    await line.conn.execute("delete from whatsapp_ids")
    await line.conn.execute("update chat_identities set reachable = false where external_id = $1", ANITA)
    await line.say(ANITA, "hi", "GB.222")
    assert await line.person_of(ANITA) is None


@pytest.mark.parametrize("before", [None, "GB.222"])
async def test_who_joined_hidden_and_shows_a_number_that_wrote_before_goes_on(line: Line, before: str | None) -> None:
    await line.say(STRANGER, "hi", before)
    async with line.service.database.transaction() as conn:
        made = await invite(society.work(conn, line.town.rekha, datetime.now(UTC)), Role.ENGINEER, "Asha")
    await line.say(SHARMA_ID, f"join {made.code}")
    asha = await line.person_of(SHARMA_ID)
    said = await line.say(STRANGER, "B17-FF 146", SHARMA_ID)
    assert any("B17-FF" in answer for answer in said)
    assert await line.conn.fetchval("select submitted_by from readings where reading_value = 146") == asha
    assert await line.person_of(STRANGER) == asha
    assert any("B17-SF" in answer for answer in await line.say(SHARMA_ID, "B17-SF 100")), "hidden again: the same chat"
    in_doubt = await line.conn.fetchval("select count(*) from audit where action = 'chat.changed_hands'")
    assert in_doubt == (2 if before else 0)

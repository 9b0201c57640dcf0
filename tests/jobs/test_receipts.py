"""Receipts in any order: forward only, a failure leads on to what can still be done, strangers' receipts to nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import asyncpg
import pytest

from jobs import receipts
from jobs.ports import LateFailure, NotSent, Postponed, Refused, Stopped, TemplateWanted, Unreachable
from jobs.work import Work
from storage import outbox
from storage.database import Database
from tests import society
from tests.society import Town

WHATSAPP = "whatsapp"
NOW = datetime(2026, 11, 2, 5, tzinfo=UTC)
DELIVERED, FAILED, READ = NOW + timedelta(seconds=2), NOW + timedelta(seconds=30), NOW + timedelta(minutes=1)
WHY = "131000: not there, +447700900105"
REFUSED = Refused(WHY)
NOT_THERE = Unreachable(WHY)


@dataclass(slots=True)
class Sent:
    """A bill's message that went to Mr Sharma on WhatsApp."""

    db: Database
    conn: asyncpg.Connection
    town: Town
    chat_id: int
    row: int
    wamid: str = "wamid.OUT=="

    async def told(self, *what: str | LateFailure) -> list[bool]:
        return [await self._told(one) for one in what]

    async def _told(self, what: str | LateFailure) -> bool:
        async with self.db.transaction() as conn:
            work: Work = society.work(conn, self.town.rekha, NOW)
            if not isinstance(what, str):
                return await receipts.failed(work, WHATSAPP, self.wamid, FAILED, what)
            return await (
                receipts.read(work, WHATSAPP, self.wamid, READ)
                if what == "read"
                else receipts.delivered(work, WHATSAPP, self.wamid, DELIVERED)
            )

    async def facts(self, row: int | None = None) -> Any:
        return await self.conn.fetchrow("select * from notifications where id = $1", row or self.row)


@pytest.fixture
async def sent(dsn: str, db: Database) -> AsyncIterator[Sent]:
    conn = await asyncpg.connect(dsn)
    town = await society.build(conn)
    chat = await conn.fetchval(
        """insert into chat_identities (channel, external_id, person_id) values ('whatsapp', '447700900105', $1)
           returning id""",
        town.sharma.person_id,
    )
    row = await conn.fetchval(
        """insert into notifications (outbox, status, channel, chat_id, person_id, kind, source_type, source_id,
               payload, external_id, sent_at)
           values (true, 'sent', 'whatsapp', $1, $2, 'bill', 'bill', '1', '{}', 'wamid.OUT==', $3) returning id""",
        chat,
        town.sharma.person_id,
        NOW,
    )
    yield Sent(db, conn, town, chat, row)
    await conn.close()


async def test_in_any_order_what_arrived_has_arrived(sent: Sent) -> None:
    told: tuple[str | LateFailure, ...] = ("delivered", "read", REFUSED)
    for order in permutations(told):
        assert await sent.told(*order, *order) == [True] * 6
        facts = await sent.facts()
        assert (facts["status"], facts["delivered_at"], facts["read_at"]) == ("sent", DELIVERED, READ)
        await sent.conn.execute("update notifications set delivered_at = null, read_at = null")


async def test_what_is_not_ours_changes_nothing(sent: Sent) -> None:
    sent.wamid = "wamid.OTHER=="
    assert await sent.told("delivered", "read", NOT_THERE) == [False] * 3
    facts = await sent.facts()
    assert (facts["status"], facts["delivered_at"]) == ("sent", None)
    assert await sent.conn.fetchval("select reachable from chat_identities where id = $1", sent.chat_id)


async def test_another_failure_is_kept_with_its_reason_and_no_number(sent: Sent) -> None:
    await sent.told(REFUSED)
    facts = await sent.facts()
    assert (facts["status"], facts["error"]) == ("dead", "131000: not there, +44•••105")
    assert await sent.conn.fetchval("select reachable from chat_identities where id = $1", sent.chat_id)


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [(Postponed(21_600, WHY), 21_600), (Postponed(1, WHY), 60), (NotSent(WHY), 60), (Stopped(WHY), 60)],
)
async def test_a_passing_failure_is_tried_again_later(sent: Sent, failure: LateFailure, seconds: int) -> None:
    await sent.told(failure)
    facts = await sent.facts()
    assert (facts["status"], facts["external_id"], facts["sent_at"]) == ("queued", None, None)
    assert facts["not_before"] == NOW + timedelta(seconds=seconds)
    assert facts["error"] == "131000: not there, +44•••105"
    assert await sent.conn.fetchval("select count(*) from notifications") == 1


async def test_each_time_later_and_for_a_month(sent: Sent) -> None:
    again = "update notifications set status = 'sent', external_id = 'wamid.OUT=='"
    for minutes in (1, 2, 4, 8):
        await sent.told(NotSent(WHY))
        assert (await sent.facts())["not_before"] == NOW + timedelta(minutes=minutes)
        await sent.conn.execute(again)
    await sent.conn.execute("update notifications set created_at = now() - interval '31 days'")
    await sent.told(NotSent(WHY))
    rows = await sent.conn.fetch("select chat_id, status from notifications order by id")
    assert [tuple(row) for row in rows] == [(sent.chat_id, "dead"), (sent.town.sharma.chat_id, "queued")]


async def test_an_answer_is_not_said_again_behind_a_newer_state_of_its_card(sent: Sent) -> None:
    await sent.conn.execute("update notifications set kind = 'reply', card = 'run'")
    async with sent.db.transaction() as conn:
        draft = outbox.Draft("reply", "inbox", "2", 1, {"text": "146 bills issued"}, card="run")
        await outbox.queue(conn, [(sent.chat_id, draft)])
    await sent.told(NotSent(WHY))
    assert (await sent.facts())["status"] == "dead"


async def test_outside_the_window_it_is_said_by_a_template(sent: Sent) -> None:
    await sent.told(TemplateWanted(WHY))
    facts = await sent.facts()
    assert (facts["status"], facts["as_template"], facts["external_id"]) == ("queued", True, None)


@pytest.mark.parametrize("failure", [NOT_THERE, REFUSED])
async def test_where_it_never_arrives_it_goes_to_the_persons_other_chat(sent: Sent, failure: LateFailure) -> None:
    await sent.told(failure, failure)
    reachable = await sent.conn.fetchval("select reachable from chat_identities where id = $1", sent.chat_id)
    assert reachable == (failure is REFUSED)
    rows = await sent.conn.fetch("select chat_id, status, kind from notifications order by id")
    assert [tuple(row) for row in rows] == [
        (sent.chat_id, "dead", "bill"),
        (sent.town.sharma.chat_id, "queued", "bill"),
    ]


@pytest.mark.parametrize(("heard", "reachable"), [(NOW, False), (FAILED + timedelta(hours=3), True)])
async def test_a_late_failure_buries_no_chat_that_wrote_since(sent: Sent, heard: datetime, *, reachable: bool) -> None:
    await sent.conn.execute("update chat_identities set last_heard_at = $2 where id = $1", sent.chat_id, heard)
    await sent.told(NOT_THERE)
    found = await sent.conn.fetchval("select reachable from chat_identities where id = $1", sent.chat_id)
    assert found == reachable


async def test_what_was_planned_for_the_day_is_so_in_the_other_chat(sent: Sent) -> None:
    await sent.conn.execute("update notifications set not_before = $1", NOW)
    await sent.told(NOT_THERE)
    assert await sent.conn.fetchval("select not_before from notifications where status = 'queued'") == NOW


async def test_what_was_taken_back_meanwhile_stays_so(sent: Sent) -> None:
    await sent.conn.execute("update notifications set status = 'cancelled' where id = $1", sent.row)
    await sent.told(NOT_THERE)
    assert (await sent.facts())["status"] == "cancelled"
    assert await sent.conn.fetchval("select reachable from chat_identities where id = $1", sent.chat_id)


async def test_a_template_that_failed_stands_for_no_newer_state_of_its_card(sent: Sent) -> None:
    await sent.conn.execute("update notifications set card = 'bill:1', first_words_at = $1", NOW)
    again = """insert into notifications (outbox, status, channel, chat_id, person_id, kind, source_type, source_id,
                   sequence, payload, card, external_id)
               select true, $1, channel, chat_id, person_id, kind, source_type, source_id, $2, payload, card, $3
               from notifications where sequence = 1"""
    await sent.conn.execute(again, "sent", 2, sent.wamid)  # a state that the template stood for
    await sent.told(REFUSED)
    await sent.conn.execute("delete from notifications where status = 'queued'")  # elsewhere
    await sent.conn.execute(again, "queued", 3, None)
    async with sent.db.transaction() as conn:
        [newer] = await outbox.claim(conn, [WHATSAPP], NOW, outbox.Room(5, 5), 60)
    assert (newer.posted_id, newer.posted_as_template) == (None, False)

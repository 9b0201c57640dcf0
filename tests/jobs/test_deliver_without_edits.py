"""The outbox worker for a channel that cannot edit, counts people and takes some messages later only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from jobs import ports
from jobs.ports import Message, NotSent, Outcome, Parcel, Postponed, Sent, Template, Unknown
from storage import channel_accounts, first_words, outbox
from storage.database import Database
from tests import quiet_logs  # noqa: F401 - imported for what it sets
from tests.jobs.mailroom import FakeCourier, Post
from tests.society import build

NOW = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)
CHANNEL = "telegram"
"""The town's chats are there; what is tested here is the same for every channel that says so."""


@dataclass
class Plain(FakeCourier):
    """Cannot edit, and writes to everybody first."""

    edits: bool = False
    asks: bool = False

    async def deliver(self, parcel: Parcel) -> Outcome:
        if self.asks and parcel.admit and (postponed := await parcel.admit()):
            return postponed
        outcome = await super().deliver(parcel)
        return Sent(str(len(self.given)), as_template=self.asks) if isinstance(outcome, Sent) else outcome


@pytest.fixture
async def post(dsn: str, db: Database) -> AsyncIterator[Post]:
    conn = await asyncpg.connect(dsn)
    yield Post(db, await build(conn), conn, Plain())
    await conn.close()


async def _limit(post: Post, people: int) -> None:
    async with post.db.transaction() as conn:
        await channel_accounts.note(conn, CHANNEL, "447700900999")
        await channel_accounts.note_limit(conn, CHANNEL, people)


async def _tried(post: Post, row: int) -> None:
    await post.until(f"error is not null and not sending from notifications where id = {row}")


async def test_what_waits_a_moment_keeps_its_place(post: Post) -> None:
    row = await post.reply("first")
    await post.reply("second")
    post.courier.script["first"] = [Postponed(0.3, "131056")] * 2
    async with post.delivering():
        await post.until_empty()
    assert post.courier.texts == ["first", "first", "first", "second"]
    kept = await post.row(row)
    assert (kept["attempts"], kept["outages"], kept["status"]) == (0, 0, "sent")


async def test_what_waits_longer_lets_the_later_ones_of_its_chat_pass(post: Post) -> None:
    clock = [NOW]
    row = await post.reply("tomorrow")
    post.courier.script["tomorrow"] = [Postponed(86_400, "enough for today")]
    async with post.delivering(post.worker(lambda: clock[0])):
        await _tried(post, row)
        await post.reply("answer")
        await post.until("exists (select from notifications where message = 'answer')")
        assert await post.status(row) == "queued"
        clock[0] = NOW + timedelta(days=1)
        await post.until_empty()
    assert post.courier.texts == ["tomorrow", "answer", "tomorrow"]


async def test_a_month_of_waiting_is_the_end(post: Post) -> None:
    row = await post.reply("x")
    await post.conn.execute("update notifications set created_at = now() - interval '31 days'")
    post.courier.script["x"] = [Postponed(60, "131049")]
    async with post.delivering():
        await post.until_empty()
    kept = await post.row(row)
    assert (kept["status"], kept["error"]) == ("dead", "131049")


async def test_an_older_state_of_a_card_is_left_out_even_if_none_was_shown(post: Post) -> None:
    older = await post.reply("one read", card="c")
    await post.reply("two read", card="c")
    async with post.delivering():
        await post.until_empty()
    assert post.courier.texts == ["two read"]
    assert await post.status(older) == "cancelled"


async def test_of_passing_states_only_the_first_is_shown(post: Post) -> None:
    async with post.delivering():
        for text in ("10 of 146", "20 of 146", "30 of 146"):
            await post.reply(text, card="run", passing=True)
            await post.until_empty()
        await post.reply("146 bills issued", card="run")
        await post.until_empty()
    assert post.courier.texts == ["10 of 146", "146 bills issued"]


async def test_a_burst_is_summed_up_when_it_is_over(post: Post) -> None:
    sql = """insert into inbox (channel, dedupe_key, chat, payload, sent_at, burst)
             values ($1, 'waits', $2, '{}', now(), 7) returning id"""
    waiting = await post.conn.fetchval(sql, CHANNEL, post.town.ravi.external_id)
    first = await post.reply("Saved 1 reading", card="burst:7")
    other = await post.reply("To another", post.town.rekha.chat_id)
    async with post.delivering():
        await post.until(f"status = 'sent' from notifications where id = {other}")
        await post.until(f"lease > 2 from notifications where id = {first}")
        await post.reply("Saved 2 readings", card="burst:7")
        await post.conn.execute("update inbox set state = 'done' where id = $1", waiting)
        await post.until_empty()
    assert post.courier.texts == ["To another", "Saved 2 readings"]


async def test_a_new_state_is_a_message_of_its_own_and_not_said_a_third_time(post: Post) -> None:
    await post.reply("first", card="c")
    async with post.delivering():
        await post.until_empty()
        row = await post.reply("second", card="c")
        post.courier.script["second"] = [Unknown("timeout")] * 5
        await post.until_empty()
    assert await post.status(row) == "unknown"
    assert post.courier.texts == ["first", "second", "second"]


async def test_a_photo_that_only_a_template_stood_for_was_not_shown(post: Post) -> None:
    sql = "insert into photos (sha256, content, width, height) values ('\\x01', '\\x02', 1, 1) returning id"
    photo = await post.conn.fetchval(sql)
    post.courier.asks = True  # type: ignore[attr-defined] # this file's courier
    row = await post.reply("with photo", photo_id=photo)
    async with post.delivering():
        await post.until_empty()
    assert (await post.row(row))["photo_id"] is None


async def test_no_more_people_are_written_to_first_than_the_platform_allows_in_a_day(post: Post) -> None:
    post.courier.asks = True  # type: ignore[attr-defined] # this file's courier
    await _limit(post, 2)
    people = [post.town.ravi, post.town.rekha, post.town.sharma]
    clock = [NOW]
    rows = [await post.fact("bill", who.name, who.chat_id) for who in people]
    async with post.delivering(post.worker(lambda: clock[0])):
        await post.until("count(*) = 2 from notifications where status = 'sent'")
        await post.until("count(*) = 1 from notifications where status = 'queued' and not_before > '2026-11-03'")
        told = await post.conn.fetchval("select chat_id from notifications where status = 'sent' limit 1")
        again = await post.fact("receipt", "again", told)
        await post.until(f"status = 'sent' from notifications where id = {again}")
        assert await first_words.used(post.conn, CHANNEL, NOW) == 2
        clock[0] = NOW + timedelta(hours=24, minutes=3)
        await post.until_empty()
    assert [await post.status(row) for row in rows] == ["sent"] * 3
    assert len(post.courier.given) == 4


async def test_the_limit_holds_over_many_workers_at_once(post: Post) -> None:
    post.courier.asks = True  # type: ignore[attr-defined] # this file's courier
    await _limit(post, 7)
    await post.conn.execute(
        """insert into chat_identities (channel, external_id)
           select 'telegram', (9000 + n)::text from generate_series(1, 30) n"""
    )
    for chat in await post.conn.fetch("select id from chat_identities where external_id like '90__'"):
        await post.fact("bill", "a bill", chat["id"])
    async with (
        post.delivering(post.worker(lambda: NOW)),
        post.delivering(post.worker(lambda: NOW)),
        post.delivering(post.worker(lambda: NOW)),
    ):
        await post.until("count(*) = 30 from notifications where status = 'sent' or error is not null", 60)
        await post.until("not exists (select from notifications where sending)", 60)
    assert len(post.courier.given) == 7


async def test_without_a_known_limit_everybody_may_be_written_to(post: Post) -> None:
    post.courier.asks = True  # type: ignore[attr-defined] # this file's courier
    await post.fact("bill", "x")
    async with post.delivering():
        await post.until_empty()
    assert post.courier.texts == ["x"]


async def test_what_was_refused_outside_the_window_goes_once_more_as_a_template(post: Post) -> None:
    await post.conn.execute("update chat_identities set last_heard_at = now()")
    row = await post.fact("bill", "x")
    async with post.delivering():
        await post.until_empty()
        assert post.courier.given[0].heard_at is not None
        async with post.db.transaction() as conn:
            assert await outbox.queue_as_template(conn, row)
        await post.until_empty()
        async with post.db.transaction() as conn:
            assert not await outbox.queue_as_template(conn, row)
    assert [parcel.heard_at is None for parcel in post.courier.given] == [False, True]
    assert (await post.row(row))["external_id"] == "2"


async def test_what_was_counted_and_then_said_freely_is_no_template(post: Post) -> None:
    row = await post.fact("bill", "x", card="bill:1")
    async with post.db.transaction() as conn:
        assert await first_words.admit(conn, row, NOW) is None
    async with post.delivering():
        await post.until_empty()
    assert await first_words.used(post.conn, CHANNEL, NOW) == 0
    async with post.db.transaction() as conn:
        assert await outbox.queue_as_template(conn, row)


async def test_show_brings_the_same_fact_again_and_once_however_often_it_is_pressed(post: Post) -> None:
    row = await post.fact("bill", "x", bulk=True)
    chat = post.town.ravi.chat_id
    async with post.delivering():
        await post.until_empty()
    async with post.db.transaction() as conn:
        assert await outbox.queue_again(conn, chat, "1")
        assert await outbox.queue_again(conn, chat, "1")
        assert not await outbox.queue_again(conn, post.town.rekha.chat_id, "1")
        assert not await outbox.queue_again(conn, chat, "wamid.unknown")
    async with post.delivering():
        await post.until_empty()
    assert post.courier.texts == ["x", "x"]
    again = await post.conn.fetchrow("select * from notifications where id > $1", row)
    assert again is not None
    assert (again["kind"], again["sequence"], again["bulk"]) == ("bill", 2, False)
    assert (await post.row(row))["status"] == "sent"


async def test_show_is_answered_though_a_newer_state_waits_for_the_morning(post: Post) -> None:
    row = await post.fact("bill", "x", card="bill:1")
    chat = post.town.ravi.chat_id
    async with post.delivering():
        await post.until_empty()
    newer = """insert into notifications (outbox, status, channel, chat_id, person_id, kind, source_type, source_id,
                   sequence, payload, card, not_before)
               select true, 'queued', channel, chat_id, person_id, kind, source_type, source_id, 2, payload, card,
                   now() + interval '11 hours' from notifications where id = $1"""
    await post.conn.execute(newer, row)
    async with post.db.transaction() as conn:
        assert await outbox.queue_again(conn, chat, "1")
        assert await outbox.queue_again(conn, chat, "1")
    async with post.delivering():
        await post.until("count(*) = 2 from notifications where status = 'sent'")
    assert post.courier.texts == ["x", "x"]
    assert await post.conn.fetchval("select count(*) from notifications") == 3


@pytest.mark.parametrize(
    ("meanwhile", "shown"),
    [
        ("select $1::bigint", [True, True]),
        ("update chat_identities set person_id = null where person_id = $1", [False, False]),
        ("update staff set revoked_at = now() where person_id = $1", [False, True]),
        (
            """insert into admin_bindings (person_id, chat_id, subject, bound_at, expires_at)
               select $1, id, 'x', now() - interval '1 day', now() from chat_identities where person_id = $1""",
            [False, True],
        ),
        (
            """with owner as (insert into owner_people (owner_id, person_id) select min(id), $1 from owners
                              on conflict (owner_id) do update set person_id = $1 returning owner_id)
               update flat_owners set until = now() where owner_id in (table owner)""",
            [False, True],
        ),
    ],
)
async def test_show_repeats_an_answer_only_while_who_asked_has_the_same_rights(
    post: Post, meanwhile: str, shown: list[bool]
) -> None:
    await post.reply("Farida Khan owes ₹3,264.00")
    await post.fact("bill", "looked at again")
    async with post.delivering():
        await post.until_empty()
    await post.conn.execute(meanwhile, post.town.ravi.person_id)
    async with post.db.transaction() as conn:
        assert [await outbox.queue_again(conn, post.town.ravi.chat_id, name) for name in ("1", "2")] == shown


async def test_a_courier_knows_who_signs_and_which_row_it_is(post: Post) -> None:
    row = await post.fact("bill", "x")
    post.courier.script["x"] = [NotSent("502")]
    async with post.delivering():
        await post.until_empty()
    assert {(parcel.row, parcel.society) for parcel in post.courier.given} == {(row, "Blessings City")}


def test_a_message_with_its_template_survives_the_outbox() -> None:
    for message in (
        Message("x"),
        Message("x", language="hi", passing=True),
        Message("x", template=Template("bill_ready", ("October 2026", "₹5"), "tok")),
        Message("x", template=Template("notice")),
    ):
        assert ports.from_json(ports.as_json(message)) == message
    assert set(ports.as_json(Message("x"))) == {"text"}


async def test_a_message_postponed_to_another_day_is_not_behind(post: Post) -> None:
    row = await post.reply("x")
    post.courier.script["x"] = [Postponed(3600, "later")]
    async with post.delivering(post.worker(lambda: datetime.now(UTC))):
        await _tried(post, row)
        await asyncio.sleep(0)
    assert await post.conn.fetchval("select not_before > now() + interval '50 minutes' from notifications")

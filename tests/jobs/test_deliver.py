"""The outbox worker: order, the table of outcomes, the second look, leases. The channel is a fake behind its port."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from jobs.deliver import OUTAGE_TRIES, OWN_FAILURES, Tempo
from jobs.ports import (
    NotSent,
    Outcome,
    Paused,
    Posted,
    Refused,
    Stopped,
    Unknown,
    Unreachable,
)
from storage import outbox, visitors
from storage.database import Database
from storage.outbox import Draft, Room
from tests import quiet_logs  # noqa: F401 - imported for what it sets
from tests.jobs.mailroom import FakeCourier, Post
from tests.society import build


@pytest.fixture
async def post(dsn: str, db: Database) -> AsyncIterator[Post]:
    conn = await asyncpg.connect(dsn)
    yield Post(db, await build(conn), conn, FakeCourier())
    await conn.close()


async def test_what_was_sent_is_kept(post: Post) -> None:
    row = await post.reply("<b>Saved</b> B17-FF &amp; more")
    async with post.delivering():
        await post.until_empty()
    kept = await post.row(row)
    assert (kept["status"], kept["message"], kept["external_id"]) == ("sent", "Saved B17-FF & more", "1")
    assert kept["sent_at"] is not None


async def test_order_within_a_chat_is_kept_and_answers_go_before_bulk(post: Post) -> None:
    for number in range(20):
        await post.reply(f"bulk {number}", bulk=True)
    for number in range(5):
        await post.reply(f"answer {number}")
    post.courier.delay = 0.01
    async with post.delivering(post.worker(tempo=Tempo(slots=2, lease=5, poll=0.05))):
        await post.until_empty()
    texts = post.courier.texts
    assert [text for text in texts if text.startswith("bulk")] == [f"bulk {number}" for number in range(20)]
    assert [text for text in texts if text.startswith("answer")] == [f"answer {number}" for number in range(5)]
    assert texts.index("answer 4") < 12


async def test_a_slow_chat_holds_up_nobody_else(post: Post) -> None:
    await post.reply("slow")
    post.courier.script["slow"] = [NotSent("502")] * 3
    await post.reply("after slow")
    await post.reply("other", post.town.rekha.chat_id)
    async with post.delivering():
        await post.until_empty()
    assert post.courier.texts.index("other") < post.courier.texts.index("after slow")
    assert post.courier.texts.count("slow") == 4


async def test_a_message_waits_for_its_time(post: Post) -> None:
    now = datetime(2026, 11, 2, 22, tzinfo=UTC)
    clock = [now]
    early = await post.reply("in the morning", not_before=now + timedelta(hours=10))
    await post.reply("at once")
    async with post.delivering(post.worker(lambda: clock[0])):
        await post.until("status = 'sent' from notifications where message = 'at once'")
        assert await post.status(early) == "queued"
        clock[0] = now + timedelta(hours=10)
        await post.until_empty()
    assert post.courier.texts == ["at once", "in the morning"]


async def test_429_pauses_the_whole_channel_and_is_no_attempt(post: Post) -> None:
    row = await post.reply("first")
    post.courier.script["first"] = [Paused(0.5)]
    async with post.delivering():
        await post.until("leased_until is not null from notifications")
        await post.until(f"lease = 1 and leased_until > now() from notifications where id = {row}")
        begun = asyncio.get_running_loop().time()
        await post.reply("other", post.town.rekha.chat_id)
        await post.until_empty()
        assert asyncio.get_running_loop().time() - begun > 0.2
    assert await post.conn.fetchval("select attempts from notifications where id = $1", row) == 0
    assert post.courier.texts[0] == "first"
    assert sorted(post.courier.texts[1:]) == ["first", "other"]


@pytest.mark.parametrize(
    ("kind", "outcomes", "status", "times"),
    [
        ("bill", [NotSent("refused")] * 3, "sent", 4),
        ("bill", [Unknown("timeout")], "sent", 2),
        ("bill", [Unknown("timeout")] * 2, "unknown", 2),
        ("reply", [Unknown("timeout")], "sent", 2),
        ("payment_reminder", [Unknown("timeout")], "unknown", 1),
        ("bill", [Refused("400")], "dead", 1),
        ("bill", [NotSent("502"), Unknown("timeout"), NotSent("502")], "sent", 4),
    ],
)
async def test_the_table_of_outcomes(post: Post, kind: str, outcomes: list[Outcome], status: str, times: int) -> None:
    row = await (post.reply("x") if kind == "reply" else post.fact(kind, "x"))
    post.courier.script["x"] = list(outcomes)
    async with post.delivering():
        await post.until_empty()
    assert await post.status(row) == status
    assert post.courier.texts == ["x"] * times


async def test_an_edit_may_be_repeated_as_often_as_it_takes(post: Post) -> None:
    await post.reply("first", card="c")
    async with post.delivering():
        await post.until_empty()
        row = await post.reply("second", card="c")
        post.courier.script["second"] = [Unknown("timeout")] * 3
        await post.until_empty()
    assert await post.status(row) == "sent"
    assert post.courier.given[-1].edits == Posted("1", None)


async def test_an_unreachable_chat_sends_the_fact_to_the_persons_other_chat(post: Post) -> None:
    other = await post.conn.fetchval(
        "insert into chat_identities (channel, external_id, person_id) values ('telegram', '901', $1) returning id",
        post.town.sharma.person_id,
    )
    row = await post.fact("bill", "x", post.town.sharma.chat_id)
    post.courier.script["x"] = [Unreachable("blocked")]
    async with post.delivering():
        await post.until_empty()
        later = await post.fact("bill", "y", post.town.sharma.chat_id)
        await post.until_empty()
    assert await post.status(row) == await post.status(later) == "dead"
    assert [parcel.chat for parcel in post.courier.given] == ["105", "901", "901"]
    reason = "select unreachable_reason from chat_identities where id = $1 and not reachable"
    assert await post.conn.fetchval(reason, post.town.sharma.chat_id) == "blocked"
    assert await post.conn.fetchval("select count(*) from notifications where chat_id = $1", other) == 2


async def test_a_refused_message_is_said_in_the_persons_other_chat(post: Post) -> None:
    await post.conn.execute(
        "insert into chat_identities (channel, external_id, person_id) values ('telegram', '901', $1)",
        post.town.sharma.person_id,
    )
    row = await post.fact("bill", "x", post.town.sharma.chat_id)
    post.courier.script["x"] = [Refused("too long")]
    async with post.delivering():
        await post.until_empty()
    assert await post.status(row) == "dead"
    assert [parcel.chat for parcel in post.courier.given] == ["105", "901"]


async def test_who_came_back_while_a_message_was_on_its_way_stays_reachable(post: Post) -> None:
    await post.fact("bill", "x", post.town.sharma.chat_id)
    post.courier.script["x"] = [Unreachable("blocked")]
    post.courier.delay = 1
    async with post.delivering():
        while not post.courier.given:
            await asyncio.sleep(0.02)
        async with post.db.transaction() as conn:
            await visitors.set_reachable(conn, "telegram", "105", reachable=True)
        await post.until_empty()
    assert await post.conn.fetchval("select reachable from chat_identities where id = $1", post.town.sharma.chat_id)


async def test_a_stopped_channel_keeps_its_messages(post: Post) -> None:
    row = await post.reply("x")
    post.courier.script["x"] = [Stopped("401")]
    async with post.delivering() as worker:
        await post.until(f"error = '401' from notifications where id = {row}")
        await asyncio.sleep(0.2)
        assert worker.stopped == {"telegram": "401"}
    assert (await post.status(row), post.courier.texts) == ("queued", ["x"])
    async with post.delivering():
        await post.until_empty()
    assert await post.status(row) == "sent"


async def test_what_is_no_longer_to_be_said_is_cancelled(post: Post) -> None:
    row = await post.fact("bill", None)
    async with post.delivering():
        await post.until_empty()
    assert (await post.status(row), post.courier.given) == ("cancelled", [])


async def test_a_fact_without_words_dies_alone(post: Post) -> None:
    row = await post.fact("bill", "boom")
    await post.reply("fine", post.town.rekha.chat_id)
    async with post.delivering():
        await post.until_empty()
    kept = await post.row(row)
    assert (kept["status"], kept["attempts"]) == ("dead", 5)
    assert "no words" in kept["error"]
    assert "+447700900123" not in kept["error"]
    assert post.courier.texts == ["fine"]


async def test_a_card_keeps_its_place_and_goes_straight_to_its_newest_state(post: Post) -> None:
    rows = [await post.reply("0 saved", card="burst"), await post.reply("Which one?")]
    rows += [await post.reply(f"{number} saved", card="burst") for number in range(1, 5)]
    async with post.delivering():
        await post.until_empty()
    assert post.courier.texts == ["0 saved", "Which one?", "4 saved"]
    assert [await post.status(row) for row in rows] == ["sent", "sent", "cancelled", "cancelled", "cancelled", "sent"]


async def test_old_and_foreign_rows_are_never_delivered(post: Post) -> None:
    await post.conn.execute("insert into notifications (channel, message, status) values ('telegram', 'old', 'queued')")
    async with post.delivering():
        await post.reply("new")
        await post.until_empty()
    assert post.courier.texts == ["new"]


async def test_the_same_fact_is_queued_once_for_each_recipient(post: Post) -> None:
    draft = Draft("bill", "bill", "7", 1, {"say": "x"})
    chats = [post.town.sharma.chat_id, post.town.rekha.chat_id, post.town.sharma.chat_id]
    async with post.db.transaction() as conn:
        assert await outbox.queue(conn, [(chat, draft) for chat in chats]) == 2
        assert await outbox.queue(conn, [(chats[0], draft)]) == 0


async def test_several_workers_send_each_message_once_and_in_order(post: Post) -> None:
    chats = [post.town.ravi, post.town.rekha, post.town.mohan, post.town.sharma]
    for number in range(30):
        for resident in chats:
            await post.reply(f"{resident.name} {number}", resident.chat_id)
    post.courier.delay = 0.003
    async with post.delivering(), post.delivering(), post.delivering():
        await post.until_empty()
    for resident in chats:
        mine = [text for text in post.courier.texts if text.startswith(f"{resident.name} ")]
        assert mine == [f"{resident.name} {number}" for number in range(30)]
    assert max(Counter(post.courier.texts).values()) == 1


async def test_a_worker_whose_lease_ran_out_changes_nothing(post: Post) -> None:
    row = await post.reply("x")
    post.courier.delay = 3
    zombie = post.worker(tempo=Tempo(slots=1, lease=0.1, poll=0.05))
    async with post.delivering(zombie):
        await post.until("lease = 1 from notifications")
        await asyncio.sleep(0.15)
        async with post.db.transaction() as conn:
            taken = await outbox.claim(conn, ["telegram"], datetime.now(UTC), Room(10, 10), 60)
        assert [(one.id, one.lease) for one in taken] == [(row, 2)]
    kept = await post.row(row)
    assert (kept["status"], kept["lease"], kept["message"]) == ("queued", 2, None)


@pytest.mark.parametrize(
    ("kind", "status", "texts"),
    [("bill", "sent", ["x"]), ("payment_reminder", "unknown", []), ("reply", "sent", ["x"])],
)
async def test_what_a_lost_worker_held_may_have_arrived(post: Post, kind: str, status: str, texts: list[str]) -> None:
    row = await (post.reply("x") if kind == "reply" else post.fact(kind, "x"))
    async with post.db.transaction() as conn:
        [lost] = await outbox.claim(conn, ["telegram"], datetime.now(UTC), Room(10, 10), 0)
    assert not lost.uncertain
    async with post.delivering():
        await post.until_empty()
    kept = await post.row(row)
    assert (kept["status"], kept["uncertain"], kept["sending"], post.courier.texts) == (status, True, False, texts)


async def test_what_was_held_and_settled_is_certain(post: Post) -> None:
    row = await post.fact("payment_reminder", "x")
    post.courier.script["x"] = [NotSent("502")] * 3
    async with post.delivering():
        await post.until_empty()
    kept = await post.row(row)
    assert (kept["status"], kept["uncertain"], post.courier.texts) == ("sent", False, ["x"] * 4)


async def test_a_message_of_a_lost_worker_that_times_out_is_not_sent_a_third_time(post: Post) -> None:
    row = await post.fact("bill", "x")
    async with post.db.transaction() as conn:
        await outbox.claim(conn, ["telegram"], datetime.now(UTC), Room(10, 10), 0)
    post.courier.script["x"] = [Unknown("timeout")]
    async with post.delivering():
        await post.until_empty()
    assert (await post.status(row), post.courier.texts) == ("unknown", ["x"])


async def test_outages_are_not_counted_with_failures_of_its_own(post: Post) -> None:
    post.wording.failures = OWN_FAILURES - 1
    row = await post.fact("bill", "x")
    post.courier.script["x"] = [NotSent("502")] * (OWN_FAILURES + 1)
    async with post.delivering():
        await post.until_empty()
    kept = await post.row(row)
    assert (kept["status"], kept["attempts"], kept["outages"]) == ("sent", OWN_FAILURES - 1, OWN_FAILURES + 1)


async def test_a_failure_after_many_outages_is_not_the_end(post: Post) -> None:
    row = await post.fact("bill", "x")
    await post.conn.execute("update notifications set outages = $1", OUTAGE_TRIES - 1)
    post.wording.failures = 1
    async with post.delivering():
        await post.until_empty()
    assert await post.status(row) == "sent"


async def test_a_day_of_outages_is_the_end(post: Post) -> None:
    row = await post.fact("bill", "x")
    await post.conn.execute("update notifications set outages = $1", OUTAGE_TRIES - 1)
    post.courier.script["x"] = [NotSent("502")]
    async with post.delivering():
        await post.until_empty()
    assert await post.status(row) == "dead"


async def test_the_photo_of_a_message_is_given_with_it(post: Post) -> None:
    photo_id = await post.conn.fetchval(
        "insert into photos (sha256, content, width, height) values ('x', 'jpeg', 1, 1) returning id"
    )
    await post.reply("card", photo_id=photo_id, card="c")
    async with post.delivering():
        await post.until_empty()
        await post.reply("card 2", card="c")
        await post.until_empty()
    load = post.courier.given[0].photo
    assert load is not None
    assert await load() == b"jpeg"
    assert post.courier.given[1].edits == Posted("1", photo_id)
    assert await post.conn.fetchval("select count(*) from notifications where photo_id = $1", photo_id) == 2


@pytest.mark.slow
async def test_delivery_is_fast_and_ordered(post: Post) -> None:
    sql = """
        insert into chat_identities (channel, external_id)
        select 'telegram', n from generate_series(5000, 5039) n returning id"""
    chats = [row[0] for row in await post.conn.fetch(sql)]
    drafts = [(chats[n % 40], Draft("reply", "test", str(n), 1, {"text": str(n)}, bulk=True)) for n in range(2000)]
    async with post.db.transaction() as conn:
        await outbox.queue(conn, drafts)
    begun = asyncio.get_running_loop().time()
    async with post.delivering(post.worker(tempo=Tempo())):
        await post.until("not exists (select from notifications where status = 'queued' and outbox)", 60)
    assert 2000 / (asyncio.get_running_loop().time() - begun) > 100
    for place in range(40):
        mine = [int(text) for text in post.courier.texts if int(text) % 40 == place]
        assert mine == sorted(mine)

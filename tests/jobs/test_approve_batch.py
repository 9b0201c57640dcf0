"""The normal ones in one press: bound to what was shown, undone for a minute, one bad flat stops no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from domain.metering import Flag
from domain.roles import Role
from jobs import dead_letters
from jobs.approve_batch import BatchUndone, OfferChanged, Started, TooLate, approve_shown, issue_batch, shown, undo
from jobs.pending import Queue, queue, queue_changed
from jobs.submit_reading import Submission, correct_own
from jobs.undo_reading import undo as take_back
from jobs.work import Actor, Work
from storage import flats, inbox, parked, people, readings
from storage.database import Connection, Database
from storage.readings import Measurement, Sender
from tests.society import Resident, Town, build, past, work

NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
READ = date(2026, 11, 2)


@pytest.fixture
async def conn(db: Database) -> AsyncIterator[Connection]:
    async with db.transaction() as conn:
        yield conn


@pytest.fixture
async def town(conn: Connection) -> Town:
    return await build(conn)


async def sent(conn: Connection, town: Town, code: str, value: str, *odd: Flag, by: Resident | None = None) -> int:
    who = by or town.ravi
    what = Measurement(Decimal(value), None, READ, odd, confirmed=not odd)
    reading_id = await readings.insert(
        conn, town.flat(code).meter_id, what, Sender(who.person_id, NOW, who.chat_id, "1"), f"{code}:{value}"
    )
    assert reading_id is not None
    return reading_id


async def started(conn: Connection, town: Town) -> tuple[Queue, Started]:
    """Mohan presses what he was shown."""
    todo = work(conn, town.mohan, NOW)
    offered = await queue(todo)
    outcome = await approve_shown(todo, shown(offered), offered.normal_total, town.mohan.chat_id, "batch:1")
    assert isinstance(outcome, Started)
    return offered, outcome


async def states(conn: Connection) -> dict[str, str]:
    rows = await conn.fetch(
        "select f.code, r.state from readings r join meters m on m.id = r.meter_id join flats f on f.id = m.flat_id"
    )
    return {row["code"]: row["state"] for row in rows}


async def test_normal_is_what_nothing_speaks_against(conn: Connection, town: Town) -> None:
    await sent(conn, town, "B17-FF", "146")
    await sent(conn, town, "B17-SF", "0", Flag.ZERO)
    await sent(conn, town, "C8-GF", "100", by=town.mohan)
    await sent(conn, town, "C14-FF", "100")
    await parked.park(conn, town.flat("C14-FF").flat_id, "why")
    found = await queue(work(conn, town.mohan, NOW))
    assert [one.reading.flat_code for one in found.normal] == ["B17-FF"]
    assert [one.reading.flat_code for one in found.review] == ["B17-SF", "C8-GF", "C14-FF"]
    assert (found.waiting, found.without_photo, found.meters, found.unread) == (4, 4, 13, 9)
    assert (found.normal_units, found.normal_total) == (Decimal("146.00"), Decimal("3226.00"))


async def test_a_batch_is_billed_when_the_time_to_undo_is_over(conn: Connection, town: Town) -> None:
    for code in ("B17-FF", "B17-GF", "C14-SF"):
        await sent(conn, town, code, "100")
    _, batch = await started(conn, town)
    assert batch.issue_at == NOW + timedelta(seconds=60)
    assert set((await states(conn)).values()) == {"approved"}
    task = await conn.fetchrow("select payload, not_before from inbox where channel = 'internal'")
    assert task is not None
    assert task["not_before"] == batch.issue_at
    await issue_batch(_service(conn, town), task["payload"]["data"])
    assert set((await states(conn)).values()) == {"billed"}
    rows = await conn.fetch("select issued_by from bills")
    assert [row["issued_by"] for row in rows] == [town.mohan.person_id] * 3
    told = await conn.fetchrow("select payload, card, chat_id from notifications where kind = 'batch_issued'")
    assert told is not None
    assert told["payload"] == {
        "issued": 3, "total": "6248.00", "failed": [], "waiting": [], "unreached": ["B17-GF", "C14-SF"],
    }  # fmt: skip
    assert (told["card"], told["chat_id"]) == ("batch:1", town.mohan.chat_id)
    await issue_batch(_service(conn, town), task["payload"]["data"])
    assert await conn.fetchval("select count(*) from bills") == 3


def _service(conn: Connection, town: Town) -> Work:
    return replace(work(conn, town.mohan, NOW + timedelta(minutes=1)), actor=Actor(None, "billing"))


async def test_undone_in_time_nothing_is_billed(conn: Connection, town: Town) -> None:
    await sent(conn, town, "B17-FF", "100")
    _, batch = await started(conn, town)
    assert await undo(work(conn, town.rekha, NOW), batch.batch_id) == BatchUndone(1)
    assert await states(conn) == {"B17-FF": "pending"}
    await issue_batch(_service(conn, town), {"batch": batch.batch_id})
    assert await conn.fetchval("select count(*) from bills") == 0
    assert isinstance(await undo(work(conn, town.rekha, NOW), batch.batch_id), TooLate)


async def test_after_the_bills_it_is_too_late(conn: Connection, town: Town) -> None:
    await sent(conn, town, "B17-FF", "100")
    _, batch = await started(conn, town)
    await issue_batch(_service(conn, town), {"batch": batch.batch_id})
    late = await undo(work(conn, town.rekha, NOW), batch.batch_id)
    assert isinstance(late, TooLate)
    assert (late.batch.state, late.batch.approver) == ("issued", "Mohan")
    assert await states(conn) == {"B17-FF": "billed"}


async def test_one_bad_flat_stops_no_other(conn: Connection, town: Town) -> None:
    for code in ("B17-FF", "B17-GF", "C14-SF"):
        await sent(conn, town, code, "100")
    _, batch = await started(conn, town)
    await parked.park(conn, town.flat("B17-GF").flat_id, "why")
    await issue_batch(_service(conn, town), {"batch": batch.batch_id})
    assert await states(conn) == {"B17-FF": "billed", "B17-GF": "pending", "C14-SF": "billed"}
    told = await conn.fetchval("select payload from notifications where kind = 'batch_issued'")
    assert told["failed"] == [{"flat": "B17-GF", "why": "parked"}]


async def test_what_the_database_refuses_stops_no_other(conn: Connection, town: Town) -> None:
    for code in ("B17-FF", "B17-GF"):
        await sent(conn, town, code, "100")
    _, batch = await started(conn, town)
    await conn.execute("reset role")
    await conn.execute(
        "alter table bills add check (flat_units <> 100 or flat_id <> " + str(town.flat("B17-FF").flat_id) + ")"
    )
    await issue_batch(_service(conn, town), {"batch": batch.batch_id})
    assert await states(conn) == {"B17-FF": "pending", "B17-GF": "billed"}


@pytest.mark.parametrize("revoked", [True, False], ids=["revoked", "demoted"])
async def test_the_batch_of_somebody_who_is_no_admin_any_more_is_not_issued(
    conn: Connection, town: Town, *, revoked: bool
) -> None:
    for code in ("B17-FF", "B17-GF"):
        await sent(conn, town, code, "100")
    _, batch = await started(conn, town)
    await people.revoke(conn, town.mohan.person_id, Role.ADMIN)
    if not revoked:
        await people.grant(conn, town.mohan.person_id, Role.ENGINEER, None)
    for _ in range(2):
        await issue_batch(_service(conn, town), {"batch": batch.batch_id, "card": "batch:1"})
    assert await states(conn) == {"B17-FF": "pending", "B17-GF": "pending"}
    assert await conn.fetchval("select count(*) from bills") == 0
    assert await not_issued(conn) == [
        (town.rekha.chat_id, None, "rights", "Mohan", ["B17-FF", "B17-GF"]),
        (town.mohan.chat_id, "batch:1", "rights", "Mohan", ["B17-FF", "B17-GF"]),
    ]
    assert isinstance(await undo(work(conn, town.rekha, NOW), batch.batch_id), TooLate)


async def not_issued(conn: Connection) -> list[tuple[int, str | None, str, str, list[str]]]:
    rows = await conn.fetch("select chat_id, card, payload from notifications where kind = 'batch_not_issued'")
    told = [(row["chat_id"], row["card"], row["payload"]) for row in rows]
    return [(chat, card, said["why"], said["by"], said["flats"]) for chat, card, said in sorted(told, key=repr)]


async def test_a_batch_that_fails_for_good_waits_again_and_the_admins_are_told(conn: Connection, town: Town) -> None:
    for code in ("B17-FF", "B17-GF"):
        await sent(conn, town, code, "100")
    await started(conn, town)
    await conn.execute("update inbox set attempts = $1", inbox.FAILURES - 1)
    [row] = await inbox.claim(conn, NOW + timedelta(minutes=1), 1, 60)
    assert await inbox.fail(conn, row, "KeyError", 0)
    await dead_letters.report(_service(conn, town), row)
    assert await states(conn) == {"B17-FF": "pending", "B17-GF": "pending"}
    assert await not_issued(conn) == [
        (town.rekha.chat_id, None, "failed", "Mohan", ["B17-FF", "B17-GF"]),
        (town.mohan.chat_id, "batch:1", "failed", "Mohan", ["B17-FF", "B17-GF"]),
        (town.mohan.chat_id, None, "failed", "Mohan", ["B17-FF", "B17-GF"]),
    ]
    kinds = await conn.fetch("select count(*) from notifications where kind = 'dead_message'")
    assert kinds[0][0] == 2
    again = await queue(work(conn, town.mohan, NOW))
    assert len(again.normal) == 2


async def test_a_reading_edited_while_its_batch_waits_for_the_flat_is_not_billed(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        reading_id = await sent(conn, town, "B17-FF", "100")
        _, batch = await started(conn, town)
    async with db.transaction() as other:
        await flats.lock_flats(other, [town.flat("B17-FF").flat_id])
        issuing = asyncio.create_task(_issue(db, town, batch))
        await asyncio.sleep(0.3)
        async with db.transaction() as conn:
            edit = Submission("B17-FF", Decimal(900), None, READ, "edit", NOW)
            await correct_own(work(conn, town.ravi, NOW), reading_id, None, edit)
    await issuing
    async with db.transaction() as conn:
        assert await states(conn) == {"B17-FF": "pending"}
        assert await conn.fetchval("select count(*) from bills") == 0


async def _issue(db: Database, town: Town, batch: Started) -> None:
    async with db.transaction() as conn:
        await issue_batch(_service(conn, town), {"batch": batch.batch_id})


async def test_undoing_a_batch_leaves_alone_what_its_engineer_takes_back_meanwhile(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        reading_id = await sent(conn, town, "B17-FF", "100")
        _, batch = await started(conn, town)
    async with db.transaction() as conn:
        await take_back(work(conn, town.ravi, NOW), reading_id, 1)
        undoing = asyncio.create_task(_undo(db, town, batch))
        await asyncio.sleep(0.3)
    assert await undoing == BatchUndone(0)
    async with db.transaction() as conn:
        assert await states(conn) == {"B17-FF": "withdrawn"}


async def _undo(db: Database, town: Town, batch: Started) -> BatchUndone | TooLate:
    async with db.transaction() as conn:
        return await undo(work(conn, town.rekha, NOW), batch.batch_id)


async def test_what_came_later_is_not_included(conn: Connection, town: Town) -> None:
    await sent(conn, town, "B17-FF", "100")
    todo = work(conn, town.mohan, NOW)
    offered = await queue(todo)
    await sent(conn, town, "B17-GF", "100")
    outcome = await approve_shown(todo, shown(offered), offered.normal_total, None)
    assert isinstance(outcome, Started)
    assert await states(conn) == {"B17-FF": "approved", "B17-GF": "pending"}


@pytest.mark.parametrize("how", ["value", "decided", "arrears"])
async def test_anything_changed_redraws_the_offer(conn: Connection, town: Town, how: str) -> None:
    first = await sent(conn, town, "B17-FF", "100")
    await sent(conn, town, "B17-GF", "100")
    todo = work(conn, town.mohan, NOW)
    offered = await queue(todo)
    if how == "value":
        await readings.change(conn, first, Measurement(Decimal(101), None, READ))
    elif how == "decided":
        await readings.set_state(conn, first, readings.ReadingState.RETURNED)
    else:
        sql = """insert into account_entries (flat_id, kind, amount, posted_on, value_date, source_type, source_id)
                 values ($1, 'OPENING', 5, $2, $2, 't', 't')"""
        await conn.execute(sql, town.flat("B17-FF").flat_id, READ)
    outcome = await approve_shown(todo, shown(offered), offered.normal_total, None)
    assert isinstance(outcome, OfferChanged)
    assert "approved" not in (await states(conn)).values()


async def test_the_second_of_two_admins_approves_nothing(conn: Connection, town: Town) -> None:
    await sent(conn, town, "B17-FF", "100")
    hers = await queue(work(conn, town.rekha, NOW))
    await started(conn, town)
    outcome = await approve_shown(work(conn, town.rekha, NOW), shown(hers), hers.normal_total, None)
    assert isinstance(outcome, OfferChanged)
    assert await conn.fetchval("select count(*) from approval_batches") == 1


async def test_a_single_reading_is_told_by_its_card_and_more_by_the_queue(conn: Connection, town: Town) -> None:
    todo = work(conn, town.ravi, NOW)
    await queue_changed(todo)
    assert await kinds(conn) == []
    await sent(conn, town, "B17-FF", "100")
    await queue_changed(todo)
    assert await kinds(conn) == ["reading_waiting", "reading_waiting"]
    await sent(conn, town, "B17-GF", "100")
    await queue_changed(todo)
    await queue_changed(todo)
    assert await kinds(conn) == ["queue_changed", "queue_changed", "reading_waiting", "reading_waiting"]


async def kinds(conn: Connection) -> list[str]:
    rows = await conn.fetch("select kind from notifications order by kind")
    return [row["kind"] for row in rows]


async def test_history_does_not_wait(conn: Connection, town: Town) -> None:
    await past(conn, town.flat("B17-FF"), date(2026, 10, 2), "100")
    assert (await queue(work(conn, town.mohan, NOW))).waiting == 0

"""A bill's stored status follows from its account, its due date and the day."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from domain.account import EntryKind
from jobs import statuses
from jobs.opening import NoSuchFlat, NotParked, Opened, set_opening
from jobs.work import Work
from storage import accounts, bills, parked
from storage.database import Connection, Database, open_database
from storage.migrate import migrate
from tests import society
from tests.billing import NOW, TODAY, issue, pay
from tests.storage import legacy


async def test_part_payment_then_all_of_it(db: Database) -> None:
    async with db.transaction() as conn:
        town = await society.build(conn)
        work = society.work(conn, town.rekha, NOW)
        flat_id = town.flat("B17-FF").flat_id
        older = await issue(work, flat_id, "100")
        newer = await issue(work, flat_id, "50", TODAY)
        await pay(work, flat_id, "2000")
        assert await _status(db, conn, older.id, newer.id) == ["partially_paid", "pending"]
        await pay(work, flat_id, str(newer.total_amount - 2000))
        assert await _status(db, conn, older.id, newer.id) == ["paid", "paid"]


async def test_a_taken_back_payment_makes_it_owed_again(db: Database) -> None:
    async with db.transaction() as conn:
        town = await society.build(conn)
        work = society.work(conn, town.rekha, NOW)
        flat_id = town.flat("B17-FF").flat_id
        bill = await issue(work, flat_id, "100")
        await pay(work, flat_id, str(bill.total_amount))
        assert await _status(db, conn, bill.id) == ["paid"]
        payment = (await accounts.entries(conn, flat_id))[-1]
        await accounts.post(
            conn,
            accounts.NewEntry(
                flat_id, EntryKind.REVERSAL, -payment.amount, TODAY, TODAY, "test", "undo", reverses_id=payment.id
            ),
        )
        await statuses.recompute(work, [flat_id])
        assert await _status(db, conn, bill.id) == ["pending"]


async def test_what_is_past_its_due_date_is_overdue(db: Database) -> None:
    async with db.transaction() as conn:
        town = await society.build(conn)
        work = society.work(conn, town.rekha, NOW)
        bill = await issue(work, town.flat("B17-FF").flat_id, "100")
        assert await statuses.mark_overdue(_later(work, 10)) == []
        assert await statuses.mark_overdue(_later(work, 11)) == [bill.id]
        assert await statuses.mark_overdue(_later(work, 12)) == []
        assert await _status(db, conn, bill.id) == ["overdue"]


async def test_a_parked_flat_is_released_with_the_chosen_balance(empty_dsn: str) -> None:
    await legacy.build(empty_dsn, legacy.SUPABASE)
    await migrate(empty_dsn, today=TODAY)
    db = await open_database(empty_dsn)
    async with db.transaction() as conn:
        rekha = await society.resident(conn, "Rekha", "103", "+447700900103")
        work = society.work(conn, rekha, NOW)
        assert isinstance(await set_opening(work, "B18-GF", Decimal(1)), NotParked)
        assert await set_opening(work, "B99-FF", Decimal(1)) == NoSuchFlat("B99-FF")
        outcome = await set_opening(work, "B17-SF", Decimal(2100))
        assert isinstance(outcome, Opened)
        assert [(entry.kind, entry.amount) for entry in await accounts.entries(conn, outcome.flat.id)] == [
            (EntryKind.OPENING, Decimal("2100.00"))
        ]
        assert await parked.is_parked(conn, outcome.flat.id) is None
        assert {bill.status for bill in await bills.history(conn, outcome.flat.id)} == {"pending", "overdue"}
        await pay(work, outcome.flat.id, "2100")
        assert {bill.status for bill in await bills.history(conn, outcome.flat.id)} == {"paid"}
        credit = await set_opening(work, "B17-FF", Decimal(-50))
        assert isinstance(credit, Opened)
        assert {bill.status for bill in await bills.history(conn, credit.flat.id)} == {"paid"}
        assert await accounts.balance(conn, credit.flat.id) == Decimal(-50)
    await db.close()


async def test_the_adopted_unpaid_bill_is_paid_with_its_opening(empty_dsn: str) -> None:
    await legacy.build(empty_dsn, legacy.HANDMADE)
    await migrate(empty_dsn, today=TODAY)
    db = await open_database(empty_dsn)
    async with db.transaction() as conn:
        rekha = await society.resident(conn, "Rekha", "103", "+447700900103")
        work = society.work(conn, rekha, NOW)
        flat_id = await conn.fetchval("select id from flats where code = 'B17-GF'")
        bill = await issue(work, flat_id, "10", TODAY)
        assert bill.previous_outstanding == Decimal(1700)
        await pay(work, flat_id, str(bill.total_amount))
        found = {bill.total_amount: bill.status for bill in await bills.history(conn, flat_id)}
        assert set(found.values()) == {"paid"}
    await db.close()


def _later(work: Work, days: int) -> Work:
    now: datetime = work.now + timedelta(days=days)
    return Work(work.conn, now, work.society, work.actor, work.ref)


async def _status(db: Database, conn: Connection, *bill_ids: int) -> list[str]:
    found = [await bills.get_bill(conn, bill_id) for bill_id in bill_ids]
    return [bill.status for bill in found if bill]

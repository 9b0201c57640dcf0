"""One transfer by several routes, or for two flats, at the same moment: it counts once."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal

from domain.payments import PaymentMethod
from jobs import statement
from jobs.claim_payment import Changed, Claimed, Confirmed, Decision, claim, confirm, sight
from jobs.record_payment import BooksChanged, PaymentSlip, Ready, Recorded, check, record
from jobs.statement_file import StatementFile, StatementRow
from jobs.verify import verify
from storage import accounts
from storage.database import Connection, Database
from storage.payment_claims import Claim
from storage.statements import StatementLine
from tests.society import Town, build, work

NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
UTR, PAID = "412345678901", Decimal(1226)


async def test_by_three_routes_at_once(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        said = await claim(work(conn, town.sharma, NOW), "B17-FF", PAID, UTR, town.sharma.chat_id)
        assert isinstance(said, Claimed)
        row = StatementRow(2, date(2026, 11, 1), PAID, UTR, "UPI")
        taken = await statement.take(work(conn, town.rekha, NOW), StatementFile(b"1", (row,), 0, ()), "november.xlsx")
        seen = await statement.overview(work(conn, town.rekha, NOW), taken.statement_id)

    async def confirmed() -> None:
        await db.run(lambda conn: confirm(work(conn, town.rekha, NOW), said.claim.id))

    async def matched() -> None:
        await db.run(lambda conn: statement.post(work(conn, town.mohan, NOW), seen.statement_id, seen.seal))

    async def placed() -> None:
        line_id = seen.lines[0].id
        await db.run(lambda conn: statement.post_row(work(conn, town.rekha, NOW), line_id, "B17-FF"))

    async def recorded() -> None:
        slip = PaymentSlip("B17-FF", PAID, PaymentMethod.UPI, f"UTR {UTR}")
        await db.run(lambda conn: record(work(conn, town.mohan, NOW), slip, "office"))

    await asyncio.gather(confirmed(), matched(), placed(), recorded(), confirmed(), matched())
    async with db.transaction() as conn:
        assert await accounts.balance(conn, town.flat("B17-FF").flat_id) == -PAID
        assert await conn.fetchval("select count(*) from account_entries where kind = 'PAYMENT'") == 1
        assert (await verify(conn)).ok


async def said_for(conn: Connection, town: Town, flat: str) -> Claim:
    said = await claim(work(conn, town.sharma, NOW), flat, PAID, UTR, town.sharma.chat_id)
    assert isinstance(said, Claimed)
    return said.claim


async def test_two_admins_confirm_one_number_for_two_flats_at_once(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        claims = [await said_for(conn, town, flat) for flat in ("B17-FF", "B18-FF")]
        seals = [(await sight(work(conn, town.rekha, NOW), one)).seal for one in claims]
    ready = asyncio.Barrier(2)

    async def press(one: Claim, seal: str) -> Decision:
        async with db.transaction() as conn:
            await ready.wait()
            return await confirm(work(conn, town.rekha, NOW), one.id, seal)

    done = await asyncio.gather(*(press(one, seal) for one, seal in zip(claims, seals, strict=True)))
    assert {type(one) for one in done} == {Confirmed, Changed}


async def test_two_admins_record_one_number_for_two_flats_at_once(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        slips = [PaymentSlip(flat, PAID, PaymentMethod.UPI, UTR) for flat in ("B17-FF", "B18-FF")]
        shown = [await check(work(conn, town.rekha, NOW), slip) for slip in slips]
    ready = asyncio.Barrier(2)

    async def press(slip: PaymentSlip, one: object) -> object:
        assert isinstance(one, Ready)
        async with db.transaction() as conn:
            await ready.wait()
            return await record(work(conn, town.rekha, NOW), slip, slip.flat_code, seal=one.seal)

    done = await asyncio.gather(*(press(slip, one) for slip, one in zip(slips, shown, strict=True)))
    assert {type(one) for one in done} == {Recorded, BooksChanged}


async def test_two_admins_post_two_rows_with_one_number_to_two_flats_at_once(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        at_work = work(conn, town.rekha, NOW)
        lines: list[StatementLine] = []
        for day in (1, 2):
            row = StatementRow(2, date(2026, 11, day), PAID, UTR, "UPI")
            taken = await statement.take(at_work, StatementFile(bytes([day]), (row,), 0, ()), "november.xlsx")
            lines += (await statement.overview(at_work, taken.statement_id)).lines
    ready = asyncio.Barrier(2)

    async def press(line_id: int, flat: str) -> statement.RowOutcome:
        async with db.transaction() as conn:
            await ready.wait()
            return await statement.post_row(work(conn, town.rekha, NOW), line_id, flat, [])

    done = await asyncio.gather(press(lines[0].id, "B17-FF"), press(lines[1].id, "B18-FF"))
    assert {type(one) for one in done} == {statement.PostedRow, statement.RowChanged}

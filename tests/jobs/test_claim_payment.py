"""One transfer by three routes at the same moment: the claim, the statement and the office count it once."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal

from domain.payments import PaymentMethod
from jobs import statement
from jobs.claim_payment import Claimed, claim, confirm
from jobs.record_payment import PaymentSlip, record
from jobs.statement_file import StatementFile, StatementRow
from jobs.verify import verify
from storage import accounts
from storage.database import Database
from tests.society import build, work

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

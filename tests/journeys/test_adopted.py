"""A database of the former project is adopted and billed on through the chat."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal

from bot.bootstrap import assembled
from bot.simulator import Phone, SeenMessage, Simulator
from domain.roles import Role
from jobs.verify import verify
from storage.database import Connection, connect
from storage.migrate import migrate
from tests import society
from tests.journeys.stage import SPECS, Clock, setup_of
from tests.storage import legacy


async def test_it_bills_on_and_the_ambiguous_flat_waits(empty_dsn: str) -> None:  # noqa: PLR0915 - one story
    await legacy.build(empty_dsn, legacy.SUPABASE)
    await migrate(empty_dsn)
    clock = Clock(datetime(2026, 11, 30, 5, 0, tzinfo=UTC))
    async with AsyncExitStack() as stack:
        conn = await connect(empty_dsn)
        stack.push_async_callback(conn.close)
        for name, chat, phone, role in (
            ("Ravi", "101", "+447700900101", Role.ENGINEER), ("Rekha", "103", "+447700900103", Role.ADMIN)
        ):  # fmt: skip
            await society.resident(conn, name, chat, phone, role)
        simulator = await stack.enter_async_context(Simulator(SPECS, clock=lambda: clock().timestamp()))
        await stack.enter_async_context(assembled(setup_of(empty_dsn, simulator, clock)))
        ravi, rekha, sharma = (simulator.phone(key) for key in ("ravi", "rekha", "sharma"))
        rekha.home.started = True
        await sharma.start()
        await sharma.share_contact()
        await sharma.wait_for("B17-FF")
        await ravi.send_text("B18-GF 132 on 30 Nov")
        await ravi.wait_for("B18-GF · 132 units")
        await rekha.send_text("/pending")
        await rekha.wait_for("10 normal · 2 to look at")
        await rekha.press("Approve 10 normal")
        await rekha.wait_for("in all")
        await rekha.press("Approve 10,")
        await rekha.wait_for("10 readings approved")
        clock.move(seconds=61)
        issued = await rekha.wait_for("9 bills issued")
        assert "1 failed and waits again:\nB18-GF: the month has a bill already" in issued.text
        assert await arrears(conn, "B17-GF") == Decimal("1700.00")
        assert await arrears(conn, "B18-GF") == 0
        await rekha.send_text("/pending")
        await rekha.wait_for("3 to look at")
        await rekha.press("Review 3")
        parked = await turn_to(rekha, "B17-FF")
        assert "Nothing is billed until you set its balance" in parked.text
        assert parked.button("Approve") is None
        await rekha.send_text("/flat B17-FF")
        await rekha.wait_for("19152152")
        await rekha.press("Set")
        await rekha.wait_for("B17-FF")
        await rekha.send_text("1000")
        await rekha.wait_for("owes ₹1,000.00 in all")
        await rekha.press("Set ₹1,000.00")
        flat = await rekha.wait_for("Balance set: ₹1,000.00")
        assert "Owner: Mr Sharma · +447700900105 · Telegram" in flat.text
        assert "Sept █████      ₹1,000.00 overdue\nOct  ██████████ ₹1,800.00 paid" in flat.text
        await rekha.send_text("/pending")
        await rekha.wait_for("1 normal · 2 to look at")
        await rekha.press("Approve 1 normal")
        await rekha.wait_for("1 reading, 113 units, ₹3,830.00 in all.")
        await rekha.press("Approve 1,")
        await rekha.wait_for("1 reading approved")
        clock.move(seconds=61)
        await sharma.wait_for("₹3,830.00")
        found = await verify(conn)
        assert not found.findings
        assert not found.foreign_bills


async def arrears(conn: Connection, flat: str) -> Decimal:
    """Previous outstanding of the bill that was issued here."""
    sql = """
        select previous_outstanding from bills b join flats f on f.id = b.flat_id
        where f.code = $1 and rate_per_unit is not null order by b.id limit 1"""
    found: Decimal = await conn.fetchval(sql, flat)
    return found


async def turn_to(phone: Phone, flat: str) -> SeenMessage:
    """Walks the cards of the queue, from the first on, until this flat's is shown."""
    card = await phone.wait_for("1 of ")
    while not card.text.startswith(flat):
        await phone.press("▶", within=card)
        card = await phone.wait_for(" of ")
    return card

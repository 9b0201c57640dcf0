"""A meter behind a locked door: told at the door, seen by the office, billed by estimate, settled when it is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from domain.metering import ReadingMode
from jobs.verify import verify
from storage.database import Database
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY, Town, build, past

REGISTER = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)


@pytest.fixture
async def town(db: Database) -> Town:
    """B17-FF uses 130 units a month; a neighbour uses 500."""
    async with db.transaction() as conn:
        built = await build(conn)
        for month, register in ((7, "1000"), (8, "1120"), (9, "1260")):
            await past(conn, built.flat("B17-FF"), date(2026, month, 2), register)
    return built


def on(phone: Phone, month: int, day: int) -> Phone:
    phone.society, phone.now = REGISTER, datetime(2026, month, day, 5, tzinfo=UTC)
    return phone


async def cannot_read(ravi: Phone, month: int, reason: str) -> None:
    await on(ravi, month, 28).say("Can't read")
    await ravi.say("B17-FF")
    await ravi.press(reason)


async def test_from_a_locked_door_to_a_settled_bill(ravi: Phone, rekha: Phone, db: Database) -> None:
    await cannot_read(ravi, 10, "Locked")
    card = await on(rekha, 11, 1).say("/issue 2026-10")
    assert "Not read, can be billed from their average units (1): B17-FF 130 (locked, 28 Oct 2026)" in card
    assert "1 estimated bill issued, ₹3,034.00." in await rekha.press("Bill 1 unread flat by estimate, ₹3,034.00")
    said = await on(ravi, 12, 2).say("B17-FF 1540")
    assert said.startswith("B17-FF · <b>1540</b> · 280 units")
    card = await on(rekha, 12, 2).say("/pending")
    assert "The last bill was estimated. The meter shows 150 units more: only these are billed." in card
    await rekha.press("Approve ₹")
    async with db.transaction() as conn:
        assert [row[0] for row in await conn.fetch("select flat_units from bills order by id")] == [130, 150]
        assert (await verify(conn)).ok


async def test_a_third_month_says_why_it_is_not_billed(ravi: Phone, rekha: Phone) -> None:
    for month, reason in ((10, "Locked"), (11, "No display")):
        await cannot_read(ravi, month, reason)
        await on(rekha, month + 1, 1).say(f"/issue 2026-{month}")
        await rekha.press("Bill 1 unread flat by estimate")
    await cannot_read(ravi, 12, "Unsafe")
    rekha.society, rekha.now = REGISTER, datetime(2027, 1, 1, 5, tzinfo=UTC)
    card = await rekha.say("/issue 2026-12")
    assert "Unread for the third month, so not billed before a reading (1): B17-FF (unsafe, 28 Dec 2026)" in card


async def test_a_dead_meter_that_is_replaced_after_an_estimate_counts_what_is_known(
    ravi: Phone, rekha: Phone, mohan: Phone, db: Database
) -> None:
    """130 units were estimated for October, which nobody counted: they stand beside what the new meter counts."""
    await cannot_read(ravi, 10, "No display")
    await on(rekha, 11, 1).say("/issue 2026-10")
    await rekha.press("Bill 1 unread flat by estimate")
    await on(ravi, 11, 3).say("/replace B17-FF")
    await ravi.press("Display is dead")
    await ravi.say("55501")
    await ravi.press("0")
    await ravi.press("No camera")
    await ravi.press("Send")
    await on(mohan, 11, 3).say("/pending")
    await mohan.press("New meter B17-FF")
    assert "Approved by Mohan." in await mohan.press("Approve")
    assert (await on(ravi, 12, 2).say("B17-FF 200")).startswith("B17-FF · <b>200</b> · 200 units")
    card = await on(rekha, 12, 2).say("/pending")
    assert "Old meter 1260→1260 = 0, new 0→200 = 200" in card
    assert "only these are billed" not in card
    await rekha.press("Approve ₹")
    async with db.transaction() as conn:
        assert [row[0] for row in await conn.fetch("select flat_units from bills order by id")] == [130, 200]
        assert (await verify(conn)).ok

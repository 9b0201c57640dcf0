"""Why a hook was refused: not for its caller, but for the log and the doctor, and never a flood of writes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from bot.cli.checks import Status, of_society
from bot.settings import Settings
from bot.web.refused_hooks import RefusedHooks
from jobs.examine import examine
from jobs.work import Actor, Work
from storage import hook_refusals
from storage.database import Database
from storage.hook_refusals import HookRefusal
from tests.society import SOCIETY


async def noted(db: Database, times: int) -> list[HookRefusal]:
    """As soon as there are so many."""
    async with asyncio.timeout(20):
        while True:
            async with db.transaction() as conn:
                found = await hook_refusals.recent(conn)
            if sum(one.times for one in found) >= times:
                return found
            await asyncio.sleep(0.02)


async def test_refusals_are_counted_and_a_flood_of_them_is_written_once(db: Database) -> None:
    refusals = RefusedHooks(db)
    for _ in range(1000):
        refusals.note("whatsapp", "not signed")
    refusals.note("stripe", "not signed")
    found = await noted(db, 1001)
    assert {(one.hook, one.times) for one in found} == {("whatsapp", 1000), ("stripe", 1)}
    patient = RefusedHooks(db, between=0)
    for _ in range(3):
        patient.note("whatsapp", "not signed")
        await asyncio.sleep(0)
    assert sum(one.times for one in await noted(db, 1004)) == 1004


async def test_the_doctor_says_what_was_wrong(db: Database) -> None:
    RefusedHooks(db).note("whatsapp", "not signed with WHATSAPP_APP_SECRET")
    await noted(db, 1)
    async with db.transaction() as conn:
        found = await examine(Work(conn, datetime.now(UTC), SOCIETY, Actor(None, "doctor"), "T"))
    (check,) = [one for one in of_society(found, Settings()) if one.name == "hooks"]
    assert check.status is Status.WARNING
    assert "/webhook/whatsapp was refused 1 time, last " in check.message
    assert check.message.endswith("not signed with WHATSAPP_APP_SECRET")

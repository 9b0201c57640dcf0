"""Secrets and phone numbers never reach logs, errors, pages or the database."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable, Iterator

import aiohttp
import asyncpg
import pytest
import structlog

from bot.bootstrap import assembled
from bot.channels.telegram import Address
from bot.logs import set_up_logs
from bot.simulator import Fault, Simulator
from jobs.secrecy import hide, mask
from tests import probe, society
from tests.kept_logs import kept_logs

CANARY = "424242:canary-token-that-must-never-be-written"
SECRET = "canary-secret-of-the-hook"
PHONE = "+447700900123"


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Everything that was logged; the loggers are put back afterwards."""
    root = logging.getLogger()
    handlers, level, configuration = root.handlers[:], root.level, structlog.get_config()
    yield lambda: capsys.readouterr().err
    root.handlers, root.level = handlers, level
    structlog.configure(**configuration)


@pytest.mark.parametrize("as_json", [True, False])
async def test_the_canary_is_found_nowhere(dsn: str, written: Callable[[], str], as_json: bool) -> None:  # noqa: FBT001 - both ways
    set_up_logs("DEBUG", as_json=as_json)
    for name in ("httpx", "telegram", "aiohttp.access", "asyncio"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    conn = await asyncpg.connect(dsn)
    await society.build(conn)
    async with Simulator([probe.RAVI, probe.REKHA], token=CANARY) as simulator:
        simulator.faults.hold_seconds = 0.3
        ravi = simulator.phone("ravi")
        address = Address(CANARY, simulator.url, None, SECRET)
        async with assembled(probe.setup(dsn, simulator, telegram=address, host="127.0.0.1")) as service:
            await ravi.send_text(f"/probeboom {PHONE}")
            await ravi.wait_for("could not be worked on")
            await conn.execute(
                "insert into audit (actor, action, subject_type, subject_id) values ('', '', '', $1)", PHONE
            )
            faults = [Fault.BAD_GATEWAY, Fault.RESET, Fault.LOST_ANSWER, Fault.TOO_MANY_REQUESTS]
            simulator.faults.retry_after = 1
            for fault in faults:
                simulator.faults.plan(fault)
                await ravi.send_text("/probe hello")
            await ravi.send_document(b"x", "x.bin", caption="/probemedia")
            await asyncio.sleep(1)
            await simulator.stop()
            await asyncio.sleep(0.5)
            async with aiohttp.ClientSession() as session, session.get(f"{service.address}/ready") as answer:
                shown = await answer.text()
    every = 'select t::text from "{}" t'
    tables = await conn.fetch(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    rows = [str(row) for table in tables for row in await conn.fetch(every.format(table[0]))]
    await conn.close()
    log = written()
    assert "message failed" in log
    for place in (log, shown, "\n".join(rows)):
        assert CANARY not in place
        assert CANARY.partition(":")[2] not in place
        assert SECRET not in place
    assert PHONE not in log
    assert PHONE[1:] not in log


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call +447700900123 now", "call +44•••123 now"),
        ("447700900123", "44•••123"),
        ("98765 43210", "98•••210"),
        ("meter 19152159, 2026-11-22T19:50:00.123456Z", "meter 19152159, 2026-11-22T19:50:00.123456Z"),
        ("₹1,84,200.50 for 146.50", "₹1,84,200.50 for 146.50"),
    ],
)
def test_phone_numbers_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_hidden_secrets_are_masked_wherever_they_stand() -> None:
    hide("made-up-password", None, "")
    assert mask("postgresql://u:made-up-password@host/db") == "postgresql://u:•••@host/db"


async def test_the_reference_a_person_sees_leads_from_their_message_to_its_answers(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    await society.build(conn)
    await conn.close()
    with kept_logs(as_json=True) as kept:
        async with probe.telephones() as simulator, probe.service(dsn, simulator):
            ravi = simulator.phone("ravi")
            await ravi.send_text(f"/probeboom {PHONE}")
            told = await ravi.wait_for("could not be worked on")
            await ravi.send_text("/probe fine")
            await ravi.wait_for("probe fine")
    lines = [json.loads(line) for line in kept.getvalue().splitlines()]
    ref = re.search(r"Ref ([0-9A-F]+)", told.text)
    assert ref is not None
    about = [line["event"] for line in lines if line.get("ref") == ref[1]]
    assert about.count("message failed") == 5
    assert about.index("message is dead") < about.index("message out")
    done = {line["ref"] for line in lines if line["event"] == "message done"}
    assert done & {line["ref"] for line in lines if line["event"] == "message out"}
    assert all(line.get("ref") for line in lines if line["event"].startswith("message "))
    assert PHONE not in kept.getvalue()

"""The engine behind the real Telegram channel and the simulated Bot API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from statistics import median

import asyncpg
import pytest

from bot import flows
from bot.simulator import Simulator
from tests import probe, society


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with probe.telephones() as running:
        yield running


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    await society.build(connection)
    yield connection
    await connection.close()


async def traces(conn: asyncpg.Connection, what: str) -> int:
    count: int = await conn.fetchval("select count(*) from audit where subject_id = $1", what)
    return count


async def test_a_message_is_answered(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    ravi = simulator.phone("ravi")
    async with probe.service(dsn, simulator):
        await ravi.send_text("/probe hello")
        await ravi.wait_for("probe hello")


async def test_delivered_twice_is_done_once(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    ravi = simulator.phone("ravi")
    simulator.account.updates.deliver_twice = True
    async with probe.service(dsn, simulator):
        for number in range(5):
            await ravi.send_text(f"/probe {number}")
        await ravi.wait_for("probe 4")
        await asyncio.sleep(0.3)
    assert [await traces(conn, str(number)) for number in range(5)] == [1] * 5
    assert [message.text for message in ravi.received] == [f"probe {number}" for number in range(5)]


async def test_messages_of_a_chat_are_answered_in_order_by_two_processes(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator
) -> None:
    ravi, rekha = simulator.phone("ravi"), simulator.phone("rekha")
    async with probe.service(dsn, simulator), probe.service(dsn, simulator):
        for number in range(40):
            await ravi.send_text(f"/probe r{number}")
            await rekha.send_text(f"/probe k{number}")
        await ravi.wait_for("probe r39", 20)
        await rekha.wait_for("probe k39", 20)
    assert [m.text for m in ravi.received if m.text.startswith("probe")] == [f"probe r{n}" for n in range(40)]
    assert [m.text for m in rekha.received if m.text.startswith("probe")] == [f"probe k{n}" for n in range(40)]


async def test_one_chats_flood_leaves_the_others_latency(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator
) -> None:
    ravi, rekha = simulator.phone("ravi"), simulator.phone("rekha")
    clock = asyncio.get_running_loop().time
    async with probe.service(dsn, simulator):
        await ravi.go_offline()
        for number in range(1000):
            await ravi.send_text(f"/probe {number}")
        await ravi.go_online()
        waits = []
        for number in range(10):
            begun = clock()
            await rekha.send_text(f"/probe k{number}")
            await rekha.wait_for(f"probe k{number}")
            waits.append(clock() - begun)
        assert await conn.fetchval("select count(*) from inbox where state = 'new'") > 100
    assert median(waits) < 0.5


async def test_a_poisoned_message_dies_alone_and_can_be_tried_again(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator
) -> None:
    ravi, rekha = simulator.phone("ravi"), simulator.phone("rekha")
    async with probe.service(dsn, simulator):
        await ravi.send_text("/probeboom cure")
        await rekha.send_text("/probe fine")
        await rekha.wait_for("probe fine")
        dead = await ravi.wait_for("could not be worked on")
        told = await rekha.wait_for("failed five times")
        assert "boom" in told.text
        assert "+447700900123" not in told.text
        assert await traces(conn, "must be undone") == 0
        assert await conn.fetchval("select attempts from inbox where state = 'dead'") == 5
        await ravi.send_text("/probe after")
        await ravi.wait_for("probe after")
        await rekha.send_text("/probe cure")
        await rekha.wait_for("probe cure")
        await ravi.press("Try again", within=dead)
        await ravi.wait_for("no boom")
    assert await traces(conn, "must be undone") == 1


async def test_a_forged_token_and_a_foreign_token_do_nothing(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator
) -> None:
    ravi, rekha = simulator.phone("ravi"), simulator.phone("rekha")
    async with probe.service(dsn, simulator):
        await ravi.send_text("/probekeys mine")
        card = await ravi.wait_for("Choose")
        await ravi.press_data(card, "forged-token")
        await ravi.wait_for("no longer works")
        await rekha.send_text("/probe hello")
        hers = await rekha.wait_for("probe hello")
        await rekha.press_data(hers, card.buttons[0].value)
        await rekha.wait_for("no longer works")
        assert await traces(conn, "mine") == 0
        assert "mine" not in card.buttons[0].value
        await ravi.press("Count one")
        counted = await ravi.wait_for("Counted mine")
        assert counted.id == card.id
    assert await traces(conn, "mine") == 1


async def test_a_press_is_never_named_like_a_message(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    ravi = simulator.phone("ravi")
    async with probe.service(dsn, simulator):
        await ravi.send_text("/probekeys mine")
        await ravi.wait_for("Choose")
        await ravi.press("Name it")
        shown = await ravi.wait_for("Key telegram")
        row = await conn.fetchval("select max(id) from inbox")
    assert shown.text == f"Key telegram:{probe.RAVI.user_id}:press{row}"


async def test_rights_are_read_at_the_press(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    sharma, rekha = simulator.phone("sharma"), simulator.phone("rekha")
    group = simulator.add_group("Office", sharma, rekha)
    async with probe.service(dsn, simulator):
        await sharma.send_text("/probekeys sharma")
        await sharma.wait_for("Choose")
        await sharma.press("Guarded")
        await sharma.wait_for("another role")

        await rekha.send_text("/probekeys group", chat=group)
        await until(conn, "select exists (select from notifications n join chat_identities c on c.id = n.chat_id "
                          "where not c.is_private and n.status = 'sent')")  # fmt: skip
        card = simulator.account.world.chats[group].messages
        shown = next(m for m in card.values() if "Choose" in str(m))
        token = await conn.fetchval(
            "select token from actions where name = 'probe.guarded' and data->>'what' = 'group'"
        )
        await sharma.press_data(shown.id, token, chat=group)
        await until(conn, "select not exists (select from inbox where state = 'new')")
        assert await traces(conn, "guarded group") == 0
        await rekha.press_data(shown.id, token, chat=group)
        async with asyncio.timeout(10):
            while await traces(conn, "guarded group") == 0:
                await asyncio.sleep(0.05)

        await rekha.send_text("/probekeys rekha")
        await rekha.wait_for("Choose")
        await conn.execute("update staff set revoked_at = now() where role = 'admin'")
        await rekha.press("Guarded")
        await rekha.wait_for("another role")
    assert await traces(conn, "guarded sharma") == await traces(conn, "guarded rekha") == 0


async def test_a_dialogue_is_kept_in_the_database(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    ravi = simulator.phone("ravi")
    async with probe.service(dsn, simulator):
        await ravi.send_text("/probedialogue Ravi")
        await ravi.wait_for("colour")
    async with probe.service(dsn, simulator):
        await ravi.send_text("/probe aside")
        await ravi.wait_for("probe aside")
        await ravi.send_text("blue")
        await ravi.wait_for("Ravi likes blue")
    assert await conn.fetchval("select count(*) from conversations") == 0


async def test_a_dialogue_in_a_group_is_its_beginners(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    ravi, rekha, sunil = (simulator.phone(name) for name in ("ravi", "rekha", "sunil"))
    group = simulator.add_group("Office", ravi, rekha, sunil)
    async with probe.service(dsn, simulator):
        await ravi.send_text("/probedialogue Ravi", chat=group)
        await rekha.send_text("/probedialogue Rekha", chat=group)
        asked = simulator.account.world.chats[group].messages
        async with asyncio.timeout(10):
            while sum("colour" in str(message) for message in asked.values()) < 2:
                await asyncio.sleep(0.05)
        question = next(message.id for message in asked.values() if "colour" in str(message))
        for phone, text in ((sunil, "red"), (ravi, "blue"), (rekha, "green")):
            await phone.send_text(text, reply_to=question, chat=group)
        async with asyncio.timeout(10):
            while await conn.fetchval("select count(*) from notifications where message like '% likes %'") < 2:
                await asyncio.sleep(0.05)
    said = await conn.fetch("select message from notifications where message like '% likes %' order by id")
    assert [row["message"] for row in said] == ["Ravi likes blue", "Rekha likes green"]
    assert await conn.fetchval("select count(*) from conversations") == 0


async def test_messages_found_waiting_together_share_one_card(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator
) -> None:
    ravi = simulator.phone("ravi")
    await ravi.go_offline()
    for number in range(14):
        await ravi.send_text(f"/probeburst {number}")
    await ravi.go_online()
    async with probe.service(dsn, simulator):
        await ravi.wait_for("burst 13 True 0")
        await ravi.send_text("/probeburst alone")
        await ravi.wait_for("burst alone False 0")
    assert len(ravi.received) == 2


async def test_delayed_work_is_done_when_due(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    ravi = simulator.phone("ravi")
    async with probe.service(dsn, simulator):
        begun = asyncio.get_running_loop().time()
        await ravi.send_text("/probelater 1")
        await ravi.wait_for("later")
        await ravi.wait_for("Fact now")
        assert asyncio.get_running_loop().time() - begun >= 0.9
    assert await conn.fetchval("select state from inbox where channel = 'internal'") == "done"


async def test_a_blocked_chat_is_unreachable_until_it_writes_again(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator
) -> None:
    ravi = simulator.phone("ravi")
    reachable = "select reachable from chat_identities where external_id = '101'"
    async with probe.service(dsn, simulator):
        await ravi.send_text("/probe hello")
        await ravi.wait_for("probe hello")
        await ravi.block()
        await until(conn, f"select not ({reachable})")
        await ravi.block(blocked=False)
        await until(conn, reachable)


async def test_the_menu_follows_roles_and_language(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    ravi = simulator.phone("ravi")
    flows.load()
    async with probe.service(dsn, simulator):
        await ravi.send_text("/probe hello")
        await until(conn, "select menu = 'en:engineer' from chat_identities where external_id = '101'")
        await until(conn, "select count(*) = 0 from notifications where status = 'queued'")
        assert len(simulator.recorder.of("setMyCommands")) >= 1
        before = len(simulator.recorder.of("setMyCommands"))
        await ravi.send_text("/probe again")
        await ravi.wait_for("probe again")
        await conn.execute("update chat_identities set language = 'hi' where external_id = '101'")
        await ravi.send_text("/probe hindi")
        await until(conn, "select menu = 'hi:engineer' from chat_identities where external_id = '101'")
        await until(conn, "select count(*) = 0 from notifications where status = 'queued'")
        assert len(simulator.recorder.of("setMyCommands")) == before + 1
        await ravi.start()
        async with asyncio.timeout(10):
            while len(simulator.recorder.of("setMyCommands")) == before + 1:
                await asyncio.sleep(0.05)
    assert len(simulator.recorder.of("setMyCommands")) == before + 2


async def until(conn: asyncpg.Connection, condition: str, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await conn.fetchval(condition):
            await asyncio.sleep(0.05)


async def test_only_what_staff_sends_is_downloaded(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    async with probe.service(dsn, simulator):
        for name, size in (("sharma", 0), ("ravi", 5)):
            await simulator.phone(name).send_document(b"12345", "x.bin", caption="/probemedia")
            await simulator.phone(name).wait_for(f"media {size}")
    assert len(simulator.recorder.of("getFile")) == 1


async def test_an_update_that_the_library_cannot_read_blocks_nobody(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator
) -> None:
    ravi = simulator.phone("ravi")
    person = {"id": 101, "first_name": "Ravi", "is_bot": False}
    odd = {"message_id": 9_000, "date": 1_790_000_000, "chat": {"id": 101, "type": "private"}, "from": person}
    async with probe.service(dsn, simulator):
        simulator.account.updates.put("message", {**odd, "sticker": {"file_id": "of a later version"}}, 101)
        await ravi.send_text("/probe a\0b")
        await ravi.wait_for("probe a\N{REPLACEMENT CHARACTER}b")

"""WhatsApp's hook over real HTTP: verified, signed over the raw bytes, stored whole, answered briefly (attack 7)."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import asyncpg
import pytest

from bot.bootstrap import Setup, assembled
from bot.service import Service
from bot.web.whatsapp_hook import LARGEST
from storage import inbox
from storage.database import DatabaseUnavailable
from tests import probe, society
from tests.bot.channels.whatsapp.pushed import (
    SHARMA,
    SHARMA_ID,
    VERIFY_TOKEN,
    account,
    batch,
    change,
    contact,
    encoded,
    message,
    signature,
    status,
    text,
)

ASKED = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}


def serving(dsn: str, **changes: Any) -> AbstractAsyncContextManager[Service]:
    known: dict[str, Any] = {
        "whatsapp": account(),
        "engine_tempo": probe.QUICK_ENGINE,
        "delivery_tempo": probe.QUICK_DELIVERY,
        "load_flows": probe.load,
        "limiters": False,
    }
    return assembled(Setup(dsn=dsn, society=society.SOCIETY, **{**known, **changes}))


@pytest.fixture
async def service(dsn: str) -> AsyncIterator[Service]:
    async with serving(dsn) as running:
        yield running


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def push(client: aiohttp.ClientSession, service: Service, body: bytes, sign: str | None = "") -> int:
    headers = {} if sign is None else {"X-Hub-Signature-256": sign or signature(body)}
    async with client.post(f"{service.address}/webhook/whatsapp", data=io.BytesIO(body), headers=headers) as answer:
        assert len(await answer.read()) < 120
        return answer.status


async def ask(client: aiohttp.ClientSession, service: Service, **query: str) -> tuple[int, str]:
    async with client.get(f"{service.address}/webhook/whatsapp", params=query) as answer:
        return answer.status, await answer.text()


async def stored(conn: asyncpg.Connection) -> list[str]:
    rows = await conn.fetch("select dedupe_key from inbox where channel = 'whatsapp' order by id")
    return [row["dedupe_key"] for row in rows]


async def test_the_challenge_is_answered_to_whoever_knows_the_token(
    client: aiohttp.ClientSession, service: Service
) -> None:
    assert await ask(client, service, **ASKED) == (200, "1158201444")
    for wrong in (
        {"hub.verify_token": VERIFY_TOKEN[:-1]},
        {"hub.verify_token": VERIFY_TOKEN + "x"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "é"},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": ""},
        {"hub.challenge": "9" * 300},
        {"hub.challenge": "☃"},
    ):
        state, said = await ask(client, service, **{**ASKED, **wrong})
        assert (state, json.loads(said)["error"]["code"]) == (403, "forbidden")
    assert (await ask(client, service))[0] == 403


@pytest.mark.parametrize("missing", ["app_secret", "verify_token"])
async def test_without_both_secrets_there_is_no_hook(dsn: str, client: aiohttp.ClientSession, missing: str) -> None:
    body = encoded(batch(change(text("hello"))))
    secrets: dict[str, Any] = {missing: None}
    async with serving(dsn, whatsapp=account(**secrets)) as service:
        assert (await ask(client, service, **ASKED))[0] == 404
        assert await push(client, service, body) == 404
    async with serving(dsn, whatsapp=None) as service:
        assert await push(client, service, body) == 404


async def test_a_batch_is_stored_whole_and_a_repeat_changes_nothing(
    client: aiohttp.ClientSession, service: Service, conn: asyncpg.Connection
) -> None:
    whole = batch(
        change(text("/probe one", 1), text("/probe two", 2), contacts=[contact()]),
        change(statuses=[status("delivered"), status("sent")]),
        change(text("/probe three", 3)),
        change(text("somebody else's", 4), number_id="1"),
        {"field": "message_template_status_update", "value": {"event": "APPROVED"}},
    )
    again = batch(change(text("/probe three", 3)), change(text("/probe two", 2), text("/probe one", 1)))
    assert [await push(client, service, encoded(one)) for one in (whole, whole, again)] == [200, 200, 200]
    keys = await stored(conn)
    assert keys[:-1] == ["wamid.0001==", "wamid.0002==", "wamid.OUT==:delivered", "wamid.OUT==:sent", "wamid.0003=="]
    assert keys[-1].startswith("event:")
    await until(conn, "select count(*) = 3 from audit where action = 'probe'")
    traces = await conn.fetch("select subject_id from audit where action = 'probe' order by id")
    assert [trace["subject_id"] for trace in traces] == ["one", "two", "three"]


async def test_one_changed_byte_and_nothing_is_stored(
    client: aiohttp.ClientSession, service: Service, conn: asyncpg.Connection
) -> None:
    body = encoded(batch(change(text("B17-FF 146"))))
    good = signature(body)
    changed = body.replace(b"146", b"147")
    forged = [
        (changed, good),
        (body + b" ", good),
        (body, None),
        (body, "sha256="),
        (body, good[:-1]),
        (body, good[:-1] + ("0" if good[-1] != "0" else "1")),
        (body, good.removeprefix("sha256=")),
        (body, signature(body, "another-secret")),
        (body, "é" * 40),
        (body, f"sha1={good[7:]}"),
    ]
    assert [await push(client, service, content, sign) for content, sign in forged] == [401] * len(forged)
    assert await stored(conn) == []
    assert await push(client, service, body, good) == 200
    assert await stored(conn) == ["wamid.0001=="]


async def test_what_is_too_large_or_no_json_is_refused_and_changes_nothing(
    client: aiohttp.ClientSession, service: Service, conn: asyncpg.Connection
) -> None:
    large = b'{"entry": "' + b"x" * LARGEST + b'"}'
    assert await push(client, service, large) == 413

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(LARGEST // (1 << 16) + 2):
            yield b"x" * (1 << 16)

    async with client.post(f"{service.address}/webhook/whatsapp", data=pieces()) as answer:
        assert answer.status == 413
    for body in (b"", b"{", b"[]", b"null", b'{"a": "\xff\xfe"}', "{}".encode("utf-16"), b"[" * 100_000):
        assert await push(client, service, body) == 400
    assert await stored(conn) == []


async def test_what_is_signed_and_not_understood_is_stored_and_answered(
    client: aiohttp.ClientSession, service: Service, conn: asyncpg.Connection
) -> None:
    odd: list[Any] = [
        {},
        {"object": "page"},
        {"entry": 5},
        {"entry": [{"changes": ["x"]}]},
        batch(
            change(5, {"id": 7}, {"id": "wamid.X", "type": "text"}, statuses=[None, {"id": "a\0b", "status": "read"}])
        ),
        batch(change(text("/probe a\0b\ud83d", 9), contacts=[contact(name="R\0\ud83d")])),
        batch(change(message("image", 10, image=None), message("contacts", 11, contacts=[[]]))),
    ]
    assert [await push(client, service, encoded(one)) for one in odd] == [200] * len(odd)
    await until(conn, "select count(*) = 0 from inbox where channel = 'whatsapp' and state <> 'done'")
    assert len(await stored(conn)) == 4 + 5 + 1 + 2


async def test_who_hides_the_number_later_keeps_the_chat(
    client: aiohttp.ClientSession, service: Service, conn: asyncpg.Connection
) -> None:
    hidden = text("/probe hidden", 2, sender=None, from_user_id=SHARMA_ID)
    await push(client, service, encoded(batch(change(text("/probe shown", 1), contacts=[contact()]))))
    await until(conn, "select count(*) = 1 from audit where subject_id = 'shown'")
    await push(client, service, encoded(batch(change(hidden, contacts=[contact(wa_id=None)]))))
    await until(conn, "select count(*) = 1 from audit where subject_id = 'hidden'")
    chats = await conn.fetch("select external_id from chat_identities where channel = 'whatsapp'")
    assert [chat["external_id"] for chat in chats] == [SHARMA]
    assert [row["chat"] for row in await conn.fetch("select chat from inbox where channel = 'whatsapp'")] == [
        SHARMA
    ] * 2


async def test_who_shows_the_number_later_keeps_the_chat(
    client: aiohttp.ClientSession, service: Service, conn: asyncpg.Connection
) -> None:
    hidden = text("/probe hidden", 1, sender=None, from_user_id=SHARMA_ID)
    await push(client, service, encoded(batch(change(hidden))))
    await until(conn, "select count(*) = 1 from audit where subject_id = 'hidden'")
    before = await conn.fetchval("select id from chat_identities where external_id = $1", SHARMA_ID)
    await push(client, service, encoded(batch(change(text("/probe shown", 2), contacts=[contact()]))))
    await until(conn, "select count(*) = 1 from audit where subject_id = 'shown'")
    chats = await conn.fetch("select id, external_id from chat_identities where channel = 'whatsapp'")
    assert [(chat["id"], chat["external_id"]) for chat in chats] == [(before, SHARMA)]


async def test_the_window_counts_from_what_the_person_sent_and_not_from_receipts(
    client: aiohttp.ClientSession, service: Service, conn: asyncpg.Connection
) -> None:
    late, early = text("/probe late", 1, timestamp="1793592000"), text("/probe early", 2, timestamp="1793581200")
    await push(client, service, encoded(batch(change(late), change(early), change(statuses=[status("read")]))))
    await until(conn, "select count(*) = 2 from audit where action = 'probe'")
    heard = await conn.fetchval("select extract(epoch from last_heard_at)::bigint from chat_identities")
    assert heard == 1793592000


async def test_without_a_database_it_is_sent_again(
    client: aiohttp.ClientSession, service: Service, conn: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: object) -> int:
        raise DatabaseUnavailable

    body = encoded(batch(change(text("/probe x"))))
    with monkeypatch.context() as broken:
        broken.setattr(inbox, "store", down)
        assert await push(client, service, body) == 503
    assert await stored(conn) == []
    assert await push(client, service, body) == 200


async def test_hooks_are_answered_while_every_worker_is_busy(
    client: aiohttp.ClientSession, service: Service, conn: asyncpg.Connection
) -> None:
    """P14's reason; the bench measures the figures."""
    async with conn.transaction():
        await conn.execute("lock table audit in exclusive mode")  # what each of these messages has to write to
        for number in range(30):
            sender = f"4477009000{number:02}"
            assert await push(client, service, encoded(batch(change(text("/probe x", number, sender=sender))))) == 200
        assert await conn.fetchval("select count(*) from inbox where channel = 'whatsapp' and state = 'new'") == 30
    await until(conn, "select count(*) = 30 from audit where action = 'probe'")


async def until(conn: asyncpg.Connection, question: str) -> None:
    async with asyncio.timeout(30):
        while not await conn.fetchval(question):
            await asyncio.sleep(0.05)

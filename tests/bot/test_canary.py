"""The canary: a secret in every setting that is one, and a made-up phone, are found in nothing that is written."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from bot import bootstrap
from bot.cli import live_calls
from bot.service import Service
from bot.settings import Settings
from bot.simulator import Fault, Phone, Simulator
from jobs.pay_online import Order, pay
from tests import probe, society
from tests.bot.parrot import Parrot, parrot
from tests.kept_logs import kept_logs

NEVER = "that-must-never-be-written"
BOT = f"424242:canary-of-the-bot-{NEVER}"
STRANGER = "447700900123"
FORGED = "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


def canary(name: str) -> str:
    return f"canary-{name.replace('_', '-')}-{NEVER}"


def secrets_in(dsn: str, bird: Parrot) -> dict[str, str]:
    """Every secret setting; those that must look like something look like it."""
    parts, root = urlsplit(dsn), urlsplit(bird.url)
    user = parts.username or "postgres"
    place = parts.netloc.rpartition("@")[2]
    shaped = {
        "telegram_bot_token": BOT,
        "database_url": urlunsplit(parts._replace(netloc=f"{user}:{canary('database')}@{place}")),
        "cloudinary_url": f"cloudinary://123456789012345:{canary('cloudinary')}@made-up",
        "stripe_api_key": f"sk_test_{canary('stripe').replace('-', '_')}",
        "discord_webhook_url": f"{bird.url}/api/webhooks/1/{canary('discord')}",
        "heartbeat_url": f"{bird.url}/ping/{canary('heartbeat')}",
        "sentry_dsn": f"http://{canary('sentry').replace('-', '')}@{root.netloc}/2",
    }
    names = [name for name, field in Settings.model_fields.items() if _is_secret(field.annotation)]
    return {name: shaped.get(name, canary(name)) for name in names}


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))


def words_in(secrets: Mapping[str, str]) -> list[str]:
    """What must be found nowhere: the part of each secret that is one."""
    return [next(word for word in _words(secret) if "canary" in word) for secret in secrets.values()]


def _words(secret: str) -> list[str]:
    for mark in ":/@":
        secret = secret.replace(mark, " ")
    return secret.split()


def configured(dsn: str, bird: Parrot, telegram: str, folder: Path) -> tuple[Settings, dict[str, str]]:
    """Everything that can be, each service led to the parrot."""
    secrets = secrets_in(dsn, bird)
    given: dict[str, Any] = {
        **secrets,
        "telegram_api_base": telegram,
        "whatsapp_phone_number_id": "106540352242922",
        "whatsapp_business_account_id": "102290129340398",
        "whatsapp_api_base": f"{bird.url}/v23.0",
        "stripe_api_base": bird.url,
        "razorpay_key_id": "rzp_test_made_up",
        "razorpay_api_base": bird.url,
        "openai_base_url": f"{bird.url}/v1",
        "photo_reader": "openai",
        "ai_wording": True,
        "auth0_issuer": f"{bird.url}/",
        "auth0_api_identifier": "https://bills.example.org/api",
        "auth0_m2m_client_id": "made-up-machine",
        "auth0_client_id": "made-up-person",
        "public_url": "https://bills.example.org",
        "data_dir": folder,
        "port": 0,
    }
    return Settings(**given), secrets


async def chatted(ravi: Phone, sharma: Phone, simulator: Simulator) -> None:
    """Telegram at its worst, with a photo, a dead message and an owner's numbers."""
    await ravi.start()
    await ravi.send_photo(bootstrap.grey_point(), "B17-GF 150")
    await ravi.wait_for("B17-GF")
    await ravi.send_text(f"/probeboom {STRANGER}")
    await ravi.wait_for("could not be worked on", 60)
    for fault in (Fault.BAD_GATEWAY, Fault.RESET, Fault.LOST_ANSWER):
        simulator.faults.plan(fault)
        await sharma.send_text("/bill")
    await sharma.wait_for("B17-FF", 60)


async def asked(client: ClientSession, secrets: Mapping[str, str]) -> list[str]:
    """Right and wrong calls to every address; what was answered."""
    app_secret = secrets["whatsapp_app_secret"].encode()
    message = {"from": STRANGER, "id": "wamid.1", "timestamp": "1790000000", "type": "text", "text": {"body": "hello"}}
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "106540352242922"}, "messages": [message]}
    batch = json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()
    signature = f"sha256={hmac.new(app_secret, batch, hashlib.sha256).hexdigest()}"
    verify = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": secrets["whatsapp_verify_token"]}
    good = {"Authorization": f"Bearer {secrets['header_auth_token']}"}
    reading = {"flat_code": "B17-FF", "reading_value": 146}
    hook, token = "/webhook/meter-reading", {"X-Telegram-Bot-Api-Secret-Token": secrets["telegram_webhook_secret"]}
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", hook, {"json": reading, "headers": good}),
        ("POST", hook, {"json": reading, "headers": {"Authorization": f"{good['Authorization']}x"}}),
        ("POST", hook, {"json": reading, "headers": {"Authorization": FORGED}}),
        ("POST", hook, {"json": {**reading, "photo_url": f"https://{STRANGER}/x"}, "headers": good}),
        ("GET", "/webhook/whatsapp", {"params": verify}),
        ("GET", "/webhook/whatsapp", {"params": {**verify, "hub.verify_token": f"{verify['hub.verify_token']}x"}}),
        ("POST", "/webhook/whatsapp", {"data": batch, "headers": {"X-Hub-Signature-256": signature}}),
        ("POST", "/webhook/whatsapp", {"data": batch + b" ", "headers": {"X-Hub-Signature-256": signature}}),
        ("POST", "/webhook/telegram", {"json": {"update_id": 5}, "headers": token}),
        ("POST", "/webhook/telegram", {"json": {"update_id": "x"}, "headers": token}),
        ("POST", "/webhook/telegram", {"json": {"update_id": 6}}),
        ("POST", "/webhook/stripe", {"data": b"{}", "headers": {"Stripe-Signature": "t=1,v1=x"}}),
        ("POST", "/webhook/razorpay", {"data": b"{}", "headers": {"X-Razorpay-Signature": "x"}}),
        ("GET", "/metrics", {"headers": {"Authorization": f"Bearer {secrets['metrics_token']}"}}),
        ("GET", "/ready", {}),
        ("GET", f"/b/{canary('page')}", {}),
    ]
    said = []
    for method, path, what in calls:
        async with client.request(method, path, **what) as answer:
            said.append(f"{answer.status} {dict(answer.headers)} {await answer.text()}")
    return said


async def paid_in_vain(service: Service, conn: asyncpg.Connection) -> None:
    bill = await conn.fetchrow("select id, flat_id from bills limit 1")
    assert bill is not None
    person = await conn.fetchval("select id from people where name = 'Mr Sharma'")
    for provider in service.providers:
        await pay(
            service.pay_desk, Order(bill["flat_id"], bill["id"], person, provider, "https://bills.example.org/b/x")
        )


async def called(settings: Settings) -> list[str]:
    """What `doctor --live` says of each."""
    said = []
    calls = live_calls.telegram, live_calls.discord, live_calls.auth0, live_calls.stripe, live_calls.razorpay
    for call in (*calls, live_calls.openai):
        try:
            said.append(await call(settings))
        except live_calls.CallFailedError as error:
            said.append(f"{error} {error.mend}")
    return said


async def rows_in(conn: asyncpg.Connection) -> str:
    tables = await conn.fetch(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    rows = [str(row) for one in tables for row in await conn.fetch(f'select t::text from "{one[0]}" t')]  # noqa: S608 - names of tables
    return "\n".join(rows)


async def heard(bird: Parrot, *paths: str) -> None:
    async with asyncio.timeout(60):
        while not all(bird.told(path) for path in paths):
            await asyncio.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("as_json", [True, False])
async def test_no_secret_is_written_anywhere(dsn: str, tmp_path: Path, as_json: bool) -> None:  # noqa: FBT001 - both ways
    probe.load()
    conn = await asyncpg.connect(dsn)
    await society.build(conn)
    with kept_logs("DEBUG", as_json=as_json, talkative=True) as kept:
        async with parrot() as bird, Simulator([probe.RAVI, probe.SHARMA, probe.REKHA], token=BOT) as simulator:
            settings, secrets = configured(dsn, bird, simulator.url, tmp_path)
            async with bootstrap.running(settings, limiters=False, polling=True) as service:
                async with ClientSession(service.address) as client:
                    said = await asked(client, secrets)
                    await paid_in_vain(service, conn)
                    await chatted(simulator.phone("ravi"), simulator.phone("sharma"), simulator)
                    await heard(bird, "/v23.0/106540352242922/messages", "/api/webhooks/", "/ping/", "/envelope/")
                    await heard(bird, "/v1/responses")
                    said += await called(settings)
                said.append(repr(settings) + repr(service))
    rows = await rows_in(conn)
    await conn.close()
    places = {
        "the log": kept.getvalue(),
        "the database": rows,
        "an answer": "\n".join(said),
        "what Sentry is told": "\n".join(bird.told("/envelope/")),
        "what the office is told": "\n".join(bird.told("/api/webhooks/")),
        "the data folder": "\n".join(str(path) for path in tmp_path.rglob("*")),
    }
    assert "message failed" in places["the log"]
    assert [answer[:3] for answer in said[:3]] == ["201", "401", "503"]
    own = {("what Sentry is told", words_in({"": secrets["sentry_dsn"]})[0])}
    found = {(place, word) for place, text in places.items() for word in [*words_in(secrets), NEVER] if word in text}
    assert found <= own
    for place in ("the log", "what Sentry is told"):
        assert STRANGER not in places[place], place

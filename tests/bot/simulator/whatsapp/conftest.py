"""A simulator with people on WhatsApp, a client of the Cloud API, and somebody who takes the hooks."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientSession, FormData, web

from bot.simulator import PhoneSpec, Simulator
from bot.simulator.whatsapp import ACCOUNT_ID, APP_SECRET, PHONE_NUMBER_ID, TOKEN, WhatsAppPhone
from tests.journeys.clock import Clock
from tests.journeys.stage import until

Json = dict[str, Any]

SPECS = (
    PhoneSpec("ravi", 101, "Ravi", "Engineer", "+447700900101", "Kumar", channel="whatsapp"),
    PhoneSpec("farida", 107, "Farida", "Owner", "+447700900107", channel="whatsapp"),
    PhoneSpec("rekha", 103, "Rekha", "Admin, on Telegram", "+447700900103"),
)


@dataclass
class Client:
    """Calls as a service makes them; each gives the HTTP status and the JSON."""

    http: ClientSession
    root: str
    token: str = TOKEN

    async def send(self, to: str = "447700900101", **message: Any) -> tuple[int, Json]:
        asked = {"messaging_product": "whatsapp", "to": to, **message}
        return await self.post(f"{PHONE_NUMBER_ID}/messages", {name: value for name, value in asked.items() if value})

    async def text(self, body: str, **more: Any) -> str:
        """A text that is accepted; its id."""
        status, answer = await self.send(type="text", text={"body": body}, **more)
        assert status == 200, answer
        return str(answer["messages"][0]["id"])

    async def interactive(self, interactive: Json, **more: Any) -> tuple[int, Json]:
        return await self.send(type="interactive", interactive=interactive, **more)

    async def template(self, name: str, *parameters: str, button: str | None = None, **more: Any) -> tuple[int, Json]:
        components: list[Json] = [{"type": "body", "parameters": [{"type": "text", "text": one} for one in parameters]}]
        if button is not None:
            link = {"type": "button", "sub_type": "url", "index": "0"}
            components.append({**link, "parameters": [{"type": "text", "text": button}]})
        language = {"code": more.pop("language", "en")}
        return await self.send(
            type="template", template={"name": name, "language": language, "components": components}, **more
        )

    async def post(self, path: str, asked: Json) -> tuple[int, Json]:
        async with self.http.post(f"{self.root}/{path}", json=asked, headers=self._headers()) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> tuple[int, Json]:
        address = path if path.startswith("http") else f"{self.root}/{path}"
        async with self.http.get(address, headers=self._headers()) as answer:
            return answer.status, await answer.json()

    async def upload(self, data: bytes, kind: str, name: str = "file") -> tuple[int, Json]:
        form = FormData({"messaging_product": "whatsapp", "type": kind})
        form.add_field("file", BytesIO(data), filename=name, content_type=kind)
        address = f"{self.root}/{PHONE_NUMBER_ID}/media"
        async with self.http.post(address, data=form, headers=self._headers()) as answer:
            return answer.status, await answer.json()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Listener:
    """A service's hook: keeps what it was told; `answers` are the next statuses it gives, then 200."""

    address: str = ""
    payloads: list[Json] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        expected = "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert request.headers["X-Hub-Signature-256"] == expected
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.payloads.append(json.loads(body))
        return web.Response(status=status)

    @property
    def values(self) -> list[Json]:
        """Every change told, in order; each is checked for its frame."""
        found = []
        for payload in self.payloads:
            assert payload["object"] == "whatsapp_business_account"
            for entry in payload["entry"]:
                assert entry["id"] == ACCOUNT_ID
                for change in entry["changes"]:
                    assert change["field"] == "messages"
                    assert change["value"]["metadata"]["phone_number_id"] == PHONE_NUMBER_ID
                    found.append(change["value"])
        return found

    @property
    def messages(self) -> list[Json]:
        return [message for value in self.values for message in value.get("messages", [])]

    @property
    def statuses(self) -> list[tuple[str, str]]:
        """(message, status)."""
        return [(status["id"], status["status"]) for value in self.values for status in value.get("statuses", [])]

    async def heard(self, count: int) -> list[Json]:
        """Once so many messages came."""

        async def enough() -> bool:
            return len(self.messages) >= count

        await until(enough)
        return self.messages

    async def told(self, wamid: str, status: str) -> None:
        """Once this status came."""

        async def came() -> bool:
            return (wamid, status) in self.statuses

        await until(came)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sim(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(SPECS, clock=lambda: clock().timestamp(), first_id=1) as simulator:
        yield simulator


@pytest.fixture
async def client(sim: Simulator) -> AsyncIterator[Client]:
    async with ClientSession() as http:
        yield Client(http, sim.whatsapp_url)


@pytest.fixture
async def listener(sim: Simulator) -> AsyncIterator[Listener]:
    listening = Listener()
    app = web.Application()
    app.router.add_post("/webhook/whatsapp", listening.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    listening.address = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook/whatsapp"
    sim.whatsapp.hooks.address = listening.address
    yield listening
    await sim.whatsapp.hooks.close()
    await runner.cleanup()


@pytest.fixture
def ravi(sim: Simulator) -> WhatsAppPhone:
    phone = sim.phone("ravi")
    assert isinstance(phone, WhatsAppPhone)
    return phone


@pytest.fixture
async def heard(ravi: WhatsAppPhone) -> WhatsAppPhone:
    """Ravi, whose window is open."""
    await ravi.start()
    return ravi


BUTTONS = {
    "type": "button",
    "body": {"text": "*B17-FF* 146 units"},
    "action": {
        "buttons": [
            {"type": "reply", "reply": {"id": "token-a", "title": "Approve"}},
            {"type": "reply", "reply": {"id": "token-b", "title": "Correct"}},
            {"type": "reply", "reply": {"id": "say:Undo", "title": "Undo"}},
        ]
    },
}


def listed(count: int, **row: str) -> Json:
    """A list with so many rows."""
    rows = [{"id": f"token-{number}", "title": f"Choice {number}", **row} for number in range(count)]
    return {
        "type": "list",
        "body": {"text": "Which flat?"},
        "action": {"button": "Choose", "sections": [{"rows": rows}]},
    }

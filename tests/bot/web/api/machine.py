"""A machine that sends readings to the running service over loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession

from bot.bootstrap import Setup, assembled
from bot.service import Service
from bot.web.api.callers import Gate
from bot.web.api.desk import Api
from tests import society
from tests.society import SOCIETY, Town

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
TOKEN = "made-up-token-of-the-meter-gateway"
ADDRESS = "/webhook/meter-reading"
OPEN = Api(Gate(TOKEN))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def error(self) -> dict[str, Any]:
        """What is wrong."""
        found: dict[str, Any] = self.body["error"]
        return found


@dataclass(slots=True)
class Machine:
    """Sends with its token unless told otherwise."""

    service: Service
    client: ClientSession
    town: Town
    token: str | None = TOKEN

    def with_token(self, token: str | None) -> Machine:
        """The same with another token, or none."""
        return replace(self, token=token)

    async def send(self, *, key: str | None = None, **fields: Any) -> Answer:
        """One reading."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.post(ADDRESS, headers=headers, json=fields)

    async def post(self, address: str, *, headers: Any = None, **what: Any) -> Answer:
        """Anything."""
        return await self.ask("POST", address, headers=headers, **what)

    async def ask(self, method: str, address: str, *, headers: Any = None, **what: Any) -> Answer:
        """Any request."""
        given = dict(headers or {})
        if self.token is not None and "Authorization" not in given:
            given["Authorization"] = f"Bearer {self.token}"
        async with self.client.request(method, address, headers=given, **what) as answer:
            body = await (answer.json() if answer.content_type == "application/json" else answer.text())
            return Answer(answer.status, body, dict(answer.headers))

    async def count(self, table: str) -> int:
        """Rows of a table."""
        async with self.service.database.transaction() as conn:
            found: int = await conn.fetchval(f"select count(*) from {table}")  # noqa: S608 - a name of the test's
        return found

    async def value(self, sql: str, *arguments: object) -> Any:
        """One value from the database."""
        async with self.service.database.transaction() as conn:
            return await conn.fetchval(sql, *arguments)


@asynccontextmanager
async def machine(dsn: str, api: Api = OPEN, **changes: Any) -> AsyncIterator[Machine]:
    """A machine of the test's society, in front of a service with this API."""
    setup = Setup(dsn=dsn, society=SOCIETY, clock=lambda: NOW, api=api)
    async with assembled(replace(setup, **changes)) as service, ClientSession(service.address) as client:
        async with service.database.transaction() as conn:
            town = await society.build(conn)
        yield Machine(service, client, town)

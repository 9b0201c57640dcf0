"""A service whose admins log in at a provider that other people wrote, and a browser that goes there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

import aiohttp
import oidc_provider_mock

from bot.bootstrap import login_provider
from bot.simulator import Phone
from jobs.work import Society
from tests.journeys.stage import Stage, staged
from tests.society import SOCIETY

CLAIM = "https://bills.example.org/roles"
CLIENT = "the-office"
RULES = replace(SOCIETY, admins_log_in=True)


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as a browser shows it."""

    status: int
    text: str
    headers: dict[str, str]
    address: str = ""
    """Where it is led, if anywhere."""


@dataclass(frozen=True, slots=True)
class Browser:
    """One person's browser, with its cookies. `provider` is where people log in."""

    session: aiohttp.ClientSession
    provider: str

    async def open(self, address: str, **more: Any) -> Seen:
        """A page, and nothing pressed."""
        return await self._ask("GET", address, **more)

    async def press(self, address: str, **more: Any) -> Seen:
        """The page's button: where it leads."""
        return await self._ask("POST", address, **more)

    async def log_in(self, address: str, who: str, **form: str) -> str:
        """At the provider's page; the address that leads back to us."""
        return (await self._ask("POST", address, data={"sub": who, **form})).address

    async def through(self, link: str, who: str) -> Seen:
        """All of it, from the button in the chat to the last page."""
        assert (await self.open(link)).status == 200
        led = await self.press(link)
        assert led.status == 303
        return await self.open(await self.log_in(led.address, who))

    async def _ask(self, method: str, address: str, **more: Any) -> Seen:
        async with self.session.request(method, address, allow_redirects=False, **more) as answer:
            text = unescape(re.sub(r"<[^>]*>", " ", await answer.text()))
            led = answer.headers.get("Location", "")
            return Seen(answer.status, " ".join(text.split()), dict(answer.headers), led)


@dataclass(frozen=True, slots=True)
class Office:
    """The stage, the provider, and new browsers."""

    stage: Stage
    provider: str
    browser: Browser
    browse: Callable[[], Browser]

    async def may(self, who: str, claim: object) -> None:
        """What the provider says of somebody from now on."""
        address = f"{self.provider}/users/{who}"
        async with aiohttp.ClientSession() as session, session.put(address, json={CLAIM: claim}) as answer:
            assert answer.status == 204

    async def link(self, phone: Phone, say: str = "/pending") -> str:
        """The address that an admin who must log in is sent."""
        phone.mark()
        await phone.send_text(say)
        return link_in(await phone.wait_for("Log in once"))

    async def enter(self, phone: Phone, who: str) -> None:
        """The admin logs in and is told."""
        link = await self.link(phone)
        phone.mark()
        shown = await self.browse().through(link, who)
        assert shown.status == 200, shown.text
        await phone.wait_for("You are logged in until")

    async def bindings(self) -> list[tuple[Any, ...]]:
        """(person, subject) of those that hold."""
        return await self.stage.rows(
            "select p.name, b.subject from admin_bindings b join people p on p.id = b.person_id"
            " where revoked_at is null and expires_at > $1 order by 1",
            self.stage.clock(),
        )


def link_in(message: Any) -> str:
    """The address behind the button."""
    [button] = message.buttons
    return str(button.value)


@asynccontextmanager
async def office(dsn: str, rules: Society = RULES, **changes: Any) -> AsyncIterator[Office]:
    """A running service with phones, whose admins must log in; nobody has yet. "rekha" and "mohan" are admins there."""
    with oidc_provider_mock.run_server_in_thread() as server:
        provider = f"http://localhost:{server.server_port}"
        login = login_provider(provider, CLIENT, "any-secret-of-the-client", CLAIM)
        sessions: list[aiohttp.ClientSession] = []

        def browse() -> Browser:
            sessions.append(aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)))
            return Browser(sessions[-1], provider)

        try:
            async with staged(dsn, rules=rules, login=login, **changes) as stage:
                made = Office(stage, provider, browse(), browse)
                await made.may("rekha", ["editor", "admin"])
                await made.may("mohan", "admin")
                yield made
        finally:
            for session in sessions:
                await session.close()

"""Admins who log in (attack 1): the way there and back through real HTTP, and everything that must bind nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.logins import CLIENT, Office, office

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider, within itself


@pytest.fixture
async def at(dsn: str) -> AsyncIterator[Office]:
    async with office(dsn) as made:
        yield made


async def test_an_admin_logs_in_once_and_works(at: Office) -> None:
    rekha = at.stage.rekha
    link = await at.link(rekha)
    page = await at.browser.open(link)
    assert (page.status, "Telegram chat of Rekha" in page.text) == (200, True)
    led = await at.browser.press(link)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(led.address).query).items()}
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid")
    assert (asked["code_challenge_method"], asked["redirect_uri"]) == (
        "S256",
        f"{at.stage.service.address}/login/callback",
    )
    done = await at.browser.open(await at.browser.log_in(led.address, "rekha"))
    assert (done.status, "Logged in until" in done.text) == (200, True)
    told = await rekha.wait_for("You are logged in until")
    await rekha.send_text("/quote B17-FF 146 3.2")
    await rekha.wait_for("B17-FF: ₹3,264.40")
    assert await at.bindings() == [("Rekha", "rekha")]
    assert await at.stage.value("select actor from audit where action = 'admin.logged_in'") == "Rekha"
    assert "2026" in told.text

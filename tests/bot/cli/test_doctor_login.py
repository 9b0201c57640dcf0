"""The doctor about admins who log in, and a service that does not start with half of it."""

from __future__ import annotations

import pytest

from tests.bot.cli.conftest import Billing, Ended

WHOLE = {
    "AUTH0_ADMIN_CLAIM": "https://bills.example.org/roles",
    "AUTH0_DOMAIN": "tenant.eu.auth0.com",
    "AUTH0_CLIENT_ID": "the-office",
    "AUTH0_CLIENT_SECRET": "made-up-secret-of-the-office",
    "PUBLIC_URL": "https://bills.example.org",
}


def said(ended: Ended, name: str) -> tuple[str, str]:
    [check] = [one for one in ended.document["checks"] if one["name"] == name]
    return check["status"], f"{check['message']} → {check['mend']}"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*WHOLE, "AUTH0_ISSUER", "AUTH0_API_IDENTIFIER"):
        monkeypatch.delenv(name, raising=False)


def test_without_it_invites_do(billing: Billing) -> None:
    status, text = said(billing("doctor", "--json"), "admin login")
    assert (status, "admins need an invite only" in text) == ("ok", True)


def test_all_of_it(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    ended = billing("doctor", "--json")
    status, text = said(ended, "admin login")
    assert (status, "https://tenant.eu.auth0.com/" in text, "again after 30 days" in text) == ("ok", True, True)
    assert "it must allow https://bills.example.org/login/callback" in text
    assert "half configured" not in said(ended, "HTTP API")[1]


def test_without_the_applications_secret_it_warns(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value if name != "AUTH0_CLIENT_SECRET" else "")
    status, text = said(billing("doctor", "--json"), "admin login")
    assert (status, "without AUTH0_CLIENT_SECRET" in text) == ("warning", True)


@pytest.mark.parametrize("missing", ["AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "PUBLIC_URL"])
def test_half_of_it_is_named_and_does_not_start(
    billing: Billing, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Neither may admins be locked out unsaid, nor let in without the login that was asked for."""
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value if name != missing else "")
    ended = billing("doctor", "--json")
    status, text = said(ended, "admin login")
    assert (ended.code, status, missing in text, "take AUTH0_ADMIN_CLAIM out" in text) == (1, "problem", True, True)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123456:made-up")
    started = billing("run")
    assert (started.code, f"nobody can without {missing}" in started.err) == (1, True)

"""The doctor about WhatsApp: what is missing and what that means, and one harmless call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.channels.whatsapp.template_desk import submissions
from tests.bot.cli.conftest import Billing
from tests.bot.cli.graph import ACCOUNT, NUMBER, TOKEN, Graph, graph_server

SENDS = {"WHATSAPP_PHONE_NUMBER_ID": NUMBER, "WHATSAPP_ACCESS_TOKEN": TOKEN}
APP = {"WHATSAPP_APP_SECRET": "0123456789abcdef0123456789abcdef"}
HOOK = {**APP, "WHATSAPP_VERIFY_TOKEN": "x" * 40}
PUBLIC = {"PUBLIC_URL": "https://bills.example.org"}


def _check(billing: Billing, *options: str, name: str = "WhatsApp") -> dict[str, Any]:
    found: list[dict[str, Any]] = billing("doctor", "--json", *options).document["checks"]
    return next(check for check in found if check["name"] == name)


_LACK_BOTH = "sends templates, receives nothing: WHATSAPP_APP_SECRET and WHATSAPP_VERIFY_TOKEN missing"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("ok", "not configured", "")),
        (
            {"WHATSAPP_ACCESS_TOKEN": TOKEN},
            ("warning", "WHATSAPP_PHONE_NUMBER_ID is missing: it stays off", "API"),
        ),
        (SENDS, ("warning", _LACK_BOTH, "/webhook/whatsapp")),
        (SENDS | PUBLIC | APP, ("warning", "receives nothing: WHATSAPP_VERIFY_TOKEN missing", "bills.example.org")),
        (SENDS | HOOK, ("warning", "its hook needs a public https address", "PUBLIC_URL")),
        (SENDS | HOOK | PUBLIC, ("ok", "https://bills.example.org/webhook/whatsapp", "")),
    ],
)
def test_what_is_missing_and_what_that_means(
    billing: Billing, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: tuple[str, str, str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    check, (status, says, mend) = _check(billing), expected
    assert check["status"] == status
    assert says in check["message"]
    assert mend in check["mend"]


@pytest.mark.parametrize(
    ("given", "says", "lacks"),
    [
        ({}, "only `billing demo` works", "a bot's token"),
        (SENDS, "nobody can join", "a way for people to write to it"),
        (SENDS | HOOK, "nobody can join", "a way for people to write to it"),
        (SENDS | HOOK | PUBLIC, "people are on WhatsApp alone", ""),
    ],
)
def test_without_telegram_whatsapp_has_to_be_heard(
    billing: Billing, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], says: str, lacks: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert says in _check(billing, name="Telegram")["message"]
    verdict = billing("doctor").err
    assert f"still needs {lacks}" in verdict if lacks else "still needs an admin" in verdict


def test_it_says_what_a_day_down_loses(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (SENDS | HOOK | PUBLIC).items():
        monkeypatch.setenv(name, value)
    assert "only Telegram's messages are lost" in _check(billing)["message"]


def test_templates_need_the_business_account(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SENDS.items():
        monkeypatch.setenv(name, value)
    assert "WHATSAPP_BUSINESS_ACCOUNT_ID" in _check(billing, name="WhatsApp templates")["message"]
    monkeypatch.setenv("WHATSAPP_BUSINESS_ACCOUNT_ID", ACCOUNT)
    assert "--check" in _check(billing, name="WhatsApp templates")["message"]


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> Iterator[Graph]:
    with graph_server() as made:
        for name, value in (SENDS | PUBLIC).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WHATSAPP_API_BASE", made.address)
        yield made


def _live(billing: Billing) -> dict[str, Any]:
    return _check(billing, "--live", "whatsapp", name="live whatsapp")


def test_one_real_call(billing: Billing, graph: Graph) -> None:
    assert graph.address
    assert _live(billing)["message"] == "the number is +44 7700 900100 Blessings City"


def test_unapproved_templates_are_named(billing: Billing, graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHATSAPP_BUSINESS_ACCOUNT_ID", ACCOUNT)
    ours = [dict(one) for one in submissions(PUBLIC["PUBLIC_URL"], ("en", "hi"))]
    graph.templates = [one | {"status": "APPROVED"} for one in ours]
    assert "10 of 10 templates approved" in _live(billing)["message"]
    graph.templates[-1]["status"] = "REJECTED"
    found = _live(billing)
    assert found["status"] == "problem"
    assert "notice (hi) is REJECTED" in found["message"]
    assert "--submit" in found["mend"]


def test_a_wrong_token_is_not_shown(billing: Billing, graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    assert graph.address
    monkeypatch.setenv("WHATSAPP_ACCESS_TOKEN", "EAAGanother-made-up-token-value")
    ended = billing("doctor", "--live", "whatsapp")
    assert ended.code == 1
    assert "Invalid OAuth access token" in ended.out
    assert "EAAGanother" not in ended.out + ended.err


def test_not_configured(billing: Billing) -> None:
    assert _live(billing)["message"] == "not configured"

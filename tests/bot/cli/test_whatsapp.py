"""`whatsapp templates`: printed, handed in and checked against an account."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from bot.channels.whatsapp.template_desk import submissions
from tests.bot.cli.conftest import Billing
from tests.bot.cli.graph import ACCOUNT, TOKEN, Graph, graph_server

PUBLIC = "https://bills.example.org"


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> Iterator[Graph]:
    """The account that the settings name, with an https address of ours."""
    with graph_server() as made:
        monkeypatch.setenv("WHATSAPP_API_BASE", made.address)
        monkeypatch.setenv("WHATSAPP_BUSINESS_ACCOUNT_ID", ACCOUNT)
        monkeypatch.setenv("WHATSAPP_ACCESS_TOKEN", TOKEN)
        monkeypatch.setenv("PUBLIC_URL", PUBLIC)
        yield made


def _approved(**changes: Any) -> list[dict[str, Any]]:
    """Our templates as the account has them, with their example of a link rewritten."""
    made = copy.deepcopy([dict(one) for one in submissions(PUBLIC, ("en", "hi"))])
    return [one | {"id": "7", "status": "APPROVED", "rejected_reason": "NONE"} | changes for one in made]


def test_it_prints_what_would_be_submitted(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", PUBLIC)
    ended = billing("whatsapp", "templates")
    assert ended.code == 0
    assert f"[See the bill and pay] {PUBLIC}/b/{{{{1}}}}" in ended.out
    assert "bill_ready (hi, UTILITY)" in ended.out
    assert "--submit" in ended.err


def test_one_document(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", PUBLIC)
    assert billing("whatsapp", "templates", "--json").document == {"templates": submissions(PUBLIC, ("en", "hi"))}


def test_without_an_https_address_the_template_with_a_link_is_left_out(billing: Billing) -> None:
    ended = billing("whatsapp", "templates", "--json")
    assert "bill_ready" not in {one["name"] for one in ended.document["templates"]}
    assert "bill_ready_office" in {one["name"] for one in ended.document["templates"]}
    assert "PUBLIC_URL" in ended.err


def test_only_the_society_s_languages(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGES", "en")
    assert {one["language"] for one in billing("whatsapp", "templates", "--json").document["templates"]} == {"en"}


@pytest.mark.parametrize("option", ["--check", "--submit"])
def test_without_an_account_it_says_where_to_find_it(billing: Billing, option: str) -> None:
    ended = billing("whatsapp", "templates", option)
    assert ended.code == 1
    assert "WHATSAPP_BUSINESS_ACCOUNT_ID" in ended.err
    assert "developers.facebook.com" in ended.err


def test_all_approved(billing: Billing, graph: Graph) -> None:
    graph.templates = [{"name": "hello_world", "language": "en_US", "status": "APPROVED"}, *_approved()]
    ended = billing("whatsapp", "templates", "--check", "--json")
    assert ended.code == 0, ended.err
    assert ended.document["ok"]
    assert {one["status"] for one in ended.document["templates"]} == {"APPROVED"}
    assert not any(one["differs"] for one in ended.document["templates"])


def test_a_review_under_way_is_no_failure(billing: Billing, graph: Graph) -> None:
    graph.templates = _approved(status="PENDING")
    ended = billing("whatsapp", "templates", "--check")
    assert ended.code == 0
    assert "PENDING    notice (hi)" in ended.out


@pytest.mark.parametrize("status", ["REJECTED", "PAUSED", "DISABLED"])
def test_a_rejected_one_fails_with_its_reason(billing: Billing, graph: Graph, status: str) -> None:
    graph.templates = _approved()
    graph.templates[3] |= {"status": status, "rejected_reason": "INVALID_FORMAT"}
    ended = billing("whatsapp", "templates", "--check")
    assert ended.code == 1
    assert f"{status:<10} bill_ready_office (hi): INVALID_FORMAT" in ended.out


def test_a_missing_one_fails(billing: Billing, graph: Graph) -> None:
    graph.templates = _approved()[:-1]
    ended = billing("whatsapp", "templates", "--check", "--json")
    assert ended.code == 1
    assert [one["name"] for one in ended.document["templates"] if one["status"] == "MISSING"] == ["notice"]


def test_other_words_are_named_and_do_not_fail(billing: Billing, graph: Graph) -> None:
    graph.templates = _approved()
    graph.templates[0]["components"][0]["text"] = "Your bill {{1}} {{2}} {{3}} by {{4}}, please."
    ended = billing("whatsapp", "templates", "--check")
    assert ended.code == 0
    assert "APPROVED   bill_ready (en), body not as ours" in ended.out


def test_one_that_takes_other_parameters_fails(billing: Billing, graph: Graph) -> None:
    graph.templates = _approved()
    graph.templates[0]["components"][0]["text"] = "Your bill {{1}} is ready."
    assert "cannot be sent" in billing("whatsapp", "templates", "--check").out
    graph.templates = _approved()
    graph.templates[0]["components"][-1]["buttons"][0]["url"] = "https://elsewhere.example.org/b/{{1}}"
    ended = billing("whatsapp", "templates", "--check")
    assert ended.code == 1
    assert "bill_ready (en), buttons not as ours: it cannot be sent" in ended.out


def test_the_missing_ones_are_handed_in_once(billing: Billing, graph: Graph) -> None:
    graph.templates = _approved()[2:]
    ended = billing("whatsapp", "templates", "--submit", "--json")
    assert ended.code == 0, ended.err
    assert graph.submitted == submissions(PUBLIC, ("en", "hi"))[:2]
    assert [one["status"] for one in ended.document["templates"][:3]] == ["PENDING", "PENDING", "APPROVED"]


def test_a_wrong_token_says_so_and_is_not_shown(
    billing: Billing, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert graph.address
    monkeypatch.setenv("WHATSAPP_ACCESS_TOKEN", "EAAGanother-made-up-token-value")
    ended = billing("whatsapp", "templates", "--check")
    assert ended.code == 1
    assert "make a new one for WHATSAPP_ACCESS_TOKEN" in ended.err
    assert "EAAGanother" not in ended.out + ended.err


def test_a_refusal_is_told(billing: Billing, graph: Graph) -> None:
    graph.refusal = (400, {"message": "Unsupported get request", "code": 100})
    ended = billing("whatsapp", "templates", "--check")
    assert ended.code == 1
    assert "Unsupported get request" in ended.err


def test_no_server(billing: Billing, graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    assert graph.address
    monkeypatch.setenv("WHATSAPP_API_BASE", "http://127.0.0.1:9/v23.0")
    ended = billing("whatsapp", "templates", "--check")
    assert ended.code == 1
    assert "cannot be reached" in ended.err

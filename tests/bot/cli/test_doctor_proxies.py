"""The doctor about the proxy in front of the service."""

from __future__ import annotations

import pytest

from tests.bot.cli.conftest import Billing


@pytest.mark.parametrize(("proxies", "told"), [("", True), ("127.0.0.1", False)])
def test_a_proxy_that_is_not_named(
    billing: Billing, monkeypatch: pytest.MonkeyPatch, proxies: str, *, told: bool
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://bills.example.org")
    monkeypatch.setenv("TRUSTED_PROXIES", proxies)
    checks = {check["name"]: check for check in billing("doctor", "--json").document["checks"]}
    assert checks["PUBLIC_URL"]["status"] == "ok"
    assert ("TRUSTED_PROXIES names no proxy" in checks["PUBLIC_URL"]["message"]) is told

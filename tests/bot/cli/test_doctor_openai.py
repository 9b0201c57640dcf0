"""The doctor about OpenAI: who reads photos, what it cost this month, why it did not answer, and one real call."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.bot.cli.conftest import Billing, Ended
from tests.openai_server import KEY, OpenAI, failure, openai_server


@pytest.fixture
def keyed(on_database: Billing, monkeypatch: pytest.MonkeyPatch) -> Billing:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return on_database


def test_without_a_key_nothing_leaves_the_house(on_database: Billing) -> None:
    said = on_database("doctor").out
    assert "photos: read on this machine: nothing leaves the house" in said
    assert "OpenAI: not configured (OPENAI_API_KEY): never asked" in said
    refused = on_database("doctor", "--live", "openai")
    assert refused.code == 1
    assert "put OPENAI_API_KEY into .env" in refused.out


def test_where_no_library_is(on_database: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.gateways.ocr.reader.find_spec", lambda _: None)
    said = on_database("doctor").out
    assert "there is no library for reading photos on a machine of this kind: people read them" in said
    assert "nothing leaves the house" not in said
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert "read by OpenAI alone: there is no library" in on_database("doctor").out


def test_with_one(keyed: Billing) -> None:
    said = keyed("doctor").out
    assert "photos: read by OpenAI, on this machine where it does not answer" in said
    assert "OpenAI: gpt-6.1-terra for photos, at most US$ 10.00 a month" in said
    assert KEY not in said


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("PHOTO_READER", "off", "nobody reads them"),
        ("PHOTO_READER", "offline", "a key is set, but nothing is asked"),
        ("PHOTO_READER", "openai", "read by OpenAI alone"),
        ("AI_MONTHLY_CAP", "0", "AI_MONTHLY_CAP is 0: never asked"),
        ("AI_WORDING", "true", "for photos and sentences"),
        ("OPENAI_MODEL", "gpt-9", "its price is not known and counts as the dearest"),
    ],
)
def test_what_the_settings_choose(
    keyed: Billing, monkeypatch: pytest.MonkeyPatch, name: str, value: str, found: str
) -> None:
    monkeypatch.setenv(name, value)
    assert found in keyed("doctor").out


def test_what_was_spent_and_what_went_wrong(keyed: Billing, dsn: str) -> None:
    async def kept() -> None:
        month = datetime.now(UTC).astimezone(ZoneInfo("Asia/Kolkata")).date().replace(day=1)
        connection = await asyncpg.connect(dsn)
        await connection.execute("insert into ai_spending values ($1, 1234567, 301)", month)
        await connection.execute("insert into ai_troubles (reason, times) values ('OpenAI refuses the key', 2)")
        await connection.close()

    asyncio.run(kept())
    said = keyed("doctor").out
    assert "US$ 1.24 of US$ 10.00 spent this month, 301 calls" in said
    assert "OpenAI refuses the key: 2 times" in said


class TestOneRealCall:
    def _calls(self, billing: Billing, monkeypatch: pytest.MonkeyPatch, server: OpenAI) -> Ended:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        return billing("doctor", "--live", "openai")

    async def test_answered(self, keyed: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
        async with openai_server() as server:
            ended = await asyncio.to_thread(self._calls, keyed, monkeypatch, server)
        assert "live openai: gpt-6.1-terra answered in" in ended.out
        assert server.asked == [
            {"model": "gpt-6.1-terra", "input": "Answer: yes", "max_output_tokens": 16, "store": False}
        ]

    async def test_refused(self, keyed: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
        async with openai_server() as server:
            server.answers.append(lambda _: failure(401, "invalid_api_key", f"Incorrect API key provided: {KEY}"))
            ended = await asyncio.to_thread(self._calls, keyed, monkeypatch, server)
        assert ended.code == 1
        assert "OpenAI refuses the key (OPENAI_API_KEY)" in ended.out
        assert KEY not in ended.out + ended.err

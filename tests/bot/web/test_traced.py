"""The reference of a request: in its answer, and in every line of the log about it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bot.web.bill_page import BillPages
from storage.database import DatabaseUnavailable
from tests.bot.web.api.machine import Machine, machine
from tests.kept_logs import kept_logs
from tests.society import SOCIETY

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def logged() -> Iterator[Lines]:
    """What was logged, a dictionary a line."""
    with kept_logs(as_json=True) as kept:
        yield lambda: [json.loads(line) for line in kept.getvalue().splitlines()]


@pytest.fixture
async def gateway(dsn: str) -> AsyncIterator[Machine]:
    async with machine(dsn) as made:
        yield made


def about(lines: list[dict[str, Any]], ref: str) -> list[str]:
    return [line["event"] for line in lines if line.get("ref") == ref]


async def test_what_is_refused_is_found_by_its_reference(gateway: Machine, logged: Lines) -> None:
    answers = [
        await gateway.send(flat_code="B17-XX", reading_value=1),
        await gateway.with_token("wrong").send(flat_code="B17-FF", reading_value=1),
        await gateway.ask("GET", "/nowhere"),
        await gateway.post("/webhook/telegram", json={}),
    ]
    lines = logged()
    assert [answer.status for answer in answers] == [404, 401, 404, 404]
    refs = [answer.headers["X-Ref"] for answer in answers]
    assert len(set(refs)) == len(refs)
    assert [about(lines, ref) for ref in refs] == [["request refused"]] * 4
    assert {line["caller"] for line in lines if line.get("ref") in refs} == {"127.0.0.1"}


async def test_what_broke_carries_it_in_words_in_a_field_and_in_the_log(
    gateway: Machine, logged: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("boom +447700900123")

    monkeypatch.setattr(gateway.service.database, "run", broken)
    answer = await gateway.send(flat_code="B17-FF", reading_value=146)
    lines = logged()
    ref = answer.headers["X-Ref"]
    assert (answer.status, answer.error["code"], answer.error["ref"]) == (500, "internal", ref)
    assert ref in answer.error["message"]
    assert about(lines, ref) == ["request failed", "request refused"]
    assert not any("+447700900123" in str(line) for line in lines)


async def test_the_reading_is_kept_under_the_reference_of_its_request(gateway: Machine) -> None:
    answer = await gateway.send(flat_code="B17-FF", reading_value=146)
    sql = "select distinct ref from audit where subject_type = 'reading'"
    assert await gateway.value(sql) == answer.headers["X-Ref"]


@pytest.mark.parametrize(
    ("trouble", "status", "line"),
    [(RuntimeError("boom"), 500, "page failed"), (DatabaseUnavailable("down"), 503, "page not shown")],
)
async def test_a_page_that_cannot_be_shown_names_its_line(
    logged: Lines, trouble: Exception, status: int, line: str
) -> None:
    class Broken:
        def transaction(self) -> None:
            raise trouble

    pages = BillPages(Broken(), SOCIETY, lambda: datetime.now(UTC))  # type: ignore[arg-type] # stands for a database
    app = web.Application()
    app.add_routes(pages.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with ClientSession(f"http://{host}:{port}") as client, client.get("/b/a-made-up-token") as answer:
        page = await answer.text()
    await runner.cleanup()
    found = next(one for one in logged() if one["event"] == line)
    assert answer.status == status
    assert f"Ref {found['ref']}" in page
    assert "boom" not in page

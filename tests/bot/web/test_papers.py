"""One link holder must not keep the processors busy: papers are made once, one at a time, and not without end."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientSession

from bot.bill_document import bills_pdf
from bot.web import bill_page
from bot.web.papers import Papers, TooBusyError
from storage import bill_links
from tests.bot.flows.owner.story import Story


async def test_a_bill_asked_for_many_times_is_made_once_until_it_changes(
    story: Story, site: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    async def counted(*given: object) -> bytes:
        made.append(given)
        return await bills_pdf(*given)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(bill_page, "bills_pdf", counted)
    bill = await story.bill("B17-FF", "146")
    async with story.db.transaction() as conn:
        token = await bill_links.link_for(conn, bill, story.town.sharma.person_id, story.now)

    async def asked() -> bytes:
        async with site.get(f"/b/{token}/bill.pdf") as response:
            assert response.status == 200
            return await response.read()

    papers = await asyncio.gather(*(asked() for _ in range(12)))
    assert len(set(papers)) == len(made) == 1
    await story.paid("B17-FF", "1000")
    assert await asked() != papers[0]
    assert len(made) == 2


async def test_one_is_made_at_a_time_and_who_would_wait_too_long_is_sent_away() -> None:
    papers, going, at_once = Papers(), asyncio.Event(), []

    async def make() -> bytes:
        at_once.append(1)
        assert len(at_once) == 1
        await going.wait()
        at_once.pop()
        return b"paper"

    asked = [asyncio.create_task(papers.paper(number, make)) for number in range(20)]
    await asyncio.sleep(0)
    going.set()
    came = await asyncio.gather(*asked, return_exceptions=True)
    assert came.count(b"paper") == 9
    assert sum(isinstance(one, TooBusyError) for one in came) == 11


async def test_what_failed_is_made_again() -> None:
    papers = Papers()

    async def fails() -> bytes:
        raise ValueError("broken")

    async def makes() -> bytes:
        return b"paper"

    with pytest.raises(ValueError, match="broken"):
        await papers.paper("x", fails)
    assert await papers.paper("x", makes) == b"paper"


async def test_who_was_sent_away_is_told_when_to_come_again(
    story: Story, site: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> bytes:
        raise TooBusyError

    monkeypatch.setattr(Papers, "paper", busy)
    bill = await story.bill("B17-FF", "146")
    async with story.db.transaction() as conn:
        token = await bill_links.link_for(conn, bill, story.town.sharma.person_id, story.now)
    async with site.get(f"/b/{token}/bill.pdf") as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "10")

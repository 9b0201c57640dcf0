"""`/print`: a block's bills in one file, for the office in private."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from domain.period import Month
from jobs.monthly_run import RunResult, run_month
from jobs.workplace import Workplace
from storage.database import Database
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY, Town, past

OCTOBER = Month(2026, 10)
ISSUED_AT = datetime(2026, 11, 1, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def _billed(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        for code in ("B17-SF", "B17-GF", "B17-FF", "C8-GF", "B7-FF", "SCO-3"):
            await past(conn, town.flat(code), date(2026, 10, 20), "160", state="approved")
    assert isinstance(await run_month(Workplace(db, SOCIETY, lambda: ISSUED_AT), OCTOBER), RunResult)


def pages(file: bytes | None) -> int:
    assert file is not None
    return int(re.findall(rb"/Type/Pages/Count (\d+)", file)[0])


async def test_a_block_is_a_file_with_a_page_a_flat(rekha: Phone) -> None:
    assert await rekha.say("/print 2026-10 b17") == "B17, October 2026: 3 bills, one a page."
    [message] = rekha.messages
    assert message.document_name == "bills-B17-2026-10.pdf"
    assert pages(message.document) == 3


async def test_without_a_block_there_is_a_choice_in_walking_order(rekha: Phone) -> None:
    said = await rekha.say("/print")
    assert said.splitlines() == ["<b>October 2026</b>", "6 flats billed in 4 blocks. Which block on paper?"]
    assert rekha.labels == ["B7 · 1", "B17 · 3", "C8 · 1", "SCO · 1"]
    assert await rekha.press("C8") == "C8, October 2026: 1 bill, one a page."
    assert pages(rekha.messages[-1].document) == 1


async def test_one_flat_in_one_block_is_no_plural(db: Database, town: Town, rekha: Phone) -> None:
    async with db.transaction() as conn:
        await past(conn, town.flat("SCO-3"), date(2026, 9, 20), "160", state="approved")
    await run_month(Workplace(db, SOCIETY, lambda: ISSUED_AT), OCTOBER.previous())
    assert (await rekha.say("/print 2026-09")).endswith("1 flat billed in 1 block. Which block on paper?")


async def test_a_flat_under_review_is_left_out_and_named(db: Database, town: Town, rekha: Phone) -> None:
    async with db.transaction() as conn:
        for code in ("B17-FF", "C8-GF"):
            await conn.execute(
                "insert into parked_flats (flat_id, reason) values ($1, 'test')", town.flat(code).flat_id
            )
    said = await rekha.say("/print B17 2026-10")
    assert said == "B17, October 2026: 2 bills, one a page.\nLeft out, its account is under review: B17-FF"
    assert pages(rekha.messages[-1].document) == 2
    assert (await rekha.say("/print C8")).startswith("Nothing of C8 to print.")
    assert rekha.messages[-1].document is None


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("2026-13", "Send the month, and a block if you like: /print 2026-10 B17"),
        ("2026-10 B17 C8", "Send the month, and a block if you like: /print 2026-10 B17"),
        ("2026-09 B17", "There are no bills of September 2026 yet. Issue them first: /issue 2026-09"),
        ("<b> 2026-10", "Block &lt;B&gt; has no bill of October 2026. Which block?"),
    ],
)
async def test_what_cannot_be_printed_says_what_can(rekha: Phone, typed: str, answer: str) -> None:
    assert await rekha.say(f"/print {typed}") == answer


async def test_it_is_for_the_office_alone(db: Database, ravi: Phone, rekha: Phone) -> None:
    await ravi.say("/print 2026-10 B17")
    assert all(message.document is None for message in ravi.messages)
    await rekha.say("/print")
    async with db.transaction() as conn:
        await conn.execute("update staff set revoked_at = now() where person_id = $1", rekha.who.person_id)
    await rekha.press("B17")
    assert all(message.document is None for message in rekha.messages)

"""Before an admin approves the reading after estimated bills, the card says what it makes of them."""

from __future__ import annotations

from datetime import date

import pytest

from jobs.correct_account import Voided, void_bill
from storage.database import Database
from tests.bot.flows.owner.estimated import estimated
from tests.bot.flows.owner.story import Story
from tests.society import Town, build, work


@pytest.fixture
async def town(db: Database) -> Town:
    async with db.transaction() as conn:
        return await build(conn)


@pytest.fixture
async def story(db: Database, town: Town) -> Story:
    return await estimated(Story(db, town))


async def card(story: Story, register: str) -> str:
    await story.phone(story.town.ravi).say(f"B17-FF {register}")
    return await story.phone(story.town.rekha).say("/pending")


@pytest.mark.parametrize(
    ("register", "said"),
    [
        ("1600", "The last bills were estimated. The meter shows 100 units less: ₹1,200.00 is taken off."),
        ("1699", "The last bills were estimated. The meter shows 1 unit less: ₹12.00 is taken off."),
        ("1700", "The last bills were estimated. The meter shows the same."),
        ("1850", "The last bills were estimated. The meter shows 150 units more: only these are billed."),
    ],
)
async def test_the_card_says_what_the_reading_makes_of_the_estimates(story: Story, register: str, said: str) -> None:
    assert said in (await card(story, register)).splitlines()


async def test_what_a_voided_bill_took_off_counts_anew(story: Story) -> None:
    bill = await story.bill("B17-FF", "1600", date(2026, 12, 2))
    async with story.db.transaction() as conn:
        office = work(conn, story.town.rekha, story.now, story.society)
        assert isinstance(await void_bill(office, bill, "wrong_reading"), Voided)
        await conn.execute("update readings set state = 'withdrawn' where reading_value = 1600")
    said = "The last bills were estimated. The meter shows 50 units less: ₹600.00 is taken off."
    assert said in (await card(story, "1650")).splitlines()

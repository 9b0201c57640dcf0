"""How an owner's units came about where their meter was replaced, or began again at 0; in both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.metering import ReadingMode
from jobs.issue_bill import Issued, issue
from storage import meter_replacements, readings
from storage.database import Database
from storage.meter_replacements import NewReplacement
from storage.readings import Measurement, ReadingState, Sender
from tests.bot.flows.owner.story import OCTOBER, Story
from tests.society import Town, build, past, work


@pytest.fixture
async def story(db: Database) -> Story:
    """Where registers are read."""
    async with db.transaction() as conn:
        town: Town = await build(conn)
    return Story(db, town).with_society(reading_mode=ReadingMode.REGISTER)


async def explained(story: Story, meter_id: int, what: Measurement, language: str) -> list[str]:
    """What the owner reads about the bill of this reading."""
    async with story.db.transaction() as conn:
        sender = Sender(story.town.ravi.person_id, story.now)
        reading = await readings.insert(conn, meter_id, what, sender, "one")
        assert reading is not None
        await readings.set_state(conn, reading, ReadingState.APPROVED, by=story.town.rekha.person_id, at=story.now)
        assert isinstance(await issue(work(conn, story.town.rekha, story.now, story.society), reading), Issued)
        await conn.execute("update chat_identities set language = $1", language)
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    said = await phone.press("How worked out" if language == "en" else "हिसाब")
    return said.splitlines()


async def replaced(story: Story) -> int:
    """1420 was read, 1454 was last, the new meter began with 5; its id."""
    async with story.db.transaction() as conn:
        home = story.town.flat("B17-FF")
        await past(conn, home, date(2026, 10, 1), "1420")
        what = NewReplacement(
            home.meter_id, "55501", date(2026, 10, 20), Decimal(1454), None, None, None, Decimal(5), None
        )
        asked = await meter_replacements.insert(conn, what, "one", by=story.town.ravi.person_id, at=story.now)
        return await meter_replacements.carry_out(conn, asked, by=story.town.rekha.person_id, at=story.now)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                "Meter 55501, read on 31 Oct 2026",
                "The meter that was replaced, from 1,420 to 1,454: 34 units",
                "The new meter, from 5 to 117: 112 units",
            ],
        ),
        ("hi", ["बदला गया मीटर, 1,420 से 1,454 तक: 34 यूनिट", "नया मीटर, 5 से 117 तक: 112 यूनिट"]),
    ],
)
async def test_both_meters_are_named_with_what_they_counted(story: Story, language: str, said: list[str]) -> None:
    lines = await explained(story, await replaced(story), Measurement(Decimal(117), None, OCTOBER), language)
    assert [line for line in said if line not in lines] == []
    assert any("146" in line for line in lines)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Meter before: 99,950, now: 62", "After 99,999 the meter began again at 0"]),
        ("hi", ["मीटर पहले: 99,950, अब: 62", "99,999 के बाद मीटर फिर 0 से शुरू हुआ"]),
    ],
)
async def test_a_meter_that_began_again_is_explained(story: Story, language: str, said: list[str]) -> None:
    async with story.db.transaction() as conn:
        await past(conn, story.town.flat("B17-FF"), date(2026, 10, 1), "99950")
    what = Measurement(Decimal(62), None, OCTOBER, rolled_over=Decimal(100_000))
    lines = await explained(story, story.town.flat("B17-FF").meter_id, what, language)
    assert [line for line in said if line not in lines] == []
    assert any("112" in line for line in lines)

"""A flat that nobody read for one month or two, billed by estimate: where true readings begin."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from domain.metering import ReadingMode
from domain.period import Month
from jobs.bill_unread import Issued, bill_unread, shown, unread_flats
from tests.society import past, work

if TYPE_CHECKING:
    from tests.bot.flows.owner.story import Story


async def estimated(story: Story, months: int = 2) -> Story:
    """B17-FF, read at 1420 in September, is billed for 140 units in October and, of two months, in November."""
    story = story.with_society(reading_mode=ReadingMode.REGISTER)
    async with story.db.transaction() as conn:
        for month, register in ((6, "1000"), (7, "1120"), (8, "1260"), (9, "1420")):
            await past(conn, story.town.flat("B17-FF"), date(2026, month, 2), register)
        for unread in (Month(2026, 10), Month(2026, 11))[:months]:
            day = datetime(2026, unread.month + 1, 1, 5, tzinfo=UTC)
            office = work(conn, story.town.rekha, day, story.society)
            assert isinstance(await bill_unread(office, unread, shown(await unread_flats(office, unread))), Issued)
    story.now = datetime(2026, 12, 3, 5, tzinfo=UTC)
    return story

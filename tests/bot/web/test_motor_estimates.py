"""A motor's share that rests on estimates says so wherever the sum is explained: in the chat, on the page, on paper."""

from __future__ import annotations

from decimal import Decimal

from aiohttp import ClientSession

from bot.bill_document import Printed, bills_facts_of
from bot.i18n import Translator
from jobs.bill_motor_group import GroupBilled, bill_now, fingerprint
from jobs.motor_groups import groups_of_motors
from storage import bill_links, bill_views
from storage.bill_views import BillView
from tests.bot.flows.owner.story import Story
from tests.motors import motor_meter, press, read
from tests.society import past, work

ENGLISH = "Shares of MOTOR-B rest on estimates for 3 of 5 flats (not read)"
HINDI = "MOTOR-B: 5 में से 3 फ़्लैट पढ़े नहीं जा सके; उनकी खपत अनुमान से मानी गई"
FIVE = ("B17-GF", "B17-FF", "B17-SF", "B18-GF", "B18-FF")


async def billed(story: Story, *flats: str) -> BillView:
    """MOTOR-B and these of its five flats are read in November, and the office bills now; the bill of B17-FF."""
    town = story.town
    async with story.db.transaction() as conn:
        for code in FIVE:
            await past(conn, town.flat(code), story.now.date().replace(day=1, month=10), "100")
        own = await read(conn, town.ravi, await motor_meter(conn, town), "320")
        for reading in [own, *[await read(conn, town.ravi, town.flat(code).meter_id, "50") for code in flats]]:
            await press(conn, town.rekha, reading, story.now)
        group = (await groups_of_motors(work(conn, town.rekha, story.now), [own]))[own]
        if not group.closed:
            done = await bill_now(work(conn, town.rekha, story.now), own, fingerprint(group))
            assert isinstance(done, GroupBilled)
        [view, *_] = await bill_views.newest_bills(conn, town.sharma.person_id)
    return view


def on_paper(view: BillView, story: Story, language: str = "en") -> list[str]:
    """The lines above the sum."""
    how: list[str] = bills_facts_of(Translator(language), story.society, [Printed(view)])["bills"][0]["how"]
    return how


async def on_the_page(view: BillView, story: Story, site: ClientSession) -> str:
    async with story.db.transaction() as conn:
        token = await bill_links.link_for(conn, view.id, story.town.sharma.person_id, story.now)
    async with site.get(f"/b/{token}") as answer:
        return await answer.text()


async def test_the_owner_reads_how_many_flats_were_estimated(story: Story, site: ClientSession) -> None:
    view = await billed(story, "B17-FF", "B18-GF")
    assert view.water_motor_share == Decimal("40.00")
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    assert ENGLISH in await phone.press("How worked out")
    assert ENGLISH in on_paper(view, story)
    assert HINDI in on_paper(view, story, "hi")
    assert ENGLISH in await on_the_page(view, story, site)


async def test_nothing_is_said_where_every_flat_was_read(story: Story, site: ClientSession) -> None:
    view = await billed(story, *FIVE)
    assert not [line for line in on_paper(view, story) if "estimate" in line]
    assert "estimate" not in await on_the_page(view, story, site)

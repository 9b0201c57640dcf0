"""Sentences that OpenAI writes for the top of messages: asked for beforehand, checked, and never waited for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.flows import load
from domain.ai_prices import micro_dollars
from domain.wording import Occasion
from jobs.ask_ai import AnswerError, Purse
from jobs.gateways.openai_desk import OpenAIAccount, OpenAIDesk
from jobs.gateways.openai_writer import OpenAIWriter
from jobs.send_reminders import remind
from jobs.work import Society
from jobs.workplace import Workplace
from jobs.write_openings import AGAIN, FRESH, MOST, write_forever, write_next
from storage import ai_openings
from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.jobs.clockwork import local
from tests.openai_server import KEY, MODEL, OpenAI, failure, openai_server, refusal, said
from tests.society import SOCIETY, build, work

load()

WISHED = replace(SOCIETY, ai_wording=True)
ENGLISH = "We hope this month was a good one, here is your bill."
HINDI = "नमस्ते, आपका नया बिजली बिल नीचे है।"
NOW = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)
CAP = micro_dollars(Decimal(10))


@dataclass
class Pen:
    """A writer at a server, and the database that its sentences go to."""

    server: OpenAI
    db: Database
    writer: OpenAIWriter
    now: datetime = NOW
    society: Society = field(default=WISHED)

    @property
    def place(self) -> Workplace:
        return Workplace(self.db, self.society, lambda: self.now)

    async def writes(self) -> int:
        """Everything that is due; for how many occasions and languages something was asked."""
        count = 0
        while await write_next(self.place, self.writer, "pen"):
            count += 1
        return count

    async def kept(self, occasion: Occasion, language: str) -> list[str]:
        async with self.db.transaction() as conn:
            return await ai_openings.sentences(conn, occasion, language)


@pytest.fixture
async def pen(db: Database) -> AsyncIterator[Pen]:
    async with openai_server() as server:
        place = Workplace(db, WISHED, lambda: NOW)
        desk = OpenAIDesk(OpenAIAccount(KEY, server.url, MODEL, CAP, words=True), Purse(place, CAP))
        made = Pen(server, db, OpenAIWriter(desk))
        server.always = lambda body: said({"sentences": [HINDI if "Hindi" in asked(body) else ENGLISH]})
        yield made
        await made.writer.close()


def asked(body: dict) -> str:  # type: ignore[type-arg]  # as JSON has it
    text: str = body["input"][0]["content"][0]["text"]
    return text


async def test_once_for_each_occasion_and_language_and_anew_when_stale(pen: Pen) -> None:
    assert await pen.writes() == len(Occasion) * 2
    assert await pen.kept(Occasion.BILL, "hi") == [HINDI]
    assert await pen.writes() == 0
    pen.now += FRESH + timedelta(minutes=1)
    assert await pen.writes() == len(Occasion) * 2


async def test_nothing_about_anybody_is_told(pen: Pen) -> None:
    async with pen.db.transaction() as conn:
        await build(conn)
    await pen.writes()
    told = json.dumps(pen.server.asked, ensure_ascii=False)
    for private in ("Sharma", "B17", "19152159", "447700", "Blessings", "₹"):
        assert private not in told
    assert all(body["store"] is False for body in pen.server.asked)


@pytest.mark.parametrize(
    "sentence",
    [
        "Your bill is only 500 this month, thank you.",
        "Your bill is only ५०० this month, thank you.",
        "You saved ten percent, well done to all of you.",
        "Please pay at https://evil.example.org/pay at once.",
        "Please call +44 7700 900123 to pay at once.",
        "Please <b>pay</b> at once, thank you so much.",
        "Please pay by Friday, thank you so much.",
        "x" * 5000,
        "",
    ],
)
async def test_what_does_not_belong_there_is_not_kept(pen: Pen, sentence: str) -> None:
    pen.server.always = lambda _: said({"sentences": [sentence]})
    assert await pen.writes() == len(Occasion) * 2
    for occasion in Occasion:
        assert await pen.kept(occasion, "en") == await pen.kept(occasion, "hi") == []
    pen.now += AGAIN + timedelta(minutes=1)
    pen.server.always = lambda _: said({"sentences": [ENGLISH, sentence]})
    await pen.writes()
    assert await pen.kept(Occasion.BILL, "en") == [ENGLISH]


async def test_no_more_than_a_few_are_kept(pen: Pen) -> None:
    pen.server.always = lambda _: said({"sentences": [f"{ENGLISH[:-1]}, dear neighbour{'!' * n}." for n in range(50)]})
    await pen.writes()
    assert len(await pen.kept(Occasion.BILL, "en")) == MOST


async def test_former_sentences_stay_where_new_ones_are_no_good(pen: Pen) -> None:
    await pen.writes()
    pen.now += FRESH + timedelta(minutes=1)
    pen.server.always = lambda _: refusal()
    await pen.writes()
    assert await pen.kept(Occasion.BILL, "en") == [ENGLISH]


async def test_an_outage_keeps_nothing_and_is_told_how_long_to_wait(pen: Pen) -> None:
    pen.server.always = lambda _: failure(500)
    with pytest.raises(AnswerError) as caught:
        await pen.writes()
    assert caught.value.pause == timedelta(minutes=1)
    assert await pen.kept(Occasion.BILL, "en") == []


async def test_the_worker_goes_on_after_an_outage_and_only_one_asks(pen: Pen) -> None:
    pen.server.answers.append(lambda _: failure(429, retry_after="1"))
    workers = [asyncio.create_task(write_forever(pen.place, pen.writer, 0.01)) for _ in range(2)]
    async with asyncio.timeout(60):
        while not await pen.kept(Occasion.REMINDER_TODAY, "hi"):
            await asyncio.sleep(0.05)
    for worker in workers:
        worker.cancel()
    await asyncio.wait(workers)
    assert len(pen.server.asked) == 1 + len(Occasion) * 2
    assert pen.server.most_at_once == 1


class TestOnTop:
    @pytest.fixture
    async def story(self, pen: Pen) -> Story:
        async with pen.db.transaction() as conn:
            town = await build(conn)
        return Story(pen.db, town, society=WISHED)

    async def test_of_a_bill_and_a_reminder(self, pen: Pen, story: Story) -> None:
        await pen.writes()
        await story.bill("B17-FF", "146")
        await story.delivered()
        (bill,) = story.mail.of(story.town.sharma)
        assert bill.split("\n")[:2] == [ENGLISH, "October bill · B17-FF: ₹3,226.00"]
        story.now = local("2026-11-09T10:00")
        await self._remind(story)
        assert story.mail.of(story.town.sharma)[1].startswith(f"{ENGLISH}\n₹3,226.00 for B17-FF: please pay")

    async def test_in_the_readers_language(self, pen: Pen, story: Story) -> None:
        await pen.writes()
        await story.run("update chat_identities set language = 'hi'")
        await story.bill("B17-FF", "146")
        await story.delivered()
        assert story.mail.of(story.town.sharma)[0].startswith(f"{HINDI}\n")

    async def test_not_of_a_bill_that_is_paid(self, pen: Pen, story: Story) -> None:
        await pen.writes()
        await story.bill("B17-FF", "146")
        await story.delivered()
        await story.paid("B17-FF", "3226")
        await story.delivered()
        assert ENGLISH not in story.mail.of(story.town.sharma)[0]

    async def test_without_sentences_everything_goes_out_at_once(self, story: Story) -> None:
        """OpenAI is down from the beginning: nothing waits for it."""
        await story.bill("B17-FF", "146")
        await story.delivered()
        (bill,) = story.mail.of(story.town.sharma)
        assert bill.startswith("October bill · B17-FF: ₹3,226.00\n")

    async def test_not_where_it_is_not_wished(self, pen: Pen, story: Story) -> None:
        await pen.writes()
        story.society = SOCIETY
        await story.bill("B17-FF", "146")
        await story.delivered()
        assert ENGLISH not in story.mail.of(story.town.sharma)[0]

    async def test_what_came_into_the_database_another_way_is_checked_again(self, story: Story) -> None:
        evil = "Your bill is 1 rupee, pay at evil.example.org."
        await story.run(
            "insert into ai_openings select o, 'en', array[$1], now() from unnest($2::text[]) o", evil, list(Occasion)
        )
        await story.bill("B17-FF", "146")
        await story.delivered()
        assert "evil" not in story.mail.of(story.town.sharma)[0]

    async def _remind(self, story: Story) -> None:
        async with story.db.transaction() as conn:
            await remind(work(conn, story.town.rekha, story.now), [story.town.flat("B17-FF").flat_id])
        await story.delivered()

"""What reminders say, and that they are looked at again when they are sent."""

from datetime import date

import pytest

from bot.flows import load
from domain.cant_read import Reason
from domain.period import Month
from jobs.reading_reminders import remind_engineers
from jobs.send_reminders import remind
from storage import cant_read
from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.jobs.clockwork import local
from tests.society import build, past, work

load()


@pytest.fixture
async def story(db: Database) -> Story:
    async with db.transaction() as conn:
        town = await build(conn)
    return Story(db, town)


async def _remind(story: Story, flat: str = "B17-FF") -> None:
    async with story.db.transaction() as conn:
        await remind(work(conn, story.town.rekha, story.now), [story.town.flat(flat).flat_id])


async def _owing(story: Story, now: str) -> None:
    """A bill of 3,226.00, due 12 November, whose message has arrived."""
    await story.bill("B17-FF", "146")
    await story.delivered()
    story.now = local(now)


@pytest.mark.parametrize(
    ("now", "says"),
    [
        ("2026-11-09T10:00", "₹3,226.00 for B17-FF: please pay by 12 Nov 2026"),
        ("2026-11-12T10:00", "₹3,226.00 for B17-FF: please pay today"),
        ("2026-11-15T10:00", "₹3,226.00 for B17-FF was due on 12 Nov 2026. Please pay now"),
    ],
)
async def test_one_line_the_amount_pay_and_the_way_out(story: Story, now: str, says: str) -> None:
    await _owing(story, now)
    await _remind(story)
    await story.delivered()
    _, reminder = story.mail.messages(story.town.sharma)
    assert story.mail.of(story.town.sharma)[1] == says
    assert [key.label for row in reminder.keys for key in row] == ["Pay ₹3,226.00", "Paid? Send the UTR"]


async def test_in_hindi(story: Story) -> None:
    await story.run("update chat_identities set language = 'hi'")
    await _owing(story, "2026-11-12T10:00")
    await _remind(story)
    await story.delivered()
    assert story.mail.of(story.town.sharma)[1] == "B17-FF के ₹3,226.00 आज भरने हैं"
    reminder = story.mail.messages(story.town.sharma)[1]
    assert [key.label for row in reminder.keys for key in row] == ["₹3,226.00 भरें", "भर दिया? यूटीआर दें"]


@pytest.mark.parametrize(
    "meanwhile",
    [
        "insert into parked_flats (flat_id, reason) select id, 'x' from flats",
        "insert into payment_attempts (flat_id, amount, provider, state) select id, 5, 'stripe', 'underway' from flats",
        """insert into payment_claims (flat_id, person_id, amount, reference, reference_key)
           select f.id, p.id, 5, 'x', 'x' from flats f, people p where p.name = 'Mr Sharma'""",
        "update flat_owners set until = now()",
        "update chat_identities set person_id = null where external_id = '105'",
    ],
)
async def test_what_happened_meanwhile_silences_it(story: Story, meanwhile: str) -> None:
    await _owing(story, "2026-11-12T10:00")
    await _remind(story)
    await story.run(meanwhile)
    await story.delivered()
    assert len(story.mail.of(story.town.sharma)) == 1


async def test_paid_meanwhile(story: Story) -> None:
    await _owing(story, "2026-11-12T10:00")
    await _remind(story)
    await story.paid("B17-FF", "3226")
    await story.delivered()
    assert not [text for text in story.mail.of(story.town.sharma) if "please pay" in text]


async def test_part_paid_meanwhile_it_says_what_is_left(story: Story) -> None:
    await _owing(story, "2026-11-12T10:00")
    await _remind(story)
    await story.paid("B17-FF", "3000")
    await story.delivered()
    assert "₹226.00 for B17-FF: please pay today" in story.mail.of(story.town.sharma)


async def test_what_was_held_up_until_night_is_said_in_the_morning(story: Story) -> None:
    await _owing(story, "2026-11-12T19:30")
    await _remind(story)
    story.now = local("2026-11-12T23:00")
    await story.delivered()
    assert len(story.mail.of(story.town.sharma)) == 1
    story.now = local("2026-11-13T08:00")
    await story.delivered()
    assert story.mail.of(story.town.sharma)[1].startswith("₹3,226.00 for B17-FF was due on 12 Nov 2026.")


async def _unread(story: Story, day: str) -> list[str]:
    """What the first engineer is told at nine of that day."""
    story.now = local(f"{day}T09:00")
    async with story.db.transaction() as conn:
        await remind_engineers(work(conn, story.town.rekha, story.now), date.fromisoformat(day))
    await story.delivered()
    return story.mail.of(story.town.ravi)


async def test_engineers_hear_what_is_unread_and_where_to_go_once_a_day(story: Story) -> None:
    said = ["October: 13 of 13 meters are unread\nNext: B7 (1), B17 (3), B18 (2), C8 (1), 5 more blocks"]
    assert await _unread(story, "2026-10-28") == said
    assert await _unread(story, "2026-10-28") == said
    assert story.mail.of(story.town.rekha) == []


async def test_nobody_is_sent_again_to_what_could_not_be_read(story: Story) -> None:
    at = local("2026-10-20T09:00")
    async with story.db.transaction() as conn:
        for code in ("B7-FF", "B17-FF"):
            meter_id = story.town.flat(code).meter_id
            await cant_read.record(conn, meter_id, Month(2026, 10), Reason.LOCKED, "", by=None, at=at)
        await conn.execute(
            """insert into cant_read (meter_id, month, reason, at)
               select id, '2026-10-01', 'blocked', now() from meters where meter_number = '77000001'"""
        )
    [said] = await _unread(story, "2026-10-28")
    assert said.splitlines() == [
        "October: 10 of 13 meters are unread",
        "Next: B17 (2), B18 (2), C8 (1), C14 (2), 3 more blocks",
        "3 more could not be read.",
    ]


async def test_who_asks_at_night_to_see_it_is_answered(story: Story) -> None:
    said = await _unread(story, "2026-10-28")
    story.now = local("2026-10-28T22:00")
    await story.run(
        """insert into notifications (outbox, status, channel, chat_id, person_id, kind, source_type, source_id,
               sequence, payload)
           select true, 'queued', channel, chat_id, person_id, kind, source_type, source_id, 2, '{"asked": true}'
           from notifications where kind = 'reading_reminder' and chat_id = $1""",
        story.town.ravi.chat_id,
    )
    await story.delivered()
    assert story.mail.of(story.town.ravi) == [*said, *said]


async def test_on_the_first_days_it_is_about_the_month_before(story: Story) -> None:
    async with story.db.transaction() as conn:
        for number, home in enumerate(story.town.homes.values()):
            if number:
                await past(conn, home, date(2026, 10, 2 + number), "146")
        await past(conn, story.town.flat("B17-GF"), date(2026, 11, 1), "146")
        await conn.execute(
            """insert into readings (meter_id, reading_date, reading_value, state)
               select id, '2026-10-20', 5, 'history' from meters where flat_id is null"""
        )
    assert await _unread(story, "2026-10-31") == ["October: 1 of 13 meters is unread\nNext: B17 (1)"]
    assert len(await _unread(story, "2026-11-01")) == 1
    assert len(await _unread(story, "2026-11-02")) == 1

"""/jobs: what runs by itself, in the hands of admins."""

from datetime import date, timedelta
from typing import Any

import pytest

from bot.conversation import Action
from bot.i18n import Translator
from bot.texts.admin_jobs import last_run
from storage.database import Database
from storage.job_runs import LastRun
from tests.bot.flows.admin.conftest import NOW
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.jobs.clockwork import Clockwork, recorded
from tests.society import SOCIETY, Town, past


async def _looked(db: Database, phone: Phone) -> None:
    await Clockwork(db, phone.now).look()


async def test_every_job_with_its_next_and_last_run(rekha: Phone, db: Database) -> None:
    said = await rekha.say("/jobs")
    assert "<b>Overdue bills</b> · next 11:00\nHas not run yet." in said
    assert "<b>Bills of the month</b> · next 1 Dec 2026, 02:00\nHas not run yet." in said
    await _looked(db, rekha)
    assert "<b>Overdue bills</b> · next 11:00\nLast 10:42: done, 0 bills changed" in await rekha.say("/jobs")
    assert "<b>Backup</b> · next 3 Nov 2026, 03:00\nHas not run yet." in await rekha.say("/jobs")


async def test_run_now_says_what_came_of_it_on_the_same_card(rekha: Phone, db: Database, town: Town) -> None:
    await _looked(db, rekha)
    await rekha.say("/jobs")
    await rekha.press("Overdue bills")
    assert "Starts now." in await rekha.press("Run now")
    card = rekha.replies[0].card
    await _looked(db, rekha)
    story = Story(db, town, now=NOW)
    await story.delivered()
    assert "Last 10:42: done, 0 bills changed" in story.mail.of(town.rekha)[-1]
    async with db.transaction() as conn:
        assert await conn.fetchval("select card from notifications where kind = 'job_ended'") == card


async def test_pressed_twice_it_runs_once(rekha: Phone, db: Database) -> None:
    await _looked(db, rekha)
    await rekha.say("/jobs")
    await rekha.press("Overdue bills")
    card = rekha.messages
    await rekha.press("Run now", among=card)
    await rekha.press("Run now", among=card)
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from job_runs where strpos(period, '/') > 0") == 1


async def test_bills_are_shown_with_count_and_sum_before_they_are_issued(
    rekha: Phone, db: Database, town: Town
) -> None:
    async with db.transaction() as conn:
        await past(conn, town.flat("VILLA-A2"), date(2026, 10, 20), "160", state="approved")
    await _looked(db, rekha)
    await rekha.say("/jobs")
    await rekha.press("Bills of the month")
    assert rekha.labels == ["Show the bills first", "Pause", "Back"]
    card = rekha.replies[0].card
    assert "<b>October 2026 · 1 bill · ₹3,777.00</b>" in await rekha.press("Show the bills first")
    assert rekha.labels == ["Issue 1 bill, ₹3,777.00", "Look again"]
    assert rekha.replies[0].card != card
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from job_runs where strpos(period, '/') > 0") == 0
    assert "0 of 1 reading done" in await rekha.press("Issue 1 bill")


async def test_a_stored_button_to_run_them_unseen_shows_the_card_instead(rekha: Phone, db: Database) -> None:
    await rekha.press_action(Action("jobs.run", {"job": "monthly_bills", "card": "jobs:old"}))
    assert rekha.labels[0] == "Show the bills first"
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from job_runs") == 0


async def test_the_bills_of_a_failed_month_are_shown_first_too(rekha: Phone, db: Database, town: Town) -> None:
    broken = recorded("monthly_bills")
    broken.failures = 9
    async with db.transaction() as conn:
        await conn.execute("insert into job_runs (job, period, state) values ('monthly_bills', '2026-09', 'done')")
    clock = Clockwork(db, rekha.now, {"monthly_bills": broken.job})
    for _ in range(6):
        await clock.look()
    story = Story(db, town, now=NOW + timedelta(days=40))
    await story.delivered()
    [notice] = story.mail.messages(town.rekha)
    said = await story.phone(town.rekha).press("Show the bills first", among=[notice])
    assert "October 2026: nothing to issue" in said


async def test_pause_and_resume(rekha: Phone, db: Database) -> None:
    await _looked(db, rekha)
    await rekha.say("/jobs")
    await rekha.press("Payment reminders")
    assert "<b>Payment reminders</b> · paused" in await rekha.press("Pause")
    assert "Resume" in rekha.labels
    said = await rekha.press("Resume")
    assert "next 3 Nov 2026, 10:00" in said
    assert "It goes on with its next time." in said


async def test_bills_missed_while_paused_are_shown_before_they_are_issued(
    rekha: Phone, db: Database, town: Town
) -> None:
    async with db.transaction() as conn:
        await past(conn, town.flat("VILLA-A2"), date(2026, 10, 20), "160", state="approved")
        await conn.execute("insert into job_runs (job, period, state) values ('monthly_bills', '2026-09', 'done')")
        await conn.execute("insert into job_pauses (job) values ('monthly_bills')")
    await rekha.say("/jobs")
    await rekha.press("Bills of the month")
    said = await rekha.press("Resume")
    assert "Missed while it was paused, and not issued: October 2026. Look at the bills, then issue them." in said
    assert rekha.labels == ["Show October 2026", "Pause", "Back"]
    await _looked(db, rekha)
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from bill_runs") == 0
    assert "<b>October 2026 · 1 bill · ₹3,777.00</b>" in await rekha.press("Show October 2026")
    assert rekha.labels[0] == "Issue 1 bill, ₹3,777.00"


async def test_nobody_else(ravi: Phone, sharma: Phone, rekha: Phone, db: Database) -> None:
    for phone in (ravi, sharma):
        assert "another role" in await phone.say("/jobs")
    await rekha.say("/jobs")
    await rekha.press("Overdue bills")
    async with db.transaction() as conn:
        await conn.execute("update staff set revoked_at = now() where role = 'admin'")
    assert "another role" in await rekha.press("Run now")
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from job_runs") == 0


async def test_admins_hear_of_a_job_that_was_given_up(rekha: Phone, db: Database, town: Town) -> None:
    broken = recorded("mark_overdue")
    broken.failures = 9
    clock = Clockwork(db, rekha.now, {"mark_overdue": broken.job})
    for _ in range(6):
        await clock.look()
    story = Story(db, town, now=NOW)
    await story.delivered()
    assert story.mail.of(town.mohan) == [
        "Overdue bills failed after 5 tries.\nReason: RuntimeError: the printer is on fire\n/jobs runs it again."
    ]


@pytest.mark.parametrize(
    ("job", "result", "said"),
    [
        (
            "monthly_bills",
            {"issued": 1, "total": "10.00", "unread": 1, "pending": 2},
            "1 bill issued, ₹10.00; 1 flat not read; 2 waiting for approval",
        ),
        ("monthly_bills", {"issued": 2, "total": "10.00", "unread": 0, "pending": 0}, "2 bills issued, ₹10.00"),
        ("payment_reminders", {"flats": 1, "withheld": 0}, "1 flat reminded"),
        ("mark_overdue", {"bills": 1}, "1 bill changed"),
        ("reading_reminders", {"unread": 1}, "1 meter unread"),
        ("reconcile_payments", {"compared": 3, "differences": 1, "unreachable": []}, "1 difference"),
        (
            "reconcile_payments",
            {"compared": 0, "differences": 0, "unreachable": ["stripe"]},
            "0 differences; Stripe could not be reached",
        ),
        ("reconcile_payments", {"providers": 0}, "nothing to compare, online payments are not set up"),
        ("backup", {"rows": 1}, "1 row saved"),
    ],
)
def test_what_came_of_it_in_plain_words(job: str, result: dict[str, Any], said: str) -> None:
    last = LastRun(job, "2026-11-02", "done", NOW, NOW, 1, result, None)
    assert last_run(Translator("en"), last, SOCIETY.zone, NOW) == f"Last 10:42: done, {said}"

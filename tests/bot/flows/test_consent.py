"""STOP and START on any channel, and the chat in which a person wants their bills."""

import pytest

from bot.announcements import ANNOUNCERS
from bot.flows import load
from jobs import consent
from jobs.notify import enqueue
from storage import review
from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import build, work

load()


@pytest.fixture
async def story(db: Database) -> Story:
    async with db.transaction() as conn:
        return Story(db, await build(conn))


def _phone(story: Story) -> Phone:
    return story.phone(story.town.sharma)


async def _reasons(story: Story, kind: str) -> list[tuple[str, str]]:
    sql = "select status, error from notifications where kind = $1 order by id"
    async with story.db.transaction() as conn:
        return [(row["status"], row["error"]) for row in await conn.fetch(sql, kind)]


async def _other_chat(story: Story, *, older: bool = True) -> int:
    """A second chat of Mr Sharma's."""
    sql = """
        insert into chat_identities (channel, external_id, person_id, language, last_seen_at)
        values ('telegram', '955', $1, 'en', now() + make_interval(days => $2)) returning id"""
    async with story.db.transaction() as conn:
        return int(await conn.fetchval(sql, story.town.sharma.person_id, -9 if older else 9))


async def _chats_of_bill(story: Story) -> list[int]:
    sql = "select chat_id from notifications where kind = 'bill' and status <> 'cancelled' order by id"
    async with story.db.transaction() as conn:
        return [row["chat_id"] for row in await conn.fetch(sql)]


def test_each_announcement_is_asked_for_or_not() -> None:
    """A new kind has to say which it is: STOP ends what nobody asked for, and nothing else."""
    ours = {kind for kind, announcer in ANNOUNCERS.items() if announcer.__module__.startswith("bot.")}
    assert ours == consent.PROACTIVE | consent.ANSWERS
    assert not consent.PROACTIVE & consent.ANSWERS


@pytest.mark.parametrize("word", ["STOP", "stop", "Stop", "रोकें", "/stop"])
async def test_stop_is_confirmed_with_the_way_back(story: Story, word: str) -> None:
    phone = _phone(story)
    assert "Send START" in await phone.say(word)
    assert len(phone.replies) == 1


async def test_the_office_sees_who_sent_stop(story: Story) -> None:
    await _phone(story).say("STOP")
    rekha = story.phone(story.town.rekha)
    assert "Owner: Mr Sharma · sent STOP" in await rekha.say("/flat B17-FF")


async def test_stop_in_a_sentence_is_no_wish(story: Story) -> None:
    assert "START" not in await _phone(story).say("stop the water please")


async def test_in_hindi_without_latin_letters(story: Story) -> None:
    await story.run("update chat_identities set language = 'hi'")
    text = (await _phone(story).say("रोकें")).replace("<b>", "").replace("</b>", "")
    assert "शुरू" in text
    assert not any(letter.isascii() and letter.isalpha() for letter in text)


async def test_a_bill_that_waits_is_not_sent_and_says_why(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await _phone(story).say("STOP")
    await story.delivered()
    assert await _reasons(story, "bill") == [("cancelled", consent.OPTED_OUT)]
    assert story.mail.of(story.town.sharma) == []


async def test_nothing_is_queued_for_who_opted_out_and_the_office_sees_it(story: Story) -> None:
    await _phone(story).say("STOP")
    await story.bill("B17-FF", "146")
    await story.paid("B17-FF", "100")
    assert await _reasons(story, "bill") == []
    assert await _reasons(story, "receipt") == []


async def test_what_they_ask_is_answered(story: Story) -> None:
    await story.bill("B17-FF", "146")
    phone = _phone(story)
    await phone.say("STOP")
    assert "3,226.00" in await phone.say("/bill")


async def test_what_came_of_something_they_did_is_told(story: Story) -> None:
    await _phone(story).say("STOP")
    async with story.db.transaction() as conn:
        asked = work(conn, story.town.rekha, story.now)
        await enqueue(asked, "message_failed", "inbox", 1, chat_id=story.town.sharma.chat_id, payload={"lease": 1})
    await story.delivered()
    assert [status for status, _ in await _reasons(story, "message_failed")] == ["sent"]


async def test_a_message_they_asked_to_see_is_shown(story: Story) -> None:
    """The button of a template of before."""
    bill = await story.bill("B17-FF", "146")
    await story.delivered()
    await _phone(story).say("STOP")
    sql = """
        insert into notifications (outbox, status, channel, chat_id, person_id, kind, source_type, source_id, sequence,
            payload, bill_id)
        values (true, 'queued', 'telegram', $1, $2, 'bill', 'bill', $3::text, 9, '{"asked": true}', $4)"""
    await story.run(sql, story.town.sharma.chat_id, story.town.sharma.person_id, str(bill), bill)
    await story.delivered()
    assert [status for status, _ in await _reasons(story, "bill")] == ["sent", "sent"]


@pytest.mark.parametrize("word", ["START", "start", "शुरू", "/start"])
async def test_start_brings_them_back(story: Story, word: str) -> None:
    phone = _phone(story)
    await phone.say("STOP")
    assert "come here again" in await phone.say(word)
    await story.bill("B17-FF", "146")
    await story.delivered()
    assert len(story.mail.of(story.town.sharma)) == 1


async def test_both_are_in_the_trail(story: Story) -> None:
    phone = _phone(story)
    for word in ("STOP", "STOP", "START", "START"):
        await phone.say(word)
    async with story.db.transaction() as conn:
        rows = await conn.fetch("select action from audit where action like 'chat.opted%' order by id")
    assert [row["action"] for row in rows] == ["chat.opted_out", "chat.opted_in"]


async def test_stop_in_one_chat_sends_what_waits_to_the_other(story: Story) -> None:
    other = await _other_chat(story)
    await story.bill("B17-FF", "146")
    await _phone(story).say("STOP")
    await story.delivered()
    assert await _chats_of_bill(story) == [other]


async def test_a_bill_goes_to_one_chat_the_one_last_heard_from(story: Story) -> None:
    other = await _other_chat(story, older=False)
    await story.bill("B17-FF", "146")
    assert await _chats_of_bill(story) == [other]


async def test_the_person_chooses_the_chat(story: Story) -> None:
    await _other_chat(story, older=False)
    phone = _phone(story)
    assert "come to your other chat" in await phone.say("/settings")
    assert "this chat from now on" in await phone.press("Send my bills here")
    await story.run("update chat_identities set last_seen_at = now() + interval '20 days' where external_id = '955'")
    await story.bill("B17-FF", "146")
    assert await _chats_of_bill(story) == [story.town.sharma.chat_id]
    assert "come to this chat" in await phone.say("/settings")


async def test_with_one_chat_there_is_nothing_to_choose(story: Story) -> None:
    phone = _phone(story)
    await phone.say("/settings")
    assert phone.labels == ["हिन्दी", "English"]


async def test_a_card_stays_where_it_is_shown(story: Story) -> None:
    """Another chat may have been heard from since."""
    admin = story.town.rekha
    async with story.db.transaction() as conn:
        asked = work(conn, story.town.mohan, story.now)
        await enqueue(asked, "stray_payment", "stray_payment", 1, person_id=admin.person_id, card="stray:1")
        await conn.execute(
            "insert into chat_identities (channel, external_id, person_id, last_seen_at) "
            "values ('whatsapp', '447700900103', $1, now() + interval '1 day')",
            admin.person_id,
        )
        await enqueue(asked, "stray_payment", "stray_payment", 1, person_id=admin.person_id, card="stray:1", sequence=2)
        chats = await conn.fetch("select chat_id from notifications where kind = 'stray_payment'")
    assert {row["chat_id"] for row in chats} == {admin.chat_id}


async def test_the_queue_is_shown_in_one_chat_of_each_admin(story: Story) -> None:
    """The one they wrote from last; in none where they want no messages."""
    admin = story.town.rekha
    sql = """
        insert into chat_identities (channel, external_id, person_id, last_seen_at)
        values ('whatsapp', '447700900103', $1, now() + make_interval(days => $2)) returning id"""
    async with story.db.transaction() as conn:
        other = await conn.fetchval(sql, admin.person_id, 1)
        shown = {one.chat_id for one in await review.watchers(conn, "inbox", story.now)}
        assert shown == {other, story.town.mohan.chat_id}
        await conn.execute("update chat_identities set opted_out_at = now() where person_id = $1", admin.person_id)
        assert {one.chat_id for one in await review.watchers(conn, "inbox", story.now)} == {story.town.mohan.chat_id}

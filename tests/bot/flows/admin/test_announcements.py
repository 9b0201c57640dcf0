"""What the office is told without asking, worded at the moment of sending."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.announcements import ANNOUNCERS
from bot.conversation import Reply
from bot.i18n import Translator
from domain.roles import Role
from jobs.approve_batch import give_up, issue_batch
from jobs.pending import PATIENCE, TASK, tell_again
from jobs.people import revoke_role
from jobs.ports import Notice
from jobs.work import Actor, Work
from storage import people
from storage.database import Connection, Database
from tests.bot.flows.admin.conftest import NOW
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY, Resident, Town


async def told(db: Database, kind: str, who: Resident) -> Reply | None:
    """The latest announcement of this kind to a person, as it would be sent now."""
    async with db.transaction() as conn:
        row = await conn.fetchrow(
            """select id, kind, source_type, source_id, sequence, channel, chat_id, person_id, bill_id, payload, card
               from notifications where kind = $1 and chat_id = $2 order by id desc limit 1""",
            kind,
            who.chat_id,
        )
        assert row is not None
        return await ANNOUNCERS[kind](service(conn), Notice(**row), Translator("en"))


async def cards_told(db: Database, kind: str, who: Resident) -> list[str]:
    """Names of the cards of these announcements, in order."""
    async with db.transaction() as conn:
        sql = "select card from notifications where kind = $1 and chat_id = $2 order by id"
        return [row["card"] for row in await conn.fetch(sql, kind, who.chat_id)]


async def _queue_card(db: Database, ravi: Phone, rekha: Phone, *, posted_at: datetime) -> str:
    """Two readings wait, and an admin asked for the queue then; the name of its card."""
    await ravi.say("B17-FF 146")
    await ravi.say("B17-GF 146")
    await _sent(db)
    await rekha.say("/pending")
    async with db.transaction() as conn:
        sql = "update notifications set card = $2, created_at = $3 where card = $1"
        await conn.execute(sql, rekha.replies[0].card, "inbox:first", posted_at)
        await conn.execute("update notifications set kind = 'reply' where kind = 'queue_changed'")
    return "inbox:first"


async def _sent(db: Database) -> None:
    """Everything queued arrives; edits of cards keep their message."""
    async with db.transaction() as conn:
        await conn.execute(
            """update notifications set status = 'sent', external_id = coalesce(card, id::text)
               where outbox and status = 'queued'"""
        )


def service(conn: Connection) -> Work:
    return Work(conn, NOW, SOCIETY, Actor(None, "billing"), "TEST")


async def test_a_single_reading_comes_as_its_card(db: Database, town: Town, ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146")
    card = await told(db, "reading_waiting", town.rekha)
    assert card is not None
    assert "<b>Total ₹3,226.00</b>" in card.text
    assert [button.label for button in card.buttons[0]] == ["Approve ₹3,226.00", "Correct"]
    await rekha.say("/pending")
    await rekha.press("Approve")
    assert await told(db, "reading_waiting", town.mohan) is None


async def test_more_come_as_the_queue(db: Database, town: Town, ravi: Phone) -> None:
    await ravi.say("B17-FF 146")
    await ravi.say("B17-GF 1460")
    card = await told(db, "queue_changed", town.rekha)
    assert card is not None
    assert "1 normal · 1 to look at" in card.text
    assert card.passing, "no new message for each reading where nothing can be edited"
    assert [button.label for row in card.buttons for button in row] == ["Approve 1 normal", "Review 1"]


async def test_an_older_queue_card_is_not_drawn_beside_a_newer_one(
    db: Database, town: Town, ravi: Phone, rekha: Phone
) -> None:
    await ravi.say("B17-FF 146")
    await ravi.say("B17-GF 146")
    await rekha.say("/pending")
    assert await told(db, "queue_changed", town.rekha) is None
    assert await told(db, "queue_changed", town.mohan) is not None
    assert await told(db, "reading_waiting", town.mohan) is None


async def test_a_queue_card_far_up_is_followed_by_one_below(
    db: Database, town: Town, ravi: Phone, rekha: Phone
) -> None:
    first = await _queue_card(db, ravi, rekha, posted_at=NOW - PATIENCE)
    await ravi.say("B17-SF 146")
    assert await cards_told(db, "queue_changed", town.rekha) == [first], "nothing is below it: edited"
    await _sent(db)
    await rekha.say("/flat B17-FF")
    await ravi.say("B18-GF 146")
    await ravi.say("B18-FF 146")
    old, new = await told(db, "queue_moved", town.rekha), await told(db, "queue_changed", town.rekha)
    assert old is not None
    assert new is not None
    assert (old.card, old.buttons, old.passing) == (first, (), True)
    assert "5 readings wait" in new.text
    assert await cards_told(db, "queue_changed", town.rekha) == [first, new.card]


async def test_where_nothing_can_be_edited_the_queue_is_told_anew_once_in_a_while(
    db: Database, town: Town, ravi: Phone, rekha: Phone
) -> None:
    first = await _queue_card(db, ravi, rekha, posted_at=NOW - PATIENCE)
    await _sent(db)
    async with db.transaction() as conn:
        await conn.execute("update chat_identities set channel = 'whatsapp' where id = $1", town.rekha.chat_id)
    await ravi.say("B17-SF 146")
    new = await told(db, "queue_changed", town.rekha)
    assert new is not None
    assert new.card != first
    assert "3 readings wait" in new.text


async def test_what_comes_too_early_for_another_queue_card_is_told_later(
    db: Database, town: Town, ravi: Phone, rekha: Phone
) -> None:
    first = await _queue_card(db, ravi, rekha, posted_at=NOW - PATIENCE / 2)
    await rekha.say("/flat B17-FF")
    await ravi.say("B17-SF 146")
    await _sent(db)
    assert await cards_told(db, "queue_changed", town.rekha) == [first]
    async with db.transaction() as conn:
        payload = await conn.fetchval("select payload from inbox where payload ->> 'task' = $1", TASK)
        for _ in range(2):
            await tell_again(replace(service(conn), now=NOW + PATIENCE / 2), payload["data"])
    assert await cards_told(db, "queue_moved", town.rekha) == [first]
    assert len(await cards_told(db, "queue_changed", town.rekha)) == 2


async def test_a_demoted_admin_is_told_nothing(db: Database, town: Town, ravi: Phone) -> None:
    await ravi.say("B17-FF 146")
    async with db.transaction() as conn:
        await people.revoke(conn, town.rekha.person_id, Role.ADMIN)
    assert await told(db, "reading_waiting", town.rekha) is None


async def test_the_decided_card_says_how_far_the_bill_is(db: Database, town: Town, ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    await rekha.press("Approve")
    async with db.transaction() as conn:
        await conn.execute("update notifications set status = 'sent', sent_at = $1 where kind = 'bill'", NOW)
    card = await told(db, "reading_decided", town.rekha)
    assert card is not None
    assert "Approved by Rekha, 10:42" in card.text
    assert "Mr Sharma: delivered 10:42" in card.text


async def test_what_came_of_a_batch(db: Database, town: Town, ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146")
    await ravi.say("B17-GF 140")
    await rekha.say("/pending")
    await rekha.press("Approve 2 normal")
    await rekha.press("Approve 2, ₹6,380.00")
    async with db.transaction() as conn:
        await conn.execute("insert into parked_flats (flat_id, reason) values ($1, 'why')", town.flat("B17-FF").flat_id)
        await issue_batch(service(conn), {"batch": 1, "card": "batch:TEST"})
    card = await told(db, "batch_issued", town.rekha)
    assert card is not None
    assert "1 bill issued, ₹3,154.00" in card.text
    assert "B17-FF: set aside, its books look wrong" in card.text
    assert "No chat linked, bill on paper: B17-GF" in card.text


async def test_a_batch_that_is_not_issued_is_told_aloud_and_in_its_message(
    db: Database, town: Town, ravi: Phone, rekha: Phone
) -> None:
    await ravi.say("B17-FF 146")
    await ravi.say("B17-GF 140")
    await rekha.say("/pending")
    await rekha.press("Approve 2 normal")
    await rekha.press("Approve 2, ₹6,380.00")
    async with db.transaction() as conn:
        await give_up(service(conn), {"batch": 1, "card": "batch:TEST"})
    card, aloud = await told(db, "batch_not_issued", town.rekha), await told(db, "batch_not_issued", town.mohan)
    assert card is not None
    assert aloud is not None
    assert (card.card, card.buttons) == ("batch:TEST", ())
    assert "2 readings that Rekha approved wait again: B17-FF, B17-GF." in aloud.text
    assert [button.label for button in aloud.buttons[0]] == ["Approve 2 normal", "Review 2"]


async def test_the_engineer_is_told_of_a_correction(db: Database, town: Town, ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 1460")
    await rekha.say("/pending")
    await rekha.press("Correct")
    await rekha.say("146")
    note = await told(db, "reading_corrected", town.ravi)
    assert note is not None
    assert note.text == "Rekha corrected B17-FF: 1460 is now <b>146</b>. You need not do anything."
    assert note.reply_to == "1"


TO_OTHERS = {"reading_corrected", "office_answer"}
"""To engineers."""


async def test_no_news_of_the_office_reaches_who_is_no_admin_any_more(db: Database, town: Town) -> None:
    kinds = {kind for kind, wording in ANNOUNCERS.items() if wording.__module__.startswith("bot.flows.admin.")}
    assert {"stray_payment", "refund_failed", "payments_differ", "ask_office", "flat_parked", "restored"} <= kinds
    async with db.transaction() as conn:
        work = Work(conn, NOW, SOCIETY, Actor(town.rekha.person_id, "Rekha", frozenset({Role.ADMIN})), "TEST")
        await revoke_role(work, town.mohan.person_id, Role.ADMIN)
        for kind in {*kinds, "dead_message"} - TO_OTHERS:
            mohan = town.mohan
            notice = Notice(1, kind, "x", "1", 1, "telegram", mohan.chat_id, mohan.person_id, None, {}, "card")
            assert await ANNOUNCERS[kind](service(conn), notice, Translator("en")) is None, kind


async def test_no_answer_reaches_who_is_no_engineer_any_more(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await people.revoke(conn, town.ravi.person_id, Role.ENGINEER)
        for kind in {*TO_OTHERS, "reading_returned"}:
            ravi = town.ravi
            notice = Notice(1, kind, "x", "1", 1, "telegram", ravi.chat_id, ravi.person_id, None, {}, None)
            assert await ANNOUNCERS[kind](service(conn), notice, Translator("en")) is None, kind

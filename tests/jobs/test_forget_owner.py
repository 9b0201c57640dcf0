"""Forgetting an owner who left: found nowhere afterwards, the books as they were, once, and never too early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import asyncpg
import pytest

from domain.roles import Role
from jobs import people as people_jobs
from jobs.change_flat import Change, Changed, Field, change
from jobs.forget_owner import Done, Forgotten, NotYet, Preview, forget, look, who_left
from jobs.verify import verify_database
from storage import accounts, bill_links, inbox, outbox, people, visitors
from storage.database import Database, connect
from storage.forgetting import FORMER
from storage.inbox import Arrival
from storage.migrate import migrate
from storage.outbox import Draft, Room, Settlement
from tests.billing import NOW, issue, pay
from tests.society import Resident, Town, build, work

if TYPE_CHECKING:
    from storage.database import Connection

    Owner = asyncpg.Connection[asyncpg.Record]

NAME = 'Zebulon "Zeb" O\'Quartz'
PHONE, EMAIL, CHAT = "+447700900777", "zeb@quartz.example", "7007007001"
CANARIES = (NAME, "Quartz", "Zebulon", PHONE, "447700900777", "7700900777", EMAIL, CHAT)
LEFT = NOW + timedelta(days=40)


@dataclass(frozen=True, slots=True)
class Story:
    """Who left B7-FF, with their rows."""

    town: Town
    owner_id: int
    person_id: int
    chat_id: int
    flat_id: int


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[Owner]:
    """The owner of the tables, who sees everything."""
    opened = await connect(dsn)
    yield opened
    await opened.close()


@pytest.fixture
async def story(db: Database, conn: Owner) -> Story:
    """An owner who joined, was billed, paid a part, wrote and was written to, and was followed by somebody else."""
    town = await build(conn)
    home = town.flat("B7-FF")
    await conn.execute(
        "update owners set name = $2, phone = $3, email = $4 where id = $1", home.owner_id, NAME, PHONE, EMAIL
    )
    async with db.transaction() as service:
        office = work(service, town.rekha, NOW)
        invited = await people_jobs.invite(office, Role.OWNER, NAME, PHONE, home.flat_id)
        chat_id = await visitors.chat_id(service, "telegram", CHAT)
        await service.execute("update chat_identities set display_name = 'Zebulon Q' where id = $1", chat_id)
        linked = await people_jobs.accept_invite(
            work(service, town.rekha, NOW), await people.chat(service, chat_id), invited.code
        )
        assert isinstance(linked, people_jobs.Linked)
        person = linked.person.id
        bill = await issue(office, home.flat_id, "100")
        await pay(office, home.flat_id, "1000")
        await bill_links.link_for(service, bill.id, person, NOW)
    await _messages(db, town, chat_id, person)
    async with db.transaction() as service:
        leaving = Change(Field.OWNER, NAME, "Farah Sethi", "+447700900778")
        assert isinstance(await change(work(service, town.rekha, LEFT), "B7-FF", leaving), Changed)
    return Story(town, home.owner_id, person, chat_id, home.flat_id)


async def _messages(db: Database, town: Town, chat_id: int, person: int) -> None:
    async with db.transaction() as conn:
        await inbox.store(
            conn,
            [
                Arrival("telegram", "1", CHAT, {"from": {"id": int(CHAT), "first_name": NAME}}, NOW),
                Arrival("telegram", "2", town.rekha.external_id, {"text": f"who is {NAME.upper()}"}, NOW),
            ],
        )
        await conn.execute("update inbox set state = 'done', done_at = now()")
        await outbox.queue(conn, [(chat_id, Draft("reply", "inbox", "1", 1, {"text": f"Dear {NAME}"}))], person)
        await conn.execute("update notifications set status = 'sent', message = 'Dear Zebulon Q', sent_at = now()")
        mention = Draft("reply", "inbox", "2", 1, {"text": "B7-FF, Zebulon &quot;Zeb&quot; O&#x27;Quartz, 7700900777"})
        await outbox.queue(conn, [(town.rekha.chat_id, mention)])
        await conn.execute(
            "insert into conversations (chat_id, sender, flow, step, data) values ($1, $2, 'x', 'y', '{}')",
            chat_id,
            CHAT,
        )
        await conn.execute(
            "insert into actions (token, chat_id, name, data) values ('t', $1, 'x', $2)",
            town.rekha.chat_id,
            {"name": NAME},
        )
        await conn.execute("insert into guesses (chat, what) values ($1, 'invite')", f"telegram:{CHAT}")
        statement = await conn.fetchval(
            "insert into statements (sha256, file_name) values ('x', 'bank.csv') returning id"
        )
        await conn.execute(
            "insert into statement_rows (statement_id, row_number, day, amount, narration) values ($1, 1, $2, 5, $3)",
            statement,
            NOW.date(),
            f"UPI/{NAME}/{PHONE}",
        )
        await conn.execute(
            """insert into cant_read (meter_id, month, reason, words, person_id, at)
               values ($1, '2026-11-01', 'other', $2, $3, now())""",
            town.flat("B7-FF").meter_id,
            f"{NAME} keeps the key",
            town.ravi.person_id,
        )
        await conn.execute(
            """with walk as (insert into rounds (person_id, month, chat_id, began_at)
                             values ($1, '2026-11-01', $2, now()) returning id)
               insert into round_skips (round_id, meter_id, reason, at) select id, $3, $4, now() from walk""",
            town.ravi.person_id,
            town.ravi.chat_id,
            town.flat("B7-FF").meter_id,
            f"ask {NAME}",
        )
        await conn.execute(
            """insert into meter_replacements
                   (old_meter_id, new_number, replaced_on, opening, key, state, returned_reason)
               values ($1, '55501', '2026-10-20', 0, 'one', 'returned', $2)""",
            town.flat("B7-FF").meter_id,
            f"{NAME} says it is still there",
        )


async def dump(conn: Owner) -> str:
    """Every row of every table."""
    names = "select tablename from pg_tables where schemaname = current_schema()"
    tables = [row["tablename"] for row in await conn.fetch(names)]
    rows = {table: await conn.fetch(f"table {table}") for table in tables}
    return "\n".join(f"{table}: {' '.join(map(str, row.values()))}" for table in tables for row in rows[table])


async def ask(db: Database, story: Story, who: Resident | None = None) -> Done | Forgotten | NotYet | object:
    async with db.transaction() as service:
        return await forget(work(service, who or story.town.rekha, LEFT), story.owner_id)


async def test_it_is_found_before_and_nowhere_afterwards(db: Database, conn: Owner, story: Story) -> None:
    before = await dump(conn)
    assert all(canary in before for canary in CANARIES), "the search sees"
    outcome = await ask(db, story)
    assert isinstance(outcome, Done)
    after = await dump(conn)
    found = [line for line in after.splitlines() if any(one.lower() in line.lower() for one in CANARIES)]
    assert found == []
    assert FORMER in after


async def test_the_books_stay_and_verify_is_clean(db: Database, conn: Owner, story: Story) -> None:
    books = "select t::text from {} t order by 1"
    tables = ("bills", "account_entries", "readings", "meters", "flats", "adopted_bills", "locks")
    before = [await conn.fetch(books.format(table)) for table in tables]
    assert isinstance(await ask(db, story), Done)
    assert [await conn.fetch(books.format(table)) for table in tables] == before
    report = await verify_database(db.dsn)
    assert (report.findings, report.orphans) == ((), ())
    async with db.transaction() as service:
        assert await accounts.balance(service, story.flat_id) == Decimal(1674)


async def test_what_goes_and_stays_is_shown_first_in_figures(db: Database, story: Story) -> None:
    async with db.transaction() as service:
        office = work(service, story.town.rekha, LEFT)
        [left] = await who_left(office)
        assert (left.owner_id, left.flats) == (story.owner_id, ("B7-FF",))
        assert [one.owner_id for one in await who_left(office, "quartz")] == [story.owner_id]
        assert [one.owner_id for one in await who_left(office, "b7-ff")] == [story.owner_id]
        assert await who_left(office, "Sharma") == []
        seen = await look(office, story.owner_id)
    assert isinstance(seen, Preview)
    assert (len(seen.traces.chats), len(seen.traces.phones), len(seen.traces.emails)) == (1, 1, 1)
    assert (seen.figures.bills, seen.figures.entries, seen.figures.received) == (1, 2, 1)
    assert seen.figures.messages >= 1
    assert seen.owed == (("B7-FF", Decimal("1674.00")),)
    assert seen.shared == ()


async def test_the_trail_keeps_what_happened_and_who_forgot(db: Database, conn: Owner, story: Story) -> None:
    lines = "select id, at, action, subject_type, subject_id from audit where action <> 'owner.forgotten' order by id"
    before = await conn.fetch(lines)
    await ask(db, story)
    assert await conn.fetch(lines) == before
    [line] = await conn.fetch("select * from audit where action = 'owner.forgotten'")
    assert (line["actor"], line["after"]["flats"]) == ("Rekha", ["B7-FF"])
    changed = await conn.fetchval("select before ->> 'owner' from audit where action = 'flat.owner_changed'")
    assert changed == FORMER


async def test_two_admins_at_once_do_it_once(db: Database, conn: Owner, story: Story) -> None:
    async with db.transaction() as held:
        await held.execute("select from owners where id = $1 for update", story.owner_id)
        both = [asyncio.create_task(ask(db, story, who)) for who in (story.town.rekha, story.town.mohan)]
        await _blocked(conn, 2)
    outcomes = await asyncio.gather(*both)
    assert sorted(type(one).__name__ for one in outcomes) == ["Done", "Forgotten"]
    [second] = [one for one in outcomes if isinstance(one, Forgotten)]
    assert second.by in {"Rekha", "Mohan"}
    assert await conn.fetchval("select count(*) from audit where action = 'owner.forgotten'") == 1


async def test_who_owns_a_flat_or_rents_one_stays(db: Database, story: Story) -> None:
    async with db.transaction() as service:
        await service.execute(
            "insert into flat_owners (flat_id, owner_id) values ($1, $2)",
            story.town.flat("C8-GF").flat_id,
            story.owner_id,
        )
        await service.execute(
            "insert into tenants (flat_id, name, phone, since) values ($1, 'Z', $2, '2026-01-01')",
            story.flat_id,
            PHONE,
        )
        assert await who_left(work(service, story.town.rekha, LEFT)) == []
    outcome = await ask(db, story)
    assert isinstance(outcome, NotYet)
    assert (outcome.bonds.owned, outcome.bonds.rented) == (("C8-GF",), ("B7-FF",))


async def test_who_ever_was_staff_stays(db: Database, story: Story) -> None:
    async with db.transaction() as service:
        await people.grant(service, story.person_id, Role.ENGINEER, None)
        await people.revoke(service, story.person_id, Role.ENGINEER)
    outcome = await ask(db, story)
    assert isinstance(outcome, NotYet)
    assert outcome.bonds.roles == ("engineer",)


@pytest.mark.parametrize(
    ("under_way", "which"),
    [
        (
            """insert into payment_attempts (flat_id, person_id, amount, provider, state)
               values ($1, $2, 5, 'stripe', 'unknown')""",
            "payments",
        ),
        (
            """insert into payment_claims (flat_id, person_id, amount, reference, reference_key)
               values ($1, $2, 5, '123456789012', '123456789012')""",
            "claims",
        ),
        (
            """with asked as (
                   insert into payment_attempts (flat_id, person_id, amount, provider, state, reference)
                   values ($1, $2, 5, 'stripe', 'paid', 'cs_1'))
               insert into stray_payments (provider, event_key, reason, facts)
               values ('stripe', 'pi_1', 'again', '{"link": "cs_1"}')""",
            "strays",
        ),
    ],
)
async def test_while_money_is_under_way_nothing_is_forgotten(
    db: Database, conn: Owner, story: Story, under_way: str, which: str
) -> None:
    await conn.execute(under_way, story.flat_id, story.person_id)
    before = await dump(conn)
    outcome = await ask(db, story)
    assert isinstance(outcome, NotYet)
    assert getattr(outcome.bonds, which) == 1
    assert await dump(conn) == before


async def test_a_message_that_is_just_being_sent_does_not_write_it_down_again(
    db: Database, conn: Owner, story: Story
) -> None:
    async with db.transaction() as service:
        await outbox.queue(service, [(story.chat_id, Draft("reply", "inbox", "9", 1, {"text": NAME}))], story.person_id)
        await outbox.queue(service, [(story.town.mohan.chat_id, Draft("payment_claimed", "payment_claim", "9", 1, {}))])
        held = await outbox.claim(service, ["telegram"], LEFT, Room(50, 50), 60)
    assert {row.chat_id for row in held} >= {story.chat_id, story.town.rekha.chat_id, story.town.mohan.chat_id}
    assert isinstance(await ask(db, story), Done)
    async with db.transaction() as service:
        late = [Settlement(row.id, row.lease, "sent", external_id="5", message=f"to {NAME}") for row in held]
        assert await outbox.settle(service, late, LEFT) == set()
    assert "Quartz" not in await dump(conn)
    status = "select status from notifications where chat_id = $1 and source_id = '9'"
    assert await conn.fetchval(status, story.chat_id) == "cancelled"
    assert await conn.fetchval(status, story.town.mohan.chat_id) == "queued"


async def test_a_message_of_theirs_that_is_worked_on_meanwhile_leaves_nothing(
    db: Database, conn: Owner, story: Story
) -> None:
    async with db.transaction() as service:
        await inbox.store(service, [Arrival("telegram", "77", CHAT, {"text": NAME}, LEFT)])
        [row] = await inbox.claim(service, LEFT, 1, 60)
    async with db.transaction() as service:
        assert await visitors.arrive(service, row, CHAT, CHAT, NAME, is_private=True) is not None
        at_it = asyncio.create_task(ask(db, story))
        await _blocked(conn)
    assert isinstance(await at_it, Done)
    assert "Quartz" not in await dump(conn)


async def _blocked(conn: Connection, count: int = 1) -> None:
    """Until so many wait for a lock."""
    waiting = "select count(distinct pid) from pg_locks where not granted"
    async with asyncio.timeout(60):
        while await conn.fetchval(waiting) < count:
            await asyncio.sleep(0.02)


async def test_who_writes_again_is_a_stranger(db: Database, conn: Owner, story: Story) -> None:
    await ask(db, story)
    async with db.transaction() as service:
        chat = await people.chat(service, await visitors.chat_id(service, "telegram", CHAT))
        assert (chat.person_id, chat.id == story.chat_id) == (None, False)
        again = await people_jobs.link_by_phone(
            work(service, story.town.rekha, LEFT), chat, PHONE, "Zeb", is_senders_own=True
        )
    assert again == people_jobs.NotLinked(people_jobs.LinkProblem.UNKNOWN_NUMBER)


@pytest.mark.parametrize(
    ("field", "careless"),
    [
        *(("phone = $2", text) for text in ("", "0", "1", "NA", "-")),
        *(("email = $2", text) for text in ("", "-", "@")),
        *(("name = $2", text) for text in ("Owner", "NA", "1", "null")),
    ],
)
async def test_what_was_typed_to_leave_a_field_empty_names_nobody(
    db: Database, conn: Owner, story: Story, field: str, careless: str
) -> None:
    await conn.execute(f"update owners set {field} where id = $1", story.owner_id, careless)  # noqa: S608 - ours
    texts = {"text": "B17-FF 146 - NA", "role": "owner", "n": 0, "one": 1, "none": None, "empty": "", "dash": "-"}
    async with db.transaction() as service:
        await inbox.store(service, [Arrival("telegram", "z", "999", texts, NOW)])
        await service.execute("update inbox set state = 'done', done_at = now() where dedupe_key = 'z'")
        told = Draft("reply", "inbox", "z", 1, texts)
        await outbox.queue(service, [(story.town.mohan.chat_id, told)])
        write = "insert into audit (actor, action, subject_type, subject_id, after) values ('Rekha', 'x', $1, $2, $3)"
        await service.execute(write, "bill", "7", texts)
        await service.execute(write, "flat", "B7-FF", {"owner": "Farah Sethi", "n": 1, "none": None})
    assert isinstance(await ask(db, story), Done)
    assert await conn.fetchval("select count(*) from inbox where dedupe_key = 'z'") == 1
    assert await conn.fetchval("select payload from notifications where source_id = 'z'") == texts
    kept = await conn.fetch("select after from audit where action = 'x' order by id")
    assert [row["after"] for row in kept] == [texts, {"owner": "Farah Sethi", "n": 1, "none": None}]


async def test_a_short_name_goes_from_what_is_about_their_flat(db: Database, conn: Owner, story: Story) -> None:
    await conn.execute("update owners set name = 'Raj' where id = $1", story.owner_id)
    write = "insert into audit (actor, action, subject_type, subject_id, after) values ('Rekha', 'x', $1, $2, $3)"
    for subject in (("flat", "B7-FF"), ("flat", "C8-GF")):
        await conn.execute(write, *subject, {"owner": "Raj"})
    assert isinstance(await ask(db, story), Done)
    kept = await conn.fetch("select after ->> 'owner' as owner from audit where action = 'x' order by id")
    assert [row["owner"] for row in kept] == [FORMER, "Raj"]


async def test_a_namesake_keeps_their_name(db: Database, conn: Owner, story: Story) -> None:
    async with db.transaction() as service:
        office = work(service, story.town.rekha, LEFT)
        wanted = Change(Field.OWNER, "Dev Mehta", NAME, "+447700900779")
        assert isinstance(await change(office, "C8-GF", wanted), Changed)
        seen = await look(office, story.owner_id)
    assert isinstance(seen, Preview)
    assert seen.shared == (NAME,)
    assert isinstance(await ask(db, story), Done)
    of_now = """
        select o.name from flat_owners fo join owners o on o.id = fo.owner_id
        where fo.flat_id = $1 and fo.until is null"""
    names = await conn.fetch(of_now, story.town.flat("C8-GF").flat_id)
    assert [row["name"] for row in names] == [NAME]
    trail = await conn.fetchval(
        "select after ->> 'owner' from audit where action = 'flat.owner_changed' and subject_id = 'C8-GF'"
    )
    assert trail == NAME
    gone = "select before ->> 'owner' from audit where action = 'flat.owner_changed' and subject_id = 'B7-FF'"
    assert await conn.fetchval(gone) == FORMER
    assert PHONE not in await dump(conn)


@pytest.mark.usefixtures("story")
async def test_the_service_changes_the_trail_in_no_other_way(db: Database) -> None:
    for change_it in (
        "update audit set actor = 'x'",
        "select set_config('billing.forgetting', 'on', true); update audit set actor = 'x'",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.transaction() as service:
                await service.execute(change_it)


@pytest.mark.usefixtures("story")
async def test_even_while_forgetting_what_happened_cannot_be_changed(conn: Owner) -> None:
    async with conn.transaction():
        await conn.execute("select set_config('billing.forgetting', 'on', true)")
        for change_it in ("update audit set action = 'x'", "update audit set at = now()", "delete from audit"):
            with pytest.raises(asyncpg.PostgresError, match="never changed"):
                async with conn.transaction():
                    await conn.execute(change_it)


async def test_on_supabase_nobody_outside_may_call_it(empty_dsn: str) -> None:
    outside = await connect(empty_dsn)
    await outside.execute(
        """do $$ begin create role anon nologin;
           exception when duplicate_object or unique_violation then null; end $$;
           alter default privileges in schema public grant all on functions to anon"""
    )
    await migrate(empty_dsn)
    may = "select has_function_privilege($1, 'forget_in_trail(bigint, text, text, text[], text[])', 'execute')"
    assert await outside.fetchval(may, "billing_service")
    assert not await outside.fetchval(may, "anon")
    await outside.close()

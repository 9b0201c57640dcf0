"""Joining: invites and one's own number; roles given and taken away."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.roles import Role
from jobs.people import (
    GUESSES_AN_HOUR,
    Linked,
    LinkProblem,
    NotLinked,
    RoleChange,
    accept_invite,
    change_role,
    invite,
    link_by_phone,
    revoke_invite,
    revoke_role,
)
from jobs.work import Actor, Work
from storage import bill_links, channel_accounts, people, visitors
from storage.database import Connection, Database
from storage.people import ChatIdentity
from tests.society import SOCIETY, Resident, Town, build, work

NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


@pytest.fixture
async def conn(db: Database) -> AsyncIterator[Connection]:
    async with db.transaction() as conn:
        yield conn


@pytest.fixture
async def town(conn: Connection) -> Town:
    return await build(conn)


async def stranger(conn: Connection, external_id: str = "900") -> ChatIdentity:
    return await people.chat(conn, await visitors.chat_id(conn, "telegram", external_id))


def nobody(conn: Connection, now: datetime = NOW, admin_phones: tuple[str, ...] = ()) -> Work:
    society = replace(SOCIETY, admin_phones=admin_phones)
    return Work(conn=conn, now=now, society=society, actor=Actor(None, "Somebody"), ref="TEST")


async def test_an_invite_makes_an_engineer_once(conn: Connection, town: Town) -> None:
    made = await invite(work(conn, town.rekha, NOW), Role.ENGINEER, "Asha")
    first = await accept_invite(nobody(conn), await stranger(conn), made.code)
    assert isinstance(first, Linked)
    assert (first.person.name, first.roles) == ("Asha", frozenset({Role.ENGINEER}))
    second = await accept_invite(nobody(conn), await stranger(conn, "901"), made.code)
    assert second == NotLinked(LinkProblem.UNKNOWN_CODE)


async def test_an_invite_is_kept_only_as_a_hash(conn: Connection, town: Town) -> None:
    made = await invite(work(conn, town.rekha, NOW), Role.ADMIN, "Asha")
    rows = await conn.fetch(
        "select to_jsonb(invites)::text as row from invites union all select to_jsonb(audit)::text from audit"
    )
    assert rows
    plain = (made.code, made.code.encode().hex())  # a bytea is written in hex
    assert not [row["row"] for row in rows if any(word in row["row"] for word in plain)]


async def test_an_invite_expires_after_seven_days(conn: Connection, town: Town) -> None:
    made = await invite(work(conn, town.rekha, NOW), Role.ENGINEER, "Asha")
    late = nobody(conn, NOW + timedelta(days=7))
    assert await accept_invite(late, await stranger(conn), made.code) == NotLinked(LinkProblem.UNKNOWN_CODE)


async def test_an_invite_for_a_number_expires_too(conn: Connection, town: Town) -> None:
    await invite(work(conn, town.rekha, NOW), Role.ENGINEER, "Asha", "+447700900888")
    late = nobody(conn, NOW + timedelta(days=7))
    outcome = await link_by_phone(late, await stranger(conn), "+447700900888", "Asha", is_senders_own=True)
    assert outcome == NotLinked(LinkProblem.UNKNOWN_NUMBER)


async def test_an_invite_that_was_taken_back_does_not_work(conn: Connection, town: Town) -> None:
    office = work(conn, town.rekha, NOW)
    made = await invite(office, Role.ENGINEER, "Asha")
    assert await revoke_invite(office, made.id)
    assert not await revoke_invite(office, made.id)
    assert await accept_invite(nobody(conn), await stranger(conn), made.code) == NotLinked(LinkProblem.UNKNOWN_CODE)


async def test_guessing_is_stopped_even_for_the_right_code(conn: Connection, town: Town) -> None:
    made = await invite(work(conn, town.rekha, NOW), Role.ADMIN, "Asha")
    chat = await stranger(conn)
    for _ in range(GUESSES_AN_HOUR):
        assert await accept_invite(nobody(conn), chat, "wrong") == NotLinked(LinkProblem.UNKNOWN_CODE)
    assert await accept_invite(nobody(conn), chat, made.code) == NotLinked(LinkProblem.TOO_MANY_GUESSES)
    later = nobody(conn, NOW + timedelta(hours=1, seconds=1))
    assert isinstance(await accept_invite(later, chat, made.code), Linked)


async def test_the_invite_link_opens_our_bot(conn: Connection, town: Town) -> None:
    assert (await invite(work(conn, town.rekha, NOW), Role.ENGINEER, "Asha")).link is None
    await channel_accounts.note(conn, "telegram", "blessings_bot")
    made = await invite(work(conn, town.rekha, NOW), Role.ENGINEER, "Asha")
    assert made.link == f"https://t.me/blessings_bot?start={made.code}"


async def test_the_invite_link_to_whatsapp_says_the_words(conn: Connection, town: Town) -> None:
    await channel_accounts.note(conn, "whatsapp", "")
    assert (await invite(work(conn, town.rekha, NOW), Role.ENGINEER, "Asha")).whatsapp_link is None
    await channel_accounts.note(conn, "whatsapp", "447700900999")
    made = await invite(work(conn, town.rekha, NOW), Role.ENGINEER, "Asha")
    assert made.whatsapp_link == f"https://wa.me/447700900999?text=join%20{made.code}"
    assert made.link is None


async def test_an_owners_invite_links_the_flats_owner(conn: Connection, town: Town) -> None:
    made = await invite(work(conn, town.rekha, NOW), Role.OWNER, "Anita Rao", flat_id=town.flat("B17-GF").flat_id)
    linked = await accept_invite(nobody(conn), await stranger(conn), made.code)
    assert isinstance(linked, Linked)
    assert linked.flats == ("B17-GF",)


async def test_an_owner_is_found_by_their_own_number_however_it_was_typed(conn: Connection, town: Town) -> None:
    owner = town.flat("B17-GF").owner_id
    await conn.execute("update owners set phone = '447700900777.0' where id = $1", owner)
    chat = await stranger(conn)
    linked = await link_by_phone(nobody(conn), chat, "+447700900777", "Anita", is_senders_own=True)
    assert isinstance(linked, Linked)
    assert (linked.person.name, linked.flats) == ("Anita Rao", ("B17-GF",))


@pytest.mark.parametrize("phone", ["+447700900105", "+447700900199", ""])
async def test_a_foreign_contact_links_nothing(conn: Connection, town: Town, phone: str) -> None:
    chat = await stranger(conn)
    outcome = await link_by_phone(nobody(conn), chat, phone, "Mr Sharma", is_senders_own=False)
    assert outcome == NotLinked(LinkProblem.NOT_YOUR_OWN)
    assert (await people.chat(conn, chat.id)).person_id is None


async def test_an_unknown_number_is_told_so(conn: Connection, town: Town) -> None:
    outcome = await link_by_phone(nobody(conn), await stranger(conn), "+447700900999", "X", is_senders_own=True)
    assert outcome == NotLinked(LinkProblem.UNKNOWN_NUMBER)


async def test_relinking_a_number_revokes_the_old_chat_at_once_and_tells_it(conn: Connection, town: Town) -> None:
    chat = await stranger(conn)
    linked = await link_by_phone(nobody(conn), chat, "+447700900105", "S", is_senders_own=True)
    assert isinstance(linked, Linked)
    assert linked.flats == ("B17-FF", "B18-FF")
    assert (await people.chat(conn, town.sharma.chat_id)).person_id is None
    told = await conn.fetchval(
        "select count(*) from notifications where kind = 'chat_replaced' and chat_id = $1", town.sharma.chat_id
    )
    assert told == 1


async def test_who_takes_over_an_owner_ends_the_others_rights_and_pages(conn: Connection, town: Town) -> None:
    bill = await conn.fetchval(
        """insert into bills (flat_id, billing_period_start, billing_period_end, due_date, total_amount)
           values ($1, '2026-10-01', '2026-10-31', '2026-11-12', 100) returning id""",
        town.flat("B17-FF").flat_id,
    )
    token = await bill_links.link_for(conn, bill, town.sharma.person_id, NOW)
    assert await bill_links.bill_behind(conn, token, NOW)
    made = await invite(work(conn, town.rekha, NOW), Role.OWNER, "Mr Sharma", flat_id=town.flat("B17-FF").flat_id)
    assert isinstance(await accept_invite(nobody(conn), await stranger(conn), made.code), Linked)
    assert await bill_links.bill_behind(conn, token, NOW) is None
    assert await people.roles(conn, town.sharma.person_id) == frozenset()


async def test_admin_phones_make_the_first_admin_once(conn: Connection, town: Town) -> None:
    phones = ("+447700900500",)
    chat = await stranger(conn)
    first = await link_by_phone(nobody(conn, admin_phones=phones), chat, phones[0], "Boss", is_senders_own=True)
    assert isinstance(first, Linked)
    assert first.roles == {Role.ADMIN}
    assert await revoke_role(work(conn, town.rekha, NOW), first.person.id, Role.ADMIN) is RoleChange.DONE
    again = await link_by_phone(nobody(conn, admin_phones=phones), chat, phones[0], "Boss", is_senders_own=True)
    assert again == NotLinked(LinkProblem.ROLE_ENDED)


async def test_admin_phones_bring_no_role_back_that_came_by_an_invite(conn: Connection, town: Town) -> None:
    """Not even where the chat became somebody else's, who has the number, in between."""
    phone = "+447700900500"
    made = await invite(work(conn, town.rekha, NOW), Role.ADMIN, "Asha")
    joined = await accept_invite(nobody(conn), await stranger(conn), made.code)
    assert isinstance(joined, Linked)
    await revoke_role(work(conn, town.rekha, NOW), joined.person.id, Role.ADMIN)
    assert await shares(conn, phone) == NotLinked(LinkProblem.ROLE_ENDED)
    other = await people.add_person(conn, "Asha Verma", phone)
    await people.link_owners(conn, other.id, [town.flat("C8-GF").owner_id])
    for _ in range(2):
        linked = await shares(conn, phone)
        assert isinstance(linked, Linked)
        assert (linked.person.id, linked.roles) == (other.id, frozenset({Role.OWNER}))
    await invite(work(conn, town.rekha, NOW), Role.ADMIN, "Asha", phone)
    again = await shares(conn, phone)
    assert isinstance(again, Linked)
    assert again.roles == {Role.OWNER, Role.ADMIN}


async def shares(conn: Connection, phone: str) -> Linked | NotLinked:
    asked = nobody(conn, admin_phones=(phone,))
    return await link_by_phone(asked, await stranger(conn), phone, "Asha", is_senders_own=True)


async def test_roles_change_at_once_and_are_audited(conn: Connection, town: Town) -> None:
    office = work(conn, town.rekha, NOW)
    assert await change_role(office, town.ravi.person_id, Role.ENGINEER, Role.ADMIN) is RoleChange.DONE
    assert await people.roles(conn, town.ravi.person_id) == {Role.ADMIN}
    assert await change_role(office, town.ravi.person_id, Role.ENGINEER, Role.ADMIN) is RoleChange.NOT_HELD
    row = await conn.fetchrow("select actor, before, after from audit where action = 'person.role_changed'")
    assert row is not None
    assert (row["actor"], row["before"], row["after"]) == ("Rekha", {"role": "engineer"}, {"role": "admin"})


async def test_the_last_admin_cannot_be_taken_away(conn: Connection, town: Town) -> None:
    office = work(conn, town.rekha, NOW)
    assert await revoke_role(office, town.mohan.person_id, Role.ADMIN) is RoleChange.DONE
    assert await revoke_role(office, town.rekha.person_id, Role.ADMIN) is RoleChange.LAST_ADMIN
    assert await change_role(office, town.rekha.person_id, Role.ADMIN, Role.ENGINEER) is RoleChange.LAST_ADMIN
    assert await people.roles(conn, town.rekha.person_id) == {Role.ADMIN}


async def test_two_admins_who_end_each_other_leave_one(db: Database, dsn: str) -> None:
    async with db.transaction() as conn:
        built = await build(conn)

    async def end(by: Resident, whom: Resident) -> RoleChange:
        async with db.transaction() as conn:
            change = await revoke_role(work(conn, by, NOW), whom.person_id, Role.ADMIN)
            await asyncio.sleep(0.1)
            return change

    changes = await asyncio.gather(end(built.rekha, built.mohan), end(built.mohan, built.rekha))
    assert sorted(changes) == [RoleChange.DONE, RoleChange.LAST_ADMIN]


async def test_relinking_closes_the_pages_of_the_chat_of_before(conn: Connection, town: Town) -> None:
    bill = await conn.fetchval(
        """insert into bills (flat_id, billing_period_start, billing_period_end, due_date, total_amount)
           values ($1, '2026-10-01', '2026-10-31', '2026-11-12', 100) returning id""",
        town.flat("B17-FF").flat_id,
    )
    token = await bill_links.link_for(conn, bill, town.sharma.person_id, NOW)
    assert isinstance(
        await link_by_phone(nobody(conn), await stranger(conn), "+447700900105", "S", is_senders_own=True), Linked
    )
    assert await bill_links.bill_behind(conn, token, NOW) is None


async def test_a_number_that_gives_no_right_any_more_links_nothing(conn: Connection, town: Town) -> None:
    assert await revoke_role(work(conn, town.rekha, NOW), town.ravi.person_id, Role.ENGINEER) is RoleChange.DONE
    outcome = await link_by_phone(nobody(conn), await stranger(conn), "+447700900101", "Ravi", is_senders_own=True)
    assert outcome == NotLinked(LinkProblem.UNKNOWN_NUMBER)


async def test_a_number_of_somebody_else_cannot_use_up_an_invite(conn: Connection, town: Town) -> None:
    made = await invite(work(conn, town.rekha, NOW), Role.ENGINEER, "Asha", "+447700900888")
    foreign = await link_by_phone(nobody(conn), await stranger(conn), "+447700900888", "X", is_senders_own=False)
    assert foreign == NotLinked(LinkProblem.NOT_YOUR_OWN)
    assert isinstance(await accept_invite(nobody(conn), await stranger(conn, "901"), made.code), Linked)

"""The office's list of people: invites, roles, and who may not."""

import pytest

from domain.roles import Role
from jobs.people import revoke_role
from storage import channel_accounts, people
from storage.database import Database
from tests.bot.flows.phone import Phone
from tests.society import Resident, Town, work


async def roles(db: Database, who: Resident) -> frozenset[Role]:
    async with db.transaction() as conn:
        return await people.roles(conn, who.person_id)


async def test_everybody_with_a_role_is_listed(rekha: Phone) -> None:
    said = await rekha.say("/people")
    assert said == "<b>People</b>\nMohan, admin\nRekha, admin\nRavi, engineer\nSunil, engineer"
    assert rekha.labels == ["Invite engineer", "Invite admin", "Invite owner", "Change somebody"]


async def test_an_invite_is_made_listed_and_taken_back(rekha: Phone) -> None:
    await rekha.say("/people")
    assert "What is the engineer's name?" in await rekha.press("Invite engineer")
    said = await rekha.say("Asha 98765 43210")
    assert said.startswith("<b>Invite for Asha, engineer</b>\nOr send this in the chat: <code>join ")
    assert said.endswith("It works once, until 9 Nov 2026.")
    assert "Invited, not yet here:\nAsha, engineer, until 9 Nov 2026" in await rekha.say("/people")
    await rekha.press("Take back an invite")
    assert await rekha.press("Asha") == "The invite for Asha no longer works."
    assert "Asha" not in await rekha.press("Back")


@pytest.mark.parametrize(
    ("typed", "title", "note"),
    [
        ("B17-FF", "Invite for Mr Sharma, owner", ""),
        ("b17 ff mr sharma", "Invite for mr sharma, owner", ""),
        ("B17-FF 98765 43210", "Invite for Mr Sharma, owner", ""),
        ("B17-FF Asha Sharma +447700900888", "Invite for Asha Sharma, owner", "further owner, beside Mr Sharma"),
    ],
)
async def test_an_owners_invite_names_the_flat(rekha: Phone, typed: str, title: str, note: str) -> None:
    await rekha.say("/people")
    assert "B17-FF Mr Sharma" in await rekha.press("Invite owner")
    said = await rekha.say(typed)
    assert said.startswith(f"<b>{title}</b>")
    assert (note in said) if note else ("further owner" not in said)


@pytest.mark.parametrize(
    ("role", "typed", "answer"),
    [
        ("Invite owner", "B99-FF Mr Sharma", "There is no flat B99-FF."),
        ("Invite owner", "Mr Sharma", "There is no flat Mr Sharma."),
        ("Invite engineer", "12345", "Please send a name"),
        ("Invite engineer", "x" * 81, "Please send a name"),
    ],
)
async def test_a_wrong_name_or_flat_is_answered_with_what_to_send(
    rekha: Phone, role: str, typed: str, answer: str
) -> None:
    await rekha.say("/people")
    await rekha.press(role)
    assert answer in await rekha.say(typed)
    assert "Invite for" in await rekha.say("B17-FF" if "owner" in role else "Asha")


async def test_another_command_ends_the_question(rekha: Phone) -> None:
    await rekha.say("/people")
    await rekha.press("Invite engineer")
    await rekha.say("/people")
    assert "Invite for" not in await rekha.say("Sharma")


async def test_a_role_is_changed_and_ended(rekha: Phone, db: Database, town: Town) -> None:
    await rekha.say("/people")
    await rekha.press("Change somebody")
    await rekha.press("Ravi")
    assert rekha.labels == ["Make admin", "End Ravi as engineer", "Back"]
    card = rekha.messages
    assert await rekha.press("Make admin") == "Ravi is now admin."
    assert await roles(db, town.ravi) == {Role.ADMIN}
    assert "does not have that role any more" in await rekha.press("End Ravi as engineer", among=card)


async def test_the_last_admin_stays(rekha: Phone, db: Database, town: Town) -> None:
    await rekha.say("/people")
    people_card = await rekha.press("Change somebody")
    assert people_card
    choice = rekha.messages
    await rekha.press("Mohan", among=choice)
    assert await rekha.press("End Mohan as admin") == "Mohan is no longer admin. It counts from now on."
    await rekha.press("Rekha", among=choice)
    own = rekha.messages
    assert await rekha.press("End Rekha as admin") == "Rekha is the only admin. Invite another admin first."
    assert "only admin" in await rekha.press("Make engineer", among=own)
    assert await roles(db, town.rekha) == {Role.ADMIN}


async def test_a_demoted_admins_buttons_and_answers_are_refused(rekha: Phone, db: Database, town: Town) -> None:
    await rekha.say("/people")
    listed = rekha.messages
    await rekha.press("Change somebody", among=listed)
    await rekha.press("Ravi")
    card = rekha.messages
    await rekha.press("Invite admin", among=listed)
    async with db.transaction() as conn:
        await revoke_role(work(conn, town.mohan, rekha.now), town.rekha.person_id, Role.ADMIN)
    assert "another role" in await rekha.say("Rekha again")
    for label, among in (("Make admin", card), ("End Ravi", card), ("Invite admin", listed), ("Change", listed)):
        assert "another role" in await rekha.press(label, among=among)
    assert "another role" in await rekha.say("/people")
    assert await roles(db, town.ravi) == {Role.ENGINEER}
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from invites") == 0


async def test_only_the_office_sees_people(ravi: Phone, sharma: Phone) -> None:
    for phone in (ravi, sharma):
        assert "another role" in await phone.say("/people")


async def test_names_with_markup_are_shown_as_typed(rekha: Phone) -> None:
    await rekha.say("/people")
    await rekha.press("Invite engineer")
    assert "Invite for &lt;b&gt;Asha&lt;/b&gt; &amp; Co, engineer" in await rekha.say("<b>Asha</b> & Co")
    assert "&lt;b&gt;Asha&lt;/b&gt; &amp; Co, engineer" in await rekha.say("/people")


async def test_in_a_group_the_list_is_not_shown(rekha: Phone, db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await conn.execute("update chat_identities set external_id = 'g' where id = $1", town.rekha.chat_id)
        await conn.execute(
            "insert into chat_identities (channel, external_id, person_id) values ('telegram', '103', $1)",
            town.rekha.person_id,
        )
        await conn.execute("update chat_identities set is_private = false where id = $1", town.rekha.chat_id)
    async with db.transaction() as conn:
        await channel_accounts.note(conn, "telegram", "office_bot")
    for words in ("/people", "/flat B17-FF", "/find sharma", "/paid B17-FF 100 cash", "/pending"):
        assert await rekha.say(words) == "I answer that in our private chat."
        [key] = rekha.messages[0].keys[0]
        assert (key.label, key.url) == ("Open our chat", "https://t.me/office_bot")

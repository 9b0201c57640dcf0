"""`Agreed to WhatsApp`: the office notes that an owner who never wrote wants their bills there."""

import pytest

from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import build

NUMBER = "+447700900201"


@pytest.fixture
async def story(db: Database) -> Story:
    """We are on WhatsApp; Anita Rao of B17-GF has a number on record and no chat."""
    async with db.transaction() as conn:
        made = Story(db, await build(conn))
        await conn.execute("insert into channel_accounts (channel, name) values ('whatsapp', '')")
        await conn.execute("update owners set phone = $1 where name = 'Anita Rao'", NUMBER)
        return made


async def _asked(story: Story, flat: str = "B17-GF") -> Phone:
    phone = story.phone(story.town.rekha)
    await phone.say(f"/flat {flat}")
    await phone.press("Agreed to WhatsApp")
    return phone


async def _chats(story: Story) -> list[tuple[str, str | None, str | None]]:
    sql = """
        select c.external_id, p.name, c.opted_in_by from chat_identities c left join people p on p.id = c.person_id
        where c.channel = 'whatsapp' order by c.id"""
    async with story.db.transaction() as conn:
        return [tuple(row) for row in await conn.fetch(sql)]


async def test_the_words_name_who_writes_and_to_which_number(story: Story) -> None:
    phone = await _asked(story)
    [reply] = phone.replies
    assert "has Anita Rao agreed that Blessings City sends bills" in reply.text
    assert NUMBER in reply.text
    assert await _chats(story) == [], "asked, not done"


async def test_their_bills_go_there_and_the_trail_says_who_noted_it(story: Story) -> None:
    phone = await _asked(story)
    assert "gets bills on WhatsApp" in await phone.press("Yes, agreed")
    assert await _chats(story) == [("447700900201", "Anita Rao", "Rekha, for the office")]
    await story.bill("B17-GF", "100")
    async with story.db.transaction() as conn:
        assert await conn.fetchval("select channel from notifications where kind = 'bill'") == "whatsapp"
        sql = "select actor from audit where action = 'chat.opted_in'"
        assert await conn.fetchval(sql) == "Rekha"
    assert "B17-GF" not in await phone.say("/unreachable")


async def test_it_is_not_offered_where_it_is_of_no_use(story: Story) -> None:
    phone = await _asked(story)
    await phone.press("Yes, agreed")
    await phone.say("/flat B17-GF")
    assert "Agreed to WhatsApp" not in phone.labels
    async with story.db.transaction() as conn:
        await conn.execute("update channel_accounts set channel = 'x' where channel = 'whatsapp'")
    await phone.say("/flat B17-SF")
    assert "Agreed to WhatsApp" not in phone.labels


async def test_without_a_number_it_says_what_to_do(story: Story) -> None:
    phone = await _asked(story, "B17-SF")
    assert "no phone number on record" in phone.replies[0].text


async def test_another_number_meanwhile(story: Story) -> None:
    phone = await _asked(story)
    await story.run("update owners set phone = '+447700900202' where name = 'Anita Rao'")
    assert "changed meanwhile" in await phone.press("Yes, agreed")
    assert await _chats(story) == []


async def test_nobody_takes_back_a_stop_in_their_place(story: Story) -> None:
    await story.run(
        "insert into chat_identities (channel, external_id, opted_out_at) values ('whatsapp', '447700900201', now())"
    )
    phone = await _asked(story)
    assert "Only they can take that back" in await phone.press("Yes, agreed")
    assert await _chats(story) == [("447700900201", None, None)]


async def test_a_chat_of_somebody_else_stays_theirs(story: Story) -> None:
    sql = "insert into chat_identities (channel, external_id, person_id) values ('whatsapp', '447700900201', $1)"
    await story.run(sql, story.town.sharma.person_id)
    phone = await _asked(story)
    assert "belongs to somebody else" in await phone.press("Yes, agreed")
    assert await _chats(story) == [("447700900201", "Mr Sharma", None)]


async def test_an_owner_linked_on_telegram_gets_a_second_chat_and_keeps_the_first(story: Story) -> None:
    await story.run("update owners set phone = $1 where name = 'Mr Sharma'", NUMBER)
    phone = await _asked(story, "B17-FF")
    await phone.press("Yes, agreed")
    await story.bill("B17-FF", "146")
    async with story.db.transaction() as conn:
        channels = await conn.fetch("select channel from notifications where kind = 'bill'")
    assert [row["channel"] for row in channels] == ["telegram"], "the one last heard from"


async def test_a_failed_number_is_tried_again(story: Story) -> None:
    phone = await _asked(story)
    await phone.press("Yes, agreed")
    await story.run("update chat_identities set reachable = false where channel = 'whatsapp'")
    await phone.say("/flat B17-GF")
    await phone.press("Agreed to WhatsApp")
    await phone.press("Yes, agreed")
    async with story.db.transaction() as conn:
        assert await conn.fetchval("select reachable from chat_identities where channel = 'whatsapp'")


@pytest.mark.parametrize("ended", ["null", "now()"])
async def test_an_unproven_number_gets_no_rights_of_staff(story: Story, ended: str) -> None:
    home, mohan = story.town.flat("B17-GF"), story.town.mohan
    await story.run("insert into owner_people (owner_id, person_id) values ($1, $2)", home.owner_id, mohan.person_id)
    await story.run(f"update staff set revoked_at = {ended} where person_id = $1", mohan.person_id)  # noqa: S608 - ours
    phone = await _asked(story)
    assert "is or was staff and never proved +447700900201" in await phone.press("Yes, agreed")
    assert await _chats(story) == [("447700900201", None, None)]


async def test_a_number_that_staff_proved_is_theirs(story: Story) -> None:
    home, mohan = story.town.flat("B17-GF"), story.town.mohan
    await story.run("insert into owner_people (owner_id, person_id) values ($1, $2)", home.owner_id, mohan.person_id)
    await story.run("update people set phone = $1 where id = $2", NUMBER, mohan.person_id)
    await (await _asked(story)).press("Yes, agreed")
    assert await _chats(story) == [("447700900201", "Mohan", "Rekha, for the office")]


@pytest.mark.parametrize(
    ("ended", "said"), [("now()", "Only they can take that back"), ("null", "from another WhatsApp number")]
)
async def test_a_chat_from_which_they_write_is_not_cut_off(story: Story, ended: str, said: str) -> None:
    await story.run("update owners set phone = $1 where name = 'Mr Sharma'", NUMBER)
    phone = await _asked(story, "B17-FF")
    sql = f"""
        insert into chat_identities (channel, external_id, person_id, opted_out_at, last_seen_at)
        values ('whatsapp', '447700900105', $1, {ended}, now())"""  # noqa: S608 - ours
    await story.run(sql, story.town.sharma.person_id)
    assert said in await phone.press("Yes, agreed")
    assert await _chats(story) == [("447700900105", "Mr Sharma", None), ("447700900201", None, None)]

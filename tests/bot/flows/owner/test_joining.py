"""The first words: language, own number, invite; and what ends when somebody else is linked."""

import pytest

from domain.roles import Role
from jobs.people import GUESSES_AN_HOUR, invite
from tests.bot.flows.owner.story import Story
from tests.society import work

ANITA = "+447700900777"


async def invited(story: Story, role: Role, name: str, flat: str | None = None, phone: str | None = None) -> str:
    """The code of an invite that Rekha made."""
    async with story.db.transaction() as conn:
        flat_id = story.town.flat(flat).flat_id if flat else None
        return (await invite(work(conn, story.town.rekha, story.now), role, name, phone, flat_id)).code


async def with_number(story: Story, flat: str = "B17-GF", phone: str = ANITA) -> None:
    await story.run("update owners set phone = $2 where id = $1", story.town.flat(flat).owner_id, phone)


async def test_language_first_then_the_number_then_the_open_bill(story: Story) -> None:
    await with_number(story)
    await story.bill("B17-GF", "146")
    phone = await story.stranger("900", "Anita")
    assert await phone.say("/start") == "<b>भाषा चुनें</b>\nChoose your language"
    assert phone.labels == ["हिन्दी", "English"]
    choice, ask = (await phone.press("English")).split("\n\n")
    assert choice == "I will write in English from now on."
    assert ask.startswith("<b>Welcome to Blessings City</b>")
    assert phone.replies[1].keyboard is not None
    assert phone.replies[1].keyboard.asks_contact == "Share my number"
    greeting, bill = (await phone.contact(ANITA)).split("\n\n")
    assert greeting == "Namaste Anita Rao. B17-GF is linked to this chat."
    assert phone.replies[0].remove_keyboard
    assert bill.startswith("<b>October bill · B17-GF: ₹3,226.00</b>")


@pytest.mark.parametrize("number", [ANITA, "+447700900105", ""])
async def test_a_foreign_forwarded_or_empty_contact_links_nothing(story: Story, number: str) -> None:
    await with_number(story)
    phone = await story.stranger("900")
    assert "not proven to be your own" in await phone.contact(number, own=False)
    assert phone.replies[0].keyboard is not None
    assert "don't know this chat" in await phone.say("hello")
    assert await phone.say("/bill") == "That is for another role. Send /help to see what you can do."


async def test_an_unknown_number_hears_what_to_do(story: Story) -> None:
    phone = await story.stranger("900")
    assert "No flat has this number on record." in await phone.contact("+447700900999")


async def test_relinking_a_number_revokes_the_old_chat_and_its_pages_at_once(story: Story) -> None:
    story = story.with_society(public_url="https://bills.example")
    await story.bill("B17-FF", "146")
    old = story.phone(story.town.sharma)
    await old.say("/bill")
    address = old.messages[0].keys[0][0].url
    new = await story.stranger("900", "Mr Sharma")
    assert "B17-FF, B18-FF are linked to this chat." in await new.contact("+447700900105")
    assert new.messages[1].keys[0][0].url != address
    assert "another role" in await old.say("/bill")
    await story.delivered()
    assert story.mail.of(story.town.sharma)[-1].startswith("This chat is no longer linked")
    async with story.db.transaction() as conn:
        live = await conn.fetch("select token from bill_links where revoked_at is null")
    assert [row["token"] for row in live] == [str(new.messages[1].keys[0][0].url).rpartition("/")[2]]


@pytest.mark.parametrize(
    ("typed", "said"), [("हिन्दी", "अब संदेश हिन्दी में आएँगे।"), ("English", "I will write in English from now on.")]
)
async def test_a_language_may_be_typed_too(story: Story, typed: str, said: str) -> None:
    assert (await (await story.stranger("900", "Anita")).say(typed)).startswith(said)
    assert (await story.phone(story.town.sharma).say(typed)).startswith(said)


@pytest.mark.parametrize("words", ["/start {code}", "join {code}", "JOIN  {code}"])
async def test_an_invite_by_link_or_by_word(story: Story, words: str) -> None:
    code = await invited(story, Role.ENGINEER, "Asha")
    phone = await story.stranger("900")
    assert "Namaste Asha. Welcome to Blessings City." in await phone.say(words.format(code=code))
    again = await story.stranger("901")
    assert "This invite does not work" in await again.say(words.format(code=code))


async def test_guessing_is_stopped_even_for_the_right_code(story: Story) -> None:
    code = await invited(story, Role.ADMIN, "Asha")
    phone = await story.stranger("900")
    for _ in range(GUESSES_AN_HOUR):
        assert "This invite does not work" in await phone.say("join wrong")
    assert "Too many wrong codes" in await phone.say(f"/start {code}")
    other = await story.stranger("901")
    assert "Namaste Asha" in await other.say(f"join {code}")


async def test_an_owners_invite_asks_for_the_language_after_the_bill(story: Story) -> None:
    await story.bill("B17-GF", "146")
    phone = await story.stranger("900", language="hi")
    said = await phone.say(f"/start {await invited(story, Role.OWNER, 'Anita Rao', 'B17-GF')}")
    greeting, bill, language = said.split("\n\n")
    assert greeting == "नमस्ते Anita Rao। B17-GF इस चैट से जुड़ गया।"
    assert "अक्टूबर का बिल" in bill
    assert language == "<b>भाषा चुनें</b>\nChoose your language"
    assert "October bill" in await phone.press("English")


async def test_announcements_and_page_follow_the_language_of_the_chat(story: Story) -> None:
    await with_number(story)
    phone = await story.stranger("900")
    await phone.say("/start")
    await phone.press("हिन्दी")
    await phone.contact(ANITA)
    await story.bill("B17-GF", "146")
    await story.delivered()
    assert story.mail.of(phone.who)[-1].startswith("अक्टूबर का बिल · B17-GF: ₹3,226.00\n12 नवंबर तक भरें\n")
    async with story.db.transaction() as conn:
        assert await conn.fetchval("select language from people where name = 'Anita Rao'") == "hi"


async def test_a_further_owner_joins_beside_the_one_on_record(story: Story) -> None:
    phone = await story.stranger("900")
    await phone.say(f"join {await invited(story, Role.OWNER, 'Asha Sharma', 'B17-FF')}")
    await story.bill("B17-FF", "146")
    await story.delivered()
    assert any("In the name of Mr Sharma" in text for text in story.mail.of(phone.who))
    assert any("In the name of Mr Sharma" in text for text in story.mail.of(story.town.sharma))


async def test_an_invite_for_the_owner_on_record_takes_over_and_tells_the_chat_of_before(story: Story) -> None:
    phone = await story.stranger("900")
    assert "B17-FF, B18-FF" in await phone.say(f"join {await invited(story, Role.OWNER, 'mr sharma', 'B17-FF')}")
    await story.delivered()
    assert story.mail.of(story.town.sharma)[-1].startswith("Your flat was linked in another chat")
    assert "another role" in await story.phone(story.town.sharma).say("/bill")


async def test_who_was_invited_with_a_number_may_simply_share_it(story: Story) -> None:
    code = await invited(story, Role.ENGINEER, "Asha", phone="+447700900888")
    phone = await story.stranger("900")
    assert "Namaste Asha" in await phone.contact("+447700900888")
    other = await story.stranger("901")
    assert "does not work" in await other.say(f"join {code}")


async def test_staff_who_share_their_number_stay_staff_and_become_owner(story: Story) -> None:
    await with_number(story)
    phone = await story.stranger("900")
    await phone.say(f"join {await invited(story, Role.ENGINEER, 'Asha')}")
    assert "B17-GF is linked to this chat." in await phone.contact(ANITA)
    async with story.db.transaction() as conn:
        person = await conn.fetchval("select person_id from chat_identities where external_id = '900'")
        from storage import people

        assert await people.roles(conn, person) == {Role.ENGINEER, Role.OWNER}


async def test_names_with_markup_are_shown_as_typed(story: Story) -> None:
    name = "<b>Tara</b> & Sons"
    await story.run("update owners set name = $2 where id = $1", story.town.flat("B17-FF").owner_id, name)
    await story.bill("B17-FF", "146")
    await story.delivered()
    assert f"In the name of {name}" in story.mail.of(story.town.sharma)[0]
    phone = await story.stranger("900")
    said = await phone.say(f"join {await invited(story, Role.ENGINEER, name)}")
    assert "Namaste &lt;b&gt;Tara&lt;/b&gt; &amp; Sons." in said

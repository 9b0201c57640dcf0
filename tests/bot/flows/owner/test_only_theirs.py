"""An owner reads only their flats (attack 10), in every command and button, also after the flat was sold."""

from datetime import date, timedelta

from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import Resident, resident, work


async def nair(story: Story) -> Resident:
    """Mr Nair, the linked owner of B18-GF."""
    async with story.db.transaction() as conn:
        who = await resident(conn, "Gopal Nair", "907", "+447700900907")
        owner = story.town.flat("B18-GF").owner_id
        await conn.execute("insert into owner_people (owner_id, person_id) values ($1, $2)", owner, who.person_id)
    return who


async def test_every_command_shows_only_ones_own(story: Story) -> None:
    other = await nair(story)
    await story.bill("B17-FF", "146")
    await story.bill("B18-GF", "200")
    await story.paid("B17-FF", "100")
    await story.delivered()
    theirs, mine = story.phone(other), story.phone(story.town.sharma)
    for words in ("/bill", "/pay", "/history", "/start", "/help"):
        assert "B17-FF" not in await theirs.say(words)
        assert "B18-GF" not in await mine.say(words)
    assert not any("B17-FF" in text for text in story.mail.of(other))
    assert not any("B18-GF" in text for text in story.mail.of(story.town.sharma))


async def test_anothers_button_does_nothing(story: Story) -> None:
    other = await nair(story)
    await story.bill("B17-FF", "146", photo=True)
    mine, theirs = story.phone(story.town.sharma), story.phone(other)
    await mine.say("/bill")
    tokens = [key.press for message in mine.messages for row in message.keys for key in row]
    assert len(tokens) == 4
    for token in tokens:
        assert await theirs.press_token(token) == "This button no longer works. Send /help to see what can be done."


async def test_the_former_owners_buttons_show_nothing_any_more(story: Story) -> None:
    await story.bill("B17-FF", "146", photo=True)
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    old = phone.messages
    story.now += timedelta(hours=1)
    await story.sold("B17-FF", "Tara Sen", "+447700900955")
    for label in ("Pay", "How", "Meter photo", "PDF"):
        assert await phone.press(label, among=old) == "This bill is not on your account. Send /bill to see yours."
    for words in ("/bill", "/pay", "/history"):
        assert "B17-FF" not in await phone.say(words)


async def test_who_owns_nothing_any_more_has_no_right_at_all(story: Story) -> None:
    await story.bill("B17-FF", "146")
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    old = phone.messages
    await story.sold("B17-FF", "Tara Sen", "+447700900955")
    await story.sold("B18-FF", "Tara Sen", "+447700900955")
    assert "another role" in await phone.press("Pay", among=old)
    for words in ("/bill", "/pay", "/history"):
        assert "another role" in await phone.say(words)


async def test_a_new_owner_sees_nothing_of_before_and_all_from_then_on(story: Story) -> None:
    await story.bill("B17-FF", "146", photo=True)
    await story.paid("B17-FF", "226")
    await story.delivered()
    story.now += timedelta(hours=1)
    await story.sold("B17-FF", "Tara Sen", "+447700900955")
    tara = await story.stranger("955", "Tara")
    assert "B17-FF is linked to this chat." in await tara.contact("+447700900955")
    for words in ("/bill", "/pay", "/history"):
        assert await tara.say(words) == "There is no bill yet for B17-FF. It comes here when it is ready."
    story.now += timedelta(days=30)
    tara.now = story.now
    await story.bill("B17-FF", "90", date(2026, 11, 30))
    said = await tara.say("/bill")
    assert "November bill · B17-FF" in said
    assert "Unpaid from before ₹3,000.00" in said
    assert "October" not in await tara.say("/history")
    await story.delivered()
    assert not any("November" in text for text in story.mail.of(story.town.sharma))


async def test_a_bill_of_the_day_of_the_sale_belongs_to_who_owned_the_flat_then(story: Story) -> None:
    await story.bill("B17-FF", "146", date(2026, 11, 2))
    story.now += timedelta(minutes=5)
    await story.sold("B17-FF", "Tara Sen", "+447700900955")
    tara = await story.stranger("955", "Tara")
    assert "₹" not in await tara.contact("+447700900955")


async def test_a_late_bill_of_an_earlier_month_reaches_the_new_owner(story: Story) -> None:
    await story.sold("B17-FF", "Tara Sen", "+447700900955")
    tara: Phone = await story.stranger("955", "Tara")
    await tara.contact("+447700900955")
    story.now += timedelta(days=1)
    await story.bill("B17-FF", "146")
    await story.delivered()
    assert any("October bill · B17-FF" in text for text in story.mail.of(tara.who))


async def test_open_invites_end_with_the_owner(story: Story) -> None:
    from domain.roles import Role
    from jobs.people import invite

    async with story.db.transaction() as conn:
        flat = story.town.flat("B17-FF").flat_id
        made = await invite(work(conn, story.town.rekha, story.now), Role.OWNER, "Mr Sharma", flat_id=flat)
    await story.sold("B17-FF", "Tara Sen", "+447700900955")
    late = await story.stranger("900")
    assert "does not work" in await late.say(f"join {made.code}")

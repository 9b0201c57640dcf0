"""What an admin's chat may do before, while and after a login binds it; without Auth0 every other journey says it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.simulator import Phone
from tests.journeys.stage import Stage, over_both, until
from tests.logins import Office, office

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the provider, within itself
    pytest.mark.timeout(300),
]


@pytest.fixture
async def at(dsn: str, channel: str) -> AsyncIterator[Office]:
    async with office(dsn, channel=channel) as made:
        yield made


def asked(phone: Phone) -> int:
    """How often the admin was asked to log in."""
    return sum("Log in once" in message.text for message in phone.received)


async def refused(stage: Stage, phone: Phone, say: str) -> None:
    """It is answered by the way to the login, and by nothing else."""
    before = len(phone.received)
    await phone.send_text(say)
    await phone.wait_for("Log in once")
    await stage.settled()
    assert len(phone.received) == before + 1


async def billed(stage: Stage) -> int:
    """How many bills were issued here."""
    return len(await stage.bills())


async def test_nothing_is_open_before_a_login(at: Office, meter_photo: bytes) -> None:
    """By command, word, reading, photo or file; engineers work on, and owners."""
    stage, rekha = at.stage, at.stage.rekha
    for say in (
        "/pending",
        "/people",
        "/issue 2026-10",
        "sharma",
        "B17-FF 146",
        "/help",
        "/jobs",
        "paid B17-FF 5 cash 1",
    ):
        await refused(stage, rekha, say)
    rekha.mark()
    await rekha.send_photo(meter_photo, "B17-FF 146")
    await rekha.wait_for("Log in once")
    rekha.mark()
    await rekha.send_document(b"Date,Amount\n", "bank.csv", "text/csv")
    await rekha.wait_for("Log in once")
    assert await stage.readings() == []
    await stage.ravi.send_text("B17-FF 146")
    await stage.ravi.wait_for("saved")


async def test_cards_wait_for_the_login_and_the_invitation_comes_once_a_day(at: Office) -> None:
    stage = at.stage
    for value in ("B17-FF 146", "B17-GF 146", "B18-FF 146"):
        await stage.ravi.send_text(value)
        await stage.ravi.wait_for("saved")
        await stage.later(seconds=3)
    for phone in (stage.rekha, stage.mohan):
        assert asked(phone) == 1
        assert not [message for message in phone.received if "146" in message.text]
    stage.clock.move(days=1)
    await stage.ravi.send_text("C8-GF 146")
    await stage.ravi.wait_for("saved")
    await stage.later(seconds=3)
    assert asked(stage.rekha) == 2
    await at.enter(stage.rekha, "rekha")
    await stage.rekha.send_text("/pending")
    await stage.rekha.wait_for("4 readings")


@over_both
async def test_a_button_pressed_after_the_login_has_ended(at: Office) -> None:
    """Rights are read at the press, never from what the chat shows."""
    stage, rekha = at.stage, at.stage.rekha
    await at.enter(rekha, "rekha")
    await stage.ravi.send_text("B17-FF 146")
    card = await rekha.wait_for("Total")
    stage.clock.move(days=30, minutes=1)
    await rekha.press("Approve", within=card)
    await rekha.wait_for("Log in once")
    await stage.settled()
    assert (await stage.readings("pending"), await billed(stage)) == ([("B17-FF", "146")], 0)
    await at.enter(rekha, "rekha")
    await rekha.press("Approve", within=card)
    await rekha.wait_for("Approved by Rekha")
    assert await billed(stage) == 1


async def test_a_dialogue_goes_on_after_the_login(at: Office) -> None:
    """What is typed when the login has ended is not taken for a search, nor by somebody else's right."""
    stage, rekha = at.stage, at.stage.rekha
    await at.enter(rekha, "rekha")
    await rekha.send_text("/people")
    await rekha.wait_for("People")
    await rekha.press("Invite engineer")
    await rekha.wait_for("What is the engineer's name?")
    stage.clock.move(days=31)
    await refused(stage, rekha, "Tara Sen")
    assert await stage.value("select count(*) from invites") == 0
    await at.enter(rekha, "rekha")
    await rekha.send_text("Tara Sen")
    await rekha.wait_for("Invite for Tara Sen")


async def test_other_rights_in_the_same_chat_remain(at: Office) -> None:
    """Rekha reads meters too, and Mohan owns a flat."""
    stage, town = at.stage, at.stage.town
    await stage.conn.execute("insert into staff (person_id, role) values ($1, 'engineer')", town.rekha.person_id)
    owner = town.flat("C8-GF").owner_id
    await stage.conn.execute(
        "insert into owner_people (owner_id, person_id) values ($1, $2)", owner, town.mohan.person_id
    )
    await stage.rekha.send_text("B17-FF 146")
    await stage.rekha.wait_for("saved")
    await stage.rekha.send_text("/quote B17-FF 146")
    await stage.rekha.wait_for("Log in once")
    await stage.mohan.send_text("/history")
    await stage.mohan.wait_for("C8-GF")
    await refused(stage, stage.mohan, "/pending")
    await refused(stage, stage.mohan, "/login")


async def test_a_role_taken_away_ends_the_login(at: Office) -> None:
    """Given again, it takes a new one."""
    stage = at.stage
    await at.enter(stage.rekha, "rekha")
    await at.enter(stage.mohan, "mohan")
    await stage.mohan.send_text("/people")
    await stage.mohan.wait_for("People")
    await stage.mohan.press("Change somebody")
    await stage.mohan.wait_for("Whom")
    await stage.mohan.press("Rekha")
    await stage.mohan.wait_for("Rekha")
    await stage.mohan.press("End")
    await stage.rekha.wait_for("has ended your work here as admin")
    assert await at.bindings() == [("Mohan", "mohan")]
    await stage.conn.execute("insert into staff (person_id, role) values ($1, 'admin')", stage.town.rekha.person_id)
    await refused(stage, stage.rekha, "/pending")


async def test_who_joins_as_admin_is_asked_at_once(at: Office) -> None:
    stage = at.stage
    await at.enter(stage.rekha, "rekha")
    await stage.rekha.send_text("/people")
    await stage.rekha.wait_for("People")
    await stage.rekha.press("Invite admin")
    await stage.rekha.wait_for("name?")
    await stage.rekha.send_text("Tara Sen")
    made = await stage.rekha.wait_for("start=")
    code = made.text.partition("start=")[2].split()[0]
    await stage.stranger.start(code)
    await stage.stranger.wait_for("Welcome to Blessings City")
    await stage.stranger.wait_for("Log in once")
    assert asked(stage.stranger) == 1
    await at.may("tara", True)
    await at.enter(stage.stranger, "tara")
    await stage.stranger.send_text("/people")
    await stage.stranger.wait_for("Tara Sen, admin")
    await stage.stranger.send_text("/login")
    await stage.stranger.wait_for("You are logged in until 2 Dec 2026.")


async def test_an_address_is_never_sent_to_a_group(at: Office) -> None:
    stage = at.stage
    group = stage.simulator.add_group("Block B17", stage.ravi, stage.rekha)
    await stage.rekha.send_text("/pending", chat=group)

    async def answered() -> bool:
        sql = "select exists (select 1 from inbox where chat = $1 and state = 'done')"
        return bool(await stage.value(sql, str(group)))

    await until(answered)
    await stage.settled()
    assert await stage.value("select count(*) from notifications where kind = 'login_needed'") == 0
    assert await stage.value("select count(*) from admin_logins") == 0
    await at.enter(stage.rekha, "rekha")


async def test_another_chat_takes_a_login_of_its_own(at: Office) -> None:
    """Whoever can share Rekha's number gets her flats and rounds, as before; not the office."""
    stage = at.stage
    await at.enter(stage.rekha, "rekha")
    await stage.conn.execute("update people set phone = '+447700900199' where id = $1", stage.town.rekha.person_id)
    await stage.stranger.share_contact()
    await stage.stranger.wait_for("Log in once")
    assert await at.bindings() == []
    await stage.conn.execute("update people set phone = '+447700900103' where id = $1", stage.town.rekha.person_id)
    await stage.rekha.share_contact()
    await stage.rekha.wait_for("Log in once")
    await stage.settled()
    await refused(stage, stage.rekha, "/pending")

"""Forgetting an owner who left, from the chat: shown first, confirmed by a button that restates, once."""

from datetime import timedelta

import pytest

from bot.conversation import Action
from jobs.change_flat import Change, Changed, Field, change
from storage.database import Database
from tests.billing import issue
from tests.bot.flows.phone import Phone
from tests.society import Town, work


@pytest.fixture
async def left(db: Database, town: Town, rekha: Phone) -> Town:
    """Leela Das was billed 1 bill of B7-FF, then sold it."""
    async with db.transaction() as conn:
        home = town.flat("B7-FF")
        await conn.execute("update owners set phone = '+447700900777' where id = $1", home.owner_id)
        await issue(work(conn, town.rekha, rekha.now), home.flat_id, "100")
        sold = Change(Field.OWNER, "Leela Das", "Farah Sethi", None)
        after = work(conn, town.rekha, rekha.now + timedelta(days=3))
        assert isinstance(await change(after, "B7-FF", sold), Changed)
    return town


@pytest.mark.usefixtures("town")
async def test_without_anybody_who_left_it_says_so(rekha: Phone) -> None:
    assert await rekha.say("/forget") == (
        "There is no owner who left. A new owner is named with /flat; the one before can then be forgotten."
    )
    assert await rekha.say("/forget <b>x") == (
        "No owner who left is called or owned &lt;b&gt;x. /forget alone lists them."
    )


@pytest.mark.usefixtures("left")
async def test_it_is_shown_first_and_done_by_a_button_that_restates(rekha: Phone) -> None:
    rekha.now += timedelta(days=4)
    assert "Whom do you want to forget?" in await rekha.say("/forget")
    assert rekha.labels == ["Leela Das, B7-FF"]
    assert await rekha.press("Leela Das") == (
        "<b>Leela Das, owner of B7-FF before</b>\n"
        "Goes for good: the name, 1 phone number.\n"
        "Stays: 1 bill and 1 account entry under the flat, without the name: they are the books.\n"
        "₹2,674.00 owed on B7-FF stays on the flat."
    )
    assert rekha.labels == ["Forget Leela Das: 1 phone number", "Keep"]
    assert await rekha.press("Keep") == "Nothing was forgotten."
    await rekha.say("/forget B7-FF")
    said = await rekha.press("Forget Leela Das")
    assert said.startswith("<b>Forgotten: who owned B7-FF before.</b>\nBackups made before still hold it")
    assert "last 14 nights" in said
    assert "Leela" not in await rekha.say("/flat B7-FF")
    assert "There is no owner who left" in await rekha.say("/forget")


@pytest.mark.usefixtures("left")
async def test_the_second_admin_is_told_who_did_it(rekha: Phone, mohan: Phone) -> None:
    await mohan.say("/forget Leela")
    shown = mohan.messages
    await rekha.say("/forget Leela")
    await rekha.press("Forget Leela Das")
    assert (await mohan.press("Forget Leela Das", among=shown)).startswith("Rekha did that on ")


async def test_what_came_since_is_shown_again_before_anything_goes(rekha: Phone, db: Database, left: Town) -> None:
    await rekha.say("/forget Leela")
    async with db.transaction() as conn:
        person = await conn.fetchval("insert into people (name) values ('Leela Das') returning id")
        await conn.execute("insert into owner_people values ($1, $2)", left.flat("B7-FF").owner_id, person)
    assert (await rekha.press("Forget Leela Das")).startswith("Something changed since this was shown. Look again:")
    assert (await rekha.press("Forget Leela Das")).startswith("<b>Forgotten")


async def test_an_owner_who_bought_again_is_not_forgotten(rekha: Phone, db: Database, left: Town) -> None:
    await rekha.say("/forget Leela")
    async with db.transaction() as conn:
        sql = "insert into flat_owners (flat_id, owner_id) values ($1, $2)"
        await conn.execute(sql, left.flat("C8-GF").flat_id, left.flat("B7-FF").owner_id)
    assert await rekha.press("Forget Leela Das") == "<b>Leela Das cannot be forgotten yet.</b>\nThey own C8-GF."


async def test_nobody_else_may(ravi: Phone, sharma: Phone, left: Town) -> None:
    for phone in (ravi, sharma):
        assert "Leela" not in await phone.say("/forget")
        data = {"owner": left.flat("B7-FF").owner_id, "seal": "", "card": "x"}
        for name in ("forget.look", "forget.do"):
            assert "Leela" not in await phone.press_action(Action(name, data))
    async with sharma.db.transaction() as conn:
        assert await conn.fetchval("select name from owners where id = $1", left.flat("B7-FF").owner_id) == "Leela Das"

"""A meter that cannot be read: why, a photo perhaps, once more at the end, and the ways back."""

import pytest

from domain.period import Month
from storage import cant_read
from storage.cant_read import CantRead
from storage.database import Database
from tests.bot.flows.engineer.conftest import photo
from tests.bot.flows.engineer.test_message import stored
from tests.bot.flows.engineer.test_round import WALK, asked
from tests.bot.flows.phone import Phone

REASONS = ["Locked", "No display", "Blocked", "Unsafe", "Not found", "Other"]


async def in_vain(db: Database) -> list[CantRead]:
    async with db.transaction() as conn:
        return list((await cant_read.cant_read(conn, Month(2026, 11))).values())


async def told(db: Database) -> list[tuple[str, str, str]]:
    return [(one.place, one.reason.value, one.words) for one in await in_vain(db)]


async def test_the_meter_of_the_round_by_the_button(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    said = await ravi.press("Can't read")
    assert said.startswith("<b>B17-GF</b> can't be read: why?")
    assert ravi.labels == REASONS
    said = await ravi.press("Locked")
    assert said.startswith("<b>B17-GF</b> · could not be read: locked. The office sees it.")
    assert "0 of 13 read · B17 · 1 could not be read" in said
    assert asked(said) == "B17-FF"
    assert ravi.labels == ["Can't read", "Skip", "Add photo", "Undo", "Other block", "End round"]
    assert await told(db) == [("B17-GF", "locked", "")]
    assert "13 meters unread: 11 of flats, 2 of motors\n1 could not be read: B17-GF locked\n" in await ravi.say("List")


@pytest.mark.parametrize("typed", ["locked", "Locked"])
async def test_the_reason_typed_in_the_round(ravi: Phone, db: Database, typed: str) -> None:
    await ravi.say("/round b17")
    assert asked(await ravi.say(typed)) == "B17-FF"
    assert await told(db) == [("B17-GF", "locked", "")]


async def test_the_key_asks_which_where_no_round_is_walked(ravi: Phone, db: Database) -> None:
    assert "Which meter can't be read?" in await ravi.say("Can't read")
    assert "No flat or meter B99" in await ravi.say("B99")
    await ravi.say("b18ff")
    said = await ravi.press("Other")
    assert "Write in a few words why <b>B18-FF</b> can't be read." in said
    said = await ravi.say("wasps <in> the box")
    assert "could not be read: wasps &lt;in&gt; the box." in said
    assert await told(db) == [("B18-FF", "other", "wasps <in> the box")]


async def test_the_key_takes_the_meter_of_the_step_by_step_dialogue(ravi: Phone, db: Database) -> None:
    await ravi.say("/read B18-FF")
    assert "<b>B18-FF</b> can't be read: why?" in await ravi.say("Can't read")
    await ravi.press("Unsafe")
    assert await told(db) == [("B18-FF", "unsafe", "")]


async def test_a_number_instead_of_a_reason_is_the_reading(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.press("Can't read")
    assert asked(await ravi.say("100")) == "B17-FF"
    assert [one.flat_code for one in await stored(db)] == ["B17-GF"]
    assert not await told(db)


async def test_a_photo_before_after_and_with_the_reason(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.press("Can't read")
    assert "The photo is kept with it." in await ravi.photo(photo("one"))
    assert "With photo." in await ravi.press("Blocked")
    await ravi.photo(photo("two"), "no display")
    await ravi.say("unsafe")
    await ravi.press("Add photo")
    said = await ravi.photo(photo("three"))
    assert "could not be read: unsafe. The office sees it. With photo." in said
    found = await in_vain(db)
    assert [(one.place, one.reason.value) for one in found] == [
        ("B17-GF", "blocked"), ("B17-FF", "no_display"), ("B17-SF", "unsafe"),
    ]  # fmt: skip
    assert len({one.photo_id for one in found} - {None}) == 3


async def test_it_comes_once_more_at_the_end(ravi: Phone, db: Database) -> None:
    said = await ravi.say("/round")
    said = await ravi.say("locked")
    for _ in WALK[1:]:
        said = await ravi.say("146")
    assert asked(said) == "B7-FF"
    assert "Could not be read on 2 Nov 2026: locked." in said
    assert "1 left to revisit: B7-FF" in said
    await ravi.press("Can't read")
    said = await ravi.press("Not found")
    assert "<b>The round is done:</b> 12 of 13 read, 1 could not be read: B7-FF not found." in said
    assert (await in_vain(db))[0].visits == 2
    assert "The round is done" in await ravi.say("/round")
    said = await ravi.say("B7-FF 120")
    assert "Every meter is read this month." in said
    assert not await told(db)


async def test_it_stays_unread_when_it_is_skipped_the_second_time(ravi: Phone) -> None:
    await ravi.say("/round")
    await ravi.say("locked")
    for _ in WALK[1:]:
        await ravi.say("146")
    said = await ravi.press("Skip")
    assert "<b>B7-FF</b> stays unread." in said
    assert "The round is done" in said


@pytest.mark.parametrize("how", ["key", "button"])
async def test_undo(ravi: Phone, db: Database, how: str) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    await ravi.say("locked")
    said = await (ravi.say("/undo") if how == "key" else ravi.press("Undo"))
    assert "Taken back: <b>B17-FF</b> is to be read." in said
    assert asked(said) == "B17-FF"
    assert not await told(db)
    assert len(await stored(db)) == 1
    await ravi.say("146")
    await ravi.say("/undo")
    assert [one.flat_code for one in await stored(db)] == ["B17-GF"]


async def test_a_second_press_and_an_old_button_say_nothing_new(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.press("Can't read")
    reasons = ravi.messages
    await ravi.press("Locked")
    done = ravi.messages
    await ravi.press("Locked", among=reasons)
    assert [(one.reason.value, one.visits) for one in await in_vain(db)] == [("locked", 1)]
    await ravi.press("Undo", among=done)
    assert "taken back already" in await ravi.press("Undo", among=done)
    await ravi.say("B17-GF 100")
    assert "is read already" in await ravi.press("Unsafe", among=reasons)
    assert not await told(db)


async def test_a_reading_elsewhere_is_taken_amid_the_question(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.press("Can't read")
    assert asked(await ravi.say("C8-GF 90")) == "C14-FF"
    await ravi.say("/round b17")
    await ravi.press("Can't read")
    assert "<b>B18-GF</b> can't be read" in await ravi.say("B18-GF")
    assert "Which block?" in await ravi.say("/read")
    assert not await told(db)


async def test_another_engineer_sees_it_and_reads_it_after_all(ravi: Phone, sunil: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.say("locked")
    assert "1 could not be read" in await sunil.say("/round")
    await sunil.say("B17-GF 100")
    assert not await told(db)
    assert "could not be read" not in await ravi.say("/round")

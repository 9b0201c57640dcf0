"""A round: one meter after the other, put off, taken up again, by one engineer or two."""

from datetime import UTC, datetime, timedelta

import pytest

from storage.database import Database
from tests.bot.flows.engineer.conftest import photo
from tests.bot.flows.engineer.test_message import stored
from tests.bot.flows.phone import Phone
from tests.jobs.test_replace_meter import replaced
from tests.society import Town

WALK = ["B7-FF", "B17-GF", "B17-FF", "B17-SF", "B18-GF", "B18-FF", "C8-GF", "C14-FF", "C14-SF", "VILLA-A2", "SCO-3",
        "MOTOR-B", "MOTOR-C"]  # fmt: skip


async def readings_of(db: Database) -> list[tuple[str, int]]:
    return [(one.flat_code, int(one.value)) for one in await stored(db)]


def asked(said: str) -> str:
    """The meter that is asked for in an answer."""
    return said.partition("Next: <b>")[2].partition("</b>")[0]


async def test_the_first_card_says_where_to_go_and_the_number_alone_is_enough(ravi: Phone, db: Database) -> None:
    said = await ravi.say("/round")
    assert said.splitlines() == [
        "0 of 13 read · B7",
        "Next: <b>B7-FF</b> · First floor, Leela Das",
        "Meter 19152163.",
        "Send the units this month, or a photo.",
        "Then: B17-GF · Ground floor, Anita Rao",
        "B17-FF · First floor, Mr Sharma",
    ]
    assert ravi.labels == ["Can't read", "Skip", "Other block", "End round"]
    said = await ravi.say("१४६")
    assert said.startswith("B7-FF · <b>146</b> units · saved")
    assert "1 of 13 read · B17\nNext: <b>B17-GF</b>" in said
    assert ravi.labels == ["Can't read", "Skip", "Fix", "Undo", "Other block", "End round"]
    assert len(ravi.messages) == 1
    said = await ravi.say("132 motor 3.2 on yesterday")
    assert "B17-GF · <b>132</b> units · saved · 1 Nov 2026" in said
    assert "Before: 170 on 2 Oct 2026." in said
    assert await readings_of(db) == [("B7-FF", 146), ("B17-GF", 132)]


async def test_it_is_walked_to_the_end_motors_last(ravi: Phone, db: Database) -> None:
    said, order = await ravi.say("/round"), []
    while asked(said):
        order.append(asked(said))
        said = await ravi.say("146")
    assert order == WALK
    assert "Every meter is read this month." in said
    assert "Every meter is read this month." in await ravi.say("/round")


async def test_a_whole_line_works_and_the_round_goes_on_from_there(ravi: Phone, db: Database) -> None:
    await ravi.say("/round")
    assert asked(await ravi.say("C14-FF 90")) == "C14-SF"
    assert asked(await ravi.say("91")) == "VILLA-A2"
    assert await readings_of(db) == [("C14-FF", 90), ("C14-SF", 91)]
    said = await ravi.say("B17-GF 12\nB17-SF 13")
    assert "Saved 2 readings" in said
    assert asked(await ravi.say("92")) == "SCO-3"


@pytest.mark.parametrize("typed", ["b18", "B18-GF", "b18gf", "19152161"])
async def test_a_place_alone_is_where_it_goes_on(ravi: Phone, typed: str) -> None:
    await ravi.say("/round")
    assert asked(await ravi.say(typed)) == "B18-GF"
    assert asked(await ravi.say("90")) == "B18-FF"


async def test_what_is_no_number_is_asked_again_and_commands_work(ravi: Phone, db: Database) -> None:
    await ravi.say("/round")
    for wrong in ("1e9", "-5", "Infinity", "1_000", "hello"):
        assert "Send it like <code>146</code>" in await ravi.say(wrong)
    assert "Which block?" in await ravi.say("/read")
    await ravi.say("/pending")
    assert not await stored(db)


async def test_skipped_ones_come_at_the_end_in_their_order(ravi: Phone) -> None:
    await ravi.say("/round")
    said = await ravi.press("Skip")
    assert said.startswith("<b>B7-FF</b> comes again at the end.")
    assert asked(said) == "B17-GF"
    assert asked(await ravi.say("skip dog in the yard")) == "B17-FF"
    for code in WALK[2:]:
        assert asked(said := await ravi.say("146")) != code
    assert asked(said) == "B7-FF"
    assert "2 left to revisit: B7-FF, B17-GF" in said
    said = await ravi.press("Skip")
    assert asked(said) == "B17-GF"
    assert "Skipped: dog in the yard." in said
    assert asked(await ravi.say("140")) == "B7-FF"
    assert "Every meter is read" in await ravi.say("140")


async def test_an_odd_reading_is_looked_at_again_before_it_goes_on(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    said = await ravi.say("1460")
    assert "is 10 times the usual" in said
    assert not asked(said)
    said = await ravi.say("146")
    assert "B17-FF · <b>146</b> units · saved, was 1460" in said
    assert asked(said) == "B17-SF"
    await ravi.say("B17-FF 146")
    assert (await readings_of(db))[-1] == ("B17-FF", 146)


@pytest.mark.parametrize("how", ["press", "type"])
async def test_an_odd_reading_that_is_right(ravi: Phone, how: str) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    await ravi.say("1460")
    said = await ravi.press("It is right") if how == "press" else await ravi.say("1460")
    assert "you say it is right" in said
    assert asked(said) == "B17-SF"


async def test_it_is_picked_up_after_days_and_a_number_alone_is_not(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    ravi.now += timedelta(hours=11)
    assert asked(await ravi.say("146")) == "B17-SF"
    ravi.now += timedelta(days=5)
    assert "Which flat is <b>130</b> for?" in await ravi.say("130")
    assert asked(await ravi.say("Next meter")) == "B17-SF"
    assert asked(await ravi.say("130")) == "B18-GF"
    assert len(await stored(db)) == 3


async def test_at_midnight_in_kolkata_a_new_round_begins(ravi: Phone, db: Database) -> None:
    ravi.now = datetime(2026, 11, 30, 18, 20, tzinfo=UTC)  # 23:50
    await ravi.say("/round b17")
    assert "1 of 13 read" in await ravi.say("100")
    ravi.now += timedelta(minutes=20)
    assert "Which flat is <b>146</b> for?" in await ravi.say("146")
    said = await ravi.say("/round")
    assert said.startswith("0 of 13 read")
    await ravi.say("/round b17")
    await ravi.say("90")
    found = [(one.flat_code, one.date.isoformat()) for one in await stored(db)]
    assert found == [("B17-GF", "2026-11-30"), ("B17-GF", "2026-12-01")]


async def test_a_number_sent_before_midnight_is_of_the_meter_asked_then(ravi: Phone, db: Database) -> None:
    ravi.now = datetime(2026, 11, 30, 18, 25, tzinfo=UTC)
    await ravi.say("/round b17")
    said = await ravi.say("100", late=timedelta(hours=2))
    assert "B17-GF · <b>100</b>" in said
    assert [one.date.isoformat() for one in await stored(db)] == ["2026-11-30"]


async def test_two_engineers_share_the_walk(ravi: Phone, sunil: Phone, db: Database) -> None:
    assert asked(await ravi.say("/round")) == "B7-FF"
    assert asked(await sunil.say("/round")) == "B17-GF"
    assert "B17 · 3 · Sunil" in (await ravi.press("Other block"), ravi.labels)[1]
    said = await ravi.press("B18 · 2")
    assert asked(said) == "B18-GF"
    assert asked(await sunil.say("B18-GF 120")) == "B18-FF"
    said = await ravi.say("130")
    assert "<b>B18-GF is read already</b>: <b>120</b> units on 2 Nov 2026 by Sunil" in said
    assert asked(said) == "C8-GF"
    assert await readings_of(db) == [("B18-GF", 120)]
    assert asked(await ravi.say("99")) == "C14-FF"


async def test_stop_and_go_on(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    said = await ravi.press("End round")
    assert said.startswith("Stopped at 1 of 13 read.")
    assert "Which flat is <b>146</b> for?" in await ravi.say("146")
    assert asked(await ravi.say("/round")) == "B17-FF"
    await ravi.press("End round")
    assert asked(await ravi.press("Go on")) == "B17-FF"
    assert len(await stored(db)) == 1


@pytest.mark.parametrize("word", ["stop", "end round"])
async def test_a_typed_word_ends_the_round_and_no_news(ravi: Phone, db: Database, word: str) -> None:
    await ravi.say("/round b17")
    assert (await ravi.say(word)).startswith("Stopped at 0 of 13 read.")
    assert ravi.labels == ["Go on"]
    async with db.transaction() as conn:
        assert not await conn.fetchval("select count(opted_out_at) from chat_identities")


async def test_undo_asks_again(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    said = await ravi.say("Undo")
    assert "Taken back: <b>B17-GF 100</b>" in said or "Taken back" in said
    assert asked(said) == "B17-GF"
    await ravi.say("101")
    assert asked(await ravi.press("Undo")) == "B17-GF"


async def test_a_photo_with_the_number_below_it(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    said = await ravi.photo(photo(), "100")
    assert "B17-GF · <b>100</b> units · saved" in said
    assert "With photo." in said
    assert asked(said) == "B17-FF"


async def test_a_photo_alone_is_of_the_meter_asked_for_not_of_the_reading_before(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    card = ravi.last_id
    assert (await ravi.photo(photo())).startswith("The photo of <b>B17-FF</b> is kept.")
    said = await ravi.say("146")
    assert "B17-FF · <b>146</b> units · saved" in said
    assert asked(said) == "B17-SF"
    said = await ravi.photo(photo("two"), reply_to=card)
    assert "Photo added to <b>B17-GF 100</b>" in said
    assert all(one.has_photo for one in await stored(db))


@pytest.mark.parametrize("days", [0, 1])
async def test_a_photo_alone_is_of_the_meter_asked_for_that_somebody_read_meanwhile(
    ravi: Phone, sunil: Phone, db: Database, days: int
) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    sunil.now -= timedelta(days=days)
    await sunil.say("B17-FF 145")
    said = await ravi.photo(photo())
    assert said.startswith("<b>B17-FF is read already</b>: <b>145</b> units on")
    assert "by Sunil" in said
    assert ravi.labels == ["Replace", "Keep 145", "Add photo", *["Another reading"] * days, "B17-GF 100", "Go on"]
    card = ravi.messages
    said = await ravi.say("146")
    assert "<b>B17-FF is read already</b>" in said
    assert asked(said) == "B17-SF"
    assert asked(await ravi.say("120")) == "B18-GF"
    assert not any(one.has_photo for one in await stored(db))
    assert "Photo added to <b>B17-FF 145</b>" in await ravi.press("Add photo", among=card)
    assert await readings_of(db) == [("B17-GF", 100), ("B17-FF", 145), ("B17-SF", 120)]


async def test_after_the_photo_of_what_somebody_read_the_round_goes_on(ravi: Phone, sunil: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    await sunil.say("B17-FF 145")
    await ravi.photo(photo())
    assert asked(await ravi.press("Go on")) == "B17-SF"
    assert (await ravi.photo(photo("two"))).startswith("The photo of <b>B17-SF</b> is kept.")
    await ravi.say("120")
    assert [one.flat_code for one in await stored(db) if one.has_photo] == ["B17-SF"]


async def test_a_photo_alone_is_of_the_meter_that_is_in_the_place_of_the_one_asked_for(
    ravi: Phone, town: Town, db: Database
) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    async with db.transaction() as conn:
        await replaced(conn, town)
    assert (await ravi.photo(photo())).startswith("The photo of <b>B17-FF</b> is kept.")
    await ravi.say("146")
    assert {(one.meter.number, one.has_photo) for one in await stored(db)} == {("19152158", False), ("55501", True)}


async def test_a_card_drawn_again_asks_for_the_same_meter(ravi: Phone, sunil: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    card = ravi.last_id
    await sunil.say("B17-FF 145")
    said = await ravi.photo(photo(), reply_to=card)
    assert "Photo added to <b>B17-GF 100</b>" in said
    assert asked(said) == "B17-FF"
    said = await ravi.say("146")
    assert "<b>B17-FF is read already</b>: <b>145</b> units on 2 Nov 2026 by Sunil" in said
    assert asked(said) == "B17-SF"
    assert await readings_of(db) == [("B17-GF", 100), ("B17-FF", 145)]


async def test_a_card_drawn_again_asks_nothing_where_the_meter_is_replaced(
    ravi: Phone, town: Town, db: Database
) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    card = ravi.last_id
    async with db.transaction() as conn:
        await replaced(conn, town)
    assert not asked(await ravi.photo(photo(), reply_to=card))
    assert "Which flat is <b>146</b> for?" in await ravi.say("146")
    assert await readings_of(db) == [("B17-GF", 100)]


async def test_a_photo_whose_number_is_refused_goes_to_no_other_flat(ravi: Phone, sunil: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    await sunil.say("B17-FF 145")
    said = await ravi.photo(photo(), "146")
    assert "<b>B17-FF is read already</b>" in said
    assert asked(said) == "B17-SF"
    await ravi.say("120")
    assert [one.flat_code for one in await stored(db) if one.has_photo] == []
    assert (await readings_of(db))[-1] == ("B17-SF", 120)


async def test_the_photo_of_an_odd_reading_is_its_own(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    await ravi.say("1460")
    assert "Photo added to <b>B17-FF 1460</b>" in await ravi.photo(photo())


async def test_a_burst_answers_nothing_that_was_not_seen(ravi: Phone, db: Database) -> None:
    await ravi.say("/round")
    ravi.burst = "burst:1"
    for number in ("146", "132", "158", "121"):
        await ravi.say(number)
    assert not await stored(db)


async def test_a_number_that_came_before_the_question_is_of_no_meter(ravi: Phone, db: Database) -> None:
    await ravi.say("/round")
    ravi.backlog = 1
    said = await ravi.say("146")
    assert "B7-FF · <b>146</b> units · saved" in said
    assert "Send the units" not in said
    ravi.backlog = 0
    said = await ravi.say("164")
    assert "Which flat is <b>164</b> for?" in said
    assert asked(said) == "B17-GF"
    assert await readings_of(db) == [("B7-FF", 146)]


@pytest.mark.parametrize("caption", ["146", "1460"])
async def test_the_photo_that_brings_an_odd_readings_number_again_is_its_own(
    ravi: Phone, db: Database, caption: str
) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    await ravi.say("1460")
    await ravi.photo(photo(), caption)
    reading = (await stored(db))[-1]
    assert (reading.flat_code, int(reading.value), reading.has_photo) == ("B17-FF", int(caption), True)
    assert reading.confirmed


async def test_an_odd_reading_of_somebody_else_is_not_replaced(ravi: Phone, sunil: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    await ravi.say("100")
    await sunil.say("B17-FF 1460")
    said = await ravi.say("146")
    assert "<b>B17-FF is read already</b>" in said
    assert asked(said) == "B17-SF"
    assert await readings_of(db) == [("B17-GF", 100), ("B17-FF", 1460)]


async def test_presses_on_old_cards_do_no_harm(ravi: Phone, db: Database) -> None:
    await ravi.say("/round b17")
    first = ravi.messages
    await ravi.say("100")
    assert asked(await ravi.press("Skip", among=first)) == "B17-FF"
    assert "is read already" in await ravi.press("Can't read", among=first)

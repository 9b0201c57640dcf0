"""What the office sees of the round: in the queue, before the month is issued, by /round, and at its end."""

from domain.roles import Role
from storage import people
from storage.database import Database
from tests.bot.flows.phone import Phone

_UNREAD = "11 unread: 2 locked (B17-SF, B18-GF), 1 no display (B18-FF), 8 not visited"


async def walk_b17(ravi: Phone) -> None:
    """Two read, three in vain."""
    await ravi.say("/round b17")
    for answer in ("130", "146", "locked", "Locked", "no display"):
        await ravi.say(answer)


async def test_the_queue_says_why_meters_are_unread(ravi: Phone, rekha: Phone) -> None:
    await walk_b17(ravi)
    said = await rekha.say("/pending")
    assert "11 unread\n" in said
    assert f"\n{_UNREAD}" in said


async def test_the_preview_of_the_month_and_its_closing_say_so_too(ravi: Phone, rekha: Phone) -> None:
    await walk_b17(ravi)
    assert f"\n{_UNREAD}" in await rekha.say("/issue 2026-11")
    assert "locked (" not in await rekha.say("/issue 2026-10")


async def test_round_shows_an_admin_who_walks_where(ravi: Phone, rekha: Phone) -> None:
    assert (await rekha.say("/round")).startswith("<b>November · 0 of 13 read</b>\n13 unread\nNot begun: B7, B17")
    await walk_b17(ravi)
    said = (await rekha.say("/round")).splitlines()
    assert said == [
        "<b>November · 2 of 13 read · 3 could not be read</b>",
        _UNREAD,
        "Ravi: 2 read, at C8-GF since 10:42",
        "B17: SF",
        "B18: GF, FF",
        "Not begun: B7, C8, C14, VILLA, SCO, MOTOR",
    ]
    await ravi.press("End round")
    assert "Ravi: 2 read, stopped at C8-GF" in await rekha.say("/round")


async def test_the_engineers_own_words_are_shown_to_the_office(ravi: Phone, rekha: Phone) -> None:
    words = "dog <b> in the yard"
    await ravi.say("/round b17")
    await ravi.press("Can't read")
    await ravi.press("Other")
    await ravi.say(words)
    assert "1 other (B17-GF: dog &lt;b&gt; in the yard), 12 not visited" in await rekha.say("/round")
    assert "1 other (B17-GF: dog &lt;b&gt; in the yard)" in await rekha.say("/pending")
    flat = "Could not be read on 2 Nov 2026: dog &lt;b&gt; in the yard."
    assert flat in await rekha.say("/flat B17-GF")
    await ravi.say("B17-GF 130")
    assert "Could not be read" not in await rekha.say("/flat B17-GF")


async def test_long_words_are_cut_short(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("/round b17")
    await ravi.press("Can't read")
    await ravi.press("Other")
    await ravi.say("a dog " * 30)
    [line] = [one for one in (await rekha.say("/round")).splitlines() if "other" in one]
    assert line.endswith("a dog…), 12 not visited")
    assert len(line) < 120


async def test_an_admin_who_reads_meters_too_walks(rekha: Phone, db: Database) -> None:
    async with db.transaction() as conn:
        await people.grant(conn, rekha.who.person_id, Role.ENGINEER, None)
    assert "Next: <b>B7-FF</b>" in await rekha.say("/round")
    assert "<b>B17-FF</b>" in await rekha.say("sharma")
    assert "B7-FF · <b>146</b> units · saved" in await rekha.say("146")


async def test_admins_hear_once_a_month_that_all_is_read_or_in_vain(ravi: Phone, db: Database) -> None:
    async def told() -> list[tuple[str, str]]:
        async with db.transaction() as conn:
            sql = "select chat_id, source_id from notifications where kind = 'round_finished' order by chat_id"
            return [tuple(row) for row in await conn.fetch(sql)]

    await ravi.say("/round")
    for answer in ("locked", *["146"] * 11):
        await ravi.say(answer)
        assert await told() == []
    await ravi.say("not found")
    assert [month for _, month in await told()] == ["2026-11", "2026-11"]
    await ravi.say("B7-FF 120")
    await ravi.say("/undo")
    await ravi.say("B7-FF 121")
    assert len(await told()) == 2

"""`/unreachable` and the invites on paper."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.invite_document import slips_pdf
from domain.slip_code import as_printed
from jobs import invite_slips, people
from jobs.documents import page_count
from jobs.invite_slips import Slip, TooManySlipsError
from storage import invites, unreachable
from storage.database import Database
from storage.unreachable import Unreached, Why
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import build, work

SLIPS = 9


@pytest.fixture
async def story(db: Database) -> Story:
    """Eleven flats, of which Mr Sharma's two are reached; both chats have their name."""
    async with db.transaction() as conn:
        made = Story(db, await build(conn))
        sql = "insert into channel_accounts (channel, name) values ('telegram', 'blessings_bot'), ('whatsapp', $1)"
        await conn.execute(sql, "447700900100")
        return made


async def _slips(story: Story, flat: str = "B17-GF") -> list[Slip]:
    async with story.db.transaction() as conn:
        asked = work(conn, story.town.rekha, story.now)
        found = await unreachable.unreached(conn, asked.today)
        return await invite_slips.make(asked, [one for one in found if one.flat_code == flat])


async def _joins(story: Story, chat: str, code: str) -> tuple[Phone, str]:
    phone = await story.stranger(chat, "Anita")
    return phone, await phone.say(f"join {code}")


async def test_a_count_first_then_who_by_block(story: Story) -> None:
    phone = story.phone(story.town.rekha)
    first, second, *_ = (await phone.say("/unreachable")).splitlines()
    assert first == "<b>9 of 11 flats get no messages</b>"
    assert second == "9 never joined"
    assert "<b>B17</b>  B17-GF Anita Rao, B17-SF Farida Khan" in phone.replies[0].text
    assert phone.labels == ["Print 9 invite slips"]


async def test_one_block(story: Story) -> None:
    phone = story.phone(story.town.rekha)
    assert "2 of 11" in await phone.say("/unreachable b17")
    assert "nobody there" in await phone.say("/unreachable B99")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("update chat_identities set reachable = false where external_id = '105'", "blocked"),
        ("update chat_identities set opted_out_at = now() where external_id = '105'", "STOP"),
        ("update flat_owners set until = now()", "no owner"),
    ],
)
async def test_why(story: Story, change: str, why: str) -> None:
    await story.run(change)
    text = await story.phone(story.town.rekha).say("/unreachable B18")
    assert "2 of 11" in text or "3 of 11" in text
    assert why in next(line for line in text.splitlines() if "B18-FF" in line)


async def test_a_bill_that_did_not_arrive(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.run("update notifications set status = 'dead', error = 'x' where kind = 'bill'")
    text = await story.phone(story.town.rekha).say("/unreachable")
    assert "1 bill did not arrive" in text
    assert "B17-FF Mr Sharma (did not arrive)" in text


async def test_slips_are_printed_for_those_whom_they_help(story: Story) -> None:
    await story.run("update chat_identities set opted_out_at = now() where external_id = '105'")
    phone = story.phone(story.town.rekha)
    await phone.say("/unreachable")
    assert "2 sent STOP" in phone.replies[0].text
    said = await phone.press("Print 9")
    assert said.startswith("9 invite slips, eight a page. Each works once, until 2 Dec 2026")
    [reply] = phone.replies
    assert reply.document is not None
    assert reply.document.startswith(b"%PDF")
    assert page_count(reply.document) == 2
    assert "9 invites on paper are out" in await phone.say("/unreachable")


async def test_only_who_manages_people_prints(story: Story) -> None:
    phone = story.phone(story.town.ravi)
    assert "flats" not in await phone.say("/unreachable")
    admin = story.phone(story.town.rekha)
    await admin.say("/unreachable")
    await story.run("update staff set revoked_at = now() where person_id = $1", story.town.rekha.person_id)
    await admin.press("Print 9")
    assert admin.replies[0].document is None


async def test_a_slip_links_its_flat_however_it_is_typed(story: Story) -> None:
    [slip] = await _slips(story)
    assert slip.owner == "Anita Rao"
    _, said = await _joins(story, "900", slip.code.lower().replace("-", " "))
    assert "B17-GF is linked" in said


async def test_its_links_say_the_code(story: Story) -> None:
    [slip] = await _slips(story)
    assert slip.telegram == f"https://t.me/blessings_bot?start={as_printed(slip.code)}"
    assert slip.whatsapp == f"https://wa.me/447700900100?text=join%20{slip.code}"
    phone = await story.stranger("901", "Anita")
    assert "B17-GF is linked" in await phone.say(f"/start {as_printed(slip.code)}")


async def test_it_works_once_and_ends_the_others_of_that_name(story: Story) -> None:
    [first], [second] = await _slips(story), await _slips(story)
    assert first.code != second.code
    _, said = await _joins(story, "900", second.code)
    assert "is linked" in said
    for code in (first.code, second.code):
        _, said = await _joins(story, "901", code)
        assert "does not work" in said


async def test_a_slip_lasts_thirty_days(story: Story) -> None:
    [slip] = await _slips(story)
    story.now += timedelta(days=30, minutes=1)
    _, said = await _joins(story, "900", slip.code)
    assert "does not work" in said


async def test_only_a_hash_is_kept(story: Story) -> None:
    [slip] = await _slips(story)
    async with story.db.transaction() as conn:
        rows = await conn.fetch("select row(i.*)::text as said from invites i union all select a::text from audit a")
    written = " ".join(row["said"] for row in rows)
    assert slip.code not in written
    assert (as_printed(slip.code) or "") not in written


async def test_slips_do_not_fill_the_list_of_invites(story: Story) -> None:
    await _slips(story)
    async with story.db.transaction() as conn:
        assert await invites.open_invites(conn, story.now) == []
        assert await invites.open_slips(conn, story.now) == 1


async def test_guessing_is_limited_in_one_chat(story: Story) -> None:
    [slip] = await _slips(story)
    for _ in range(people.GUESSES_AN_HOUR):
        await _joins(story, "900", "K7QM-2XHD-9RTB")
    _, said = await _joins(story, "900", slip.code)
    assert "Too many" in said


async def test_guessing_is_limited_over_all_chats(story: Story) -> None:
    [slip] = await _slips(story)
    sql = "insert into guesses (chat, what, at) select 'telegram:' || n, 'invite', $1 from generate_series(1, $2) n"
    await story.run(sql, story.now, people.ALL_GUESSES_AN_HOUR - 1)
    _, said = await _joins(story, "900", "K7QM-2XHD-9RTB")
    assert "does not work" in said
    _, said = await _joins(story, "901", slip.code)
    assert "Too many" in said
    story.now += timedelta(hours=1, seconds=1)
    _, said = await _joins(story, "901", slip.code)
    assert "is linked" in said


def _many(count: int) -> list[Unreached]:
    return [Unreached(1, f"B{number}-FF", "Tara Sen", Why.NO_CHAT) for number in range(count)]


async def test_a_whole_society_is_printed_quickly(story: Story) -> None:
    """146 slips with two squares each."""
    async with story.db.transaction() as conn:
        asked = work(conn, story.town.rekha, story.now)
        home = story.town.flat("B17-GF").flat_id
        slips = await invite_slips.make(asked, [replace(one, flat_id=home) for one in _many(146)])
        async with asyncio.timeout(60):
            made = await slips_pdf(asked, slips)
    assert page_count(made) == 19
    assert len(made) < 5_000_000


async def test_too_many_are_refused(story: Story) -> None:
    async with story.db.transaction() as conn:
        with pytest.raises(TooManySlipsError):
            await invite_slips.make(work(conn, story.town.rekha, story.now), _many(invite_slips.MOST + 1))

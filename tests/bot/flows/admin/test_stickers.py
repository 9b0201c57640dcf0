"""`/stickers`: a block's stickers in one file, for the office in private."""

from __future__ import annotations

from jobs.documents import page_count
from storage.database import Database
from tests.bot.flows.phone import Phone


def pages(phone: Phone) -> int:
    [message] = phone.messages
    assert message.document is not None
    return page_count(message.document)


async def test_a_block_is_a_file(rekha: Phone) -> None:
    said = await rekha.say("/stickers b17")
    assert said == "Block B17: 3 stickers. Glue each beside its meter. Printed again, they stay the same."
    assert rekha.messages[0].document_name == "stickers-B17.pdf"
    assert pages(rekha) == 1


async def test_without_a_block_there_is_a_choice(rekha: Phone) -> None:
    assert await rekha.say("/stickers") == "<b>Stickers</b>\n13 meters in use. Which block on paper?"
    assert rekha.labels == ["B7 · 1", "B17 · 3", "B18 · 2", "C8 · 1", "All · 13", "▶"]
    choice = rekha.messages
    await rekha.press("▶")
    assert rekha.labels == ["C14 · 2", "VILLA · 1", "SCO · 1", "Motors · 2", "◀"]
    assert (await rekha.press("Motors")).startswith("Motors: 2 stickers.")
    assert rekha.messages[0].document_name == "stickers-MOTORS.pdf"
    said = await rekha.press("All", among=choice)
    assert said.startswith("All blocks: 13 stickers. A sheet for each block. Glue each")
    assert pages(rekha) == 8


async def test_a_block_that_is_not_there_is_answered_with_those_that_are(rekha: Phone) -> None:
    said = await rekha.say("/stickers <b>")
    blocks = "B7, B17, B18, C8, C14, VILLA, SCO, MOTORS"
    assert said == f"There is no meter in block &lt;B&gt;. There are: {blocks}"
    assert rekha.messages[0].document is None


async def test_without_meters_it_says_so(db: Database, rekha: Phone) -> None:
    async with db.transaction() as conn:
        await conn.execute("update meters set status = 'removed'")
    for typed in ("/stickers", "/stickers B17"):
        assert await rekha.say(typed) == "No meter is in use yet. Bring the flats and meters in first."


async def test_it_is_for_the_office_alone(db: Database, ravi: Phone, rekha: Phone) -> None:
    await ravi.say("/stickers B17")
    assert all(message.document is None for message in ravi.messages)
    await rekha.say("/stickers")
    async with db.transaction() as conn:
        await conn.execute("update staff set revoked_at = now() where person_id = $1", rekha.who.person_id)
    await rekha.press("B17")
    assert all(message.document is None for message in rekha.messages)

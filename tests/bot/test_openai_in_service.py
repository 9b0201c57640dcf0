"""OpenAI inside the running service: photos are shown to it, sentences come from it, and it is told nobody's names."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg

from bot import bootstrap
from bot.bootstrap import Setup, assembled
from domain.ai_prices import micro_dollars
from domain.wording import Occasion
from jobs.gateways.openai_desk import OpenAIAccount
from jobs.photo_readers import PhotoReader
from storage import photo_looks, photos
from storage.database import open_database
from tests.eyes import Eyes, seeing
from tests.openai_server import KEY, MODEL, SIGHT, OpenAI, failure, openai_server, said
from tests.society import SOCIETY, build

AT = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
SENTENCE = "We hope this month was a good one, here is your bill."


def answering(server: OpenAI) -> None:
    """A meter for pictures, a sentence for words."""
    server.always = lambda body: said(
        {"sentences": [SENTENCE]} if "write for the office" in body["instructions"] else SIGHT
    )


async def one_photo(dsn: str) -> int:
    """A photo that waits to be looked at."""
    database = await open_database(dsn)
    async with database.transaction() as conn:
        town = await build(conn)
        jpeg = bootstrap.grey_point()
        photo_id = await photos.store(conn, jpeg, jpeg, 1, 1, by=town.ravi.person_id, at=AT)
        await photo_looks.queue(conn, photo_id, AT)
    await database.close()
    return photo_id


def setup(dsn: str, server: OpenAI, *, words: bool = False, readers: Sequence[PhotoReader] = ()) -> Setup:
    account = OpenAIAccount(KEY, server.url, MODEL, micro_dollars(Decimal(10)), reads=True, words=words)
    society = replace(SOCIETY, ai_wording=words)
    return Setup(dsn, society, host=None, openai=account, photo_readers=tuple(readers))


async def found(dsn: str, sql: str) -> asyncpg.Record:
    """The row that there is in the end."""
    conn = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(60):
            while (row := await conn.fetchrow(sql)) is None:
                await asyncio.sleep(0.05)
            return row
    finally:
        await conn.close()


async def test_it_is_shown_photos_before_anybody_else(dsn: str) -> None:
    photo_id = await one_photo(dsn)
    eyes = Eyes()
    async with openai_server() as server, assembled(setup(dsn, server, readers=[eyes])):
        answering(server)
        view = await found(dsn, "select photo_id, reader from photo_views")
    assert (view["photo_id"], view["reader"]) == (photo_id, "openai")
    assert eyes.asked == []
    assert eyes.closed


async def test_where_it_fails_the_next_one_looks_at_once(dsn: str) -> None:
    await one_photo(dsn)
    eyes = Eyes()
    eyes.show(bootstrap.grey_point(), seeing("146"))
    async with openai_server() as server, assembled(setup(dsn, server, readers=[eyes])):
        server.always = lambda _: failure(500)
        view = await found(dsn, "select reader from photo_views")
    assert view["reader"] == "eyes"


async def test_sentences_are_there_before_they_are_needed(dsn: str) -> None:
    async with openai_server() as server:
        answering(server)
        async with assembled(setup(dsn, server, words=True)):
            await found(dsn, f"select from ai_openings having count(*) = {len(Occasion) * 2}")


async def test_nobody_works_where_nothing_is_wished(dsn: str) -> None:
    async with openai_server() as server:
        wished = setup(dsn, server, words=True)
        assert wished.openai is not None
        async with assembled(wished):
            assert parts() >= {"looking at photos", "sentences"}
        async with assembled(replace(wished, openai=replace(wished.openai, reads=False, words=False))):
            assert not parts() & {"looking at photos", "sentences"}


def parts() -> set[str]:
    """What runs beside each other now."""
    return {task.get_name() for task in asyncio.all_tasks()}

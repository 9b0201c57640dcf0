"""One command at work: settings, database, and one transaction in the name of whoever sits at the terminal."""

from __future__ import annotations

import asyncio
import getpass
import secrets
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn, TypeVar

from bot import beside_demo
from bot.bootstrap import now, payment_providers
from bot.cli.app import note, stop
from bot.database_address import database_address
from bot.settings import Settings, load_settings
from jobs.secrecy import hide
from jobs.work import Actor, Work
from storage.database import open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from jobs.job_run import House
    from jobs.workplace import Workplace

Result = TypeVar("Result")


def settings(*, for_demo: bool = False) -> Settings:
    """The settings, with what should be known about them on standard error. Raises SettingsError."""
    loaded = load_settings()
    hide(*loaded.secrets())
    for line in (*loaded.notes, *(() if for_demo else beside_demo.notes(loaded))):
        note(line)
    return loaded


def run(work: Coroutine[object, object, Result]) -> Result:
    """Does something asynchronous to its end."""
    return asyncio.run(work)


@asynccontextmanager
async def at_work(using: Settings) -> AsyncIterator[Work]:
    """One transaction on the database of the settings. What is done is in the audit trail as the system's user."""
    using.refuse_forgotten_database()
    async with database_address(using) as dsn:
        database = await open_database(dsn, max_size=2)
        try:
            async with database.transaction() as conn:
                yield Work(conn, datetime.now(UTC), using.society(), Actor(None, who()), secrets.token_hex(2).upper())
        finally:
            await database.close()


@asynccontextmanager
async def workplace(using: Settings) -> AsyncIterator[tuple[Workplace, Actor]]:
    """Where work of many transactions gets them from, and in whose name."""
    from jobs.workplace import Workplace

    using.refuse_forgotten_database()
    async with database_address(using) as dsn:
        database = await open_database(dsn, max_size=4)
        try:
            yield Workplace(database, using.society(), now), Actor(None, who())
        finally:
            await database.close()


@asynccontextmanager
async def house_at_work(using: Settings) -> AsyncIterator[House]:
    """What scheduled jobs are given, for one command."""
    from jobs.job_run import House
    from jobs.pay_online import PayDesk

    using.refuse_forgotten_database()
    async with AsyncExitStack() as stack:
        database = await open_database(await stack.enter_async_context(database_address(using)), max_size=5)
        stack.push_async_callback(database.close)
        providers = payment_providers(using)
        for provider in providers:
            stack.push_async_callback(provider.close)
        society = using.society()
        desk = PayDesk(database, society, now, {provider.name: provider for provider in providers})
        yield House(database, society, now, using.data_dir, desk)


async def no_flat(work: Work, code: str) -> NoReturn:
    """Says that there is no such flat, and which ones may have been meant."""
    from domain.identifiers import near_misses
    from storage.flats import all_flats

    meant = near_misses(code, [flat.code for flat in await all_flats(work.conn)])
    stop(f"There is no flat {code}." + (f" Did you mean {' or '.join(meant)}?" if meant else ""))


def who() -> str:
    """Who sits at the terminal, for the audit trail."""
    try:
        return f"command line ({getpass.getuser()})"
    except (KeyError, OSError, ImportError):  # a user without a name; Windows without USERNAME
        return "command line"

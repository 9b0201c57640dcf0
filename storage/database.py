"""The connection to PostgreSQL: a pool whose transactions run as the role that owns nothing."""

from __future__ import annotations

import asyncio
import json
import random
import re
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

import asyncpg

from storage.invocation import command

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from asyncpg.pool import PoolConnectionProxy


Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Raw: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Row: TypeAlias = asyncpg.Record

Result = TypeVar("Result")

SERVICE_ROLE: Final = "billing_service"
TRANSACTION_POOLER_PORT: Final = 6543
CACHED_STATEMENTS: Final = 200  # a session; a transaction pooler allows none
RETRIES: Final = 3
LONGEST_PAUSE: Final = 30.0  # seconds between attempts to listen again

_SESSION = (
    f"set role {SERVICE_ROLE}; set timezone = 'UTC'; set idle_in_transaction_session_timeout = '60s'; "
    "set plan_cache_mode = force_generic_plan"  # the same few statements all day: planned once, not each time
)
_LONGEST = """
    select set_config('transaction_timeout', '{}s', false) from pg_settings where name = 'transaction_timeout'"""
"""A frozen process may look busy: then only this (PostgreSQL 17 or newer) gives back the locks it holds."""
_UNKEEPABLE = re.compile(r"(\\\\)|\\u0000|[\ud800-\udfff]")  # an escaped backslash may stand before u0000
_LOCAL = f"set local role {SERVICE_ROLE}; set local timezone = 'UTC'"
_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
_OUTAGE = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
)
_UNREACHABLE = (OSError, TimeoutError, *_OUTAGE)
_REFUSED = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ClientConfigurationError,
)


class DatabaseUnavailable(Exception):  # noqa: N818 — an outage, not a mistake
    """The database cannot be reached just now. What was to be done is not lost: do it again later."""


class DatabaseRefusedError(Exception):
    """The database does not let us in with what DATABASE_URL says; the text has its reason, never the password.

    An address looks like postgresql://user:password@host:5432/database.
    """

    def __init__(self, reason: object) -> None:
        super().__init__(f"DATABASE_URL: {reason}. It looks like postgresql://user:password@host:5432/database.")


class NotMigratedError(Exception):
    """The database is not ready for this version: run `migrate` first."""

    def __str__(self) -> str:
        return f"The database is not ready for this version: run `{command('migrate')}` first."


def behind_transaction_pooler(dsn: str) -> bool:
    """Say whether `dsn` names a pooler that hands every transaction another session (Supabase port 6543)."""
    return urlsplit(dsn).port == TRANSACTION_POOLER_PORT


async def connect(dsn: str) -> Raw:
    """Open one connection of its own, as the role in `dsn`, in UTC.

    Raises DatabaseUnavailable and DatabaseRefusedError.
    """
    cached = 0 if behind_transaction_pooler(dsn) else CACHED_STATEMENTS
    try:
        conn: Raw = await asyncpg.connect(dsn, server_settings={"timezone": "UTC"}, statement_cache_size=cached)
        await set_codecs(conn)
    except _REFUSED as error:
        raise DatabaseRefusedError(error) from error
    except _UNREACHABLE as error:
        raise DatabaseUnavailable(str(error)) from error
    return conn


async def set_codecs(conn: Raw) -> None:
    """Make jsonb columns plain Python values; Decimal and dates inside them become strings."""
    await conn.set_type_codec("jsonb", schema="pg_catalog", encoder=to_json, decoder=json.loads)


def to_json(value: object) -> str:
    """Return JSON for a jsonb column: Decimal as its digits, dates and times in ISO form.

    What PostgreSQL cannot keep in a text (NUL, half a surrogate pair) becomes U+FFFD.
    """
    return _UNKEEPABLE.sub(_keepable, json.dumps(value, default=str, ensure_ascii=False))


def _keepable(match: re.Match[str]) -> str:
    return match[1] or "\N{REPLACEMENT CHARACTER}"


async def open_database(dsn: str, *, max_size: int = 10, longest: int | None = None) -> Database:
    """Open the pool and try it. Raises DatabaseUnavailable, DatabaseRefusedError and NotMigratedError.

    A transaction of more than `longest` seconds is undone, where the server can do that.
    """
    pooler = behind_transaction_pooler(dsn)

    async def prepare(conn: Raw) -> None:
        await set_codecs(conn)
        if not pooler:
            await conn.execute(_SESSION)
        if longest and not pooler:
            await conn.execute(_LONGEST.format(longest))

    pool = asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=max_size,
        init=prepare,
        reset=_keep,
        server_settings={"timezone": "UTC"},
        command_timeout=60,
        statement_cache_size=0 if pooler else CACHED_STATEMENTS,
    )
    database = Database(dsn, pool, pooler=pooler)
    await database.start()
    return database


async def _keep(_: object) -> None:
    """Nothing is set in a session after it was prepared, so a release has nothing to reset."""


class Database:
    """A pool of sessions as `billing_service`: READ COMMITTED transactions, retried whole where PostgreSQL asks."""

    def __init__(self, dsn: str, pool: Pool, *, pooler: bool) -> None:
        self.dsn = dsn
        self._pool = pool
        self._pooler = pooler

    async def start(self) -> None:
        """Open the pool. Raises DatabaseUnavailable, DatabaseRefusedError and NotMigratedError."""
        try:
            await self._pool
        except (asyncpg.InvalidParameterValueError, asyncpg.InsufficientPrivilegeError) as error:
            raise NotMigratedError from error
        except _REFUSED as error:
            raise DatabaseRefusedError(error) from error
        except _UNREACHABLE as error:
            raise DatabaseUnavailable(str(error)) from error

    async def close(self) -> None:
        """Wait for what is running, then close every session."""
        await self._pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Give a transaction, committed at the end, rolled back on any exception. Raises DatabaseUnavailable."""
        conn = await self._acquire()
        try:
            async with conn.transaction():
                if self._pooler:
                    await conn.execute(_LOCAL)
                yield conn
        except _OUTAGE as error:
            raise DatabaseUnavailable(str(error)) from error
        except (asyncpg.InterfaceError, ConnectionError) as error:
            if not _is_lost(conn):
                raise
            raise DatabaseUnavailable(str(error)) from error
        finally:
            await self._pool.release(conn)

    async def run(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Return what `work` returns, run in one transaction; after a deadlock or serialization failure again."""
        for attempt in range(RETRIES):
            with suppress(*_AGAIN):
                async with self.transaction() as conn:
                    return await work(conn)
            await asyncio.sleep(random.uniform(0, 0.05) * 2**attempt)  # noqa: S311 — jitter, not a secret
        async with self.transaction() as conn:
            return await work(conn)

    async def listen(self, channel: str) -> AsyncGenerator[str, None]:
        """Yield payloads notified on `channel`, on a connection of its own, opened again whenever it breaks.

        An empty payload says "look yourself": it comes after every connect, because what was notified meanwhile is
        gone. Behind a transaction pooler there is no LISTEN: nothing ever comes, and polling has to do.
        """
        if self._pooler:
            await asyncio.Event().wait()
        pause = 0.1
        while True:
            with suppress(DatabaseUnavailable, DatabaseRefusedError, asyncpg.PostgresError):
                async for payload in _notifications(self.dsn, channel):
                    pause = 0.1
                    yield payload
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _acquire(self) -> PoolConnectionProxy[asyncpg.Record]:
        try:
            return await self._pool.acquire()
        except (*_UNREACHABLE, asyncpg.PostgresError) as error:  # it worked at the start: whatever it says, it is down
            raise DatabaseUnavailable(str(error)) from error


def _is_lost(conn: PoolConnectionProxy[asyncpg.Record]) -> bool:
    try:
        return conn.is_closed()
    except asyncpg.InterfaceError:  # the pool noticed first and took it away
        return True


async def _notifications(dsn: str, channel: str) -> AsyncIterator[str]:
    """Yield payloads until the connection ends."""
    heard: asyncio.Queue[str | None] = asyncio.Queue()
    conn = await connect(dsn)
    conn.add_termination_listener(lambda _: heard.put_nowait(None))
    try:
        await conn.add_listener(channel, lambda *args: heard.put_nowait(str(args[3])))
        yield ""
        while (payload := await heard.get()) is not None:
            yield payload
    finally:
        conn.terminate()

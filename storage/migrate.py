"""Migrations: numbered SQL files applied once, in order, all of a run in one transaction."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg

from storage.adoption import adopt
from storage.database import SERVICE_ROLE, connect
from storage.invocation import command

if TYPE_CHECKING:
    from storage.database import Raw

FOLDER: Final = Path(__file__).parent / "migrations"

_LOCK: Final = 0x626C_6C73  # the number under which two migrators meet
_NOTICE: Final = "BC010"  # the code under which migrations speak to the installer
_PATIENCE: Final = "30s"  # how long to wait for others who use the tables
_ROLE_ATTEMPTS: Final = 20


_UNFIT = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.InvalidTextRepresentationError,
    asyncpg.DatatypeMismatchError,
    asyncpg.InsufficientPrivilegeError,
)


class MigrationError(Exception):
    """The database was left as it was."""

    def __str__(self) -> str:
        return cleandoc(type(self).__doc__ or "")


class OldSchemaError(MigrationError):
    """This is the older, single-purpose database, whose bills name a customer (`bills.customer_id`) instead of a flat.

    Its bills cannot be told apart by flat, so it cannot be adopted. Name another database in DATABASE_URL: the newer
    project's (with the tables flats, meters, readings and bills), or an empty one.
    """


class ChangedMigrationError(MigrationError):
    """A migration applied to this database reads differently now. Use the version it was made with, or a newer one."""


class NewerDatabaseError(MigrationError):
    """This database was migrated by a newer version of the program. Update the program."""


class RoleRightsError(MigrationError):
    """The database user of DATABASE_URL may not create or use the role that the service runs as.

    Ask the database's owner to run, as an administrator: create role billing_service nologin;
    grant billing_service to <user>;
    """


class LockedOutError(MigrationError):
    """Somebody else is using the tables. Close the old screen and other programs, then run `migrate` again."""

    def __str__(self) -> str:
        again = command("migrate")
        return f"Somebody else is using the tables. Close the old screen and other programs, then run `{again}` again."


class UnfitDatabaseError(MigrationError):
    """The tables that are there do not fit: PostgreSQL says `reason`. Nothing was changed; mend that and try again."""

    def __init__(self, error: asyncpg.PostgresError) -> None:
        self.reason = " ".join(str(error).split()).removesuffix(".")
        super().__init__(self.reason)

    def __str__(self) -> str:
        return f"The tables in the database cannot be adopted as they are: {self.reason}. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text; line ends do not count."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Step:
    """A migration and when it was applied; None: it is still to come."""

    name: str
    applied_at: datetime | None


@dataclass(frozen=True, slots=True)
class Applied:
    """What a run did: the name of a migration, or `adoption` with sentences for the installer."""

    name: str
    notes: tuple[str, ...] = ()


def migrations() -> list[Migration]:
    """Return the files in order."""
    return [_read(path) for path in sorted(FOLDER.glob("[0-9]*_*.sql"))]


async def migrate(dsn: str, *, today: date | None = None) -> list[Applied]:
    """Bring the database up to date, adopting what an older project left in it; empty when there was nothing to do.

    Any number of processes may do this at once: one works, the others wait and find it done. `today` is the society's
    day, on which adopted accounts open. Raises a MigrationError or DatabaseUnavailable, and has changed nothing then.
    """
    conn = await connect(dsn)
    try:
        await _refuse_old_schema(conn)
        await _ensure_role(conn)
        async with conn.transaction():
            return await _apply_all(conn, today or datetime.now(UTC).date())
    except asyncpg.LockNotAvailableError as error:
        raise LockedOutError from error
    except _UNFIT as error:
        raise UnfitDatabaseError(error) from error
    finally:
        await conn.close()


async def status(dsn: str) -> list[Step]:
    """Return every migration and when it was applied, changing nothing. Raises as `migrate` does."""
    conn = await connect(dsn)
    try:
        await _refuse_old_schema(conn)
        applied = await _applied(conn)
    finally:
        await conn.close()
    return [Step(one.name, applied.get(one.number)) for one in migrations()]


async def pending(dsn: str) -> list[str]:
    """Return the names of the migrations still to be applied."""
    return [step.name for step in await status(dsn) if step.applied_at is None]


def _read(path: Path) -> Migration:
    return Migration(int(path.stem[:4]), path.stem, path.read_text(encoding="utf-8"))


async def _apply_all(conn: Raw, today: date) -> list[Applied]:
    said: list[str] = []
    conn.add_log_listener(lambda _, message: said.extend(_ours(message)))
    await conn.execute(f"set local lock_timeout = '{_PATIENCE}'")
    await conn.execute("select pg_advisory_xact_lock($1)", _LOCK)
    done = await _applied(conn)
    todo = [one for one in migrations() if one.number not in done]
    if not done:
        await conn.execute(_CREATE_TABLE)
    for one in todo:
        await conn.execute(one.sql)
        await conn.execute(_RECORD, one.number, one.name, one.checksum)
    applied = [Applied(one.name) for one in todo]
    notes = () if done else (*said, *await adopt(conn, today))
    return [*applied, Applied("adoption", notes)] if notes else applied


def _ours(message: asyncpg.PostgresLogMessage) -> list[str]:
    """Return what a migration itself has to say, not PostgreSQL's remarks."""
    return [message.message] if message.sqlstate == _NOTICE else []


_CREATE_TABLE = """
    create table billing_migrations (
        number integer primary key,
        name text not null,
        checksum text not null,
        applied_at timestamptz not null default now())"""
_RECORD = "insert into billing_migrations (number, name, checksum) values ($1, $2, $3)"


async def _applied(conn: Raw) -> dict[int, datetime]:
    """Return when each migration was applied. Raises where database and files do not belong together."""
    if await conn.fetchval("select to_regclass('billing_migrations') is null"):
        return {}
    rows = await conn.fetch("select number, checksum, applied_at from billing_migrations")
    known = {one.number: one.checksum for one in migrations()}
    for row in rows:
        if row["number"] not in known:
            raise NewerDatabaseError
        if row["checksum"] != known[row["number"]]:
            raise ChangedMigrationError
    return {row["number"]: row["applied_at"] for row in rows}


async def _refuse_old_schema(conn: Raw) -> None:
    sql = """
        select exists (select from pg_attribute
                       where attrelid = to_regclass('bills') and attname = 'customer_id' and not attisdropped)"""
    if await conn.fetchval(sql):
        raise OldSchemaError


async def _ensure_role(conn: Raw) -> None:
    """Create the role that owns nothing and let ourselves become it. Roles are shared by all databases of a server."""
    for _ in range(_ROLE_ATTEMPTS):
        try:
            async with conn.transaction():
                return await _become_able(conn)
        except (asyncpg.UniqueViolationError, asyncpg.DuplicateObjectError, asyncpg.InternalServerError):
            await asyncio.sleep(0.05)  # another database's migrator did it at the same moment
        except asyncpg.InsufficientPrivilegeError as error:
            raise RoleRightsError from error
    raise RoleRightsError


async def _become_able(conn: Raw) -> None:
    if not await conn.fetchval("select exists (select from pg_roles where rolname = $1)", SERVICE_ROLE):
        await conn.execute(f"create role {SERVICE_ROLE} nologin")
    if not await _may_become(conn):
        await conn.execute(f"grant {SERVICE_ROLE} to current_user")


async def _may_become(conn: Raw) -> bool:
    try:
        async with conn.transaction():
            await conn.execute(f"set local role {SERVICE_ROLE}")
            await conn.execute("reset role")
    except asyncpg.InsufficientPrivilegeError:
        return False
    return True

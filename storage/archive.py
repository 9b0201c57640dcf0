"""The whole database as one file: a zip with a manifest and each of our tables as PostgreSQL copies it out."""

from __future__ import annotations

import asyncio
import json
import zipfile
import zlib
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from storage import leases, set_aside
from storage.database import connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
    from pathlib import Path
    from typing import IO

    from storage.database import Raw
    from storage.set_aside import SetAside

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
_CHUNK: Final = 1 << 20
_LARGEST_MANIFEST: Final = 10 << 20
_OF_MIGRATIONS: Final = frozenset({"locks"})
"""A new database has rows of its own there; the backup's take their place."""

_KNOWN_OUTSIDE: Final = ("bills", "payment_attempts")
_GAP: Final = 10_000
"""Ids of these went out as UPI notes (`BILL123`) and as keys of providers' sales, also after the backup was made: money
that comes for one of them must not meet another flat's new row. More than any society uses between two backups."""


class ArchiveError(Exception):
    """The backup was not made, or nothing was restored from it: the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What a backup holds: rows by table."""

    rows: Mapping[str, int]

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.rows.values())


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and what of it is not to go out by itself."""

    archive: Archive
    aside: SetAside


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: str


async def write(dsn: str, path: Path) -> Archive:
    """Write everything as it is at this moment; the file has its name once it is whole. Raises ArchiveError.

    What others do meanwhile goes on. Raises DatabaseUnavailable and DatabaseRefusedError.
    """
    draft = path.with_name(f"{path.name}.part")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            async with _connected(dsn) as conn, conn.transaction(isolation="repeatable_read", readonly=True):
                manifest = await _write_tables(conn, archive)
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        draft.replace(path)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return Archive({name: table["rows"] for name, table in manifest["tables"].items()})


async def restore(dsn: str, path: Path) -> Restored:
    """Fill an empty, migrated database of the same version; all or nothing. Raises ArchiveError.

    Messages that waited to be sent are set aside: by now they may be old.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive)
            async with _connected(dsn) as conn, conn.transaction():
                await conn.execute("set local lock_timeout = '30s'")
                await _refuse_other_version(conn, manifest)
                await _refuse_data(conn)
                await _read_tables(conn, archive, manifest)
                await leases.release_all(conn)
                aside = await set_aside.set_aside(conn)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        raise ArchiveError(f"{path} cannot be read: {error}. Use another backup; nothing was restored.") from error
    except asyncpg.PostgresError as error:
        raise ArchiveError(f"The database refused the backup: {error}. Nothing was restored.") from error
    return Restored(Archive({name: table["rows"] for name, table in manifest["tables"].items()}), aside)


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[Raw]:
    """As the owner of the tables, whom no policy limits."""
    conn = await connect(dsn)
    try:
        yield conn
    finally:
        await conn.close()


async def _write_tables(conn: Raw, archive: zipfile.ZipFile) -> dict[str, Any]:
    tables = {}
    for name in await _tables(conn):
        columns = await _columns(conn, name)
        with archive.open(f"tables/{name}", "w", force_zip64=True) as entry:
            shown = ", ".join(map(_quoted, (column.name for column in columns)))
            said = await conn.copy_from_query(f"select {shown} from {_quoted(name)}", output=_into(entry))
        tables[name] = {"columns": [[one.name, one.type] for one in columns], "rows": int(said.split()[-1])}
    return {
        "format": FORMAT,
        "migrations": await _migrations(conn),
        "tables": tables,
        "sequences": await _sequences(conn),
    }


def _into(entry: IO[bytes]) -> Callable[[bytes], Coroutine[Any, Any, None]]:
    async def write_chunk(data: bytes) -> None:
        entry.write(data)

    return write_chunk


async def _read_tables(conn: Raw, archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> None:
    """Guards are off meanwhile: what is restored was judged when it was written. References are checked."""
    known = await _tables(conn)
    for name in known:
        await conn.execute(f"alter table {_quoted(name)} disable trigger user")
    for name in _OF_MIGRATIONS:
        await conn.execute(f"delete from {_quoted(name)}")
    for name in await _by_reference(conn, known):
        await _read_table(conn, archive, name, manifest["tables"].get(name))
    for name, (last, called) in manifest["sequences"].items():
        await conn.execute("select setval(to_regclass($1), $2, $3)", name, last, called)
    for name in _KNOWN_OUTSIDE:
        sequence = await conn.fetchval("select pg_get_serial_sequence($1, 'id')", name)
        await conn.execute("select setval($1::text::regclass, nextval($1::text::regclass) + $2)", sequence, _GAP)
    for name in known:
        await conn.execute(f"alter table {_quoted(name)} enable trigger user")


async def _read_table(conn: Raw, archive: zipfile.ZipFile, name: str, table: Mapping[str, Any] | None) -> None:
    if table is None:
        return
    here = {column.name for column in await _columns(conn, name)}
    for column, kind in table["columns"]:
        if column not in here:
            await conn.execute(f"alter table {_quoted(name)} add column {_quoted(column)} {kind}")
    with archive.open(f"tables/{name}") as entry:
        said = await conn.copy_to_table(name, source=_out_of(entry), columns=[one for one, _ in table["columns"]])
    if int(said.split()[-1]) != table["rows"]:
        raise ArchiveError(f"The backup is damaged: {name} lacks rows. Use another one; nothing was restored.")


async def _out_of(entry: IO[bytes]) -> AsyncIterator[bytes]:
    while data := entry.read(_CHUNK):
        yield data
        await asyncio.sleep(0)


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        with archive.open(MANIFEST) as entry:
            manifest: dict[str, Any] = json.loads(entry.read(_LARGEST_MANIFEST))
    except (KeyError, ValueError):
        raise ArchiveError("This is no backup of this program: its manifest is missing.") from None
    if manifest.get("format") != FORMAT:
        raise ArchiveError("This backup was made by a newer version of the program. Update the program.")
    return manifest


async def _refuse_other_version(conn: Raw, manifest: Mapping[str, Any]) -> None:
    here = await _migrations(conn)
    if manifest["migrations"] != here:
        there = (manifest["migrations"] or ["none"])[-1]
        raise ArchiveError(
            f"The backup is of another version: its last migration is {there}, the database's {here[-1]}. "
            "Restore it with the version that made it; `billing migrate` then brings it up to date."
        )


async def _refuse_data(conn: Raw) -> None:
    for name in await _tables(conn):
        if name not in _OF_MIGRATIONS and await conn.fetchval(f"select exists (select from {_quoted(name)})"):
            raise ArchiveError(
                f"The database is not empty: {name} has rows. A backup goes into an empty one only; name another "
                "database in DATABASE_URL, or another folder in DATA_DIR. Nothing was changed."
            )


async def _tables(conn: Raw) -> list[str]:
    """Ours: those that the service may use, but for the list of migrations."""
    sql = """
        select tablename from pg_policies
        where schemaname = current_schema() and policyname = 'billing_service' and tablename <> 'billing_migrations'
        order by tablename"""
    return [row["tablename"] for row in await conn.fetch(sql)]


async def _columns(conn: Raw, table: str) -> list[_Column]:
    sql = """
        select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
        where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attgenerated = '' order by attnum"""
    return [_Column(**row) for row in await conn.fetch(sql, _quoted(table))]


async def _by_reference(conn: Raw, tables: Sequence[str]) -> list[str]:
    """What is referred to comes first."""
    sql = """
        select f.relname as table, t.relname as refers_to from pg_constraint c
        join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid
        where c.contype = 'f' and c.conrelid <> c.confrelid
          and f.relnamespace = current_schema()::regnamespace and t.relnamespace = current_schema()::regnamespace"""
    order: TopologicalSorter[str] = TopologicalSorter({name: set() for name in tables})
    for row in await conn.fetch(sql):
        order.add(row["table"], row["refers_to"])
    return [name for name in order.static_order() if name in set(tables)]


async def _migrations(conn: Raw) -> list[str]:
    return [row["name"] for row in await conn.fetch("select name from billing_migrations order by number")]


async def _sequences(conn: Raw) -> dict[str, tuple[int, bool]]:
    """Where each identity column goes on."""
    sql = """
        select a.attrelid::regclass::text as table, a.attname as column from pg_attribute a
        join pg_class c on c.oid = a.attrelid
        where a.attidentity <> '' and c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace"""
    found = {}
    for row in await conn.fetch(sql):
        name = await conn.fetchval("select pg_get_serial_sequence($1, $2)", row["table"], row["column"])
        name = name.rpartition(".")[2]
        [last] = await conn.fetch(f"select last_value, is_called from {name}")
        found[name] = (last["last_value"], last["is_called"])
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

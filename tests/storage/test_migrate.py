"""Migrations run once, in order, all or nothing, whoever else migrates at the same moment."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from storage import migrate as module
from storage.database import DatabaseUnavailable
from storage.migrate import (
    ChangedMigrationError,
    LockedOutError,
    NewerDatabaseError,
    RoleRightsError,
    migrate,
    migrations,
    pending,
    status,
)

NAMES = [one.name for one in migrations()]


async def test_all_migrations_are_applied_once(empty_dsn: str) -> None:
    assert await pending(empty_dsn) == NAMES
    assert [one.name for one in await migrate(empty_dsn)] == NAMES
    assert await pending(empty_dsn) == []
    assert await migrate(empty_dsn) == []
    assert all(step.applied_at for step in await status(empty_dsn))


async def test_two_migrators_at_once_do_it_once(empty_dsn: str) -> None:
    results = await asyncio.gather(*(migrate(empty_dsn) for _ in range(4)))
    assert sorted(map(len, results)) == [0, 0, 0, len(NAMES)]


async def test_migrators_of_two_new_databases_do_not_collide_over_the_role(postgres: str, empty_dsn: str) -> None:
    conn = await asyncpg.connect(empty_dsn)
    await conn.execute("create database sibling")
    await conn.close()
    sibling = urlunsplit(urlsplit(empty_dsn)._replace(path="/sibling"))
    applied = await asyncio.gather(migrate(empty_dsn), migrate(sibling))
    conn = await asyncpg.connect(empty_dsn)
    await conn.execute("drop database sibling with (force)")
    await conn.close()
    assert [len(one) for one in applied] == [len(NAMES), len(NAMES)]


async def test_a_failing_migration_leaves_nothing(
    empty_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0001_good.sql").write_text("create table good (id integer);", "utf-8")
    (tmp_path / "0002_bad.sql").write_text("create table bad (id integer); select 1 / 0;", "utf-8")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_dsn)
    assert await pending(empty_dsn) == ["0001_good", "0002_bad"]
    conn = await asyncpg.connect(empty_dsn)
    assert await conn.fetchval("select to_regclass('good') is null and to_regclass('billing_migrations') is null")
    await conn.close()


async def test_a_changed_migration_is_refused(dsn: str) -> None:
    await _execute(dsn, "update billing_migrations set checksum = 'other' where number = 2")
    with pytest.raises(ChangedMigrationError, match="reads differently"):
        await migrate(dsn)


async def test_line_ends_of_a_windows_checkout_do_not_count(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in migrations():
        (tmp_path / f"{one.name}.sql").write_bytes(one.sql.replace("\n", "\r\n").encode())
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    assert await migrate(dsn) == []


async def test_a_newer_database_is_refused(dsn: str) -> None:
    await _execute(dsn, "insert into billing_migrations (number, name, checksum) values (9999, 'later', '')")
    with pytest.raises(NewerDatabaseError):
        await pending(dsn)


async def test_a_user_without_rights_is_told_what_to_ask_for(postgres: str, empty_dsn: str) -> None:
    await _execute(empty_dsn, "drop role if exists weak; create role weak login password 'weak'")
    await migrate_once_for_role(postgres)
    weak = empty_dsn.replace(f"//{urlsplit(empty_dsn).username}:{urlsplit(empty_dsn).password}@", "//weak:weak@")
    try:
        with pytest.raises(RoleRightsError, match="grant billing_service"):
            await migrate(weak)
    finally:
        await _execute(empty_dsn, "drop role weak")


async def migrate_once_for_role(postgres: str) -> None:
    """The role exists in the server from now on."""
    await _execute(
        postgres, "do $$ begin create role billing_service; exception when duplicate_object then null; end $$"
    )


async def test_tables_in_use_are_not_waited_for_forever(empty_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", "100ms")
    conn = await asyncpg.connect(empty_dsn)
    await conn.execute("create table bills (id bigint primary key)")
    async with conn.transaction():
        await conn.execute("lock table bills in access exclusive mode")
        with pytest.raises(LockedOutError, match="old screen"):
            await migrate(empty_dsn)
    await conn.close()


async def test_a_database_that_is_down_says_so() -> None:
    with pytest.raises(DatabaseUnavailable):
        await migrate("postgresql://nobody@127.0.0.1:1/none")


async def _execute(dsn: str, sql: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute(sql)
    finally:
        await conn.close()

"""The readable snapshot is what the migrations make; every table is closed to outsiders, every index has a reader."""

import re
from pathlib import Path

import asyncpg

from storage.migrate import FOLDER, migrations
from tests.storage.schema_text import schema_text

SNAPSHOT = FOLDER.parent / "schema.sql"


async def test_the_snapshot_equals_the_sum_of_the_migrations(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        assert await schema_text(conn) == SNAPSHOT.read_text(encoding="utf-8")
    finally:
        await conn.close()


async def test_the_snapshot_makes_the_same_database(dsn: str, empty_dsn: str) -> None:
    migrated, rebuilt = await asyncpg.connect(dsn), await asyncpg.connect(empty_dsn)
    try:
        await rebuilt.execute(SNAPSHOT.read_text(encoding="utf-8"))
        assert await schema_text(rebuilt) == await schema_text(migrated)
    finally:
        await migrated.close()
        await rebuilt.close()


async def test_every_table_is_closed_to_everybody_but_the_service(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    sql = """
        select relname from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and (not relrowsecurity
             or (select array_agg(r.rolname::text) from pg_policy p join pg_roles r on r.oid = any(p.polroles)
                 where p.polrelid = c.oid) is distinct from array['billing_service'])"""
    try:
        assert await conn.fetch(sql) == []
    finally:
        await conn.close()


def test_every_index_says_which_query_it_serves() -> None:
    text = "\n".join(one.sql for one in migrations())
    created = re.findall(r"^create (?:unique )?index (\w+)", text, re.MULTILINE)
    explained = re.findall(r"^create (?:unique )?index (\w+)[^;]*; -- \w", text, re.MULTILINE)
    assert created
    assert sorted(set(created) - set(explained)) == []


def test_migrations_are_numbered_without_gaps() -> None:
    assert [one.number for one in migrations()] == list(range(1, len(migrations()) + 1))
    assert all(re.fullmatch(r"\d{4}_[a-z_]+\.sql", path.name) for path in Path(FOLDER).iterdir())

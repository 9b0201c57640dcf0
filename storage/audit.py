"""The audit trail: who changed what, when, before and after. Rows are never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One change; `before` is empty for something new, `after` for something that ended."""

    id: int
    at: datetime
    actor_id: int | None
    actor: str
    action: str
    subject_type: str
    subject_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    ref: str | None


async def record(  # noqa: PLR0913 — each fact is a column
    conn: Connection,
    *,
    actor_id: int | None,
    actor: str,
    action: str,
    subject_type: str,
    subject_id: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    ref: str | None = None,
) -> None:
    """Write one line; it commits with the change itself. Decimal and dates in `before` and `after` become strings."""
    sql = """
        insert into audit (actor_id, actor, action, subject_type, subject_id, before, after, ref)
        values ($1, $2, $3, $4, $5, $6, $7, $8)"""
    await conn.execute(sql, actor_id, actor, action, subject_type, subject_id, before, after, ref)


async def record_many(
    conn: Connection,
    *,
    actor_id: int | None,
    actor: str,
    action: str,
    subject_type: str,
    after: Mapping[str, Mapping[str, Any]],
    ref: str | None = None,
) -> None:
    """Write one line for each new thing, by its id, as `record` does."""
    sql = """
        insert into audit (actor_id, actor, action, subject_type, subject_id, after, ref)
        select $1, $2, $3, $4, subject_id, after, $7 from unnest($5::text[], $6::jsonb[]) as new (subject_id, after)"""
    await conn.execute(sql, actor_id, actor, action, subject_type, list(after), list(after.values()), ref)


async def ever(conn: Connection, action: str, subject_type: str, subject_id: str) -> bool:
    """Whether this ever happened to one thing."""
    sql = "select exists (select from audit where subject_type = $1 and subject_id = $2 and action = $3)"
    return bool(await conn.fetchval(sql, subject_type, subject_id, action))


async def trail(conn: Connection, subject_type: str, subject_id: str, limit: int = 50) -> list[AuditLine]:
    """Return what happened to one thing, newest first."""
    sql = """
        select id, at, actor_id, actor, action, subject_type, subject_id, before, after, ref from audit
        where subject_type = $1 and subject_id = $2 order by id desc limit $3"""
    return [AuditLine(**row) for row in await conn.fetch(sql, subject_type, subject_id, limit)]

"""Idempotency keys of machines: each request that was not refused, with the answer it got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Connection

PREFIX = "api:"
"""Keys of readings that machines sent begin like this."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: whose key it is, the key, the SHA-256 of the body (32 bytes)."""

    caller: str
    key: str
    body_sha256: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The key was used before: with the `same` body or another, and what the answer was."""

    same: bool
    answer: str


async def begin(conn: Connection, asked: Asked, now: datetime) -> int | Answered:
    """The new row of this request, to be finished in this transaction; or what an earlier one was answered.

    Who asks the same at the same time waits for the first to commit.
    """
    sql = """
        insert into api_requests (caller, key, body_sha256, created_at) values ($1, $2, $3, $4)
        on conflict (caller, key) do nothing returning id"""
    request_id: int | None = await conn.fetchval(sql, asked.caller, asked.key, asked.body_sha256, now)
    if request_id is not None:
        return request_id
    found = await answered(conn, asked)
    if found is None:
        raise LookupError(asked.key)
    return found


async def answered(conn: Connection, asked: Asked) -> Answered | None:
    """What became of this key, if it was used."""
    sql = "select body_sha256, answer from api_requests where caller = $1 and key = $2"
    row = await conn.fetchrow(sql, asked.caller, asked.key)
    return None if row is None else Answered(bytes(row["body_sha256"]) == asked.body_sha256, row["answer"])


async def finish(conn: Connection, request_id: int, answer: str, reading_id: int) -> None:
    """Keep the answer as it is sent, for whoever repeats the request."""
    sql = "update api_requests set answer = $2, reading_id = $3 where id = $1"
    await conn.execute(sql, request_id, answer, reading_id)


async def is_from_a_machine(conn: Connection, reading_id: int) -> bool:
    """Whether a reading came over the HTTP API, rather than from a person or from before the service."""
    sql = "select exists (select from readings where id = $1 and submission_key like $2)"
    return bool(await conn.fetchval(sql, reading_id, f"{PREFIX}%"))

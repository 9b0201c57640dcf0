"""Friendlier sentences for the top of messages: by what they stand on and by language."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.database import Connection


async def due(
    conn: Connection, occasions: Sequence[str], languages: Sequence[str], now: datetime
) -> tuple[str, str] | None:
    """The occasion and language whose sentences are to be asked for next; those that never were come first."""
    sql = """
        select o.occasion, l.language
        from unnest($1::text[]) as o (occasion) cross join unnest($2::text[]) as l (language)
        left join ai_openings a on a.occasion = o.occasion and a.language = l.language
        where a.next_at is null or a.next_at <= $3
        order by a.next_at nulls first, o.occasion, l.language limit 1"""
    row = await conn.fetchrow(sql, list(occasions), list(languages), now)
    return (row["occasion"], row["language"]) if row else None


async def keep(conn: Connection, occasion: str, language: str, sentences: Sequence[str], next_at: datetime) -> None:
    """Keep new sentences; where there are none, the former ones stay. They are asked for again at `next_at`."""
    sql = """
        insert into ai_openings (occasion, language, sentences, next_at) values ($1, $2, $3, $4)
        on conflict (occasion, language) do update set next_at = excluded.next_at,
            sentences = case when excluded.sentences = '{}' then ai_openings.sentences else excluded.sentences end"""
    await conn.execute(sql, occasion, language, list(sentences), next_at)


async def sentences(conn: Connection, occasion: str, language: str) -> list[str]:
    """Those that there are, always in the same order."""
    sql = "select sentences from ai_openings where occasion = $1 and language = $2"
    return list(await conn.fetchval(sql, occasion, language) or ())

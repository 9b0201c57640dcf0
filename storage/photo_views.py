"""What readers saw in photos: one row a look, the newest one of a photo counts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from domain.photo_reading import Candidate, Display, Seen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class View:
    """A look at a photo: what was seen and when; `asked_by` is the admin who asked for it, if one did."""

    photo_id: int
    seen: Seen
    asked_by: int | None
    at: datetime


async def add(conn: Connection, photo_id: int, seen: Seen, at: datetime, asked_by: int | None = None) -> None:
    """Keep what was seen."""
    sql = "insert into photo_views (photo_id, reader, seen, asked_by, created_at) values ($1, $2, $3, $4, $5)"
    await conn.execute(sql, photo_id, seen.reader, asdict(seen), asked_by, at)


async def newest(conn: Connection, photo_ids: Sequence[int]) -> dict[int, View]:
    """The newest view of each of these photos that has one."""
    sql = """
        select distinct on (photo_id) photo_id, seen, asked_by, created_at
        from photo_views where photo_id = any($1::bigint[]) order by photo_id, id desc"""
    rows = await conn.fetch(sql, list(photo_ids))
    return {
        row["photo_id"]: View(row["photo_id"], seen_of(row["seen"]), row["asked_by"], row["created_at"]) for row in rows
    }


def seen_of(kept: dict[str, Any]) -> Seen:
    """What was seen, as the column keeps it."""
    return Seen(
        reader=kept["reader"],
        display=Display(kept["display"]),
        candidates=tuple(
            Candidate(one["whole"], one["decimals"], tuple(one["confidence"])) for one in kept["candidates"]
        ),
        serials=tuple(kept["serials"]),
        unit=kept["unit"],
        reasons=tuple(kept["reasons"]),
    )

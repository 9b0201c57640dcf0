"""Meters that could not be read in a month, and why: what stands until they are read, or it is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.cant_read import Reason

if TYPE_CHECKING:
    from datetime import date, datetime

    from domain.period import Month
    from storage.database import Connection, Row


@dataclass(frozen=True, slots=True)
class CantRead:
    """A meter that somebody stood before in vain. `place` is its flat's code or its motor's name.

    `words` say more where the reason is `OTHER`. `visits`: how often it was tried. `who` tried last, `at` then.
    """

    id: int
    meter_id: int
    place: str
    reason: Reason
    words: str
    photo_id: int | None
    person_id: int | None
    who: str
    at: datetime
    visits: int


_SQL = """
    select c.id, c.meter_id, coalesce(f.code, mo.name, m.meter_number) as place, c.reason, c.words, c.photo_id,
           c.person_id, coalesce(p.name, '') as who, c.at, c.visits
    from cant_read c join meters m on m.id = c.meter_id
    left join flats f on f.id = m.flat_id left join motors mo on mo.id = m.motor_id and m.flat_id is null
    left join people p on p.id = c.person_id
"""
_UNREAD = """
    and not exists (select from readings r where r.meter_id = c.meter_id
                    and r.reading_date between c.month and $2 and r.state not in ('withdrawn', 'returned'))
"""


async def cant_read(conn: Connection, month: Month, until: date | None = None) -> dict[int, CantRead]:
    """By meter, in the order in which they were told: what could not be read in the month, and was not read since.

    What was read up to `until` (included, else the month's last day) counts as read.
    """
    sql = _SQL + "where c.month = $1 and c.undone_at is null" + _UNREAD + "order by c.at, c.id"
    rows = await conn.fetch(sql, month.first_day, until or month.last_day)
    return {row["meter_id"]: _of(row) for row in rows}


async def get(conn: Connection, cant_read_id: int) -> CantRead | None:
    """What stands under this id; `None` once it is taken back."""
    row = await conn.fetchrow(_SQL + "where c.id = $1 and c.undone_at is null", cant_read_id)
    return _of(row) if row else None


async def last_of(conn: Connection, person_id: int | None, month: Month) -> CantRead | None:
    """What the person told last in the month, unless it is taken back or read since."""
    mine = "where c.month = $1 and c.undone_at is null and c.person_id = $3"
    sql = f"{_SQL}{mine}{_UNREAD}order by c.at desc, c.id desc limit 1"
    row = await conn.fetchrow(sql, month.first_day, month.last_day, person_id)
    return _of(row) if row else None


async def record(
    conn: Connection, meter_id: int, month: Month, reason: Reason, words: str, *, by: int | None, at: datetime
) -> int:
    """Keep that the meter cannot be read; told again in the month, it is one visit more. Its id."""
    sql = """
        insert into cant_read as c (meter_id, month, reason, words, person_id, at) values ($1, $2, $3, $4, $5, $6)
        on conflict (month, meter_id) where undone_at is null do update set
            reason = excluded.reason, words = excluded.words, person_id = excluded.person_id, at = excluded.at,
            visits = c.visits + 1
        returning id"""
    return int(await conn.fetchval(sql, meter_id, month.first_day, reason, words, by, at))


async def visited(conn: Connection, meter_id: int, month: Month) -> None:
    """Somebody stood before it in vain once more, and says no other reason."""
    sql = "update cant_read set visits = visits + 1 where meter_id = $1 and month = $2 and undone_at is null"
    await conn.execute(sql, meter_id, month.first_day)


async def give_photo(conn: Connection, cant_read_id: int, photo_id: int) -> None:
    """A picture of what was in the way; it is no reading's."""
    await conn.execute("delete from loose_photos where photo_id = $1", photo_id)
    await conn.execute("update cant_read set photo_id = $2 where id = $1", cant_read_id, photo_id)


async def undo(conn: Connection, cant_read_id: int, at: datetime) -> bool:
    """Take it back; false where it was before."""
    sql = "update cant_read set undone_at = $2 where id = $1 and undone_at is null returning id"
    return await conn.fetchval(sql, cant_read_id, at) is not None


def _of(row: Row) -> CantRead:
    return CantRead(**{**row, "reason": Reason(row["reason"])})

"""Where each engineer stands in a month's walk, and what they put off to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from domain.period import Month
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Round:
    """A person's walk in one month; `place` is the flat or motor where it goes on.

    `meter_id` is the meter asked for in `chat_id` by the message `card`, at `asked_at`; empty where none was.
    """

    id: int
    person_id: int
    chat_id: int
    place: str | None
    meter_id: int | None
    asked_at: datetime | None
    card: str | None
    ended_at: datetime | None
    who: str = ""


@dataclass(frozen=True, slots=True)
class Skip:
    """A meter put off to the end, and why; the words may be empty."""

    meter_id: int
    reason: str


_SQL = """
    select r.id, r.person_id, r.chat_id, r.place, r.meter_id, r.asked_at, r.card, r.ended_at, p.name as who
    from rounds r join people p on p.id = r.person_id
"""


async def of_person(conn: Connection, person_id: int | None, month: Month) -> Round | None:
    """The person's walk in the month, if they ever began it."""
    row = await conn.fetchrow(_SQL + "where r.person_id = $1 and r.month = $2", person_id, month.first_day)
    return Round(**row) if row else None


async def of_month(conn: Connection, month: Month) -> list[Round]:
    """Everybody's walk, by name."""
    rows = await conn.fetch(_SQL + "where r.month = $1 order by p.name, r.id", month.first_day)
    return [Round(**row) for row in rows]


async def walk(
    conn: Connection, person_id: int, month: Month, chat_id: int, *, place: str | None, at: datetime
) -> None:
    """Begin the person's walk at a place, or go on with it in this chat where it stands."""
    sql = """
        insert into rounds (person_id, month, chat_id, place, began_at) values ($1, $2, $3, $4, $5)
        on conflict (person_id, month) do update set chat_id = excluded.chat_id, ended_at = null"""
    await conn.execute(sql, person_id, month.first_day, chat_id, place, at)


async def stand_at(conn: Connection, round_id: int, place: str) -> None:
    """It goes on at this place."""
    await conn.execute("update rounds set place = $2 where id = $1", round_id, place)


async def ask(conn: Connection, round_id: int, meter_id: int | None, card: str | None, at: datetime) -> None:
    """The message `card` asks for this meter; with none, nothing is asked for."""
    sql = "update rounds set meter_id = $2, card = $3, asked_at = $4 where id = $1"
    await conn.execute(sql, round_id, meter_id, card, at)


async def stop(conn: Connection, round_id: int, at: datetime) -> None:
    """Nothing is asked for until it is picked up again."""
    await conn.execute("update rounds set ended_at = $2, meter_id = null, card = null where id = $1", round_id, at)


async def skips(conn: Connection, round_id: int) -> list[Skip]:
    """What was put off, first to last."""
    sql = "select meter_id, reason from round_skips where round_id = $1 order by at, meter_id"
    return [Skip(**row) for row in await conn.fetch(sql, round_id)]


async def skip(conn: Connection, round_id: int, meter_id: int, reason: str, at: datetime) -> None:
    """Put a meter off to the end, behind those put off before."""
    sql = """
        insert into round_skips (round_id, meter_id, reason, at)
        select $1, $2, $3, greatest($4, max(at) + interval '1 microsecond') from round_skips where round_id = $1
        on conflict (round_id, meter_id) do update set at = excluded.at,
            reason = coalesce(nullif(excluded.reason, ''), round_skips.reason)"""
    await conn.execute(sql, round_id, meter_id, reason, at)


async def unskip(conn: Connection, round_id: int, meter_id: int) -> None:
    """It comes in its turn again."""
    await conn.execute("delete from round_skips where round_id = $1 and meter_id = $2", round_id, meter_id)


async def read_by(conn: Connection, month: Month) -> list[tuple[str, int]]:
    """Who read how many of the month's meters, by name; the office and machines too, where they are people."""
    sql = """
        select p.name, count(distinct r.meter_id) as count from readings r join people p on p.id = r.submitted_by
        where r.reading_date between $1 and $2 and r.state not in ('withdrawn', 'returned')
        group by p.id order by p.name"""
    rows = await conn.fetch(sql, month.first_day, month.last_day)
    return [(row["name"], row["count"]) for row in rows]


async def is_walked(conn: Connection, month: Month) -> bool:
    """Whether every meter of the month's round was read or could not be; false where there is none."""
    sql = """
        with meter as (
            select m.id from meters m
            where lower(m.status) = 'active'
              and case when m.flat_id is null then m.motor_id is not null
                  else exists (select from flat_owners o where o.flat_id = m.flat_id and o.until is null) end)
        select exists (select from meter) and not exists (
            select from meter m
            where not exists (select from readings r where r.reading_date between $1 and $2
                              and r.state not in ('withdrawn', 'returned') and (r.meter_id = m.id
                                  or r.meter_id in (select earlier_id from meter_lines where meter_id = m.id)))
              and not exists (select from cant_read c
                              where c.month = $1 and c.meter_id = m.id and c.undone_at is null))"""
    return bool(await conn.fetchval(sql, month.first_day, month.last_day))

"""Shared motors: a motor's reading of a month, the flats it serves, and how its units were split (billing rule 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from storage.courses import COURSE, USED, course_of, course_sql, previous_sql
from storage.readings import ReadingState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from decimal import Decimal

    from domain.register import Course
    from storage.database import Connection, Row

MotorMonth = tuple[int, "date"]
"""A motor's id and the first day of a month."""


@dataclass(frozen=True, slots=True)
class MotorReading:
    """A motor's own reading of a month. `previous` is the value before it, `course` what happened to its meter since.

    `shared`: its units are split.
    """

    motor_id: int
    motor: str
    month: date
    reading_id: int
    value: Decimal
    previous: Decimal | None
    state: ReadingState
    shared: bool
    course: Course


@dataclass(frozen=True, slots=True)
class ServedFlat:
    """A flat with a meter and an owner that a motor serves, as it stands in a month.

    The reading is the one that would be billed, approved ones first; `undoable`: its approval may still be undone by a
    press. `course` is what happened to its register since `previous`. `past` is the date, value and units of the last
    four readings before the month, newest first. Of what was billed for the month already: `bill_id` is the newest
    bill, `billed_units` the units of all of them, `rate_per_unit` the newest one's (empty on bills from before the
    service), `billed_entered` the share entered; `provisional`: one of them was made without a reading. `billed_ahead`
    are the units of the provisional bills since the last true one, which the reading of a register includes: not of a
    meter that is new since.
    """

    motor_id: int
    month: date
    flat_id: int
    code: str
    reading_id: int | None
    state: ReadingState | None
    undoable: bool
    value: Decimal | None
    previous: Decimal | None
    entered: Decimal | None
    past: tuple[tuple[date, Decimal, Decimal | None], ...]
    bill_id: int | None
    billed_units: Decimal | None
    billed_entered: Decimal | None
    rate_per_unit: Decimal | None
    provisional: bool
    billed_ahead: Decimal
    course: Course


@dataclass(frozen=True, slots=True)
class Share:
    """A flat's part of a motor's units, once and for all.

    `bill_id`: the flat was billed before, without it; `entry_id`: the debit note that brought it to the account.
    """

    motor_reading_id: int
    flat_id: int
    flat_code: str
    month: date
    flat_units: Decimal
    share: Decimal
    entered: bool
    estimated: bool
    bill_id: int | None = None
    entry_id: int | None = None


_COURSE: Final = COURSE.format(reading="r", name="w")
_READINGS: Final = f"""
    select distinct on (m.motor_id, k.month) m.motor_id, mo.name as motor, k.month, r.id as reading_id,
           r.reading_value as value, p.reading_value as previous, r.state, s.shared, {_COURSE}
    from unnest($1::bigint[], $2::date[]) as k (motor_id, month)
    join motors mo on mo.id = k.motor_id
    join meters m on m.motor_id = k.motor_id and m.flat_id is null
    join readings r on r.meter_id = m.id and r.reading_date >= k.month
        and r.reading_date < (k.month + interval '1 month')::date
    cross join lateral (
        select exists (select from motor_shares x where x.motor_reading_id = r.id) as shared) s
    {previous_sql("r")} {course_sql("r")}
    where r.state in ('pending', 'approved', 'returned') or s.shared
    order by m.motor_id, k.month, s.shared desc, array_position(array['approved', 'pending', 'returned'], r.state),
             r.reading_date, r.id"""


async def motor_readings(conn: Connection, wanted: Collection[MotorMonth]) -> dict[MotorMonth, MotorReading]:
    """The reading that counts for each motor and month: one that is split, else approved, pending, sent back."""
    rows = await conn.fetch(_READINGS, [motor for motor, _ in wanted], [month for _, month in wanted])
    found = [MotorReading(**_with_course(row), state=ReadingState(row["state"])) for row in rows]
    return {(one.motor_id, one.month): one for one in found}


async def passed_over(conn: Connection, reading_ids: Collection[int]) -> set[int]:
    """Of these readings of motors' registers those whose units a later one has: it was billed while they did not count.

    A later one of a meter that replaced theirs, too.
    """
    sql = f"""
        select a.id from readings a join meters m on m.id = a.meter_id and m.flat_id is null
        join lateral (
            select x.* from readings x left join meter_lines l on l.meter_id = x.meter_id and l.earlier_id = a.meter_id
            where (x.meter_id = a.meter_id and x.reading_date > a.reading_date or l.hops > 0)
                and x.state not in ('withdrawn', 'returned') and x.reading_value is not null
            order by coalesce(l.hops, 0), x.reading_date, x.id limit 1) r on r.state = 'billed'
        {previous_sql("r")} {course_sql("r")}
        where a.id = any($1::bigint[]) and {USED.format(reading="r", previous="p", name="w")} is distinct from coalesce(
            (select max(b.motor_units) from bills b
             where b.motor_reading_id = r.id and b.status is distinct from 'void'),
            (select sum(s.share) from motor_shares s where s.motor_reading_id = r.id))"""
    return {row["id"] for row in await conn.fetch(sql, list(reading_ids))}


async def months_of(conn: Connection, reading_ids: Collection[int]) -> dict[int, MotorMonth]:
    """By id the motor and month of motor readings; those of flats are left out."""
    sql = """
        select r.id, m.motor_id, date_trunc('month', r.reading_date::timestamp)::date as month
        from readings r join meters m on m.id = r.meter_id
        where r.id = any($1::bigint[]) and m.motor_id is not null and m.flat_id is null"""
    rows = await conn.fetch(sql, list(reading_ids))
    return {row["id"]: (row["motor_id"], row["month"]) for row in rows}


_MOTOR_OF = """
    select distinct on (fm.flat_id) fm.flat_id, fm.motor_id from flat_motors fm
    where fm.flat_id = any($1::bigint[]) order by fm.flat_id, fm.id"""


async def motor_of(conn: Connection, flat_ids: Sequence[int]) -> dict[int, int]:
    """By flat id the motor that serves it; villas and shops have none."""
    rows = await conn.fetch(_MOTOR_OF, list(flat_ids))
    return {row["flat_id"]: row["motor_id"] for row in rows}


async def group_mates(conn: Connection, flat_ids: Sequence[int], motor_ids: Sequence[int] = ()) -> list[int]:
    """These flats, and all that share a motor with one of them or are served by one of `motor_ids`."""
    sql = """
        select unnest($1::bigint[]) as id union
        select flat_id from flat_motors where motor_id = any($2::bigint[])
            or motor_id in (select motor_id from flat_motors where flat_id = any($1::bigint[]))
        order by id"""
    return [row["id"] for row in await conn.fetch(sql, list(flat_ids), list(motor_ids))]


async def hold_readings(conn: Connection, flat_ids: Sequence[int]) -> None:
    """Hold what is undecided of flats that share motors, and of those motors, until the transaction ends."""
    sql = """
        with served as (select flat_id, motor_id from flat_motors where flat_id = any($1::bigint[]))
        select 1 from readings r
        where r.state in ('pending', 'approved') and r.meter_id = any(array(
            select m.id from served join meters m using (flat_id)
            union
            select m.id from served join meters m on m.motor_id = served.motor_id and m.flat_id is null))
        order by r.id for update of r"""
    await conn.execute(sql, list(flat_ids))


async def readings_beside(conn: Connection, reading_id: int) -> list[int]:
    """Ids of the motor's undecided readings of the month in which one of its flats was read."""
    sql = """
        select x.id from readings r join meters m on m.id = r.meter_id join flat_motors fm on fm.flat_id = m.flat_id
        join meters mm on mm.motor_id = fm.motor_id and mm.flat_id is null join readings x on x.meter_id = mm.id
        where r.id = $1 and x.state in ('pending', 'approved')
            and date_trunc('month', x.reading_date::timestamp) = date_trunc('month', r.reading_date::timestamp)"""
    return [row["id"] for row in await conn.fetch(sql, reading_id)]


def _with_course(row: Row) -> dict[str, Any]:
    """The columns by their names, those of the course as one; without the state."""
    raw = {"state", "rolled_over", "closings", "openings", "turns", "swapped"}
    return {**{name: value for name, value in row.items() if name not in raw}, "course": course_of(row)}


_FLATS: Final = f"""
    select k.motor_id, k.month, f.id as flat_id, f.code, r.id as reading_id, r.state, r.value, r.previous,
           coalesce(r.undoable, false) as undoable, r.motor_share as entered, past.days as past_days,
           past.values as past_values, past.consumptions as past_consumptions,
           b.bill_id, b.billed_units, b.billed_entered, b.rate_per_unit,
           coalesce(b.provisional, false) as provisional, ahead.units as billed_ahead,
           r.rolled_over, r.closings, r.openings, r.turns, r.swapped
    from unnest($1::bigint[], $2::date[]) as k (motor_id, month)
    join flat_motors fm on fm.motor_id = k.motor_id
        and fm.id = (select min(x.id) from flat_motors x where x.flat_id = fm.flat_id)
    join flats f on f.id = fm.flat_id
    left join lateral (
        select x.id, x.state, x.reading_value as value, x.motor_share, ab.state = 'waiting' as undoable,
               p.reading_value as previous, p.reading_date as previous_on, {COURSE.format(reading="x", name="w")}
        from meters m join readings x on x.meter_id = m.id left join approval_batches ab on ab.id = x.approval_batch
        {previous_sql("x")} {course_sql("x")}
        where m.flat_id = f.id and x.state in ('pending', 'approved')
            and x.reading_date >= k.month and x.reading_date < (k.month + interval '1 month')::date
        order by x.state = 'approved' desc, x.reading_date, x.id limit 1) r on true
    left join lateral (
        select max(y.id) as bill_id, sum(y.flat_units) as billed_units,
               sum(y.water_motor_share) filter (where x.motor_share is not null) as billed_entered,
               (array_agg(y.rate_per_unit order by y.id desc))[1] as rate_per_unit,
               bool_or(y.provisional) as provisional
        from bills y left join readings x on x.id = y.flat_reading_id
        where y.flat_id = f.id and y.status is distinct from 'void'
            and coalesce(x.reading_date, y.billing_period_end) >= k.month
            and coalesce(x.reading_date, y.billing_period_end) < (k.month + interval '1 month')::date) b on true
    cross join lateral (
        select coalesce(sum(y.flat_units), 0) as units from bills y
        where y.flat_id = f.id and y.provisional and y.status is distinct from 'void'
            and r.previous_on < date_trunc('month', y.billing_period_end::timestamp)
            and y.billing_period_end >= coalesce((
                select date_trunc('month', max(s.day)::timestamp) from unnest(r.closings, r.swapped) as s (closing, day)
                where s.closing is null), '-infinity')
            and not exists (
            select from bills later where later.flat_id = f.id and not later.provisional
                and later.status is distinct from 'void'
                and (later.billing_period_end, later.id) > (y.billing_period_end, y.id))) ahead
    left join lateral (
        select array_agg(x.reading_date order by x.reading_date desc, x.id desc) as days,
               array_agg(x.reading_value order by x.reading_date desc, x.id desc) as values,
               array_agg(x.used order by x.reading_date desc, x.id desc) as consumptions
        from (select y.reading_value, y.reading_date, y.id,
                     case when y.rolled_over is null and w.closings is null then y.consumption
                          else {USED.format(reading="y", previous="p", name="w")} end as used
              from meters m join readings y on y.meter_id = m.id {previous_sql("y")} {course_sql("y")}
              where m.flat_id = f.id and y.reading_date < k.month and y.state not in ('withdrawn', 'returned')
              order by y.reading_date desc, y.id desc limit 4) x) past on true
    where exists (select from meters m where m.flat_id = f.id and lower(m.status) = 'active')
        and exists (select from flat_owners fo where fo.flat_id = f.id and fo.until is null)
        and not exists (select from motor_shares s where s.flat_id = f.id and s.month = k.month)
        and (r.id is not null or b.bill_id is not null or not exists (
            select from meters m join readings x on x.meter_id = m.id
            where m.flat_id = f.id and x.state = 'history'
                and x.reading_date >= k.month and x.reading_date < (k.month + interval '1 month')::date))
    order by f.code"""
# A flat whose only reading of the month is history (a register's first) has nothing to bill, so nobody waits for it.


async def served_flats(conn: Connection, wanted: Collection[MotorMonth]) -> list[ServedFlat]:
    """The flats of these motors as they stand in these months, by code; not those that have a share of the month."""
    rows = await conn.fetch(_FLATS, [motor for motor, _ in wanted], [month for _, month in wanted])
    return [_served(row) for row in rows]


def _served(row: Row) -> ServedFlat:
    facts = _with_course(row)
    columns = [facts.pop(name) or () for name in ("past_days", "past_values", "past_consumptions")]
    past = tuple(zip(*columns, strict=True))
    return ServedFlat(**facts, state=ReadingState(row["state"]) if row["state"] else None, past=past)


_SHARES = """
    select s.motor_reading_id, s.flat_id, f.code as flat_code, s.month, s.flat_units, s.share, s.entered, s.estimated,
           s.bill_id, n.id as entry_id
    from motor_shares s join flats f on f.id = s.flat_id
    left join account_entries n on n.id = s.entry_id
        and not exists (select from account_entries back where back.reverses_id = n.id)"""
# A note that was undone brought nothing to the account.


async def shares_of(conn: Connection, motor_reading_ids: Collection[int]) -> list[Share]:
    """How these readings' units were split, by flat code."""
    sql = f"{_SHARES} where s.motor_reading_id = any($1::bigint[]) order by f.code"
    return [Share(**row) for row in await conn.fetch(sql, list(motor_reading_ids))]


async def shared_by(conn: Connection, flat_ids: Sequence[int], months: Sequence[date]) -> dict[tuple[int, date], int]:
    """By flat id and first day of the month (given in pairs) the motor reading whose units were split."""
    sql = """
        select s.flat_id, s.month, s.motor_reading_id from motor_shares s
        join unnest($1::bigint[], $2::date[]) as k (flat_id, month) using (flat_id, month)"""
    rows = await conn.fetch(sql, list(flat_ids), list(months))
    return {(row["flat_id"], row["month"]): row["motor_reading_id"] for row in rows}


async def store_shares(conn: Connection, shares: Sequence[Share]) -> None:
    """Keep how a motor's units were split, and take its reading as billed."""
    sql = """
        insert into motor_shares
            (motor_reading_id, flat_id, month, flat_units, share, entered, estimated, bill_id)
        select * from unnest($1::bigint[], $2::bigint[], $3::date[], $4::numeric[], $5::numeric[], $6::boolean[],
                             $7::boolean[], $8::bigint[])"""
    rows = [
        (one.motor_reading_id, one.flat_id, one.month, one.flat_units, one.share, *_how(one), one.bill_id)
        for one in shares
    ]
    if rows:
        await conn.execute(sql, *map(list, zip(*rows, strict=True)))


def _how(one: Share) -> tuple[bool, bool]:
    return one.entered, one.estimated


@dataclass(frozen=True, slots=True)
class OwedShare:
    """A share that is on no bill: the flat was billed before its motor was read, or nobody read it all month.

    `bill_id` is the bill that lacks it and `rate_per_unit` that bill's; both are empty where there is none.
    """

    motor_reading_id: int
    motor: str
    flat_id: int
    flat_code: str
    month: date
    share: Decimal
    bill_id: int | None
    rate_per_unit: Decimal | None


_OWED = """
    not s.entered and s.share > 0
    and (s.entry_id is null or exists (select from account_entries back where back.reverses_id = s.entry_id))
    and case when s.bill_id is not null then b.status is distinct from 'void'
        else s.month + interval '1 month' <= $1 and not exists (
            select from bills own
            where own.flat_id = s.flat_id and own.motor_reading_id = s.motor_reading_id
                and own.status is distinct from 'void')
        and not exists (
            select from readings late join meters lm on lm.id = late.meter_id
            where lm.flat_id = s.flat_id and late.state in ('pending', 'approved', 'returned')
                and date_trunc('month', late.reading_date::timestamp) = s.month) end"""
"""Shares of `s` on no bill: `b` was issued without it, or its month is over on day `$1` and no reading of it waits."""


async def readings_owing(conn: Connection, today: date) -> list[int]:
    """Ids of the motors' readings with shares that are on no bill."""
    sql = f"""
        select distinct s.motor_reading_id from motor_shares s left join bills b on b.id = s.bill_id
        where {_OWED} order by 1"""
    return [row["motor_reading_id"] for row in await conn.fetch(sql, today)]


async def owed_shares(conn: Connection, motor_reading_id: int, today: date) -> list[OwedShare]:
    """The reading's shares that an admin may still add to accounts by debit notes, by flat code."""
    sql = f"""
        select s.motor_reading_id, coalesce(mo.name, '') as motor, s.flat_id, f.code as flat_code, s.month, s.share,
               s.bill_id, b.rate_per_unit
        from motor_shares s join flats f on f.id = s.flat_id left join bills b on b.id = s.bill_id
        join readings r on r.id = s.motor_reading_id join meters m on m.id = r.meter_id
        left join motors mo on mo.id = m.motor_id
        where s.motor_reading_id = $2 and {_OWED} order by f.code"""
    return [OwedShare(**row) for row in await conn.fetch(sql, today, motor_reading_id)]


async def note_posted(conn: Connection, motor_reading_id: int, flat_id: int, entry_id: int) -> None:
    """The flat's share is on its account by this debit note."""
    sql = "update motor_shares set entry_id = $3 where motor_reading_id = $1 and flat_id = $2"
    await conn.execute(sql, motor_reading_id, flat_id, entry_id)


async def motors_read(conn: Connection) -> list[MotorMonth]:
    """The motors and months with a reading that is not split yet, the oldest month first, then by name."""
    sql = """
        select distinct mo.id, date_trunc('month', r.reading_date::timestamp)::date as month, mo.name
        from readings r join meters m on m.id = r.meter_id join motors mo on mo.id = m.motor_id
        where m.flat_id is null and r.state in ('pending', 'approved', 'returned') order by month, mo.name"""
    return [(row["id"], row["month"]) for row in await conn.fetch(sql)]

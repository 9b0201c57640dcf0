"""Readings: what a meter showed on a day, from submission to bill."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from domain.metering import Flag
from domain.register import STRAIGHT, Course
from storage.courses import COURSE, course_of, course_sql, previous_sql
from storage.meters import Meter, meter_of
from storage.reading_sql import READING_SQL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from storage.database import Connection, Row


class ReadingState(StrEnum):
    """Where a reading is on its way (billing rule 9); `history` is from before the service and never billed by it."""

    PENDING = "pending"
    APPROVED = "approved"
    RETURNED = "returned"
    BILLED = "billed"
    WITHDRAWN = "withdrawn"
    HISTORY = "history"


UNBILLED = (ReadingState.PENDING, ReadingState.APPROVED, ReadingState.RETURNED)
"""States in which a reading may still be changed or taken back."""


@dataclass(frozen=True, slots=True)
class PastReading:
    """An earlier reading of the same meter, or of one that it replaced.

    `consumption` is the difference to the one before of the same meter; may be ≤ 0 or empty. `used` are the units of a
    register since the reading before, whatever happened to it in between.
    """

    id: int
    date: date
    value: Decimal
    consumption: Decimal | None
    state: ReadingState
    confirmed: bool
    used: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading with all that a card shows of it.

    `version` goes up whenever value, share or date change: what a button showed is still true while it is the same.
    `previous` is the meter's latest reading of an earlier date, else the last of the meter that it replaced; `course`
    is what happened to the register since. `chat_id` and `chat_message_id` are the message that
    brought it. `photo_ids` are rows of `photos`, oldest first; `photo_urls` are photos from before the service.
    `terms` is what an admin chose about the bill of an approved reading that waits.
    """

    id: int
    meter: Meter
    state: ReadingState
    version: int
    value: Decimal
    motor_share: Decimal | None
    date: date
    consumption: Decimal | None
    flags: tuple[Flag, ...]
    confirmed: bool
    previous: PastReading | None
    submitted_by: int | None
    submitter: str | None
    submitted_at: datetime | None
    chat_id: int | None
    chat_message_id: str | None
    decided_by: int | None
    decider: str | None
    decided_at: datetime | None
    returned_reason: str | None
    approval_batch: int | None
    photo_ids: tuple[int, ...]
    photo_urls: tuple[str, ...]
    terms: dict[str, Any] | None
    course: Course = STRAIGHT

    @property
    def shown_last(self) -> Decimal | None:
        """What the register of this very meter showed before: its opening number where it is new."""
        return self.course.shown_last(self.previous.value if self.previous else None)

    @property
    def flat_code(self) -> str:
        """Code of the flat, or the name of the motor, that the meter measures."""
        return self.meter.place

    @property
    def has_photo(self) -> bool:
        """Whether any photo belongs to it."""
        return bool(self.photo_ids or self.photo_urls)

    @property
    def normal(self) -> bool:
        """Nothing about it asks for a second look."""
        return not self.flags


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is read: units of the month or register, by the society's reading mode."""

    value: Decimal
    motor_share: Decimal | None
    date: date
    flags: tuple[Flag, ...] = ()
    confirmed: bool = True
    rolled_over: Decimal | None = None
    """What the register counts to, where it began anew since the reading before."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent it, when (the person's time, not the arrival), and in which message."""

    person_id: int | None
    at: datetime
    chat_id: int | None = None
    message_id: str | None = None


def _past(row: Row, prefix: str = "") -> PastReading:
    return PastReading(
        id=row[f"{prefix}id"],
        date=row[f"{prefix}date"],
        value=row[f"{prefix}value"],
        consumption=row[f"{prefix}consumption"],
        state=ReadingState(row[f"{prefix}state"]),
        confirmed=row[f"{prefix}confirmed"],
    )


def reading_of(row: Row) -> Reading:
    """The reading in a row of `READING_SQL`."""
    return Reading(
        id=row["id"],
        meter=meter_of(row),
        state=ReadingState(row["state"]),
        version=row["version"],
        value=row["reading_value"],
        motor_share=row["motor_share"],
        date=row["reading_date"],
        consumption=row["consumption"],
        flags=tuple(Flag(flag) for flag in row["flags"]),
        confirmed=row["confirmed"],
        previous=_past(row, "previous_") if row["previous_id"] else None,
        submitted_by=row["submitted_by"],
        submitter=row["submitter"],
        submitted_at=row["submitted_at"],
        chat_id=row["chat_id"],
        chat_message_id=row["chat_message_id"],
        decided_by=row["decided_by"],
        decider=row["decider"],
        decided_at=row["decided_at"],
        returned_reason=row["returned_reason"],
        approval_batch=row["approval_batch"],
        photo_ids=tuple(row["photo_ids"]),
        photo_urls=tuple(row["photo_urls"]),
        terms=row["terms"],
        course=course_of(row),
    )


async def get(conn: Connection, reading_id: int, *, for_update: bool = False) -> Reading:
    """The reading with this id, locked if asked for; `LookupError` when there is none."""
    if for_update:
        await conn.execute("select 1 from readings where id = $1 for update", reading_id)
    row = await conn.fetchrow(READING_SQL + "where r.id = $1", reading_id)
    if row is None:
        raise LookupError(reading_id)
    return reading_of(row)


async def get_many(conn: Connection, reading_ids: Sequence[int]) -> list[Reading]:
    """The readings with these ids, by id; those that are not there are left out."""
    rows = await conn.fetch(READING_SQL + "where r.id = any($1::bigint[]) order by r.id", list(reading_ids))
    return [reading_of(row) for row in rows]


async def pending(conn: Connection) -> list[Reading]:
    """The admins' queue: readings of flats and motors that wait for a decision, oldest first."""
    sql = READING_SQL + "where r.state = 'pending' and (m.flat_id is not null or m.measures is not null) order by r.id"
    return [reading_of(row) for row in await conn.fetch(sql)]


async def approved(conn: Connection) -> list[Reading]:
    """Flat readings approved and not billed yet: they wait for their motor group or the monthly run.

    Without those whose approval may still be undone by a press.
    """
    sql = READING_SQL + (
        "where r.state = 'approved' and m.flat_id is not null and not exists ("
        "select from approval_batches b where b.id = r.approval_batch and b.state = 'waiting') order by r.id"
    )
    return [reading_of(row) for row in await conn.fetch(sql)]


async def unbilled_of(conn: Connection, person_id: int) -> list[Reading]:
    """What a person sent that is neither billed nor taken back: returned ones first, then the newest."""
    sql = READING_SQL + (
        "where r.submitted_by = $1 and r.state in ('pending', 'approved', 'returned') "
        "order by r.state = 'returned' desc, r.confirmed, r.submitted_at desc, r.id desc"
    )
    return [reading_of(row) for row in await conn.fetch(sql, person_id)]


async def with_key(conn: Connection, submission_key: str) -> Reading | None:
    """The reading that a submission stored earlier, whatever became of it."""
    return await _if_any(conn, "select id from readings where submission_key = $1", submission_key)


async def on_date(conn: Connection, meter_id: int, day: date) -> Reading | None:
    """The meter's live reading of that day: a returned one counts, a withdrawn one does not."""
    sql = """
        select id from readings where meter_id = $1 and reading_date = $2 and state <> 'withdrawn'
        order by state = 'billed' desc, id desc limit 1"""
    return await _if_any(conn, sql, meter_id, day)


async def all_on_date(conn: Connection, meter_id: int, day: date) -> list[Reading]:
    """The meter's readings of that day that were not withdrawn, oldest first: several where it was billed again."""
    sql = READING_SQL + "where r.meter_id = $1 and r.reading_date = $2 and r.state <> 'withdrawn' order by r.id"
    return [reading_of(row) for row in await conn.fetch(sql, meter_id, day)]


async def _if_any(conn: Connection, sql: str, *args: object) -> Reading | None:
    """The reading whose id is found; usually there is none, and all that belongs to one need not be looked for."""
    reading_id = await conn.fetchval(sql, *args)
    return None if reading_id is None else await get(conn, reading_id)


async def open_of_meter(conn: Connection, meter_id: int) -> list[Reading]:
    """The meter's readings that are not billed yet, newest first."""
    sql = READING_SQL + (
        "where r.meter_id = $1 and r.state in ('pending', 'approved', 'returned') "
        "order by r.reading_date desc, r.id desc"
    )
    return [reading_of(row) for row in await conn.fetch(sql, meter_id)]


async def returned_before(conn: Connection, meter_id: int, day: date) -> list[Reading]:
    """The readings of earlier dates, also of meters that this one replaced, sent back and not answered yet."""
    sql = """select id from readings where state = 'returned' and (meter_id = $1 and reading_date < $2 or
        reading_date <= $2 and meter_id in (select earlier_id from meter_lines where meter_id = $1)) order by id"""
    return [await get(conn, row["id"]) for row in await conn.fetch(sql, meter_id, day)]


_PAST = f"""
    select r.id, r.reading_date as date, r.reading_value as value, r.consumption, r.state, r.confirmed,
           p.reading_value as before, {COURSE.format(reading="r", name="w")}
    from (
        select x.*, l.hops from (
            select $1::bigint as id, 0 as hops union all select earlier_id, hops from meter_lines where meter_id = $1) l
        join readings x on x.meter_id = l.id
        where x.state not in ('withdrawn', 'returned') and x.reading_value is not null
        and (x.reading_date < coalesce($2, 'infinity'::date) or (l.hops > 0 and x.reading_date = $2))
        order by l.hops, x.reading_date desc, x.id desc limit $3) r
    {previous_sql("r")} {course_sql("r")}
    order by r.hops, r.reading_date desc, r.id desc"""


async def history(conn: Connection, meter_id: int, limit: int = 12, *, before: date | None = None) -> list[PastReading]:
    """The meter's readings of dates before `before` (default: all), newest first, without withdrawn and returned.

    Those of the meters that it replaced follow.
    """
    return [_past_use(row) for row in await conn.fetch(_PAST, meter_id, before, limit)]


def _past_use(row: Row) -> PastReading:
    course = course_of(row)
    used = row["consumption"] if course == STRAIGHT else course.units(row["value"], row["before"])
    return replace(_past(row), used=used)


async def course_before(conn: Connection, meter_id: int, day: date) -> Course:
    """What happened to the meter's register up to `day` since the reading before, as far as replacements go."""
    sql = f"""
        select {COURSE.format(reading="r", name="w")}
        from (select $1::bigint as meter_id, $2::date as reading_date, null::numeric as rolled_over) r
        {previous_sql("r")} {course_sql("r")}"""
    row = await conn.fetchrow(sql, meter_id, day)
    return course_of(row) if row else STRAIGHT


async def previous(conn: Connection, meter_id: int, before: date) -> PastReading | None:
    """The latest reading of an earlier date, neither withdrawn nor returned."""
    return next(iter(await history(conn, meter_id, 1, before=before)), None)


async def insert(conn: Connection, meter_id: int, what: Measurement, sender: Sender, key: str) -> int | None:
    """Store a pending reading and return its id; `None` when this submission was stored before."""
    sql = """
        insert into readings (meter_id, reading_value, motor_share, reading_date, flags, confirmed, rolled_over,
                              submitted_by, submitted_at, chat_id, chat_message_id, submission_key)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (submission_key) do nothing returning id"""
    reading_id: int | None = await conn.fetchval(sql, meter_id, *_values(what), *_who(sender), key)
    if reading_id is not None:
        await _renew_consumption(conn, reading_id)
    return reading_id


async def change(conn: Connection, reading_id: int, what: Measurement, sender: Sender | None = None) -> None:
    """Measure again: pending, one version up, no decision on it any more; `sender` takes it over when given."""
    sql = """
        update readings set reading_value = $2, motor_share = $3, reading_date = $4, flags = $5, confirmed = $6,
            rolled_over = $7, state = 'pending', version = version + 1, decided_by = null, decided_at = null,
            returned_reason = null, approval_batch = null, terms = null
        where id = $1 and state not in ('billed', 'history')"""
    await conn.execute(sql, reading_id, *_values(what))
    if sender is not None:
        sql = """
            update readings set submitted_by = $2, submitted_at = $3, chat_id = $4, chat_message_id = $5
            where id = $1"""
        await conn.execute(sql, reading_id, *_who(sender))
    await _renew_consumption(conn, reading_id)


async def confirm(conn: Connection, reading_id: int) -> None:
    """Its sender looked again and stands by it."""
    await conn.execute("update readings set confirmed = true where id = $1", reading_id)


async def set_state(
    conn: Connection,
    reading_id: int,
    state: ReadingState,
    *,
    version: int | None = None,
    by: int | None = None,
    at: datetime | None = None,
    reason: str | None = None,
    batch: int | None = None,
) -> bool:
    """Move a reading on; false when `version` is given and is no longer the row's.

    `by` and `at` are who decided and when; they stay when not given, and are emptied with a return to `pending`, as are
    the terms it was approved with. `reason` is kept with `returned` and emptied by every other state.
    """
    sql = """
        update readings set state = $2, returned_reason = $6,
            decided_by = case when $2 = 'pending' then null else coalesce($4, decided_by) end,
            decided_at = case when $2 = 'pending' then null else coalesce($5, decided_at) end,
            approval_batch = case when $2 = 'pending' then null else coalesce($7, approval_batch) end,
            terms = case when $2 = 'pending' then null else terms end
        where id = $1 and ($3::integer is null or version = $3) returning meter_id"""
    args = (state.value, version, by, at, reason, batch)
    if await conn.fetchval(sql, reading_id, *args) is None:
        return False
    await _renew_consumption(conn, reading_id)
    return True


async def bill_many(conn: Connection, reading_ids: Sequence[int]) -> None:
    """Their bills are issued: their values, and so the consumption of others, stay what they are."""
    await conn.execute("update readings set state = 'billed' where id = any($1::bigint[])", list(reading_ids))


async def keep_terms(conn: Connection, reading_id: int, terms: dict[str, Any]) -> None:
    """What was chosen about the bill of an approved reading, until it is issued."""
    await conn.execute("update readings set terms = $2 where id = $1", reading_id, terms or None)


def _values(what: Measurement) -> Sequence[object]:
    found = [flag.value for flag in what.flags]
    return what.value, what.motor_share, what.date, found, what.confirmed, what.rolled_over


def _who(sender: Sender) -> Sequence[object]:
    return sender.person_id, sender.at, sender.chat_id, sender.message_id


async def _renew_consumption(conn: Connection, reading_id: int) -> None:
    """The meter's open readings differ from their previous ones by what is true now."""
    sql = """
        update readings r set consumption = n.consumption from (
            select c.id, c.reading_value - (
                select p.reading_value from readings p
                where p.meter_id = c.meter_id and p.reading_date < c.reading_date
                and p.state not in ('withdrawn', 'returned')
                order by p.reading_date desc, p.id desc limit 1) as consumption
            from readings c where c.state in ('pending', 'approved', 'returned')
            and c.meter_id = (select meter_id from readings where id = $1)) n
        where n.id = r.id and n.consumption is distinct from r.consumption"""
    await conn.execute(sql, reading_id)

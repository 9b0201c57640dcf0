"""Payments that providers were asked for: one row a link, committed before the provider hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.attempts import BEING_CHECKED, UNSETTLED, AttemptState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from storage.database import Connection, Row


@dataclass(frozen=True, slots=True)
class Attempt:
    """One link. `amount` is what was asked for and `paid` what came through it so far, in rupees."""

    id: int
    flat_id: int
    flat_code: str
    bill_id: int | None
    person_id: int | None
    amount: Decimal
    paid: Decimal
    provider: str
    reference: str | None
    url: str | None
    state: AttemptState
    created_at: datetime
    expires_at: datetime | None
    checks: int
    entry_id: int | None

    @property
    def key(self) -> str:
        """The name under which a provider knows it: two databases on one account never share one."""
        return f"{self.id}-{int(self.created_at.timestamp())}"

    @property
    def left(self) -> Decimal:
        """What the link still asks for, in rupees."""
        return self.amount - self.paid


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """What is about to be asked for; `amount` in rupees, more than zero."""

    flat_id: int
    bill_id: int | None
    person_id: int | None
    amount: Decimal
    provider: str
    created_at: datetime
    expires_at: datetime
    next_check_at: datetime


_SELECT = """
    select a.id, a.flat_id, f.code as flat_code, a.bill_id, a.person_id, a.amount, a.paid, a.provider, a.reference,
           a.url, a.state, a.created_at, a.expires_at, a.checks,
           a.entry_id
    from payment_attempts a join flats f on f.id = a.flat_id"""
_OPEN = "('asking', 'open', 'closing', 'underway', 'unknown')"  # as the index has it


def _attempt(row: Row) -> Attempt:
    return Attempt(**{**row, "state": AttemptState(row["state"])})


async def add(conn: Connection, new: NewAttempt) -> Attempt:
    """Note what is about to be asked for; its flat is locked."""
    sql = """
        insert into payment_attempts
            (flat_id, bill_id, person_id, amount, provider, created_at, expires_at, next_check_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) returning id"""
    what = (new.flat_id, new.bill_id, new.person_id, new.amount, new.provider)
    attempt = await get(conn, await conn.fetchval(sql, *what, new.created_at, new.expires_at, new.next_check_at))
    if attempt is None:
        raise LookupError(new.flat_id)
    return attempt


async def get(conn: Connection, attempt_id: int) -> Attempt | None:
    """Return the attempt with this id."""
    row = await conn.fetchrow(f"{_SELECT} where a.id = $1", attempt_id)
    return _attempt(row) if row else None


async def find(conn: Connection, provider: str, reference: str | None, key: str | None) -> Attempt | None:
    """Return the attempt that this provider means: by its link, else by the name we gave it."""
    row = await conn.fetchrow(f"{_SELECT} where a.provider = $1 and a.reference = $2", provider, reference)
    if row is not None:
        return _attempt(row)
    number = (key or "").partition("-")[0]
    named = await get(conn, int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else None  # noqa: PLR2004 - what a bigint holds
    return named if named and (named.key, named.provider) == (key, provider) else None


async def unsettled(conn: Connection, flat_id: int) -> list[Attempt]:
    """Return the flat's attempts about which a provider may still say something, oldest first."""
    rows = await conn.fetch(f"{_SELECT} where a.flat_id = $1 and a.state in {_OPEN} order by a.id", flat_id)
    return [_attempt(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Checked:
    """Rupees that may be on their way. `closing`: only a link that may still be open stands in the way."""

    amount: Decimal
    closing: bool


def being_checked(attempts: Sequence[Attempt]) -> Checked | None:
    """Return what may be on its way through these attempts; None where nothing is."""
    waiting = [one for one in attempts if one.state in BEING_CHECKED]
    if not waiting:
        return None
    amount = sum((one.left for one in waiting[1:]), start=waiting[0].left)
    return Checked(amount, all(one.state is AttemptState.CLOSING for one in waiting))


async def under_way(conn: Connection, flat_ids: Sequence[int], still_open: datetime | None = None) -> set[int]:
    """Return those of the flats for which a payment is under way or being checked: nobody is asked to pay again.

    With `still_open` also those with a link that can be paid at that moment: it may have been, unheard of yet.
    """
    sql = f"""
        select distinct flat_id from payment_attempts
        where flat_id = any($1::bigint[]) and state in {_OPEN}
            and (state = any($2::text[]) or (state = 'open' and expires_at > $3))"""
    rows = await conn.fetch(sql, list(flat_ids), sorted(BEING_CHECKED), still_open)
    return {row["flat_id"] for row in rows}


async def note(
    conn: Connection,
    attempt: Attempt,
    state: AttemptState,
    now: datetime,
    *,
    reference: str | None = None,
    url: str | None = None,
    expires_at: datetime | None = None,
    error: str | None = None,
) -> None:
    """Keep what the provider said; a settled attempt is not looked up again."""
    sql = """
        update payment_attempts
        set state = $2, reference = coalesce(reference, $3), url = coalesce($4, url),
            expires_at = coalesce($5, expires_at), error = $6,
            settled_at = case when $7 then coalesce(settled_at, $8) end,
            next_check_at = case when $7 then null else next_check_at end
        where id = $1"""
    settled = state not in UNSETTLED
    await conn.execute(sql, attempt.id, state.value, reference, url, expires_at, error, settled, now)


async def note_closing(conn: Connection, attempt_id: int, look_at: datetime) -> None:
    """Keep that an open link may or may not be closed; its look-ups begin anew at `look_at`."""
    sql = """
        update payment_attempts set state = 'closing', checks = 0, next_check_at = $2
        where id = $1 and state = 'open'"""
    await conn.execute(sql, attempt_id, look_at)


async def add_paid(conn: Connection, attempt_id: int, amount: Decimal, entry_id: int) -> None:
    """Count what came through the link, in rupees."""
    sql = "update payment_attempts set paid = paid + $2, entry_id = $3 where id = $1"
    await conn.execute(sql, attempt_id, amount, entry_id)


async def hurry_stale(conn: Connection, flat_ids: Sequence[int], now: datetime) -> int:
    """Have links closed at once that ask for another sum than is owed on their flat now; returns how many."""
    sql = """
        with stale as (
            update payment_attempts a set next_check_at = $2
            where a.flat_id = any($1::bigint[]) and a.state = 'open' and a.next_check_at > $2
              and a.amount - a.paid <> (
                  select coalesce(sum(e.amount), 0) from account_entries e where e.flat_id = a.flat_id)
            returning 1)
        select count(*) from stale"""
    count: int = await conn.fetchval(sql, list(flat_ids), now)
    return count


async def hurry_all(conn: Connection, now: datetime) -> None:
    """Have every link that can still be paid looked up at once."""
    await conn.execute("update payment_attempts set next_check_at = $1 where next_check_at is not null", now)


async def is_stale(conn: Connection, attempt_id: int) -> bool:
    """Say whether the link asks for another sum than is owed on its flat now."""
    sql = """
        select a.amount - a.paid <> (
            select coalesce(sum(e.amount), 0) from account_entries e where e.flat_id = a.flat_id)
        from payment_attempts a where a.id = $1"""
    return bool(await conn.fetchval(sql, attempt_id))


_TOLD = """exists (select from notifications n where n.kind = 'payment_unanswered'
                    and n.source_type = 'payment_attempt' and n.source_id = a.id::text)"""


async def unanswered(conn: Connection, providers: Sequence[str], now: datetime, patience: datetime) -> list[Attempt]:
    """Return what may have been paid and nobody answers for, as far as no admin was told, oldest first.

    Links that ended, of providers not among these; and those that ended before `patience` of these, but for payments
    that the provider says are under way.
    """
    sql = f"""
        {_SELECT}
        where a.state = any($2::text[]) and a.state in {_OPEN}
            and coalesce(a.expires_at, a.created_at)
                < case when a.provider = any($1::text[]) then $4::timestamptz else $3::timestamptz end
            and (a.state <> 'underway' or a.provider <> all($1::text[]))
            and not {_TOLD}
        order by a.id"""
    return [_attempt(row) for row in await conn.fetch(sql, list(providers), sorted(BEING_CHECKED), now, patience)]


async def to_be_settled(conn: Connection) -> list[Attempt]:
    """Return what admins were told nobody answers for and have not settled yet, oldest first."""
    sql = f"{_SELECT} where a.state in {_OPEN} and {_TOLD} order by a.id"
    return [_attempt(row) for row in await conn.fetch(sql)]


async def claim_due(conn: Connection, providers: Sequence[str], now: datetime, limit: int) -> list[Attempt]:
    """Take attempts whose look-up is due, each with the time of the one after: 5 minutes, an hour, then daily.

    A link's end is one more reason to look: a minute after it.
    """
    sql = f"""
        with due as (
            select id from payment_attempts
            where next_check_at <= $2 and provider = any($1::text[]) and state in {_OPEN}
            order by next_check_at limit $3 for update skip locked
        ), taken as (
            update payment_attempts a
            set checks = checks + 1,
                next_check_at = least(
                    $2 + case when checks = 0 then interval '1 hour' else interval '1 day' end,
                    case when expires_at + interval '1 minute' > $2 then expires_at + interval '1 minute' end)
            from due where a.id = due.id returning a.id)
        {_SELECT} join taken on taken.id = a.id order by a.id"""
    return [_attempt(row) for row in await conn.fetch(sql, list(providers), now, limit)]

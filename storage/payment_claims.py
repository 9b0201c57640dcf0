"""What owners say they have paid, with the UTR: each waits until an admin has looked at the bank."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from decimal import Decimal

    from storage.database import Connection, Row


class ClaimState(StrEnum):
    """What became of a claim."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Claim:
    """One owner's word: `amount` in rupees as they say it; `reference` as typed, `key` as it is compared.

    `person` is who says it, `decider` the admin who answered; `entry_id` is the payment it became.
    """

    id: int
    flat_id: int
    flat_code: str
    person_id: int
    person: str
    chat_id: int | None
    amount: Decimal
    reference: str
    key: str
    state: ClaimState
    claimed_at: datetime
    decider: str | None
    decided_at: datetime | None
    entry_id: int | None


@dataclass(frozen=True, slots=True)
class NewClaim:
    """What an owner says; `amount` in rupees, more than zero."""

    flat_id: int
    person_id: int
    chat_id: int | None
    amount: Decimal
    reference: str
    key: str
    at: datetime


COUNTS: Final = """
    c.state = 'waiting' and not exists (
        select from payment_claims r
        where r.flat_id = c.flat_id and r.reference_key = c.reference_key and r.state = 'refused')"""
"""A claim `c` for whose sake less is asked and nobody reminded: it waits, and the same one was never refused."""
_SELECT = """
    select c.id, c.flat_id, f.code as flat_code, c.person_id, p.name as person, c.chat_id, c.amount, c.reference,
           c.reference_key as key, c.state, c.claimed_at, d.name as decider, c.decided_at, c.entry_id
    from payment_claims c join flats f on f.id = c.flat_id join people p on p.id = c.person_id
    left join people d on d.id = c.decided_by"""


async def add(conn: Connection, new: NewClaim) -> int | None:
    """Note the claim; its id, or None where the same one waits already."""
    sql = """
        insert into payment_claims (flat_id, person_id, chat_id, amount, reference, reference_key, claimed_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (flat_id, reference_key) where state = 'waiting' do nothing returning id"""
    what = (new.flat_id, new.person_id, new.chat_id, new.amount, new.reference, new.key, new.at)
    claim_id: int | None = await conn.fetchval(sql, *what)
    return claim_id


async def get(conn: Connection, claim_id: int) -> Claim | None:
    """Return the claim with this id."""
    row = await conn.fetchrow(f"{_SELECT} where c.id = $1", claim_id)
    return _claim(row) if row else None


async def waiting(conn: Connection, flat_ids: Collection[int] | None = None) -> list[Claim]:
    """Return the claims that wait for an admin, of some flats or of all, oldest first."""
    sql = f"{_SELECT} where c.state = 'waiting' and ($1::bigint[] is null or c.flat_id = any($1)) order by c.id"
    return [_claim(row) for row in await conn.fetch(sql, None if flat_ids is None else list(flat_ids))]


async def was_refused(conn: Connection, flat_id: int, key: str) -> bool:
    """Say whether an admin did not find this number for this flat at the bank before."""
    sql = """
        select exists (
            select from payment_claims where flat_id = $1 and reference_key = $2 and state = 'refused')"""
    return bool(await conn.fetchval(sql, flat_id, key))


async def elsewhere(conn: Connection, claim: Claim) -> list[Claim]:
    """Return further claims of the same number, on any flat, that were not refused."""
    sql = f"{_SELECT} where c.reference_key = $1 and c.id <> $2 and c.state <> 'refused' order by c.id limit 3"
    return [_claim(row) for row in await conn.fetch(sql, claim.key, claim.id)]


async def with_keys(conn: Connection, keys: Sequence[str]) -> list[Claim]:
    """Return the waiting claims that name one of these numbers, oldest first."""
    sql = f"{_SELECT} where c.state = 'waiting' and c.reference_key = any($1::text[]) order by c.id"
    return [_claim(row) for row in await conn.fetch(sql, list(keys))]


async def decide(
    conn: Connection, claim_id: int, state: ClaimState, *, by: int | None, at: datetime, entry_id: int | None = None
) -> bool:
    """Answer the claim; false where that was done before."""
    sql = """
        update payment_claims set state = $2, decided_by = $3, decided_at = $4, entry_id = $5
        where id = $1 and state = 'waiting' returning true"""
    return bool(await conn.fetchval(sql, claim_id, state.value, by, at, entry_id))


def _claim(row: Row) -> Claim:
    return Claim(**{**row, "state": ClaimState(row["state"])})

"""The lines of a flat's account as the office reads them: what, when, by whom, and whether it still counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.account import EntryKind
from domain.payments import CAPTURED
from storage.payments import REPEAT

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An entry with all that a list shows of it. `amount` in rupees: more than zero is owed, less is given.

    `bill_end` is the last day of its bill's period, `bill_year` the year it was issued in; `undone` when a reversal
    took it back; `given_back` is what refunds and chargebacks took of a payment, `of` the entry that a reversal or
    refund is about. `provider` has the money of a payment, whatever route it came by, or gave a refund back.
    """

    entry_id: int
    flat_id: int
    flat_code: str
    kind: EntryKind
    amount: Decimal
    posted_on: date
    value_date: date
    recorded_at: datetime
    source_type: str
    bill_id: int | None
    bill_end: date | None
    bill_year: int | None
    of: int | None
    of_kind: EntryKind | None
    of_amount: Decimal | None
    method: str | None
    reference: str | None
    note: str | None
    recorder: str | None
    undone: bool
    given_back: Decimal
    provider: str | None

    @property
    def day(self) -> date:
        """The day by which people know it: of a payment the one on which the money came."""
        return self.value_date if self.kind is EntryKind.PAYMENT else self.posted_on

    @property
    def word_of(self) -> str | None:
        """The provider whose own word the entry is, where it is not one of ours."""
        return self.provider if self.kind is EntryKind.REFUND or self.source_type in CAPTURED else None


_SELECT = f"""
    select e.id as entry_id, e.flat_id, f.code as flat_code, e.kind, e.amount, e.posted_on, e.value_date,
           e.recorded_at, e.source_type, e.bill_id, b.billing_period_end as bill_end,
           extract(year from coalesce(b.created_at::timestamptz, b.due_date))::int as bill_year, o.id as of,
           o.kind as of_kind,
           o.amount as of_amount, e.method, e.reference, e.note, p.name as recorder,
           exists (select from account_entries r where r.reverses_id = e.id) as undone,
           coalesce((select sum(r.amount) from account_entries r where r.refunds_id = e.id
                     and not exists (select from account_entries back where back.reverses_id = r.id)), 0) as given_back,
           case when e.kind = 'REFUND' then substring(e.source_id from '^(stripe|razorpay):')
                when e.source_type in ('stripe', 'razorpay') then e.source_type
                when e.kind = 'PAYMENT' then (
                    select min(c.provider) from account_entries n join provider_payments c on c.entry_id = n.id
                    where n.flat_id = e.flat_id and (n.id = e.id or split_part(n.reference_key, '{REPEAT}', 1)
                                                                  = split_part(e.reference_key, '{REPEAT}', 1)))
                end as provider
    from account_entries e join flats f on f.id = e.flat_id
    left join bills b on b.id = e.bill_id
    left join account_entries o on o.id = coalesce(e.reverses_id, e.refunds_id)
    left join people p on p.id = e.recorded_by"""


async def line(conn: Connection, entry_id: int) -> AccountLine | None:
    """The entry with this id."""
    return next(iter(await _lines(conn, "where e.id = $1", entry_id)), None)


async def posted_by(conn: Connection, source_type: str, source_id: str) -> AccountLine | None:
    """The entry that this source posted."""
    return next(iter(await _lines(conn, "where e.source_type = $1 and e.source_id = $2", source_type, source_id)), None)


async def latest(conn: Connection, flat_id: int, limit: int) -> list[AccountLine]:
    """The flat's last entries, oldest first."""
    return (await _lines(conn, "where e.flat_id = $1 order by e.id desc limit $2", flat_id, limit))[::-1]


async def _lines(conn: Connection, where: str, *args: object) -> list[AccountLine]:
    found = []
    for row in await conn.fetch(f"{_SELECT} {where}", *args):
        kinds = {"kind": EntryKind(row["kind"]), "of_kind": EntryKind(row["of_kind"]) if row["of_kind"] else None}
        found.append(AccountLine(**{**row, **kinds}))
    return found

"""What the price of a flat's next bill depends on, read for many flats at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from domain.account import BillStatus
from domain.money import ZERO
from domain.period import Month
from domain.tariff import TariffRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class EarlierBill:
    """A bill the flat has already, void ones too. `foreign`: neither issued by this service nor adopted by it.

    `provisional`: made without a reading, of `flat_units` at `rate_per_unit`; empty on bills from before the service.
    """

    bill_id: int
    start: date
    end: date
    total_amount: Decimal
    issued_at: datetime
    status: str
    foreign: bool
    provisional: bool = False
    flat_units: Decimal | None = None
    rate_per_unit: Decimal | None = None

    @property
    def live(self) -> bool:
        """Not taken back."""
        return self.status != BillStatus.VOID


@dataclass(frozen=True, slots=True)
class FlatToBill:
    """A flat as the next bill finds it. `balance` is what is owed now, in rupees; `parked` says why it is set aside."""

    id: int
    code: str
    unit_id: str | None
    flat_type: str | None
    parked: str | None
    balance: Decimal
    tariffs: tuple[TariffRow, ...] = ()
    bills: tuple[EarlierBill, ...] = ()

    @property
    def last_billed_end(self) -> date | None:
        """Last day of the flat's last billed period."""
        return max((bill.end for bill in self.bills if bill.live), default=None)

    @property
    def provisional(self) -> tuple[EarlierBill, ...]:
        """The provisional bills since the last true one, oldest first."""
        live = [bill for bill in self.bills if bill.live]
        latest = list(takewhile(lambda bill: bill.provisional, reversed(live)))
        return tuple(reversed(latest))

    def provisional_since(self, day: date | None, unknown_until: date | None = None) -> tuple[EarlierBill, ...]:
        """Of these the bills of months that began after `day`, on which the meter was read last: it counted them too.

        A new meter did not, and without a day nothing was read before. Nor were months counted before the one in which
        a meter that nobody could read any more was replaced (`unknown_until`).
        """
        lost = Month.of(unknown_until).first_day if unknown_until else None
        since = tuple(one for one in self.provisional if day and day < Month.of(one.end).first_day)
        return tuple(one for one in since if lost is None or one.end >= lost)


_FLATS = """
    select f.id, f.code, f.unit_id, ft.name as flat_type, p.reason as parked,
           coalesce((select sum(e.amount) from account_entries e where e.flat_id = f.id), 0) as balance
    from flats f
    left join flat_types ft on ft.id = f.type_id
    left join parked_flats p on p.flat_id = f.id
    where f.id = any($1::bigint[])"""

_TARIFFS = """
    select flat_id, rate_per_unit, fixed_charge, valid_from from tariffs
    where flat_id = any($1::bigint[]) order by flat_id, id"""

_BILLS = """
    select b.flat_id, b.id as bill_id, coalesce(b.billing_period_start, b.billing_period_end) as start,
           coalesce(b.billing_period_end, b.billing_period_start) as "end",
           b.total_amount, coalesce(b.created_at::timestamptz, b.due_date) as issued_at,
           coalesce(b.status, 'pending') as status,
           not exists (select 1 from adopted_bills a where a.bill_id = b.id)
           and not exists (select 1 from account_entries e where e.bill_id = b.id and e.kind = 'CHARGE') as foreign,
           b.provisional, b.flat_units, b.rate_per_unit
    from bills b
    where b.flat_id = any($1::bigint[]) and coalesce(b.billing_period_start, b.billing_period_end) is not null
    order by b.billing_period_end, b.id"""


async def flats_to_bill(conn: Connection, flat_ids: Sequence[int]) -> dict[int, FlatToBill]:
    """By flat id. To be acted on only while the flats are locked."""
    ids = list(flat_ids)
    tariffs: dict[int, list[TariffRow]] = defaultdict(list)
    for row in await conn.fetch(_TARIFFS, ids):
        tariffs[row["flat_id"]].append(TariffRow(row["rate_per_unit"], row["fixed_charge"], row["valid_from"]))
    bills: dict[int, list[EarlierBill]] = defaultdict(list)
    for row in await conn.fetch(_BILLS, ids):
        flat_id, *facts = row.values()
        bills[flat_id].append(EarlierBill(*facts))
    rows = await conn.fetch(_FLATS, ids)
    return {
        row["id"]: FlatToBill(
            row["id"],
            row["code"],
            row["unit_id"],
            row["flat_type"],
            row["parked"],
            row["balance"] + ZERO,
            tariffs=tuple(tariffs[row["id"]]),
            bills=tuple(bills[row["id"]]),
        )
        for row in rows
    }

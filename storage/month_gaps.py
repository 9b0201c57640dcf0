"""What a month lacks before it is closed: meters, readings, bills and money that nobody has dealt with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.period import Month
from storage.cant_read import cant_read

if TYPE_CHECKING:
    from domain.period import Period
    from storage.cant_read import CantRead
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class MonthGaps:
    """Of `flats` with an active meter `billed` have a bill of the month; the rest says what is open.

    `pending` readings (of motors too) wait for an admin, `approved` ones of flats for the run. `unread` flats nobody
    read, `old` ones have only a reading from before the service, which is never billed; `motors` were not read.
    `parked` flats are set aside now. `outside` are bills that no account knows; of the month's days are owners'
    `claims`, `strays` that nobody can attribute, and `rows` of bank statements that nobody decided. `in_vain` are those
    of the unread flats and motors that somebody could not read.
    """

    flats: int
    billed: int
    pending: int
    approved: int
    unread: tuple[str, ...]
    old: tuple[str, ...]
    motors: tuple[str, ...]
    parked: tuple[str, ...]
    outside: int
    claims: int
    strays: int
    rows: int
    in_vain: tuple[CantRead, ...] = ()

    @property
    def none(self) -> bool:
        """Nothing is missing."""
        counts = self.pending + self.approved + self.outside + self.claims + self.strays + self.rows
        return not (counts or self.unread or self.old or self.motors or self.parked)


_GAPS = """
    with homes as (
        select f.id, f.code,
               exists (select from bills b where b.flat_id = f.id and b.billing_period_end between $1 and $2
                       and b.status is distinct from 'void') as billed,
               (select array_agg(distinct r.state) from readings r join meters x on x.id = r.meter_id
                where x.flat_id = f.id and r.reading_date between $1 and $2
                  and r.state not in ('withdrawn', 'returned')) as states
        from flats f where exists (select from meters m where m.flat_id = f.id and lower(m.status) = 'active')
    ), waiting as (
        select r.state, m.flat_id from readings r join meters m on m.id = r.meter_id
        where r.state in ('pending', 'approved') and r.reading_date between $1 and $2
    )
    select (select count(*) from homes) as flats,
           (select count(*) from homes where billed) as billed,
           (select count(*) from waiting where state = 'pending') as pending,
           (select count(*) from waiting where state = 'approved' and flat_id is not null) as approved,
           array(select code from homes where not billed and states is null order by code) as unread,
           array(select code from homes where not billed and states = array['history'] order by code) as old,
           array(select distinct o.name from motors o join meters m on m.motor_id = o.id
                 where lower(m.status) = 'active' and m.flat_id is null and not exists (
                     select from readings r join meters x on x.id = r.meter_id
                     where x.motor_id = o.id and x.flat_id is null and r.reading_date between $1 and $2
                       and r.state not in ('withdrawn', 'returned'))
                 order by o.name) as motors,
           array(select f.code from parked_flats p join flats f on f.id = p.flat_id order by f.code) as parked,
           (select count(*) from bills b
            where b.billing_period_end between $1 and $2 and b.status is distinct from 'void'
              and not exists (select from adopted_bills a where a.bill_id = b.id)
              and not exists (select from account_entries e where e.bill_id = b.id and e.kind = 'CHARGE')) as outside,
           (select count(*) from payment_claims
            where state = 'waiting' and (claimed_at at time zone $3)::date between $1 and $2) as claims,
           (select count(*) from stray_payments
            where state = 'open' and (received_at at time zone $3)::date between $1 and $2) as strays,
           (select count(*) from statement_rows where state = 'open' and day between $1 and $2) as rows"""
_LISTS = ("unread", "old", "motors", "parked")


async def month_gaps(conn: Connection, period: Period, zone: str) -> MonthGaps:
    """What the days of `period` lack; `zone` is the society's time zone."""
    [row] = await conn.fetch(_GAPS, period.start, period.end, zone)
    lists = {name: tuple(row[name]) for name in _LISTS}
    tried = (await cant_read(conn, Month.of(period.end), period.end)).values()
    in_vain = tuple(one for one in tried if one.place in {*lists["unread"], *lists["motors"]})
    return MonthGaps(**{**row, **lists, "in_vain": in_vain})

"""A database of the former project, as it may be found: the tables that are documented, with made-up rows.

`SUPABASE` is as documented, with the roles and rights of a Supabase project; `HANDMADE` differs as such projects do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

TABLES = (
    "floors",
    "flat_types",
    "flats",
    "owners",
    "flat_owners",
    "motors",
    "flat_motors",
    "meters",
    "readings",
    "bills",
    "notifications",
    "payment_events",
)

SUPABASE = """
do $$ begin create role anon nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role authenticated nologin; exception when duplicate_object or unique_violation then null; end $$;
create table floors (id bigint generated always as identity primary key, code text, name text);
create table flat_types (id bigint generated always as identity primary key, name text, monthly_fee numeric);
create table flats (id bigint generated always as identity primary key, code text unique,
    floor_id bigint references floors, type_id bigint references flat_types);
create table owners (id bigint generated always as identity primary key, name text, phone text, email text);
create table flat_owners (id bigint generated always as identity primary key, flat_id bigint references flats,
    owner_id bigint references owners, is_primary boolean default true);
create table motors (id bigint generated always as identity primary key, name text, description text,
    horsepower numeric);
create table flat_motors (id bigint generated always as identity primary key, flat_id bigint references flats,
    motor_id bigint references motors);
create table meters (id bigint generated always as identity primary key, meter_number text unique,
    flat_id bigint references flats, motor_id bigint references motors, status text default 'active');
create table readings (id bigint generated always as identity primary key, meter_id bigint references meters,
    reading_date date, reading_value numeric, consumption numeric, created_at timestamptz default now());
create table bills (id bigint generated always as identity primary key, flat_id bigint references flats,
    billing_period_start date, billing_period_end date, due_date date not null,
    flat_reading_id bigint references readings, flat_units numeric, motor_reading_id bigint references readings,
    motor_units numeric, water_motor_share numeric, total_units numeric, total_amount numeric not null,
    status text default 'pending', created_at timestamptz default now(), updated_at timestamptz default now(),
    unique (flat_id, billing_period_start));
create table notifications (id bigint generated always as identity primary key, bill_id bigint references bills,
    channel text, message text, status text, sent_at timestamptz);
create table payment_events (id bigint generated always as identity primary key, bill_id bigint references bills,
    event_type text, payment_link_id text, stripe_event_id text, event_data jsonb,
    received_at timestamptz default now());
grant all on all tables in schema public to anon, authenticated;
"""

HANDMADE = """
create table floors (id serial primary key, code varchar(10));
create table flat_types (id serial primary key, name varchar(50));
create table flats (id serial primary key, code varchar(20), floor_id integer references floors,
    type_id integer references flat_types);
create table owners (id serial primary key, name varchar(100) not null, phone varchar(20));
create table flat_owners (id serial primary key, flat_id integer, owner_id integer);
create table motors (id serial primary key, name varchar(50));
create table flat_motors (id serial primary key, flat_id integer, motor_id integer);
create table meters (id serial primary key, meter_number varchar(50) not null, flat_id integer, motor_id integer,
    status varchar(20) not null default 'active');
create table readings (id serial primary key, meter_id integer not null, reading_date date not null,
    reading_value numeric(12, 2) not null, created_at timestamp not null);
create table bills (id serial primary key, flat_id integer, billing_period_start date, billing_period_end date,
    due_date date not null, flat_reading_id integer not null, flat_units numeric(10, 2),
    motor_reading_id integer not null, motor_units numeric(10, 2), water_motor_share numeric(10, 2),
    total_units numeric(10, 2),
    total_amount numeric(10, 2) not null, status varchar(20) default 'generated'
        check (status in ('pending', 'generated', 'paid', 'Paid')),
    created_at timestamp default now());
create table notifications (id serial primary key, bill_id integer not null,
    channel varchar(20) not null check (channel in ('whatsapp', 'sms')), message text not null,
    status varchar(20) default 'pending');
"""
"""Serial ids, varchar, times without zone, missing columns, tables and keys, and checks that know fewer words."""

_FLATS = ("B17-GF", "B17-FF", "B17-SF", "B18-GF", "B18-FF", "D3-SF")

ROWS = """
insert into floors (code) values ('GF'), ('FF'), ('SF');
insert into flat_types (name) values ('2BHK'), ('3BHK');
insert into flats (code, floor_id, type_id) values ('B17-GF', 1, 1), ('B17-FF', 2, 1), ('B17-SF', 3, 2),
    ('B18-GF', 1, 2), ('B18-FF', 2, 2), ('D3-SF', 3, 2);
insert into owners (name, phone) values ('Anita Rao', '+447700900201'), ('Mr Sharma', '+447700900105.0');
insert into flat_owners (flat_id, owner_id) values (1, 1), (2, 2), (3, 1), (4, 1), (5, 2);
insert into motors (name) values ('MOTOR-B');
insert into flat_motors (flat_id, motor_id) select id, 1 from flats where code like 'B%';
insert into meters (meter_number, flat_id) select '1915215' || id, id from flats order by id;
insert into meters (meter_number, motor_id) values ('77000001', 1);
"""

_READINGS = """
insert into readings (meter_id, reading_date, reading_value, created_at)
    select m.id, day, 100 + m.id + extract(month from day), day + time '09:30'
    from meters m, unnest(array['2026-08-31', '2026-09-30', '2026-10-31', '2026-11-05']::date[]) as day
    where m.flat_id is not null or day < '2026-11-01'
    order by m.id, day;
"""

_BILLS = """
insert into bills (flat_id, billing_period_start, billing_period_end, due_date, flat_reading_id, flat_units,
                   motor_reading_id, motor_units, water_motor_share, total_units, total_amount, status, created_at)
    select f.id, n.first, n.last, n.last + 10, r.id, r.reading_value, mr.id, 40, 4.5, r.reading_value + 4.5, n.total,
           n.status, n.last + time '18:00'
    from (values
        ('B17-GF', date '2026-09-01', date '2026-09-30', 1500.50, 'paid'),
        ('B17-GF', '2026-10-01', '2026-10-31', 1700, 'generated'),
        ('B17-FF', '2026-09-01', '2026-09-30', 1000, 'generated'),
        ('B17-FF', '2026-10-01', '2026-10-31', 1800, 'paid'),
        ('B17-SF', '2026-09-01', '2026-09-30', 900, 'pending'),
        ('B17-SF', '2026-10-01', '2026-10-31', 2100, 'pending'),
        ('B18-GF', '2026-10-01', '2026-10-31', 1999.99, 'Paid'),
        ('D3-SF', '2025-11-01', '2025-11-30', 640, 'paid')) as n (code, first, last, total, status)
    join flats f on f.code = n.code
    join meters m on m.flat_id = f.id
    left join readings r on r.meter_id = m.id and r.reading_date = greatest(n.last, '2026-08-31')
    left join readings mr on mr.meter_id = 7 and mr.reading_date = greatest(n.last, '2026-08-31')
    order by n.last, f.id;
insert into notifications (bill_id, channel, message, status) select id, 'whatsapp', 'Your bill', 'pending' from bills;
"""


async def build(dsn: str, tables: str) -> None:
    """Make the tables and fill them: six flats; the last has no owner. Bills of September and October 2026.

    B17-GF: the newest is unpaid. B17-FF: September is unpaid, October is paid. B17-SF: both unpaid. B18-GF: paid.
    B18-FF: never billed. D3-SF: one bill, of November 2025.
    """
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute(tables + ROWS + _READINGS + _BILLS)
    finally:
        await conn.close()


async def content(dsn: str, columns: dict[str, Sequence[str]] | None = None) -> dict[str, list[Any]]:
    """Every row of every old table as text, in the given columns, or in those it has now."""
    conn = await asyncpg.connect(dsn)
    try:
        names = columns or await columns_of(conn)
        return {table: await conn.fetch(_as_text(table, own)) for table, own in names.items()}
    finally:
        await conn.close()


def _as_text(table: str, columns: Sequence[str]) -> str:
    return f"select {', '.join(f'{name}::text' for name in columns)} from {table} order by id"  # noqa: S608 - ours


async def columns_of(conn: asyncpg.Connection[asyncpg.Record]) -> dict[str, Sequence[str]]:
    """The columns each old table has now, in their order."""
    sql = """
        select attname from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped
        order by attnum"""
    found = {table: [row["attname"] for row in await conn.fetch(sql, table)] for table in TABLES}
    return {table: own for table, own in found.items() if own}

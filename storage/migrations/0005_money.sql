-- Money: what providers are asked for, what owners and statements say was paid, corrections, runs of a month, the clock.

alter table bills add column provisional boolean not null default false;
comment on column bills.provisional is 'Made from the average of earlier readings; the next true reading is set off against it.';
create index bills_reading on bills (flat_reading_id) where flat_reading_id is not null; -- the guard: was a reading billed before; the bill of a reading

-- Old bills may have no status: they count as unpaid ones, also for the guards

create or replace function bills_guard_update() returns trigger language plpgsql as $$
begin
    if to_jsonb(new) - array['status', 'updated_at'] is distinct from to_jsonb(old) - array['status', 'updated_at'] then
        raise exception 'bill % was issued: only its status may change', old.id using errcode = 'BC001';
    end if;
    if old.status = 'void' and new.status is distinct from 'void' then
        raise exception 'bill % is void for good', old.id using errcode = 'BC001';
    end if;
    return new;
end $$;

create or replace function bills_guard_insert() returns trigger language plpgsql as $$
begin
    if month_is_locked(new.billing_period_end) then
        raise exception '% is locked: no bill may end in it', to_char(new.billing_period_end, 'YYYY-MM') using errcode = 'BC002';
    end if;
    if new.status is distinct from 'void' and new.flat_reading_id is not null and exists (
        select 1 from bills where flat_reading_id = new.flat_reading_id and status is distinct from 'void') then
        raise exception 'reading % is billed already', new.flat_reading_id using errcode = 'BC003';
    end if;
    return new;
end $$;

create table bill_voids (
    bill_id bigint primary key references bills (id),
    reason text not null,
    voided_by bigint references people (id),
    voided_at timestamptz not null default now()
);

-- Money asked for, claimed, seen on a statement

alter table payment_events add column provider text;
alter table payment_events add column event_key text;
alter table payment_events add column undoes boolean not null default false;
comment on column payment_events.undoes is 'A refund failed or a dispute was won: what its subject took is ours again, whatever comes later.';
create unique index payment_events_once on payment_events (provider, event_key) where provider is not null; -- an event is logged once
create index payment_events_bill on payment_events (bill_id); -- what came for a bill
create index payment_events_subject on payment_events (payment_link_id); -- did a refund fail, was a dispute won, before its news came

create table payment_attempts (
    id bigint generated always as identity primary key,
    flat_id bigint not null references flats (id),
    bill_id bigint references bills (id),
    person_id bigint references people (id),
    amount numeric(12, 2) not null check (amount > 0),
    paid numeric(12, 2) not null default 0,
    provider text not null check (provider in ('stripe', 'razorpay')),
    reference text,
    url text,
    state text not null default 'asking'
        check (state in ('asking', 'open', 'closing', 'underway', 'paid', 'failed', 'expired', 'unknown')),
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    checks integer not null default 0,
    next_check_at timestamptz,
    settled_at timestamptz,
    entry_id bigint references account_entries (id),
    error text
);
comment on table payment_attempts is 'What a provider was asked for; the id is the idempotency key.';
comment on column payment_attempts.paid is 'What came through the link so far, in rupees; part payments leave it open.';
comment on column payment_attempts.reference is 'The provider''s id of the session or link.';
create index account_entries_payment on account_entries (reference_key)
    where kind = 'PAYMENT' and reference_key is not null; -- a provider's payment that another route recorded
create unique index payment_attempts_reference on payment_attempts (provider, reference); -- from a hook to what was asked
create index payment_attempts_open on payment_attempts (flat_id)
    where state in ('asking', 'open', 'closing', 'underway', 'unknown'); -- under way on a flat: no reminder, no second link
create index payment_attempts_checks on payment_attempts (next_check_at) where next_check_at is not null; -- to be looked up

create table provider_payments (
    provider text not null,
    payment text not null,
    entry_id bigint not null references account_entries (id),
    noted_at timestamptz not null default now(),
    primary key (provider, payment)
);
comment on table provider_payments is 'By which entry a provider''s payment counts, whatever route posted it: a refund finds it.';

create table stray_payments (
    id bigint generated always as identity primary key,
    provider text not null,
    event_key text not null,
    amount numeric(14, 2),
    currency text,
    reference text,
    reason text not null,
    facts jsonb not null default '{}',
    state text not null default 'open' check (state in ('open', 'posted', 'dismissed')),
    received_at timestamptz not null default now(),
    decided_by bigint references people (id),
    decided_at timestamptz,
    entry_id bigint references account_entries (id),
    unique (provider, event_key)
);
create index stray_payments_reference on stray_payments (provider, reference); -- a refund that came before its payment
comment on table stray_payments is 'Quarantine: money that cannot be attributed (currency, mode, unknown link); an admin decides.';

create table payment_claims (
    id bigint generated always as identity primary key,
    flat_id bigint not null references flats (id),
    person_id bigint not null references people (id),
    chat_id bigint references chat_identities (id),
    amount numeric(12, 2) not null check (amount > 0),
    reference text not null,
    reference_key text not null,
    state text not null default 'waiting' check (state in ('waiting', 'confirmed', 'refused')),
    claimed_at timestamptz not null default now(),
    decided_by bigint references people (id),
    decided_at timestamptz,
    entry_id bigint references account_entries (id)
);
comment on table payment_claims is '"I have paid": an owner''s word with the UTR, until an admin confirms or refuses it.';
create unique index payment_claims_once on payment_claims (flat_id, reference_key) where state = 'waiting'; -- one claim for one UTR; claims under way on a flat

create table statements (
    id bigint generated always as identity primary key,
    sha256 bytea not null unique,
    file_name text not null,
    imported_by bigint references people (id),
    imported_at timestamptz not null default now()
);

create table statement_rows (
    id bigint generated always as identity primary key,
    statement_id bigint not null references statements (id),
    row_number integer not null,
    row_key text unique,
    day date not null,
    amount numeric(12, 2) not null check (amount > 0),
    reference text,
    reference_key text,
    narration text not null default '',
    state text not null default 'open' check (state in ('open', 'posted', 'ignored')),
    flat_id bigint references flats (id),
    entry_id bigint references account_entries (id),
    decided_by bigint references people (id),
    decided_at timestamptz,
    unique (statement_id, row_number)
);
comment on column statement_rows.row_key is 'The row as another statement of the same days would have it: it counts once.';

-- Runs of a month, closing a month

create table bill_runs (
    id bigint generated always as identity primary key,
    period_from date not null,
    period_to date not null check (period_to >= period_from),
    due_date date,
    started_by bigint references people (id),
    actor text not null,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    state text not null default 'running' check (state in ('running', 'done')),
    chat_id bigint references chat_identities (id),
    card text,
    told_at timestamptz
);
comment on column bill_runs.actor is 'Who started it, in words: an admin, the command line, the clock.';
comment on column bill_runs.told_at is 'When its progress was last told in the chat.';
create unique index bill_runs_running on bill_runs (period_from, period_to) where state = 'running'; -- who starts a period again joins its run

create table bill_run_items (
    run_id bigint not null references bill_runs (id),
    flat_id bigint not null references flats (id),
    reading_id bigint not null references readings (id),
    outcome text not null default 'waiting' check (outcome in ('waiting', 'issued', 'skipped', 'collision', 'parked', 'failed')),
    reason text,
    bill_id bigint references bills (id),
    primary key (run_id, reading_id)
);
comment on table bill_run_items is 'What a run is to bill, and what came of it: whoever continues an interrupted run takes what still waits.';
create index bill_run_items_waiting on bill_run_items (run_id, flat_id) where outcome = 'waiting'; -- the next flats of a run

create table lock_requests (
    id bigint generated always as identity primary key,
    month date not null check (extract(day from month) = 1),
    what text not null check (what in ('lock', 'unlock')),
    reason text check ((reason is not null) = (what = 'unlock')),
    requested_by bigint not null references people (id),
    requested_at timestamptz not null default now(),
    decided_by bigint references people (id),
    decided_at timestamptz,
    state text not null default 'waiting' check (state in ('waiting', 'confirmed', 'cancelled'))
);
create unique index lock_requests_waiting on lock_requests (month, what) where state = 'waiting'; -- a month is asked about once

create function locks_guard_update() returns trigger language plpgsql as $$
begin
    if old.month = date '2025-11-01' and (new.month, new.unlocked_at) is distinct from (old.month, old.unlocked_at) then
        raise exception '2025-11 is locked for good' using errcode = 'BC002';
    end if;
    return new;
end $$;

create trigger locks_update before update on locks for each row execute function locks_guard_update();
create trigger locks_delete before delete on locks for each row execute function refuse_change();
create trigger locks_truncate before truncate on locks for each statement execute function refuse_change();
revoke update on locks from billing_service;
grant update (unlocked_at, unlocked_by) on locks to billing_service; -- not what was measured when it was locked

-- Shared motors

alter table readings add column terms jsonb;
comment on column readings.terms is 'Period, due date and the like that an admin chose when approving a reading that waits for its motor.';

create index flat_motors_motor on flat_motors (motor_id); -- the flats of a motor
create index meters_motor on meters (motor_id) where flat_id is null; -- a motor's own meter

create table motor_shares (
    motor_reading_id bigint not null references readings (id),
    flat_id bigint not null references flats (id),
    month date not null check (extract(day from month) = 1),
    flat_units numeric(12, 2) not null,
    share numeric(12, 2) not null check (share >= 0),
    entered boolean not null,
    estimated boolean not null,
    bill_id bigint references bills (id),
    entry_id bigint references account_entries (id),
    primary key (motor_reading_id, flat_id)
);
comment on table motor_shares is 'How a motor''s units of a month were split when its group was billed; not changed any more.';
comment on column motor_shares.estimated is 'The flat was not read: flat_units are the average of its last three readings.';
comment on column motor_shares.bill_id is 'The flat was billed before: its share is not on that bill, an admin may add it by the debit note entry_id.';
create unique index motor_shares_once on motor_shares (flat_id, month); -- a flat has one share a month
create index motor_shares_owed on motor_shares (motor_reading_id) where bill_id is not null and entry_id is null; -- shares still to be proposed

-- What a bill was made from stays what it was

create function readings_guard_update() returns trigger language plpgsql as $$
begin
    if (new.meter_id, new.reading_date, new.reading_value, new.motor_share)
        is distinct from (old.meter_id, old.reading_date, old.reading_value, old.motor_share)
        and (old.state = 'billed'
            or exists (select from bills where flat_reading_id = old.id and status is distinct from 'void')
            or exists (select from motor_shares where motor_reading_id = old.id)) then
        raise exception 'reading % is billed: void its bill before it is changed', old.id using errcode = 'BC001';
    end if;
    return new;
end $$;

create trigger readings_value before update of meter_id, reading_date, reading_value, motor_share on readings
    for each row execute function readings_guard_update();

-- The clock

alter table job_runs drop constraint job_runs_state_check;
alter table job_runs add constraint job_runs_state_check check (state in ('running', 'done', 'failed'));
alter table job_runs add column lease integer not null default 0;
alter table job_runs add column leased_until timestamptz;
alter table job_runs add column attempts integer not null default 0;
alter table job_runs add column error text;
alter table job_runs add column chat_id bigint references chat_identities (id);
alter table job_runs add column card text;
comment on column job_runs.lease is 'Number of the lease; only its holder may settle the row. A run whose lease ended is taken over.';
comment on column job_runs.chat_id is 'Who asked for it by hand is told there, on the card.';

create table job_pauses (
    job text primary key,
    paused_by bigint references people (id),
    paused_at timestamptz not null default now()
);

-- Notices to the office: rows of notifications without a chat

create unique index notifications_office_once on notifications (kind, source_type, source_id, sequence)
    where outbox and channel = 'discord'; -- one notice for one cause
create index notifications_office on notifications (id)
    where outbox and channel = 'discord' and status = 'queued'; -- the next notices to be posted

-- Rights, as for every table before

do $$
declare
    one text;
    ids text;
    outsider text;
begin
    foreach one in array array[
        'bill_voids', 'payment_attempts', 'provider_payments', 'stray_payments', 'payment_claims', 'statements',
        'statement_rows', 'bill_runs', 'bill_run_items', 'lock_requests', 'job_pauses', 'motor_shares']
    loop
        execute format('alter table %I enable row level security', one);
        execute format('create policy billing_service on %I to billing_service using (true) with check (true)', one);
        execute format('grant select on %I to billing_service', one);
        execute format('revoke all on %I from public', one);
        for outsider in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
            execute format('revoke all on %I from %I', one, outsider);
        end loop;
        for ids in
            select d.objid::regclass from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
            where d.refclassid = 'pg_class'::regclass and d.refobjid = one::regclass and d.refobjsubid > 0
        loop
            execute format('grant usage on sequence %s to billing_service', ids);
            for outsider in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
                execute format('revoke all on sequence %s from %I', ids, outsider);
            end loop;
        end loop;
    end loop;
end $$;

grant insert on bill_voids, provider_payments, statements to billing_service;
grant insert, update on
    payment_attempts, stray_payments, payment_claims, statement_rows, bill_runs, bill_run_items, lock_requests
    to billing_service;
grant insert, delete on job_pauses to billing_service;
grant insert on motor_shares to billing_service;
grant update (entry_id) on motor_shares to billing_service;

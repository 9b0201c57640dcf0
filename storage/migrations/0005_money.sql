-- Money: what providers are asked for, what owners and statements say was paid, corrections, runs of a month, the clock.

alter table bills add column provisional boolean not null default false;
comment on column bills.provisional is 'Made from the average of earlier readings; the next true reading is set off against it.';

create table bill_voids (
    bill_id bigint primary key references bills (id),
    reason text not null,
    voided_by bigint references people (id),
    voided_at timestamptz not null default now()
);

-- Money asked for, claimed, seen on a statement

alter table payment_events add column provider text;
alter table payment_events add column event_key text;
create unique index payment_events_once on payment_events (provider, event_key) where provider is not null; -- an event is logged once
create index payment_events_bill on payment_events (bill_id); -- what came for a bill

create table payment_attempts (
    id bigint generated always as identity primary key,
    flat_id bigint not null references flats (id),
    bill_id bigint references bills (id),
    person_id bigint references people (id),
    amount numeric(12, 2) not null check (amount > 0),
    provider text not null check (provider in ('stripe', 'razorpay')),
    reference text,
    url text,
    state text not null default 'asking'
        check (state in ('asking', 'open', 'underway', 'paid', 'failed', 'expired', 'unknown')),
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    checks integer not null default 0,
    next_check_at timestamptz,
    settled_at timestamptz,
    entry_id bigint references account_entries (id),
    error text
);
comment on table payment_attempts is 'What a provider was asked for; the id is the idempotency key.';
comment on column payment_attempts.reference is 'The provider''s id of the session or link.';
create unique index payment_attempts_reference on payment_attempts (provider, reference); -- from a hook to what was asked
create index payment_attempts_open on payment_attempts (flat_id)
    where state in ('asking', 'open', 'underway', 'unknown'); -- under way on a flat: no reminder, no second link
create index payment_attempts_checks on payment_attempts (next_check_at) where next_check_at is not null; -- to be looked up

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
create index statement_rows_reference on statement_rows (reference_key) where reference_key is not null; -- the same row in another statement

-- Runs of a month, closing a month

create table bill_runs (
    id bigint generated always as identity primary key,
    period_from date not null,
    period_to date not null check (period_to >= period_from),
    due_date date,
    started_by bigint references people (id),
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    state text not null default 'running' check (state in ('running', 'done')),
    chat_id bigint references chat_identities (id)
);

create table bill_run_items (
    run_id bigint not null references bill_runs (id),
    flat_id bigint not null references flats (id),
    outcome text not null check (outcome in ('waiting', 'issued', 'skipped', 'collision', 'parked', 'missing', 'failed')),
    reason text,
    bill_id bigint references bills (id),
    primary key (run_id, flat_id)
);

create table lock_requests (
    id bigint generated always as identity primary key,
    month date not null check (extract(day from month) = 1),
    what text not null check (what in ('lock', 'unlock')),
    requested_by bigint not null references people (id),
    requested_at timestamptz not null default now(),
    decided_by bigint references people (id),
    decided_at timestamptz,
    state text not null default 'waiting' check (state in ('waiting', 'confirmed', 'cancelled'))
);
create unique index lock_requests_waiting on lock_requests (month, what) where state = 'waiting'; -- a month is asked about once

-- The clock

alter table job_runs drop constraint job_runs_state_check;
alter table job_runs add constraint job_runs_state_check check (state in ('running', 'done', 'failed'));
alter table job_runs add column lease integer not null default 0;
alter table job_runs add column leased_until timestamptz;
alter table job_runs add column attempts integer not null default 0;
alter table job_runs add column error text;
comment on column job_runs.lease is 'Number of the lease; only its holder may settle the row. A run whose lease ended is taken over.';

create table job_pauses (
    job text primary key,
    paused_by bigint references people (id),
    paused_at timestamptz not null default now()
);

-- Rights, as for every table before

do $$
declare
    one text;
    ids text;
    outsider text;
begin
    foreach one in array array[
        'bill_voids', 'payment_attempts', 'stray_payments', 'payment_claims', 'statements', 'statement_rows', 'bill_runs',
        'bill_run_items', 'lock_requests', 'job_pauses']
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

grant insert on bill_voids, statements to billing_service;
grant insert, update on
    payment_attempts, stray_payments, payment_claims, statement_rows, bill_runs, bill_run_items, lock_requests
    to billing_service;
grant insert, delete on job_pauses to billing_service;

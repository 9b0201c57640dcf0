-- What the service adds: columns that may stay empty on old rows, and its own tables.

alter table flats add column if not exists unit_id text;
comment on column flats.unit_id is 'Unit identifier of the master workbook, e.g. 5BHK-B17-FF; decides the fixed charge (billing rule 4).';

alter table flat_owners add column if not exists since timestamptz, add column if not exists until date;
comment on column flat_owners.since is 'Bills issued from this moment on are theirs to see; empty: all of them.';
comment on column flat_owners.until is 'Set when the owner left; rows with it give no rights.';

create table tenants (
    id bigint generated always as identity primary key,
    flat_id bigint not null references flats (id),
    name text not null,
    phone text,
    since date not null,
    until date
);

-- People: rights belong to a person, chats are their identities.

create table people (
    id bigint generated always as identity primary key,
    name text not null,
    phone text unique,
    language text,
    created_at timestamptz not null default now()
);
comment on column people.phone is 'E.164, proven by a shared contact, a signed sender or an admin.';

create table staff (
    id bigint generated always as identity primary key,
    person_id bigint not null references people (id),
    role text not null check (role in ('engineer', 'admin')),
    granted_at timestamptz not null default now(),
    granted_by bigint references people (id),
    revoked_at timestamptz
);
create unique index staff_one_grant on staff (person_id, role) where revoked_at is null; -- a role is granted once

create table owner_people (
    owner_id bigint primary key references owners (id),
    person_id bigint not null references people (id),
    linked_at timestamptz not null default now()
);
create index owner_people_person on owner_people (person_id); -- an owner's flats, at every message

create table chat_identities (
    id bigint generated always as identity primary key,
    channel text not null,
    external_id text not null,
    person_id bigint references people (id),
    display_name text not null default '',
    language text,
    is_private boolean not null default true,
    reachable boolean not null default true,
    unreachable_reason text,
    menu text,
    linked_at timestamptz,
    last_seen_at timestamptz,
    created_at timestamptz not null default now(),
    unique (channel, external_id)
);
comment on column chat_identities.menu is 'Language and roles for which the menu of commands was last set.';
create index chat_identities_person on chat_identities (person_id); -- where to send what a person is owed

create table invites (
    id bigint generated always as identity primary key,
    code_hash bytea not null unique,
    role text not null check (role in ('engineer', 'admin', 'owner')),
    name text not null,
    phone text,
    flat_id bigint references flats (id),
    created_by bigint references people (id),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    used_by bigint references people (id),
    revoked_at timestamptz
);

create table guesses (
    id bigint generated always as identity primary key,
    chat text not null,
    what text not null,
    at timestamptz not null default now()
);
create index guesses_recent on guesses (chat, what, at); -- rate limit of invite codes
comment on table guesses is 'Wrong invite codes and the like, to limit guessing.';

-- Readings

alter table readings
    add column if not exists state text not null default 'pending'
        check (state in ('pending', 'approved', 'returned', 'billed', 'withdrawn', 'history')),
    add column if not exists motor_share numeric(12, 2) check (motor_share >= 0),
    add column if not exists flags text[] not null default '{}',
    add column if not exists confirmed boolean not null default true,
    add column if not exists version integer not null default 1,
    add column if not exists submission_key text unique,
    add column if not exists submitted_by bigint references people (id),
    add column if not exists submitted_at timestamptz,
    add column if not exists chat_id bigint references chat_identities (id),
    add column if not exists chat_message_id text,
    add column if not exists decided_by bigint references people (id),
    add column if not exists decided_at timestamptz,
    add column if not exists returned_reason text,
    add column if not exists approval_batch bigint;
comment on column readings.state is 'withdrawn: undone by its sender; history: from before the service, never billed by it.';
comment on column readings.submission_key is 'channel:chat:message:line:target of the message that brought it, so that a repeated delivery stores nothing twice.';
create index meters_flat on meters (flat_id); -- a flat's meter
create index flat_owners_flat on flat_owners (flat_id); -- the primary owner beside every meter
create index flat_motors_flat on flat_motors (flat_id); -- the motor that serves a flat
create index readings_meter_date on readings (meter_id, reading_date desc, id desc); -- previous reading, history
create index readings_queue on readings (state, id) where state in ('pending', 'approved', 'returned'); -- the admins' queue
create index readings_message on readings (chat_id, chat_message_id); -- photo in reply to a reading, edits, undo

create table photos (
    id bigint generated always as identity primary key,
    sha256 bytea not null unique,
    content bytea not null,
    width integer not null,
    height integer not null,
    file_name text,
    cloud_state text not null default 'off' check (cloud_state in ('off', 'waiting', 'stored', 'failed')),
    cloud_url text,
    cloud_attempts integer not null default 0,
    cloud_next_at timestamptz,
    created_by bigint references people (id),
    created_at timestamptz not null default now()
);
create index photos_waiting on photos (cloud_next_at) where cloud_state = 'waiting'; -- upload worker
create index photos_uncopied on photos (id) where file_name is null; -- the local copy is still to be written

create table reading_photos (
    id bigint generated always as identity primary key,
    reading_id bigint not null references readings (id),
    photo_id bigint references photos (id),
    url text,
    file_name text,
    attached_at timestamptz not null default now(),
    check (photo_id is not null or url is not null or file_name is not null),
    unique (reading_id, photo_id)
);
comment on table reading_photos is 'A photo of ours, or of an adopted folder or link list (url, file_name).';

create table loose_photos (
    chat_id bigint not null references chat_identities (id),
    photo_id bigint not null references photos (id),
    sent_at timestamptz not null,
    primary key (chat_id, photo_id)
);
comment on table loose_photos is 'Photos that came alone: the chat''s next reading within ten minutes takes them.';

-- Prices, locks

create table tariffs (
    id bigint generated always as identity primary key,
    flat_id bigint not null references flats (id),
    rate_per_unit numeric(10, 4) check (rate_per_unit > 0),
    fixed_charge numeric(12, 2) check (fixed_charge >= 0),
    valid_from date not null,
    source text not null,
    imported_by bigint references people (id),
    imported_at timestamptz not null default now(),
    unique (flat_id, valid_from)
);
comment on table tariffs is 'Master values in force from a date (billing rule 2). A flat''s first row is valid from 2000-01-01.';

create table locks (
    id bigint generated always as identity primary key,
    month date not null check (extract(day from month) = 1),
    locked_at timestamptz not null default now(),
    locked_by bigint references people (id),
    unlocked_at timestamptz,
    unlocked_by bigint references people (id),
    bill_count integer,
    bill_total numeric,
    bills_hash text,
    baseline_at timestamptz
);
create unique index locks_one_live on locks (month) where unlocked_at is null; -- a month is locked once; looked up at every bill and entry

create function month_is_locked(day date) returns boolean language sql stable
begin atomic
    select exists (select 1 from locks where month = date_trunc('month', day::timestamp)::date and unlocked_at is null);
end;

-- Money

alter table bills
    add column if not exists rate_per_unit numeric(10, 4),
    add column if not exists energy_charge numeric(12, 2),
    add column if not exists fixed_charge numeric(12, 2),
    add column if not exists previous_outstanding numeric(12, 2),
    add column if not exists issued_by bigint references people (id);
alter table bills add constraint bills_total_is_its_lines check (
    rate_per_unit is null
    or (energy_charge is not null and fixed_charge is not null and previous_outstanding is not null
        and total_amount = energy_charge + fixed_charge + previous_outstanding
        and total_units = flat_units + water_motor_share)) not valid;
create unique index bills_one_per_reading on bills (flat_reading_id) where status <> 'void' and rate_per_unit is not null; -- a reading is billed once, whoever races
create index bills_flat_end on bills (flat_id, billing_period_end desc); -- last billed period, history
create index bills_end on bills (billing_period_end); -- a month's bills
comment on column bills.rate_per_unit is 'Empty on bills from before the service.';

create table account_entries (
    id bigint generated always as identity primary key,
    flat_id bigint not null references flats (id),
    kind text not null check (kind in ('OPENING', 'CHARGE', 'DEBIT_NOTE', 'CREDIT_NOTE', 'PAYMENT', 'REVERSAL', 'REFUND')),
    amount numeric(12, 2) not null,
    posted_on date not null,
    value_date date not null,
    source_type text not null,
    source_id text not null,
    bill_id bigint references bills (id),
    reverses_id bigint unique references account_entries (id),
    refunds_id bigint references account_entries (id),
    method text,
    reference text,
    reference_key text,
    note text,
    recorded_by bigint references people (id),
    recorded_at timestamptz not null default now(),
    unique (source_type, source_id),
    check (case kind when 'CHARGE' then amount >= 0 when 'DEBIT_NOTE' then amount > 0
                     when 'CREDIT_NOTE' then amount < 0 when 'PAYMENT' then amount < 0
                     when 'REFUND' then amount > 0 else true end),
    check ((kind = 'REVERSAL') = (reverses_id is not null)),
    check (kind <> 'CHARGE' or bill_id is not null)
);
comment on column account_entries.amount is 'Rupees, signed: a debit (owed by the owner) is positive, a credit negative.';
create index account_entries_flat on account_entries (flat_id, id); -- balance, allocation
create unique index account_entries_charge on account_entries (bill_id) where kind = 'CHARGE'; -- a bill is charged once; its status
create unique index account_entries_reference on account_entries (flat_id, method, reference_key)
    where kind = 'PAYMENT' and reference_key is not null; -- one payment counts once by whatever route

create table parked_flats (
    flat_id bigint primary key references flats (id),
    reason text not null,
    parked_at timestamptz not null default now()
);

create table adopted_bills (
    bill_id bigint primary key references bills (id),
    old_status text not null,
    open boolean not null,
    entry_id bigint references account_entries (id),
    adopted_at timestamptz not null default now()
);
comment on table adopted_bills is 'Bills from before the service. A bill that is neither here nor charged to an account came from outside.';
comment on column adopted_bills.open is 'It was unpaid at adoption; entry_id is the entry that carries it, empty while its flat is parked.';

create table bill_links (
    token text primary key,
    bill_id bigint not null references bills (id),
    person_id bigint references people (id),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index bill_links_bill on bill_links (bill_id); -- a bill's links, to revoke them

-- Conversations and messages

create table conversations (
    chat_id bigint not null references chat_identities (id),
    sender text not null,
    flow text not null,
    step text not null,
    data jsonb not null default '{}',
    updated_at timestamptz not null default now(),
    primary key (chat_id, sender)
);
comment on column conversations.sender is 'Address of who began the dialogue: in a group it is theirs alone.';

create table actions (
    token text primary key,
    chat_id bigint not null references chat_identities (id),
    name text not null,
    data jsonb not null default '{}',
    created_at timestamptz not null default now()
);
create index actions_age on actions (created_at); -- tidied after 90 days
comment on table actions is 'What a button does: its token names a stored action, bound to one chat.';

create table inbox (
    id bigint generated always as identity primary key,
    channel text not null,
    dedupe_key text not null,
    chat text not null,
    payload jsonb not null,
    sent_at timestamptz not null,
    received_at timestamptz not null default now(),
    not_before timestamptz not null default '-infinity',
    state text not null default 'new' check (state in ('new', 'done', 'dead')),
    attempts integer not null default 0,
    lease integer not null default 0,
    leased_until timestamptz,
    done_at timestamptz,
    error text,
    burst bigint,
    unique (channel, dedupe_key)
);
create index inbox_open on inbox (channel, chat, id) where state = 'new'; -- the next message of each chat
create index inbox_done on inbox (done_at) where state = 'done'; -- tidied after 30 days
comment on column inbox.burst is 'The same for messages of one chat that were found waiting together: one summary answers them.';
comment on column inbox.lease is 'Number of the lease; only its holder may settle the row. attempts counts failures of the message''s own.';

alter table notifications
    add column if not exists outbox boolean not null default false,
    add column if not exists kind text,
    add column if not exists source_type text,
    add column if not exists source_id text,
    add column if not exists sequence integer not null default 1,
    add column if not exists chat_id bigint references chat_identities (id),
    add column if not exists person_id bigint references people (id),
    add column if not exists payload jsonb,
    add column if not exists card text,
    add column if not exists bulk boolean not null default false,
    add column if not exists not_before timestamptz not null default '-infinity',
    add column if not exists attempts integer not null default 0,
    add column if not exists outages integer not null default 0,
    add column if not exists lease integer not null default 0,
    add column if not exists leased_until timestamptz,
    add column if not exists sending boolean not null default false,
    add column if not exists external_id text,
    add column if not exists photo_id bigint references photos (id),
    add column if not exists uncertain boolean not null default false,
    add column if not exists error text,
    add column if not exists created_at timestamptz not null default now();
comment on column notifications.outbox is 'Only rows with this are ever delivered: those our outbox made.';
comment on column notifications.card is 'Messages with the same card in one chat are one message, edited in place.';
comment on column notifications.attempts is 'Failures of its own; outages counts what the network or the channel failed.';
comment on column notifications.sending is 'Claimed and not settled since. Found set by the next claim, its holder was lost and the message may have arrived.';
comment on column notifications.uncertain is 'An earlier try got no answer, or its sender was lost, and it may have arrived.';
comment on column notifications.photo_id is 'Photo of the message as posted: an edit must know whether there is one.';
create unique index notifications_once on notifications (kind, source_type, source_id, chat_id, sequence) where outbox; -- one message for one cause
create index notifications_open on notifications (bulk, chat_id, id) where outbox and status = 'queued'; -- the first of each chat
create index notifications_card on notifications (chat_id, card, id desc) where card is not null and external_id is not null; -- the message to edit in place
create index notifications_cards on notifications (chat_id, id desc) where card is not null and outbox; -- the live card of the admins' queue
create index notifications_bill on notifications (bill_id) where bill_id is not null; -- delivery shown on the admin's card

create table leases (
    name text primary key,
    holder text not null,
    until timestamptz not null
);
comment on table leases is 'Things only one process may do at a time, such as polling a bot.';

create table channel_accounts (
    channel text primary key,
    name text not null,
    seen_at timestamptz not null default now()
);
comment on table channel_accounts is 'Our own name on a channel, as the platform told it: invite links are made from it.';

create table approval_batches (
    id bigint generated always as identity primary key,
    approved_by bigint not null references people (id),
    approved_at timestamptz not null default now(),
    issue_at timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'undone', 'issued')),
    chat_id bigint references chat_identities (id)
);
alter table readings add constraint readings_batch foreign key (approval_batch) references approval_batches (id);

create table job_runs (
    id bigint generated always as identity primary key,
    job text not null,
    period text not null,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    state text not null default 'running' check (state in ('running', 'done')),
    result jsonb,
    unique (job, period)
);

create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    actor_id bigint references people (id),
    actor text not null,
    action text not null,
    subject_type text not null,
    subject_id text not null,
    before jsonb,
    after jsonb,
    ref text
);
create index audit_subject on audit (subject_type, subject_id, id); -- the trail of one thing

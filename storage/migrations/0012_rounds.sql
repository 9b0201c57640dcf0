-- The walk through the month's meters: where each engineer is, what they put off, what could not be read.

create table rounds (
    id bigint generated always as identity primary key,
    person_id bigint not null references people (id),
    month date not null constraint rounds_month_check check (extract(day from month) = 1),
    chat_id bigint not null references chat_identities (id),
    place text,
    meter_id bigint references meters (id),
    asked_at timestamptz,
    card text,
    began_at timestamptz not null,
    ended_at timestamptz,
    constraint rounds_key unique (person_id, month)
);
comment on table rounds is 'An engineer''s walk in a month; it is picked up at any time, in any of their chats.';
comment on column rounds.place is 'Flat or motor where they were last: the walk goes on behind it. Null: from the start.';
comment on column rounds.meter_id is 'The meter asked for: a number alone is of this one. Null: none was asked for.';
comment on column rounds.card is 'Name of the message that asks for it.';
comment on column rounds.ended_at is 'They stopped; null: they walk.';

create table round_skips (
    round_id bigint not null references rounds (id),
    meter_id bigint not null references meters (id),
    reason text not null default '',
    at timestamptz not null,
    primary key (round_id, meter_id)
);
comment on table round_skips is 'Meters put off to the end of a walk, the one put off first comes first.';

create table cant_read (
    id bigint generated always as identity primary key,
    meter_id bigint not null references meters (id),
    month date not null constraint cant_read_month_check check (extract(day from month) = 1),
    reason text not null constraint cant_read_reason_check
        check (reason in ('locked', 'no_display', 'blocked', 'unsafe', 'not_found', 'other')),
    words text not null default '',
    photo_id bigint references photos (id),
    person_id bigint references people (id),
    at timestamptz not null,
    visits integer not null default 1,
    undone_at timestamptz
);
comment on table cant_read is 'Meters that could not be read in a month. A reading of that month makes the row meaningless; nothing deletes it.';
comment on column cant_read.words is 'What the engineer wrote, where the reason is other.';
comment on column cant_read.visits is 'How often somebody stood before it in vain.';
create unique index cant_read_standing on cant_read (month, meter_id) where undone_at is null; -- what a month lacks, and why
create index cant_read_by_person on cant_read (person_id, at desc); -- the last one, to be taken back

-- Rights

select open_to_service(array['rounds', 'round_skips', 'cant_read']);

grant insert, update on rounds, cant_read to billing_service;
grant insert, update, delete on round_skips to billing_service;

-- A meter's life: registers that begin anew after their last number, and meters that others replace.

alter table meters
    add column register_digits smallint
        constraint meters_register_digits_check check (register_digits between 3 and 9);
comment on column meters.register_digits is 'Whole digits that its register shows: after 99999 comes 0. Null: not known.';

alter table readings
    add column rolled_over numeric
        constraint readings_rolled_over_check check (rolled_over > 0);
comment on column readings.rolled_over is 'The register began anew since the reading before: what it counts to (100000). Null: it did not.';

create or replace function readings_guard_update() returns trigger language plpgsql as $$
begin
    if (new.meter_id, new.reading_date, new.reading_value, new.motor_share, new.rolled_over)
        is distinct from (old.meter_id, old.reading_date, old.reading_value, old.motor_share, old.rolled_over)
        and (old.state = 'billed'
            or exists (select from bills where flat_reading_id = old.id and status is distinct from 'void')
            or exists (select from motor_shares where motor_reading_id = old.id)) then
        raise exception 'reading % is billed: void its bill before it is changed', old.id using errcode = 'BC001';
    end if;
    return new;
end $$;

create or replace trigger readings_value
    before update of meter_id, reading_date, reading_value, motor_share, rolled_over on readings
    for each row execute function readings_guard_update();

create table meter_replacements (
    id bigint generated always as identity primary key,
    old_meter_id bigint not null references meters (id),
    new_number text not null,
    new_meter_id bigint references meters (id),
    replaced_on date not null,
    closing numeric check (closing >= 0),
    closing_rolled_over numeric check (closing_rolled_over > 0),
    closing_missing text
        constraint meter_replacements_closing_missing_check check (closing_missing in ('dead', 'gone', 'no_camera')),
    closing_photo bigint references photos (id),
    opening numeric not null check (opening >= 0),
    opening_photo bigint references photos (id),
    key text not null unique,
    asked_by bigint references people (id),
    asked_at timestamptz not null default now(),
    state text not null default 'asked'
        constraint meter_replacements_state_check check (state in ('asked', 'approved', 'returned')),
    decided_by bigint references people (id),
    decided_at timestamptz,
    returned_reason text,
    constraint meter_replacements_new_meter_check check ((state = 'approved') = (new_meter_id is not null))
);
comment on table meter_replacements is 'Requests to replace a meter, and what became of them.';
comment on column meter_replacements.closing is 'What the old register showed last; null where its display was dead: its last reading counts, whichever stands.';
comment on column meter_replacements.closing_missing is 'Why there is no photo of it: its display was dead, it was gone, or no camera.';
create unique index meter_replacements_open on meter_replacements (old_meter_id) where state = 'asked'; -- one at a time
create unique index meter_replacements_done on meter_replacements (old_meter_id) where state = 'approved'; -- replaced once; sums over both
create unique index meter_replacements_new on meter_replacements (new_meter_id) where new_meter_id is not null; -- since when a meter is there

create function meter_replacements_guard_update() returns trigger language plpgsql as $$
begin
    if old.state <> 'asked' and to_jsonb(new) - 'returned_reason' is distinct from to_jsonb(old) - 'returned_reason' then
        raise exception 'replacement % is decided: its numbers stay what they are', old.id using errcode = 'BC001';
    end if;
    return new;
end $$;

create trigger meter_replacements_decided before update on meter_replacements
    for each row execute function meter_replacements_guard_update();

create table meter_lines (
    meter_id bigint not null references meters (id),
    earlier_id bigint not null references meters (id),
    hops smallint not null check (hops > 0),
    primary key (meter_id, earlier_id)
);
comment on table meter_lines is 'All meters that were in the place of a meter before it: the one that it replaced is one hop away.';
create index meter_lines_earlier on meter_lines (earlier_id); -- what came after a meter

-- Rights

select open_to_service(array['meter_replacements', 'meter_lines']);

grant insert, update on meter_replacements to billing_service;
grant insert on meter_lines to billing_service;

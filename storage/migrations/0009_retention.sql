-- What is kept how long (domain/retention.py), and forgetting an owner who left.

-- Photos: the row stays, its content and the copies of it go

alter table photos
    alter column content drop not null,
    add column forgotten_at timestamptz,
    drop constraint photos_cloud_state_check,
    add constraint photos_cloud_state_check
        check (cloud_state in ('off', 'waiting', 'stored', 'failed', 'removed', 'kept')),
    add constraint photos_forgotten check ((content is null) = (forgotten_at is not null));
comment on column photos.forgotten_at is 'Its time was over: no content any more. Then the copies go: file_name becomes empty text.';
comment on column photos.cloud_state is 'Of a forgotten photo: stored until the copy is deleted, removed, or kept where the outside store refused for good.';
create index photos_age on photos (created_at) where forgotten_at is null; -- those whose time may be over
create index photos_leaving on photos (id)
    where forgotten_at is not null and (file_name <> '' or cloud_state = 'stored'); -- copies still to be deleted
create index bills_motor_reading on bills (motor_reading_id) where motor_reading_id is not null; -- whose photo it is

-- Messages

create index notifications_worded on notifications (created_at)
    where outbox and payload is not null and status <> 'queued'; -- texts and facts whose time is over
create index inbox_dead on inbox (received_at) where state = 'dead'; -- those nobody tries again
create index conversations_age on conversations (updated_at); -- dialogues nobody went on with

-- The trail keeps what happened; who a former owner was goes from it, by this function alone

create function audit_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_setting('billing.forgetting', true) = 'on'
        and (new.id, new.at, new.actor_id, new.action, new.subject_type, new.subject_id, new.ref)
            is not distinct from (old.id, old.at, old.actor_id, old.action, old.subject_type, old.subject_id, old.ref) then
        return new;
    end if;
    raise exception '% rows are never changed or deleted', tg_table_name using errcode = 'BC001';
end $$;

create or replace trigger audit_change before update or delete on audit for each row execute function audit_guard();

create function forget_in_trail(who bigint, named text, near text, flats text[], invited text[]) returns bigint
    language plpgsql security definer as $$
declare
    changed bigint;
begin
    perform set_config('billing.forgetting', 'on', true);
    update audit a set
        actor = case when a.actor_id = who then 'Former owner' else regexp_replace(a.actor, named, 'Former owner', 'gi') end,
        before = regexp_replace(a.before::text, w.words, 'Former owner', 'gi')::jsonb,
        after = regexp_replace(a.after::text, w.words, 'Former owner', 'gi')::jsonb
    from (select id, case when actor_id = who
                or subject_type = 'flat' and subject_id = any (flats)
                or subject_type = 'person' and subject_id = who::text
                or subject_type = 'invite' and subject_id = any (invited) then near else named end as words
          from audit) w
    where w.id = a.id
        and (a.actor_id = who or a.actor ~* named or a.before::text ~* w.words or a.after::text ~* w.words);
    get diagnostics changed = row_count;
    perform set_config('billing.forgetting', 'off', true);
    return changed;
end $$;
comment on function forget_in_trail is 'Puts "Former owner" where the trail names somebody: named everywhere, near in lines about their flats and themselves.';

do $$
declare
    outsider text;
begin
    for outsider in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
        execute format('revoke all on function forget_in_trail (bigint, text, text, text[], text[]) from %I', outsider);
    end loop;
    execute format('alter function forget_in_trail (bigint, text, text, text[], text[]) set search_path = %I, pg_temp', current_schema());
end $$;

revoke execute on function forget_in_trail (bigint, text, text, text[], text[]) from public;
grant execute on function forget_in_trail (bigint, text, text, text[], text[]) to billing_service;

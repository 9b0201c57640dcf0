-- Admins who log in with Auth0: the address of one login, and what a login gave a chat.

create table admin_logins (
    token_hash bytea primary key,
    chat_id bigint not null references chat_identities (id),
    person_id bigint not null references people (id),
    expires_at timestamptz not null,
    state_hash bytea unique,
    begun_at timestamptz
);
create index admin_logins_expiry on admin_logins (expires_at); -- tidied after a day
comment on table admin_logins is 'One-time addresses of the login page, each for one person''s chat; a row goes when its login has succeeded.';
comment on column admin_logins.state_hash is 'What the browser that pressed the button must bring back; empty until then, and again once it was brought.';

create table admin_bindings (
    id bigint generated always as identity primary key,
    person_id bigint not null references people (id),
    chat_id bigint not null references chat_identities (id),
    subject text not null,
    bound_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create unique index admin_bindings_live on admin_bindings (chat_id) where revoked_at is null; -- an admin's rights, read at each message
create index admin_bindings_person on admin_bindings (person_id) where revoked_at is null; -- ending a person's logins
create index admin_bindings_subject on admin_bindings (subject) where revoked_at is null; -- whose login it is already
comment on table admin_bindings is 'Chats that may do an admin''s work where admins log in: the person''s, until it expires, is revoked, or the chat is another''s.';
comment on column admin_bindings.subject is 'Who logged in, by Auth0''s own name for them; one person''s only, also when it has expired.';

-- Rights, as for every table before

do $$
declare
    one text;
    ids text;
    outsider text;
begin
    foreach one in array array['admin_logins', 'admin_bindings']
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

grant insert, delete on admin_logins to billing_service;
grant update (state_hash, begun_at) on admin_logins to billing_service;
grant insert on admin_bindings to billing_service;
grant update (revoked_at) on admin_bindings to billing_service;

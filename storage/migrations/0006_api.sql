-- What machines asked for over HTTP, so that a repeated request is answered with the same words and done once.

create table api_requests (
    id bigint generated always as identity primary key,
    caller text not null,
    key text not null,
    body_sha256 bytea not null,
    answer text,
    reading_id bigint references readings (id),
    created_at timestamptz not null default now(),
    unique (caller, key)
);
create index api_requests_age on api_requests (created_at); -- tidied after 30 days
comment on table api_requests is 'Idempotency keys of POST /webhook/meter-reading: one row for each key that a caller used and that was not refused.';
comment on column api_requests.caller is 'Whose key it is: the static token, or the subject of an Auth0 token.';
comment on column api_requests.body_sha256 is 'The same key with another body is refused.';

-- Rights, as for every table before

do $$
declare
    one text;
    ids text;
    outsider text;
begin
    foreach one in array array['api_requests']
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

grant insert, delete on api_requests to billing_service;
grant update (answer, reading_id) on api_requests to billing_service;

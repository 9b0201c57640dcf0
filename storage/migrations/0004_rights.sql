-- The running service is `billing_service`: a role without login that owns nothing (`migrate` creates it). It may do what is
-- granted here and nothing else. Row-level security keeps everybody else out, on Supabase also the holders of the anon key.

do $$
declare
    one text;
    ids text;
    outsider text;
begin
    if not has_schema_privilege('billing_service', current_schema(), 'usage') then
        execute format('grant usage on schema %I to billing_service', current_schema());
    end if;
    foreach one in array array[
        'floors', 'flat_types', 'flats', 'owners', 'flat_owners', 'motors', 'flat_motors', 'meters', 'readings', 'bills',
        'notifications', 'payment_events', 'tenants', 'people', 'staff', 'owner_people', 'chat_identities', 'invites',
        'guesses', 'photos', 'reading_photos', 'loose_photos', 'tariffs', 'locks', 'account_entries', 'parked_flats', 'adopted_bills',
        'bill_links', 'conversations', 'actions', 'inbox', 'leases', 'channel_accounts', 'approval_batches', 'job_runs', 'audit',
        'billing_migrations']
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

grant insert on bills, account_entries, audit, payment_events to billing_service;
grant update (status, updated_at) on bills to billing_service;
grant insert, update on
    floors, flat_types, flats, owners, flat_owners, tenants, motors, meters, people, staff, owner_people, chat_identities,
    invites, readings, photos, tariffs, locks, bill_links, channel_accounts, approval_batches, job_runs, adopted_bills
    to billing_service;
grant insert, update, delete on
    flat_motors, reading_photos, loose_photos, parked_flats, guesses, conversations, actions, inbox, notifications, leases
    to billing_service;

revoke execute on function month_is_locked (date) from public;
grant execute on function month_is_locked (date) to billing_service;

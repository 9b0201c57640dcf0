-- WhatsApp: when people wrote last, whose chat a business-scoped id is, and what became of what was sent.

alter table chat_identities
    add column last_heard_at timestamptz,
    add column opted_out_at timestamptz,
    add column opted_in_at timestamptz,
    add column opted_in_by text,
    add column preferred_at timestamptz;
comment on column chat_identities.preferred_at is 'When the person chose this chat for what we write first; the latest of their chats counts, else the one last heard from.';
comment on column chat_identities.last_heard_at is 'When the person sent the last message that came, by the platform''s clock: WhatsApp takes free words for 24 hours after it.';
comment on column chat_identities.opted_out_at is 'They wrote STOP: answered where they ask, never written to first; empty again after START.';
comment on column chat_identities.opted_in_by is 'How the person agreed to be written to: their own message, an invite, an admin.';

alter table invites add column on_paper boolean not null default false;
comment on column invites.on_paper is 'Printed as a slip for a flat that no message reaches. Whoever uses one ends the others of the same name.';
create index guesses_all on guesses (what, at); -- rate limit over all chats

create table whatsapp_ids (
    user_id text primary key,
    chat_id bigint not null references chat_identities (id)
);
create index whatsapp_ids_chat on whatsapp_ids (chat_id); -- forgetting a person
comment on table whatsapp_ids is 'Whose chat a business-scoped id is, so that a person who hides their number later keeps it.';

alter table notifications
    add column delivered_at timestamptz,
    add column read_at timestamptz,
    add column as_template boolean not null default false,
    add column first_words_at timestamptz;
create index notifications_first_words on notifications (channel, first_words_at) where first_words_at is not null; -- how many people were written to first in a day
comment on column notifications.as_template is 'The platform refused free words for it: it goes as a template, whatever the chat says.';
comment on column notifications.first_words_at is 'When it was counted among those by which people are written to first, of whom the platform allows so many a day.';
create index notifications_posted on notifications (channel, external_id) where external_id is not null; -- receipts name a message by its id
comment on column notifications.delivered_at is 'By the platform''s receipt; read_at likewise. A receipt only leads forward.';

alter table channel_accounts add column daily_new_people integer;
comment on column channel_accounts.daily_new_people is 'How many people the platform lets us write to first in 24 hours; empty: not known.';

create table hook_refusals (
    hook text not null,
    reason text not null,
    times bigint not null,
    last_at timestamptz not null default now(),
    primary key (hook, reason)
);
comment on table hook_refusals is 'Calls of hooks that were refused, for the installer: a wrong secret says nothing to its caller.';

-- Rights, as for every table before

do $$
declare
    one text;
    ids text;
    outsider text;
begin
    foreach one in array array['whatsapp_ids', 'hook_refusals']
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

grant insert, update, delete on whatsapp_ids to billing_service;
grant insert, update on hook_refusals to billing_service;

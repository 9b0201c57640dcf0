-- What a photo shows: told at once when it is let in, and by those who read it afterwards.

alter table photos
    add column fingerprint bit(256),
    add column codes text[] not null default '{}',
    add column traits text[] not null default '{}',
    add column taken_on date,
    add column look_state text not null default 'none'
        constraint photos_look_state_check check (look_state in ('none', 'waiting', 'seen', 'unread')),
    add column look_attempts integer not null default 0,
    add column look_next_at timestamptz,
    add column look_tries integer not null default 0,
    add column look_since timestamptz,
    add column look_asked jsonb not null default '[]',
    add column alike bigint[] not null default '{}';
comment on column photos.fingerprint is 'Perceptual hash: pictures that look alike differ in few bits. Null: from before, or a picture without any detail.';
comment on column photos.alike is 'Photos of readings that looked nearly the same when it was given to its own, the nearest first.';
comment on column photos.codes is 'Texts of the QR and bar codes in the picture.';
comment on column photos.traits is 'What its pixels alone say: blurred, dark.';
comment on column photos.taken_on is 'The day that the camera wrote into the file, where it did.';
comment on column photos.look_state is 'none: nobody reads it; waiting for a reader; seen: photo_views says what; unread: no reader could.';
comment on column photos.look_attempts is 'Goes up with every lease and is its number.';
comment on column photos.look_tries is 'Leases since it began to wait; after three it is unread.';
comment on column photos.look_since is 'Since when it waits for a reader.';
comment on column photos.look_asked is 'Admins who asked for another look: person, chat, and the card that is drawn again.';
create index photos_to_look_at on photos (look_next_at) where look_state = 'waiting'; -- the next one for a reader
create index photos_by_sender on photos (created_by, created_at); -- pictures that somebody may have sent before
create index reading_photos_photo on reading_photos (photo_id); -- which readings a photo belongs to

alter table meters add column sticker text;
comment on column meters.sticker is 'The code on the sticker beside the meter: made when it is first printed, for good. Whoever replaces the meter means the same place by it.';
create unique index meters_sticker on meters (sticker) where sticker is not null; -- which meter a sticker is of

create table photo_views (
    id bigint generated always as identity primary key,
    photo_id bigint not null references photos (id),
    reader text not null,
    seen jsonb not null,
    asked_by bigint references people (id),
    created_at timestamptz not null default now()
);
comment on table photo_views is 'What a reader saw in a photo, blind to what was typed. The newest one counts. Advice only.';
create index photo_views_newest on photo_views (photo_id, id desc); -- what a photo says

alter table loose_photos
    add column person_id bigint references people (id),
    add column message_id text,
    add column message_key text,
    add column card text,
    add column album text,
    add column meter_id bigint references meters (id),
    add column value numeric;
comment on table loose_photos is 'Photos that came alone: the chat''s next reading within ten minutes takes them, or their sender says what they show.';
comment on column loose_photos.card is 'The message that asks about it. Null: nothing is asked, as its reading was refused.';
comment on column loose_photos.album is 'What it was sent together with: one message asks about all of it.';
comment on column loose_photos.meter_id is 'The meter that it is of, as far as that is known.';
comment on column loose_photos.value is 'What the sender typed for it, to be stored with the others of its album.';
create index loose_photos_photo on loose_photos (photo_id); -- who waits for what a photo shows

-- Rights, as for every table before, in one place from here on

create function open_to_service(tables text[]) returns void language plpgsql as $$
declare
    one text;
    ids text;
    outsider text;
begin
    foreach one in array tables
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
comment on function open_to_service is 'For migrations: new tables are read by the service and by no outsider; what else it may do is granted beside.';
revoke execute on function open_to_service (text[]) from public;

select open_to_service(array['photo_views']);

grant insert, delete on photo_views to billing_service;

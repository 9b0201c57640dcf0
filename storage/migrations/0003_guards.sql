-- Issued and locked rows do not change, whoever asks; the running service uses a role that owns nothing.

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% rows are never changed or deleted', tg_table_name using errcode = 'BC001';
end $$;

create function bills_guard_update() returns trigger language plpgsql as $$
begin
    if to_jsonb(new) - array['status', 'updated_at'] is distinct from to_jsonb(old) - array['status', 'updated_at'] then
        raise exception 'bill % was issued: only its status may change', old.id using errcode = 'BC001';
    end if;
    if old.status = 'void' and new.status <> 'void' then
        raise exception 'bill % is void for good', old.id using errcode = 'BC001';
    end if;
    return new;
end $$;

create function bills_guard_insert() returns trigger language plpgsql as $$
begin
    if month_is_locked(new.billing_period_end) then
        raise exception '% is locked: no bill may end in it', to_char(new.billing_period_end, 'YYYY-MM') using errcode = 'BC002';
    end if;
    if new.status <> 'void' and new.flat_reading_id is not null and exists (
        select 1 from bills where flat_reading_id = new.flat_reading_id and status <> 'void') then
        raise exception 'reading % is billed already', new.flat_reading_id using errcode = 'BC003';
    end if;
    return new;
end $$;

create function account_entries_guard_insert() returns trigger language plpgsql as $$
begin
    if month_is_locked(new.posted_on) then
        raise exception '% is locked: nothing may be posted in it', to_char(new.posted_on, 'YYYY-MM') using errcode = 'BC002';
    end if;
    return new;
end $$;

create trigger bills_insert before insert on bills for each row execute function bills_guard_insert();
create trigger bills_update before update on bills for each row execute function bills_guard_update();
create trigger bills_delete before delete on bills for each row execute function refuse_change();
create trigger bills_truncate before truncate on bills for each statement execute function refuse_change();
create trigger account_entries_insert before insert on account_entries for each row execute function account_entries_guard_insert();
create trigger account_entries_change before update or delete on account_entries for each row execute function refuse_change();
create trigger account_entries_truncate before truncate on account_entries for each statement execute function refuse_change();
create trigger audit_change before update or delete on audit for each row execute function refuse_change();
create trigger audit_truncate before truncate on audit for each statement execute function refuse_change();

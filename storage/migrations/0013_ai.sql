-- Artificial intelligence outside the house: what was spent on it, and what went wrong there.

create table ai_spending (
    month date primary key
        constraint ai_spending_month_check check (extract(day from month) = 1),
    micro_dollars bigint not null default 0
        constraint ai_spending_micro_dollars_check check (micro_dollars >= 0),
    calls integer not null default 0,
    asked_at timestamptz
);
comment on table ai_spending is 'Spent in a month of the society''s calendar, in millionths of a US dollar. A call adds the most it can cost before it is made and gives back the rest when its cost is known; where that never becomes known, all of it stays counted. asked_at: when money was last set aside; no call takes longer than a minute.';

create table ai_troubles (
    reason text primary key,
    times integer not null default 1,
    last_at timestamptz not null default now()
);
comment on table ai_troubles is 'Why calls came to nothing since the last one that was answered, for the installer.';

create table ai_openings (
    occasion text not null,
    language text not null,
    sentences text[] not null default '{}',
    next_at timestamptz not null,
    primary key (occasion, language)
);
comment on table ai_openings is 'Friendlier sentences for the top of bills and reminders, written about nobody in particular; next_at: when they are asked for anew.';

-- Rights

select open_to_service(array['ai_spending', 'ai_troubles', 'ai_openings']);

grant insert, update on ai_openings to billing_service;
grant insert, update on ai_spending to billing_service;
grant insert, update, delete on ai_troubles to billing_service;

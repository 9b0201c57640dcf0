"""Finding flats by whatever somebody remembers: code, meter, name or phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Hit:
    """A flat that matches; `tenant` only where the tenant is what matched."""

    flat_code: str
    owner: str | None
    meter_number: str | None
    tenant: str | None
    exact: bool


_SEARCH = """
    with typed as (select lower($1) as plain, upper(regexp_replace($1, '[^[:alnum:]]', '', 'g')) as bare,
                          regexp_replace($1, '[^0-9]', '', 'g') as digits)
    select f.code as flat_code, o.name as owner, m.meter_number,
           (select t.name from tenants t where t.flat_id = f.id and t.until is null
            and strpos(lower(t.name), typed.plain) > 0 order by t.id limit 1) as tenant,
           replace(f.code, '-', '') = typed.bare or m.meter_number = $1 as exact
    from flats f cross join typed
    left join lateral (select ow.name from flat_owners fo join owners ow on ow.id = fo.owner_id
                       where fo.flat_id = f.id and fo.until is null
                       order by fo.is_primary desc nulls last, fo.id limit 1) o on true
    left join lateral (select x.meter_number from meters x where x.flat_id = f.id and lower(x.status) = 'active'
                       order by x.id desc limit 1) m on true
    where (typed.bare <> '' and strpos(replace(f.code, '-', ''), typed.bare) > 0)
       or exists (select 1 from meters x where x.flat_id = f.id and strpos(lower(x.meter_number), typed.plain) > 0)
       or exists (select 1 from flat_owners fo join owners ow on ow.id = fo.owner_id
                  where fo.flat_id = f.id and fo.until is null
                  and (strpos(lower(ow.name), typed.plain) > 0
                       or (length(typed.digits) >= 4
                           and strpos(regexp_replace(ow.phone, '[^0-9]', '', 'g'), typed.digits) > 0)))
       or exists (select 1 from tenants t where t.flat_id = f.id and t.until is null
                  and (strpos(lower(t.name), typed.plain) > 0
                       or (length(typed.digits) >= 4
                           and strpos(regexp_replace(t.phone, '[^0-9]', '', 'g'), typed.digits) > 0)))
    order by exact desc nulls last, f.code limit $2"""


async def flats_like(conn: Connection, text: str, limit: int) -> list[Hit]:
    """Flats whose code, meter number, present owner, tenant or phone contains the text; exact ones first."""
    return [Hit(**{**row, "exact": bool(row["exact"])}) for row in await conn.fetch(_SEARCH, text, limit)]

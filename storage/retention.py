"""Forgetting what is no longer needed, a batch at a time; several processes share the work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from domain.retention import Kept
from storage.courses import previous_sql

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Connection

Sweep = Callable[["Connection", "datetime", int], Awaitable[int]]
"""Forgets up to so many rows last used before a moment; how many it were."""


def _sweep(which: str, change: str, beside: str = "select 1") -> Sweep:
    """`which` finds ids for `$1` (a moment), at most `$2`; `change` forgets those of `old`. Who is busy is left out.

    `beside` forgets what hangs on them.
    """
    sql = f"""
        with old as ({which} limit $2 for update skip locked), gone as ({change} returning 1), also as ({beside})
        select count(*) from gone"""

    async def sweep(conn: Connection, before: datetime, limit: int) -> int:
        count: int = await conn.fetchval(sql, before, limit)
        return count

    return sweep


_COUNTED_FROM: Final = f"""
    select from readings n join bills b on b.flat_reading_id = n.id or b.motor_reading_id = n.id
    {previous_sql("n", "counted")}
    where n.meter_id = any(array(select r.meter_id union all
                                 select l.meter_id from meter_lines l where l.earlier_id = r.meter_id))
        and n.reading_date >= r.reading_date and counted.id = r.id
        and coalesce(b.status, 'pending') not in ('paid', 'void')"""
"""Unpaid bills of the reading that comes next after `r`: their units are counted from where `r` shows the meter."""

_REPLACED: Final = """
    select from meter_replacements s where p.id in (s.closing_photo, s.opening_photo) and (
        s.state = 'asked' or s.decided_at >= $1 or exists (
            select from readings n join bills b on b.flat_reading_id = n.id or b.motor_reading_id = n.id
            where n.meter_id = s.new_meter_id and coalesce(b.status, 'pending') not in ('paid', 'void')))"""
"""Replacements shown by photo `p` that wait, are young, or whose new meter has unpaid bills."""

_PHOTOS: Final = f"""
    select p.id from photos p
    where p.forgotten_at is null and p.created_at < $1 and not exists (
        select from reading_photos rp join readings r on r.id = rp.reading_id
        where rp.photo_id = p.id and (
            r.state in ('pending', 'approved', 'returned') or r.reading_date >= $1::date
            or exists (
                select from bills b
                where (b.flat_reading_id = r.id or b.motor_reading_id = r.id) and b.status is distinct from 'void'
                  and (b.status is distinct from 'paid' or b.due_date >= $1::date
                       or b.created_at::timestamptz >= $1
                       or exists (select from parked_flats x where x.flat_id = b.flat_id)))
            or exists ({_COUNTED_FROM})))
        and not exists ({_REPLACED})
    order by p.created_at"""
"""Never while a bill of its reading is unpaid, young, or of a flat that is set aside; nor before it is decided; nor
while an unpaid bill is counted from it, or over the replacement that it shows."""

SWEEPS: Final[dict[Kept, Sweep]] = {
    Kept.INBOX: _sweep(
        "select id from inbox where state = 'done' and done_at < $1 order by done_at",
        "delete from inbox using old where inbox.id = old.id",
    ),
    Kept.DEAD: _sweep(
        "select id from inbox where state = 'dead' and received_at < $1 order by received_at",
        "delete from inbox using old where inbox.id = old.id",
    ),
    Kept.SENT: _sweep(
        """select id from notifications
           where outbox and payload is not null and status <> 'queued' and created_at < $1 order by created_at""",
        """update notifications n set payload = null, message = null, error = null from old where n.id = old.id""",
    ),
    Kept.DIALOGUES: _sweep(
        "select chat_id, sender from conversations where updated_at < $1 order by updated_at",
        "delete from conversations c using old where c.chat_id = old.chat_id and c.sender = old.sender",
    ),
    Kept.BUTTONS: _sweep(
        "select token from actions where created_at < $1 order by created_at",
        "delete from actions using old where actions.token = old.token",
    ),
    Kept.GUESSES: _sweep(
        "select id from guesses where at < $1", "delete from guesses using old where guesses.id = old.id"
    ),
    Kept.MACHINES: _sweep(
        "select id from api_requests where created_at < $1 order by created_at",
        "delete from api_requests using old where api_requests.id = old.id",
    ),
    Kept.LOGINS: _sweep(
        "select token_hash from admin_logins where expires_at < $1 order by expires_at",
        "delete from admin_logins using old where admin_logins.token_hash = old.token_hash",
    ),
    Kept.INVITES: _sweep(
        """select id from invites
           where coalesce(used_at, revoked_at, expires_at) < $1 and (name <> '' or phone is not null)""",
        "update invites set name = '', phone = null from old where invites.id = old.id",
    ),
    Kept.STRANGERS: _sweep(
        """select id from chat_identities
           where person_id is null and display_name <> '' and coalesce(last_seen_at, created_at) < $1""",
        "update chat_identities c set display_name = '' from old where c.id = old.id",
    ),
    Kept.TENANTS: _sweep(
        "select id from tenants where until < $1::date and (name <> '' or phone is not null)",
        "update tenants t set name = '', phone = null from old where t.id = old.id",
    ),
    Kept.PHOTOS: _sweep(
        _PHOTOS,
        """update photos p set content = null, forgotten_at = now(), file_name = coalesce(p.file_name, ''),
               codes = '{}', fingerprint = null, traits = '{}', taken_on = null, alike = '{}',
               look_state = 'none', look_next_at = null, look_since = null, look_asked = '[]',
               cloud_state = case p.cloud_state when 'waiting' then 'off' else p.cloud_state end,
               cloud_attempts = 0, cloud_next_at = case p.cloud_state when 'stored' then now() end
           from old where p.id = old.id""",
        "delete from photo_views v using old where v.photo_id = old.id",
    ),
}
"""By what is forgotten. Dates are judged by the clock of whoever sweeps."""

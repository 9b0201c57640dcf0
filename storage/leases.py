"""Things only one process may do at a time, such as polling a bot: whoever holds the row does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.database import Connection


async def take(conn: Connection, name: str, holder: str, seconds: float) -> bool:
    """Takes or renews the lease for `seconds`; false while another holder's has not run out."""
    sql = """
        insert into leases (name, holder, until) values ($1, $2, now() + make_interval(secs => $3))
        on conflict (name) do update set holder = excluded.holder, until = excluded.until
        where leases.holder = excluded.holder or leases.until < now()
        returning true"""
    return bool(await conn.fetchval(sql, name, holder, seconds))


async def release_all(conn: Connection) -> None:
    """Gives back everything that processes which are gone still hold: for whoever knows that nobody else is at work."""
    await conn.execute("delete from leases")
    await conn.execute("update inbox set leased_until = null where state = 'new' and leased_until is not null")
    await conn.execute(
        "update notifications set leased_until = null where outbox and status = 'queued' and leased_until is not null"
    )


async def give_back(conn: Connection, name: str, holder: str) -> None:
    """Lets another process take it at once."""
    await conn.execute("delete from leases where name = $1 and holder = $2", name, holder)

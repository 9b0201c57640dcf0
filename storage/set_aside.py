"""What a backup holds of messages on their way: after a restore nothing of it goes out by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.identifiers import walking_order
from domain.roles import Role
from storage import outbox, people, visitors
from storage.outbox import Draft

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.database import Connection

RESTORED: Final = "restored"
"""Kind of the admins' notice, and the reason on every row that was set aside."""
_REMINDERS: Final = "payment_reminders"


@dataclass(frozen=True, slots=True)
class SetAside:
    """What waited when the backup was made: flats whose bill was not sent, other messages, messages not answered."""

    flats: tuple[str, ...] = ()
    others: int = 0
    unanswered: int = 0

    @property
    def total(self) -> int:
        """All messages."""
        return len(self.flats) + self.others + self.unanswered


async def set_aside(conn: Connection) -> SetAside:
    """Keep every message of a restored database from going out or being worked on; the admins are told of them.

    Delayed work of our own stays: an approved batch, a month's run and news of a payment are to be finished.
    Reminders are paused, because payments that came after the backup are not in the books.
    """
    unsent = await _bills(conn, "queued")
    sql = """
        with stopped as (
            update notifications set status = 'cancelled', error = $1, sending = false
            where outbox and status = 'queued' returning kind, sequence)
        select count(*) from stopped where kind <> 'bill' or sequence > 1"""
    others: int = await conn.fetchval(sql, RESTORED)
    aside = SetAside(unsent, others, await _unanswered(conn))
    await conn.execute("insert into job_pauses (job) values ($1) on conflict do nothing", _REMINDERS)
    await _tell_admins(conn, aside)
    return aside


async def bills_set_aside(conn: Connection) -> tuple[str, ...]:
    """Return the flats, in walking order, whose bill was set aside and was not sent since."""
    return await _bills(conn, "cancelled")


async def send_bills(conn: Connection, not_before: datetime) -> tuple[str, ...]:
    """Queue the bills that were set aside, to be looked at again when they are sent; returns their flats."""
    found = await bills_set_aside(conn)
    sql = """
        with again as (
            update notifications set status = 'queued', error = null, leased_until = null, not_before = $2
            where outbox and kind = 'bill' and status = 'cancelled' and error = $1 returning 1)
        select pg_notify('outbox', '') from again limit 1"""
    await conn.execute(sql, RESTORED, not_before)
    return found


async def _bills(conn: Connection, status: str) -> tuple[str, ...]:
    return tuple(sorted((row["code"] for row in await conn.fetch(_BILLS, status)), key=walking_order))


_BILLS: Final = f"""
    select distinct f.code from notifications n join bills b on b.id = n.bill_id join flats f on f.id = b.flat_id
    where n.outbox and n.kind = 'bill' and n.sequence = 1 and n.status = $1
        and (n.status = 'queued' or n.error = '{RESTORED}')"""


async def _unanswered(conn: Connection) -> int:
    """Each sender is told, with a button to try again."""
    sql = """
        update inbox set state = 'dead', error = $1 where state = 'new' and channel <> 'internal'
        returning id, channel, chat, lease"""
    rows = await conn.fetch(sql, RESTORED)
    drafts = [
        (
            await visitors.chat_id(conn, row["channel"], row["chat"]),
            Draft("message_failed", "inbox", str(row["id"]), row["lease"], {"lease": row["lease"]}),
        )
        for row in rows
    ]
    await outbox.queue(conn, drafts)
    return len(rows)


async def _tell_admins(conn: Connection, aside: SetAside) -> None:
    facts = {"flats": aside.flats, "others": aside.others, "unanswered": aside.unanswered}
    number = str(await conn.fetchval("select coalesce(max(id), 0) from notifications"))
    for person_id in await people.people_with_role(conn, Role.ADMIN):
        chats: Sequence[int] = [chat.id for chat in (await people.chats_of(conn, person_id))[:1]]
        draft = Draft(RESTORED, "restore", number, 1, facts, card=f"restored:{number}")
        await outbox.queue(conn, [(chat, draft) for chat in chats], person_id)

"""A message that failed five times: its sender and the admins are told, and delayed work is left in order."""

from __future__ import annotations

from contextlib import suppress

from domain.errors import DomainError
from domain.roles import Role
from jobs.internal import CHANNEL, GIVEN_UP
from jobs.notify import enqueue, enqueue_for_role
from jobs.work import Work
from storage import visitors
from storage.inbox import RECEIPTS, Waiting
from storage.savepoints import DatabaseRefusedError, savepoint


async def report(work: Work, row: Waiting) -> None:
    """Queues the news; the sender's carries a button to try again."""
    facts = {"lease": row.lease}
    await enqueue_for_role(work, Role.ADMIN, "dead_message", "inbox", row.id, sequence=row.lease, payload=facts)
    if row.channel == CHANNEL:
        await _give_up(work, row)
    elif row.chat and not row.chat.startswith(RECEIPTS):
        chat_id = await visitors.chat_id(work.conn, row.channel, row.chat)
        await enqueue(work, "message_failed", "inbox", row.id, chat_id=chat_id, sequence=row.lease, payload=facts)


async def _give_up(work: Work, row: Waiting) -> None:
    """What a task does when it failed for good; that this fails too must not keep the admins from knowing."""
    give_up = GIVEN_UP.get(row.payload["task"])
    if give_up is not None:
        with suppress(DatabaseRefusedError, DomainError):
            async with savepoint(work.conn):
                await give_up(work, row.payload["data"])

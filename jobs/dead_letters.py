"""A message that failed five times: its sender and the admins are told."""

from __future__ import annotations

from domain.roles import Role
from jobs.internal import CHANNEL
from jobs.notify import enqueue, enqueue_for_role
from jobs.work import Work
from storage import visitors
from storage.inbox import Waiting


async def report(work: Work, row: Waiting) -> None:
    """Queues the news; the sender's carries a button to try again."""
    facts = {"lease": row.lease}
    await enqueue_for_role(work, Role.ADMIN, "dead_message", "inbox", row.id, sequence=row.lease, payload=facts)
    if row.channel != CHANNEL and row.chat:
        chat_id = await visitors.chat_id(work.conn, row.channel, row.chat)
        await enqueue(work, "message_failed", "inbox", row.id, chat_id=chat_id, sequence=row.lease, payload=facts)

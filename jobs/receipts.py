"""A receipt of the platform: noted on the message it is about, and what a failure asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from jobs.ports import NotSent, Postponed, Refused, Stopped, TemplateWanted, Unreachable
from jobs.secrecy import mask
from storage import outbox, people, receipts

if TYPE_CHECKING:
    from datetime import datetime

    from jobs.ports import LateFailure
    from jobs.work import Work
    from storage.receipts import Told


async def delivered(work: Work, channel: str, external_id: str, at: datetime) -> bool:
    """It is on the person's phone; false where no message of ours has this id (yet)."""
    told = await receipts.find(work.conn, channel, external_id)
    if told is not None:
        await receipts.note_delivered(work.conn, told.id, at)
    return told is not None


async def read(work: Work, channel: str, external_id: str, at: datetime) -> bool:
    """It was opened; false where no message of ours has this id (yet)."""
    told = await receipts.find(work.conn, channel, external_id)
    if told is not None:
        await receipts.note_read(work.conn, told.id, at)
    return told is not None


async def failed(work: Work, channel: str, external_id: str, at: datetime, failure: LateFailure) -> bool:
    """It did not arrive after all, unless it did: said again as a template or later, else in another chat.

    False where no message of ours has this id (yet).
    """
    told = await receipts.find(work.conn, channel, external_id)
    if told is not None and not told.arrived and told.status == "sent":
        await _failed(work, told, at, failure)
    return told is not None


async def _failed(work: Work, told: Told, at: datetime, failure: LateFailure) -> None:
    reason = mask(failure.reason)[:500]
    await receipts.note_failed(work.conn, told.id, reason)
    if await _said_again(work, told, failure):
        return
    if isinstance(failure, Unreachable) and (told.heard_at is None or told.heard_at < at):
        await people.mark_unreachable(work.conn, told.chat_id, reason)
    await outbox.queue_elsewhere(work.conn, told.id)


async def _said_again(work: Work, told: Told, failure: LateFailure) -> bool:
    """Queued for the same chat once more, where that may help."""
    match failure:
        case TemplateWanted():
            return await outbox.queue_as_template(work.conn, told.id)
        case Postponed(seconds):
            return await outbox.queue_later(work.conn, told.id, work.now, seconds)
        case NotSent() | Stopped():
            return await outbox.queue_later(work.conn, told.id, work.now)
        case Unreachable() | Refused():
            return False
        case _:
            assert_never(failure)

"""A receipt of the platform: noted on the message it is about, and what a failure asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jobs.secrecy import mask
from storage import outbox, people, receipts

if TYPE_CHECKING:
    from datetime import datetime

    from jobs.work import Work
    from storage.receipts import Told

TEMPLATE_WANTED: Final = 131047
"""The person last wrote more than a day ago: it has to be said in the words of a template."""
NOT_THERE: Final = 131026
"""Nobody can be written to at this number."""


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


async def failed(work: Work, channel: str, external_id: str, code: int | None, reason: str) -> bool:
    """It did not arrive after all, unless it did: said again as a template, elsewhere, or given up with the reason.

    False where no message of ours has this id (yet).
    """
    told = await receipts.find(work.conn, channel, external_id)
    if told is not None and not told.arrived and told.status == "sent":
        await _failed(work, told, code, mask(f"{code or 'failed'}: {reason}")[:500])
    return told is not None


async def _failed(work: Work, told: Told, code: int | None, reason: str) -> None:
    if code == TEMPLATE_WANTED and await outbox.queue_as_template(work.conn, told.id):
        return
    await receipts.note_failed(work.conn, told.id, reason)
    if code == NOT_THERE:
        await people.mark_unreachable(work.conn, told.chat_id, reason)
        await outbox.queue_elsewhere(work.conn, told.id)

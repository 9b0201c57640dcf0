"""What a platform says of a message we sent, brought to the message it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from jobs import receipts, tally
from storage import inbox

if TYPE_CHECKING:
    from bot.channels.base import Receipt
    from jobs.work import Work
    from storage.inbox import Waiting

_PATIENCE: Final = 30.0
"""Seconds: how long a receipt may be ahead of what our own delivery wrote down."""

_log = structlog.get_logger()


class TooEarlyError(Exception):
    """No message of ours has this id yet: its delivery may still be writing it down."""


async def note_receipt(work: Work, row: Waiting, said: Receipt) -> None:
    """Raises `TooEarlyError` for a while where the message is not known; then it is not one of ours."""
    if said.state == "sent":
        return
    if not await _noted(work, row.channel, said):
        if await inbox.age(work.conn, row.id) < _PATIENCE:
            raise TooEarlyError
        _log.info("receipt of a message that is not ours", inbox=row.id)
    tally.sends[row.channel, said.state] += 1


async def _noted(work: Work, channel: str, said: Receipt) -> bool:
    if said.failure is not None:
        return await receipts.failed(work, channel, said.message_id, said.at, said.failure)
    note = receipts.read if said.state == "read" else receipts.delivered
    return await note(work, channel, said.message_id, said.at)

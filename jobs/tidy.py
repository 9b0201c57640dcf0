"""Forgets what is no longer needed: messages done and machines' keys of a month ago, buttons of three months ago."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from jobs.secrecy import mask
from storage import api_requests, conversations, inbox
from storage.database import Database, DatabaseUnavailable

INBOX_DAYS: Final = 30
ACTION_DAYS: Final = 90
API_KEY_DAYS: Final = 30
_EVERY: Final = 6 * 3600.0

_log = structlog.get_logger()


async def tidy(database: Database, now: datetime) -> tuple[int, int]:
    """How many messages and buttons were forgotten."""
    async with database.transaction() as conn:
        messages = await inbox.tidy(conn, now - timedelta(days=INBOX_DAYS))
        actions = await conversations.tidy_actions(conn, now - timedelta(days=ACTION_DAYS))
        await api_requests.tidy(conn, now - timedelta(days=API_KEY_DAYS))
    return messages, actions


async def keep_tidy(database: Database, clock: Callable[[], datetime]) -> None:
    """Tidies now and every few hours, until cancelled. Several processes may: nothing is left for the second."""
    while True:
        try:
            messages, actions = await tidy(database, clock())
            _log.debug("tidied", messages=messages, actions=actions)
        except DatabaseUnavailable as error:
            _log.warning("not tidied", reason=mask(str(error)))
        await asyncio.sleep(_EVERY)

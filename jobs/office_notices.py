"""Notices to the office's own channel (Discord): queued with the change they tell, posted several at a time."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, Protocol, assert_never

import structlog

from jobs.finishing import finished
from jobs.ports import NotSent, Outcome, Paused, Postponed, Refused, Sent, Stopped, Unknown, Unreachable
from jobs.secrecy import mask
from jobs.work import Work
from storage import leases, office_notices
from storage.database import Connection, Database, DatabaseUnavailable
from storage.office_notices import Waiting

MOST_LINES: Final = 10
MOST_LETTERS: Final = 2000
LONGEST_LINE: Final = 300
BETWEEN_POSTS: Final = 2.0
"""Seconds: thirty posts a minute."""

_TRIES: Final = 150
_LONGEST_PAUSE: Final = 600.0
_LEASE: Final = 60.0
_LOOK: Final = 10.0
_GATHER: Final = 1.0
"""Seconds in which what comes is posted together."""
_log = structlog.get_logger()


class BoardError(Exception):
    """The office's channel did not answer as it should; the text says how, without its address."""


class Board(Protocol):
    """Where notices are posted."""

    async def post(self, text: str) -> Outcome:
        """Never raises for anything the platform or the network does."""


async def tell_office(
    work: Work, kind: str, source_type: str, source_id: int | str, text: str, *, sequence: int = 1
) -> None:
    """Queue one line for the office, committed with the caller's transaction; once for each kind, source and sequence.

    Without a channel of the office it is only logged. `text` names flats and amounts, never a person or a number.
    """
    status = "queued" if work.society.office_channel else "off"
    line = " ".join(text.split())[:LONGEST_LINE]
    await office_notices.add(work.conn, status, f"office_{kind}", source_type, str(source_id), sequence, line)


class Posting:
    """Posts what is queued, one process at a time; `stopped` says why the channel refuses everything."""

    def __init__(self, database: Database, board: Board, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._board = board
        self._clock = clock
        self._holder = secrets.token_hex(8)
        self._wake = asyncio.Event()
        self.stopped = ""

    async def run(self) -> None:
        """Post until cancelled, or until the channel says that it is gone."""
        listening = asyncio.create_task(self._listen())
        try:
            while not self.stopped:
                if await finished(self._turn()):
                    await asyncio.sleep(BETWEEN_POSTS)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK):
                        await self._wake.wait()
                await asyncio.sleep(_GATHER)
                self._wake.clear()
        finally:
            listening.cancel()
            await self._give_back()

    async def _listen(self) -> None:
        async for _ in self._database.listen(office_notices.WAKE):
            self._wake.set()

    async def _turn(self) -> bool:
        """Post once; whether there was anything to post."""
        try:
            notices = await self._claim()
            if not notices:
                return False
            text, shown = together(notices)
            outcome = await self._board.post(text)
            async with self._database.transaction() as conn:
                await self._settle(conn, shown, outcome)
                await office_notices.put_off(conn, notices[len(shown) :], 0, "", counts=False)
        except DatabaseUnavailable as error:
            _log.warning("notices wait for the database", reason=mask(str(error)))
            return False
        return True

    async def _claim(self) -> list[Waiting]:
        async with self._database.transaction() as conn:
            if not await leases.take(conn, "office notices", self._holder, _LEASE):
                return []
            return await office_notices.claim(conn, MOST_LINES, _LEASE)

    async def _settle(self, conn: Connection, notices: Sequence[Waiting], outcome: Outcome) -> None:
        match outcome:
            case Sent():
                await office_notices.settle(conn, notices, "sent", self._clock(), None)
            case Unknown(reason):
                await office_notices.settle(conn, notices, "unknown", self._clock(), reason)
            case Refused(reason):
                await office_notices.settle(conn, notices, "dead", self._clock(), reason)
            case Paused(seconds) | Postponed(seconds):
                await office_notices.put_off(conn, notices, seconds, "", counts=False)
            case NotSent(reason):
                await self._again(conn, notices, reason)
            case Stopped(reason) | Unreachable(reason):
                self.stopped = reason
                _log.error("office notices stopped", reason=reason)
                await office_notices.put_off(conn, notices, 0, reason, counts=False)
            case _:
                assert_never(outcome)

    async def _again(self, conn: Connection, notices: Sequence[Waiting], reason: str) -> None:
        tried = max(one.attempts for one in notices)
        if tried + 1 >= _TRIES:
            await office_notices.settle(conn, notices, "dead", self._clock(), reason)
            return
        pause = min(_LONGEST_PAUSE, 2.0 ** min(tried, 10))
        await office_notices.put_off(conn, notices, pause, reason, counts=True)

    async def _give_back(self) -> None:
        with suppress(DatabaseUnavailable):
            async with self._database.transaction() as conn:
                await leases.give_back(conn, "office notices", self._holder)


def together(notices: Sequence[Waiting]) -> tuple[str, Sequence[Waiting]]:
    """As many of the notices, from the first, as one post holds: a line each."""
    lines: list[str] = []
    for one in notices:
        if lines and len("\n".join([*lines, one.text])) > MOST_LETTERS:
            break
        lines.append(one.text)
    return "\n".join(lines), notices[: len(lines)]


async def post_forever(database: Database, posting: Posting | None) -> None:
    """Post the office's notices until cancelled. Without a channel what waits from before is logged as off."""
    if posting is None:
        with suppress(DatabaseUnavailable):
            async with database.transaction() as conn:
                await office_notices.turn_off(conn)
        return
    await posting.run()

"""The outbox worker: leases rows, looks at them again, sends them, and writes what came of it.

Order is kept within a chat, interactive messages go before bulk, chats are served at the same time, and what
several sends came to is settled together with the next claim in one transaction. No transaction is open while
something is sent.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, assert_never

import structlog
from structlog.contextvars import bind_contextvars

from jobs import consent, ports, tally
from jobs.faultpoints import point
from jobs.finishing import finished
from jobs.notify import next_delivery
from jobs.ports import (
    Courier,
    Message,
    Notice,
    NotSent,
    Outcome,
    Parcel,
    Paused,
    Posted,
    Postponed,
    Refused,
    Sent,
    Stopped,
    Unknown,
    Unreachable,
    Wording,
)
from jobs.secrecy import mask
from jobs.work import Actor, Society, Work
from storage import first_words, inbox, outbox, people
from storage.database import Connection, Database, DatabaseUnavailable
from storage.outbox import Queued, Room, Settlement

_log = structlog.get_logger()

SAID_ONCE: Final = frozenset({"payment_reminder", "reading_reminder"})
"""Kinds not repeated when it is unknown whether they arrived: no answer came, or the process that sent them is gone."""

OWN_FAILURES: Final = 5
OUTAGE_TRIES: Final = 150
"""With pauses of up to ten minutes: about a day."""

_LONGEST_PAUSE: Final = 600.0
_MINUTE: Final = 60.0
_GATHER: Final = 0.008
"""Seconds in which what ends or comes is taken together into one transaction."""
_SERVICE: Final = Actor(None, "billing")


@dataclass(frozen=True, slots=True)
class Tempo:
    """Sends at once (half of them at most bulk), seconds of a lease, between unasked looks, of the first pause."""

    slots: int = 32
    lease: float = 90.0
    poll: float = 1.0
    backoff: float = 1.0


class Delivery:
    """Delivers what is queued for the channels it is given, any number of processes at once."""

    def __init__(
        self,
        database: Database,
        couriers: Mapping[str, Courier],
        wording: Wording,
        society: Society,
        clock: Callable[[], datetime],
        *,
        tempo: Tempo | None = None,
    ) -> None:
        self._database = database
        self._couriers = couriers
        self._wording = wording
        self._society = society
        self._clock = clock
        self._tempo = tempo or Tempo()
        self._sending: dict[asyncio.Task[Settlement], Queued] = {}
        self._results: list[tuple[Queued, Settlement]] = []
        self._served = 0
        self._wake = asyncio.Event()
        self._paused_until: dict[str, float] = {}
        self.stopped: dict[str, str] = {}
        """Channels that refuse everything, with the reason; they need somebody to mend them and a restart."""

    async def run(self) -> None:
        """Delivers until cancelled, then waits for what is on its way and settles it."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                started = await finished(self._turn())
                if not started and not self._results:
                    with suppress(TimeoutError):  # not wait_for(): up to Python 3.11 it can lose a cancellation
                        async with asyncio.timeout(self._tempo.poll):
                            await self._wake.wait()
                await asyncio.sleep(_GATHER)
                self._wake.clear()
        finally:
            listening.cancel()
            await self._drain()

    async def _listen(self) -> None:
        async for _ in self._database.listen(outbox.WAKE):
            self._wake.set()

    async def _drain(self) -> None:
        if self._sending:
            await asyncio.wait(self._sending)
        await self._turn(claim=False)

    async def _turn(self, *, claim: bool = True) -> bool:
        """Settles what is known and claims what there is room for; whether anything was begun."""
        results, self._results = self._results, []
        room = self._tempo.slots - len(self._sending) if claim else 0
        if not results and room <= 0:
            return False
        try:
            async with self._database.transaction() as conn:
                await self._settle(conn, results)
                rows = await self._claim(conn, room)
                point("delivery.before_settle")
        except (DatabaseUnavailable, ConnectionError, TimeoutError) as error:
            _log.warning("outbox waits for the database", reason=mask(str(error)))
            self._results = results + self._results
            await asyncio.sleep(self._tempo.poll)
            return False
        except Exception:
            self._results = results + self._results
            raise
        if results:
            point("delivery.after_settle")
        for row in rows:
            self._begin(row)
        return bool(rows)

    async def _settle(self, conn: Connection, results: list[tuple[Queued, Settlement]]) -> None:
        held = await outbox.settle(conn, [settlement for _, settlement in results], self._clock())
        for row, settlement in results:
            if row.id not in held:
                _log.warning("message was taken over", notification=row.id)
                continue
            if settlement.unreachable is not None:
                await people.mark_unreachable(conn, row.chat_id, settlement.unreachable, row.claimed_at)
            if settlement.elsewhere:
                await outbox.queue_elsewhere(conn, row.id)

    async def _claim(self, conn: Connection, room: int) -> list[Queued]:
        """As much as there is room for; bulk rows never take more than half of it."""
        channels = self._open_channels()
        if room <= 0 or not channels:
            return []
        bulk = max(0, self._tempo.slots // 2 - sum(row.bulk for row in self._sending.values()))
        rows = await outbox.claim(
            conn, channels, self._clock(), Room(room, bulk), self._tempo.lease, after=self._served
        )
        self._served = rows[-1].chat_id if rows else 0
        return rows

    def _open_channels(self) -> list[str]:
        now = asyncio.get_running_loop().time()
        return [name for name in self._couriers if name not in self.stopped and self._paused_until.get(name, 0) <= now]

    def _begin(self, row: Queued) -> None:
        point("delivery.claimed")
        until = asyncio.get_running_loop().time() + self._tempo.lease / 2
        task = asyncio.create_task(self._one(row, until))
        self._sending[task] = row
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Settlement]) -> None:
        row = self._sending.pop(task)
        self._results.append((row, task.result()))
        self._wake.set()

    async def _one(self, row: Queued, until: float) -> Settlement:
        """One row to its settlement; never raises. Every line about it has the reference of what it answers."""
        bind_contextvars(ref=_reference(row), channel=row.channel)  # of this task alone
        settlement = await self._tried(row, until)
        _log.info("message out", notification=row.id, kind=row.kind, status=settlement.status, reason=settlement.error)
        return settlement

    async def _tried(self, row: Queued, until: float) -> Settlement:
        try:
            return await self._send(row, until)
        except (DatabaseUnavailable, ConnectionError, TimeoutError) as error:
            return Settlement(row.id, row.lease, "queued", error=mask(str(error)), delay=self._tempo.backoff)
        except Exception as error:  # noqa: BLE001 - one bad row must not stop the others
            _log.exception("message not worded", notification=row.id, kind=row.kind)
            return self._own_failure(row, mask(f"{type(error).__name__}: {error}")[:500])

    async def _send(self, row: Queued, until: float) -> Settlement:
        courier = self._couriers[row.channel]
        if (outdated := _outdated(row, courier, self._tempo.poll)) is not None:
            return outdated
        if row.unreachable is not None:
            return _unreachable(row, row.unreachable)
        if (unwanted := self._unwanted(row)) is not None:
            return unwanted
        if row.uncertain and row.kind in SAID_ONCE:
            return Settlement(row.id, row.lease, "unknown", error="its sender was lost")
        message = await self._message(row)
        if message is None:
            return Settlement(row.id, row.lease, "cancelled", error="no longer to be said")
        if message.passing and row.posted_id is not None and not courier.edits:
            return Settlement(row.id, row.lease, "cancelled", error="a lasting state of the card will follow")
        if asyncio.get_running_loop().time() > until:
            return Settlement(row.id, row.lease, "queued")
        point("delivery.before_send")
        outcome = await courier.deliver(self._parcel(row, message))
        point("delivery.after_send")
        return self._settlement(row, message, outcome)

    def _unwanted(self, row: Queued) -> Settlement | None:
        """What comes of it after a STOP, or where it was planned for the day and has waited into the night."""
        if row.opted_out and consent.is_unasked(row.kind, row.payload):
            return Settlement(row.id, row.lease, "cancelled", error=consent.OPTED_OUT, elsewhere=True)
        if not row.planned or not consent.is_for_daytime(row.kind, row.payload):
            return None
        now = self._clock()
        seconds = (next_delivery(self._society, now) - now).total_seconds()
        return Settlement(row.id, row.lease, "queued", delay=seconds, aside=True) if seconds > 0 else None

    async def _message(self, row: Queued) -> Message | None:
        """As it was worded, or worded now; `None`: no longer to be said."""
        if row.kind == outbox.REPLY:
            return ports.from_json(row.payload)
        notice = Notice(
            id=row.id,
            kind=row.kind,
            source_type=row.source_type,
            source_id=row.source_id,
            sequence=row.sequence,
            channel=row.channel,
            chat_id=row.chat_id,
            person_id=row.person_id,
            bill_id=row.bill_id,
            payload=row.payload,
            card=row.card,
        )

        async def word(conn: Connection) -> Message | None:
            work = Work(conn, self._clock(), self._society, _SERVICE, _reference(row))
            return await self._wording.word(work, notice)

        return await self._database.run(word)

    def _parcel(self, row: Queued, message: Message) -> Parcel:
        async def photo() -> bytes | None:
            async with self._database.transaction() as conn:
                return await outbox.photo(conn, message.photo_id or 0)

        return Parcel(
            chat=row.external_id,
            is_private=row.is_private,
            message=message,
            edits=_posted(row),
            photo=photo if message.photo_id else None,
            bulk=row.bulk,
            heard_at=row.heard_at,
            society=self._society.name,
            admit=partial(self._admit, row),
            row=row.id,
        )

    async def _admit(self, row: Queued) -> Postponed | None:
        """Counts the chat among those written to first; past the platform's limit: not before there is room."""
        now = self._clock()
        async with self._database.transaction() as conn:
            room_at = await first_words.admit(conn, row.id, now)
        if room_at is None:
            return None
        seconds = max(_MINUTE, (room_at - now).total_seconds()) + random.uniform(0, _MINUTE)  # noqa: S311 - jitter
        return Postponed(seconds, "as many people were written to first in a day as the platform allows")

    def _settlement(self, row: Queued, message: Message, outcome: Outcome) -> Settlement:
        tally.sends[row.channel, type(outcome).__name__.lower()] += 1
        match outcome:
            case Sent():
                return _sent(row, message, outcome)
            case Paused(seconds):
                tally.retry_after[row.channel] += math.ceil(seconds)
                self._pause(row.channel, seconds)
                return Settlement(row.id, row.lease, "queued", delay=seconds)
            case Postponed(seconds, reason):
                return _postponed(row, seconds, reason)
            case NotSent(reason):
                return self._later(row, reason)
            case Unknown(reason):
                return self._unknown(row, message, reason)
            case Unreachable(reason):
                return _unreachable(row, reason)
            case Refused(reason):
                _log.error("message refused", notification=row.id, kind=row.kind, reason=reason)
                return Settlement(row.id, row.lease, "dead", error=reason, elsewhere=True)
            case Stopped(reason):
                self._stop(row.channel, reason)
                return Settlement(row.id, row.lease, "queued", error=reason)
            case _:
                assert_never(outcome)

    def _unknown(self, row: Queued, message: Message, reason: str) -> Settlement:
        """Once more where saying it twice harms less than not at all; an edit may be repeated as often as it takes."""
        is_edit = row.posted_id is not None and self._couriers[row.channel].edits
        if is_edit or message.commands is not None:
            return self._later(row, reason)
        if row.uncertain or row.kind in SAID_ONCE:
            return Settlement(
                row.id, row.lease, "unknown", message=ports.plain(message.text), error=reason, outage=True
            )
        return Settlement(
            row.id, row.lease, "queued", error=reason, outage=True, uncertain=True, delay=self._tempo.backoff
        )

    def _later(self, row: Queued, reason: str) -> Settlement:
        """Again after an outage, about a day long."""
        if row.outages + 1 >= OUTAGE_TRIES:
            return Settlement(row.id, row.lease, "dead", error=reason, outage=True)
        return Settlement(row.id, row.lease, "queued", error=reason, outage=True, delay=self._delay(row.outages))

    def _own_failure(self, row: Queued, reason: str) -> Settlement:
        if row.attempts + 1 >= OWN_FAILURES:
            return Settlement(row.id, row.lease, "dead", error=reason, failed=True)
        return Settlement(row.id, row.lease, "queued", error=reason, failed=True, delay=self._delay(row.attempts))

    def _delay(self, before: int) -> float:
        longest = min(_LONGEST_PAUSE, self._tempo.backoff * 2 ** min(before, 20))
        return random.uniform(longest / 2, longest)  # noqa: S311 - jitter, not a secret

    def _pause(self, channel: str, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        self._paused_until[channel] = max(until, self._paused_until.get(channel, 0))

    def _stop(self, channel: str, reason: str) -> None:
        if channel not in self.stopped:
            _log.error("channel stopped", channel=channel, reason=reason)
        self.stopped[channel] = reason


def _reference(row: Queued) -> str:
    """That of the message it answers, else its own."""
    answers = row.source_type == "inbox" and row.source_id.isdecimal()
    return inbox.reference(int(row.source_id)) if answers else f"N{row.id:X}"


def _outdated(row: Queued, courier: Courier, pause: float) -> Settlement | None:
    """A card that a newer state of it follows, or will: without edits, a burst is summed up when it is over."""
    if row.gathering and not courier.edits:
        return Settlement(row.id, row.lease, "queued", delay=pause)
    if row.superseded and (row.posted_id is not None or not courier.edits):
        return Settlement(row.id, row.lease, "cancelled", error="a newer state of the card follows")
    return None


def _unreachable(row: Queued, reason: str) -> Settlement:
    return Settlement(row.id, row.lease, "dead", error=reason, unreachable=reason, elsewhere=True)


def _posted(row: Queued) -> Posted | None:
    if row.posted_id is None:
        return None
    return Posted(row.posted_id, row.posted_photo_id, as_template=row.posted_as_template)


def _postponed(row: Queued, seconds: float, reason: str) -> Settlement:
    """A moment is waited for in its place; for longer, later ones of its chat go before it. A month is too long."""
    if row.waited_long:
        return Settlement(row.id, row.lease, "dead", error=reason)
    return Settlement(row.id, row.lease, "queued", error=reason, delay=seconds, aside=seconds >= _MINUTE)


def _sent(row: Queued, message: Message, outcome: Sent) -> Settlement:
    named = outcome.external_id
    photo_id = message.photo_id or (row.posted_photo_id if named == row.posted_id else None)
    shown = None if outcome.as_template else photo_id
    return Settlement(
        row.id,
        row.lease,
        "sent",
        external_id=named,
        photo_id=shown,
        message=ports.plain(message.text),
        as_template=outcome.as_template,
    )

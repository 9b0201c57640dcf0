"""Updates on their way to the bot: kept 24 hours, handed out by offset, waited for by long polling."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from bot.simulator import errors, limits
from bot.simulator.shapes import Json

_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_CONFLICT_PAUSE_SECONDS = 3.0  # telegram-bot-api Client.cpp fail_query_conflict


@dataclass(slots=True, eq=False)
class Update:
    """`shown` is the Bot API's Update; `chat_id` keeps one chat's updates in order on a webhook."""

    shown: Json
    chat_id: int
    created_at: float
    again: bool = False

    @property
    def id(self) -> int:
        number: int = self.shown["update_id"]
        return number


class UpdateQueue:
    """`deliver_twice` hands every update out a second time after it was confirmed, as if the word had been lost."""

    def __init__(self, clock: Callable[[], float], first_id: int) -> None:
        self.deliver_twice = False
        self.allowed: frozenset[str] | None = None
        self.on_put: Callable[[Update], None] | None = None
        self._clock = clock
        self._next_id = first_id
        self._waiting: OrderedDict[int, Update] = OrderedDict()
        self._repeated: deque[Update] = deque()
        self._poll: asyncio.Future[None] | None = None
        self._next_conflict_at = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, kind: str, payload: Json, chat_id: int) -> None:
        """Dropped when `allowed_updates` leaves this kind out, as Telegram does."""
        if not self._is_allowed(kind):
            return
        shown = {"update_id": self._next_id, kind: payload}
        self._next_id += 1
        update = Update(shown, chat_id, self._clock(), self.deliver_twice)
        self._waiting[update.id] = update
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        if self.on_put is not None:
            self.on_put(update)

    def _is_allowed(self, kind: str) -> bool:
        return kind not in _NOT_BY_DEFAULT if self.allowed is None else kind in self.allowed

    def allow(self, kinds: object) -> None:
        """An empty list means the default; anything but a list leaves the choice as it was."""
        if isinstance(kinds, list):
            self.allowed = frozenset(map(str, kinds)) or None

    def clear(self) -> None:
        self._waiting.clear()
        self._repeated.clear()

    def confirm(self, update: Update) -> None:
        """A webhook accepted it."""
        self._waiting.pop(update.id, None)

    def pending(self) -> list[Update]:
        return list(self._waiting.values())

    def take(self, offset: int, limit: int) -> list[Json]:
        """Everything below `offset` is confirmed and forgotten; a negative offset keeps only the last ones."""
        self._expire()
        while 0 < -offset < len(self._waiting):
            self._waiting.popitem(last=False)
        while (first := self._first()) is not None and first.id < offset:
            del self._waiting[first.id]
            if first.again:
                first.again = False
                self._repeated.append(first)
        taken = [self._repeated.popleft() for _ in range(min(limit, len(self._repeated)))]
        taken += islice(self._waiting.values(), limit - len(taken))
        return [update.shown for update in taken]

    def _first(self) -> Update | None:
        return next(iter(self._waiting.values()), None)

    def _expire(self) -> None:
        horizon = self._clock() - limits.UPDATE_LIFETIME_SECONDS
        while (first := self._first()) is not None and first.created_at < horizon:
            del self._waiting[first.id]

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """Long polling. A second poll that has to wait ends the first with 409."""
        updates = self.take(offset, limit)
        if updates or seconds <= 0:
            return updates
        self.interrupt(errors.CONFLICT_OTHER_POLL.error())
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._poll = mine
        try:
            async with asyncio.timeout(seconds):
                await mine
        except TimeoutError:
            return self.take(offset, limit)
        except errors.BotApiError:
            await self._pause_conflict()
            raise
        finally:
            if self._poll is mine:
                self._poll = None
        return self.take(offset, limit)

    def interrupt(self, error: errors.BotApiError) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(error)

    async def _pause_conflict(self) -> None:
        """The first conflict is told at once, further ones within three seconds are held back."""
        now = self._clock()
        if now < self._next_conflict_at:
            await asyncio.sleep(_CONFLICT_PAUSE_SECONDS)
        else:
            self._next_conflict_at = now + _CONFLICT_PAUSE_SECONDS

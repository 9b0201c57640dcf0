"""What the business hears: signed POSTs, many changes in each, again until 2xx, twice and out of order on demand."""

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Sequence
from itertools import islice
from random import Random

import aiohttp

from bot.simulator.shapes import Json
from bot.simulator.webhook import is_loopback
from bot.simulator.whatsapp import limits

_ANSWER_SECONDS = 20.0
_LONGEST_PAUSE_SECONDS = 30.0  # Meta's pauses grow to hours, for seven days
_CHANGES_PER_ENTRY = 3


class Hooks:
    """`address` None keeps everything until there is one. `gather_seconds`: what comes meanwhile travels together.

    `disturbed`: every request goes out twice and its changes are shuffled, as Meta warns they may be.
    """

    def __init__(self, account_id: str, secret: str) -> None:
        self.secret = secret
        self.disturbed = False
        self.gather_seconds = 0.01
        self.retry_seconds = 0.2
        self.posted: list[Json] = []
        self.refused: list[int] = []
        self.random = Random(7)  # noqa: S311 - the same disorder every time
        self._account_id = account_id
        self._address: str | None = None
        self._waiting: deque[Json] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    def __len__(self) -> int:
        """How many changes have not been taken yet."""
        return len(self._waiting)

    @property
    def address(self) -> str | None:
        """Where the hook is: on this machine only."""
        return self._address

    @address.setter
    def address(self, address: str | None) -> None:
        if address is not None and not is_loopback(address):
            raise ValueError("The simulator calls nobody but this machine")
        self._address = address
        self._begin()

    def put(self, value: Json) -> None:
        """One change of the field `messages`."""
        self._waiting.append(value)
        self._begin()

    async def close(self) -> None:
        self._address = None
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker
            self._worker = None
        if self._session is not None:
            await self._session.close()
            self._session = None

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers Meta sends with a body."""
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}

    def payload(self, values: Sequence[Json]) -> Json:
        """One request: neighbours that fit into one change are merged, changes spread over entries."""
        changes = [{"value": value, "field": "messages"} for value in _merged(values)]
        groups = [changes[start : start + _CHANGES_PER_ENTRY] for start in range(0, len(changes), _CHANGES_PER_ENTRY)]
        entries = [{"id": self._account_id, "changes": group} for group in groups]
        return {"object": "whatsapp_business_account", "entry": entries}

    def _begin(self) -> None:
        if self._address and self._waiting and (self._worker is None or self._worker.done()):
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._waiting and self._address:
            await asyncio.sleep(self.gather_seconds)
            batch = list(islice(self._waiting, limits.HOOK_CHANGES))
            await self._deliver(batch)
            for _ in batch:
                self._waiting.popleft()

    async def _deliver(self, batch: list[Json]) -> None:
        sent = list(batch)
        if self.disturbed:
            self.random.shuffle(sent)
        body = json.dumps(self.payload(sent), separators=(",", ":")).replace("/", "\\/").encode()
        pause = self.retry_seconds
        while not await self._post(body):
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE_SECONDS, pause * 2)
        if self.disturbed:
            await self._post(body)

    async def _post(self, body: bytes) -> bool:
        address = self._address
        if address is None:
            return False
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS))
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self._session.post(address, data=body, headers=self.signed(body)) as answer:
                if answer.ok:
                    self.posted.append(json.loads(body))
                    return True
                self.refused.append(answer.status)
        return False


def _merged(values: Sequence[Json]) -> list[Json]:
    """Statuses that follow each other share one change; so do messages of one person."""
    done: list[Json] = []
    for value in values:
        last = done[-1] if done else {}
        if "statuses" in value and "statuses" in last:
            done[-1] = {**last, "statuses": [*last["statuses"], *value["statuses"]]}
        elif "messages" in value and "messages" in last and value.get("contacts") == last.get("contacts"):
            done[-1] = {**last, "messages": [*last["messages"], *value["messages"]]}
        else:
            done.append(value)
    return done

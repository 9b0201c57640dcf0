"""The till over HTTP: the calls of Stripe's API that take payments, with idempotency keys honoured."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from bot.simulator.till.page import page_of
from bot.simulator.till.sales import Json, Sale, Sales

KEY: Final = "sk_test_of_the_simulator"
SECRET: Final = "whsec_of_the_simulator"  # noqa: S105 - it opens nothing
API: Final = "/stripe"
_TRIES: Final = 8
_LATE: Final = 5.0
_Call = Callable[[web.Request], Awaitable[web.Response]]


class Mishap(StrEnum):
    """What goes wrong with one call: it is not done, or done without an answer that arrives."""

    REFUSED = "refused"
    BUSY = "busy"
    BROKEN = "broken"
    DONE_AND_BROKEN = "done and broken"
    DONE_AND_SILENT = "done and silent"
    CUT = "cut"


class StripeTill:
    """Add its routes to a server on loopback; `root` is that server's address. Events are posted to `hook`."""

    def __init__(
        self, root: Callable[[], str], clock: Callable[[], float], *, key: str = KEY, secret: str = SECRET
    ) -> None:
        self.key = key
        self.secret = secret
        self.hook: str | None = None
        self.events: list[Json] = []
        self.mishaps: deque[Mishap] = deque()
        self.calls: list[tuple[str, str, str | None]] = []
        self.sales = Sales(clock, self._happened)
        self._root = root
        self._clock = clock
        self._answers: dict[str, tuple[Json, asyncio.Future[Json]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def api_base(self) -> str:
        """What STRIPE_API_BASE is set to."""
        return self._root() + API

    def add_routes(self, app: web.Application) -> None:
        router = app.router
        router.add_post(f"{API}/v1/checkout/sessions", self._guarded(self._create))
        router.add_get(f"{API}/v1/checkout/sessions", self._guarded(self._list))
        router.add_get(f"{API}/v1/checkout/sessions/{{sale}}", self._guarded(self._retrieve))
        router.add_post(f"{API}/v1/checkout/sessions/{{sale}}/expire", self._guarded(self._expire))
        router.add_get(f"{API}/v1/charges", self._guarded(self._charges))
        router.add_get(f"{API}/v1/refunds", self._guarded(self._refunds))
        router.add_get("/till/{sale}", self.page)
        router.add_post("/till/{sale}/{deed}", self.do)

    async def close(self) -> None:
        """Events that are still on their way are given up."""
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def page(self, request: web.Request) -> web.Response:
        """Where the payer pays."""
        sale = self.sales.by_id.get(request.match_info["sale"])
        if sale is None:
            raise web.HTTPNotFound
        headers = {"Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
        return web.Response(text=page_of(sale), content_type="text/html", headers=headers)

    async def do(self, request: web.Request) -> web.Response:
        """What the payer pressed; then back to the bill."""
        sale = self.sales.by_id.get(request.match_info["sale"])
        deed = _DEEDS.get(request.match_info["deed"])
        if sale is None or deed is None:
            raise web.HTTPNotFound
        if sale.status == "open":
            deed(self, sale)
        raise web.HTTPSeeOther(sale.back_to)

    def pay_twice(self, sale: Sale) -> None:
        """Two payments for one bill, as when somebody pays on two devices."""
        self.sales.pay(sale)
        self.sales.pay(sale)

    def pay_late(self, sale: Sale) -> None:
        """The session has ended, and then the money comes all the same."""
        self.sales.expire(sale)
        self._later(lambda: self.sales.pay(sale))

    def pay_slowly(self, sale: Sale) -> None:
        """The bank takes its time, and says yes."""
        self.sales.pay_slowly(sale)
        self._later(lambda: self.sales.bank_says(sale, yes=True))

    def fail(self, sale: Sale) -> None:
        """The bank takes its time, and says no."""
        self.sales.pay_slowly(sale)
        self._later(lambda: self.sales.bank_says(sale, yes=False))

    def signed(self, event: Json) -> tuple[bytes, dict[str, str]]:
        """Body and headers as Stripe sends them."""
        body = json.dumps(event, separators=(",", ":")).encode()
        stamp = str(int(self._clock()))
        signature = hmac.new(self.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return body, {"Content-Type": "application/json", "Stripe-Signature": f"t={stamp},v1={signature}"}

    def _happened(self, event: Json) -> None:
        self.events.append(event)
        if self.hook is not None:
            self._start(self._send(self.hook, event))

    async def _send(self, hook: str, event: Json) -> None:
        """Again and again until it is taken, as Stripe does, only sooner."""
        pause = 0.2
        async with ClientSession(timeout=ClientTimeout(total=5)) as client:
            for _ in range(_TRIES):
                body, headers = self.signed(event)
                try:
                    async with client.post(hook, data=body, headers=headers) as answer:
                        if answer.ok:
                            return
                except (ClientError, TimeoutError):
                    pass
                await asyncio.sleep(pause)
                pause *= 2

    def _later(self, deed: Callable[[], None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(_LATE)
            deed()

        self._start(wait())

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _guarded(self, call: _Call) -> _Call:
        """The key first; then whatever mishap is planned."""

        async def guarded(request: web.Request) -> web.Response:
            key = request.headers.get("Idempotency-Key")
            self.calls.append((request.method, request.path.removeprefix(API), key))
            if request.headers.get("Authorization") != f"Bearer {self.key}":
                return _error(401, "invalid_request_error", "Invalid API Key provided")
            mishap = self.mishaps.popleft() if self.mishaps else None
            return await _with(mishap, request, call)

        return guarded

    async def _create(self, request: web.Request) -> web.Response:
        """The same key gives the same session; with other parameters it is refused."""
        asked = {name: str(value) for name, value in (await request.post()).items()}
        key = request.headers.get("Idempotency-Key")
        known = self._answers.get(key) if key else None
        if known is not None and known[0] != asked:
            return _error(
                400, "idempotency_error", "Keys for idempotent requests can only be used with the same parameters"
            )
        if known is not None:
            return web.json_response(await known[1], headers={"Idempotent-Replayed": "true"})
        try:
            made = self.sales.open(asked, f"{self._root()}/till").session()
        except (KeyError, ValueError) as error:
            return _error(400, "invalid_request_error", f"Missing or wrong parameter: {error}")
        if key:
            answer = asyncio.get_running_loop().create_future()
            answer.set_result(made)
            self._answers[key] = (asked, answer)
        return web.json_response(made)

    async def _retrieve(self, request: web.Request) -> web.Response:
        sale = self.sales.by_id.get(request.match_info["sale"])
        return web.json_response(_expanded(sale)) if sale else _error(404, "invalid_request_error", "No such session")

    async def _expire(self, request: web.Request) -> web.Response:
        sale = self.sales.by_id.get(request.match_info["sale"])
        if sale is None:
            return _error(404, "invalid_request_error", "No such session")
        if sale.status != "open":
            return _error(400, "invalid_request_error", "Only open sessions can be expired")
        self.sales.expire(sale)
        return web.json_response(sale.session())

    async def _list(self, request: web.Request) -> web.Response:
        sales = [sale for sale in reversed(self.sales.by_id.values()) if _within(request, sale.created)]
        return _page(request, [_expanded(sale) for sale in sales])

    async def _charges(self, request: web.Request) -> web.Response:
        return _page(request, [charge for charge in self.sales.charges if _within(request, charge["created"])])

    async def _refunds(self, request: web.Request) -> web.Response:
        return _page(request, [refund for refund in self.sales.refunds if _within(request, refund["created"])])


_DEEDS: Final[dict[str, Callable[[StripeTill, Sale], None]]] = {
    "pay": lambda till, sale: till.sales.pay(sale),
    "twice": StripeTill.pay_twice,
    "late": StripeTill.pay_late,
    "slow": StripeTill.pay_slowly,
    "fail": StripeTill.fail,
    "decline": lambda till, sale: till.sales.decline(sale),
    "cancel": lambda _till, _sale: None,
}


async def _with(mishap: Mishap | None, request: web.Request, call: _Call) -> web.Response:
    if mishap is None:
        return await call(request)
    if mishap is Mishap.REFUSED:
        return _error(400, "invalid_request_error", "This account cannot take payments now")
    if mishap is Mishap.BUSY:
        return _error(429, "rate_limit_error", "Too many requests")
    if mishap is Mishap.BROKEN:
        return _error(500, "api_error", "Something went wrong")
    if mishap in (Mishap.DONE_AND_BROKEN, Mishap.DONE_AND_SILENT):
        await call(request)
    if mishap is Mishap.DONE_AND_BROKEN:
        return _error(500, "api_error", "Something went wrong")
    if mishap is Mishap.DONE_AND_SILENT:
        await asyncio.sleep(60)
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _expanded(sale: Sale) -> Json:
    session = sale.session()
    if session["payment_intent"]:
        session["payment_intent"] = {
            "id": session["payment_intent"],
            "object": "payment_intent",
            "status": sale.intent_status,
        }
    return session


def _within(request: web.Request, created: int) -> bool:
    asked = request.query
    after = created >= int(asked.get("created[gte]", 0))
    return (
        after
        and created < int(asked.get("created[lt]", 1 << 40))
        and created <= int(asked.get("created[lte]", 1 << 40))
    )


def _page(request: web.Request, items: list[Json]) -> web.Response:
    """Newest first, at most `limit`, from behind `starting_after`."""
    behind = request.query.get("starting_after")
    names = [item["id"] for item in items]
    start = names.index(behind) + 1 if behind in names else 0
    limit = int(request.query.get("limit", 10))
    shown = items[start : start + limit]
    more = start + limit < len(items)
    return web.json_response({"object": "list", "url": request.path.removeprefix(API), "has_more": more, "data": shown})


def _error(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"error": {"type": kind, "message": message}}, status=status)

"""The simulator as one object: a Bot API server, phones, and the page that shows them, on loopback only."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from aiohttp import web

from bot.simulator import limits
from bot.simulator.account import DEMO_TOKEN, Account
from bot.simulator.api import BotApi
from bot.simulator.coach import Coach, Step
from bot.simulator.control import Control
from bot.simulator.faults import Faults
from bot.simulator.live import LiveFeed
from bot.simulator.meter_photos import DEMO_SAMPLES, MeterSample
from bot.simulator.phones import Phone
from bot.simulator.recorder import Recorder
from bot.simulator.spec import PhoneSpec
from bot.simulator.telephone import Line, user_of
from bot.simulator.till import StripeTill
from bot.simulator.whatsapp import ROOT, Business, CloudApi, WhatsAppPhone
from storage.invocation import command

_HOST = "127.0.0.1"  # never anything else: phones and control routes ask for no password
_PAGE = Path(__file__).parent / "page"
_SHARED_STATIC = Path(__file__).parents[1] / "web" / "static"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RealTokenError(RuntimeError):
    """TELEGRAM_BOT_TOKEN is set, so this is a live installation; the simulator does not start beside a real bot.

    Use `run` for the real one, or take the token out of the environment and .env to see the demo.
    """

    def __init__(self) -> None:
        said = " ".join((self.__doc__ or "").split())
        super().__init__(said.replace("`run`", f"`{command('run')}`"))


def refuse_beside_real_token(token: str | None) -> None:
    """Raises RealTokenError when a bot token is configured. An empty one and the simulator's own are fine."""
    if token and token != DEMO_TOKEN:
        raise RealTokenError


class Simulator:
    """Start it with `async with`; port 0 takes a free one. `clock` (seconds since 1970) dates messages.

    Ids go on from where an earlier simulator can have been, because a bot's database may remember those: it would
    take a repeated update id for an update it has seen. `first_id` fixes them.
    """

    def __init__(
        self,
        phones: Sequence[PhoneSpec] = (),
        *,
        port: int = 0,
        token: str = DEMO_TOKEN,
        username: str = "blessings_billing_bot",
        samples: Sequence[MeterSample] = DEMO_SAMPLES,
        steps: Sequence[Step] = (),
        clock: Callable[[], float] = time.time,
        first_id: int | None = None,
    ) -> None:
        self.token = token
        first_id = first_id or _fresh_ids(clock())
        self.account = Account(token, username, clock, time.monotonic, first_id)
        self.faults = Faults()
        self.whatsapp = Business(clock, time.monotonic, first_id, self.account.world.files, self.faults)
        self.recorder = Recorder()
        self.coach = Coach(steps)
        self.samples = {sample.id: sample for sample in samples}
        self._by_chat: dict[int, Phone] = {}
        self._by_key: dict[str, Phone] = {}
        self.live = LiveFeed(self._by_chat, self.coach)
        for world in (self.account.world, self.whatsapp.world):
            world.listeners.append(self.live.on_change)
        for recorder in (self.recorder, self.whatsapp.recorder):
            recorder.listeners.append(self.live.on_request)
        self.till = StripeTill(lambda: self.url, clock)
        self._port = port
        self._runner: web.AppRunner | None = None
        for spec in phones:
            self.add_phone(spec)

    @property
    def phones(self) -> dict[str, Phone]:
        return self._by_key

    def phone(self, key: str) -> Phone:
        return self._by_key[key]

    def add_phone(self, spec: PhoneSpec) -> Phone:
        """A phone more, also while running. Raises ValueError where its key or user id is taken."""
        if spec.key in self._by_key or spec.user_id in self._by_chat:
            raise ValueError(f"There is a phone {spec.key} or a user {spec.user_id} already")
        phone = self._made(spec)
        self._by_key[spec.key] = self._by_chat[spec.user_id] = phone
        return phone

    def _made(self, spec: PhoneSpec) -> Phone:
        if spec.channel == "whatsapp":
            return WhatsAppPhone(self.whatsapp, spec)
        user = user_of(spec)
        self.account.world.add_person(user)
        return Phone(self.account, spec, Line(self.account, user))

    def add_group(self, title: str, *phones: Phone) -> int:
        """A group with the bot in it; its chat id, for the `chat=` of a phone's actions."""
        members = tuple(user_of(phone.spec)["id"] for phone in phones)
        return self.account.world.add_group(title, members).id

    @property
    def url(self) -> str:
        """Root of everything; the page is here, and it is what TELEGRAM_API_BASE is set to."""
        if not self._port:
            raise RuntimeError("The simulator has not been started")
        return f"http://{_HOST}:{self._port}"

    @property
    def base_url(self) -> str:
        """For python-telegram-bot's `Bot(base_url=…)`: the token is appended to it."""
        return f"{self.url}/bot"

    @property
    def whatsapp_url(self) -> str:
        """What WHATSAPP_API_BASE is set to."""
        return f"{self.url}{ROOT}"

    @property
    def file_url(self) -> str:
        """For python-telegram-bot's `Bot(base_file_url=…)`."""
        return f"{self.url}/file/bot"

    async def start(self) -> Self:
        app = web.Application(client_max_size=limits.UPLOAD_BYTES + (1 << 20), middlewares=[_only_ours])
        BotApi(self.account, self.faults, self.recorder).add_routes(app)
        CloudApi(self.whatsapp, lambda: self.url).add_routes(app)
        Control(self).add_routes(app)
        self.till.add_routes(app)
        app.router.add_get("/", _page)
        app.router.add_static("/page", _PAGE)
        app.router.add_static("/static", _SHARED_STATIC)
        app.on_response_prepare.append(_add_headers)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, _HOST, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        await self.account.webhook.delete()
        await self.whatsapp.hooks.close()
        await self.till.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def _fresh_ids(now: float) -> int:
    """A first id no simulator started earlier has reached, at up to a hundred updates a second."""
    return int(now * 100)


async def _page(request: web.Request) -> web.FileResponse:
    del request
    return web.FileResponse(_PAGE / "index.html")


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    if not request.path.startswith(("/bot", "/file/", "/whatsapp/")):
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)


@web.middleware
async def _only_ours(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Another site open in the same browser reaches loopback too: its requests name another host or origin."""
    headers: Mapping[str, str] = request.headers
    origin = headers.get("Origin")
    if not _is_loopback(f"//{request.host}") or (origin and urlsplit(origin).netloc != request.host):
        return web.Response(status=403, text="The simulator answers only this computer's own page.")
    return await handler(request)


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False

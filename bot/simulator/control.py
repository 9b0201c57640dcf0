"""`/sim/…`: what the page and tests in other processes do to phones, faults and the record."""

import asyncio
import base64
import binascii
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiohttp import web

from bot.simulator.account import Account
from bot.simulator.coach import Coach
from bot.simulator.faults import Fault, Faults
from bot.simulator.files import content_of
from bot.simulator.live import LiveFeed, shown_message, shown_phone, shown_request
from bot.simulator.meter_photos import MeterSample, draw_meter
from bot.simulator.phones import Contact, Phone, Photo, Sent
from bot.simulator.recorder import Recorder
from bot.simulator.seen import SeenMessage
from bot.simulator.shapes import Json
from bot.simulator.spec import PhoneSpec
from bot.simulator.watch import PhoneError
from bot.simulator.whatsapp import Business

_REQUESTS_SHOWN = 200
_MESSAGES_SHOWN = 300
_HEARTBEAT_SECONDS = 15.0

Body = dict[str, Any]
PhoneAction = Callable[[Phone, Body], Awaitable[Json]]


class Simulated(Protocol):
    """What the control routes need of the simulator."""

    account: Account
    whatsapp: Business
    faults: Faults
    recorder: Recorder
    coach: Coach
    live: LiveFeed
    samples: dict[str, MeterSample]

    @property
    def phones(self) -> dict[str, Phone]: ...

    def add_phone(self, spec: PhoneSpec) -> Phone: ...


class Control:
    def __init__(self, simulated: Simulated) -> None:
        self._sim = simulated
        self._actions: dict[str, PhoneAction] = {
            "start": self._start,
            "text": self._text,
            "photo": self._photo,
            "album": self._album,
            "document": self._document,
            "press": self._press,
            "contact": self._contact,
            "edit": self._edit,
            "open-link": self._open_link,
            "block": self._block,
            "offline": self._offline,
        }

    def add_routes(self, app: web.Application) -> None:
        router = app.router
        router.add_get("/sim/state", self.state)
        router.add_get("/sim/events", self.events)
        router.add_get("/sim/requests", self.requests)
        router.add_get("/sim/faults", self.show_faults)
        router.add_post("/sim/faults", self.change_faults)
        router.add_get("/sim/samples", self.list_samples)
        router.add_get("/sim/samples/{sample}.jpg", self.sample)
        router.add_get("/sim/files/{file}", self.file)
        router.add_post("/sim/phones", self.add_phone)
        router.add_get("/sim/phones/{phone}/messages", self.messages)
        router.add_get("/sim/phones/{phone}/wait", self.wait)
        router.add_post("/sim/phones/{phone}/{action}", self.act)

    async def state(self, request: web.Request) -> web.Response:
        """Everything the page needs to draw itself."""
        del request
        phones = [{**shown_phone(phone), "messages": self._messages_of(phone)} for phone in self._sim.phones.values()]
        bot = {**self._sim.account.user, "webhook": self._sim.account.webhook.address is not None}
        bot["whatsapp"] = self._sim.whatsapp.user["username"]
        return web.json_response(
            {
                "bot": bot,
                "phones": phones,
                "coach": self._sim.coach.shown(),
                "faults": self._faults(),
                "samples": self._samples(),
                "requests": [shown_request(recorded) for recorded in list(self._sim.recorder)[-50:]],
            }
        )

    def _messages_of(self, phone: Phone) -> list[Json]:
        kept = list(phone.home.messages.values())[-_MESSAGES_SHOWN:]
        if not phone.is_offline:
            return [shown_message(message) for message in kept]
        frozen = {message.id: message for message in phone.messages}
        return [
            {"raw": message.raw, "from_bot": message.from_bot, "revision": message.revision}
            for message in frozen.values()
        ][-_MESSAGES_SHOWN:]

    async def events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        page = self._sim.live.open()
        with contextlib.suppress(ConnectionError):
            try:
                await response.write(b": hello\n\n")
                while True:
                    await response.write(await _next_event(page))
            finally:
                self._sim.live.close(page)
        return response

    async def requests(self, request: web.Request) -> web.Response:
        method = request.query.get("method")
        kept = list(self._sim.recorder) if method is None else self._sim.recorder.of(method)
        return web.json_response([shown_request(recorded) for recorded in kept[-_REQUESTS_SHOWN:]])

    async def show_faults(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(self._faults())

    def _faults(self) -> Json:
        faults, account = self._sim.faults, self._sim.account
        return {
            "delay_seconds": faults.delay_seconds,
            "retry_after": faults.retry_after,
            "hold_seconds": faults.hold_seconds,
            "shares": {fault.value: faults.shares.get(fault, 0) for fault in Fault},
            "planned": [fault.value for fault in faults.planned],
            "deliver_twice": account.updates.deliver_twice,
            "real_limits": account.rates.enabled,
        }

    async def change_faults(self, request: web.Request) -> web.Response:
        """Only what is named changes, on every channel: what `Faults.change` takes, deliver_twice, real_limits."""
        body = await _body(request)
        account, whatsapp = self._sim.account, self._sim.whatsapp
        try:
            self._sim.faults.change(body)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        if body.get("clear"):
            account.updates.deliver_twice = account.rates.enabled = False
        account.updates.deliver_twice = bool(body.get("deliver_twice", account.updates.deliver_twice))
        account.rates.enabled = bool(body.get("real_limits", account.rates.enabled))
        whatsapp.hooks.disturbed, whatsapp.rates.enabled = account.updates.deliver_twice, account.rates.enabled
        self._sim.live.send("faults", self._faults())
        return web.json_response(self._faults())

    async def list_samples(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(self._samples())

    def _samples(self) -> list[Json]:
        return [
            {
                "id": sample.id,
                "label": sample.label,
                "serial": sample.serial,
                "reading": sample.reading,
                "caption": sample.caption,
                "url": f"/sim/samples/{sample.id}.jpg",
            }
            for sample in self._sim.samples.values()
        ]

    async def sample(self, request: web.Request) -> web.Response:
        data = await self._draw(request.match_info["sample"])
        return web.Response(body=data, content_type="image/jpeg", headers={"Cache-Control": "max-age=3600"})

    async def _draw(self, sample_id: str) -> bytes:
        sample = self._sim.samples.get(sample_id)
        if sample is None:
            raise web.HTTPNotFound(text="No such sample photo")
        return await asyncio.to_thread(draw_meter, sample)

    async def file(self, request: web.Request) -> web.Response:
        file = self._sim.account.world.files.get(request.match_info["file"])
        if file is None:
            raise web.HTTPNotFound(text="No such file")
        headers = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
        if not file.path.startswith("photos/"):
            headers["Content-Disposition"] = f'attachment; filename="{_safe_name(file.name)}"'
        kind = file.content_type if file.content_type.startswith("image/") else "application/octet-stream"
        return web.Response(body=content_of(file), content_type=kind, headers=headers)

    async def add_phone(self, request: web.Request) -> web.Response:
        try:
            spec = PhoneSpec(**await _body(request))
        except TypeError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response(shown_phone(self._sim.add_phone(spec)), status=201)

    def _phone(self, request: web.Request) -> Phone:
        phone = self._sim.phones.get(request.match_info["phone"])
        if phone is None:
            raise web.HTTPNotFound(text="No such phone")
        return phone

    async def messages(self, request: web.Request) -> web.Response:
        return web.json_response(self._messages_of(self._phone(request)))

    async def wait(self, request: web.Request) -> web.Response:
        """The first message with `text` since the phone's last action; 404 after `timeout` seconds."""
        phone = self._phone(request)
        try:
            seconds = float(request.query.get("timeout", 10))
            message = await phone.wait_for(request.query.get("text", ""), seconds)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        except PhoneError as error:
            raise web.HTTPNotFound(text=str(error)) from None
        return web.json_response(_seen(message))

    async def act(self, request: web.Request) -> web.Response:
        phone, action = self._phone(request), self._actions.get(request.match_info["action"])
        if action is None:
            raise web.HTTPNotFound(text="No such action")
        try:
            return web.json_response(await action(phone, await _body(request)))
        except (KeyError, TypeError, ValueError, LookupError, PhoneError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None

    async def _start(self, phone: Phone, body: Body) -> Json:
        return _sent(await phone.start(str(body.get("payload", ""))))

    async def _text(self, phone: Phone, body: Body) -> Json:
        return _sent(await phone.send_text(str(body["text"]), reply_to=body.get("reply_to")))

    async def _photo(self, phone: Phone, body: Body) -> Json:
        photo = await self._read_photo(body)
        return _sent(await phone.send_photo(photo.data, photo.caption, reply_to=body.get("reply_to")))

    async def _album(self, phone: Phone, body: Body) -> Json:
        photos = [await self._read_photo(item) for item in body["photos"]]
        return {"message_ids": [sent.message_id for sent in await phone.send_album(photos)]}

    async def _read_photo(self, body: Body) -> Photo:
        """`sample`: the id of a sample photo; else `data`: the picture in base64."""
        caption = str(body.get("caption", ""))
        if "sample" in body:
            return Photo(await self._draw(str(body["sample"])), caption)
        return Photo(_base64(body), caption)

    async def _document(self, phone: Phone, body: Body) -> Json:
        kind = str(body.get("content_type") or "application/octet-stream")
        caption = str(body.get("caption", ""))
        return _sent(await phone.send_document(_base64(body), str(body["name"]), kind, caption))

    async def _press(self, phone: Phone, body: Body) -> Json:
        if "data" in body:
            await phone.press_data(int(body["message_id"]), str(body["data"]))
            return {"ok": True}
        button = await phone.press(str(body["button"]), within=body.get("message_id"))
        return {"kind": button.kind.value, "text": button.text, "value": button.value}

    async def _contact(self, phone: Phone, body: Body) -> Json:
        if body.get("own", True):
            return _sent(await phone.share_contact())
        card = Contact(
            str(body["phone_number"]),
            str(body["first_name"]),
            body.get("user_id"),
            bool(body.get("forwarded")),
        )
        return _sent(await phone.share_contact(card))

    async def _edit(self, phone: Phone, body: Body) -> Json:
        await phone.edit(int(body["message_id"]), str(body["text"]))
        return {"ok": True}

    async def _open_link(self, phone: Phone, body: Body) -> Json:
        return _sent(await phone.open_link(str(body["link"])))

    async def _block(self, phone: Phone, body: Body) -> Json:
        await phone.block(blocked=bool(body.get("blocked", True)))
        return {"ok": True}

    async def _offline(self, phone: Phone, body: Body) -> Json:
        await (phone.go_offline() if body.get("offline", True) else phone.go_online())
        return {"ok": True}


async def _next_event(page: asyncio.Queue[bytes]) -> bytes:
    try:
        async with asyncio.timeout(_HEARTBEAT_SECONDS):
            return await page.get()
    except TimeoutError:
        return b": still here\n\n"


async def _body(request: web.Request) -> Body:
    """JSON only: a form of another site cannot send that without asking first."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Send JSON")
    try:
        body = await request.json()
    except (ValueError, LookupError):  # also a charset that nobody knows
        raise web.HTTPBadRequest(text="This is not JSON") from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="Send a JSON object")
    return body


def _base64(body: Body) -> bytes:
    try:
        return base64.b64decode(str(body["data"]), validate=True)
    except binascii.Error as error:
        raise ValueError(f"data is not base64: {error}") from None


def _sent(sent: Sent) -> Json:
    return {"message_id": sent.message_id}


def _seen(message: SeenMessage) -> Json:
    return {"raw": message.raw, "from_bot": message.from_bot, "revision": message.revision}


def _safe_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in name) or "file"

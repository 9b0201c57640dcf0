"""`/whatsapp/v23.0/…`: the HTTP face of the simulated Cloud API."""

import asyncio
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from bot.simulator.calls import Call, Upload
from bot.simulator.faults import Fault
from bot.simulator.shapes import Json, dumps
from bot.simulator.whatsapp import errors, limits
from bot.simulator.whatsapp.business import ACCOUNT_ID, PHONE_NUMBER_ID, Business

ROOT = "/whatsapp/v23.0"
_DOWNLOADS = "/whatsapp/media"
_USUAL_FIELDS = ("verified_name", "code_verification_status", "display_phone_number", "quality_rating")
_PAGE = 25
_Work = Callable[[web.Request], Awaitable[tuple[Call, Json]]]


class CloudApi:
    """Answers the business, meets it with faults, and records what it asked. `root` is the server's own address."""

    def __init__(self, business: Business, root: Callable[[], str]) -> None:
        self._business = business
        self._root = root

    def add_routes(self, app: web.Application) -> None:
        router = app.router
        router.add_post(f"{ROOT}/{{object}}/messages", self._answering("messages", self._messages))
        router.add_post(f"{ROOT}/{{object}}/media", self._answering("media", self._upload))
        router.add_get(f"{ROOT}/{{object}}/message_templates", self._answering("templates", self._templates))
        router.add_post(f"{ROOT}/{{object}}/message_templates", self._answering("templates", self._submit))
        router.add_get(f"{ROOT}/{{object}}", self._answering("object", self._object))
        router.add_get(f"{_DOWNLOADS}/{{word}}", self.download)

    def _answering(self, name: str, work: _Work) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The token first, then whatever fault is planned, then the work."""

        async def answering(request: web.Request) -> web.StreamResponse:
            faults, fault = self._business.faults, None
            call = Call(f"whatsapp {name}", {})
            try:
                self._check_token(request)
                if faults.delay_seconds:
                    await asyncio.sleep(faults.delay_seconds)
                fault = faults.draw(name)
                if fault is Fault.RESET:
                    self._record(call, 0, {}, fault)
                    return _broken(request)
                _refuse(fault)
                call, answer = await work(request)
            except errors.GraphError as error:
                status, answer = error.refusal.status, error.answer(secrets.token_urlsafe(8))
                self._record(_read_in(error, call), status, answer, fault)
                return _response(status, answer)
            self._record(call, 0 if fault is Fault.LOST_ANSWER else 200, answer, fault)
            if fault is Fault.LOST_ANSWER:
                await asyncio.sleep(faults.hold_seconds)
                return _broken(request)
            return _response(200, answer)

        return answering

    def _check_token(self, request: web.Request) -> None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token if kind.lower() == "bearer" else request.query.get("access_token", "")
        if not token:
            errors.NO_TOKEN.refuse()
        if not hmac.compare_digest(token.encode(), self._business.token.encode()):
            errors.BAD_TOKEN.refuse()

    def _record(self, call: Call, status: int, answer: Json, fault: Fault | None) -> None:
        self._business.recorder.add(self._business.clock(), call, status, answer, fault)

    async def _messages(self, request: web.Request) -> tuple[Call, Json]:
        _check_object(request, PHONE_NUMBER_ID)
        asked = await _json(request)
        call = Call("whatsapp messages", _params(asked))
        try:
            return call, self._message(asked)
        except errors.GraphError as error:
            error.add_note(dumps(asked))
            raise

    def _message(self, asked: Json) -> Json:
        if asked.get("messaging_product") != "whatsapp":
            errors.INVALID.refuse("The parameter messaging_product is required.")
        if asked.get("status") == "read":
            return self._business.mark_read(asked)
        if asked.get("type") == "reaction":
            return self._business.react(asked)
        return self._business.send(asked)

    async def _upload(self, request: web.Request) -> tuple[Call, Json]:
        _check_object(request, PHONE_NUMBER_ID)
        if request.content_type != "multipart/form-data":
            errors.INVALID.refuse("The parameter file is required.")
        params, file = await _form(request)
        if params.get("messaging_product") != "whatsapp":
            errors.INVALID.refuse("The parameter messaging_product is required.")
        if file is None:
            errors.INVALID.refuse("The parameter file is required.")
        media_id = self._business.media.upload(file.data, params.get("type") or file.content_type, file.file_name)
        return Call("whatsapp media", params, {"file": file}), {"id": media_id}

    async def _templates(self, request: web.Request) -> tuple[Call, Json]:
        """All templates, or those of one `name`, a page at a time."""
        _check_object(request, ACCOUNT_ID)
        shown = self._business.templates.list(request.query.get("name"))
        start = int(request.query.get("after") or 0)
        end = start + min(int(request.query.get("limit") or _PAGE), 100)
        paging: Json = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(shown):
            paging["next"] = f"{self._root()}{ROOT}/{ACCOUNT_ID}/message_templates?limit={end - start}&after={end}"
        return Call("whatsapp templates", dict(request.query)), {"data": shown[start:end], "paging": paging}

    async def _submit(self, request: web.Request) -> tuple[Call, Json]:
        _check_object(request, ACCOUNT_ID)
        asked = await _json(request)
        made = self._business.templates.submit(asked)
        answer = {"id": made.id, "status": made.status, "category": made.category}
        return Call("whatsapp templates", _params(asked)), answer

    async def _object(self, request: web.Request) -> tuple[Call, Json]:
        """The number itself, or where a file can be downloaded."""
        name = request.match_info["object"]
        call = Call("whatsapp object", {"id": name, **request.query})
        if name != PHONE_NUMBER_ID:
            return call, self._business.media.describe(name, f"{self._root()}{_DOWNLOADS}")
        shown = self._business.describe()
        fields = [field.strip() for field in request.query.get("fields", "").split(",") if field.strip()]
        unknown = [field for field in fields if field not in shown]
        if unknown:
            errors.INVALID.refuse(f"Tried accessing nonexisting field ({unknown[0]})")
        return call, {field: shown[field] for field in ("id", *(fields or _USUAL_FIELDS))}

    async def download(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
        except errors.GraphError as error:
            return _response(error.refusal.status, error.answer(secrets.token_urlsafe(8)))
        file = self._business.media.opened(request.match_info["word"])
        if file is None:
            return _response(404, errors.NO_OBJECT.error().answer(secrets.token_urlsafe(8)))
        return web.Response(body=file.data, content_type=file.content_type or "application/octet-stream")


def _refuse(fault: Fault | None) -> None:
    if fault is Fault.TOO_MANY_REQUESTS:
        errors.THROUGHPUT.refuse("Message failed to send because there were too many messages sent from this number")
    if fault is Fault.BAD_GATEWAY:
        errors.UNAVAILABLE.refuse()


def _check_object(request: web.Request, expected: str) -> None:
    if request.match_info["object"] != expected:
        errors.NO_OBJECT.refuse(f"Object with ID '{request.match_info['object']}' does not exist")


def _read_in(error: errors.GraphError, call: Call) -> Call:
    """The call with what was asked, where it got as far as being read."""
    notes = getattr(error, "__notes__", [])
    return Call(call.method, _params(json.loads(notes[0]))) if notes else call


def _params(asked: Json) -> dict[str, str]:
    return {name: value if isinstance(value, str) else dumps(value) for name, value in asked.items()}


async def _json(request: web.Request) -> Json:
    try:
        asked = json.loads(await request.read() or b"{}")
    except ValueError:
        errors.INVALID.refuse("The body is not JSON")
    if not isinstance(asked, dict):
        errors.INVALID.refuse("The body is not a JSON object")
    return asked


async def _form(request: web.Request) -> tuple[dict[str, str], Upload | None]:
    params: dict[str, str] = {}
    file: Upload | None = None
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        data = bytes(await part.read(decode=False))
        if len(data) > limits.DOCUMENT_BYTES:
            errors.MEDIA_REFUSED.refuse("The file is too large")
        if part.filename is None:
            params[part.name] = data.decode("utf-8", "replace")
        else:
            file = Upload(part.filename, part.headers.get("Content-Type", "application/octet-stream"), data)
    return params, file


def _broken(request: web.Request) -> web.Response:
    """The connection breaks; what is returned never leaves."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


def _response(status: int, answer: Json) -> web.Response:
    return web.Response(body=dumps(answer).encode(), status=status, content_type="application/json")

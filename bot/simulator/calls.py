"""One request of a bot: its method, its parameters as strings (as the real server keeps them) and its files."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from bot.simulator import errors, limits
from bot.simulator.shapes import Json, dumps


@dataclass(frozen=True, slots=True)
class Upload:
    file_name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """`method` is as the bot wrote it; names of methods are compared without case, as the real server does."""

    method: str
    params: dict[str, str]
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.params.get(name, "")

    def required(self, name: str) -> str:
        value = self.params.get(name, "")
        if not value:
            errors.PARAMETER_REQUIRED.refuse(name=name)
        return value

    def integer(self, name: str, default: int = 0) -> int:
        """Digits in front count, the rest is ignored, nothing readable is the default: as td::to_integer."""
        return leading_integer(self.params.get(name, ""), default)

    def flag(self, name: str) -> bool:
        return self.params.get(name, "").lower() in {"true", "yes", "1"}

    def parsed(self, name: str, otherwise: errors.Refusal) -> object:
        """The JSON value of a parameter, None when it is absent. Raises `otherwise` when it is no JSON."""
        raw = self.params.get(name, "")
        if not raw:
            return None
        try:
            value: object = json.loads(raw)
        except ValueError:
            otherwise.refuse()
        return value

    def entities(self, name: str) -> list[Json] | None:
        """Broken entities are ignored, as get_input_entities does."""
        try:
            value = json.loads(self.params.get(name) or "null")
        except ValueError:
            return None
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else None


def leading_integer(text: str, default: int = 0) -> int:
    digits = text.strip()
    sign = digits[:1] if digits[:1] in {"-", "+"} else ""
    body = digits[len(sign) :]
    end = next((index for index, character in enumerate(body) if character not in "0123456789"), len(body))
    return int(sign + body[:end]) if end else default


async def read_call(request: web.Request, method: str) -> Call:
    """Parameters may come in the address, as a form, as multipart or as JSON; later ones win."""
    params = dict(request.query)
    files: dict[str, Upload] = {}
    try:
        if request.content_type == "application/x-www-form-urlencoded":
            body = (await request.read()).decode("utf-8", "replace")
            params.update(parse_qsl(body, keep_blank_values=True))
        elif request.content_type == "multipart/form-data":
            await _read_multipart(request, params, files)
        elif request.content_type == "application/json":
            params.update(_from_json(await request.read()))
    except web.HTTPRequestEntityTooLarge:
        errors.REQUEST_TOO_LARGE.refuse()
    return Call(method, params, files)


def _from_json(body: bytes) -> dict[str, str]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    return {name: item if isinstance(item, str) else dumps(item) for name, item in value.items()}


async def _read_multipart(request: web.Request, params: dict[str, str], files: dict[str, Upload]) -> None:
    room = limits.UPLOAD_BYTES + (1 << 20)
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        data = bytes(await part.read(decode=False))
        room -= len(data)
        if room < 0:
            errors.REQUEST_TOO_LARGE.refuse()
        if part.filename is None:
            params[part.name] = data.decode("utf-8", "replace")
        else:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            files[part.name] = Upload(part.filename, kind, data)

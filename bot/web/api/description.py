"""`GET /openapi.json`: every address that this service offers to machines and owners, in OpenAPI 3.1."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web

_FILE = Path(__file__).with_name("openapi.json")


@cache
def description() -> dict[str, Any]:
    """Everything there can be."""
    found: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return found


async def described(request: web.Request) -> web.Response:
    """What this service has of it: routes that are not there are left out."""
    routed = {resource.canonical for resource in request.app.router.resources()}
    whole = description()
    there = {path: item for path, item in whole["paths"].items() if path in routed}
    return web.json_response({**whole, "paths": there})

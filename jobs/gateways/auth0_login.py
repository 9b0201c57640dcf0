"""Getting a token from Auth0: by a client's own secret, or of somebody who logs in with a browser."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from jobs.gateways.auth0 import discover, fetch_json
from jobs.token_ports import Identity, ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from jobs.admin_login import Begun
    from jobs.gateways.auth0 import Auth0Tokens, Issuer

SECONDS: Final = 300
"""In which somebody has to log in."""
_PATH: Final = "/callback"
_SCOPES: Final = "bills:write"


@dataclass(frozen=True, slots=True)
class Client:
    """An application in Auth0; a browser's may have no secret."""

    id: str
    secret: str | None = field(default=None, repr=False)


async def token_of_client(issuer: Issuer, client: Client) -> str:
    """By client credentials. Raises ProviderError."""
    form = {"grant_type": "client_credentials", "audience": issuer.audience}
    return await _token((await discover(issuer.address))["token_endpoint"], client, form)


async def token_of_person(issuer: Issuer, client: Client, port: int, show: Callable[[str], None]) -> str:
    """By code flow with PKCE: `show` is given the address to open; Auth0 leads back to us. Raises ProviderError."""
    addresses = await discover(issuer.address)
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": back_to(port),
        "audience": issuer.audience,
        "scope": _SCOPES,
        "state": state,
        **_challenge(verifier),
    }
    code = await _code(port, state, lambda: show(f"{addresses['authorization_endpoint']}?{urlencode(asked)}"))
    return await _token(addresses["token_endpoint"], client, _exchange(code, back_to(port), verifier))


@dataclass(frozen=True, slots=True)
class AdminLogins:
    """The port `LoginProvider`. `tokens` takes ID tokens for `client`; `claim` names what says who is admin."""

    tokens: Auth0Tokens
    client: Client
    claim: str

    @property
    def origin(self) -> str:
        parts = urlsplit(self.tokens.issuer.address)
        return f"{parts.scheme}://{parts.netloc}"

    async def address(self, begun: Begun, back: str) -> str:
        asked = {
            "response_type": "code",
            "client_id": self.client.id,
            "redirect_uri": back,
            "scope": "openid",
            "prompt": "login",  # whoever left the browser logged in is not asked otherwise
            "state": begun.state,
            "nonce": begun.nonce,
            **_challenge(begun.verifier),
        }
        return f"{(await discover(self.tokens.issuer.address))['authorization_endpoint']}?{urlencode(asked)}"

    async def identity(self, begun: Begun, back: str, code: str) -> Identity:
        endpoint = (await discover(self.tokens.issuer.address))["token_endpoint"]
        token = await _token(endpoint, self.client, _exchange(code, back, begun.verifier), "id_token")
        claims = await self.tokens.person(token, begun.nonce)
        return Identity(str(claims["sub"]), claims.get(self.claim))


def back_to(port: int) -> str:
    """What Auth0 must know as an allowed callback address."""
    return f"http://127.0.0.1:{port}{_PATH}"


def _challenge(verifier: str) -> dict[str, str]:
    """PKCE by S256."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    return {"code_challenge": digest.rstrip(b"=").decode(), "code_challenge_method": "S256"}


def _exchange(code: str, back: str, verifier: str) -> dict[str, str]:
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}


async def _token(endpoint: str, client: Client, form: dict[str, str], kind: str = "access_token") -> str:
    known = {"client_id": client.id} | ({"client_secret": client.secret} if client.secret else {})
    token = (await fetch_json(endpoint, {**form, **known})).get(kind)
    if not isinstance(token, str) or not token:
        raise ProviderError("it answered without a token")
    return token


async def _code(port: int, state: str, ready: Callable[[], None]) -> str:
    """What the browser brings back; another state is not ours and not taken."""
    from aiohttp import web

    came: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def callback(request: web.Request) -> web.Response:
        if not secrets.compare_digest(request.query.get("state", "").encode(), state.encode()) or came.done():
            return _page("This is not the login that was begun here.", 400)
        if "code" not in request.query:
            came.set_exception(ProviderError(f"it said {request.query.get('error', 'nothing')[:100]}"))
            return _page("Auth0 refused. You can close this page.", 400)
        came.set_result(request.query["code"])
        return _page("Done. You can close this page.", 200)

    app = web.Application()
    app.router.add_get(_PATH, callback)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        ready()
        async with asyncio.timeout(SECONDS):
            return await came
    except TimeoutError:
        raise ProviderError("nobody logged in within five minutes") from None
    finally:
        await runner.cleanup()


def _page(text: str, status: int) -> web.Response:
    from aiohttp import web

    return web.Response(text=f"<!doctype html><p>{html.escape(text)}</p>", content_type="text/html", status=status)

"""A made-up Auth0 on loopback: discovery, keys, tokens; it counts who asks, and signs whatever a test wants."""

from __future__ import annotations

import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

AUDIENCE = "https://bills.example.org/api"


def new_key(kid: str, bits: int = 2048) -> RSAKey:
    """A key pair with a name."""
    with warnings.catch_warnings(action="ignore"):
        return RSAKey.generate_key(bits, {"kid": kid, "use": "sig", "alg": "RS256"}, auto_kid=False)


@dataclass(slots=True)
class FakeIssuer:
    """`address` ends with a slash, as Auth0's do. `keys` are published; `asked` counts by path."""

    address: str = ""
    keys: list[RSAKey] = field(default_factory=lambda: [new_key("one")])
    asked: dict[str, int] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    down: bool = False
    forms: list[dict[str, str]] = field(default_factory=list)
    id_token: str | None = None
    """What a login is answered with beside the access token."""

    def token(self, key: RSAKey | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Good unless something is changed; what is None is left out."""
        now = int(time.time())
        usual = {
            "iss": self.address,
            "aud": AUDIENCE,
            "sub": "gateway@clients",
            "azp": "gateway",
            "iat": now,
            "exp": now + 600,
            "scope": "bills:write",
        }
        kept = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        chosen = key or self.keys[0]
        said = {"alg": "RS256", "kid": chosen.kid, **(header or {})}
        return jwt.encode({name: value for name, value in said.items() if value is not None}, kept, chosen)

    async def answer(self, request: web.Request) -> web.Response:
        """Anything it is asked."""
        self.asked[request.path] = self.asked.get(request.path, 0) + 1
        if self.down:
            return web.Response(status=503)
        if request.path == "/keys":
            return web.json_response({"keys": [key.as_dict(private=False) for key in self.keys]})
        if request.path == "/oauth/token":
            self.forms.append({name: str(value) for name, value in (await request.post()).items()})
            return self._grant(self.forms[-1])
        names = {"jwks_uri": "keys", "token_endpoint": "oauth/token", "authorization_endpoint": "authorize"}
        found = {name: f"{self.address}{path}" for name, path in names.items()}
        return web.json_response({"issuer": self.address, **found, **self.changes})

    def _grant(self, form: dict[str, str]) -> web.Response:
        if form.get("client_secret") == "wrong-secret-of-the-client":
            said = {"error": "access_denied", "error_description": "Unauthorized"}
            return web.json_response(said, status=401)
        token = self.token(sub=f"{form['client_id']}@clients", azp=form["client_id"])
        extra = {"id_token": self.id_token} if self.id_token else {}
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": 600, **extra})


@asynccontextmanager
async def issuer() -> AsyncIterator[FakeIssuer]:
    """Listens while the block runs."""
    made = FakeIssuer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()

"""Who calls: the static token, or a token that Auth0 signed; and what each may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.web.problems import ApiProblem
from jobs.secrecy import same
from jobs.token_ports import TokenRefused

if TYPE_CHECKING:
    from aiohttp import web

    from jobs.token_ports import TokenCheck

BILLS_WRITE: Final = "bills:write"
"""The scope that lets a caller have bills issued."""
ALL_SCOPES: Final = frozenset({BILLS_WRITE})
_LONGEST_TOKEN: Final = 8_192
_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, for its rate and its keys (`id`), for the audit trail (`name`), and its scopes."""

    id: str
    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether its token says so."""
        return scope in self.scopes


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets callers in. With neither a token nor a check it lets nobody in."""

    token: str | None = field(default=None, repr=False)
    check: TokenCheck | None = None

    async def caller(self, request: web.Request) -> Caller:
        """Raises ApiProblem 401."""
        given = bearer(request)
        if same(given, self.token):
            return Caller("token", "API", ALL_SCOPES)
        if self.check is None or not given or len(given) > _LONGEST_TOKEN:
            raise refused()
        try:
            subject, name, scopes = await self.check.caller(given)
        except TokenRefused:
            raise refused() from None
        return Caller(f"auth0:{subject}", f"API ({name})", scopes)


def bearer(request: web.Request) -> str:
    """The token of the request; empty without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def refused() -> ApiProblem:
    """The same words for every reason: what is wrong with a token is its owner's to know."""
    message = "Send a valid token: Authorization: Bearer …"
    return ApiProblem(401, "unauthorized", message, headers=_CHALLENGE)


def forbidden(scope: str) -> ApiProblem:
    """The token is good, but not for this."""
    challenge = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
    return ApiProblem(403, "insufficient_scope", f"This needs the scope {scope}.", headers=challenge)

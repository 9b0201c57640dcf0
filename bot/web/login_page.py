"""Where admins log in: whose chat is bound, the way to Auth0 and back, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from aiohttp import web

from bot.i18n import Translator
from bot.texts import login as texts
from bot.web.pages import template
from bot.web.pay_form import is_from_another_site
from bot.web.traced import reference
from jobs.admin_login import LOGIN_TIME, Begun, LoginProblem, begin, bind, come_back, refuse
from jobs.people import our_chat
from jobs.secrecy import mask
from jobs.token_ports import ProviderError, TokenRefused
from jobs.work import Actor, Work
from storage import admin_logins
from storage.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from bot.texts.login import Page
    from jobs.token_ports import Identity, LoginProvider
    from jobs.work import Society
    from storage.admin_logins import Applicant
    from storage.database import Connection, Database

_log = structlog.get_logger()

_CALLBACK: Final = "/login/callback"
_COOKIE: Final = "login"
_LONGEST: Final = 4096
"""Characters of what Auth0 brings back that are looked at."""
_STATUS: Final = {LoginProblem.NO_ANSWER: 503, LoginProblem.REFUSED: 502}
_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_CSP: Final = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action {forms}"
)
_SERVICE: Final = Actor(None, "login page")
_ENGLISH: Final = Translator("en")


class _NoSuchLinkError(Exception):
    """The address is unknown, used or expired, or its chat is no admin's any more: nobody learns which."""


class _RefusedError(Exception):
    """The login bound nothing; the text is for the log."""

    def __init__(self, problem: LoginProblem, why: str = "") -> None:
        super().__init__(why)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class LoginPages:
    """The pages of `/login`. Only the button's POST and Auth0's way back, with its cookie, change anything."""

    db: Database
    society: Society
    now: Callable[[], datetime]
    provider: LoginProvider
    days: int

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(_CALLBACK, self.callback, allow_head=False),
            web.get("/login/{token}", self.page),
            web.post("/login/{token}", self.press),
        ]

    async def page(self, request: web.Request) -> web.Response:
        return await _kindly(self._page(request.match_info["token"]))

    async def press(self, request: web.Request) -> web.Response:
        return await _kindly(self._press(request, request.match_info["token"]))

    async def callback(self, request: web.Request) -> web.Response:
        answer = await _kindly(self._callback(request))
        answer.del_cookie(_COOKIE)
        return answer

    async def _page(self, token: str) -> web.Response:
        async with self.db.transaction() as conn:
            who = await admin_logins.behind(conn, token, self.now())
        if who is None:
            raise _NoSuchLinkError
        page = texts.ask(self.society.name, who.name, who.channel)
        return _shown(page, forms=f"'self' https: {self.provider.origin}")

    async def _press(self, request: web.Request, token: str) -> web.Response:
        """To Auth0. Pressed again, the login begun before is given up."""
        if is_from_another_site(request):
            return _shown(texts.NOT_FROM_HERE, 403)
        async with self.db.transaction() as conn:
            begun = await begin(self._work(conn), token)
        if begun is None:
            raise _NoSuchLinkError
        try:
            address = await self.provider.address(begun, self._back)
        except ProviderError as error:
            raise _RefusedError(LoginProblem.NO_ANSWER, str(error)) from None
        answer = web.Response(status=303, headers={**_HEADERS, "Location": address})
        seconds = int(LOGIN_TIME.total_seconds())
        is_secure = self._back.startswith("https:")
        answer.set_cookie(_COOKIE, begun.secret, max_age=seconds, httponly=True, secure=is_secure, samesite="Lax")
        return answer

    async def _callback(self, request: web.Request) -> web.Response:
        """The state is used up before the code is: what comes twice finds nothing."""
        said = {name: request.query.get(name, "")[:_LONGEST] for name in ("state", "code", "error")}
        begun = Begun(request.cookies.get(_COOKIE, "")[:_LONGEST])
        async with self.db.transaction() as conn:
            who = await come_back(self._work(conn), begun, said["state"])
        if who is None:
            raise _RefusedError(LoginProblem.NOT_FROM_HERE)
        try:
            identity = await self._identity(begun, said)
        except _RefusedError as refused:
            async with self.db.transaction() as conn:
                await refuse(self._work(conn), who, refused.problem)
            raise
        return await self._bound(who, identity)

    async def _identity(self, begun: Begun, said: Mapping[str, str]) -> Identity:
        """Who Auth0 says it is. Raises _RefusedError."""
        if not said["code"]:
            raise _RefusedError(LoginProblem.DENIED, said["error"][:100])
        try:
            return await self.provider.identity(begun, self._back, said["code"])
        except (ProviderError, TimeoutError) as error:
            raise _RefusedError(LoginProblem.NO_ANSWER, f"{type(error).__name__}: {error}") from None
        except TokenRefused as error:
            raise _RefusedError(LoginProblem.REFUSED, str(error)) from None

    async def _bound(self, who: Applicant, identity: Identity) -> web.Response:
        async def work(conn: Connection) -> tuple[datetime | LoginProblem, str | None]:
            ours = self._work(conn, Actor(who.person_id, who.name))
            return await bind(ours, who, identity, self.days), await our_chat(ours)

        until, chat = await self.db.run(work)
        if isinstance(until, LoginProblem):
            raise _RefusedError(until)
        _log.info("admin logged in", person=who.person_id, chat=who.chat_id)
        page = texts.bound(_ENGLISH, who.name, who.channel, until.astimezone(self.society.zone))
        return _shown(page, back=chat if who.channel == "telegram" else None)

    def _work(self, conn: Connection, actor: Actor = _SERVICE) -> Work:
        return Work(conn, self.now(), self.society, actor, reference())

    @property
    def _back(self) -> str:
        """What Auth0 must know as an allowed callback address."""
        return f"{self.society.public_url}{_CALLBACK}"


async def _kindly(answer: Awaitable[web.Response]) -> web.Response:
    try:
        return await answer
    except _NoSuchLinkError:
        return _shown(texts.NO_SUCH_LINK, 404)
    except _RefusedError as refused:
        _log.warning("login refused", problem=refused.problem.value, reason=mask(str(refused)))
        return _shown(texts.refused(refused.problem), _STATUS.get(refused.problem, 403))
    except (DatabaseUnavailable, TimeoutError) as error:
        _log.warning("page not shown", reason=mask(f"{type(error).__name__}: {error}"))
        return _shown(texts.TRY_AGAIN, 503)
    except Exception:  # noqa: BLE001 - the last frame of a page
        _log.exception("page failed")
        return _shown(texts.TRY_AGAIN, 500)


def _shown(page: Page, status: int = 200, *, forms: str = "'none'", back: str | None = None) -> web.Response:
    """A refusal shows the reference under which the log tells more."""
    ref = reference() if status != 200 else None  # noqa: PLR2004 - HTTP's OK
    html = template("login.html").render(page=page, back=back, back_label=texts.BACK, ref=ref)
    headers = {**_HEADERS, "Content-Security-Policy": _CSP.format(forms=forms)}
    return web.Response(text=html, status=status, content_type="text/html", headers=headers)

"""The owner's bill page: whose bill, how much, until when, how to pay, and how the sum came about."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from bot.bill_document import bills_pdf, file_name, owners_bill
from bot.bill_facts import bars, is_payable, is_payable_online, upi
from bot.i18n import Translator
from bot.texts import bill_page as texts
from bot.texts import owner, owner_since, owner_sum
from bot.web.pages import template
from bot.web.papers import Papers, TooBusyError
from bot.web.pay_form import BACK, form_targets, has_good_seal, is_from_another_site, owed_as_shown, pay_part, press
from bot.web.traced import reference
from jobs.documents import DocumentError
from jobs.pay_online import PayDesk
from jobs.secrecy import mask
from storage import bill_links, bill_views, photos
from storage.database import DatabaseUnavailable
from storage.people import person

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from jobs.payment_ports import PaymentProvider
    from jobs.work import Society
    from storage.bill_views import BillView
    from storage.database import Connection, Database

_log = structlog.get_logger()

_HERE = Path(__file__).parent
_STATIC = {
    "base.css": "text/css",
    "bill.css": "text/css",
    "icon.svg": "image/svg+xml",
    "noto-sans-devanagari.ttf": "font/ttf",
}
_CSP = "Content-Security-Policy"
_HEADERS = {
    "Cache-Control": "private, no-store",
    _CSP: "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action {forms}",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_PATIENCE = "10"
"""Seconds after which to ask again."""
_CLOSED = {**_HEADERS, _CSP: _HEADERS[_CSP].format(forms="'none'")}


class _NoSuchPageError(Exception):
    """The token is unknown, expired or revoked, or its bill is no longer the person's: nobody learns which."""


@dataclass(frozen=True, slots=True)
class BillPages:
    """The pages of `/b/{token}`. Whatever is wrong with a token gives the same 404; GET and HEAD change nothing."""

    db: Database
    society: Society
    now: Callable[[], datetime]
    providers: Mapping[str, PaymentProvider] = field(default_factory=dict)
    papers: Papers = field(default_factory=Papers)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/b/{token}", self.page),
            web.get("/b/{token}/bill.pdf", self.pdf),
            web.get("/b/{token}/photo.jpg", self.photo),
            web.post("/b/{token}/pay/{provider}", self.pay),
            web.get("/static/{name}", static_file),
        ]

    async def page(self, request: web.Request) -> web.Response:
        return await _kindly(self._page(request.match_info["token"], request.query.get(BACK, "")))

    async def pdf(self, request: web.Request) -> web.Response:
        return await _kindly(self._pdf(request.match_info["token"]))

    async def photo(self, request: web.Request) -> web.Response:
        return await _kindly(self._photo(request.match_info["token"]))

    async def pay(self, request: web.Request) -> web.Response:
        return await _kindly(self._pay(request, request.match_info["token"], request.match_info["provider"]))

    async def _page(self, token: str, back: str) -> web.Response:
        async with self.db.transaction() as conn:
            view, reader, language = await self._behind(conn, token)
            months = await bill_views.monthly_units(conn, reader, view.flat_id, view.period_end)
            t = Translator(language)
            online = await pay_part(conn, t, view, token, providers=list(self.providers), back=back)
        facts = _facts(t, view, self.society, months)
        html = template("bill.html").render(
            facts, pdf_address=f"/b/{token}/bill.pdf", photo_address=f"/b/{token}/photo.jpg", online=online
        )
        return web.Response(text=html, content_type="text/html", headers=self._headers())

    async def _pay(self, request: web.Request, token: str, provider: str) -> web.Response:
        """To the provider's page; what changed since the page was shown leads back to it, as it is now."""
        async with self.db.transaction() as conn:
            view, reader, _ = await self._behind(conn, token)
        if provider not in self.providers:
            raise _NoSuchPageError
        if is_from_another_site(request) or not await has_good_seal(request, token, provider):
            return _notice(texts.NOT_FROM_HERE, 403)
        page = f"{self.society.public_url or request.url.origin()}/b/{token}"
        if not is_payable_online(view) or await owed_as_shown(request) != f"{view.balance:.2f}":
            raise web.HTTPSeeOther(page)
        desk = PayDesk(self.db, self.society, self.now, self.providers)
        raise web.HTTPSeeOther(await press(desk, view, reader, provider, page))

    def _headers(self) -> dict[str, str]:
        forms = form_targets(self.providers, on_loopback=not (self.society.public_url or "").startswith("https:"))
        return {**_HEADERS, _CSP: _HEADERS[_CSP].format(forms=forms)}

    async def _pdf(self, token: str) -> web.Response:
        async with self.db.transaction() as conn:
            view, reader, language = await self._behind(conn, token)
            printed = await owners_bill(conn, reader, view)
        t, facts = Translator(language), repr((language, view, printed.months))
        content = await self.papers.paper(facts, lambda: bills_pdf(t, self.society, [printed], self.now()))
        headers = {**_CLOSED, "Content-Disposition": f'inline; filename="{file_name(view)}"'}
        return web.Response(body=content, content_type="application/pdf", headers=headers)

    async def _photo(self, token: str) -> web.Response:
        async with self.db.transaction() as conn:
            view, _, _ = await self._behind(conn, token)
            if view.photo_id is None:
                raise _NoSuchPageError
            content = await photos.jpeg(conn, view.photo_id)
        return web.Response(body=content, content_type="image/jpeg", headers=_CLOSED)

    async def _behind(self, conn: Connection, token: str) -> tuple[BillView, int, str | None]:
        """The bill, its reader and their language."""
        found = await bill_links.bill_behind(conn, token, self.now())
        if found is None:
            raise _NoSuchPageError
        bill_id, reader = found
        view = await bill_views.owned_bill(conn, reader, bill_id)
        if view is None:
            raise _NoSuchPageError
        return view, reader, (await person(conn, reader)).language


async def static_file(request: web.Request) -> web.StreamResponse:
    """The few files that pages share: style sheets, the icon and the Devanagari font."""
    name = request.match_info["name"]
    if name not in _STATIC:
        raise web.HTTPNotFound
    path = _devanagari() if name.endswith(".ttf") else _HERE / "static" / name
    headers = {
        "Content-Type": _STATIC[name],
        "Cache-Control": "public, max-age=3600",
        "X-Content-Type-Options": "nosniff",
    }
    return web.FileResponse(path, headers=headers)


async def _kindly(answer: Awaitable[web.Response]) -> web.Response:
    try:
        return await answer
    except _NoSuchPageError:
        return _notice(texts.NO_SUCH_PAGE, 404)
    except web.HTTPException:
        raise
    except (DatabaseUnavailable, TimeoutError, DocumentError, TooBusyError) as error:
        ref = reference()
        _log.warning("page not shown", reason=mask(f"{type(error).__name__}: {error}"), ref=ref)
        return _notice(texts.TRY_AGAIN, 503, {"Retry-After": _PATIENCE}, ref)
    except Exception:  # noqa: BLE001 - the last frame of a page
        ref = reference()
        _log.exception("page failed", ref=ref)
        return _notice(texts.BROKEN, 500, ref=ref)


def _notice(
    notice: texts.Notice, status: int, more: Mapping[str, str] | None = None, ref: str | None = None
) -> web.Response:
    html = template("notice.html").render(notice=notice, ref=ref)
    return web.Response(text=html, status=status, content_type="text/html", headers={**_CLOSED, **(more or {})})


@cache
def _devanagari() -> Path:
    import fontpkg_noto_sans_devanagari as package

    fonts = Path(package.__file__).parent.rglob("*.ttf")
    return min(fonts, key=lambda path: (len(path.name), path.name))


def _facts(
    t: Translator, view: BillView, society: Society, months: Sequence[tuple[date, Decimal]]
) -> dict[str, object]:
    """Everything the template shows, already in the reader's words."""
    owed = is_payable(view)
    return {
        "language": t.language,
        "society": society.name,
        "head": texts.head(t, view),
        "words": texts.words(t, view, society.name, society.office_contact),
        "meter": owner_sum.meter_lines(t, view),
        "lines": texts.sum_lines(t, view),
        "no_lines": texts.no_lines(t, view),
        "after_total": owner_since.after_total(t, view),
        "state": _state(view, owed=owed),
        "owed": owed,
        "upi": upi(view, society) if owed else None,
        "bars": bars(t, months),
        "has_photo": view.photo_id is not None,
        "photo_forgotten": owner.photo_forgotten(t, view) if view.photo_forgotten and view.photo_id is None else "",
    }


def _state(view: BillView, *, owed: bool) -> str:
    """How the first line looks: owed, overdue, paid, or neither."""
    if owed:
        return "overdue" if view.is_overdue else "owed"
    return "aside" if view.parked or view.is_void or not view.is_newest or view.is_owed else "paid"

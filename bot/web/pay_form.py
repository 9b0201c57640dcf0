"""Paying from the bill page: the buttons, what guards them, and where a press leads."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import urlsplit

from aiohttp import web

from bot.bill_facts import is_payable_online
from bot.texts import pay_page as texts
from domain.attempts import AttemptState
from jobs.pay_online import BeingChecked, NotAvailable, NothingOwed, Order, PayDesk, ToProvider, pay
from storage import payment_attempts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from bot.i18n import Translator
    from storage.bill_views import BillView
    from storage.database import Connection

BACK: Final = "back"
"""In the address of whoever comes back from a provider's page: `1`, or `failed` where it could not be reached."""
_LARGEST_FORM: Final = 2048


@dataclass(frozen=True, slots=True)
class PayButton:
    """One provider's button; `seal` and `owed` bind it to this page and what it showed."""

    provider: str
    label: str
    address: str
    owed: str
    seal: str


@dataclass(frozen=True, slots=True)
class PayPart:
    """What the page says about paying online; `checking` takes the place of every way to pay."""

    checking: str | None
    note: str | None
    buttons: Sequence[PayButton]


async def pay_part(
    conn: Connection, t: Translator, view: BillView, token: str, *, providers: Sequence[str], back: str
) -> PayPart:
    """The state of the flat's online payments, and the buttons; for a bill on which something is owed."""
    unsettled = await payment_attempts.unsettled(conn, view.flat_id)
    checked = payment_attempts.being_checked(unsettled)
    if checked is not None:
        return PayPart(texts.being_checked(t, checked.amount, closing=checked.closing), None, ())
    returned = back and any(one.state is AttemptState.OPEN for one in unsettled)
    note = texts.not_reached(t) if back == "failed" else texts.just_paid(t) if returned else None
    buttons = [_button(t, name, token, view.balance) for name in providers if is_payable_online(view)]
    return PayPart(None, note, buttons)


async def press(desk: PayDesk, view: BillView, person_id: int, provider: str, page: str) -> str:
    """Where the owner is led: the provider's page, or back to the bill, which says why not."""
    outcome = await pay(desk, Order(view.flat_id, view.id, person_id, provider, f"{page}?{BACK}=1"))
    match outcome:
        case ToProvider(url=url):
            return url
        case BeingChecked() | NothingOwed():
            return page
        case NotAvailable():
            return f"{page}?{BACK}=failed"
        case _:
            assert_never(outcome)


def is_from_another_site(request: web.Request) -> bool:
    """Browsers say where a form came from; without that the seal decides."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site != "same-origin"
    return origin not in (None, "null") and urlsplit(origin or "").netloc != request.host


async def has_good_seal(request: web.Request, token: str, provider: str) -> bool:
    """Whether the form is one that this page showed."""
    if (request.content_length or 0) > _LARGEST_FORM:
        return False
    form = await request.post()
    owed, seal = str(form.get("owed", "")), str(form.get("seal", ""))
    return hmac.compare_digest(seal.encode("utf-8", "replace"), _seal(token, provider, owed).encode())


async def owed_as_shown(request: web.Request) -> str:
    """What the button said is owed."""
    return str((await request.post()).get("owed", ""))


def form_targets(providers: Mapping[str, object], *, on_loopback: bool) -> str:
    """Where forms of the page may lead, redirects included: providers use addresses of their own choice."""
    if not providers:
        return "'none'"
    return "'self' https: http://127.0.0.1:*" if on_loopback else "'self' https:"


def _button(t: Translator, provider: str, token: str, owed: Decimal) -> PayButton:
    shown = f"{owed:.2f}"
    label = texts.pay_button(t, provider, owed)
    return PayButton(provider, label, f"/b/{token}/pay/{provider}", shown, _seal(token, provider, shown))


def _seal(token: str, provider: str, owed: str) -> str:
    """Only who knows the page's own address can make it."""
    return hmac.new(token.encode(), f"pay {provider} {owed}".encode(), "sha256").hexdigest()

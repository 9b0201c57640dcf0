"""Razorpay payment links over its HTTP API: the official client would block the loop."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from domain.money import to_paise
from jobs.payment_ports import (
    CURRENCY,
    Asked,
    Capture,
    Link,
    LinkState,
    Open,
    PaymentRequest,
    Refused,
    Returned,
    Unknown,
)
from jobs.razorpay_events import KEY, NAME, NOT_THERE, link_state, payment_capture, returned, time_of
from jobs.secrecy import mask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

API: Final = "https://api.razorpay.com"
_PAGE: Final = 100
_LARGEST_ANSWER: Final = 4 << 20
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class RazorpayAccount:
    """Key and secret, and the root to which Razorpay's own paths are appended."""

    key_id: str
    key_secret: str = field(repr=False)
    api_base: str = API
    seconds: float = 10.0

    @property
    def live(self) -> bool:
        """Whether the key moves real money: test keys say so."""
        return not self.key_id.startswith("rzp_test_")


class RazorpayPayments:
    """The port `PaymentProvider`."""

    name: Final = NAME

    def __init__(self, account: RazorpayAccount) -> None:
        self._account = account
        self._session: aiohttp.ClientSession | None = None

    @property
    def live(self) -> bool:
        return self._account.live

    async def ask(self, request: PaymentRequest) -> Asked | Refused | Unknown:
        """A name makes one link for ever: after an unclear answer, or a refusal, the link is looked for by it."""
        made = await self._call("POST", "/v1/payment_links", body=_link_body(request))
        if isinstance(made, dict):
            return _asked(made)
        there = await self.look_up(Link(request.key, None, request.asked_at))
        if isinstance(there, Open):
            return Asked(there.url, there.reference, there.expires_at)
        if isinstance(there, type(NOT_THERE)):
            return made
        return Unknown(made.reason)

    async def look_up(self, link: Link) -> LinkState:
        found = await self._link(link)
        if isinstance(found, Unknown):
            return found
        if found:
            return await self._state(found)
        return NOT_THERE if link.reference is None else Unknown("Razorpay lost the link")

    async def expire(self, link: Link) -> LinkState:
        """Razorpay refuses for a link that is paid in part or whole: then it is what it is."""
        if link.reference is not None:
            ended = await self._call("POST", f"/v1/payment_links/{link.reference}/cancel")
            if isinstance(ended, dict):
                return await self._state(ended)
        return await self.look_up(link)

    async def captured_between(self, since: datetime, until: datetime) -> Sequence[Capture] | Unknown:
        listed = await self._listed("/v1/payments", since, until)
        return listed if isinstance(listed, Unknown) else tuple(filter(None, map(payment_capture, listed)))

    async def refunded_between(self, since: datetime, until: datetime) -> Sequence[Returned] | Unknown:
        """Without those that Razorpay made by itself for payments that were never captured."""
        listed = await self._listed("/v1/refunds", since, until)
        if isinstance(listed, Unknown):
            return listed
        taken = []
        for one in filter(None, map(returned, listed)):
            payment = await self._call("GET", f"/v1/payments/{one.payment}")
            if isinstance(payment, Refused | Unknown):
                return Unknown(payment.reason)
            taken += [one] if payment_capture(payment) else []
        return tuple(taken)

    async def account(self) -> str | Refused | Unknown:
        listed = await self._call("GET", "/v1/payment_links", query={"count": 1})
        if isinstance(listed, Refused | Unknown):
            return listed
        return "Razorpay takes the key" + ("" if self.live else " (test mode)")

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _listed(self, path: str, since: datetime, until: datetime) -> list[Mapping[str, Any]] | Unknown:
        """Everything there that was made from `since` to `until`, page by page."""
        window = {"from": int(since.timestamp()), "to": int(until.timestamp()), "count": _PAGE}
        listed: list[Mapping[str, Any]] = []
        while True:
            page = await self._call("GET", path, query={**window, "skip": len(listed)})
            if isinstance(page, Refused | Unknown):
                return Unknown(page.reason)
            items = page.get("items") or []
            listed += items
            if len(items) < _PAGE:
                return listed

    async def _link(self, link: Link) -> Mapping[str, Any] | Unknown | None:
        """The link by its id; without one, the link that carries the attempt's name."""
        if link.reference is not None:
            found = await self._call("GET", f"/v1/payment_links/{link.reference}", missing={})
        else:
            listed = await self._call("GET", "/v1/payment_links", query={"reference_id": link.key})
            if isinstance(listed, Refused | Unknown):
                return Unknown(listed.reason)
            items = listed.get("payment_links") or []
            found = next((one for one in items if one.get("reference_id") == link.key), {})
        if isinstance(found, Refused | Unknown):
            return Unknown(found.reason)
        return found or None

    async def _state(self, link: Mapping[str, Any]) -> LinkState:
        """With each captured payment in full: only there it says what a bank statement calls it."""
        paid = [str(one["payment_id"]) for one in link.get("payments") or () if one.get("status") == "captured"]
        payments = {}
        for payment in paid:
            found = await self._call("GET", f"/v1/payments/{payment}")
            if isinstance(found, Refused | Unknown):
                return Unknown(found.reason)
            payments[payment] = found
        return link_state(link, payments)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        missing: dict[str, Any] | None = None,
    ) -> dict[str, Any] | Refused | Unknown:
        """The answer, or why there is none: a certain no, or one that cannot be trusted. `missing` stands for a 404."""
        try:
            async with self._http().request(
                method, f"{self._account.api_base}{path}", params=query, json=body, allow_redirects=False
            ) as response:
                content = await response.content.read(_LARGEST_ANSWER)
                if response.status == _NOT_FOUND and missing is not None:
                    return missing
                return _read(response.status, content)
        except aiohttp.ClientConnectorError:
            return Refused("Razorpay cannot be reached")
        except (TimeoutError, aiohttp.ClientError):
            return Unknown("Razorpay did not answer")

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            account = self._account
            self._session = aiohttp.ClientSession(
                headers={"Authorization": _basic(account)},
                timeout=aiohttp.ClientTimeout(total=account.seconds),
            )
        return self._session


def _basic(account: RazorpayAccount) -> str:
    return "Basic " + base64.b64encode(f"{account.key_id}:{account.key_secret}".encode()).decode()


def _link_body(request: PaymentRequest) -> dict[str, Any]:
    return {
        "amount": to_paise(request.amount),
        "currency": CURRENCY,
        "accept_partial": True,
        "reference_id": request.key,
        "description": request.description,
        "expire_by": int(request.expires_at.timestamp()),
        "notes": {KEY: request.key},
        "callback_url": request.back_to,
        "callback_method": "get",
        "reminder_enable": False,
        "notify": {"sms": False, "email": False},
    }


def _asked(link: Mapping[str, Any]) -> Asked | Unknown:
    if not link.get("short_url") or not link.get("id") or not link.get("expire_by"):
        return Unknown("Razorpay's answer names no page")
    return Asked(str(link["short_url"]), str(link["id"]), time_of(link["expire_by"]))


def _read(status: int, content: bytes) -> dict[str, Any] | Refused | Unknown:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    if status >= _SERVER_ERROR or not isinstance(answer, dict):
        return Unknown(f"Razorpay answered {status}")
    if status >= 300:  # noqa: PLR2004 - whatever is no success
        error = answer.get("error")
        words = error.get("description") if isinstance(error, dict) else None
        return Refused(mask(str(words or f"Razorpay answered {status}"))[:300], permanent=status != _TOO_MANY)
    return answer

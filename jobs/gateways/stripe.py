"""Stripe Checkout: a session in rupees for each attempt, by the official client."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from domain.money import to_paise
from jobs.payment_ports import (
    Asked,
    Capture,
    Link,
    LinkState,
    NotPaid,
    Open,
    PaymentRequest,
    Refused,
    Returned,
    Unknown,
)
from jobs.secrecy import mask
from jobs.stripe_events import KEY, NAME, charge_capture, key_of, returned, session_state

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from stripe import StripeClient

API: Final = "https://api.stripe.com"
_PAGE: Final = 100
_BUSY_PAUSE: Final = 0.3
_NOT_FOUND: Final = 404
_SEARCHED_AROUND: Final = 86_400


@dataclass(frozen=True, slots=True)
class StripeAccount:
    """The secret key, and the root to which Stripe's own paths are appended."""

    api_key: str = field(repr=False)
    api_base: str = API
    seconds: float = 10.0

    @property
    def live(self) -> bool:
        """Whether the key moves real money: test keys say so."""
        return "_test_" not in self.api_key


class StripePayments:
    """The port `PaymentProvider`."""

    name: Final = NAME

    def __init__(self, account: StripeAccount) -> None:
        self._account = account
        self._client: StripeClient | None = None
        self._http: Any = None

    @property
    def live(self) -> bool:
        return self._account.live

    async def ask(self, request: PaymentRequest) -> Asked | Refused | Unknown:
        """Once more where there was no answer: the same key never makes a second session."""
        first = await self._ask(request)
        if not isinstance(first, Unknown):
            return first
        await asyncio.sleep(_BUSY_PAUSE)
        second = await self._ask(request)
        return first if isinstance(second, Refused) else second

    async def look_up(self, link: Link) -> LinkState:
        found = await self._tried(lambda: self._session(link))
        if isinstance(found, Refused):
            return Unknown(found.reason)
        if isinstance(found, Unknown):
            return found
        if found:
            return session_state(found)
        return NotPaid("Stripe knows no such session") if link.reference is None else Unknown("Stripe lost the session")

    async def expire(self, link: Link) -> LinkState:
        """Stripe refuses for a session that is not open any more: then it is what it is."""
        if link.reference is None:
            return await self.look_up(link)
        reference = link.reference
        ended = await self._tried(lambda: self._sessions().expire_async(reference))
        return await self.look_up(link) if isinstance(ended, Refused | Unknown) else session_state(_plain(ended))

    async def captured_between(self, since: datetime, until: datetime) -> Sequence[Capture] | Unknown:
        found = await self._tried(lambda: _all(self._stripe().v1.charges, since, until))
        if isinstance(found, Refused | Unknown):
            return Unknown(found.reason)
        return tuple(filter(None, map(charge_capture, found)))

    async def refunded_between(self, since: datetime, until: datetime) -> Sequence[Returned] | Unknown:
        found = await self._tried(lambda: _all(self._stripe().v1.refunds, since, until))
        if isinstance(found, Refused | Unknown):
            return Unknown(found.reason)
        return tuple(filter(None, map(returned, found)))

    async def account(self) -> str | Refused | Unknown:
        listed = await self._tried(lambda: self._sessions().list_async(params={"limit": 1}))
        if isinstance(listed, Refused | Unknown):
            return listed
        return "Stripe takes the key" + ("" if self.live else " (test mode)")

    async def close(self) -> None:
        http, self._http, self._client = self._http, None, None
        if http is not None:
            await http.close_async()

    async def _ask(self, request: PaymentRequest) -> Asked | Refused | Unknown:
        made = await self._tried(
            lambda: self._sessions().create_async(
                params=_session_params(request), options={"idempotency_key": f"attempt-{request.key}"}
            )
        )
        if isinstance(made, Refused | Unknown):
            return made
        session = session_state(_plain(made))
        if isinstance(session, Open):
            return Asked(session.url, session.reference, session.expires_at)
        return Unknown("Stripe's answer names no page")

    async def _session(self, link: Link) -> dict[str, Any] | None:
        """The session by its id; without one, the session that carries the attempt's name."""
        if link.reference is not None:
            return await self._by_id(link.reference)
        asked = int(link.asked_at.timestamp())
        around = {"gte": asked - _SEARCHED_AROUND, "lte": asked + _SEARCHED_AROUND}
        listed = await self._sessions().list_async(
            params={"created": around, "limit": _PAGE, "expand": ["data.payment_intent"]}
        )
        async for session in listed.auto_paging_iter():
            if key_of(_plain(session)) == link.key:
                return _plain(session)
        return None

    async def _by_id(self, reference: str) -> dict[str, Any] | None:
        import stripe

        try:
            return _plain(await self._sessions().retrieve_async(reference, params={"expand": ["payment_intent"]}))
        except stripe.InvalidRequestError as error:
            if error.http_status != _NOT_FOUND:
                raise
            return None

    async def _tried(self, call: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - Stripe's object
        """What the call gives, or why not: a certain no, or no answer that can be trusted."""
        import aiohttp
        import stripe

        try:
            async with asyncio.timeout(self._account.seconds * 2):
                return await call()
        except stripe.APIConnectionError as error:
            never_left = isinstance(error.__cause__, aiohttp.ClientConnectorError)
            return Refused("Stripe cannot be reached") if never_left else Unknown("Stripe did not answer")
        except stripe.IdempotencyError:
            return Unknown("Stripe is still working on the same call")
        except stripe.StripeError as error:
            return _outcome(error.http_status, error.code, str(error.user_message or error))
        except (TimeoutError, aiohttp.ClientError):
            return Unknown("Stripe did not answer")

    def _sessions(self) -> Any:  # noqa: ANN401 - its type lives in a library that is loaded late
        return self._stripe().v1.checkout.sessions

    def _stripe(self) -> StripeClient:
        """Loaded at the first payment: the library costs memory."""
        if self._client is None:
            import stripe

            self._http = stripe.AIOHTTPClient(timeout=self._account.seconds)
            self._client = stripe.StripeClient(
                self._account.api_key,
                base_addresses={"api": self._account.api_base},
                http_client=self._http,
                max_network_retries=0,
            )
        return self._client


def _plain(thing: Any) -> dict[str, Any]:  # noqa: ANN401 - Stripe's object
    found: dict[str, Any] = thing.to_dict()
    return found


def _session_params(request: PaymentRequest) -> Any:  # noqa: ANN401 - the library's own type is loaded late
    named = {KEY: request.key}
    return {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "inr",
                    "unit_amount": to_paise(request.amount),
                    "product_data": {"name": request.description},
                },
            }
        ],
        "success_url": request.back_to,
        "cancel_url": request.back_to,
        "client_reference_id": request.key,
        "metadata": named,
        "payment_intent_data": {"metadata": named, "description": request.description},
        "expires_at": int(request.expires_at.timestamp()),
    }


def _outcome(status: int | None, code: str | None, words: str) -> Refused | Unknown:
    """A key that is in use, and whatever happened inside Stripe, may have worked."""
    said = mask(words)[:300]
    if status is None or status >= 500 or code == "idempotency_key_in_use":  # noqa: PLR2004 - server errors
        return Unknown(said)
    return Refused(said, permanent=status != 429)  # noqa: PLR2004 - too many requests


async def _all(kind: Any, since: datetime, until: datetime) -> list[dict[str, Any]]:  # noqa: ANN401 - loaded late
    """Everything of this kind made from `since` to before `until`."""
    made = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
    listed = await kind.list_async(params={"created": made, "limit": _PAGE})
    return [_plain(one) async for one in listed.auto_paging_iter()]

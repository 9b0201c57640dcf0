"""Stripe's objects and events in our words. https://docs.stripe.com/api/events/types names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from domain.payments import PaymentMethod
from jobs.correct_account import GivenBack
from jobs.payment_news import GivenAgain, Heard, LinkNews, TakenBack, refund_news
from jobs.payment_ports import Capture, Captured, Expired, LinkState, NotPaid, Open, Returned, UnderWay, Unknown

NAME: Final = "stripe"
KEY: Final = "attempt"
"""The metadata under which an attempt is named on a session and its payment."""

Json = Mapping[str, Any]
_ENDED = frozenset({"requires_payment_method", "canceled"})
_OUT = frozenset({"pending", "succeeded"})
_CAME_AGAIN = frozenset({"failed", "canceled"})
_METHODS = {"upi": PaymentMethod.UPI, "customer_balance": PaymentMethod.BANK}


def hear(event: Json) -> Heard:
    """What the event says. Raises KeyError, TypeError, ValueError where it is not of Stripe's shape."""
    about: Json = event["data"]["object"]
    read = _READERS.get(event["type"])
    news = read(about, event) if read else None
    return Heard(str(event["id"]), str(event["type"]), about.get("id"), news)


def session_state(session: Json) -> LinkState:
    """How far a session is, its payment intent expanded or not."""
    reference = str(session["id"])
    if session.get("payment_status") == "paid":
        return Captured(reference, (_capture(session),))
    if session.get("status") == "open" and session.get("url"):
        return Open(reference, str(session["url"]), _time(session["expires_at"]))
    if session.get("status") == "expired":
        return Expired()
    if session.get("status") == "complete":
        intent = session.get("payment_intent")
        failed = isinstance(intent, Mapping) and intent.get("status") in _ENDED
        return NotPaid("the bank refused the payment") if failed else UnderWay(reference)
    return Unknown("the session's state is none we know")


def charge_capture(charge: Json) -> Capture | None:
    """What a charge took in; None where it took nothing or is not a payment intent's."""
    if not charge.get("captured") or charge.get("status") != "succeeded" or not charge.get("payment_intent"):
        return None
    return Capture(
        payment=id_of(charge["payment_intent"]),
        paise=int(charge["amount_captured"]),
        currency=str(charge["currency"]).upper(),
        captured_at=_time(charge["created"]),
        live=charge.get("livemode"),
        key=(charge.get("metadata") or {}).get(KEY),
    )


def id_of(thing: Any) -> str:  # noqa: ANN401 - an id, or the object itself where it was expanded
    """The id, whether the object was expanded or not."""
    return str(thing["id"] if isinstance(thing, Mapping) else thing)


def key_of(session: Json) -> str | None:
    """The name of our attempt on a session."""
    return (session.get("metadata") or {}).get(KEY) or session.get("client_reference_id")


def _capture(session: Json) -> Capture:
    kinds = session.get("payment_method_types") or []
    return Capture(
        payment=id_of(session["payment_intent"]),
        paise=int(session["amount_total"]),
        currency=str(session["currency"]).upper(),
        captured_at=_time(session["created"]),
        method=_METHODS.get(kinds[0], PaymentMethod.CARD) if len(kinds) == 1 else PaymentMethod.CARD,
        live=session.get("livemode"),
        key=key_of(session),
        link=str(session["id"]),
    )


def _completed(session: Json, event: Json) -> LinkNews | None:
    """Only what pays once; it counts on the day Stripe says it happened."""
    if session.get("mode", "payment") != "payment" or session.get("payment_status") == "no_payment_required":
        return None
    return _link({**session, "created": event["created"], "status": "complete"})


def _failed(session: Json, _: Json) -> LinkNews:
    return LinkNews(str(session["id"]), key_of(session), NotPaid("the bank refused the payment"))


def _expired(session: Json, _: Json) -> LinkNews:
    return LinkNews(str(session["id"]), key_of(session), Expired())


def _link(session: Json) -> LinkNews:
    return LinkNews(str(session["id"]), key_of(session), session_state(session))


def returned(refund: Json) -> Returned | None:
    """What a refund took; None while it waits for the payer, or where it is no payment's.

    It leaves our balance when it is made; the bank may send it back for a month.
    """
    status = refund.get("status")
    if not refund.get("payment_intent") or status not in _OUT | _CAME_AGAIN:
        return None
    return Returned(
        str(refund["id"]),
        id_of(refund["payment_intent"]),
        int(refund["amount"]),
        str(refund["currency"]).upper(),
        _time(refund["created"]),
        came_again=status in _CAME_AGAIN,
    )


def _refund(refund: Json, _: Json) -> TakenBack | GivenAgain | None:
    one = returned(refund)
    return refund_news(one) if one else None


def _disputed(dispute: Json, _: Json) -> TakenBack | None:
    """An inquiry takes nothing; a chargeback takes the money at once."""
    if str(dispute.get("status", "")).startswith("warning_") or not dispute.get("payment_intent"):
        return None
    return TakenBack(
        GivenBack.CHARGEBACK,
        str(dispute["id"]),
        id_of(dispute["payment_intent"]),
        int(dispute["amount"]),
        str(dispute["currency"]).upper(),
    )


def _reinstated(dispute: Json, _: Json) -> GivenAgain:
    payment, currency = id_of(dispute["payment_intent"]), str(dispute["currency"]).upper()
    return GivenAgain(GivenBack.CHARGEBACK, str(dispute["id"]), payment, int(dispute["amount"]), currency)


def _closed(dispute: Json, event: Json) -> GivenAgain | None:
    return _reinstated(dispute, event) if dispute.get("status") == "won" else None


_READERS: Final[Mapping[str, Callable[[Json, Json], LinkNews | TakenBack | GivenAgain | None]]] = {
    "checkout.session.completed": _completed,
    "checkout.session.async_payment_succeeded": _completed,
    "checkout.session.async_payment_failed": _failed,
    "checkout.session.expired": _expired,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.refund.updated": _refund,
    "charge.dispute.created": _disputed,
    "charge.dispute.funds_withdrawn": _disputed,
    "charge.dispute.funds_reinstated": _reinstated,
    "charge.dispute.closed": _closed,
}


def _time(seconds: Any) -> datetime:  # noqa: ANN401 - what JSON held
    return datetime.fromtimestamp(int(seconds), UTC)

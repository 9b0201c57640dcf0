"""Razorpay's objects and events in our words. https://razorpay.com/docs/webhooks/ names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from domain.payments import PaymentMethod
from jobs.correct_account import GivenBack
from jobs.payment_news import Declined, GivenAgain, Heard, LinkNews, TakenBack
from jobs.payment_ports import Capture, Captured, Expired, LinkState, NotPaid, Open, Returned, Unknown

NAME: Final = "razorpay"
KEY: Final = "attempt"
"""The note under which an attempt is named on a link."""

Json = Mapping[str, Any]
_METHODS = {"upi": PaymentMethod.UPI, "netbanking": PaymentMethod.BANK, "bank_transfer": PaymentMethod.BANK}
_ENDED = frozenset({"expired", "cancelled"})
_RRN: Final = re.compile(r"\d{12}", re.ASCII)  # what UPI calls a payment, on statements too


def hear(event: Json, key: str) -> Heard:
    """What the event says; `key` is the header that names it. Raises KeyError, TypeError, ValueError."""
    kind, payload = str(event["event"]), event.get("payload") or {}
    read = _READERS.get(kind)
    subject = next((one["entity"].get("id") for name in _SUBJECTS if (one := payload.get(name))), None)
    return Heard(key, kind, subject, read(payload) if read else None)


def link_state(link: Json, payments: Mapping[str, Json] | None = None) -> LinkState:
    """How far a link is; `payments` are its payments in full, by id, where they are known."""
    reference, status = str(link["id"]), link.get("status")
    captures = tuple(
        _capture((payments or {}).get(str(one["payment_id"]), one), link)
        for one in link.get("payments") or ()
        if one.get("status") == "captured"
    )
    if captures:
        return Captured(reference, captures, complete=status == "paid" or status in _ENDED)
    if status in _ENDED:
        return Expired()
    if status in ("created", "partially_paid"):
        return Open(reference, str(link["short_url"]), time_of(link["expire_by"]))
    return Unknown("the link's state is none we know")


def payment_capture(payment: Json) -> Capture | None:
    """What a payment took in; None where it took nothing."""
    took = payment.get("status") in ("captured", "refunded") and payment.get("captured") is not False
    return _capture(payment, {}) if took else None


def returned(refund: Json) -> Returned | None:
    """What a refund took; None while it is on its way: it may still fail."""
    if refund.get("status") not in ("processed", "failed"):
        return None
    return Returned(
        str(refund["id"]),
        str(refund["payment_id"]),
        int(refund["amount"]),
        str(refund.get("currency") or "INR").upper(),
        time_of(refund["created_at"]),
        came_again=refund["status"] == "failed",
    )


def key_of(link: Json) -> str | None:
    """The name of our attempt on a link."""
    return link.get("reference_id") or None


def key_in_notes(payment: Json) -> str | None:
    """The name of our attempt on a payment, which takes over its link's notes."""
    notes = payment.get("notes")
    return notes.get(KEY) if isinstance(notes, Mapping) else None


def time_of(seconds: Any) -> datetime:  # noqa: ANN401 - what JSON held
    """Seconds since 1970."""
    return datetime.fromtimestamp(int(seconds), UTC)


def _capture(payment: Json, link: Json) -> Capture:
    rrn = str((payment.get("acquirer_data") or {}).get("rrn") or "")
    return Capture(
        payment=str(payment.get("payment_id") or payment["id"]),
        paise=int(payment["amount"]),
        currency=str(payment.get("currency") or link.get("currency") or "INR").upper(),
        captured_at=time_of(payment["created_at"]),
        method=_METHODS.get(str(payment.get("method")), PaymentMethod.CARD),
        number=rrn if _RRN.fullmatch(rrn) else None,
        key=key_of(link) or key_in_notes(payment),
        link=link.get("id"),
    )


def _paid(payload: Json) -> LinkNews:
    """The link's own list of payments may lag behind; the payment of the event is what came."""
    link, payment = payload["payment_link"]["entity"], payload["payment"]["entity"]
    came = Captured(str(link["id"]), (_capture(payment, link),), complete=link.get("status") == "paid")
    return LinkNews(str(link["id"]), key_of(link), came)


def _declined(payload: Json) -> Declined | None:
    """Only what names our attempt; the link stays open, and whoever is on its page may try again."""
    payment = payload["payment"]["entity"]
    key = key_in_notes(payment)
    return Declined(key, int(payment["amount"])) if key else None


def _ended(payload: Json) -> LinkNews:
    link = payload["payment_link"]["entity"]
    return LinkNews(str(link["id"]), key_of(link), Expired())


def _refunded(payload: Json) -> TakenBack | None:
    """Razorpay gives back by itself what was never captured: that was never counted either."""
    refund, payment = payload["refund"]["entity"], (payload.get("payment") or {}).get("entity") or {}
    if payment.get("captured") is False:
        return None
    return _back(GivenBack.REFUND, refund, int(refund["amount"]))


def _refund_failed(payload: Json) -> GivenAgain:
    refund = payload["refund"]["entity"]
    return _again(_back(GivenBack.REFUND, refund, int(refund["amount"])))


def _dispute(payload: Json) -> TakenBack | None:
    """Money is gone once it says how much was deducted."""
    dispute = payload["dispute"]["entity"]
    deducted = int(dispute.get("amount_deducted") or 0)
    return _back(GivenBack.CHARGEBACK, dispute, deducted) if deducted else None


def _won(payload: Json) -> GivenAgain:
    dispute = payload["dispute"]["entity"]
    return _again(_back(GivenBack.CHARGEBACK, dispute, int(dispute.get("amount") or 0)))


def _back(how: GivenBack, what: Json, paise: int) -> TakenBack:
    currency = str(what.get("currency") or "INR").upper()
    return TakenBack(how, str(what["id"]), str(what["payment_id"]), paise, currency)


def _again(what: TakenBack) -> GivenAgain:
    return GivenAgain(what.how, what.id, what.payment, what.paise, what.currency)


_SUBJECTS: Final = ("dispute", "refund", "payment_link", "payment")
_READERS: Final[Mapping[str, Callable[[Json], LinkNews | Declined | TakenBack | GivenAgain | None]]] = {
    "payment.failed": _declined,
    "payment_link.paid": _paid,
    "payment_link.partially_paid": _paid,
    "payment_link.expired": _ended,
    "payment_link.cancelled": _ended,
    "refund.processed": _refunded,
    "refund.failed": _refund_failed,
    "payment.dispute.created": _dispute,
    "payment.dispute.lost": _dispute,
    "payment.dispute.closed": _dispute,
    "payment.dispute.won": _won,
}

NOT_THERE: Final = NotPaid("there is no such link")

"""What the till holds: sessions, what was paid through each, and the events that tell it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Sale:
    """One Checkout session and the charges made through it; `paise` is what it asks for."""

    id: str
    paise: int
    currency: str
    name: str
    back_to: str
    created: int
    expires_at: int
    key: str | None
    page: str
    status: str = "open"
    payment_status: str = "unpaid"
    intent_status: str = "requires_payment_method"
    intents: list[str] = field(default_factory=list)
    charges: list[Json] = field(default_factory=list)

    def session(self, intent: str | None = None) -> Json:
        """As Stripe shows it; `intent` where a further payment came through it."""
        paid_by = intent or (self.intents[0] if self.intents else None)
        return {
            "id": self.id,
            "object": "checkout.session",
            "mode": "payment",
            "amount_total": self.paise,
            "currency": self.currency,
            "client_reference_id": self.key,
            "metadata": {"attempt": self.key} if self.key else {},
            "created": self.created,
            "expires_at": self.expires_at,
            "livemode": False,
            "payment_intent": paid_by,
            "payment_method_types": ["card"],
            "payment_status": self.payment_status,
            "status": self.status,
            "success_url": self.back_to,
            "url": self.page if self.status == "open" else None,
        }


class Sales:
    """All sessions. `clock` counts seconds since 1970; every event goes to `tell`."""

    def __init__(self, clock: Callable[[], float], tell: Callable[[Json], None]) -> None:
        self._clock = clock
        self._tell = tell
        self.by_id: dict[str, Sale] = {}
        self.refunds: list[Json] = []

    def open(self, asked: Json, page: str) -> Sale:
        """A new session, from the parameters of its call. Raises KeyError, ValueError."""
        price = asked["line_items[0][price_data][unit_amount]"]
        sale = Sale(
            id=f"cs_test_{secrets.token_hex(12)}",
            paise=int(price) * int(asked.get("line_items[0][quantity]", 1)),
            currency=asked["line_items[0][price_data][currency]"],
            name=asked["line_items[0][price_data][product_data][name]"],
            back_to=asked["success_url"],
            created=self.now,
            expires_at=int(asked["expires_at"]),
            key=asked.get("client_reference_id"),
            page=page,
        )
        sale.page = f"{page}/{sale.id}"
        self.by_id[sale.id] = sale
        return sale

    @property
    def now(self) -> int:
        return int(self._clock())

    @property
    def charges(self) -> list[Json]:
        """Every charge, newest first, as Stripe lists them."""
        return [charge for sale in self.by_id.values() for charge in sale.charges][::-1]

    def pay(self, sale: Sale) -> None:
        """Money is captured at once. A second time on the same session it is a second payment."""
        intent = self._charge(sale)
        sale.status, sale.payment_status, sale.intent_status = "complete", "paid", "succeeded"
        self.tell("checkout.session.completed", sale.session(intent))

    def pay_slowly(self, sale: Sale) -> None:
        """The payer has done their part; the bank has not answered."""
        sale.intents.append(_id("pi"))
        sale.status, sale.intent_status = "complete", "processing"
        self.tell("checkout.session.completed", sale.session())

    def bank_says(self, sale: Sale, *, yes: bool) -> None:
        """What became of a slow payment."""
        if yes:
            self._charge(sale, sale.intents[0])
            sale.payment_status, sale.intent_status = "paid", "succeeded"
            self.tell("checkout.session.async_payment_succeeded", sale.session())
        else:
            sale.intent_status = "requires_payment_method"
            self.tell("checkout.session.async_payment_failed", sale.session())

    def decline(self, sale: Sale) -> None:
        """The bank refuses the card; the session stays open."""
        intent = {"id": _id("pi"), "object": "payment_intent", "amount": sale.paise, "currency": sale.currency}
        self.tell("payment_intent.payment_failed", intent)

    def expire(self, sale: Sale) -> None:
        """The session can no longer be paid."""
        sale.status = "expired"
        self.tell("checkout.session.expired", sale.session())

    def refund(self, charge: Json, paise: int) -> Json:
        """Part or all of a charge goes back."""
        refund = {
            "id": _id("re"),
            "object": "refund",
            "amount": paise,
            "charge": charge["id"],
            "created": self.now,
            "currency": charge["currency"],
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "status": "succeeded",
        }
        self.refunds.insert(0, refund)
        self._refunded(charge, paise)
        self.tell("refund.created", refund)
        self.tell("charge.refunded", charge)
        return refund

    def fail_refund(self, refund: Json) -> None:
        """The payer's bank sends it back, days after it seemed done."""
        refund["status"] = "failed"
        self._refunded(next(one for one in self.charges if one["id"] == refund["charge"]), -refund["amount"])
        for kind in ("refund.updated", "charge.refund.updated", "refund.failed"):
            self.tell(kind, refund)

    def tell(self, kind: str, about: Json) -> None:
        """An event of this kind, as it is now."""
        event = {
            "id": _id("evt"),
            "object": "event",
            "type": kind,
            "created": self.now,
            "livemode": False,
            "data": {"object": dict(about)},
        }
        self._tell(event)

    @staticmethod
    def _refunded(charge: Json, paise: int) -> None:
        charge["amount_refunded"] += paise
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]

    def _charge(self, sale: Sale, intent: str | None = None) -> str:
        if intent is None:
            intent = _id("pi")
            sale.intents.append(intent)
        charge = {
            "id": _id("ch"),
            "object": "charge",
            "amount": sale.paise,
            "amount_captured": sale.paise,
            "amount_refunded": 0,
            "captured": True,
            "created": self.now,
            "currency": sale.currency,
            "livemode": False,
            "metadata": {"attempt": sale.key} if sale.key else {},
            "paid": True,
            "payment_intent": intent,
            "refunded": False,
            "status": "succeeded",
        }
        sale.charges.append(charge)
        return intent


def _id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"

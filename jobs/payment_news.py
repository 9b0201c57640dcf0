"""What a provider's event says, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.correct_account import GivenBack
from jobs.payment_ports import LinkState, Returned


@dataclass(frozen=True, slots=True)
class LinkNews:
    """How far a link is; `key` names our attempt where the provider repeats it."""

    reference: str
    key: str | None
    state: LinkState


@dataclass(frozen=True, slots=True)
class Declined:
    """A payment over so many paise was refused; the link of the attempt named `key` can still be paid."""

    key: str
    paise: int


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Money of a payment went back to the payer: a refund, or a dispute that took it; counted once by its `id`.

    `paise` counts hundredths of `currency`.
    """

    how: GivenBack
    id: str
    payment: str
    paise: int
    currency: str


@dataclass(frozen=True, slots=True)
class GivenAgain:
    """A refund failed or a dispute was won: what it took is ours again, and stays so whatever comes later."""

    how: GivenBack
    id: str
    payment: str
    paise: int
    currency: str


@dataclass(frozen=True, slots=True)
class Heard:
    """One event. `subject` is the provider's id of what it is about; without `news` it is only logged."""

    key: str
    type: str
    subject: str | None
    news: LinkNews | Declined | TakenBack | GivenAgain | None = None


def refund_news(one: Returned) -> TakenBack | GivenAgain:
    """What a refund says, as it is now."""
    what = (GivenBack.REFUND, one.id, one.payment, one.paise, one.currency)
    return GivenAgain(*what) if one.came_again else TakenBack(*what)


_PERSONAL = frozenset(
    {
        "acquirer_data", "bank_account", "billing_details", "card", "contact", "customer", "customer_details",
        "customer_email", "email", "payment_method_details", "receipt_email", "receipt_url", "shipping", "upi", "vpa",
    }
)  # fmt: skip


def without_people(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same JSON without what it says about persons: that stays with the provider."""
    if isinstance(value, Mapping):
        return {name: without_people(one) for name, one in value.items() if name not in _PERSONAL}
    if isinstance(value, list):
        return [without_people(one) for one in value]
    return value

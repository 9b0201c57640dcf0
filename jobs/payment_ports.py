"""What the jobs need from a payment provider: three outcomes of asking, and how far a link is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from domain.money import from_paise
from domain.payments import PaymentMethod

CURRENCY = "INR"


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What a provider is asked for. `key` names the attempt: the same key never makes a second link.

    `amount` in rupees; `back_to` is the address to which the payer returns.
    """

    key: str
    amount: Decimal
    description: str
    back_to: str
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """Yes: the payer goes to `url`; `reference` is the provider's id of the link."""

    url: str
    reference: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """No: there certainly is no link. `permanent`: it will not work later either."""

    reason: str
    permanent: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or none that can be understood: it may have been done."""

    reason: str


@dataclass(frozen=True, slots=True)
class Capture:
    """Money a provider took in. `payment` is its id of the payment, `number` what a bank statement calls it.

    `paise` counts hundredths of `currency`. `live` tells real money from test money where the provider says so; `key`
    and `link` say what it was for, where it is known.
    """

    payment: str
    paise: int
    currency: str
    captured_at: datetime
    method: PaymentMethod = PaymentMethod.CARD
    number: str | None = None
    live: bool | None = None
    key: str | None = None
    link: str | None = None

    @property
    def amount(self) -> Decimal:
        """In rupees, where the currency is rupees."""
        return from_paise(self.paise)

    @property
    def names(self) -> tuple[str, ...]:
        """All that somebody may write down as its reference."""
        return (self.payment, self.number) if self.number else (self.payment,)


@dataclass(frozen=True, slots=True)
class Returned:
    """Money of a payment that a refund sent back to the payer. `came_again`: it failed, or was called off.

    `id` is the provider's name of the refund; `paise` counts hundredths of `currency`.
    """

    id: str
    payment: str
    paise: int
    currency: str
    made_at: datetime
    came_again: bool = False

    @property
    def amount(self) -> Decimal:
        """In rupees, where the currency is rupees."""
        return from_paise(self.paise)


@dataclass(frozen=True, slots=True)
class Open:
    """Nothing came yet; the link can be paid."""

    reference: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Captured:
    """Money came in, by one payment or more. `complete`: the link is settled and takes no further one."""

    reference: str
    captures: tuple[Capture, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class UnderWay:
    """The payer has done their part; the bank has not answered."""

    reference: str


@dataclass(frozen=True, slots=True)
class NotPaid:
    """The payment failed, or there never was such a link."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expired:
    """The link can no longer be paid, and was not."""


LinkState = Open | Captured | UnderWay | NotPaid | Expired | Unknown


@dataclass(frozen=True, slots=True)
class Link:
    """An attempt as a provider is asked about it; without `reference` its answer never reached us."""

    key: str
    reference: str | None
    asked_at: datetime


class PaymentProvider(Protocol):
    """Takes payments for us. No method raises for anything the provider or the network does."""

    @property
    def name(self) -> str: ...

    @property
    def live(self) -> bool | None:
        """Whether this account moves real money, where its key says so."""

    async def ask(self, request: PaymentRequest) -> Asked | Refused | Unknown:
        """Makes a link, or gives the one that this key made before."""

    async def look_up(self, link: Link) -> LinkState: ...

    async def expire(self, link: Link) -> LinkState:
        """Closes the link; how far it is then: it may have been paid meanwhile."""

    async def captured_between(self, since: datetime, until: datetime) -> Sequence[Capture] | Unknown:
        """Everything captured from `since` to before `until`."""

    async def refunded_between(self, since: datetime, until: datetime) -> Sequence[Returned] | Unknown:
        """Every refund made from `since` to before `until` that took money, also those that failed since."""

    async def account(self) -> str | Refused | Unknown:
        """One harmless call; what the account is called."""

    async def close(self) -> None: ...

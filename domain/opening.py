"""Opening the account of a flat whose old bills are adopted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.money import ZERO


class OpeningReason(StrEnum):
    """Why a flat opens as it does."""

    NOTHING_UNPAID = "nothing_unpaid"
    NEWEST_UNPAID = "newest_unpaid"
    SEVERAL_UNPAID = "several_unpaid"
    PAID_ONE_IS_NEWER = "paid_one_is_newer"


@dataclass(frozen=True, slots=True)
class OldBill:
    """A bill found at adoption; void bills are left out before."""

    bill_id: int
    billing_period_end: date
    total_amount: Decimal
    paid: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """How a flat's account opens: `amount` in rupees, from the bill `bill_id`; None while parked."""

    amount: Decimal | None
    parked: bool
    reason: OpeningReason
    bill_id: int | None = None


def opening_decision(old_bills: Sequence[OldBill]) -> Opening:
    """Return the opening balance, or park the flat where it would be a guess.

    One unpaid bill, its period ending after that of every paid one, opens the account with its total. One
    that is not newer, or a second one, parks the flat until an admin chooses, because an old total may
    contain an earlier one.
    """
    unpaid = [bill for bill in old_bills if not bill.paid]
    if not unpaid:
        return Opening(ZERO, parked=False, reason=OpeningReason.NOTHING_UNPAID)
    if len(unpaid) > 1:
        return Opening(None, parked=True, reason=OpeningReason.SEVERAL_UNPAID)
    if any(bill.billing_period_end >= unpaid[0].billing_period_end for bill in old_bills if bill.paid):
        return Opening(None, parked=True, reason=OpeningReason.PAID_ONE_IS_NEWER)
    amount, bill_id = unpaid[0].total_amount, unpaid[0].bill_id
    return Opening(amount, parked=False, reason=OpeningReason.NEWEST_UNPAID, bill_id=bill_id)

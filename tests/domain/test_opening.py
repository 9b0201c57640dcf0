from datetime import date
from decimal import Decimal

import pytest

from domain.opening import OldBill, Opening, OpeningReason, opening_decision

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)


def old(bill_id: int, end: date, amount: str, *, paid: bool) -> OldBill:
    return OldBill(bill_id, end, Decimal(amount), paid)


def test_nothing_unpaid_opens_at_zero() -> None:
    opening = Opening(Decimal("0.00"), parked=False, reason=OpeningReason.NOTHING_UNPAID, bill_id=None)
    assert opening_decision([]) == opening
    assert opening_decision([old(1, SEPTEMBER, "1000", paid=True)]) == opening


@pytest.mark.parametrize("backwards", [False, True])
def test_the_only_and_newest_unpaid_bill_opens_with_its_total(*, backwards: bool) -> None:
    bills = [old(1, SEPTEMBER, "1000", paid=True), old(2, OCTOBER, "1800.50", paid=False)]
    decision = opening_decision(bills[::-1] if backwards else bills)
    assert decision == Opening(Decimal("1800.50"), parked=False, reason=OpeningReason.NEWEST_UNPAID, bill_id=2)


def test_a_single_unpaid_bill_needs_no_other() -> None:
    assert opening_decision([old(7, OCTOBER, "5", paid=False)]).amount == 5


@pytest.mark.parametrize(
    ("bills", "reason"),
    [
        ([old(1, SEPTEMBER, "1000", paid=False), old(2, OCTOBER, "1800", paid=True)], OpeningReason.PAID_ONE_IS_NEWER),
        ([old(1, OCTOBER, "1000", paid=False), old(2, OCTOBER, "1800", paid=True)], OpeningReason.PAID_ONE_IS_NEWER),
        ([old(1, SEPTEMBER, "1000", paid=False), old(2, OCTOBER, "1800", paid=False)], OpeningReason.SEVERAL_UNPAID),
    ],
)
def test_an_ambiguous_flat_is_parked(bills: list[OldBill], reason: OpeningReason) -> None:
    assert opening_decision(bills) == Opening(None, parked=True, reason=reason, bill_id=None)

"""What a bank's credits are for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.payments import PaymentMethod
from domain.statement import Books, Credit, OnAccount, Owing, SaidPaid, Verdict, Why, bills_in, match, row_keys

UTR = "412345678901"
TODAY = date(2026, 11, 2)
FLATS = (
    Owing(1, "B17-FF", Decimal("3264.40"), Decimal("3264.40")),
    Owing(2, "B18-FF", Decimal(2000), Decimal("1594.00")),
    Owing(3, "C8-GF", Decimal(2000), Decimal(2000)),
    Owing(4, "VILLA-A2", Decimal(0), Decimal(700)),
    Owing(5, "SCO-3", Decimal(900), None),
)


def credit(amount: str, text: str = "", reference: str | None = None) -> Credit:
    return Credit(1, date(2026, 11, 2), Decimal(amount), reference, text)


def books(*, paid: tuple[OnAccount, ...] = (), said: tuple[SaidPaid, ...] = ()) -> Books:
    return Books(paid, said, FLATS, {77: 1, 78: 2})


@pytest.mark.parametrize(
    ("one", "verdict", "why", "flats"),
    [
        (credit("3264.40", "UPI/x/B17-FF 2026-10"), Verdict.POST, Why.NOTE, (1,)),
        (credit("3264.40", "upi b17 ff october"), Verdict.POST, Why.NOTE, (1,)),
        (credit("3264.40", "IMPS/BILL77"), Verdict.POST, Why.NOTE, (1,)),
        (credit("3264.40", "", "BILL77"), Verdict.POST, Why.NOTE, (1,)),
        (credit("1594", "B18FF"), Verdict.POST, Why.NOTE, (2,)),
        (credit("900", "paid for SCO 3"), Verdict.POST, Why.NOTE, (5,)),
        (credit("1000", "B17-FF"), Verdict.ASK, Why.NOTE_AMOUNT, (1,)),
        (credit("700", "villa a2"), Verdict.ASK, Why.NOTE_AMOUNT, (4,)),
        (credit("5264.40", "B17-FF and B18-FF"), Verdict.ASK, Why.SEVERAL, (1, 2)),
        (credit("3264.40", "B17-FF BILL78"), Verdict.ASK, Why.SEVERAL, (1, 2)),
        (credit("3264.40"), Verdict.ASK, Why.AMOUNT, (1,)),
        (credit("2000"), Verdict.ASK, Why.SEVERAL, (2, 3)),
        (credit("700"), Verdict.ASK, Why.NOTHING, ()),
    ],
)
def test_by_what_the_payer_wrote_and_by_the_amount(
    one: Credit, verdict: Verdict, why: Why, flats: tuple[int, ...]
) -> None:
    [found] = match([one], books(), TODAY)
    assert (found.verdict, found.why, found.flats) == (verdict, why, flats)


def test_by_a_claim_and_by_a_known_payment() -> None:
    one = credit("3264.40", f"UPI/{UTR}/whatever")
    claim = SaidPaid(9, UTR, 1, Decimal("3264.40"))
    [found] = match([one], books(said=(claim,)), TODAY)
    assert (found.verdict, found.claim_id, found.flats) == (Verdict.POST, 9, (1,))
    [found] = match([one], books(said=(claim, SaidPaid(10, UTR, 2, Decimal("3264.40")))), TODAY)
    assert (found.verdict, found.why) == (Verdict.ASK, Why.CLAIM_AMOUNT)
    [found] = match([credit("3000", "", UTR)], books(said=(claim,)), TODAY)
    assert (found.verdict, found.why, found.flats) == (Verdict.ASK, Why.CLAIM_AMOUNT, (1,))
    [found] = match([one], books(paid=(OnAccount(UTR, 2, Decimal("3264.40")),), said=(claim,)), TODAY)
    assert (found.verdict, found.flats) == (Verdict.RECORDED, (2,))
    [found] = match([one], books(paid=(OnAccount(UTR, 2, Decimal(1000)),)), TODAY)
    assert (found.verdict, found.why, found.flats) == (Verdict.ASK, Why.OTHER_AMOUNT, (2,))


def test_recorded_only_where_flat_amount_and_number_agree() -> None:
    paid = OnAccount(UTR, 2, Decimal("3264.40"), PaymentMethod.UPI, 5)
    [found] = match([credit("3264.40", f"UPI/{UTR}/B17-FF")], books(paid=(paid,)), TODAY)
    assert (found.verdict, found.why, found.flats) == (Verdict.ASK, Why.PAYMENT_FLAT, (2, 1))
    [found] = match([credit("3264.40", f"UPI/{UTR}/B18-FF")], books(paid=(paid,)), TODAY)
    assert (found.verdict, found.flats, found.entry_id) == (Verdict.RECORDED, (2,), 5)


def test_a_payment_stands_for_one_row() -> None:
    row, paid = credit("3264.40", f"UPI/{UTR}"), OnAccount(UTR, 2, Decimal("3264.40"), PaymentMethod.UPI, 5)
    first, second = match([row, row], books(paid=(paid,)), TODAY)
    assert (first.verdict, second.verdict, second.why) == (Verdict.RECORDED, Verdict.ASK, Why.PAYMENT_AGAIN)
    [found] = match([row], books(paid=(replace(paid, stands=True),)), TODAY)
    assert (found.verdict, found.why, found.flats) == (Verdict.ASK, Why.PAYMENT_AGAIN, (2,))


def test_a_slip_of_cash_hides_no_cheque_with_its_number() -> None:
    slip = OnAccount("100234", 3, Decimal("3264.40"), PaymentMethod.CASH, 5)
    cheque = credit("3264.40", "CHQ 100234 B17-FF", "100234")
    [found] = match([cheque], books(paid=(slip,)), TODAY)
    assert (found.verdict, found.why, found.flats) == (Verdict.POST, Why.NOTE, (1,))
    [found] = match([credit("3264.40", "CHQ DEP", "100234")], books(paid=(slip,)), TODAY)
    assert (found.verdict, found.why, found.flats) == (Verdict.ASK, Why.PAYMENT_AGAIN, (3,))
    [found] = match([cheque], books(paid=(replace(slip, flat_id=1, method=PaymentMethod.CHEQUE),)), TODAY)
    assert found.verdict is Verdict.RECORDED


def test_a_claim_does_not_beat_what_the_payer_wrote() -> None:
    claim = SaidPaid(9, UTR, 2, Decimal("3264.40"))
    [found] = match([credit("3264.40", f"UPI/{UTR}/B17-FF")], books(said=(claim,)), TODAY)
    assert (found.verdict, found.why, found.flats) == (Verdict.ASK, Why.CLAIM_FLAT, (2, 1))
    [found] = match([credit("3264.40", f"UPI/{UTR}/BILL77")], books(said=(claim,)), TODAY)
    assert (found.verdict, found.flats) == (Verdict.ASK, (2, 1))
    [found] = match([credit("3264.40", f"UPI/{UTR}/B18-FF")], books(said=(claim,)), TODAY)
    assert (found.verdict, found.claim_id) == (Verdict.POST, 9)


def test_of_two_rows_for_one_flat_only_the_first_is_certain() -> None:
    first, second = match([credit("3264.40", "B17-FF"), credit("3264.40", "B17FF again")], books(), TODAY)
    assert (first.verdict, second.verdict, second.why) == (Verdict.POST, Verdict.ASK, Why.AGAIN)


def test_a_flat_that_is_set_aside_is_never_certain() -> None:
    [found] = match([credit("10", "", UTR)], books(said=(SaidPaid(9, UTR, 99, Decimal(10)),)), TODAY)
    assert found.verdict is Verdict.ASK


@pytest.mark.parametrize(
    ("one", "method", "key"),
    [
        (credit("1", f"UPI/{UTR}/x"), PaymentMethod.UPI, UTR),
        (credit("1", "NEFT CR", "SBIN126305123456"), PaymentMethod.BANK, "SBIN126305123456"),
        (credit("1", "NEFT-SBIN126305123456-SHARMA"), PaymentMethod.BANK, "SBIN126305123456"),
        (credit("1", f"UPI/919876543210@ybl/{UTR}/B17-FF"), PaymentMethod.UPI, UTR),
        (credit("1", f"UPI/919876543210-2@ybl/{UTR}"), PaymentMethod.UPI, UTR),
        (credit("1", f"UPI-SHARMA-{UTR}-RAVI@YBL-RENT"), PaymentMethod.UPI, UTR),
        (credit("1", f"UPI/919876543210/{UTR}"), PaymentMethod.UPI, UTR),
        (credit("1", "UPI/919876543210 @ybl/rent"), PaymentMethod.UPI, None),
        (credit("1", f"UPI/998877665544/{UTR}", "512345678902"), PaymentMethod.UPI, "512345678902"),
        (credit("1", "UPI/x", f"0000{UTR}"), PaymentMethod.UPI, UTR),
        (credit("1", "CHQ DEP", "000123456"), PaymentMethod.CHEQUE, "123456"),
        (credit("1", "CHQ DEP", "001234"), PaymentMethod.CHEQUE, "1234"),
        (credit("1", "CHQ DEP", "1234"), PaymentMethod.CHEQUE, "1234"),
        (credit("1", "CLG 001234 SHARMA"), PaymentMethod.CHEQUE, "1234"),
        (credit("1", "CASH DEP", "001234"), PaymentMethod.CASH, "001234"),
        (credit("1", "CASH DEPOSIT"), PaymentMethod.CASH, None),
        (credit("1", "from account 412345678901"), PaymentMethod.BANK, None),
        (credit("1", "transfer", "12"), PaymentMethod.BANK, None),
    ],
)
def test_how_it_was_paid_and_under_which_number(one: Credit, method: PaymentMethod, key: str | None) -> None:
    assert (one.method, one.key) == (method, key)


def test_rows_have_one_name_in_every_statement() -> None:
    cash = credit("500", "CASH DEPOSIT")
    assert len(set(row_keys([cash, cash]))) == 2
    assert row_keys([cash])[0] == row_keys([cash, cash])[0]
    assert row_keys([credit("500", "UPI one wording", UTR)]) == row_keys([credit("500", "UPI other wording", UTR)])


def test_bills_in_a_text() -> None:
    assert bills_in("bill 12, BILL#13; BILL14 paybill15 BILL1234567890123") == (12, 13, 14)


@pytest.mark.parametrize(
    ("text", "bills"),
    [
        ("UPI/SHARMA/bill 2026-0444", (444,)),
        ("Bill 2026-443", (443,)),
        ("BILL 2026 443", (443,)),
        ("BILL2026-443", (443,)),
        ("Bill No 448", (448,)),
        ("bill no. 2026-0448", (448,)),
        ("BILLNO448", (448,)),
        ("BILL439", (439,)),
        (f"UPI/BILL439/{UTR}", (439,)),
        ("BILL2026", (2026,)),
        ("electricity bill 2026", ()),
        ("bill 2026-10", ()),
        ("bill 2026-27", ()),
        ("bill 10/2026", ()),
        ("bill Nov 2026", ()),
        ("bill 2026-1234567890123", ()),
        ("bill 5 Nov 2026", ()),
        ("electricity bill 5th november", ()),
        ("bill 05-Nov-26", ()),
        ("bill 5/11/2026", ()),
        ("bill 05.11.26", ()),
        ("Bill dt 5 Nov 2026", ()),
        ("BILL5 Nov 2026", (5,)),
        ("Bill No 5 Nov 2026", (5,)),
        ("bill 439 Nov 2026", (439,)),
        ("bill 5 novel payer", (5,)),
    ],
)
def test_bills_are_named_as_they_are_printed(text: str, bills: tuple[int, ...]) -> None:
    assert bills_in(text) == bills


def test_what_the_bank_dates_tomorrow_is_never_certain() -> None:
    tomorrow = replace(credit("3264.40", "B17-FF"), day=date(2026, 11, 3))
    [found] = match([tomorrow], books(), TODAY)
    assert (found.verdict, found.why, found.flats) == (Verdict.ASK, Why.FUTURE, (1,))
    claim = SaidPaid(9, UTR, 1, Decimal("3264.40"))
    [found] = match([replace(tomorrow, text=UTR, reference=UTR)], books(said=(claim,)), TODAY)
    assert (found.verdict, found.why) == (Verdict.ASK, Why.FUTURE)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.payments import PaymentMethod, PaymentReferenceError, normalise_reference


@pytest.mark.parametrize(
    ("method", "text", "reference"),
    [
        (PaymentMethod.UPI, "412345678901", "412345678901"),
        (PaymentMethod.UPI, " UTR: 4123 4567 8901 ", "412345678901"),
        (PaymentMethod.UPI, "upi ref no. 412345678901", "412345678901"),
        (PaymentMethod.UPI, "४१२३४५६७८९०१", "412345678901"),
        (PaymentMethod.BANK, "hdfcn-5202611", "HDFCN5202611"),
        (PaymentMethod.BANK, "REF12", "REF12"),
        (PaymentMethod.CASH, "receipt #88", "88"),
        (PaymentMethod.CASH, "R 88/b", "R88B"),
        (PaymentMethod.CARD, "pi_3Q", "PI3Q"),
        (PaymentMethod.CHEQUE, "Cheque no 000123", "123"),
        (PaymentMethod.BANK, "000123", "000123"),
        (PaymentMethod.UPI, "X" * 64, "X" * 64),
    ],
)
def test_the_same_payment_has_the_same_reference(method: PaymentMethod, text: str, reference: str) -> None:
    assert normalise_reference(method, text) == reference


@pytest.mark.parametrize("text", ["", "  ", "UTR:", "---", "X" * 65])
def test_nothing_or_too_much_is_refused(text: str) -> None:
    with pytest.raises(PaymentReferenceError) as caught:
        normalise_reference(PaymentMethod.UPI, text)
    assert caught.value.text == text
    assert "send the number on the receipt, such as 412345678901" in str(caught.value)


def test_a_cheque_of_zeros_is_refused() -> None:
    with pytest.raises(PaymentReferenceError):
        normalise_reference(PaymentMethod.CHEQUE, "000")


def test_the_methods() -> None:
    assert [method.value for method in PaymentMethod] == ["cash", "upi", "bank", "card", "cheque"]


@given(st.sampled_from(PaymentMethod), st.text(max_size=80))
def test_normalising_raises_only_its_own_error(method: PaymentMethod, text: str) -> None:
    try:
        once = normalise_reference(method, text)
    except PaymentReferenceError:
        return
    assert once.isascii()
    assert once.isalnum()
    assert once == once.upper()

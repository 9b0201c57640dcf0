import pickle

from domain.errors import DomainError
from domain.locks import MonthLockedError
from domain.money import AmountError
from domain.number_text import NumberProblem
from domain.period import Month


def test_the_docstring_is_the_message_and_the_facts_are_attributes() -> None:
    error = MonthLockedError(month=Month(2025, 11))
    assert str(error) == "2025-11 is locked: no bill may end in it."
    assert error.month == Month(2025, 11)
    assert isinstance(error, DomainError)


def test_an_error_without_facts_says_its_docstring() -> None:
    assert str(DomainError()) == "The rules refuse this."


def test_an_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(AmountError(text="1e9", reason=NumberProblem.EXPONENT)))  # noqa: S301 our own
    assert str(error) == "“1e9” is not an amount in rupees: write all the digits instead of an exponent."
    assert error.reason is NumberProblem.EXPONENT


def test_a_long_text_is_cut_in_the_message_only() -> None:
    error = AmountError(text="9" * 5000, reason=NumberProblem.NOT_A_NUMBER)
    assert str(error) == f"“{'9' * 40}” is not an amount in rupees: it is not a plain number."
    assert len(error.text) == 5000


def test_without_docstrings_the_message_is_empty_rather_than_a_crash() -> None:
    class BareError(DomainError):
        pass

    assert str(BareError(fact=1)) == ""

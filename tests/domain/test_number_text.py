from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.number_text import NumberError, NumberProblem, clean_text, parse_number

MOST = Decimal("9999999.99")


def refusal(text: str, *, zero_allowed: bool = True) -> NumberProblem:
    with pytest.raises(NumberError) as caught:
        parse_number(text, most=MOST, zero_allowed=zero_allowed)
    assert caught.value.text == text
    return caught.value.reason


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234", "1234"),
        ("0", "0"),
        ("007", "7"),
        ("12.5", "12.5"),
        ("12.05", "12.05"),
        (" 12 ", "12"),
        ("1,234", "1234"),
        ("12,345.50", "12345.50"),
        ("1,84,200.50", "184200.50"),
        ("12,34,567", "1234567"),
        ("123,456", "123456"),
        ("1,234,567", "1234567"),
        ("१२३४", "1234"),
        ("१,२३४.५०", "1234.50"),
        ("١٢", "12"),
        ("１，２３４．５", "1234.5"),
        ("౧౨", "12"),
        ("1\u200b2", "12"),
        ("9999999.99", "9999999.99"),
    ],
)
def test_what_people_type_is_read(text: str, number: str) -> None:
    assert parse_number(text, most=MOST) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", NumberProblem.EMPTY),
        (" \u200b ", NumberProblem.EMPTY),
        ("1e9", NumberProblem.EXPONENT),
        ("1E+9", NumberProblem.EXPONENT),
        ("1.5e-3", NumberProblem.EXPONENT),
        ("Infinity", NumberProblem.INFINITE),
        ("-inf", NumberProblem.INFINITE),
        ("nan", NumberProblem.INFINITE),
        ("∞", NumberProblem.INFINITE),
        ("1_000", NumberProblem.UNDERSCORE),
        ("_", NumberProblem.UNDERSCORE),
        ("-5", NumberProblem.NEGATIVE),
        ("\N{MINUS SIGN}5", NumberProblem.NEGATIVE),
        ("\N{EN DASH}5", NumberProblem.NEGATIVE),
        ("1.234", NumberProblem.TOO_PRECISE),
        ("1,234.567", NumberProblem.TOO_PRECISE),
        ("1,2", NumberProblem.MISPLACED_COMMA),
        ("12,34", NumberProblem.MISPLACED_COMMA),
        ("1,23,4", NumberProblem.MISPLACED_COMMA),
        ("1234,567", NumberProblem.MISPLACED_COMMA),
        ("1,,234", NumberProblem.MISPLACED_COMMA),
        ("1,23.5", NumberProblem.MISPLACED_COMMA),
        ("+5", NumberProblem.NOT_A_NUMBER),
        ("1 234", NumberProblem.NOT_A_NUMBER),
        ("5.", NumberProblem.NOT_A_NUMBER),
        (".5", NumberProblem.NOT_A_NUMBER),
        ("1.2.3", NumberProblem.NOT_A_NUMBER),
        ("0x10", NumberProblem.NOT_A_NUMBER),
        ("12²", NumberProblem.NOT_A_NUMBER),
        ("½", NumberProblem.NOT_A_NUMBER),
        ("abc", NumberProblem.NOT_A_NUMBER),
        ("1" * 41, NumberProblem.NOT_A_NUMBER),
        ("1" * 40, NumberProblem.TOO_LARGE),
        ("10000000", NumberProblem.TOO_LARGE),
        ("9999999.999", NumberProblem.TOO_PRECISE),
    ],
)
def test_everything_else_is_refused_with_its_reason(text: str, problem: NumberProblem) -> None:
    assert refusal(text) is problem


def test_zero_may_be_refused() -> None:
    assert parse_number("0.00", most=MOST) == 0
    assert refusal("0.00", zero_allowed=False) is NumberProblem.ZERO
    assert parse_number("0.01", most=MOST, zero_allowed=False) == Decimal("0.01")


def test_every_problem_is_explained_differently() -> None:
    explanations = [problem.explanation for problem in NumberProblem]
    assert len(set(explanations)) == len(NumberProblem)
    assert not [text for text in explanations if not text or text.endswith(".")]


def test_the_message_repeats_the_text() -> None:
    with pytest.raises(NumberError, match="“1_0” is not understood: leave out the underscore"):
        parse_number("1_0", most=MOST)


def test_clean_text_keeps_words_and_unifies_spaces_and_digits() -> None:
    assert clean_text("  B17\u00a0\tFF  १२\u200e३ यूनिट\n") == "B17 FF 123 यूनिट"


@given(st.integers(0, 999_999_999))
def test_any_two_place_number_is_read_back(hundredths: int) -> None:
    number = Decimal(hundredths) / 100
    assert parse_number(f"{number:.2f}", most=MOST) == number
    assert parse_number(f"{number:,.2f}", most=MOST) == number

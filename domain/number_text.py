"""The one strict reader of numbers that people type."""

import re
import unicodedata
from decimal import Decimal
from enum import StrEnum

from domain.errors import DomainError

LONGEST_NUMBER = 40


class NumberProblem(StrEnum):
    """Why a text is not taken as a number; the value is a stable code, not a text for people."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    EXPONENT = "exponent"
    INFINITE = "infinite"
    UNDERSCORE = "underscore"
    MISPLACED_COMMA = "misplaced_comma"
    NEGATIVE = "negative"
    ZERO = "zero"
    TOO_PRECISE = "too_precise"
    TOO_LARGE = "too_large"

    @property
    def explanation(self) -> str:
        """Return the problem as the end of an English sentence, without a full stop."""
        return _EXPLANATIONS[self]


_EXPLANATIONS = {
    NumberProblem.EMPTY: "there is no number in it",
    NumberProblem.NOT_A_NUMBER: "it is not a plain number",
    NumberProblem.EXPONENT: "write all the digits instead of an exponent",
    NumberProblem.INFINITE: "it must be finite",
    NumberProblem.UNDERSCORE: "leave out the underscore",
    NumberProblem.MISPLACED_COMMA: "the commas are not where thousands or lakhs end; decimals need a point",
    NumberProblem.NEGATIVE: "it must not be negative",
    NumberProblem.ZERO: "it must be more than zero",
    NumberProblem.TOO_PRECISE: "at most two decimals are possible",
    NumberProblem.TOO_LARGE: "it is too large",
}


class NumberError(DomainError):
    """“{text:.40}” is not understood: {reason.explanation}."""

    text: str
    reason: NumberProblem


_PLAIN = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3})(?:\.\d{1,2})?", re.ASCII)
_PROBLEMS = (
    (re.compile(r""), NumberProblem.EMPTY),
    (re.compile(r"[+-]?(?:inf|infinity|nan|∞)", re.IGNORECASE), NumberProblem.INFINITE),
    (re.compile(r".*_.*"), NumberProblem.UNDERSCORE),
    (re.compile(r"[-\N{MINUS SIGN}\N{EN DASH}].*"), NumberProblem.NEGATIVE),
    (re.compile(r"\d[\d.,]*e[+-]?\d+", re.ASCII | re.IGNORECASE), NumberProblem.EXPONENT),
    (re.compile(r"\d[\d,]*\.\d{3,}", re.ASCII), NumberProblem.TOO_PRECISE),
    (re.compile(r"\d[\d,]*,[\d,]*(?:\.\d*)?", re.ASCII), NumberProblem.MISPLACED_COMMA),
)


def clean_text(text: str) -> str:
    """Return `text` with ASCII digits for any script's, single spaces, no invisible and no full-width characters."""
    if text.isascii():
        return " ".join(text.split())
    return " ".join("".join(map(_clean_character, text)).split())


def parse_number(text: str, *, most: Decimal, zero_allowed: bool = True) -> Decimal:
    """Return the number a person typed: digits of any script, thousands or lakh commas, two decimals at most.

    Raises NumberError for all else: signs, exponents, underscores, spaces, infinities, more than `most`.
    """
    plain = clean_text(text)
    if len(plain) > LONGEST_NUMBER or not _PLAIN.fullmatch(plain):
        raise NumberError(text=text, reason=_problem(plain))
    number = Decimal(plain.replace(",", ""))
    if number > most:
        raise NumberError(text=text, reason=NumberProblem.TOO_LARGE)
    if not (number or zero_allowed):
        raise NumberError(text=text, reason=NumberProblem.ZERO)
    return number


def _problem(plain: str) -> NumberProblem:
    if len(plain) > LONGEST_NUMBER:
        return NumberProblem.NOT_A_NUMBER
    found = (problem for pattern, problem in _PROBLEMS if pattern.fullmatch(plain))
    return next(found, NumberProblem.NOT_A_NUMBER)


def _clean_character(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if unicodedata.decomposition(character).startswith("<wide>"):
        return unicodedata.normalize("NFKC", character)
    return "" if unicodedata.category(character) == "Cf" else character

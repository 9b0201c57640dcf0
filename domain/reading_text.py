"""Reading what engineers type: one reading a line, generous in form, strict in numbers."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.date_text import DateTextError, FutureDateError, YearMissingError, has_date, short_day, take_date
from domain.errors import DomainError
from domain.number_text import NumberError, NumberProblem, clean_text
from domain.target_text import TakenTarget, names_target, take_target
from domain.units import parse_units

LONGEST_MESSAGE = 4096
MOST_LINES = 60
_NOBODYS = "B1-GF"
"""Stands before a number alone, so that it is read as a reading's."""


class LineProblem(StrEnum):
    """Why a line is not taken as a reading; those of numbers have the codes of NumberProblem."""

    NO_TARGET = "no_target"
    TWO_TARGETS = "two_targets"
    TWO_METERS = "two_meters"
    NO_VALUE = "no_value"
    TWO_VALUES = "two_values"
    EXTRA_WORDS = "extra_words"
    BAD_SHARE = "bad_share"
    BAD_DATE = "bad_date"
    FUTURE_DATE = "future_date"
    YEAR_MISSING = "year_missing"
    TOO_LONG = "too_long"
    TOO_MANY_LINES = "too_many_lines"
    NOT_A_NUMBER = "not_a_number"
    EXPONENT = "exponent"
    INFINITE = "infinite"
    UNDERSCORE = "underscore"
    MISPLACED_COMMA = "misplaced_comma"
    NEGATIVE = "negative"
    TOO_PRECISE = "too_precise"
    TOO_LARGE = "too_large"


DATE_PROBLEMS = frozenset({LineProblem.BAD_DATE, LineProblem.FUTURE_DATE, LineProblem.YEAR_MISSING})


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """One reading as typed, in units or as on the register.

    `target` is a meter number, a flat code (`B17-FF`), a motor's name (`MOTOR-B`), or what may have been
    meant to be one; `on` is None where no date was given: then it is the day on which the message was sent.
    """

    target: str
    value: Decimal
    motor_share: Decimal | None
    on: date | None
    raw: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not taken, why, and a line to send instead."""

    raw: str
    reason: LineProblem
    suggestion: str


class _RefusedError(DomainError):
    """The line is not taken: {reason}."""

    reason: LineProblem


_SAMPLE_TARGET = "B17-FF"
_SAMPLE_VALUE = "146"
_REMARK = re.compile(r"←.*")
_LINE_END = re.compile(r"[\n;]")
_LOOSE_END = re.compile(r",+(?=\s|$)|[,.!।]+$")
_SHARE = re.compile(
    r"(?<!\S)(?:(?:WATER|MOTOR|PUMP|SHARE|मोटर|पंप|पानी)[\s:=]*)+(?P<number>\S*)(?:\s+(?:KWH|UNITS?|यूनिट)(?!\S))?"
)
_FILLERS = frozenset({"READING", "VALUE", "IS", "UNIT", "UNITS", "KWH", "यूनिट", "रीडिंग", ":", "="})
_DATE_REMAINS = re.compile(r"(?<!\S)(?:(?:ON|DATED?)(?!\S)|\d+/\d|\d+-\d)", re.ASCII)
_METER_LIKE = re.compile(r"\d{8,}", re.ASCII)
_BEFORE_DATE = re.compile(r"(?<!\S)ON(?!\S)")
_STRAY = re.compile(r"^\+|_")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{1,2}$)", re.ASCII)
_HAS_DIGIT = re.compile(r"\S*\d\S*", re.ASCII)


def parse_reading_message(text: str, today: date) -> tuple[list[ReadingLine], list[BadLine]]:
    """Return the readings of a message and the lines that are none; raises nothing.

    `19152159 1234`, `b17ff 1234 motor 12 on 3 Nov`; a date without year is the latest not after `today`, of the last
    half year. What follows a `←` does not matter: a line that came back with what was wrong in it is mended and sent.
    Lines beyond the sixtieth come back as one bad line, a text beyond 4096 characters as nothing but one.
    """
    if len(text) > LONGEST_MESSAGE:
        return [], [BadLine(text[:LONGEST_MESSAGE], LineProblem.TOO_LONG, _suggestion(None, ""))]
    lines = lines_of(text)
    read = [_read_line(line, today) for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        beyond = "\n".join(lines[MOST_LINES:])
        read.append(BadLine(beyond, LineProblem.TOO_MANY_LINES, lines[MOST_LINES]))
    readings = [one for one in read if isinstance(one, ReadingLine)]
    return readings, [one for one in read if isinstance(one, BadLine)]


def lines_of(text: str) -> list[str]:
    """Return the lines of a message in which something is said, each as typed, without what follows a `←`."""
    plain = _REMARK.sub("", "\n".join(text.splitlines()))
    return [line.strip() for line in _LINE_END.split(plain) if clean_text(line)]


def number_alone(text: str, today: date) -> ReadingLine | None:
    """A reading's value without its meter, with a share or a date perhaps; None: something else is said.

    Its `target` is nobody's: the caller knows which meter was asked for.
    """
    lines, bad = parse_reading_message(f"{_NOBODYS} {text}", today)
    return lines[0] if len(lines) == 1 and not bad else None


def refused_number(text: str, today: date) -> BadLine:
    """Why a text without a meter is no number either; only for what `number_alone` does not take."""
    _, bad = parse_reading_message(f"{_NOBODYS} {text}", today)
    return BadLine(text, bad[0].reason, bad[0].suggestion)


def looks_like_reading(text: str) -> bool:
    """Say whether a message is meant as readings, right or wrong: a line names a meter or flat, and more."""
    if text.lstrip().startswith("/"):
        return False
    found = (take_target(_tidy(line)) for line in text[:LONGEST_MESSAGE].splitlines())
    return any(taken.rest and (taken.is_sure or _HAS_DIGIT.match(taken.rest)) for taken in found if taken)


def _tidy(line: str) -> str:
    return clean_text(_LOOSE_END.sub(" ", clean_text(_REMARK.sub("", line)))).upper()


def _read_line(raw: str, today: date) -> ReadingLine | BadLine:
    taken = take_target(_tidy(raw))
    if taken is None:
        return BadLine(raw, LineProblem.NO_TARGET, _suggestion(None, raw))
    try:
        return _reading(raw, taken, today)
    except _RefusedError as refused:
        if refused.reason in DATE_PROBLEMS:
            return BadLine(raw, refused.reason, _dated(taken, today))
        typed = "" if refused.reason is LineProblem.NO_VALUE else taken.rest
        share = "" if refused.reason is LineProblem.BAD_SHARE else _share(typed)
        return BadLine(raw, refused.reason, f"{_suggestion(taken, typed)}{share}")


def _reading(raw: str, taken: TakenTarget, today: date) -> ReadingLine:
    rest, on = _take_date(taken.rest, today)
    rest, share = _take_share(rest)
    return ReadingLine(taken.target, _value(taken.target, rest), share, on, raw)


def _take_date(text: str, today: date) -> tuple[str, date | None]:
    try:
        rest, on = take_date(text, today)
    except FutureDateError:
        raise _RefusedError(reason=LineProblem.FUTURE_DATE) from None
    except YearMissingError:
        raise _RefusedError(reason=LineProblem.YEAR_MISSING) from None
    except DateTextError:
        raise _RefusedError(reason=LineProblem.BAD_DATE) from None
    if _DATE_REMAINS.search(rest) or has_date(rest):
        raise _RefusedError(reason=LineProblem.BAD_DATE)
    return rest, on


def _take_share(text: str) -> tuple[str, Decimal | None]:
    match = _SHARE.search(text)
    if match is None:
        return text, None
    rest = f"{text[: match.start()]} {text[match.end() :]}"
    if not match["number"] or _SHARE.search(rest):
        raise _RefusedError(reason=LineProblem.BAD_SHARE)
    return rest, _number(match["number"])


def _value(target: str, text: str) -> Decimal:
    words = [word for word in text.split() if word not in _FILLERS]
    problem = _problem(target, text, words)
    if problem:
        raise _RefusedError(reason=problem)
    return _number(words[0])


def _problem(target: str, text: str, words: list[str]) -> LineProblem | None:
    problems = {
        LineProblem.TWO_TARGETS: names_target(text),
        LineProblem.TWO_METERS: sum(bool(_METER_LIKE.fullmatch(word)) for word in (target, *words)) > 1,
        LineProblem.TWO_VALUES: sum(bool(_HAS_DIGIT.match(word)) for word in words) > 1,
        LineProblem.NO_VALUE: not words,
        LineProblem.EXTRA_WORDS: len(words) > 1,
    }
    return next((problem for problem, applies in problems.items() if applies), None)


def _number(word: str) -> Decimal:
    try:
        return parse_units(word)
    except NumberError as error:
        empty = error.reason is NumberProblem.EMPTY
        raise _RefusedError(reason=LineProblem.NO_VALUE if empty else LineProblem(error.reason)) from None


def _suggestion(taken: TakenTarget | None, typed: str) -> str:
    """Return a line that would be taken: what was typed, as far as it can be kept."""
    return f"{taken.target if taken else _SAMPLE_TARGET} {_salvaged(typed)}"


def _dated(taken: TakenTarget, today: date) -> str:
    """Return the line that was typed, of today."""
    return f"{_suggestion(taken, taken.rest)}{_share(taken.rest)} on {short_day(today)}"


def _share(typed: str) -> str:
    match = _SHARE.search(typed)
    try:
        return f" motor {_mended(match['number'])}" if match else ""
    except NumberError:
        return ""


def _salvaged(typed: str) -> str:
    word = _HAS_DIGIT.search(_BEFORE_DATE.split(_SHARE.sub(" ", typed))[0])
    try:
        return _mended(word[0]) if word else _SAMPLE_VALUE
    except NumberError:
        return _SAMPLE_VALUE


def _mended(word: str) -> str:
    """Return the number that was meant beyond doubt: a comma is a point or stays, it never makes a number longer.

    Raises NumberError where no such number is known.
    """
    plain = _STRAY.sub("", word)
    pointed = _DECIMAL_COMMA.sub(".", plain) if plain.count(",") == 1 else plain
    return f"{parse_units(pointed).normalize():f}"

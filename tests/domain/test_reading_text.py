import string
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.reading_text import (
    LONGEST_MESSAGE,
    MOST_LINES,
    BadLine,
    LineProblem,
    ReadingLine,
    looks_like_reading,
    parse_reading_message,
)
from domain.units import MOST_UNITS

TODAY = date(2026, 11, 10)
THIRD = date(2026, 11, 3)


def read(text: str) -> ReadingLine:
    readings, bad = parse_reading_message(text, TODAY)
    assert not bad
    (reading,) = readings
    assert reading.raw == text.strip()
    return reading


def refused(text: str) -> BadLine:
    readings, bad = parse_reading_message(text, TODAY)
    assert not readings
    (line,) = bad
    return line


@pytest.mark.parametrize(
    ("text", "target", "value"),
    [
        ("19152159 1234", "19152159", "1234.00"),
        ("B17-FF 1234", "B17-FF", "1234.00"),
        ("b17ff 1234", "B17-FF", "1234.00"),
        ("B17 FF 1,234 kWh", "B17-FF", "1234.00"),
        ("B17-FF १२३४", "B17-FF", "1234.00"),
        ("B17-FF १२३४ यूनिट", "B17-FF", "1234.00"),
        ("  b 17 - ff   146.5  ", "B17-FF", "146.50"),
        ("B17-FF: 146 units", "B17-FF", "146.00"),
        ("B17-FF = 146kwh.", "B17-FF", "146.00"),
        ("B17-FF - 146", "B17-FF", "146.00"),
        ("B17-FF,146", "B17-FF", "146.00"),
        ("B17FF146", "B17-FF", "146.00"),
        ("146 B17-FF", "B17-FF", "146.00"),
        ("5BHK-B17-FF 146", "B17-FF", "146.00"),
        ("flat B17-FF reading is 146", "B17-FF", "146.00"),
        ("meter no. 19152159: 1234", "19152159", "1234.00"),
        ("MTR AB-123456 5", "AB-123456", "5.00"),
        ("- B17-FF 146", "B17-FF", "146.00"),
        ("12. B17-FF 146", "B17-FF", "146.00"),
        ("B17-FF 0", "B17-FF", "0.00"),
        ("B17-FF 1,84,200.50", "B17-FF", "184200.50"),
        ("villa a2 300", "VILLA-A2", "300.00"),
        ("Villa-12 300", "VILLA-12", "300.00"),
        ("SCO-3 55", "SCO-3", "55.00"),
        ("sco3 55", "SCO-3", "55.00"),
        ("sco 12a 55", "SCO-12A", "55.00"),
        ("MOTOR-B 500", "MOTOR-B", "500.00"),
        ("Ｂ１７－ＦＦ\u3000１４６．５", "B17-FF", "146.50"),
        ("motor d1: 500", "MOTOR-D1", "500.00"),
    ],
)
def test_readings_as_engineers_type_them(text: str, target: str, value: str) -> None:
    reading = read(text)
    assert (reading.target, str(reading.value)) == (target, value)
    assert reading.motor_share is None
    assert reading.on is None


@pytest.mark.parametrize(
    ("text", "share", "on"),
    [
        ("b17ff 1234 motor 12", "12.00", None),
        ("b17ff 1234 motor 12.5", "12.50", None),
        ("b17ff 1234 MOTOR=12", "12.00", None),
        ("b17ff 1234, water motor share: 12 kWh", "12.00", None),
        ("b17ff 1234 मोटर १२.५", "12.50", None),
        ("b17ff motor 12 1234", "12.00", None),
        ("b17ff 1234 motor 0", "0.00", None),
        ("b17ff 1234 motor12", "12.00", None),
        ("b17ff 1234 on 3 Nov", None, THIRD),
        ("b17ff 1234 3/11", None, THIRD),
        ("b17ff 1234 on 3/11/2026", None, THIRD),
        ("b17ff 1234 yesterday", None, date(2026, 11, 9)),
        ("b17ff 1234 कल", None, date(2026, 11, 9)),
        ("b17ff 1234 today", None, TODAY),
        ("b17ff on 3 nov 1234", None, THIRD),
        ("b17ff 1234 motor 12 on 3 Nov", "12.00", THIRD),
        ("b17ff 1234 on 3 Nov, motor 12", "12.00", THIRD),
    ],
)
def test_motor_share_and_date(text: str, share: str | None, on: date | None) -> None:
    reading = read(text)
    assert (reading.target, reading.value) == ("B17-FF", Decimal(1234))
    assert reading.motor_share == (None if share is None else Decimal(share))
    assert reading.on == on


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("B71-FF 146", "B71-FF"),
        ("17B-FF 146", "17B-FF"),
        ("b17tf 146", "B17TF"),
        ("B17 TF 146", "B17-TF"),
        ("B17 146", "B17"),
        ("b 17 146", "B-17"),
        ("B17X-FF 146", "B17X-FF"),
    ],
)
def test_what_may_have_been_meant_to_be_a_flat_is_kept_for_the_near_misses(text: str, target: str) -> None:
    assert read(text).target == target
    assert read(text).value == 146


@pytest.mark.parametrize(
    ("text", "reason", "suggestion"),
    [
        ("hello", LineProblem.NO_TARGET, "B17-FF 146"),
        ("1234", LineProblem.NO_TARGET, "B17-FF 1234"),
        ("1e9", LineProblem.NO_TARGET, "B17-FF 146"),
        ("146kwh", LineProblem.NO_TARGET, "B17-FF 146"),
        ("B17-FF", LineProblem.NO_VALUE, "B17-FF 146"),
        ("B17-FF motor 12", LineProblem.NO_VALUE, "B17-FF 146"),
        ("B17-FF on 3 Nov", LineProblem.NO_VALUE, "B17-FF 146"),
        ("B17-FF kw", LineProblem.NO_VALUE, "B17-FF 146"),
        ("B17-FF motor kWh", LineProblem.NO_VALUE, "B17-FF 146"),
        ("19152159", LineProblem.NO_VALUE, "19152159 146"),
        ("B17-FF 1e9", LineProblem.EXPONENT, "B17-FF 146"),
        ("B17-FF Infinity", LineProblem.INFINITE, "B17-FF 146"),
        ("B17-FF NaN", LineProblem.INFINITE, "B17-FF 146"),
        ("B17-FF 1_000", LineProblem.UNDERSCORE, "B17-FF 1000"),
        ("B17-FF -5", LineProblem.NEGATIVE, "B17-FF 146"),
        ("B17-FF-146", LineProblem.NEGATIVE, "B17-FF 146"),
        ("B17-FF 146.123", LineProblem.TOO_PRECISE, "B17-FF 146"),
        ("B17-FF 12,34", LineProblem.MISPLACED_COMMA, "B17-FF 12.34"),
        ("B17-FF 146,5", LineProblem.MISPLACED_COMMA, "B17-FF 146.5"),
        ("B17-FF १४६,५ motor 3,2", LineProblem.MISPLACED_COMMA, "B17-FF 146.5 motor 3.2"),
        ("B17-FF 146 motor 3,2", LineProblem.MISPLACED_COMMA, "B17-FF 146 motor 3.2"),
        ("B17-FF 1234,567", LineProblem.MISPLACED_COMMA, "B17-FF 146"),
        ("B17-FF 1,23,4", LineProblem.MISPLACED_COMMA, "B17-FF 146"),
        ("B17-FF 150 thanks motor 3", LineProblem.EXTRA_WORDS, "B17-FF 150 motor 3"),
        ("B17-FF १२.३४५", LineProblem.TOO_PRECISE, "B17-FF 146"),
        ("B17-FF 146-5", LineProblem.BAD_DATE, "B17-FF 146 on 10 Nov"),
        ("B17-FF 99999999", LineProblem.TOO_LARGE, "B17-FF 146"),
        ("B17-FF ₹146", LineProblem.NOT_A_NUMBER, "B17-FF 146"),
        ("B17-FF many", LineProblem.NOT_A_NUMBER, "B17-FF 146"),
        ("B17-FF 146 150", LineProblem.TWO_VALUES, "B17-FF 146"),
        ("B17-FF 1 234", LineProblem.TWO_VALUES, "B17-FF 1"),
        ("19152159 19152160", LineProblem.TWO_METERS, "19152159 146"),
        ("19152159 19152160 1234", LineProblem.TWO_METERS, "19152159 146"),
        ("B17-FF B18-FF 146", LineProblem.TWO_TARGETS, "B17-FF 146"),
        ("B17-FF 146 B18-FF 150", LineProblem.TWO_TARGETS, "B17-FF 146"),
        ("B17-FF 146 thanks", LineProblem.EXTRA_WORDS, "B17-FF 146"),
        ("B17-FF 146 motor", LineProblem.BAD_SHARE, "B17-FF 146"),
        ("B17-FF 146 motor 1 motor 2", LineProblem.BAD_SHARE, "B17-FF 146"),
        ("B17-FF 146 motor -1", LineProblem.NEGATIVE, "B17-FF 146"),
        ("B17-FF 146 motor 1e3", LineProblem.EXPONENT, "B17-FF 146"),
        ("B17-FF 146 on 31/2", LineProblem.BAD_DATE, "B17-FF 146 on 10 Nov"),
        ("B17-FF on 31/2 146", LineProblem.BAD_DATE, "B17-FF 146 on 10 Nov"),
        ("B17-FF 146 on tuesday", LineProblem.BAD_DATE, "B17-FF 146 on 10 Nov"),
        ("B17-FF 146 on 3/11 4/11", LineProblem.BAD_DATE, "B17-FF 146 on 10 Nov"),
        ("B17-FF 146 yesterday 3 nov", LineProblem.BAD_DATE, "B17-FF 146 on 10 Nov"),
        ("B17-FF 146 3/11/202", LineProblem.BAD_DATE, "B17-FF 146 on 10 Nov"),
        ("B17-FF 146 yesterday tomorrow", LineProblem.BAD_DATE, "B17-FF 146 on 10 Nov"),
        ("B17-FF 146 on 11/11/2026", LineProblem.FUTURE_DATE, "B17-FF 146 on 10 Nov"),
        ("B17-FF 146 tomorrow", LineProblem.FUTURE_DATE, "B17-FF 146 on 10 Nov"),
        ("B17-FF on 11/11/2026 200", LineProblem.FUTURE_DATE, "B17-FF 146 on 10 Nov"),
        ("B17-FF 150 motor 12.50 on 11/11/2026", LineProblem.FUTURE_DATE, "B17-FF 150 motor 12.5 on 10 Nov"),
        ("B17-FF 150 motor x on 31/2", LineProblem.BAD_DATE, "B17-FF 150 on 10 Nov"),
        ("B17-FF 150 on 30 Nov", LineProblem.YEAR_MISSING, "B17-FF 150 on 10 Nov"),
        ("19152159 150 29/2", LineProblem.YEAR_MISSING, "19152159 150 on 10 Nov"),
    ],
)
def test_a_bad_line_says_why_and_what_to_send(text: str, reason: LineProblem, suggestion: str) -> None:
    assert refused(text) == BadLine(text, reason, suggestion)
    assert read(suggestion).raw == suggestion


def test_several_lines_are_read_one_by_one_and_a_bad_one_neither_raises_nor_hides() -> None:
    readings, bad = parse_reading_message("B17-FF 146\n\n b18ff 150 ; c8gf -1\r\n19152159 12 motor 3\n", TODAY)
    assert [(line.target, str(line.value)) for line in readings] == [
        ("B17-FF", "146.00"),
        ("B18-FF", "150.00"),
        ("19152159", "12.00"),
    ]
    assert [line.raw for line in readings] == ["B17-FF 146", "b18ff 150", "19152159 12 motor 3"]
    assert bad == [BadLine("c8gf -1", LineProblem.NEGATIVE, "C8-GF 146")]


def test_a_remark_behind_a_line_that_came_back_does_not_matter() -> None:
    readings, bad = parse_reading_message(
        "B17-FF 146 ← the date is in the future\nB18-FF 1x ← write 2 digits\n ← 5\nB18-GF←the number is missing", TODAY
    )
    assert [(line.target, str(line.value), line.raw) for line in readings] == [("B17-FF", "146.00", "B17-FF 146")]
    assert [(line.raw, line.reason) for line in bad] == [
        ("B18-FF 1x", LineProblem.NOT_A_NUMBER),
        ("B18-GF", LineProblem.NO_VALUE),
    ]
    assert not looks_like_reading("B18-GF ← the number 5")


def test_an_empty_message_has_neither() -> None:
    assert parse_reading_message(" \n\u200b\n", TODAY) == ([], [])


def test_lines_beyond_the_sixtieth_come_back() -> None:
    lines = [f"B{number}-FF 146" for number in range(1, MOST_LINES + 3)]
    readings, bad = parse_reading_message("\n".join(lines), TODAY)
    assert [line.raw for line in readings] == lines[:60]
    assert bad == [BadLine("B61-FF 146\nB62-FF 146", LineProblem.TOO_MANY_LINES, "B61-FF 146")]
    assert len(parse_reading_message("\n".join(lines[:60]), TODAY)[0]) == 60
    assert parse_reading_message("\n".join(lines[:60]), TODAY)[1] == []


def test_a_message_that_is_too_long_is_refused_whole() -> None:
    text = "B17-FF 146" + " " * 5000
    assert refused(text) == BadLine(text[:4096], LineProblem.TOO_LONG, "B17-FF 146")
    readings, bad = parse_reading_message("B17-FF 146".ljust(LONGEST_MESSAGE), TODAY)
    assert (len(readings), bad) == (1, [])


@pytest.mark.parametrize(
    "text",
    [
        "B17-FF 146",
        "19152159 12",
        "17B-FF 20",
        "hi\nB17-FF 12",
        "B17-FF Infinity",
        "villa a2 300",
        "B17-FF -3",
        "B17 20",
    ],
)
def test_what_looks_like_a_reading(text: str) -> None:
    assert looks_like_reading(text)


@pytest.mark.parametrize(
    "text",
    ["", "hello", "B17-FF", "19152159", "/paid B17-FF 1842 cash", " /find B17-FF 2", "146", "join AB12CD34", "x9 yes"],
)
def test_what_does_not(text: str) -> None:
    assert not looks_like_reading(text)


WORDS = st.sampled_from(
    ["B17-FF", "b17ff", "19152159", "villa a2", "SCO-3", "146", "1e9", "Infinity", "_", "-5", "१२", "motor",
     "मोटर", "on", "3 Nov", "31/2", "yesterday", "कल", "kWh", "यूनिट", "\n", ";", ":", ",", ".", "=", "\u200b",
     "²", "1_0", "29 feb"]
)  # fmt: skip
MESSAGES = st.lists(WORDS | st.text(max_size=8), max_size=14).map(" ".join) | st.text(max_size=200)
ASCII_MESSAGES = st.text(alphabet=string.ascii_letters + string.digits + " -_/.,:;=+\n", max_size=120)


@given(MESSAGES | ASCII_MESSAGES, st.dates())
@settings(deadline=None)
def test_no_message_raises_and_every_suggestion_is_taken(text: str, today: date) -> None:
    readings, bad = parse_reading_message(text, today)
    looks_like_reading(text)
    for reading in readings:
        assert 0 <= reading.value <= MOST_UNITS
        assert reading.target
        assert reading.on is None or reading.on <= today
    for line in bad:
        assert parse_reading_message(line.suggestion, today)[0]

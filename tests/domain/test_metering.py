from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.metering import (
    Flag,
    ReadingMode,
    UsualRange,
    billable_units,
    consumption,
    estimated_units,
    flags,
    is_absurd,
    usual_range,
)

UNITS, REGISTER = ReadingMode.UNITS, ReadingMode.REGISTER
HISTORY = [Decimal(number) for number in (120, 148, 170, 146)]


def optional(number: str | None) -> Decimal | None:
    return None if number is None else Decimal(number)


@pytest.mark.parametrize(
    ("current", "previous", "expected"),
    [("150", "100", "50.00"), ("100", "100", "0.00"), ("90", "100.5", "-10.50"), ("150", None, None)],
)
def test_consumption_is_the_difference(current: str, previous: str | None, expected: str | None) -> None:
    found = consumption(Decimal(current), optional(previous))
    assert (None if found is None else str(found)) == expected


def test_in_units_mode_the_number_is_the_months_units() -> None:
    assert str(billable_units(UNITS, Decimal(146), Decimal(9000))) == "146.00"
    assert str(billable_units(UNITS, Decimal(146), None)) == "146.00"


def test_in_register_mode_it_is_the_difference_and_the_first_is_a_baseline() -> None:
    assert str(billable_units(REGISTER, Decimal(9146), Decimal(9000))) == "146.00"
    assert str(billable_units(REGISTER, Decimal(8999), Decimal(9000))) == "-1.00"
    assert billable_units(REGISTER, Decimal(9146), None) is None


def test_the_usual_range_is_lowest_highest_and_average() -> None:
    assert usual_range(HISTORY) == UsualRange(Decimal(120), Decimal(170), Decimal("146.00"))
    assert usual_range([Decimal(1), Decimal(1), Decimal(2)]) == UsualRange(Decimal(1), Decimal(2), Decimal("1.33"))


def test_months_without_use_do_not_count() -> None:
    assert usual_range([Decimal(0), Decimal(-5), Decimal(10)]) == UsualRange(Decimal(10), Decimal(10), Decimal("10.00"))
    assert usual_range([Decimal(0), Decimal(-5)]) is None
    assert usual_range([]) is None


def test_only_the_last_twelve_months_count() -> None:
    months = [Decimal(1000), *[Decimal(10)] * 12]
    assert usual_range(months) == UsualRange(Decimal(10), Decimal(10), Decimal("10.00"))
    assert usual_range(months[:12]) == UsualRange(Decimal(10), Decimal(1000), Decimal("92.50"))


@pytest.mark.parametrize(
    ("units", "near"), [("89.99", False), ("90", True), ("146", True), ("212.5", True), ("212.51", False)]
)
def test_near_usual_is_a_quarter_either_side(*, units: str, near: bool) -> None:
    assert UsualRange(Decimal(120), Decimal(170), Decimal(146)).is_near(Decimal(units)) is near


@pytest.mark.parametrize(
    ("value", "previous", "expected"),
    [
        ("146", None, []),
        ("150", "146", []),
        ("0", "146", [Flag.ZERO]),
        ("0", "0", [Flag.ZERO, Flag.SAME_AS_LAST]),
        ("146", "146", [Flag.SAME_AS_LAST]),
        ("146.00", "146", [Flag.SAME_AS_LAST]),
        ("292", "146", []),
        ("292.01", "146", [Flag.FAR_ABOVE_USUAL]),
        ("1460", "146", [Flag.FAR_ABOVE_USUAL]),
        ("416", "146", [Flag.FAR_ABOVE_USUAL, Flag.DIGITS_SWAPPED]),
        ("416.5", "146", [Flag.FAR_ABOVE_USUAL, Flag.DIGITS_SWAPPED]),
        ("214", "146", []),
        ("1041", "146", [Flag.FAR_ABOVE_USUAL]),
        ("16", "146", []),
        ("19", "146", []),
        ("59", "146", []),
        ("89", "146", []),
        ("9", "146", []),
        ("100", "9000", []),
    ],
)
def test_units_mode(value: str, previous: str | None, expected: list[Flag]) -> None:
    assert list(flags(UNITS, Decimal(value), optional(previous), HISTORY)) == expected


def test_without_history_only_what_no_meter_shows_is_far_above() -> None:
    assert flags(UNITS, Decimal(10000), None, []) == ()
    assert flags(UNITS, Decimal("10000.01"), None, []) == (Flag.FAR_ABOVE_USUAL,)
    assert flags(UNITS, Decimal(9999999), None, [Decimal(0)]) == (Flag.FAR_ABOVE_USUAL,)
    assert flags(ReadingMode.REGISTER, Decimal(9999999), None, []) == ()
    assert flags(ReadingMode.REGISTER, Decimal(9999999), Decimal(146), []) == (Flag.FAR_ABOVE_USUAL,)


@pytest.mark.parametrize(
    ("units", "average", "absurd"),
    [("1386.99", 146, False), ("1387", 146, True), ("0", 0, False), ("10000", 0, False), ("10000.01", 0, True)],
)
def test_absurd_is_what_is_told_as_ten_times_the_average(*, units: str, average: int, absurd: bool) -> None:
    usual = UsualRange(Decimal(0), Decimal(170), Decimal(average))
    assert is_absurd(Decimal(units), usual) is absurd


@pytest.mark.parametrize(
    ("value", "previous", "expected"),
    [
        ("9146", "9000", []),
        ("9146", None, []),
        ("0", None, [Flag.ZERO]),
        ("0", "9000", [Flag.ZERO, Flag.LOWER_THAN_LAST]),
        ("9000", "9000", [Flag.SAME_AS_LAST]),
        ("8999", "9000", [Flag.LOWER_THAN_LAST]),
        ("9292", "9000", []),
        ("9293", "9000", [Flag.FAR_ABOVE_USUAL]),
        ("9416", "9000", [Flag.FAR_ABOVE_USUAL, Flag.DIGITS_SWAPPED]),
        ("1946", "1800", []),
        ("1496", "1350", []),
        ("1100", "1800", [Flag.LOWER_THAN_LAST]),
        ("1496", "1800", [Flag.LOWER_THAN_LAST, Flag.DIGITS_SWAPPED]),
    ],
)
def test_register_mode(value: str, previous: str | None, expected: list[Flag]) -> None:
    assert list(flags(REGISTER, Decimal(value), optional(previous), HISTORY)) == expected


@pytest.mark.parametrize(
    ("value", "history", "swapped"),
    [
        ("57", [70, 75, 80], False),
        ("37", [70, 75, 80], True),
        ("36", [70, 75, 80], False),
        ("12", [20, 300], False),
        ("24", [50, 200], False),
        ("130", [290, 310], True),
        ("130", [240, 360], True),
        ("123", [290, 310], False),
        ("1005", [500, 510], False),
        ("5", [50], False),
    ],
)
def test_a_low_value_has_swapped_digits_only_where_that_explains_it(
    *, value: str, history: list[int], swapped: bool
) -> None:
    found = flags(UNITS, Decimal(value), None, [Decimal(month) for month in history])
    assert (Flag.DIGITS_SWAPPED in found) is swapped


@pytest.mark.parametrize("mode", ReadingMode)
def test_without_history_only_the_number_itself_can_be_odd(mode: ReadingMode) -> None:
    assert flags(mode, Decimal(10000), Decimal(5), []) == ()
    assert flags(mode, Decimal(5), Decimal(5), []) == (Flag.SAME_AS_LAST,)


@pytest.mark.parametrize(
    ("history", "estimate"),
    [
        ([], "0.00"),
        (["90"], "90.00"),
        (["500", "60", "90", "120"], "90.00"),
        (["1", "0", "0"], "0.33"),
        (["-30", "50", "50"], "33.33"),
    ],
)
def test_an_unread_month_counts_as_the_average_of_the_last_three(history: list[str], estimate: str) -> None:
    assert estimated_units([Decimal(month) for month in history]) == Decimal(estimate)


AMOUNTS = st.decimals(min_value=0, max_value=9_999_999, places=2)


@given(st.sampled_from(ReadingMode), AMOUNTS, st.none() | AMOUNTS, st.lists(AMOUNTS | AMOUNTS.map(lambda n: -n)))
def test_flags_come_once_each_in_their_order(
    mode: ReadingMode, value: Decimal, previous: Decimal | None, history: list[Decimal]
) -> None:
    found = flags(mode, value, previous, history)
    assert list(found) == [flag for flag in Flag if flag in found]
    assert (Flag.LOWER_THAN_LAST in found) == (mode is REGISTER and previous is not None and value < previous)
    assert (Flag.SAME_AS_LAST in found) == (value == previous)


@given(st.lists(AMOUNTS, min_size=1))
def test_the_average_lies_in_the_usual_range(history: list[Decimal]) -> None:
    usual = usual_range(history)
    assert (usual is None) == (max(history) == 0)
    assert usual is None or usual.low <= usual.average <= usual.high

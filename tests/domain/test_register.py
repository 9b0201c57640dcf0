from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.metering import Flag, ReadingMode, UsualRange, billable_units, consumption, flags, full_turn
from domain.register import STRAIGHT, Course, Ending, Stretch, Swap, digits_of

REGISTER, UNITS = ReadingMode.REGISTER, ReadingMode.UNITS
USUAL = UsualRange(Decimal(120), Decimal(170), Decimal(146))
registers = st.decimals(0, 99_999, places=2)


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def swaps(*pairs: tuple[str | None, str]) -> Course:
    return Course(tuple(Swap(number(closing), Decimal(opening)) for closing, opening in pairs))


@pytest.mark.parametrize(
    ("previous", "course", "value", "expected"),
    [
        ("1200", STRAIGHT, "1346", "146.00"),
        (None, STRAIGHT, "1346", None),
        ("1200", swaps(("1234", "0")), "112", "146.00"),
        ("1200", swaps(("1234", "50")), "162", "146.00"),
        ("1200", swaps(("1234", "0"), ("40", "7")), "79", "146.00"),
        ("1200", swaps(("1200", "0")), "112", "112.00"),  # the display was dead: its last reading counts
        (None, swaps(("1234", "0")), "112", "112.00"),  # nobody ever read the old one
        (None, swaps((None, "5"), ("45", "0")), "112", "152.00"),
        ("1200", swaps(("1190", "0")), "112", "-10.00"),  # the old one ran back
        ("1200", swaps(("1234", "50")), "40", "-10.00"),  # the new one did
        ("99950", Course(rolled_over=Decimal(100_000)), "62", "112.00"),
        ("99950.5", Course(rolled_over=Decimal(100_000)), "0", "49.50"),
        ("9990", Course((Swap(Decimal(5), Decimal(0), Decimal(10_000)),)), "100", "115.00"),
    ],
)
def test_units_over_what_happened_to_a_meter(
    previous: str | None, course: Course, value: str, expected: str | None
) -> None:
    found = billable_units(REGISTER, Decimal(value), number(previous), course)
    assert (None if found is None else str(found)) == expected


def test_each_meter_is_told_by_itself() -> None:
    found = swaps(("1234", "0")).stretches(Decimal(112), Decimal(1200))
    assert found == (Stretch(Decimal(1200), Decimal(1234)), Stretch(Decimal(0), Decimal(112)))
    assert [str(one.units) for one in found] == ["34.00", "112.00"]


def test_where_units_are_sent_nothing_is_summed() -> None:
    assert billable_units(UNITS, Decimal(146), Decimal(99_950), swaps(("5", "0"))) == 146


@given(value=registers, previous=registers)
def test_without_an_event_it_is_the_difference(value: Decimal, previous: Decimal) -> None:
    assert billable_units(REGISTER, value, previous) == consumption(value, previous)


@given(
    start=registers,
    parts=st.lists(st.tuples(st.decimals(0, 500, places=2), registers), max_size=4),
    rest=st.decimals(0, 500, places=2),
)
def test_replacing_meters_loses_no_unit(start: Decimal, parts: list[tuple[Decimal, Decimal]], rest: Decimal) -> None:
    """Whatever each new meter begins with, the sum is what was used on each."""
    made, shown = [], start
    for used, opening in parts:
        made.append(Swap(shown + used, opening))
        shown = opening
    found = Course(tuple(made)).units(shown + rest, start)
    assert found == sum((used for used, _ in parts), start=rest)


@given(previous=st.integers(90_000, 99_999), used=st.integers(1, 1_000))
def test_a_register_counts_over_its_end_as_one_with_more_digits_would(previous: int, used: int) -> None:
    value = (previous + used) % 100_000
    past = Decimal(100_000) if previous + used >= 100_000 else Decimal(0)
    assert Course(rolled_over=past).units(Decimal(value), Decimal(previous)) == used


@pytest.mark.parametrize(
    ("value", "last", "digits", "expected"),
    [
        ("62", "99950", 5, "100000"),
        ("62", "99950", None, "100000"),  # its own digits, only to ask
        ("62.5", "99950.5", 5, "100000"),
        ("62", "99950", 6, None),  # a longer register has not come to its end
        ("62", "99950", 4, None),  # nor does a shorter one show that
        ("99960", "99950", 5, None),
        ("99940", "99950", 5, None),  # nearly a whole turn: a slip
        ("5000", "99950", 5, None),  # far too many units
        ("62", None, 5, None),
    ],
)
def test_a_full_turn_is_only_asked_about_where_it_makes_sense(
    value: str, last: str | None, digits: int | None, expected: str | None
) -> None:
    assert full_turn(Decimal(value), number(last), digits, USUAL) == number(expected)


def test_without_anything_usual_half_a_register_is_too_much() -> None:
    assert full_turn(Decimal(100), Decimal(9_900), None, None) == 10_000
    assert full_turn(Decimal(1_100), Decimal(1_200), None, None) is None


@given(value=registers, last=registers, digits=st.one_of(st.none(), st.integers(3, 9)))
def test_a_full_turn_makes_units_above_zero(value: Decimal, last: Decimal, digits: int | None) -> None:
    turn = full_turn(value, last, digits, None)
    if turn is not None:
        found = Course(rolled_over=turn).units(value, last)
        assert found is not None
        assert 0 < found < turn / 2


def test_flags_are_those_of_the_new_register() -> None:
    months = [Decimal(146)] * 3
    course = swaps(("1234", "50"))
    assert flags(REGISTER, Decimal(162), Decimal(1200), months, course) == ()
    assert Flag.LOWER_THAN_LAST in flags(REGISTER, Decimal(40), Decimal(1200), months, course)
    assert Flag.SAME_AS_LAST in flags(REGISTER, Decimal(50), Decimal(1200), months, course)
    assert Flag.FAR_ABOVE_USUAL in flags(REGISTER, Decimal(962), Decimal(1200), months, course)


def test_a_register_that_began_anew_is_always_told() -> None:
    course = Course(rolled_over=Decimal(100_000))
    assert flags(REGISTER, Decimal(62), Decimal(99_950), [], course) == (Flag.ROLLED_OVER,)


@pytest.mark.parametrize(("register", "digits"), [("0", 3), ("62", 3), ("1234.5", 4), ("99950", 5)])
def test_digits_of_a_register(register: str, digits: int) -> None:
    assert digits_of(Decimal(register)) == digits


@pytest.mark.parametrize(
    ("closing", "turn", "turns", "read_since", "value", "may"),
    [
        ("1454", 0, 0, False, "1454", True),
        ("1454", 0, 0, False, "1454.01", False),
        ("1454", 0, 0, True, "1455", False),
        (None, 0, 0, False, "99999", True),  # the display was dead: it counts to its last reading, whatever that is
        ("30", 100_000, 0, False, "99950", True),
        ("30", 100_000, 0, False, "100031", False),
        ("30", 100_000, 0, False, "30", False),  # it has not begun anew after this one
        ("30", 100_000, 0, True, "20", True),  # but after a later one
        ("60", 0, 100_000, True, "99940", True),  # a later reading says that it began anew
        ("60", 0, 100_000, True, "100061", False),
    ],
)
def test_a_meter_counted_to_its_closing_number_and_no_further(
    closing: str | None, turn: int, turns: int, value: str, *, read_since: bool, may: bool
) -> None:
    ending = Ending(Swap(number(closing), Decimal(0), Decimal(turn)), Decimal(turns), read_since=read_since)
    assert ending.may_follow(Decimal(value)) is may

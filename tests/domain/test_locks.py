from datetime import date

import pytest

from domain.locks import FIRST_LOCKED, LockedMonths, MonthLockedError, can_lock
from domain.period import Month, Period

LOCKED = LockedMonths()
NOVEMBER = Month(2025, 11)


def test_november_2025_is_locked_from_the_start() -> None:
    assert FIRST_LOCKED == NOVEMBER
    assert LOCKED.months == {NOVEMBER}


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2025, 11, 1), date(2025, 11, 30)),
        (date(2025, 10, 15), date(2025, 11, 1)),
        (date(2025, 12, 5), date(2025, 11, 30)),
    ],
)
def test_no_bill_may_end_in_a_locked_month(start: date, end: date) -> None:
    with pytest.raises(MonthLockedError) as caught:
        LOCKED.refuse_end_in(Period(start, end))
    assert caught.value.month == NOVEMBER


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2025, 11, 30), date(2025, 12, 1)),
        (date(2025, 10, 1), date(2025, 10, 31)),
        (date(2025, 10, 1), date(2025, 12, 31)),
    ],
)
def test_a_bill_may_start_in_one_or_span_it(start: date, end: date) -> None:
    LOCKED.refuse_end_in(Period(start, end))


@pytest.mark.parametrize(
    ("start", "end", "touches"),
    [
        (date(2025, 10, 1), date(2025, 10, 31), False),
        (date(2025, 10, 1), date(2025, 11, 1), True),
        (date(2025, 11, 30), date(2025, 12, 31), True),
        (date(2025, 10, 1), date(2025, 12, 31), True),
        (date(2025, 12, 1), date(2025, 12, 31), False),
        (date(2026, 11, 1), date(2026, 11, 30), False),
    ],
)
def test_a_run_is_refused_when_its_period_touches_one(*, start: date, end: date, touches: bool) -> None:
    assert LOCKED.touches(Period(start, end)) is touches


def test_nothing_locked_refuses_nothing() -> None:
    none = LockedMonths(frozenset())
    none.refuse_end_in(Period(date(2025, 11, 1), date(2025, 11, 30)))
    assert not none.touches(Period(date(2025, 11, 1), date(2025, 11, 30)))


def test_only_a_month_that_has_ended_can_be_locked() -> None:
    assert can_lock(Month(2026, 9), date(2026, 10, 1))
    assert not can_lock(Month(2026, 10), date(2026, 10, 31))
    assert not can_lock(Month(2026, 11), date(2026, 10, 31))
    assert can_lock(Month(2025, 12), date(2026, 1, 1))

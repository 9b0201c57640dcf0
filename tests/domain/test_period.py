from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.period import Month, MonthError, NaiveInstantError, Period, billing_period, due_date, local_date

KOLKATA = ZoneInfo("Asia/Kolkata")


def test_a_month_is_written_and_read_as_year_and_month() -> None:
    assert Month.parse("2026-10") == Month(2026, 10)
    assert Month.parse(" 2026-01 ") == Month(2026, 1)
    assert str(Month(2026, 1)) == "2026-01"
    assert str(Month(7, 1)) == "0007-01"
    assert Month.of(date(2026, 10, 31)) == Month(2026, 10)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "0000-01", "2026-1", "10-2026", "2026-10-01", "x", "२०२६-१०"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(MonthError) as caught:
        Month.parse(text)
    assert caught.value.text == text
    assert str(caught.value) == f"“{text}” is not a month: write the year and the month, such as 2026-10."


@pytest.mark.parametrize(("year", "month"), [(2026, 0), (2026, 13), (0, 1), (10000, 1)])
def test_a_month_cannot_be_made_that_does_not_exist(year: int, month: int) -> None:
    with pytest.raises(MonthError):
        Month(year, month)


def test_the_first_and_last_month_there_is() -> None:
    assert Month(1, 1).first_day == date.min
    assert Month(9999, 12).last_day == date.max


@pytest.mark.parametrize(
    ("month", "last"), [(Month(2026, 2), 28), (Month(2028, 2), 29), (Month(2026, 12), 31), (Month(2026, 4), 30)]
)
def test_first_and_last_day(month: Month, last: int) -> None:
    assert month.first_day == date(month.year, month.month, 1)
    assert month.last_day == date(month.year, month.month, last)


def test_neighbours_and_order() -> None:
    assert Month(2026, 12).next() == Month(2027, 1)
    assert Month(2026, 1).previous() == Month(2025, 12)
    assert Month(2026, 5).next() == Month(2026, 6)
    assert Month(2026, 5).previous() == Month(2026, 4)
    assert Month(2025, 12) < Month(2026, 1) < Month(2026, 2)


@given(st.dates(min_value=date(1, 2, 1), max_value=date(9999, 11, 30)))
def test_a_month_ends_the_day_before_the_next_begins(day: date) -> None:
    month = Month.of(day)
    assert month.last_day + timedelta(days=1) == month.next().first_day
    assert month.next().previous() == month
    assert month.first_day <= day <= month.last_day


def test_a_bill_is_of_the_month_its_period_ends_in() -> None:
    assert Period(date(2026, 10, 3), date(2026, 11, 2)).month == Month(2026, 11)
    assert Period(date(2026, 10, 3), date(2026, 11, 2)).months == (Month(2026, 10), Month(2026, 11))
    assert Period(date(2026, 11, 1), date(2026, 11, 30)).months == (Month(2026, 11),)


def test_a_period_counts_both_days() -> None:
    assert Period(date(2026, 10, 3), date(2026, 11, 2)).days == 31
    assert Period(date(2026, 10, 3), date(2026, 10, 3)).days == 1
    assert Period(date(2026, 10, 4), date(2026, 10, 3)).days == 0


def test_a_start_moved_past_the_end_is_a_key_only() -> None:
    moved = Period(date(2026, 12, 2), date(2026, 10, 31))
    assert moved.months == (Month(2026, 10),)
    assert moved.days == 0


def test_the_period_starts_the_day_after_the_last_billed_one() -> None:
    assert billing_period(date(2026, 10, 2), date(2026, 11, 2)) == Period(date(2026, 10, 3), date(2026, 11, 2))
    assert billing_period(date(2025, 12, 31), date(2026, 1, 31)) == Period(date(2026, 1, 1), date(2026, 1, 31))
    assert billing_period(date(2026, 11, 2), date(2026, 11, 2)) == Period(date(2026, 11, 3), date(2026, 11, 2))


def test_the_first_period_starts_on_the_1st_of_the_readings_month() -> None:
    assert billing_period(None, date(2026, 11, 2)) == Period(date(2026, 11, 1), date(2026, 11, 2))


def test_due_date() -> None:
    assert due_date(date(2026, 11, 2), 10) == date(2026, 11, 12)
    assert due_date(date(2026, 12, 25), 0) == date(2026, 12, 25)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 10, 31, 18, 29, 59, tzinfo=UTC), date(2026, 10, 31)),
        (datetime(2026, 10, 31, 18, 30, 0, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2028, 2, 29, 18, 30, 0, tzinfo=UTC), date(2028, 3, 1)),
        (datetime(2028, 2, 28, 18, 30, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2026, 11, 1, 8, 0, 0, tzinfo=timezone(timedelta(hours=14))), date(2026, 10, 31)),
    ],
)
def test_the_day_is_that_of_the_society(instant: datetime, day: date) -> None:
    assert local_date(instant, KOLKATA) == day


def test_a_time_without_zone_is_refused() -> None:
    naive = datetime(2026, 11, 1, 8, 0)  # noqa: DTZ001 the very thing that is refused
    with pytest.raises(NaiveInstantError) as caught:
        local_date(naive, KOLKATA)
    assert caught.value.instant == naive
    assert str(caught.value) == "2026-11-01 08:00:00 has no time zone."

"""When a job is due, over months of every length."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.timetable import Timetable

KOLKATA = ZoneInfo("Asia/Kolkata")
DAILY = Timetable(time(11))
FIRST = Timetable(time(2), frozenset({1}))
MONTH_END = Timetable(time(9), frozenset({1, 2, 28, 29, 30, 31}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KOLKATA)


@pytest.mark.parametrize(
    ("timetable", "now", "last", "following"),
    [
        (DAILY, "2026-11-12T10:59", "2026-11-11", "2026-11-12T11:00"),
        (DAILY, "2026-11-12T11:00", "2026-11-12", "2026-11-13T11:00"),
        (DAILY, "2026-01-01T00:00", "2025-12-31", "2026-01-01T11:00"),
        (FIRST, "2026-11-01T01:59", "2026-10-01", "2026-11-01T02:00"),
        (FIRST, "2026-11-01T02:00", "2026-11-01", "2026-12-01T02:00"),
        (FIRST, "2026-12-31T23:59", "2026-12-01", "2027-01-01T02:00"),
        (MONTH_END, "2027-02-28T09:00", "2027-02-28", "2027-03-01T09:00"),
        (MONTH_END, "2028-02-28T09:00", "2028-02-28", "2028-02-29T09:00"),
        (MONTH_END, "2026-11-15T12:00", "2026-11-02", "2026-11-28T09:00"),
    ],
)
def test_the_day_that_was_due_last_and_the_time_that_is_next(
    timetable: Timetable, now: str, last: str, following: str
) -> None:
    assert timetable.last_due(at(now)).isoformat() == last
    assert timetable.next_due(at(now)) == at(following)


@given(
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.times(),
    st.sampled_from([DAILY, FIRST, MONTH_END]),
)
def test_the_next_time_is_the_last_one_once_it_has_come(day: date, clock: time, timetable: Timetable) -> None:
    now = datetime.combine(day, clock, KOLKATA)
    following = timetable.next_due(now)
    assert following > now
    assert timetable.last_due(following) == following.date()
    assert timetable.last_due(following - timedelta(microseconds=1)) == timetable.last_due(now)

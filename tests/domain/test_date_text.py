from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.date_text import (
    DateTextError,
    FutureDateError,
    YearMissingError,
    has_date,
    parse_date,
    short_day,
    take_date,
)

TODAY = date(2026, 11, 10)
THIRD = date(2026, 11, 3)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3 Nov", THIRD),
        ("3nov", THIRD),
        ("03 NOVEMBER", THIRD),
        ("3rd November 2026", THIRD),
        ("3 Nov, 2026", THIRD),
        ("3-Nov-26", THIRD),
        ("3/nov/2026", THIRD),
        ("3 nov.", THIRD),
        ("Nov 3", THIRD),
        ("Nov. 3rd, 2026", THIRD),
        ("3/11", THIRD),
        ("03/11/2026", THIRD),
        ("3-11", THIRD),
        ("3-11-26", THIRD),
        ("3/11/26", THIRD),
        ("3.11.2026", THIRD),
        ("2026-11-03", THIRD),
        ("on 3 Nov", THIRD),
        ("ON 3/11", THIRD),
        ("date: 3/11", THIRD),
        ("dated 3 Nov 2026", THIRD),
        ("dt. 3/11", THIRD),
        ("३ नवंबर", THIRD),
        ("३ नवम्बर २०२६ को", THIRD),
        ("3/11/2025", date(2025, 11, 3)),
        ("3 nov 2025", date(2025, 11, 3)),
        ("11 nov 2025", date(2025, 11, 11)),
        ("10 nov", TODAY),
        ("31 dec 2025", date(2025, 12, 31)),
        ("1 sept", date(2026, 9, 1)),
        ("29 feb 2024", date(2024, 2, 29)),
        ("२८ फ़रवरी २०२६", date(2026, 2, 28)),
        ("11 may", date(2026, 5, 11)),
        ("today", TODAY),
        ("आज", TODAY),
        ("aaj", TODAY),
        ("Yesterday", date(2026, 11, 9)),
        ("कल", date(2026, 11, 9)),
        ("kal", date(2026, 11, 9)),
        ("day before yesterday", date(2026, 11, 8)),
        ("परसों", date(2026, 11, 8)),
        ("parson", date(2026, 11, 8)),
    ],
)
def test_dates_as_people_type_them(text: str, day: date) -> None:
    assert parse_date(text, TODAY) == day


@pytest.mark.parametrize("number", range(1, 13))
@pytest.mark.parametrize("form", ["{0:%d %B}", "{0:%b} {0.day}", "{0.day}/{0.month}", "{0:%Y-%m-%d}"])
def test_every_month_by_name_and_number(number: int, form: str) -> None:
    day = date(2026, number, 5)
    assert parse_date(form.format(day), date(2026, number, 28)) == day


@pytest.mark.parametrize(
    "name",
    ["जनवरी", "फरवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"],
)
def test_every_month_in_hindi(name: str) -> None:
    assert parse_date(f"5 {name} 2026", date(2026, 12, 31)).day == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "on",
        "31/2",
        "31 feb",
        "0/11",
        "3/13",
        "30 feb 2026",
        "32 nov",
        "3.11",
        "3/11/202",
        "3 nov 4 nov",
        "146",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(DateTextError) as caught:
        parse_date(text, TODAY)
    assert not isinstance(caught.value, FutureDateError)
    assert str(caught.value).endswith("is not a date: write it like 3 Nov, 3/11/2026 or yesterday.")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("tomorrow", date(2026, 11, 11)),
        ("11/11/2026", date(2026, 11, 11)),
        ("11 nov 2026", date(2026, 11, 11)),
        ("2027-01-01", date(2027, 1, 1)),
    ],
)
def test_the_future_is_refused(text: str, day: date) -> None:
    with pytest.raises(FutureDateError) as caught:
        parse_date(text, TODAY)
    assert (caught.value.text, caught.value.day) == (text, day)
    assert str(caught.value) == f"{day} is in the future: a reading is of today or earlier."


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("30 nov", date(2025, 11, 30)),
        ("on 11/11", date(2025, 11, 11)),
        ("31 dec", date(2025, 12, 31)),
        ("10 may", date(2026, 5, 10)),
        ("28 feb", date(2026, 2, 28)),
        ("29 feb", date(2024, 2, 29)),
    ],
)
def test_a_day_far_back_needs_its_year(text: str, day: date) -> None:
    with pytest.raises(YearMissingError) as caught:
        parse_date(text, TODAY)
    assert caught.value.day == day
    assert str(caught.value) == f"“{text}” was last {day}, more than half a year ago: write the year with it."


def test_how_far_back_a_day_without_year_may_lie_is_up_to_the_caller() -> None:
    assert parse_date("30 nov", TODAY, back=timedelta(days=366)) == date(2025, 11, 30)
    with pytest.raises(YearMissingError):
        parse_date("29 feb", TODAY, back=timedelta(days=366))


def test_an_impossible_date_is_named_in_the_error() -> None:
    with pytest.raises(DateTextError) as caught:
        take_date("146 on 31/2", TODAY)
    assert caught.value.text == " on 31/2".strip()


@pytest.mark.parametrize(
    ("text", "rest", "day"),
    [
        ("146 on 3 Nov", "146", THIRD),
        ("146 on 3 Nov motor 12", "146 motor 12", THIRD),
        ("on 3 Nov 146", "146", THIRD),
        ("146", "146", None),
        ("14 6 nov", "14", date(2026, 11, 6)),
        ("3 Nov 1234", "1234", THIRD),
        ("3 Nov 14", "14", THIRD),
        ("1463 nov", "1463 nov", None),
        ("kalyan 5", "kalyan 5", None),
    ],
)
def test_a_date_is_taken_out_of_a_line(text: str, rest: str, day: date | None) -> None:
    assert take_date(text, TODAY) == (rest, day)


@pytest.mark.parametrize(("text", "has"), [("146 on 31/2", True), ("tomorrow", True), ("146 on", False), ("", False)])
def test_a_date_is_noticed_whether_possible_or_not(*, text: str, has: bool) -> None:
    assert has_date(text) is has


@pytest.mark.parametrize("text", ["yesterday", "परसों", "29 feb"])
def test_the_first_days_of_the_calendar_do_not_crash(text: str) -> None:
    with pytest.raises(DateTextError):
        parse_date(text, date.min)


@given(st.dates(min_value=date(2008, 1, 1)), st.dates(min_value=date(2008, 1, 1)))
def test_a_date_without_year_is_the_latest_not_after_today_and_of_the_last_half_year(day: date, today: date) -> None:
    typed = f"{day.day}/{day.month}"
    latest = parse_date(typed, today, back=timedelta(days=9 * 366))
    assert (latest.day, latest.month) == (day.day, day.month)
    assert timedelta() <= today - latest < timedelta(days=366) or typed == "29/2"
    if today - latest <= timedelta(days=183):
        assert parse_date(typed, today) == latest
        return
    with pytest.raises(YearMissingError):
        parse_date(typed, today)


@given(st.dates(min_value=date(1, 7, 10)), st.integers(min_value=0, max_value=183))
def test_a_short_day_is_read_back(day: date, later: int) -> None:
    try:
        today = day + timedelta(days=later)
    except OverflowError:
        today = day
    assert parse_date(short_day(day), today) == day

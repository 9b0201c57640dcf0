from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.date_text import DateTextError, FutureDateError, has_date, parse_date, take_date

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
        ("11 nov", date(2025, 11, 11)),
        ("10 nov", TODAY),
        ("31 dec", date(2025, 12, 31)),
        ("1 sept", date(2026, 9, 1)),
        ("29 feb", date(2024, 2, 29)),
        ("२८ फ़रवरी", date(2026, 2, 28)),
        ("5 may", date(2026, 5, 5)),
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
    assert parse_date(form.format(day), date(2026, 12, 31)) == day


@pytest.mark.parametrize(
    "name",
    ["जनवरी", "फरवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"],
)
def test_every_month_in_hindi(name: str) -> None:
    assert parse_date(f"5 {name}", date(2026, 12, 31)).day == 5


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
def test_a_date_without_year_is_the_latest_not_after_today(day: date, today: date) -> None:
    found = parse_date(f"{day.day}/{day.month}", today)
    assert (found.day, found.month) == (day.day, day.month)
    assert found <= today
    assert today - found < timedelta(days=366) or (day.day, day.month) == (29, 2)

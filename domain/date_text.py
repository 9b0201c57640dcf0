"""Reading the dates that people type: day before month, English or Hindi, never in the future."""

import re
from datetime import date, timedelta

from domain.errors import DomainError
from domain.number_text import clean_text

LEAP_YEARS_APART = 8
CENTURY = 2000
HALF_A_YEAR = timedelta(days=183)
"""How far back a day lies at most that is typed without its year."""


class DateTextError(DomainError):
    """“{text:.40}” is not a date: write it like 3 Nov, 3/11/2026 or yesterday."""

    text: str


class FutureDateError(DateTextError):
    """{day} is in the future: a reading is of today or earlier."""

    day: date


class YearMissingError(DateTextError):
    """“{text}” was last {day}, more than half a year ago: write the year with it."""

    day: date


_MONTHS = (
    ("january", "jan", "जनवरी"),
    ("february", "feb", "फरवरी"),
    ("march", "mar", "मार्च"),
    ("april", "apr", "अप्रैल"),
    ("may", "मई"),
    ("june", "jun", "जून"),
    ("july", "jul", "जुलाई"),
    ("august", "aug", "अगस्त"),
    ("september", "sept", "sep", "सितंबर", "सितम्बर"),
    ("october", "oct", "अक्टूबर", "अक्तूबर"),
    ("november", "nov", "नवंबर", "नवम्बर"),
    ("december", "dec", "दिसंबर", "दिसम्बर"),
)
_MONTH_NUMBERS = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}
_DAYS_AGO = {
    "tomorrow": -1,
    "today": 0,
    "आज": 0,
    "aaj": 0,
    "yesterday": 1,
    "कल": 1,
    "kal": 1,
    "day before yesterday": 2,
    "परसों": 2,
    "parson": 2,
}


def _either(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_NAME = rf"(?P<name>{_either(_MONTH_NUMBERS)})\.?"
_FORMS = (
    rf"(?P<word>{_either(_DAYS_AGO)})",
    rf"{_DAY}[\s./-]*{_NAME}(?:[\s,/'-]+(?P<year>20\d\d)|[/'-](?P<short>\d\d))?",
    rf"{_NAME}\s*{_DAY}(?:[\s,]+(?P<year>20\d\d))?",
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
    r"(?P<day>\d{1,2})[/-](?P<month>\d{1,2})(?:[/-](?:(?P<year>\d{4})|(?P<short>\d\d)))?",
    r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
)
_BEFORE, _AFTER = r"(?<!\S)(?:(?:on|dated?|dt)[\s:.]*)?", r"(?:\s+को)?(?!\S)"
_PATTERNS = [re.compile(_BEFORE + form + _AFTER, re.ASCII | re.IGNORECASE) for form in _FORMS]


def parse_date(text: str, today: date, *, back: timedelta = HALF_A_YEAR) -> date:
    """Return the day a person typed: `3 Nov`, `3/11`, `3/11/2026`, `2026-11-03`, `yesterday`, `कल`.

    Without a year it is the latest such day that is not after `today`, and at most `back` before it. Raises
    DateTextError, or its FutureDateError or YearMissingError.
    """
    rest, day = take_date(text, today, back=back)
    if day is None or rest:
        raise DateTextError(text=text)
    return day


def take_date(text: str, today: date, *, back: timedelta = HALF_A_YEAR) -> tuple[str, date | None]:
    """Return `text` without the first date in it, and that date, or None; raises as `parse_date` does."""
    match = _first_date(text)
    if match is None:
        return clean_text(text), None
    rest = f"{match.string[: match.start()]} {match.string[match.end() :]}"
    return clean_text(rest), _day_of(match, today, back)


def has_date(text: str) -> bool:
    """Say whether there is a date in `text`, possible or not."""
    return _first_date(text) is not None


def short_day(day: date) -> str:
    """Write a day as `3 Nov`, which `parse_date` reads within the half year after it."""
    return f"{day.day} {_MONTHS[day.month - 1][0][:3].capitalize()}"


def _first_date(text: str) -> re.Match[str] | None:
    plain = clean_text(text).replace("\N{DEVANAGARI SIGN NUKTA}", "")
    matches = (pattern.search(plain) for pattern in _PATTERNS)
    return next((match for match in matches if match), None)


def _day_of(match: re.Match[str], today: date, back: timedelta) -> date:
    found = match.groupdict(default="")
    try:
        day = _named(found["word"], today) if "word" in found else _numbered(found, today)
    except (ValueError, OverflowError):
        raise DateTextError(text=match[0]) from None
    if day > today:
        raise FutureDateError(text=match[0], day=day)
    if today - day > back and _lacks_year(found):
        raise YearMissingError(text=match[0], day=day)
    return day


def _lacks_year(found: dict[str, str]) -> bool:
    return not (found.get("word") or found.get("year") or found.get("short"))


def _named(word: str, today: date) -> date:
    return today - timedelta(days=_DAYS_AGO[word.lower()])


def _numbered(found: dict[str, str], today: date) -> date:
    day = int(found["day"])
    month = _MONTH_NUMBERS[found["name"].lower()] if "name" in found else int(found["month"])
    if found.get("short"):
        return date(CENTURY + int(found["short"]), month, day)
    return date(int(found["year"]), month, day) if found["year"] else _latest(day, month, today)


def _latest(day: int, month: int, today: date) -> date:
    for year in range(today.year, today.year - LEAP_YEARS_APART - 1, -1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= today:
            return found
    raise ValueError

"""Months and billing periods, in whole days of the society's own calendar."""

import calendar
import re
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Self

from domain.errors import DomainError

ONE_DAY = timedelta(days=1)
MONTHS_IN_YEAR = 12

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


class MonthError(DomainError):
    """“{text:.40}” is not a month: write the year and the month, such as 2026-10."""

    text: str


class NaiveInstantError(DomainError):
    """{instant} has no time zone."""

    instant: datetime


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month; months compare in time order. Raises MonthError where no such month exists."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (MINYEAR <= self.year <= MAXYEAR and 1 <= self.month <= MONTHS_IN_YEAR):
            raise MonthError(text=str(self))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the month written as `2026-10`; raises MonthError."""
        match = _MONTH.fullmatch(text.strip())
        if match is None:
            raise MonthError(text=text)
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month that `day` lies in."""
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        """The 1st."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last day, included in the month."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def next(self) -> Self:
        """Return the month after this one."""
        return self._moved(1)

    def previous(self) -> Self:
        """Return the month before this one."""
        return self._moved(-1)

    def _moved(self, months: int) -> Self:
        years, month = divmod(self.month - 1 + months, MONTHS_IN_YEAR)
        return type(self)(self.year + years, month + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day of a billing period, both included.

    A start that was moved to a free day is a storage key and may lie after the end (billing rule 8).
    """

    start: date
    end: date

    @property
    def month(self) -> Month:
        """The bill's month, everywhere: that of the last day."""
        return Month.of(self.end)

    @property
    def months(self) -> tuple[Month, ...]:
        """Every month the period touches, oldest first; at least that of its end."""
        months = [self.month]
        while months[0] > Month.of(self.start):
            months.insert(0, months[0].previous())
        return tuple(months)

    @property
    def days(self) -> int:
        """How many days it covers; 0 where the start has passed the end."""
        return max(0, (self.end - self.start).days + 1)


def whole_month(month: Month) -> Period:
    """Return all days of a month."""
    return Period(month.first_day, month.last_day)


def billing_period(last_billed_end: date | None, reading_date: date) -> Period:
    """Return the period a reading is billed for (billing rule 6), both days included.

    It starts the day after the flat's last billed period, or where there is none, on the 1st of the reading's
    month.
    """
    start = Month.of(reading_date).first_day if last_billed_end is None else last_billed_end + ONE_DAY
    return Period(start, reading_date)


def due_date(issued_on: date, due_days: int) -> date:
    """Return the last day on which a bill can be paid in time."""
    return issued_on + timedelta(days=due_days)


@lru_cache(maxsize=256)  # one instant is asked about many times in a use case
def local_date(instant: datetime, zone: tzinfo) -> date:
    """Return the calendar day of `instant` in `zone`; raises NaiveInstantError for a time without zone."""
    if instant.utcoffset() is None:
        raise NaiveInstantError(instant=instant)
    return instant.astimezone(zone).date()

"""When a job is due: on which days of the month, from which local time on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from domain.period import ONE_DAY


@dataclass(frozen=True, slots=True)
class Timetable:
    """Due at `at`, local time, on these days of the month; a month may lack some of them. None: on every day."""

    at: time
    days: frozenset[int] | None = None

    def last_due(self, now: datetime) -> date:
        """The newest day whose time has come; `now` is local."""
        day = now.date() if now.time() >= self.at else now.date() - ONE_DAY
        while not self._includes(day):
            day -= ONE_DAY
        return day

    def next_due(self, now: datetime) -> datetime:
        """The first time after `now`, both local."""
        day = self.last_due(now) + ONE_DAY
        while not self._includes(day):
            day += ONE_DAY
        return datetime.combine(day, self.at, now.tzinfo)

    def _includes(self, day: date) -> bool:
        return self.days is None or day.day in self.days

"""Closed months, in which no bill may be inserted any more (billing rule 7)."""

from dataclasses import dataclass
from datetime import date

from domain.errors import DomainError
from domain.period import Month, Period

FIRST_LOCKED = Month(2025, 11)


class MonthLockedError(DomainError):
    """{month} is locked: no bill may end in it."""

    month: Month


@dataclass(frozen=True, slots=True)
class LockedMonths:
    """The months that are closed."""

    months: frozenset[Month] = frozenset({FIRST_LOCKED})

    def refuse_end_in(self, period: Period) -> None:
        """Raise MonthLockedError where a bill would end in a locked month; it may start in one."""
        if period.month in self.months:
            raise MonthLockedError(month=period.month)

    def touches(self, period: Period) -> bool:
        """Say whether any day of `period` lies in a locked month: a run over it is refused whole."""
        return not self.months.isdisjoint(period.months)


def can_lock(month: Month, today: date) -> bool:
    """Say whether `month` has ended: only then may an admin lock it."""
    return month < Month.of(today)

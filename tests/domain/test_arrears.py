"""How long something has been owed."""

from datetime import date

import pytest

from domain.arrears import months_overdue


@pytest.mark.parametrize(
    ("today", "months"),
    [
        (date(2026, 11, 1), 0),
        (date(2026, 11, 12), 0),
        (date(2026, 12, 11), 0),
        (date(2026, 12, 12), 1),
        (date(2027, 11, 12), 12),
        (date(2027, 12, 11), 12),
    ],
)
def test_full_months_since_the_due_day(today: date, months: int) -> None:
    assert months_overdue(date(2026, 11, 12), today) == months

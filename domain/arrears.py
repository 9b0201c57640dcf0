"""How long something has been owed, as people count it."""

from datetime import date

from domain.period import MONTHS_IN_YEAR


def months_overdue(due: date, today: date) -> int:
    """Return the full months since the due day; 0 while it is not a month ago, also before it."""
    months = (today.year - due.year) * MONTHS_IN_YEAR + today.month - due.month
    return max(0, months - (today.day < due.day))

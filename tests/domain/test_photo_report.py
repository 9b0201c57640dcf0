"""What becomes of each answer, and what the outcomes come to."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.choose_reading import Choice, Expected, Unsure
from domain.photo_report import Outcome, Report, Truth, judged, report


def read(value: str | None, *, sure: bool = True) -> Choice:
    return Choice(None if value is None else Decimal(value), sure, None if sure else Unsure.FAINT)


@pytest.mark.parametrize(
    ("reading", "choice", "outcome"),
    [
        ("1234", read("1234"), Outcome.EXACT),
        ("1234", read("1234.9"), Outcome.EXACT),
        ("1234.5", read("1234.5"), Outcome.EXACT),
        ("1234.50", read("1234.5"), Outcome.EXACT),
        ("1234.5", read("1234.5", sure=False), Outcome.EXACT_FLAGGED),
        ("1234.5", read("1234"), Outcome.WRONG),
        ("1234", read("12345", sure=False), Outcome.WRONG_FLAGGED),
        ("1234", read("1235"), Outcome.WRONG),
        ("1234", read(None, sure=False), Outcome.DECLINED),
        (None, read(None, sure=False), Outcome.RIGHTLY_DECLINED),
        (None, read("1234"), Outcome.WRONG),
        (None, read("1234", sure=False), Outcome.WRONG_FLAGGED),
    ],
)
def test_an_answer_is_judged_by_the_digits_that_were_written_down(
    reading: str | None, choice: Choice, outcome: Outcome
) -> None:
    assert judged(Truth(None if reading is None else Decimal(reading)), choice) is outcome


def test_a_previous_reading_says_where_the_register_should_stand() -> None:
    assert Truth(Decimal(5), previous=Decimal(3)).expected == Expected(Decimal(3), Decimal(3), Decimal(1003))
    assert Truth(Decimal(5)).expected is None


def test_the_outcomes_are_counted() -> None:
    told = report([*Outcome, Outcome.EXACT, Outcome.WRONG])
    assert told == Report(exact=3, exact_flagged=1, wrong=3, wrong_not_flagged=2, declined=1, rightly_declined=1)
    assert (told.photos, told.exact_share, told.wrong_not_flagged_share) == (8, Decimal("37.5"), Decimal("25.0"))
    assert report([]).exact_share == 0

"""What a line of a reply to a table says: which of its lines, a flat or meter, a number."""

from datetime import date
from decimal import Decimal

import pytest

from domain.reading_text import BadLine, LineProblem
from domain.table_text import TableLine, names_a_line, parse_table_line

TODAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("raw", "number", "target", "value"),
    [
        ("2 D3-FF", 2, "D3-FF", None),
        ("3 170", 3, None, "170"),
        ("3 d4 sf 112", 3, "D4-SF", "112"),
        ("3 112 D4-SF", 3, "D4-SF", "112"),
        ("B17-SF 112", None, "B17-SF", "112"),
        ("B17-SF", None, "B17-SF", None),
        ("19152159 1234", None, "19152159", "1234"),
        ("2 19152159", 2, "19152159", None),
        ("2 MOTOR-B 150", 2, "MOTOR-B", "150"),
        ("12 146", 12, None, "146"),
        ("146", None, None, "146"),
        ("146 units", None, None, "146"),
        ("2 146 kWh", 2, None, "146"),
        ("2. 200", 2, None, "200"),
        ("2) 200", 2, None, "200"),
        ("2:200", 2, None, "200"),
        ("2 - 200", 2, None, "200"),
        ("#2 200", 2, None, "200"),
        ("line 2 200", 2, None, "200"),
        ("२ १५०", 2, None, "150"),
        ("2 1,23,456.5", 2, None, "123456.5"),
    ],
)
def test_lines(raw: str, number: int | None, target: str | None, value: str | None) -> None:
    said = TableLine(number, target, None if value is None else Decimal(value))
    assert parse_table_line(raw, TODAY) == said
    assert names_a_line(raw, TODAY) == (number is not None)


def test_digits_alone_may_be_a_meter_or_a_register() -> None:
    assert parse_table_line("1 42136", TODAY) == TableLine(1, "42136", None, or_value=Decimal(42136))


@pytest.mark.parametrize("raw", ["2 146 motor 3", "2 146 on 1 Nov", "B17-FF 146 motor 3", "146 on 1 Nov"])
def test_a_share_or_a_date_is_seen(raw: str) -> None:
    said = parse_table_line(raw, TODAY)
    assert isinstance(said, TableLine)
    assert said.more


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("2 hm", LineProblem.NOT_A_NUMBER),
        ("hm", LineProblem.NOT_A_NUMBER),
        ("2 200 210", LineProblem.TWO_VALUES),
        ("2 200, 3 210", LineProblem.TWO_VALUES),
        ("2 D3-FF D4-FF", LineProblem.TWO_TARGETS),
        ("2 -5", LineProblem.NEGATIVE),
        ("2 1e9", LineProblem.EXPONENT),
        ("2 1.234", LineProblem.TOO_PRECISE),
        ("2 B17-FF 1,5", LineProblem.MISPLACED_COMMA),
    ],
)
def test_lines_that_say_nothing(raw: str, reason: LineProblem) -> None:
    said = parse_table_line(raw, TODAY)
    assert isinstance(said, BadLine)
    assert said.reason is reason

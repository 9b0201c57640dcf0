"""Reading what is replied to a table of numbered lines: each line of the reply mends one line of the table."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.number_text import clean_text
from domain.reading_text import (
    BadLine,
    LineProblem,
    ReadingLine,
    number_alone,
    parse_reading_message,
    refused_number,
)

_NUMBERED = re.compile(
    r"(?:LINE\s+|#)?(?P<number>\d{1,4})(?:\s*[):=]\s*|\s*[.,-]\s+|\s+)(?P<rest>\S.*)", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class TableLine:
    """What one line of a reply says: which line of the table, the flat or meter of it, its value.

    `number` is None where no line is named. Digits alone may be a meter's number: then they are the `target`, and
    `or_value` where they are none. `more`: a motor share or a date stands there too.
    """

    number: int | None
    target: str | None
    value: Decimal | None
    or_value: Decimal | None = None
    more: bool = False


def parse_table_line(raw: str, today: date) -> TableLine | BadLine:
    """Read `3 D4-SF 112`, `3 112`, `3 D4-SF` or `D4-SF 112`; a number alone is a value, never a line's number."""
    number, rest = _numbered(raw, today)
    lines, bad = parse_reading_message(rest, today)
    if lines:
        return TableLine(number, lines[0].target, lines[0].value, more=_says_more(lines[0]))
    alone = number_alone(rest, today)
    if bad[0].reason is LineProblem.NO_VALUE:
        return TableLine(number, bad[0].suggestion.partition(" ")[0], None, alone.value if alone else None)
    if bad[0].reason is not LineProblem.NO_TARGET:
        return bad[0]
    return TableLine(number, None, alone.value, more=_says_more(alone)) if alone else refused_number(rest, today)


def names_a_line(raw: str, today: date) -> bool:
    """Say whether a line of a reply begins with the number of a line of the table."""
    return _numbered(raw, today)[0] is not None


def _numbered(raw: str, today: date) -> tuple[int | None, str]:
    plain = clean_text(raw)
    found = None if number_alone(plain, today) else _NUMBERED.fullmatch(plain)
    return (int(found["number"]), found["rest"]) if found else (None, plain)


def _says_more(said: ReadingLine) -> bool:
    return said.motor_share is not None or said.on is not None

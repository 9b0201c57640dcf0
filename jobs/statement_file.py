"""What is read from a bank's statement: the money that came in, and the rows that could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A credit: `number` is its row in the sheet, `amount` rupees, more than zero."""

    number: int
    day: date
    amount: Decimal
    reference: str | None
    narration: str


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A statement; `debits` are left out, `problems` are (row, reason) of rows that could not be read."""

    sha256: bytes
    rows: tuple[StatementRow, ...]
    debits: int
    problems: tuple[tuple[int, str], ...]

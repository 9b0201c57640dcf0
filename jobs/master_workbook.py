"""What is read from a master workbook: good rows, and for every other one its row, column and reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.master_data import motors_of

if TYPE_CHECKING:
    from domain.master_data import MasterMotor, MasterRow

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_ROWS = 5_000
MAX_COLUMNS = 60


class WorkbookError(Exception):
    """A file cannot be used as a workbook at all. `str()` tells its sender why and what to send instead."""


class Severity(StrEnum):
    """An error keeps its row out; a warning lets it in and says what to look at."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong in one cell: the sheet's row number, the heading, what it says, and why, in words."""

    row: int
    column: str
    value: str
    reason: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class MasterWorkbook:
    """A master workbook as read. A row with an error is in `problems` only; these come in order of rows."""

    rows: tuple[MasterRow, ...]
    problems: tuple[RowProblem, ...]

    @property
    def errors(self) -> tuple[RowProblem, ...]:
        """What keeps rows out."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[RowProblem, ...]:
        """What is let in but should be looked at."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.WARNING)

    @property
    def bad_rows(self) -> tuple[int, ...]:
        """Numbers of the rows that are kept out, ascending."""
        return tuple(sorted({problem.row for problem in self.errors}))

    @property
    def motors(self) -> tuple[MasterMotor, ...]:
        """The water motors that the good rows name."""
        return motors_of(self.rows)

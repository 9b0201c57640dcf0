"""The master workbook in: every row either good, or named with its column and its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.gateways.workbook_checks import check_together
from jobs.gateways.workbook_file import check_file
from jobs.gateways.workbook_rows import read_row
from jobs.gateways.workbook_sheet import read_sheet
from jobs.master_workbook import MasterWorkbook

if TYPE_CHECKING:
    from pathlib import Path


def read_master(source: Path | str | bytes) -> MasterWorkbook:
    """Reads a master workbook from a path or its bytes. Blocks: call it in a thread.

    A bad row never raises; `WorkbookError` says that there is no such file, or that it is not a master workbook.
    """
    sheet = read_sheet(check_file(source))
    below = enumerate(sheet.rows[sheet.header.row :], start=sheet.header.row + 1)
    read = [read_row(number, sheet.header, values) for number, values in below]
    checked = check_together([each.row for each in read if each.row is not None], sheet.header)
    problems = [*sheet.header.problems, *(problem for each in read for problem in each.problems), *checked.problems]
    return MasterWorkbook(checked.rows, tuple(sorted(problems, key=lambda problem: problem.row)))

"""What no row shows by itself: units and meters named twice, and motors that do not fit their group."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.master_data import motor_meters, motor_of
from jobs.gateways.workbook_columns import Column
from jobs.master_workbook import RowProblem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from domain.master_data import MasterRow
    from jobs.gateways.workbook_columns import Header


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows that remain, and what was found."""

    rows: tuple[MasterRow, ...]
    problems: tuple[RowProblem, ...]


def check_together(rows: Sequence[MasterRow], header: Header) -> Checked:
    """Leaves out what contradicts another row. Of rows that contradict each other none is believed."""
    single, repeats = _without_repeats(rows, header)
    problems = [
        *_twice(single, header, Column.UNIT_ID, lambda row: row.flat_code, "unit"),
        *_twice(single, header, Column.METER, lambda row: row.meter_number, "meter number"),
        *_motors_as_meters(single, header),
        *_strays(single, header),
    ]
    bad = {problem.row for problem in problems}
    kept = tuple(row for row in single if row.row_number not in bad)
    return Checked(kept, (*repeats, *problems, *_without_motor(kept, header)))


def _problem(row: MasterRow, column: str, value: str, reason: str, severity: Severity = Severity.ERROR) -> RowProblem:
    return RowProblem(row.row_number, column, value, reason, severity)


def _without_repeats(rows: Sequence[MasterRow], header: Header) -> tuple[list[MasterRow], list[RowProblem]]:
    """A row that says the same as an earlier one was pasted twice; the first stands."""
    first: dict[MasterRow, MasterRow] = {}
    problems: list[RowProblem] = []
    for row in rows:
        earlier = first.setdefault(replace(row, row_number=0), row)
        if earlier is not row:
            reason = f"This row repeats row {earlier.row_number}; it is left out."
            problems.append(_problem(row, header.label(Column.UNIT_ID), row.unit_id, reason, Severity.WARNING))
    return list(first.values()), problems


def _twice(
    rows: Sequence[MasterRow], header: Header, column: Column, key: Callable[[MasterRow], str], what: str
) -> list[RowProblem]:
    """Every one of several rows with the same key, each naming the others."""
    groups: defaultdict[str, list[MasterRow]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return [
        _problem(row, header.label(column), key(row), f"This {what} is also in {_others(row, group)}.")
        for group in groups.values()
        if len(group) > 1
        for row in group
    ]


def _others(row: MasterRow, group: Sequence[MasterRow]) -> str:
    return ", ".join(f"row {other.row_number} ({other.unit_id})" for other in group if other is not row)


def _motors_as_meters(rows: Sequence[MasterRow], header: Header) -> list[RowProblem]:
    """A flat's own meter cannot be that of a motor."""
    motors = {row.motor_meter_number for row in rows}
    return [
        _problem(row, header.label(Column.METER), row.meter_number, "This is also the meter number of a water motor.")
        for row in rows
        if row.meter_number in motors
    ]


def _strays(rows: Sequence[MasterRow], header: Header) -> list[RowProblem]:
    """A flat with another motor than the rest of its group would pay for other people's water."""
    usual = motor_meters(rows)
    owners = {number: motor for motor, number in usual.items()}
    problems: list[RowProblem] = []
    for row in rows:
        motor, number = motor_of(row.flat_code), row.motor_meter_number
        if motor is None or number is None or usual.get(motor) == number:
            continue
        rightful = owners.get(number)
        reason = f"This is the meter of {rightful}." if rightful else "This is no motor's number."
        if motor in usual:
            reason = f"{reason} The other flats of {motor} have {usual[motor]}."
        problems.append(_problem(row, header.label(Column.MOTOR), number, reason))
    return problems


def _without_motor(rows: Sequence[MasterRow], header: Header) -> list[RowProblem]:
    usual = motor_meters(rows)
    return [
        _problem(
            row,
            header.label(Column.MOTOR),
            "",
            f"No water motor, but other flats of {motor} have {usual[motor]}; this flat pays no share.",
            Severity.WARNING,
        )
        for row in rows
        if (motor := motor_of(row.flat_code)) is not None and motor in usual and row.motor_meter_number is None
    ]

"""The master workbook into the database: first what would change, then the same, done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from jobs.master_workbook import RowProblem
from jobs.people import owner_number_changed
from jobs.phones import normalise_phone
from jobs.trail import write_down
from storage import flat_changes, master_data, tariffs
from storage.master_data import Known
from storage.tariffs import NewTariff

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from domain.master_data import MasterRow
    from jobs.master_workbook import MasterWorkbook
    from jobs.work import Work


class Field(StrEnum):
    """What a change is about."""

    UNIT = "unit"
    OWNER = "owner"
    PHONE = "phone"
    EMAIL = "email"
    METER = "meter"
    MOTOR = "motor"
    RATE = "rate"
    FIXED_CHARGE = "fixed charge"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the workbook makes different on a flat; texts as stored, None where there was nothing."""

    flat_code: str
    field: Field
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import does: `changes` are made; `kept` differ but stay (the office changes them in /flat)."""

    rows: int
    new_flats: tuple[str, ...]
    changes: tuple[Change, ...]
    kept: tuple[Change, ...]
    problems: tuple[RowProblem, ...]
    valid_from: date


async def plan_import(work: Work, workbook: MasterWorkbook, valid_from: date | None = None) -> ImportPlan:
    """What importing would change, without changing anything. New prices count from `valid_from`, by default today.

    A flat's first prices count from the beginning. An owner or a meter that differs is never replaced by an import.
    """
    day = valid_from or work.today
    rows, taken = await _importable(work, workbook)
    stored = await master_data.known(work.conn, [row.flat_code for row in rows], day)
    pairs = [(row, stored[row.flat_code]) for row in rows]
    motors = {code: motor.name for motor in workbook.motors for code in motor.flat_codes}
    return ImportPlan(
        rows=len(rows),
        new_flats=tuple(row.flat_code for row, before in pairs if before.flat_id is None),
        changes=tuple(change for row, before in pairs for change in _changes(row, before, motors.get(row.flat_code))),
        kept=tuple(change for row, before in pairs for change in _kept(row, before)),
        problems=(*workbook.problems, *taken),
        valid_from=day,
    )


async def import_master(
    work: Work, workbook: MasterWorkbook, source: str, valid_from: date | None = None
) -> ImportPlan:
    """Import the good rows and return what was changed; doing it again changes nothing."""
    await flat_changes.hold_meter_numbers(work.conn)
    plan = await plan_import(work, workbook, valid_from)
    rows, _ = await _importable(work, workbook)
    stored = await master_data.known(work.conn, [row.flat_code for row in rows], plan.valid_from)
    await master_data.save_flats(work.conn, rows)
    await master_data.add_meters(work.conn, rows)
    for motor in workbook.motors:
        await master_data.save_motor(work.conn, motor)
    for row in rows:
        await _owner(work, row, stored[row.flat_code])
    await _tariffs(work, rows, stored, source, plan.valid_from)
    await _record(work, plan, source)
    return plan


async def _importable(work: Work, workbook: MasterWorkbook) -> tuple[list[MasterRow], list[RowProblem]]:
    """The good rows, without those whose meter number belongs to another flat or to a motor in the database."""
    elsewhere = await master_data.numbers_elsewhere(work.conn, workbook.rows)
    taken = [
        RowProblem(
            row.row_number, "Meter No.", row.meter_number, f"is the meter of {elsewhere[row.meter_number]} already"
        )
        for row in workbook.rows
        if row.meter_number in elsewhere
    ]
    return [row for row in workbook.rows if row.meter_number not in elsewhere], taken


def _changes(row: MasterRow, before: Known, motor: str | None) -> Iterator[Change]:
    candidates = [
        (Field.UNIT, before.unit_id, row.unit_id),
        (Field.OWNER, before.owner_name, row.owner_name if before.owner_id is None else None),
        (Field.PHONE, before.phone, _new_phone(row, before)),
        (Field.EMAIL, before.email, row.email if _same_owner(row, before) else None),
        (Field.METER, before.meter_number, row.meter_number if before.meter_number is None else None),
        (Field.MOTOR, before.motor, motor),
    ]
    told = [Change(row.flat_code, field, old, new) for field, old, new in candidates if new is not None]
    yield from (change for change in (*told, *_prices(row, before)) if change.before != change.after)


def _prices(row: MasterRow, before: Known) -> Iterator[Change]:
    """An empty cell counts: from then on the flat is default-priced (billing rule 2)."""
    yield Change(row.flat_code, Field.RATE, _text(before.rate_per_unit), _text(row.rate_per_unit))
    yield Change(row.flat_code, Field.FIXED_CHARGE, _text(before.fixed_charge), _text(row.fixed_charge))


def _kept(row: MasterRow, before: Known) -> Iterator[Change]:
    if before.owner_id is not None and row.owner_name and not _same_owner(row, before):
        yield Change(row.flat_code, Field.OWNER, before.owner_name, row.owner_name)
    if before.meter_number is not None and before.meter_number != row.meter_number:
        yield Change(row.flat_code, Field.METER, before.meter_number, row.meter_number)


def _same_owner(row: MasterRow, before: Known) -> bool:
    """Whether the workbook speaks of the owner on record: then number and address follow it."""
    same = (row.owner_name or "").casefold() == (before.owner_name or "").casefold()
    return before.owner_id is None or same


def _new_phone(row: MasterRow, before: Known) -> str | None:
    """The workbook's number where it says another one, however the stored one was typed."""
    if not _same_owner(row, before) or row.phone == normalise_phone(before.phone):
        return None
    return row.phone


def _text(amount: object) -> str | None:
    return None if amount is None else f"{amount:.2f}"


async def _owner(work: Work, row: MasterRow, before: Known) -> None:
    if before.owner_id is None:
        if row.owner_name:
            await master_data.add_owner(work.conn, row)
    elif _same_owner(row, before):
        number = _new_phone(row, before)
        await master_data.update_owner(work.conn, before.owner_id, number, row.email)
        await owner_number_changed(work, before.owner_id, before.owner_name or "", before.phone, number)


async def _tariffs(
    work: Work, rows: Sequence[MasterRow], stored: dict[str, Known], source: str, valid_from: date
) -> None:
    """A dated row for each flat whose prices differ from those in force; empty cells are stored as such."""
    flat_ids = await master_data.known(work.conn, [row.flat_code for row in rows], valid_from)
    for row in rows:
        before, flat_id = stored[row.flat_code], flat_ids[row.flat_code].flat_id
        same = (before.rate_per_unit, before.fixed_charge) == (row.rate_per_unit, row.fixed_charge)
        if flat_id is not None and not (before.has_tariff and same):
            new = NewTariff(flat_id, row.rate_per_unit, row.fixed_charge, valid_from, source, work.actor.person_id)
            await tariffs.insert_tariff(work.conn, new)


async def _record(work: Work, plan: ImportPlan, source: str) -> None:
    changes = [[change.flat_code, change.field, change.before, change.after] for change in plan.changes]
    await write_down(
        work,
        "master_data.imported",
        "workbook",
        source,
        after={"rows": plan.rows, "new_flats": list(plan.new_flats), "changes": changes},
    )

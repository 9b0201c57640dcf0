"""A motor's own reading before its group is billed: how its units would be split, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.identifiers import walking_order
from domain.metering import ReadingMode, billable_units
from domain.money import ZERO
from domain.period import Month
from jobs.draft_bill import Draft, Obstacle, drafts
from jobs.motor_groups import Group, groups_of_motors
from storage import locks, motor_groups, readings
from storage.readings import ReadingState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from decimal import Decimal

    from domain.locks import LockedMonths
    from jobs.work import Work
    from storage.readings import Reading

_UNDECIDED = (ReadingState.PENDING, ReadingState.APPROVED)


@dataclass(frozen=True, slots=True)
class MotorDraft:
    """A motor's reading with its group; `units` is empty for a register's first reading.

    `group` is none where the motor serves no flat with a meter. Where another reading of the month is what counts
    (MOTOR_TWICE), it is that one's group. `bills` are those that the motor's approval brings, where it was looked at.
    """

    reading: Reading
    units: Decimal | None
    group: Group | None
    obstacle: Obstacle | None
    bills: tuple[Draft, ...] = ()

    @property
    def month(self) -> Month:
        """The month whose bills it belongs to."""
        return Month.of(self.reading.date)

    @property
    def total(self) -> Decimal:
        """Rupees of `bills`: a motor has none of its own."""
        return total_of(self.bills)


def total_of(bills: Sequence[Draft]) -> Decimal:
    """Rupees of these bills."""
    return sum((one.total for one in bills), start=ZERO)


async def motor_drafts(work: Work, chosen: Sequence[Reading], decided: Collection[int] = ()) -> list[MotorDraft]:
    """How these motor readings' units would be split, each by itself; `decided` are readings that count as approved."""
    groups = await groups_of_motors(work, [one.id for one in chosen])
    locked = await locks.locked_months(work.conn)
    passed = await motor_groups.passed_over(work.conn, [one.id for one in chosen])
    return [_draft(work, one, groups.get(one.id), locked, decided, passed) for one in chosen]


async def group_bills(work: Work, group: Group, *, without_motor: bool = False) -> tuple[Draft, ...]:
    """The bills of a group's approved flats if they were issued now, by flat: with their shares as they stand, or none.

    Flats that something else keeps from being billed are left out.
    """
    ids = [one.reading_id for one in group.to_issue if one.reading_id is not None]
    left_out = group.reading_id if without_motor else None
    found = await drafts(work, await readings.get_many(work.conn, ids), left_out=left_out) if ids else []
    free = [one for one in found if one.obstacle in {None, Obstacle.WAITING_FOR_MOTOR}]
    return tuple(sorted(free, key=lambda one: walking_order(one.flat.code)))


def _draft(  # noqa: PLR0917 - all that a motor's part depends on
    work: Work,
    reading: Reading,
    group: Group | None,
    locked: LockedMonths,
    decided: Collection[int],
    passed: Collection[int],
) -> MotorDraft:
    before = reading.previous.value if reading.previous else None
    used = billable_units(work.society.reading_mode, reading.value, before, reading.course)
    shown = group.with_decided({*decided, reading.id}) if group and reading.state in _UNDECIDED else group
    found = {
        Obstacle.BILLED: reading.state not in _UNDECIDED,
        Obstacle.NO_BASELINE: used is None,
        Obstacle.OUT_OF_ORDER: _out_of_order(work, reading, passed),
        Obstacle.BACKWARDS: used is not None and used < 0,
        Obstacle.LOCKED: Month.of(reading.date) in locked.months,
        Obstacle.MOTOR_TWICE: group is not None and group.reading_id != reading.id,
        Obstacle.WAITING_FOR_MOTOR: shown is not None and shown.waits,
    }
    return MotorDraft(reading, used, shown, next((obstacle for obstacle, there in found.items() if there), None))


def _out_of_order(work: Work, reading: Reading, passed: Collection[int]) -> bool:
    """A register's units run from the reading before: that one comes first, and none after it has these units yet."""
    if work.society.reading_mode is not ReadingMode.REGISTER:
        return False
    before = reading.previous
    return reading.id in passed or (before is not None and before.state in _UNDECIDED)

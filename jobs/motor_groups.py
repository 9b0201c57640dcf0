"""Flats that share a motor: what each gets of its units, what the group still waits for, and settling it for good.

Billing rule 10. While a group is open its shares are worked out anew at every look; `close` keeps them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.metering import ReadingMode, billable_units, estimated_units
from domain.motor_share import apportion
from domain.period import Month
from domain.provisional import provisional_units
from domain.roles import Role
from domain.units import NO_UNITS, units
from jobs import notify
from jobs.trail import write_down
from storage import motor_groups, readings
from storage.motor_groups import MotorReading, ServedFlat, Share
from storage.readings import ReadingState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from decimal import Decimal

    from jobs.work import Work


class Stand(StrEnum):
    """How far a flat of a group is in the month."""

    BILLED = "billed"
    APPROVED = "approved"
    UNDOABLE = "undoable"
    PENDING = "pending"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Member:
    """A flat of a group. `units` are its own, as its bill counts them, and `share` is its part of the motor's.

    `estimated`: nobody read it. `entered`: the share was entered with the reading and stands. `bill_id` is a bill of
    the month without the share; `noted`: a debit note brought the share to the account.
    """

    flat_id: int
    code: str
    stand: Stand
    units: Decimal
    share: Decimal
    entered: bool
    reading_id: int | None = None
    bill_id: int | None = None
    estimated: bool = False
    noted: bool = False

    @property
    def is_ready(self) -> bool:
        """Nothing has to be decided about it any more."""
        return self.stand in {Stand.BILLED, Stand.APPROVED}


@dataclass(frozen=True, slots=True)
class Group:
    """A motor's flats in a month in which the motor was read; members by code.

    `state` and `units` are those of the motor's reading. `closed`: its shares are settled and do not change any more.
    """

    motor_id: int
    motor: str
    month: Month
    reading_id: int
    state: ReadingState
    units: Decimal
    members: tuple[Member, ...]
    closed: bool = False

    @property
    def lacking(self) -> tuple[Member, ...]:
        """Flats that are neither approved nor billed."""
        return tuple(one for one in self.members if not one.is_ready)

    @property
    def unread(self) -> tuple[Member, ...]:
        """Flats nobody read: they count with an estimate."""
        return tuple(one for one in self.lacking if one.stand is Stand.UNREAD)

    @property
    def to_issue(self) -> tuple[Member, ...]:
        """Flats that are approved and wait for their bill."""
        return tuple(one for one in self.members if one.stand is Stand.APPROVED)

    @property
    def is_motor_ready(self) -> bool:
        """The motor's own reading is approved."""
        return self.state in {ReadingState.APPROVED, ReadingState.BILLED}

    @property
    def waits(self) -> bool:
        """Its flats are not billed yet: something of it still has to be read or approved."""
        return not self.closed and (not self.is_motor_ready or bool(self.lacking))

    @property
    def shared(self) -> Decimal:
        """Units of all shares together: the motor's, unless more was entered or nobody is left to take the rest."""
        return sum((one.share for one in self.members), start=NO_UNITS)

    def member(self, flat_id: int) -> Member | None:
        """The flat in this group."""
        return next((one for one in self.members if one.flat_id == flat_id), None)

    def with_approved(self, flat_id: int, reading_id: int, used: Decimal, entered: Decimal | None) -> Group:
        """The group as it would be with this reading of one of its flats approved."""
        if self.closed:
            return self
        as_approved = [
            replace(
                one,
                stand=Stand.APPROVED,
                units=used,
                share=NO_UNITS if entered is None else entered,
                entered=entered is not None,
                reading_id=reading_id,
                estimated=False,
            )
            if one.flat_id == flat_id and one.stand is not Stand.BILLED
            else one
            for one in self.members
        ]
        return replace(self, members=_shared(self.units, as_approved))

    def with_decided(self, reading_ids: Collection[int]) -> Group:
        """The group as it would be with these readings, the motor's too, approved."""
        members = [
            replace(one, stand=Stand.APPROVED) if one.reading_id in reading_ids and not one.is_ready else one
            for one in self.members
        ]
        approved = self.reading_id in reading_ids and self.state is ReadingState.PENDING
        return replace(self, members=tuple(members), state=ReadingState.APPROVED if approved else self.state)


FlatMonth = tuple[int, Month]
"""A flat's id and a month."""


async def groups_of(work: Work, wanted: Collection[FlatMonth]) -> dict[FlatMonth, Group]:
    """The group of each flat in each month whose motor was read then; flats without such a motor are left out.

    To be acted on only while the group's flats are held.
    """
    flat_ids, months = [flat for flat, _ in wanted], [month.first_day for _, month in wanted]
    motors = await motor_groups.motor_of(work.conn, flat_ids)
    settled = await motor_groups.shared_by(work.conn, flat_ids, months)
    keys = {(motors[flat], month.first_day) for flat, month in wanted if flat in motors}
    found = await _load(work, keys | {*(await motor_groups.months_of(work.conn, {*settled.values()})).values()})
    by_reading = {one.reading_id: one for one in found.values()}
    groups: dict[FlatMonth, Group] = {}
    for flat, month in wanted:
        reading_id = settled.get((flat, month.first_day))
        group = found.get((motors.get(flat, 0), month.first_day)) if reading_id is None else by_reading.get(reading_id)
        if group is not None and group.member(flat) is not None:
            groups[flat, month] = group
    return groups


async def groups_of_motors(work: Work, reading_ids: Collection[int]) -> dict[int, Group]:
    """By id of a motor's reading the motor's group in that month; another reading of the month may be what counts."""
    months = await motor_groups.months_of(work.conn, reading_ids)
    found = await _load(work, {*months.values()})
    return {reading_id: found[key] for reading_id, key in months.items() if key in found}


async def waiting(work: Work, month: Month | None = None) -> list[Group]:
    """The groups whose flats are not billed because something still has to be read or approved; in one month or all."""
    keys = await motor_groups.motors_read(work.conn)
    found = await _load(work, [key for key in keys if month is None or key[1] == month.first_day])
    return [found[key] for key in keys if key in found and found[key].waits]


async def complete_groups(work: Work, reading_ids: Collection[int]) -> list[Group]:
    """The groups of these readings, of flats or motors, that lack nothing and are not settled yet; flats are held."""
    chosen = await readings.get_many(work.conn, list(reading_ids))
    by_flat = await groups_of(work, {(one.meter.flat_id, Month.of(one.date)) for one in chosen if one.meter.flat_id})
    of_motors = await groups_of_motors(work, reading_ids)
    found = {one.reading_id: one for one in (*by_flat.values(), *of_motors.values())}
    return [group for group in found.values() if not group.closed and not group.waits]


async def _load(work: Work, keys: Collection[motor_groups.MotorMonth]) -> dict[motor_groups.MotorMonth, Group]:
    read = await motor_groups.motor_readings(work.conn, keys) if keys else {}
    used = {key: _motor_units(work, one) for key, one in read.items()}
    open_ = [key for key, one in read.items() if not one.shared and used[key] is not None]
    flats: Mapping[motor_groups.MotorMonth, list[ServedFlat]] = defaultdict(list)
    for flat in await motor_groups.served_flats(work.conn, open_) if open_ else []:
        flats[flat.motor_id, flat.month].append(flat)
    settled: Mapping[int, list[Share]] = defaultdict(list)
    closed = [one.reading_id for one in read.values() if one.shared]
    for share in await motor_groups.shares_of(work.conn, closed) if closed else []:
        settled[share.motor_reading_id].append(share)
    return {
        key: _group(work, one, used[key] or NO_UNITS, flats[key], settled[one.reading_id])
        for key, one in read.items()
        if flats[key] or settled[one.reading_id]
    }


def _motor_units(work: Work, one: MotorReading) -> Decimal | None:
    """The motor's units of the month; empty for a register's first reading: there is nothing to split."""
    return billable_units(work.society.reading_mode, one.value, one.previous, one.course)


def _group(
    work: Work, one: MotorReading, used: Decimal, flats: Sequence[ServedFlat], settled: Sequence[Share]
) -> Group:
    members = tuple(map(_settled, settled)) if one.shared else _shared(used, [_member(work, flat) for flat in flats])
    month = Month.of(one.month)
    return Group(one.motor_id, one.motor, month, one.reading_id, one.state, used, members, closed=one.shared)


def _member(work: Work, flat: ServedFlat) -> Member:
    """The flat with its own units, and its share where one was entered."""
    if flat.bill_id is not None:
        stand, used, entered = Stand.BILLED, units(flat.billed_units or NO_UNITS), flat.billed_entered
    elif flat.state is None or flat.value is None:
        stand, used, entered = Stand.UNREAD, _estimate(work, flat), None
    else:
        approved = Stand.UNDOABLE if flat.undoable else Stand.APPROVED
        stand = approved if flat.state is ReadingState.APPROVED else Stand.PENDING
        used, entered = _own_units(work, flat, flat.value), flat.entered
    return Member(
        flat.flat_id,
        flat.code,
        stand,
        used,
        NO_UNITS if entered is None else units(entered),
        entered is not None,
        reading_id=flat.reading_id,
        bill_id=flat.bill_id,
        estimated=stand is Stand.UNREAD or flat.provisional,
    )


def _own_units(work: Work, flat: ServedFlat, value: Decimal) -> Decimal:
    """What its bill will count: of a register without the units that provisional bills charged for already."""
    read = billable_units(work.society.reading_mode, value, flat.previous, flat.course) or NO_UNITS
    ahead = flat.billed_ahead if work.society.reading_mode is ReadingMode.REGISTER else NO_UNITS
    return max(NO_UNITS, units(read - ahead))


def _estimate(work: Work, flat: ServedFlat) -> Decimal:
    """What an unread flat counts with: the average of its last three readings, of a register for each month."""
    if work.society.reading_mode is ReadingMode.REGISTER:
        return provisional_units([(day, used) for day, _, used in flat.past]) or NO_UNITS
    return estimated_units([value for _, value, _ in reversed(flat.past)])


def _shared(motor_units: Decimal, members: Sequence[Member]) -> tuple[Member, ...]:
    """The members with their shares: those entered stand, the rest is split by use."""
    entered = {one.code: one.share for one in members if one.entered}
    shares = apportion(max(NO_UNITS, motor_units), entered, {one.code: one.units for one in members})
    return tuple(replace(one, share=shares[one.code]) for one in members)


def _settled(share: Share) -> Member:
    """A share that is kept."""
    return Member(
        share.flat_id,
        share.flat_code,
        Stand.APPROVED if share.bill_id is None else Stand.BILLED,
        share.flat_units,
        share.share,
        share.entered,
        bill_id=share.bill_id,
        estimated=share.estimated,
        noted=share.entry_id is not None,
    )


async def close(work: Work, group: Group) -> Group:
    """Settle the shares as they are now, for the bills about to be issued; the group's flats are held."""
    if group.closed:
        return group
    shares = [
        Share(
            group.reading_id,
            one.flat_id,
            one.code,
            group.month.first_day,
            one.units,
            one.share,
            one.entered,
            one.estimated,
            one.bill_id,
        )
        for one in group.members
    ]
    await motor_groups.store_shares(work.conn, shares)
    await readings.set_state(work.conn, group.reading_id, ReadingState.BILLED)
    await _record(work, group)
    if await motor_groups.owed_shares(work.conn, group.reading_id, work.today):
        await notify.enqueue_for_role(work, Role.ADMIN, "motor_shares_owed", "reading", group.reading_id)
    return replace(group, closed=True, state=ReadingState.BILLED)


async def _record(work: Work, group: Group) -> None:
    await write_down(
        work,
        "motor.shared",
        "reading",
        str(group.reading_id),
        after={
            "motor": group.motor,
            "month": str(group.month),
            "units": group.units,
            "shares": {one.code: one.share for one in group.members},
            "estimated": [one.code for one in group.members if one.estimated],
        },
    )

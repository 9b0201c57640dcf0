"""An admin's word on a motor group that waits: bill it now, leave its motor out, or bill what waits for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs import pending
from jobs.approve_reading import is_doubtful, look
from jobs.check_photos import checks
from jobs.draft_motor import group_bills, total_of
from jobs.issue_bill import Issued, hold_flats_of, issue, issue_group, tell_issued
from jobs.motor_groups import Stand, complete_groups, groups_of_motors
from jobs.second_look import judged
from jobs.trail import record_reading
from storage import readings
from storage.readings import ReadingState

if TYPE_CHECKING:
    from decimal import Decimal

    from jobs.approve_reading import AnyPreview
    from jobs.motor_groups import Group, Member
    from jobs.work import Work

Fingerprint = list[list[str]]
"""What a button showed of a group: each flat with how far it is and its units, the motor's own units first."""


@dataclass(frozen=True, slots=True)
class GroupBilled:
    """The bills that were issued of this `motor`, and how its units were split; without `group` they were not."""

    issued: tuple[Issued, ...]
    motor: str = ""
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """Something of the group is different from what the button showed: nothing was done."""

    preview: AnyPreview


@dataclass(frozen=True, slots=True)
class Doubts:
    """Flats of a group whose readings wait for a decision: `absurd` ones keep it from being billed, `unusual` not.

    Of `contradicted` flats, approved or not, the photo says something else; of `looked_at` ones it may yet.
    """

    absurd: tuple[Member, ...] = ()
    unusual: tuple[Member, ...] = ()
    contradicted: tuple[Member, ...] = ()
    looked_at: tuple[Member, ...] = ()


NO_DOUBTS = Doubts()


@dataclass(frozen=True, slots=True)
class GroupInDoubt:
    """What was read at some flats is absurd and has to be decided first: nothing was done."""

    preview: AnyPreview
    absurd: tuple[Member, ...]


def fingerprint(group: Group) -> Fingerprint:
    """What "bill now" binds: anything that would change a share changes it."""
    flats = [[one.code, one.stand.value, str(one.units), str(one.share)] for one in group.members]
    return [[group.motor, group.state.value, str(group.units)], *flats]


async def doubts(work: Work, group: Group) -> Doubts:
    """What is strange about the flats of the group that were read and not approved, and about photos of unbilled ones.

    A photo may have come to speak against what was approved before.
    """
    unbilled = {one.reading_id: one for one in group.members if one.stand is not Stand.BILLED and one.reading_id}
    found = await judged(work, await readings.get_many(work.conn, list(unbilled)))
    seen = await checks(work, found)
    undecided = [one for one in found if unbilled[one.id].stand is Stand.PENDING]
    absurd = [one.id for one in undecided if await is_doubtful(work, one)]
    return Doubts(
        absurd=tuple(unbilled[one] for one in absurd),
        unusual=tuple(unbilled[one.id] for one in undecided if one.flags and one.id not in absurd),
        contradicted=tuple(unbilled[one] for one, check in seen.items() if check.held),
        looked_at=tuple(unbilled[one] for one, check in seen.items() if check.waits and not check.held),
    )


async def bill_now(
    work: Work, motor_reading_id: int, shown: Fingerprint, total: Decimal | None = None
) -> GroupBilled | GroupChanged | GroupInDoubt:
    """Bill the group's approved flats though others are not: unread ones count with their estimate.

    A flat read but not approved counts with what was sent, unless that is absurd. Both get their share with their bill
    later. `total` is rupees of the bills where they were shown: they have to be true still.
    """
    await hold_flats_of(work, [motor_reading_id])
    group = (await groups_of_motors(work, [motor_reading_id])).get(motor_reading_id)
    ready = group is not None and group.reading_id == motor_reading_id and group.is_motor_ready and not group.closed
    if group is None or not ready or fingerprint(group) != [list(line) for line in shown]:
        return GroupChanged(await look(work, motor_reading_id))
    if total is not None and total_of(await group_bills(work, group)) != total:
        return GroupChanged(await look(work, motor_reading_id))
    if absurd := (await doubts(work, group)).absurd:
        return GroupInDoubt(await look(work, motor_reading_id), absurd)
    issued = await issue_group(work, group)
    await tell_issued(work, motor_reading_id, issued)
    await pending.queue_changed(work, arrived=False)
    return GroupBilled(tuple(issued), group.motor, group)


async def leave_out(
    work: Work, motor_reading_id: int, version: int, total: Decimal | None = None
) -> GroupBilled | GroupChanged:
    """Take a motor's reading that is not approved out of its month, and bill the flats that waited only for it.

    `total` is rupees of these bills where they were shown.
    """
    await hold_flats_of(work, [motor_reading_id])
    reading = await readings.get(work.conn, motor_reading_id, for_update=True)
    if reading.version != version or reading.state not in {ReadingState.PENDING, ReadingState.RETURNED}:
        return GroupChanged(await look(work, motor_reading_id))
    group = (await groups_of_motors(work, [motor_reading_id])).get(motor_reading_id)
    if total is not None and group and total_of(await group_bills(work, group, without_motor=True)) != total:
        return GroupChanged(await look(work, motor_reading_id))
    waited = [one.reading_id for one in group.to_issue if one.reading_id is not None] if group else []
    by = work.actor.person_id
    await readings.set_state(work.conn, motor_reading_id, ReadingState.WITHDRAWN, by=by, at=work.now)
    after = await readings.get(work.conn, motor_reading_id)
    await record_reading(work, "reading.left_out", reading, after)
    issued = await _issue_each(work, waited)
    await tell_issued(work, motor_reading_id, issued)
    await pending.queue_changed(work, arrived=False)
    return GroupBilled(tuple(issued), reading.flat_code)


async def bill_ready(work: Work, reading_ids: list[int]) -> GroupBilled:
    """Issue the bills of approved readings that wait for nothing any more, those of their groups with them."""
    await hold_flats_of(work, reading_ids)
    together = [one for group in await complete_groups(work, reading_ids) for one in await issue_group(work, group)]
    done = {one.draft.reading.id for one in together}
    rest = await _issue_each(work, [one for one in reading_ids if one not in done])
    await tell_issued(work, min(reading_ids, default=0), [*together, *rest])
    await pending.queue_changed(work, arrived=False)
    return GroupBilled((*together, *rest))


async def _issue_each(work: Work, reading_ids: list[int]) -> list[Issued]:
    approved = {one.id for one in await readings.approved(work.conn)}
    outcomes = [await issue(work, one, bulk=True) for one in reading_ids if one in approved]
    return [one for one in outcomes if isinstance(one, Issued)]

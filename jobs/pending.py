"""The admins' queue: what waits for a decision, which of it is normal, and telling the admins that it changed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from domain.billing import may_approve
from domain.identifiers import walking_order
from domain.period import Month
from domain.photo_checks import NO_PHOTO
from domain.units import NO_UNITS
from jobs import internal, notify
from jobs.check_photos import checks
from jobs.draft_bill import Draft, Obstacle, drafts
from jobs.draft_motor import MotorDraft, motor_drafts, total_of
from jobs.motor_groups import Group, waiting
from jobs.progress import progress
from jobs.second_look import judged
from storage import meter_replacements, readings, review

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from decimal import Decimal

    from domain.photo_checks import Check
    from jobs.work import Work
    from storage.cant_read import CantRead
    from storage.readings import Reading
    from storage.review import Watcher

SETTLING = timedelta(seconds=1)
"""A burst of readings is one change of the queue, told when it has settled."""
PATIENCE = timedelta(minutes=15)
"""A queue card far up in the chat is followed by a new one at most this often."""
INBOX = "inbox:"
"""Names of the cards that show the whole queue begin like this."""
TASK = "queue.tell_again"


AnyDraft = Draft | MotorDraft


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for a decision as the actor sees it.

    `normal` can be approved in one press, drafted as all of them approved; `review` has to be looked at one by one.
    `following` are bills of flats approved before, that come with the normal ones: these are the last of their groups.
    `groups` wait for the last of their flats or for their motor; `ready` are approved and wait for nothing any more.
    `unread` of `meters`, motors' too, is what the month still lacks. `as_of` is when this was true. `checks` is what
    their photos say, by reading. `in_vain` are those of the unread meters that could not be read. `new_meters` are
    requests to replace a meter: their ids, and of which flat or motor.
    """

    as_of: datetime
    month: Month
    normal: tuple[AnyDraft, ...]
    review: tuple[AnyDraft, ...]
    meters: int
    unread: int
    following: tuple[Draft, ...] = ()
    groups: tuple[Group, ...] = ()
    ready: tuple[Draft, ...] = ()
    checks: Mapping[int, Check] = field(default_factory=dict)
    in_vain: tuple[CantRead, ...] = ()
    new_meters: tuple[tuple[int, str], ...] = ()

    @property
    def waiting(self) -> int:
        """How many readings wait in all."""
        return len(self.normal) + len(self.review)

    @property
    def without_photo(self) -> int:
        """How many of those that wait have no photo."""
        return sum(not one.reading.has_photo for one in (*self.normal, *self.review))

    @property
    def unreadable(self) -> int:
        """How many of them have a photo that does not show the reading."""
        return sum(one.is_unreadable for one in self.checks.values())

    @property
    def looked_at(self) -> int:
        """How many of them are to be looked at one by one because a reader has not done with their photo yet."""
        return sum(one.waits for one in self.checks.values())

    @property
    def unlooked(self) -> int:
        """How many of them have a photo nobody has looked at, which is not waited for any more."""
        return sum(one.unlooked for one in self.checks.values())

    @property
    def normal_unlooked(self) -> int:
        """How many of the normal ones have."""
        return sum(self.checks.get(one.reading.id, NO_PHOTO).unlooked for one in self.normal)

    @property
    def bills(self) -> tuple[Draft, ...]:
        """What is issued when the normal ones are approved."""
        return (*billed(self.normal), *self.following)

    @property
    def normal_units(self) -> Decimal:
        """Units of these bills, motor shares included."""
        return sum((one.amounts.total_units for one in self.bills if one.amounts), start=NO_UNITS)

    @property
    def normal_total(self) -> Decimal:
        """Rupees of these bills."""
        return total_of(self.bills)

    @property
    def without_share(self) -> tuple[Draft, ...]:
        """Those of these bills that lack the share of a motor nobody has read yet."""
        return tuple(one for one in self.bills if one.unread_motor)

    @property
    def whole(self) -> Queue:
        """The same without those whose motor is not read: they stay where they are."""
        lacking = {one.reading.id for one in self.without_share}
        return replace(self, normal=tuple(one for one in self.normal if one.reading.id not in lacking))

    @property
    def normal_waiting(self) -> int:
        """How many of the normal flats are billed later, with their motor group."""
        return sum(one.obstacle is Obstacle.WAITING_FOR_MOTOR for one in self.normal if isinstance(one, Draft))


def billed(chosen: Sequence[AnyDraft]) -> list[Draft]:
    """Those of flats that are billed with their approval: nothing stands in the way."""
    return [one for one in chosen if isinstance(one, Draft) and one.obstacle is None]


async def queue(work: Work) -> Queue:
    """The queue in walking order."""
    found = await drafts_of(work, await judged(work, await readings.pending(work.conn)))
    seen = await checks(work, [one.reading for one in found])
    calm = [one.reading for one in found if is_normal(work, one, seen.get(one.reading.id, NO_PHOTO))]
    kept = {one.id for one in calm}
    normal = await drafts_of(work, calm, kept)
    month = _month(work, found)
    done = await progress(work, month)
    return Queue(
        as_of=work.now,
        month=month,
        normal=tuple(normal),
        review=tuple(one for one in found if one.reading.id not in kept),
        meters=done.meters,
        unread=done.unread,
        in_vain=tuple(done.in_vain.values()),
        following=tuple(await following(work, normal)),
        groups=tuple(one for one in await waiting(work) if one.to_issue or one.is_motor_ready),
        ready=tuple(await ready_to_issue(work)),
        new_meters=tuple(await meter_replacements.waiting(work.conn)),
        checks=seen,
    )


async def drafts_of(work: Work, chosen: Sequence[Reading], decided: Collection[int] = ()) -> list[AnyDraft]:
    """What approving these readings would do, in walking order; those `decided` count as approved."""
    flats = await drafts(work, [one for one in chosen if one.meter.measures is None], decided=decided)
    motors = await motor_drafts(work, [one for one in chosen if one.meter.measures is not None], decided)
    return sorted((*flats, *motors), key=lambda one: (walking_order(one.reading.flat_code), one.reading.id))


async def following(work: Work, chosen: Sequence[AnyDraft]) -> list[Draft]:
    """Bills of flats approved before, that approving all of these brings: they are the last of their motor groups."""
    own = {one.reading.id for one in chosen}
    groups = {one.group.reading_id: one.group for one in chosen if one.group and one.obstacle is None}
    complete = [group for group in groups.values() if not group.closed and not group.waits]
    before = {one.reading_id for group in complete for one in group.to_issue if one.reading_id is not None} - own
    found = await readings.get_many(work.conn, sorted(before)) if before else []
    return billed(await drafts(work, found, decided=own))


async def ready_to_issue(work: Work) -> list[Draft]:
    """Readings approved, not to be undone by a press any more, that nothing keeps from being billed: by flat."""
    waited = await readings.approved(work.conn)
    return [one for one in await drafts(work, waited) if one.obstacle is None]


def is_normal(work: Work, one: AnyDraft, photo: Check) -> bool:
    """Nothing asks for a second look, nothing stands in the way but its motor group, and somebody else sent it.

    Its photo does not speak against it, and nobody is about to look at that.
    """
    reading = one.reading
    free = one.obstacle in {None, Obstacle.WAITING_FOR_MOTOR} and (isinstance(one, MotorDraft) or one.earlier is None)
    return reading.confirmed and not reading.flags and photo.is_normal and free and not is_own(work, reading)


def is_own(work: Work, reading: Reading) -> bool:
    """The actor sent this reading and may not approve it."""
    if work.actor.is_machine:
        return False
    person_id = work.actor.person_id
    single = work.society.single_admin
    return person_id is None or not may_approve(person_id, reading.submitted_by, single_admin=single)


async def queue_changed(work: Work, *, arrived: bool = True) -> None:
    """Have the admins told, after a moment, what waits now: one live card a day and chat, edited in place.

    A queue of one reading is told by that reading's own card, when something `arrived`. Where messages have come
    below the live card since, what arrives is told by a new one at the end of the chat, once in `PATIENCE`.
    """
    count, newest = await review.pending_count(work.conn)
    for one in await review.watchers(work.conn, INBOX, _midnight(work), work.login_at):
        if count == 1 and arrived:
            await _tell(work, one.chat_id, "reading_waiting", newest, f"reading:{newest}")
        if not one.is_queued:
            await _tell_queue(work, one, aloud=count > 1 and arrived)


async def _tell_queue(work: Work, one: Watcher, *, aloud: bool) -> None:
    """Edit the day's live card; `aloud`: begin with one, or go on below where it cannot be seen any more."""
    if one.card is None:
        if aloud:
            await _tell(work, one.chat_id, "queue_changed", 0, f"{INBOX}{work.today.isoformat()}")
        return
    posted_at = await review.buried_since(work.conn, one.chat_id, one.card) if aloud else None
    if posted_at is not None and posted_at + PATIENCE <= work.now:
        await _go_on_below(work, one.chat_id, one.card)
        return
    await _tell(work, one.chat_id, "queue_changed", 0, one.card)
    if posted_at is not None:
        await internal.defer(work, TASK, f"{one.chat_id}:{one.card}", {"chat": one.chat_id}, posted_at + PATIENCE)


async def _go_on_below(work: Work, chat_id: int, card: str) -> None:
    await _tell(work, chat_id, "queue_moved", 0, card)
    await _tell(work, chat_id, "queue_changed", 0, f"{INBOX}{work.today.isoformat()}:{work.ref}")


@internal.internal(TASK)
async def tell_again(work: Work, data: Mapping[str, Any]) -> None:
    """What arrived while it was too early for a new card is told now, if more than one reading still waits."""
    count, _ = await review.pending_count(work.conn)
    for one in await review.watchers(work.conn, INBOX, _midnight(work), work.login_at):
        if one.chat_id == data["chat"] and one.card is not None and not one.is_queued and count > 1:
            posted_at = await review.buried_since(work.conn, one.chat_id, one.card)
            if posted_at is not None and posted_at + PATIENCE <= work.now:
                await _go_on_below(work, one.chat_id, one.card)


async def live_card(work: Work, chat_id: int) -> str | None:
    """Name of the latest card of the day that shows the queue in this chat."""
    return await review.live_card(work.conn, chat_id, INBOX, _midnight(work))


def _midnight(work: Work) -> datetime:
    return datetime.combine(work.today, time(), work.society.zone)


async def _tell(work: Work, chat_id: int, kind: str, reading_id: int, card: str) -> None:
    """Once for many changes: what is queued already will say what is true when it is sent."""
    if await review.is_queued(work.conn, chat_id, kind, card):
        return
    source = f"{work.now.isoformat()}:{work.ref}:{card}"
    await notify.enqueue(
        work,
        kind,
        "queue",
        source,
        chat_id=chat_id,
        payload={"reading": reading_id},
        not_before=work.now + SETTLING,
        card=card,
    )


def _month(work: Work, found: Sequence[AnyDraft]) -> Month:
    """The month most of what waits belongs to; without any, the present one."""
    months = [Month.of(one.reading.date) for one in found]
    return max(set(months), key=lambda month: (months.count(month), month), default=Month.of(work.today))

"""The engineer's walk through the month's meters: picked up at any time, on any day of the month, in any chat.

Where it stands is in the database. A number alone is only ever of the meter that was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from domain.period import Month
from domain.walk import PutAside, Stop, ahead
from jobs.progress import progress
from storage import cant_read, chat_readings, meters, readings, rounds
from storage.readings import UNBILLED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.progress import Progress
    from jobs.work import Work
    from storage.meters import Meter, MeterLine
    from storage.readings import Reading
    from storage.rounds import Round, Skip

ASKED_FOR: Final = timedelta(hours=12)
"""How long a number alone is taken as the answer to the meter asked for; then it is picked up by /round."""
AT_WORK: Final = timedelta(minutes=30)
"""How long somebody counts as standing before the meter they were asked for."""
_IN_VAIN_ONCE: Final = 1


@dataclass(frozen=True, slots=True)
class Walk:
    """A round as it stands: `ahead` is what is still to be read in it, the next one first.

    `revisits` of these, the last ones, were put off or could not be read. `skips` are all that were put off.
    """

    round: Round
    done: Progress
    ahead: tuple[MeterLine, ...]
    revisits: int
    skips: tuple[Skip, ...]

    @property
    def next_up(self) -> MeterLine | None:
        """The meter to be read now; None: all is done."""
        return self.ahead[0] if self.ahead else None

    @property
    def left_over(self) -> tuple[MeterLine, ...]:
        """What is to be revisited, once nothing else is ahead."""
        return self.ahead if len(self.ahead) == self.revisits else ()

    def reason_of(self, meter_id: int) -> str:
        """Why it was put off, in its engineer's words; may be empty."""
        return next((one.reason for one in self.skips if one.meter_id == meter_id), "")


async def pick_up(work: Work, chat_id: int, month: Month) -> Walk:
    """Begin the actor's round of the month in this chat, or go on with it where it stands."""
    person_id = _walker(work)
    known = await rounds.of_person(work.conn, person_id, month)
    place = None if known else await _first_place(work, chat_id, month)
    await rounds.walk(work.conn, person_id, month, chat_id, place=place, at=work.now)
    return await _walk(work, await _round(work, month), month)


async def walked_now(work: Work, chat_id: int, month: Month) -> Walk | None:
    """The round that the actor walks in this chat; None: they do not, or left it lying for long."""
    found = await _active(work, chat_id, month)
    return await _walk(work, found, month) if found else None


async def ask(work: Work, walk: Walk, card: str | None) -> None:
    """The message `card` asks for the next meter; without one, nothing is asked for and no number alone is taken."""
    next_up = walk.next_up if card else None
    await rounds.ask(work.conn, walk.round.id, next_up.meter_id if next_up else None, card, work.now)


async def hold(work: Work, walk: Walk, reading: Reading, card: str) -> None:
    """An odd reading is looked at again before the walk goes on: a number alone is of its meter still."""
    await rounds.stand_at(work.conn, walk.round.id, reading.flat_code)
    await rounds.ask(work.conn, walk.round.id, reading.meter.id, card, work.now)


async def came_from(work: Work, walk: Walk, reading: Reading, month: Month) -> Walk:
    """A reading was taken: the walk goes on from its meter, which is not asked for again in this pass."""
    walk = await stand_at(work, walk, reading.meter.id, reading.flat_code, month)
    is_unread = any(line.meter_id == reading.meter.id for line in walk.ahead)
    return await skip(work, walk, reading.meter.id, "", month) if is_unread else walk


async def expected_meter(work: Work, chat_id: int, month: Month | None = None) -> Meter | None:
    """The meter that the actor's round asked for in this chat: what comes without a name is of this one.

    None where no round is walked there, nothing was asked for, or the meter was read meanwhile. Also the one whose
    odd reading the engineer is to look at again.
    """
    found = await _active(work, chat_id, month or Month.of(work.today))
    if found is None or found.meter_id is None:
        return None
    reading = await reading_of(work, found.meter_id, month or Month.of(work.today))
    if reading is not None and not is_to_be_looked_at(work, reading):
        return None
    return await _in_use(work, found.meter_id)


def is_to_be_looked_at(work: Work, reading: Reading) -> bool:
    """The actor sent an odd reading, which is asked for again: another number takes its place."""
    return not reading.confirmed and reading.state in UNBILLED and reading.submitted_by == work.actor.person_id


async def asked_meter(work: Work, chat_id: int, month: Month) -> Meter | None:
    """The meter asked for, even if somebody has read it meanwhile; none where another is in its place now."""
    found = await _active(work, chat_id, month)
    return await _in_use(work, found.meter_id) if found and found.meter_id is not None else None


async def stood_before(work: Work, chat_id: int, month: Month) -> Meter | None:
    """The meter before which the open question put the actor: a photo alone is of it, not of the reading before.

    Even if somebody has read it meanwhile; the one in its place where it was replaced. None: nothing is asked.
    """
    found = await _active(work, chat_id, month)
    if found is None or found.meter_id is None:
        return None
    return await meters.get_meter(work.conn, await meters.in_place_of(work.conn, found.meter_id))


def as_asked(walk: Walk) -> Walk | None:
    """The walk as its open question showed it, with the same meter first, read meanwhile or not.

    None: the meter is out of use, or nothing was asked while something is ahead now.
    """
    if walk.round.meter_id is None:
        return None if walk.ahead else walk
    lines = [line for place in walk.done.places for line in place.meters]
    first = tuple(line for line in lines if line.meter_id == walk.round.meter_id)
    others = tuple(line for line in walk.ahead if line not in first)
    return replace(walk, ahead=(*first, *others)) if first else None


async def reading_of(work: Work, meter_id: int, month: Month) -> Reading | None:
    """The meter's reading of the month, if there is one."""
    last = await readings.previous(work.conn, meter_id, month.next().first_day)
    if last is None or Month.of(last.date) != month:
        return None
    return await readings.get(work.conn, last.id)


async def stand_at(work: Work, walk: Walk, meter_id: int, place: str, month: Month) -> Walk:
    """The round goes on at this meter, whether it was put off before or not."""
    await rounds.stand_at(work.conn, walk.round.id, place)
    await rounds.unskip(work.conn, walk.round.id, meter_id)
    return await _walk(work, await _round(work, month), month)


async def skip(work: Work, walk: Walk, meter_id: int, reason: str, month: Month) -> Walk:
    """Put a meter off to the end; one that could not be read is not asked for again."""
    if meter_id in walk.done.in_vain:
        await cant_read.visited(work.conn, meter_id, month)
    else:
        await rounds.skip(work.conn, walk.round.id, meter_id, reason, work.now)
    return await _walk(work, await _round(work, month), month)


async def stop(work: Work, month: Month) -> None:
    """The actor walks no more for now; it goes on at the meter asked for."""
    found = await rounds.of_person(work.conn, work.actor.person_id, month)
    if found is None:
        return
    if found.meter_id is not None:
        asked = await meters.get_meter(work.conn, found.meter_id)
        await rounds.stand_at(work.conn, found.id, asked.place)
    await rounds.stop(work.conn, found.id, work.now)


async def others_at(work: Work, month: Month) -> dict[int, str]:
    """Who else stands before which meter at this moment: their names by meter."""
    since = work.now - AT_WORK
    return {
        one.meter_id: one.who
        for one in await rounds.of_month(work.conn, month)
        if one.person_id != work.actor.person_id
        and one.ended_at is None
        and one.meter_id is not None
        and one.asked_at is not None
        and one.asked_at >= since
    }


async def _in_use(work: Work, meter_id: int) -> Meter | None:
    """A number alone is of the meter that was asked for, not of one that replaced it meanwhile."""
    meter = await meters.get_meter(work.conn, meter_id)
    return meter if meter.active else None


async def _active(work: Work, chat_id: int, month: Month) -> Round | None:
    found = await rounds.of_person(work.conn, work.actor.person_id, month)
    if found is None or found.chat_id != chat_id or found.ended_at is not None or found.asked_at is None:
        return None
    return found if found.asked_at >= work.now - ASKED_FOR else None


async def _round(work: Work, month: Month) -> Round:
    found = await rounds.of_person(work.conn, work.actor.person_id, month)
    if found is None:
        raise LookupError(month)
    return found


async def _walk(work: Work, found: Round, month: Month) -> Walk:
    done = await progress(work, month)
    lines = {line.meter_id: line for place in done.places for line in place.meters}
    skips = await rounds.skips(work.conn, found.id)
    again = [one.meter_id for one in done.in_vain.values() if one.visits <= _IN_VAIN_ONCE]
    aside = PutAside(
        put_off=[one.meter_id for one in skips],
        in_vain=again,
        given_up=frozenset(done.in_vain) - frozenset(again),
        elsewhere=frozenset(await others_at(work, month)),
    )
    order = ahead([Stop(line.meter_id, line.flat_code, line.read) for line in lines.values()], found.place, aside)
    last = {*aside.put_off, *again}
    left = tuple(lines[stop.meter_id] for stop in order)
    return Walk(found, done, left, sum(line.meter_id in last for line in left), tuple(skips))


async def _first_place(work: Work, chat_id: int, month: Month) -> str | None:
    """Behind what the actor sent last in the month; else the first block with something unread where nobody is."""
    last = await chat_readings.last_of(work.conn, chat_id, work.actor.person_id)
    if last and Month.of(last[-1].date) == month:
        return last[-1].flat_code
    done, taken = await progress(work, month), await others_at(work, month)
    free = (place for place in done.places if place.unread and not _is_taken(place.meters, taken))
    return next((place.unread[0].flat_code for place in free), None)


def _is_taken(lines: Sequence[MeterLine], taken: dict[int, str]) -> bool:
    return any(line.meter_id in taken for line in lines)


def _walker(work: Work) -> int:
    if work.actor.person_id is None:
        raise LookupError(work.actor.name)
    return work.actor.person_id

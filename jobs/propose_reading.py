"""A photo came alone: which meter it is of, and what would be stored for it if its sender says so.

Nothing of a photo is ever stored without a person's press.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from domain.choose_reading import choose
from domain.metering import ReadingMode
from domain.period import Month, local_date
from domain.units import MOST_UNITS, units
from jobs import notify
from jobs.expected_register import Register, expected_register, last_register, last_registers, last_swap
from jobs.find_by_code import meter_of_codes
from jobs.progress import progress
from jobs.rounds import asked_meter
from jobs.take_photo import OFFERED_TIME
from jobs.work import Actor
from storage import chat_readings, loose_photos, meters, photo_views, readings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.photo_reading import Seen
    from domain.register import Swap
    from jobs.work import Work
    from storage.loose_photos import Loose
    from storage.meters import Meter, MeterLine
    from storage.readings import Reading

KIND: Final = "photo.proposed"
"""What its sender is told when somebody has looked at it."""
MOST_OFFERED: Final = 4
_LONGER_THAN_REGISTERS: Final = 7


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a photo that came alone, of the day `on` which it was sent.

    `shows` is the register, where that is certain, `last` what it showed before. `value` is what would be stored:
    typed with the photo, else the register, or in units mode the increase since the last one; None: it has to be
    typed. `read` is the reading that the meter has in this month already. Without a `meter` the flat is asked:
    `lacking` are the sender's readings that lack a photo, `offers` meters that it may be of. `looked`: somebody has
    looked at the photo. `written` is the meter that the photo names where it was sent as another's. `swap` is how the
    meter came into the place of the one that was read before: its register tells no units then.
    """

    loose: Loose
    on: date
    meter: Meter | None = None
    shows: Decimal | None = None
    value: Decimal | None = None
    last: Register | None = None
    read: Reading | None = None
    lacking: tuple[Reading, ...] = ()
    offers: tuple[MeterLine, ...] = ()
    looked: bool = False
    written: Meter | None = None
    swap: Swap | None = None


async def propose(work: Work, photo_id: int) -> None:
    """Somebody looked at a photo, or could not read it: whoever waits for that is told what it shows."""
    seen = await _seen(work, photo_id)
    for loose in await loose_photos.of_photo(work.conn, photo_id):
        if seen is None and loose.album is None:
            continue
        if seen is not None:
            await found(work, loose, seen)
        moment = int(work.now.timestamp())
        await notify.enqueue(work, KIND, "photo", photo_id, chat_id=loose.chat_id, sequence=moment, card=loose.card)


async def looked_at(work: Work, photo_id: int) -> bool:
    """Whether somebody has looked at the photo, as at one that was sent before."""
    return await _seen(work, photo_id) is not None


async def found(work: Work, loose: Loose, seen: Seen | None = None) -> Loose:
    """The photo with its meter, as far as that is found.

    As its sender said, else by what is written on it, else the next one of the walk, if the number fits there.
    """
    seen = seen or await _seen(work, loose.photo_id)
    if seen is None:
        return loose
    now = await in_place(work, loose)
    if not await _is_named(work, now):
        meter = await _written(work, now, seen)
        now = replace(now, meter_id=meter.id if meter else now.meter_id or await _next_one(work, now, seen))
    if now.meter_id != loose.meter_id:
        await loose_photos.keep(work.conn, now)
    return now


async def in_place(work: Work, loose: Loose) -> Loose:
    """The photo; where its meter was replaced since, it is of the one that is in its place now."""
    if loose.meter_id is None:
        return loose
    return replace(loose, meter_id=await meters.in_place_of(work.conn, loose.meter_id))


async def written_instead(work: Work, loose: Loose) -> Meter | None:
    """The meter that is written on the photo, where another one is asked about."""
    seen = await _seen(work, loose.photo_id)
    if seen is None or loose.meter_id is None:
        return None
    meter = await _written(work, loose, seen)
    return meter if meter and meter.id != await meters.in_place_of(work.conn, loose.meter_id) else None


async def _is_named(work: Work, loose: Loose) -> bool:
    """Whether its sender, and not only the round that they walk, said of which meter it is."""
    if loose.meter_id is None:
        return False
    sender = replace(work, actor=Actor(loose.person_id, work.actor.name))
    walked = await asked_meter(sender, loose.chat_id, Month.of(_day_of(work, loose)))
    return walked is None or walked.id != loose.meter_id


async def _written(work: Work, loose: Loose, seen: Seen) -> Meter | None:
    codes = await loose_photos.codes(work.conn, loose.photo_id)
    return await meter_of_codes(work, (*codes, *seen.serials)) or await meter_of_codes(work, _long_numbers(seen))


def _day_of(work: Work, loose: Loose) -> date:
    return min(local_date(loose.sent_at, work.society.zone), work.today)


def _long_numbers(seen: Seen) -> list[str]:
    """What was taken for a register and has more digits than one: perhaps the meter's own number."""
    return [one.whole for one in seen.candidates if len(one.whole) >= _LONGER_THAN_REGISTERS and not one.decimals]


async def question(work: Work, loose: Loose, *, further: bool = False, sure: bool = False) -> Question:
    """What is to be asked about the photo now.

    `further`: also where the meter was read this month. `sure`: its sender stands by its meter, whatever is written.
    """
    seen, loose = await _seen(work, loose.photo_id), await in_place(work, loose)
    on = _day_of(work, loose)
    if loose.meter_id is None:
        return await _which(work, loose, on, seen)
    meter = await meters.get_meter(work.conn, loose.meter_id)
    written = None if sure else await written_instead(work, loose)
    if written:
        return Question(loose, on, meter, written=written, looked=True)
    read = None if further else await _of_this_month(work, meter.id, on)
    before = read.date if read else on
    asked = Question(loose, on, meter, read=read, looked=seen is not None)
    asked = await _with_value(work, asked, seen, before) if seen else asked
    return asked if loose.value is None else await _as_typed(work, asked, meter, before)


async def _with_value(work: Work, asked: Question, seen: Seen, before: date) -> Question:
    assert asked.meter is not None  # noqa: S101 - who calls it has found one
    last = await last_register(work, asked.meter, before)
    expected = await expected_register(work, asked.meter, before, last)
    choice = choose(seen, asked.meter.digits, asked.meter.number, expected)
    asked = replace(asked, last=last, swap=await last_swap(work, asked.meter, before))
    if choice.value is None or not choice.sure or choice.value > MOST_UNITS:
        return asked
    register = units(choice.value)
    shown = replace(asked, shows=register)
    if work.society.reading_mode is ReadingMode.REGISTER:
        return replace(shown, value=register)
    if last is None or asked.swap or register <= last.value:
        return shown
    return replace(shown, value=units(register - last.value))


async def _as_typed(work: Work, asked: Question, meter: Meter, before: date) -> Question:
    """The number came with the photo: it is what would be stored."""
    return replace(asked, value=asked.loose.value, last=asked.last or await last_register(work, meter, before))


async def _which(work: Work, loose: Loose, on: date, seen: Seen | None) -> Question:
    since = loose.sent_at - OFFERED_TIME
    lacking = await chat_readings.without_photo(work.conn, loose.chat_id, loose.person_id, since, loose.sent_at)
    offers = await _offers(work, loose, seen)
    return Question(loose, on, lacking=tuple(lacking), offers=offers, looked=seen is not None)


async def other_meters(work: Work, loose: Loose) -> tuple[MeterLine, ...]:
    """Meters that a photo may be of instead: the next unread ones, those first that its number fits."""
    offered = await _offers(work, loose, await _seen(work, loose.photo_id))
    return tuple(line for line in offered if line.meter_id != loose.meter_id)


async def _offers(work: Work, loose: Loose, seen: Seen | None) -> tuple[MeterLine, ...]:
    """The next unread one, then those whose register should stand where the photo's may, then the following ones."""
    unread = await _walk(work, loose)
    fitting = await _fitting(work, unread, seen) if seen else ()
    ordered = dict.fromkeys([*unread[:1], *fitting, *unread])
    return tuple(ordered)[: MOST_OFFERED + 1]


async def _walk(work: Work, loose: Loose) -> list[MeterLine]:
    """Unread meters in walking order, beginning after the last one that the sender read here."""
    done = await progress(work)
    last = await chat_readings.last_of(work.conn, loose.chat_id, loose.person_id)
    first = done.after(last[-1].flat_code if last else None)
    unread = [line for place in done.places for line in place.unread]
    start = unread.index(first) if first in unread else 0
    return [*unread[start:], *unread[:start]]


async def _fitting(work: Work, unread: Sequence[MeterLine], seen: Seen) -> list[MeterLine]:
    """Those of the unread meters that the photo's number surely fits."""
    known = await last_registers(work, [line.meter_id for line in unread])
    return [
        line for line in unread if line.meter_id in known and choose(seen, None, line.number, known[line.meter_id]).sure
    ]


async def _next_one(work: Work, loose: Loose, seen: Seen) -> int | None:
    """The next meter of the walk, where its register should stand about there."""
    fitting = await _fitting(work, (await _walk(work, loose))[:1], seen)
    return fitting[0].meter_id if fitting else None


async def _of_this_month(work: Work, meter_id: int, on: date) -> Reading | None:
    last = await readings.previous(work.conn, meter_id, on + timedelta(days=1))
    if last is None or Month.of(last.date) != Month.of(on):
        return None
    return await readings.get(work.conn, last.id)


async def _seen(work: Work, photo_id: int) -> Seen | None:
    view = (await photo_views.newest(work.conn, [photo_id])).get(photo_id)
    return view.seen if view else None

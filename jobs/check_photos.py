"""What readings' photos say about them: worked out anew from what is stored, whenever somebody wants to know.

Advice only: nothing is changed by it. Its sender is told of a contradiction at once, and the admins where the reading
was decided before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from domain.choose_reading import Unsure, choose
from domain.metering import ReadingMode, usual_range
from domain.photo_checks import NO_PHOTO, Check, Claim, check
from domain.roles import Role
from domain.sticker_code import code_in
from domain.units import NO_UNITS
from jobs import notify
from storage import photo_facts, photo_looks, stickers, usual_months
from storage.readings import ReadingState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from domain.photo_checks import Photo
    from jobs.work import Work
    from storage.readings import Reading

CONTRADICTS = "photo.contradicts"
"""To who sent the reading."""
TOO_LATE = "photo.contradicts_decided"
"""To the admins: it was approved before."""
_ANSWER = timedelta(seconds=1)
"""The answer to what came goes first."""
_OPEN = frozenset({ReadingState.PENDING, ReadingState.APPROVED, ReadingState.RETURNED})
_DECIDED = frozenset({ReadingState.APPROVED, ReadingState.BILLED})


async def check_of(work: Work, reading: Reading) -> Check:
    """What the photos of this reading say."""
    return (await checks(work, [reading])).get(reading.id, NO_PHOTO)


async def checks(work: Work, chosen: Sequence[Reading]) -> dict[int, Check]:
    """The same for many, by reading; those without photo are left out."""
    with_photo = {one.id: one for one in chosen if one.photo_ids}
    if not with_photo:
        return {}
    before = {one.previous.id for one in with_photo.values() if one.previous} if _units(work) else set()
    kept = await photo_facts.photos_of(work.conn, {*with_photo, *before})
    photos = {**kept, **await _with_marks(work, with_photo, kept)}
    read = [one for one in with_photo if any(photo.seen for photo in photos.get(one, ()))]
    months = await usual_months.months_before(work.conn, read, units=_units(work)) if read else {}
    others = await photo_facts.places_by_number(work.conn, _numbers(photos))
    return {
        one.id: check(_claim(work, one, photos, months.get(one.id, [])), photos.get(one.id, []), others, work.now)
        for one in with_photo.values()
    }


async def _with_marks(
    work: Work, chosen: Mapping[int, Reading], photos: Mapping[int, Sequence[Photo]]
) -> dict[int, Sequence[Photo]]:
    """The photos of the chosen readings, with the meters' numbers for stickers, and others that have the same picture.

    A sticker stays where its meter is replaced: it names this reading's meter, if it is of the same flat or motor.
    """
    own = {one.id: one for key in chosen for one in photos.get(key, ())}
    twins = await photo_facts.twins_of(work.conn, own)
    stuck = await _stickers(work, own.values())

    def named(text: str, of: Reading) -> str:
        number, place = stuck.get(text, (text, ""))
        return of.meter.number if place == of.flat_code else number

    def whole(one: Photo, of: Reading) -> Photo:
        same = tuple(twin for reading_id, twin in twins.get(one.id, ()) if reading_id != of.id)
        return replace(one, codes=tuple(named(text, of) for text in one.codes), twins=same)

    return {key: [whole(one, of) for one in photos.get(key, ())] for key, of in chosen.items()}


async def _stickers(work: Work, photos: Iterable[Photo]) -> dict[str, tuple[str, str]]:
    """Number and place of the meters that stickers in the photos are of, by what the stickers say."""
    codes = {text: code for one in photos for text in one.codes if (code := code_in(text))}
    meter_ids = await stickers.meters_of(work.conn, set(codes.values()))
    known = await photo_facts.named_meters(work.conn, set(meter_ids.values()))
    return {text: known[meter_ids[code]] for text, code in codes.items() if meter_ids.get(code) in known}


async def tell_contradictions(work: Work, reading: Reading, *, after_answer: bool = False) -> None:
    """Tell the sender what speaks against the reading as it stands, once a version; the admins if it is decided.

    While a reader is about to look, nothing is told: it comes with what that one sees. `reading` is how it stands in
    this transaction; whoever stores a look meanwhile waits. `after_answer`: its sender is just being answered, so that
    what is wrong comes last, where they look.
    """
    if not reading.photo_ids:
        return
    await photo_looks.hold(work.conn, reading.photo_ids)
    found = await check_of(work, reading)
    if found.contradictions and not (found.waits and work.society.reads_photos):
        await _tell(work, reading, work.now + _ANSWER if after_answer else None)


async def _tell(work: Work, reading: Reading, when: datetime | None) -> None:
    name = f"{CONTRADICTS}:{reading.id}:{reading.version}"
    if reading.state in _OPEN and reading.submitted_by is not None:
        await notify.enqueue(
            work,
            CONTRADICTS,
            "reading",
            reading.id,
            person_id=reading.submitted_by,
            sequence=reading.version,
            card=name,
            not_before=when,
            by_right=True,
        )
    if reading.state in _DECIDED:
        await notify.enqueue_for_role(
            work, Role.ADMIN, TOO_LATE, "reading", reading.id, sequence=reading.version, card=name
        )


def _units(work: Work) -> bool:
    return work.society.reading_mode is ReadingMode.UNITS


def _numbers(photos: Mapping[int, Sequence[Photo]]) -> set[str]:
    return {number for several in photos.values() for one in several for number in one.numbers}


def _claim(work: Work, reading: Reading, photos: Mapping[int, Sequence[Photo]], months: Sequence[Decimal]) -> Claim:
    base, sure = _base(work, reading, photos)
    return Claim(
        value=reading.value,
        date=reading.date,
        mode=work.society.reading_mode,
        meter_number=reading.meter.number,
        digits=reading.meter.digits,
        base=base,
        base_sure=sure,
        usual=usual_range(months),
    )


def _base(work: Work, reading: Reading, photos: Mapping[int, Sequence[Photo]]) -> tuple[Decimal | None, bool]:
    """Where the register stood before, by the reading before or its photo, and whether that is certain."""
    if not _units(work):
        return (NO_UNITS if reading.course.rolled_over else reading.shown_last), True
    before = reading.previous
    if before is None or reading.course.swaps:
        return None, True
    for photo in reversed(photos.get(before.id, ())):
        chosen = choose(photo.seen, reading.meter.digits, reading.meter.number, None) if photo.seen else None
        if chosen and chosen.value is not None and (chosen.sure or chosen.why is Unsure.DECIMALS):
            return chosen.value, chosen.sure
    return None, True

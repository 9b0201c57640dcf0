"""What a reading's photo says about it: advice to the people who decide, never a decision."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.choose_reading import Choice, Expected, Unsure, choose
from domain.metering import FAR_ABOVE, ReadingMode, UsualRange
from domain.photo_reading import OF_A_SCREEN, Display, Seen

LOOK_TIME = timedelta(minutes=5)
"""How long a reading is kept from the normal ones because its photo is still to be looked at."""
_SAME_REGISTER = Decimal(1)
"""Engineers leave out what is behind the point: below one unit two registers are the same."""
_SHORTEST_NUMBER = 5
"""Digits of a number that is taken for another meter's: shorter ones stand on every rating plate."""
_NO_SIGN = re.compile(r"[^0-9A-Z]")


class Look(StrEnum):
    """Whether somebody has looked at a photo; `none`: nobody is to."""

    NONE = "none"
    WAITING = "waiting"
    SEEN = "seen"
    UNREAD = "unread"


class DoubtKind(StrEnum):
    """What speaks against a reading or its photo, the most telling first."""

    OTHER_VALUE = "other_value"
    OTHER_METER = "other_meter"
    SAME_PHOTO = "same_photo"
    LIKE_PHOTO = "like_photo"
    OLDER_PHOTO = "older_photo"
    SCREEN = "screen"
    MAYBE_OTHER_VALUE = "maybe_other_value"
    UNREADABLE = "unreadable"
    BLURRED = "blurred"
    DARK = "dark"


CONTRADICTIONS = frozenset(
    {
        DoubtKind.OTHER_VALUE,
        DoubtKind.OTHER_METER,
        DoubtKind.SAME_PHOTO,
        DoubtKind.LIKE_PHOTO,
        DoubtKind.OLDER_PHOTO,
        DoubtKind.SCREEN,
    }
)
"""What its sender is told at once."""
_HOLDS = CONTRADICTIONS | {DoubtKind.MAYBE_OTHER_VALUE}
_NOT_READABLE = frozenset({DoubtKind.UNREADABLE, DoubtKind.BLURRED, DoubtKind.DARK})


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that speaks against a reading.

    `value` is what the photo shows, in register units; `units` those since the previous photo, where that is what was
    compared. `place` and `number` name another meter, `day` when another reading or the photo was made. `photo_id` is
    which of its photos says so.
    """

    kind: DoubtKind
    value: Decimal | None = None
    units: Decimal | None = None
    place: str = ""
    number: str = ""
    day: date | None = None
    display: Display | None = None
    why: Unsure | None = None
    photo_id: int | None = None


@dataclass(frozen=True, slots=True)
class Twin:
    """Another reading that has the same picture (`exact`) or one nearly the same."""

    place: str
    day: date
    exact: bool


@dataclass(frozen=True, slots=True)
class Photo:
    """What is known of a photo. `since` is when it began to wait for a reader."""

    id: int
    look: Look = Look.NONE
    since: datetime | None = None
    seen: Seen | None = None
    codes: tuple[str, ...] = ()
    traits: frozenset[str] = frozenset()
    taken_on: date | None = None
    twins: tuple[Twin, ...] = ()

    @property
    def numbers(self) -> frozenset[str]:
        """Numbers in it that may be a meter's own."""
        serials = self.seen.serials if self.seen else ()
        return frozenset(filter(None, map(bare, (*self.codes, *serials))))


@dataclass(frozen=True, slots=True)
class Claim:
    """What was sent, and what is known of its meter.

    `base` is the register that the previous reading's photo shows (units mode) or the previous reading (register
    mode); `base_sure` whether it is certain. `digits` are the register's whole ones, if known.
    """

    value: Decimal
    date: date
    mode: ReadingMode
    meter_number: str
    digits: int | None = None
    base: Decimal | None = None
    base_sure: bool = True
    usual: UsualRange | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What a reading's photos say. `photo_id` is the one that tells most, None without any.

    `register` is what it reads, `sure` or not; `of_units`: units were sent, and no register. `waits`: a
    reader is about to look; `unlooked`: nobody has looked, and it is not waited for any more. `reasons` are the
    reader's own words.
    """

    photo_id: int | None = None
    look: Look = Look.NONE
    register: Decimal | None = None
    sure: bool = False
    of_units: bool = False
    waits: bool = False
    unlooked: bool = False
    doubts: tuple[Doubt, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def contradictions(self) -> tuple[Doubt, ...]:
        """What its sender should look at again."""
        return tuple(one for one in self.doubts if one.kind in CONTRADICTIONS)

    @property
    def held(self) -> tuple[Doubt, ...]:
        """What keeps the reading from the normal ones: a person has to look."""
        return tuple(one for one in self.doubts if one.kind in _HOLDS)

    @property
    def is_normal(self) -> bool:
        """Nothing about the photo asks for a person."""
        return not self.held and not self.waits

    @property
    def is_unreadable(self) -> bool:
        """There is a photo, and it does not show the reading."""
        return any(one.kind in _NOT_READABLE for one in self.doubts)

    def is_of_another(self, doubt: Doubt) -> bool:
        """Another of its photos says so than the one that tells most."""
        return doubt.photo_id not in {None, self.photo_id}

    @property
    def mark(self) -> str:
        """What keeps it from the normal ones, as a button binds it."""
        return ";".join(
            f"{one.kind}:{one.number or one.place if one.value is None else one.value}" for one in self.held
        )


NO_PHOTO = Check()


def bare(number: str) -> str:
    """A meter's number without spaces and signs, in capitals."""
    return _NO_SIGN.sub("", number.upper())


def expected(base: Decimal | None, usual: UsualRange | None) -> Expected | None:
    """Where a register may stand by now: from `base` on, up to twice the usual month beyond it."""
    if base is None:
        return None
    high = max(usual.high, FAR_ABOVE * usual.average) if usual else None
    return Expected(previous=base, low=base, high=None if high is None else base + high)


def check(claim: Claim, photos: Sequence[Photo], others: Mapping[str, str], now: datetime) -> Check:
    """What the photos (oldest first) say about the claim.

    `others` are places of other meters by their bare numbers. Of several photos the newest that shows a register
    tells most, else the newest; what speaks against any of them is said. A register that is not certain, or not seen at
    all, is made good by a further photo; another value that is certain is not.
    """
    if not photos:
        return NO_PHOTO
    read = [(one, _read(claim, one)) for one in reversed(photos)]
    photo, choice = next((pair for pair in read if pair[1] and pair[1].value is not None), read[0])
    value = choice.value if choice else None
    quality = () if choice and choice.sure else _quality(photo, choice)
    doubts = _each_once((*_other_values(claim, read), *_strange(claim, photos, others), *quality))
    order = list(DoubtKind)
    return Check(
        photo_id=photo.id,
        look=photo.look,
        register=value,
        sure=choice is not None and choice.sure,
        of_units=claim.mode is ReadingMode.UNITS,
        waits=any(_waits(one, now) for one in photos),
        unlooked=any(_is_unlooked(one, now) for one in photos),
        doubts=tuple(sorted(doubts, key=lambda one: order.index(one.kind))),
        reasons=photo.seen.reasons if photo.seen else (),
    )


def _waits(photo: Photo, now: datetime) -> bool:
    return photo.look is Look.WAITING and photo.since is not None and now - photo.since < LOOK_TIME


def _is_unlooked(photo: Photo, now: datetime) -> bool:
    return photo.look is Look.WAITING and photo.seen is None and not _waits(photo, now)


def _read(claim: Claim, photo: Photo) -> Choice | None:
    if photo.seen is None:
        return None
    return choose(photo.seen, claim.digits, claim.meter_number, expected(claim.base, claim.usual))


def _other_values(claim: Claim, read: Sequence[tuple[Photo, Choice | None]]) -> list[Doubt]:
    """What the newest register that is seen says against the claim, and any older one that is certain."""
    shown = [(photo, choice) for photo, choice in read if choice and choice.value is not None]
    found = [(place, photo, _value_doubt(claim, choice)) for place, (photo, choice) in enumerate(shown)]
    return [
        replace(doubt, photo_id=photo.id)
        for place, photo, doubt in found
        if doubt and (place == 0 or doubt.kind is DoubtKind.OTHER_VALUE)
    ]


def _value_doubt(claim: Claim, choice: Choice) -> Doubt | None:
    if choice.value is None:
        return None
    used = None
    if claim.mode is ReadingMode.UNITS:
        if claim.base is None:
            return None
        used = choice.value - claim.base
    if abs((choice.value if used is None else used) - claim.value) < _SAME_REGISTER:
        return None
    sure = choice.sure and (used is None or claim.base_sure)
    kind = DoubtKind.OTHER_VALUE if sure else DoubtKind.MAYBE_OTHER_VALUE
    return Doubt(kind, value=choice.value, units=used, why=choice.why)


def _quality(photo: Photo, choice: Choice | None) -> tuple[Doubt, ...]:
    """Why the photo shows no register; nothing where it does."""
    if choice is not None and choice.value is not None:
        return ()
    if photo.look in {Look.SEEN, Look.UNREAD}:
        display = photo.seen.display if photo.seen else None
        return (Doubt(DoubtKind.UNREADABLE, display=display),)
    traits = (DoubtKind.BLURRED, DoubtKind.DARK)
    return tuple(Doubt(kind) for kind in traits if kind.value in photo.traits)


def _strange(claim: Claim, photos: Sequence[Photo], others: Mapping[str, str]) -> Sequence[Doubt]:
    """What says that a photo is not of this meter and day: a further photo does not undo it."""
    found = (
        (one, (*_other_meter(claim, one, others), *_twins(one), *_older(claim, one), *_screen(one))) for one in photos
    )
    return tuple(replace(doubt, photo_id=one.id) for one, several in found for doubt in several)


def _each_once(doubts: Sequence[Doubt]) -> tuple[Doubt, ...]:
    """What several photos say alike is said of the first."""
    first: dict[Doubt, Doubt] = {}
    for one in doubts:
        first.setdefault(replace(one, photo_id=None), one)
    return tuple(first.values())


def _other_meter(claim: Claim, photo: Photo, others: Mapping[str, str]) -> tuple[Doubt, ...]:
    """Another meter's number is in the photo, and this one's is not."""
    own, found = bare(claim.meter_number), photo.numbers
    if own in found:
        return ()
    known = sorted(one for one in found if len(one) >= _SHORTEST_NUMBER and one in others)
    return tuple(Doubt(DoubtKind.OTHER_METER, place=others[one], number=one) for one in known[:1])


def _twins(photo: Photo) -> tuple[Doubt, ...]:
    twin = next(iter(sorted(photo.twins, key=lambda one: (not one.exact, one.day))), None)
    if twin is None:
        return ()
    kind = DoubtKind.SAME_PHOTO if twin.exact else DoubtKind.LIKE_PHOTO
    return (Doubt(kind, place=twin.place, day=twin.day),)


def _older(claim: Claim, photo: Photo) -> tuple[Doubt, ...]:
    taken = photo.taken_on
    return (Doubt(DoubtKind.OLDER_PHOTO, day=taken),) if taken is not None and taken < claim.date else ()


def _screen(photo: Photo) -> tuple[Doubt, ...]:
    return (Doubt(DoubtKind.SCREEN),) if photo.seen and OF_A_SCREEN in photo.seen.reasons else ()

"""What speaks against a request to replace a meter: its photos, and the reading before. Advice to who decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.metering import ReadingMode
from domain.photo_checks import NO_PHOTO, Check, Claim, check
from domain.roles import Role
from domain.units import NO_UNITS
from jobs import notify
from jobs.replace_meter import ASKED, Hindered, Hitch, card_of, hindrance, shown_last
from storage import meter_replacements, photo_facts
from storage.meter_replacements import ReplacementState

if TYPE_CHECKING:
    from decimal import Decimal

    from domain.photo_checks import Photo
    from jobs.work import Work
    from storage.meter_replacements import Replacement


@dataclass(frozen=True, slots=True)
class Doubts:
    """What the photos of the old and the new meter say; `lower`: the last number is lower than the one before."""

    old: Check = NO_PHOTO
    new: Check = NO_PHOTO
    lower: Hindered | None = None


async def doubts_of(work: Work, found: Replacement) -> Doubts:
    """What whoever decides should know; nothing once it is decided."""
    if found.state is not ReplacementState.ASKED:
        return Doubts()
    what, hitch = found.what, await hindrance(work, found.what)
    old = Claim(
        what.closing or NO_UNITS,
        what.on,
        ReadingMode.REGISTER,
        found.old.number,
        digits=found.old.digits,
        base=await _base(work, found),
    )
    new = Claim(what.opening, what.on, ReadingMode.REGISTER, what.number)
    photos = await photo_facts.photos_by_id(work.conn, found.kept)
    shown = await _check(work, photos.get(what.closing_photo or 0), old)
    begins = await _check(work, photos.get(what.opening_photo or 0), new)
    return Doubts(shown, begins, hitch if hitch and hitch.hitch is Hitch.LOWER else None)


async def draw_again(work: Work, photo_id: int) -> None:
    """A photo was looked at: the requests that wait with it say what it shows."""
    for one in await meter_replacements.waiting_with(work.conn, photo_id):
        moment = int(work.now.timestamp())
        await notify.enqueue_for_role(
            work, Role.ADMIN, ASKED, "replacement", one, sequence=moment, payload={"id": one}, card=card_of(one)
        )


async def _base(work: Work, found: Replacement) -> Decimal | None:
    """Where the old register stood before; units that were sent do not say it."""
    if work.society.reading_mode is ReadingMode.UNITS:
        return None
    return NO_UNITS if found.what.rolled_over else await shown_last(work, found.old.id)


async def _check(work: Work, photo: Photo | None, claim: Claim) -> Check:
    if photo is None:
        return NO_PHOTO
    return check(claim, [photo], await photo_facts.places_by_number(work.conn, photo.numbers), work.now)

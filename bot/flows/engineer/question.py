"""What is typed without a dialogue, where a photo that came alone is still asked about: its number, or its flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.conversation import Turn
from bot.flows.engineer import album
from bot.flows.engineer.onward import month_of
from bot.flows.engineer.place import sent_day
from bot.flows.engineer.proposal_press import flat_of, number_of
from bot.flows.engineer.which_meter import photos_of, which
from bot.visit import Visit
from domain.reading_text import number_alone
from jobs.rounds import expected_meter
from jobs.submit_reading import PHOTO_TIME
from storage import loose_photos, meters
from storage.loose_photos import Loose

STILL_OPEN: Final = timedelta(hours=1)
"""How long a number alone answers the question about a photo, if that is the only one."""


async def in_reply(visit: Visit) -> Turn | None:
    """A reply to our message that asks; `None`: it is to none, or says nothing that answers it."""
    asked = await album.asked_in(visit)
    return None if asked and asked[0].album else await _answered(visit, asked)


async def alone(visit: Visit) -> Turn | None:
    """What follows the question without being a reply to it; `None`: several are open, or it is no answer."""
    since, person_id = visit.incoming.sent_at - STILL_OPEN, visit.work.actor.person_id
    found = await loose_photos.asked_since(visit.work.conn, visit.chat.id, person_id, since)
    asked = [one for one in found if not _is_left_behind(visit, one)]
    if not asked or not _is_number(visit):
        return await _answered(visit, asked)
    return await _number(visit, asked)


def _is_left_behind(visit: Visit, loose: Loose) -> bool:
    """What is typed long after a photo of nobody knows which meter is not its answer."""
    return loose.meter_id is None and loose.sent_at < visit.incoming.sent_at - PHOTO_TIME


def _is_number(visit: Visit) -> bool:
    return number_alone(visit.text, sent_day(visit)) is not None


async def _number(visit: Visit, asked: Sequence[Loose]) -> Turn | None:
    """It is stored where a single meter is asked for, by the photos and the round; else the sender says of which."""
    expected = await expected_meter(visit.work, visit.chat.id, month_of(visit))
    photos = {**({expected.id: ()} if expected else {}), **await photos_of(visit, asked)}
    if not photos:
        return None
    unknown = any(one.meter_id is None for one in asked)
    if unknown or len(photos) > 1:
        return await which(visit, photos)
    return await _answered(visit, [replace(asked[0], meter_id=expected.id) if expected else asked[0]])


async def _answered(visit: Visit, asked: Sequence[Loose]) -> Turn | None:
    if len(asked) != 1 or not visit.text:
        return None
    loose = asked[0]
    if loose.meter_id is None:
        return await flat_of(visit, loose)
    if _is_number(visit) and len(photos := await photos_of(visit, asked)) > 1:
        return await which(visit, photos)
    return await number_of(visit, loose, await meters.get_meter(visit.work.conn, loose.meter_id))

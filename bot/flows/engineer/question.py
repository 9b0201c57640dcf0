"""What is typed without a dialogue, where a photo that came alone is still asked about: its number, or its flat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.conversation import Turn
from bot.flows.engineer import album
from bot.flows.engineer.proposal_press import flat_of, number_of
from bot.visit import Visit
from storage import loose_photos, meters
from storage.loose_photos import Loose

STILL_OPEN: Final = timedelta(hours=1)
"""How long a number alone answers the question about a photo, if that is the only one."""


async def in_reply(visit: Visit) -> Turn | None:
    """A reply to our message that asks; `None`: it is to none, or says nothing that answers it."""
    asked = await album.asked_in(visit)
    if not asked:
        return None
    return await album.fixed(visit, asked) if asked[0].album else await _answered(visit, asked)


async def alone(visit: Visit) -> Turn | None:
    """What follows the question without being a reply to it; `None`: several are open, or it is no answer."""
    since, person_id = visit.incoming.sent_at - STILL_OPEN, visit.work.actor.person_id
    asked = await loose_photos.asked_since(visit.work.conn, visit.chat.id, person_id, since)
    return await _answered(visit, asked)


async def _answered(visit: Visit, asked: Sequence[Loose]) -> Turn | None:
    if len(asked) != 1 or not visit.text:
        return None
    loose = asked[0]
    if loose.meter_id is None:
        return await flat_of(visit, loose)
    return await number_of(visit, loose, await meters.get_meter(visit.work.conn, loose.meter_id))

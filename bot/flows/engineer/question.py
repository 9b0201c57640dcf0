"""What is typed without a dialogue, where a photo that came alone is still asked about: its number, or its flat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.conversation import Reply, Turn
from bot.flows.engineer import album
from bot.flows.engineer.place import here
from bot.flows.engineer.proposal_press import flat_of, number_of
from bot.texts import engineer_dialogue as dialogue
from bot.visit import Visit
from domain.number_text import NumberError
from domain.units import parse_units
from jobs.rounds import expected_meter
from jobs.submit_reading import PHOTO_TIME
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
    if len(asked) == 1 and _is_left_behind(visit, asked[0]):
        return None
    if len(asked) == 1 and await _two_are_asked(visit, asked[0]):
        return here(Reply(dialogue.which_flat(visit.t, visit.text, f"B17-FF {visit.text}")))
    return await _answered(visit, asked)


def _is_left_behind(visit: Visit, loose: Loose) -> bool:
    """A flat that is typed long after a photo of nobody knows which meter is not its answer."""
    return loose.meter_id is None and loose.sent_at < visit.incoming.sent_at - PHOTO_TIME


async def _two_are_asked(visit: Visit, loose: Loose) -> bool:
    """A number alone may be of the photo's meter or of the one that the round asks for."""
    if loose.meter_id is None or not _is_number(visit.text):
        return False
    expected = await expected_meter(visit.work, visit.chat.id)
    return expected is not None and expected.id != loose.meter_id


def _is_number(text: str) -> bool:
    try:
        parse_units(text)
    except NumberError:
        return False
    return True


async def _answered(visit: Visit, asked: Sequence[Loose]) -> Turn | None:
    if len(asked) != 1 or not visit.text:
        return None
    loose = asked[0]
    if loose.meter_id is None:
        return await flat_of(visit, loose)
    return await number_of(visit, loose, await meters.get_meter(visit.work.conn, loose.meter_id))

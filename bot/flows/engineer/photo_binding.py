"""What a button about a photo that came alone remembers: which photo, who may press it, and the reading it stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.conversation import Button, Reply, Turn
from bot.flows.engineer.binding import bound
from bot.texts import engineer_proposals as texts
from bot.visit import Visit
from jobs.submit_reading import Submission
from jobs.work import Work
from storage import loose_photos
from storage.loose_photos import Loose
from storage.meters import Meter


def loose_of(
    visit: Visit,
    photo_id: int,
    card: str | None,
    *,
    meter_id: int | None,
    album: str | None = None,
    value: Decimal | None = None,
) -> Loose:
    """The photo of this message; `card` asks about it, `value` was typed below it."""
    return Loose(
        chat_id=visit.chat.id,
        photo_id=photo_id,
        sent_at=visit.incoming.sent_at,
        person_id=visit.work.actor.person_id,
        message_id=visit.incoming.message_id,
        message_key=visit.key,
        card=card,
        album=album,
        meter_id=meter_id,
        value=value,
    )


def whose(loose: Loose) -> dict[str, Any]:
    """What every button about a photo binds."""
    return {"photo": loose.photo_id, "by": loose.person_id}


def line_of(work: Work, loose: Loose, meter: Meter, value: Decimal) -> dict[str, Any]:
    """A reading of the photo's message and day. Its key is the message's, so that no press stores it twice."""
    submission = Submission(
        target=meter.number,
        value=value,
        motor_share=None,
        on=None,
        key=f"{loose.message_key}:photo",
        sent_at=loose.sent_at,
        chat_id=loose.chat_id,
        message_id=loose.message_id,
        photo_ids=(loose.photo_id,),
    )
    return bound(work, submission)


def is_senders(visit: Visit, data: Mapping[str, Any]) -> bool:
    """Whether who pressed is who sent the photo; a button that names nobody is anybody's."""
    by = visit.work.actor.person_id
    return bool(data.get("by", by) == by)


async def asked_no_more(visit: Visit, data: Mapping[str, Any]) -> None:
    """The question about the photo that a button binds, if it binds one, is settled without it: it only waits."""
    loose = await loose_photos.find(visit.work.conn, visit.chat.id, data["photo"]) if "photo" in data else None
    if loose is not None:
        await loose_photos.keep(visit.work.conn, replace(loose, card=None))


def not_yours(visit: Visit) -> Turn:
    """In a group the others only look on."""
    return Turn((Reply("", toast=texts.not_yours(visit.t)),), keep_state=True)


def in_pairs(buttons: Sequence[Button]) -> tuple[tuple[Button, ...], ...]:
    """Two a row."""
    return tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))

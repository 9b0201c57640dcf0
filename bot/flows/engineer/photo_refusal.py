"""What is said where a file is no photo that can be kept."""

from __future__ import annotations

from dataclasses import replace

from bot.conversation import Reply, Turn
from bot.texts import engineer_photos as texts
from bot.visit import Visit
from jobs.photo_intake import MAX_PHOTO_BYTES, PhotoRefusal, PhotoRefused, PreparedPhoto


def refusal(visit: Visit) -> Reply:
    """Why the photo is not kept, and what to send instead; below the photo, as others may have come with it."""
    return Reply(texts.photo_refused(visit.t, _reason(visit)), reply_to=visit.incoming.message_id)


def _reason(visit: Visit) -> PhotoRefusal:
    media = visit.incoming.media
    if isinstance(visit.photo, PhotoRefused):
        return visit.photo.reason
    if media and media.kind == "document":
        return PhotoRefusal.UNKNOWN_FORMAT
    return PhotoRefusal.TOO_LARGE if media and (media.size or 0) > MAX_PHOTO_BYTES else PhotoRefusal.DAMAGED


def with_refusal(visit: Visit, answered: Turn) -> Turn:
    """The answer to the caption, and below it why its photo is not kept, if it is not."""
    if isinstance(visit.photo, PreparedPhoto):
        return answered
    return replace(answered, replies=(*answered.replies, refusal(visit)))

"""What is said where a file is no photo that can be kept."""

from __future__ import annotations

from dataclasses import replace

from bot.conversation import Reply, Turn
from bot.texts import engineer_photos as texts
from bot.visit import Visit
from jobs.photo_intake import PhotoRefusal, PhotoRefused, PreparedPhoto


def refusal(visit: Visit) -> Reply:
    """Why the photo is not kept, and what to send instead."""
    if isinstance(visit.photo, PhotoRefused):
        return Reply(texts.photo_refused(visit.t, visit.photo.reason))
    if visit.incoming.media and visit.incoming.media.kind == "document":
        return Reply(texts.photo_refused(visit.t, PhotoRefusal.UNKNOWN_FORMAT))
    return Reply(texts.photo_lost(visit.t))


def with_refusal(visit: Visit, answered: Turn) -> Turn:
    """The answer to the caption, and below it why its photo is not kept, if it is not."""
    if isinstance(visit.photo, PreparedPhoto):
        return answered
    return replace(answered, replies=(*answered.replies, refusal(visit)))

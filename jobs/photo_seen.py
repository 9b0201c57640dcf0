"""Somebody has looked at a photo, or nobody could: those whom it concerns are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs import check_replacement, notify, pending
from jobs.check_photos import tell_contradictions
from jobs.propose_reading import propose
from storage import chat_readings, review
from storage.readings import ReadingState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.work import Work
    from storage.photo_looks import Asked

LOOKED = "photo.looked"
"""To an admin who asked for another look: the card again."""


async def photo_seen(work: Work, photo_id: int, asked: Sequence[Asked] = ()) -> None:
    """What was seen is stored: senders hear what it shows or contradicts, cards are drawn."""
    belongs = await chat_readings.with_photo(work.conn, photo_id)
    for reading in belongs:
        await tell_contradictions(work, reading)
    if not belongs:
        await propose(work, photo_id)
        await check_replacement.draw_again(work, photo_id)
    if any(reading.state is ReadingState.PENDING for reading in belongs):
        count, _ = await review.pending_count(work.conn)
        await pending.queue_changed(work, arrived=count == 1)
    for one in asked:
        await _draw_again(work, photo_id, one)


async def _draw_again(work: Work, photo_id: int, one: Asked) -> None:
    """The card that waits for this look, unless it shows something else by now."""
    if not one.stands or "card" not in one.shown:
        return
    source = f"{photo_id}:{work.now.isoformat()}:{work.ref}"
    await notify.enqueue(
        work,
        LOOKED,
        "photo",
        source,
        chat_id=one.chat_id,
        payload=one.shown,
        card=one.shown["card"],
    )

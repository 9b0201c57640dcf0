"""Sending a reading back to its engineer, with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.binding import Shown
from bot.flows.admin.card import reading_card, to_card
from bot.flows.admin.decide import redrawn, too_late, with_next
from bot.flows.admin.dialogue import answer
from bot.flows.admin.typed import is_reading
from bot.flows.engineer.message import take
from bot.flows.private import refused
from bot.router import Occasion, press, step
from bot.texts import admin
from bot.texts import admin_buttons as labels
from bot.texts import admin_card as texts
from domain.metering import Flag
from domain.roles import Permission, allowed
from jobs.approve_reading import Changed, SentBack, send_back
from storage import readings
from storage.readings import ReadingState

if TYPE_CHECKING:
    from bot.visit import Visit
    from storage.readings import Reading

_LONGEST_REASON = 200


@press("review.send_back", permission=Permission.REVIEW_READINGS)
async def asked(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The reasons as buttons, in the card's place; one in words may be typed at once."""
    shown = Shown.of(data)
    reading = await readings.get(visit.work.conn, shown.reading_id)
    if reading.state is not ReadingState.PENDING or reading.version != shown.version:
        return answer(visit, await reading_card(visit.work, visit.t, shown))
    reasons = [
        Button(labels.reason(visit.t, code), Action("review.reason", {**data, "reason": code}))
        for code in _reasons(reading)
    ]
    other = Button(labels.other_reason(visit.t), Action("review.other", dict(data)))
    rows = (tuple(reasons[:2]), tuple(reasons[2:]), (other, to_card(visit.t, shown)))
    photo_id = reading.photo_ids[-1] if reading.photo_ids else None
    reply = Reply(texts.ask_reason(visit.t, reading), rows, card=shown.card, photo_id=photo_id)
    return Turn((reply,), State("review", "reason", dict(data)))


def _reasons(reading: Reading) -> list[str]:
    """Codes of the reasons that can be true of it."""
    photo = "no_photo" if reading.has_photo else "unclear_photo"
    if Flag.SAME_AS_LAST not in reading.flags:
        value = "same_as_last"
    else:
        value = "" if Flag.FAR_ABOVE_USUAL in reading.flags else "too_high"
    return [code for code in labels.REASONS if code not in {photo, value}]


@press("review.reason", permission=Permission.REVIEW_READINGS)
async def chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, *(await _sent(visit, Shown.of(data), data["reason"])))


@press("review.other", permission=Permission.REVIEW_READINGS)
async def other(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Ask for a reason in words."""
    reading = await readings.get(visit.work.conn, data["id"])
    cancel = Button(admin.cancel(visit.t), Action("review.leave"))
    return Turn(
        (Reply(texts.type_reason(visit.t, reading.flat_code), ((cancel,),)),), State("review", "reason", dict(data))
    )


@step("review", "reason", claims=(Occasion.READING,))
async def typed(visit: Visit) -> Turn:
    """The reason in the admin's own words."""
    if visit.state is None or not allowed(visit.roles, Permission.REVIEW_READINGS):
        return await refused(visit)
    if is_reading(visit):
        return await take(visit)
    shown = Shown.of(visit.state.data)
    if not 0 < len(visit.text) <= _LONGEST_REASON:
        return Turn((Reply(texts.reason_too_long(visit.t)),), keep_state=True)
    return Turn(await _sent(visit, shown, visit.text))


async def _sent(visit: Visit, shown: Shown, reason: str) -> tuple[Reply, ...]:
    outcome = await send_back(visit.work, shown.reading_id, shown.version, reason)
    if isinstance(outcome, SentBack):
        return await with_next(visit, shown)
    if isinstance(outcome, Changed):
        return await redrawn(visit, shown, outcome.preview)
    return await too_late(visit, shown, outcome)

"""Correcting a value: typed, still waiting afterwards, with its new sum."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, assert_never

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.binding import Shown
from bot.flows.admin.card import card_of_preview, reading_card
from bot.flows.admin.decide import redrawn, too_late
from bot.flows.admin.dialogue import answer
from bot.flows.private import refused
from bot.router import press, step
from bot.texts import admin, taken_out
from bot.texts import admin_card as texts
from bot.texts import admin_motor as motor_texts
from domain.number_text import NumberError, clean_text
from domain.roles import Permission, allowed
from domain.units import parse_units
from jobs.approve_reading import Changed, Corrected, Decided, correct
from jobs.submit_reading import BadDate
from jobs.taken_out import TakenOut
from storage import readings
from storage.readings import ReadingState

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.visit import Visit
    from jobs.approve_reading import Correction
    from storage.readings import Reading

_SHARE = re.compile(
    r"(?P<value>\S+(?: (?:kwh|units?|यूनिट))?)(?:[, +]+(?:motor|m|मोटर)[ :=]*(?P<share>\S+))?", re.IGNORECASE
)


@press("review.correct", permission=Permission.REVIEW_READINGS)
async def asked(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Ask for the right value; a reading decided meanwhile is shown instead."""
    shown = Shown.of(data)
    reading = await readings.get(visit.work.conn, shown.reading_id)
    if reading.state is not ReadingState.PENDING or reading.version != shown.version:
        return answer(visit, await reading_card(visit.work, visit.t, shown))
    return ask_for_value(visit, reading, shown)


def ask_for_value(visit: Visit, reading: Reading, shown: Shown) -> Turn:
    """The question, bound to the reading as it is now; `shown` names the card that is redrawn with the answer."""
    bound = replace(shown, version=reading.version)
    cancel = Button(admin.cancel(visit.t), Action("review.leave"))
    return Turn((Reply(texts.ask_value(visit.t, reading), ((cancel,),)),), State("review", "correct", bound.data()))


@press("review.leave", permission=Permission.REVIEW_READINGS)
async def left(visit: Visit, _: Mapping[str, Any]) -> Turn:
    """Leave a question of the review unanswered."""
    return Turn((Reply(admin.cancelled(visit.t)),))


@step("review", "correct")
async def typed(visit: Visit) -> Turn:
    """The value, with a motor share if one follows."""
    if visit.state is None or not allowed(visit.roles, Permission.REVIEW_READINGS):
        return await refused(visit)
    try:
        value, share = _measured(visit.text)
    except NumberError as error:
        return Turn((Reply(texts.bad_value(visit.t, error.reason.explanation)),), keep_state=True)
    shown = Shown.of(visit.state.data)
    if share is not None and (await readings.get(visit.work.conn, shown.reading_id)).meter.is_motor:
        return Turn((Reply(motor_texts.no_share(visit.t)),), keep_state=True)
    outcome = await correct(visit.work, shown.reading_id, shown.version, value, share)
    return await _answered(visit, shown, outcome)


async def _answered(visit: Visit, shown: Shown, outcome: Correction) -> Turn:
    match outcome:
        case Corrected():
            return Turn(await _told(visit, shown, outcome))
        case Changed():
            return Turn(await redrawn(visit, shown, outcome.preview))
        case Decided():
            return Turn(await too_late(visit, shown, outcome))
        case BadDate() | TakenOut():
            return Turn((Reply(taken_out.not_corrected(visit.t, outcome)),), keep_state=True)
        case _:
            assert_never(outcome)


async def _told(visit: Visit, shown: Shown, outcome: Corrected) -> tuple[Reply, ...]:
    """The old card says what was corrected; a new one below has the new sum."""
    reading = outcome.preview.draft.reading
    old = Reply(
        texts.corrected(visit.t, reading, outcome.before, visit.work.actor.name),
        card=shown.card,
        photo_id=reading.photo_ids[-1] if reading.photo_ids else None,
    )
    new = replace(shown, card=f"review:{visit.work.ref}")
    return (old, await card_of_preview(visit.work, visit.t, new, outcome.preview))


def _measured(text: str) -> tuple[Decimal, Decimal | None]:
    """`146`, `146 motor 3.2`; raises NumberError."""
    plain = clean_text(text)
    match = _SHARE.fullmatch(plain)
    if match is None:
        return parse_units(plain), None
    share = parse_units(match["share"]) if match["share"] else None
    return parse_units(match["value"]), share

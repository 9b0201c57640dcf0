"""On the card of a reading lower than last time: the office says that the register began anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.binding import Shown
from bot.flows.admin.dialogue import answer
from bot.router import press
from bot.texts import registers as texts
from domain.roles import Permission
from jobs.roll_over import roll_over, turn_of
from jobs.submit_reading import Saved
from storage.readings import ReadingState

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.texts.admin_reading import ReadingFacts
    from bot.visit import Visit
    from jobs.work import Work


def with_way(work: Work, t: Translator, shown: Shown, facts: ReadingFacts, card: Reply) -> Reply:
    """The card with the question whether the register began anew, where it may have."""
    reading = facts.reading
    turn = turn_of(work, reading, facts.usual) if reading.state is ReadingState.PENDING else None
    if turn is None:
        return card
    past = Button(texts.went_past_button(t, turn), Action("review.rolled_over", shown.data()))
    first, *others = card.buttons
    beside, left = (others[0], others[1:]) if others and len(others[0]) == 1 else ((), others)
    rows = (first, (past, *beside), *left)
    return replace(card, text=f"{card.text}\n{texts.may_be_past(t, reading, turn)}", buttons=rows)


@press("review.rolled_over", permission=Permission.REVIEW_READINGS)
async def said_so(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The card with its new sum; nothing is approved by this."""
    from bot.flows.admin.card import reading_card

    shown = Shown.of(data)
    outcome = await roll_over(visit.work, shown.reading_id, shown.version)
    if isinstance(outcome, Saved):
        shown = replace(shown, version=outcome.reading.version)
    return answer(visit, await reading_card(visit.work, visit.t, shown))

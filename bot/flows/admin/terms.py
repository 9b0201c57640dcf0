"""Changing the period or the due date of a bill before it is approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.binding import Shown
from bot.flows.admin.card import reading_card, to_card
from bot.flows.admin.dialogue import answer
from bot.flows.private import refused
from bot.router import press, step
from bot.texts import admin
from bot.texts import admin_buttons as labels
from bot.texts import admin_card as texts
from domain.date_text import HALF_A_YEAR, DateTextError, parse_date
from domain.roles import Permission, allowed
from jobs.approve_reading import preview
from jobs.draft_bill import NO_TERMS, Terms

if TYPE_CHECKING:
    from bot.visit import Visit

_EXAMPLE = "12 Nov"


@press("review.terms", permission=Permission.REVIEW_READINGS)
async def asked(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """What to change, as buttons in the card's place."""
    shown = Shown.of(data)
    seen = await preview(visit.work, shown.reading_id, shown.terms)
    days = {"start": labels.first_day, "end": labels.last_day, "due": labels.due_day}
    buttons = [Button(label(visit.t), Action("review.day", {**data, "what": what})) for what, label in days.items()]
    rules = Button(labels.rules_decide(visit.t), Action("review.show", shown.with_terms(NO_TERMS).data()))
    rows = (tuple(buttons[:2]), (buttons[2], rules), (to_card(visit.t, shown),))
    photos = seen.draft.reading.photo_ids
    reply = Reply(texts.ask_terms(visit.t, seen.draft), rows, card=shown.card, photo_id=photos[-1] if photos else None)
    return answer(visit, reply)


@press("review.day", permission=Permission.REVIEW_READINGS)
async def day_asked(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Ask for the day."""
    cancel = Button(admin.cancel(visit.t), Action("review.leave"))
    reply = Reply(texts.ask_day(visit.t, data["what"], _EXAMPLE), ((cancel,),))
    return Turn((reply,), State("review", "day", dict(data)))


@step("review", "day")
async def typed(visit: Visit) -> Turn:
    """The day; the card below shows what follows from it."""
    if visit.state is None or not allowed(visit.roles, Permission.REVIEW_READINGS):
        return await refused(visit)
    try:
        day = _day(visit.text, visit.work.today)
    except DateTextError:
        return Turn((Reply(texts.bad_day(visit.t, _EXAMPLE)),), keep_state=True)
    shown = Shown.of(visit.state.data)
    terms = _with(shown.terms, visit.state.data["what"], day)
    new = replace(shown, terms=terms, card=f"review:{visit.work.ref}")
    return Turn((await reading_card(visit.work, visit.t, new),))


def _day(text: str, today: date) -> date:
    """The day meant, in the future too, without a year the nearest of its name; raises DateTextError."""
    if text.strip().casefold() in {"tomorrow", "today"}:
        return today + timedelta(days=text.strip().casefold() == "tomorrow")
    return parse_date(text, today + HALF_A_YEAR, back=2 * HALF_A_YEAR)


def _with(terms: Terms, what: str, day: date) -> Terms:
    changed = {
        "start": replace(terms, start=day),
        "end": replace(terms, end=day),
        "due": replace(terms, due=day),
    }
    return changed[what]

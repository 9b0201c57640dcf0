"""The buttons of the step-by-step dialogue: go on from what the card showed, send, stop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from bot.conversation import Reply, Turn
from bot.flows.engineer import cards
from bot.flows.engineer.place import OURS, here, turn
from bot.flows.engineer.questions import card_of, summary_text
from bot.flows.engineer.steps import go
from bot.router import press
from bot.texts import engineer_dialogue as texts
from bot.visit import Visit
from domain.roles import Permission
from jobs.submit_reading import AlreadyStored, BadDate, Saved, Submission, submit


@press("read.go", permission=Permission.SUBMIT_READING)
async def pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """One answer more; also from an older card."""
    return await go(visit, data["data"])


@press("read.send", permission=Permission.SUBMIT_READING)
async def sent(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Submit; a second press stores nothing twice."""
    answers = data["data"]
    submission = _submission(visit, answers)
    outcome = await submit(visit.work, submission)
    if isinstance(outcome, BadDate):
        again = {name: value for name, value in answers.items() if name != "on"}
        asked = await go(visit, {**again, "turn": visit.key})
        return Turn((await cards.answer(visit, outcome, submission), *asked.replies), asked.state)
    reply = await cards.answer(visit, outcome, submission)
    if not isinstance(outcome, Saved | AlreadyStored):
        return turn(visit, reply)
    return turn(visit, Reply(await summary_text(visit, answers), card=card_of(answers)), reply)


@press("read.stop", permission=Permission.SUBMIT_READING)
async def stopped(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Nothing is sent."""
    reply = Reply(texts.stopped(visit.t), card=data["card"])
    return turn(visit, reply) if visit.state and visit.state.flow in OURS else here(reply)


def _submission(visit: Visit, answers: Mapping[str, Any]) -> Submission:
    return Submission(
        target=answers["number"],
        value=Decimal(answers["value"]),
        motor_share=None if answers["share"] is None else Decimal(answers["share"]),
        on=date.fromisoformat(answers["on"]),
        key=answers["key"],
        sent_at=visit.incoming.sent_at,
        chat_id=visit.chat.id,
        photo_ids=tuple(answers["photos"]),
    )

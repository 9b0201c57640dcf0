"""Forgetting an owner who left: who, what would go and stay, and the button that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.router import command, press
from bot.texts import admin_forget as texts
from bot.visit import Visit
from domain.roles import Permission
from jobs import forget_owner as jobs
from jobs.forget_owner import Changed, Done, Forgotten, NotYet, Preview

_MANAGE = Permission.MANAGE_PEOPLE
_MOST_BUTTONS = 6
_LONGEST = 60


@command("forget", permission=_MANAGE, about=texts.about_forget)
async def asked(visit: Visit, typed: str) -> Turn:
    """Owners who left as buttons; the only one that is meant at once."""
    found = await jobs.who_left(visit.work, typed[:_LONGEST])
    card = f"forget:{visit.work.ref}"
    if not found:
        return answer(visit, Reply(texts.nobody(visit.t, typed[:_LONGEST])))
    if typed and len(found) == 1:
        return await look(visit, {"owner": found[0].owner_id, "card": card})
    buttons = [
        Button(texts.left_button(one), Action("forget.look", {"owner": one.owner_id, "card": card}))
        for one in found[:_MOST_BUTTONS]
    ]
    text = texts.listed(visit.t, more=len(found) > _MOST_BUTTONS)
    return answer(visit, Reply(text, tuple((button,) for button in buttons), card=card))


@press("forget.look", permission=_MANAGE)
async def look(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """What would go and stay."""
    return answer(visit, _shown(visit, await jobs.look(visit.work, data["owner"]), data["card"]))


@press("forget.do", permission=_MANAGE)
async def do(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Do what the button restated."""
    return answer(visit, _shown(visit, await jobs.forget(visit.work, data["owner"], data["seal"]), data["card"]))


@press("forget.keep", permission=_MANAGE)
async def keep(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, Reply(texts.kept(visit.t), card=data["card"]))


def _shown(visit: Visit, seen: Preview | NotYet | Forgotten | Done | Changed, card: str) -> Reply:
    t = visit.t
    match seen:
        case Preview():
            return Reply(texts.preview(t, seen), _buttons(visit, seen, card), card=card)
        case Changed(now):
            text = f"{texts.changed(t)}\n\n{texts.preview(t, now)}"
            return Reply(text, _buttons(visit, now, card), card=card)
        case Done():
            return Reply(texts.done(t, seen), card=card)
        case Forgotten(at=at):
            local = at.astimezone(visit.work.society.zone) if at else None
            return Reply(texts.before(t, seen, local), card=card)
        case NotYet():
            return Reply(texts.not_yet(t, seen), card=card)


def _buttons(visit: Visit, seen: Preview, card: str) -> tuple[tuple[Button, ...], ...]:
    bound = {"owner": seen.owner_id, "seal": seen.seal, "card": card}
    doing = Button(texts.forget_button(visit.t, seen), Action("forget.do", bound))
    return ((doing,), (Button(texts.keep_button(visit.t), Action("forget.keep", {"card": card})),))

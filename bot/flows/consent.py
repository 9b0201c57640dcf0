"""STOP and START, and the settings: language, and in which chat bills come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.engineer.ending import ended
from bot.flows.onboarding import language_buttons
from bot.flows.private import in_private, led_there
from bot.router import command, press
from bot.texts import consent as texts
from bot.texts import onboarding
from domain.roles import Role
from jobs import consent
from storage import chats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.visit import Visit


@command("stop", "रोकें", alone=True)
async def stop(visit: Visit, _: str) -> Turn:
    """Nothing is written here first any more. In a group the bare word is somebody's talk, not meant for us.

    While an engineer's dialogue or round is open, the bare word ends that first.
    """
    is_command = visit.text.startswith("/")
    if not visit.chat.is_private:
        return await led_there(visit) if is_command else Turn(keep_state=True)
    left = None if is_command else await ended(visit)
    if left is not None:
        return left
    await consent.stop(visit.work, visit.chat)
    return Turn((Reply(texts.stopped(visit.t)),), keep_state=True)


@command("settings", about=texts.about_settings)
@in_private
async def settings(visit: Visit, _: str) -> Turn:
    """What can be chosen, and how it is."""
    return Turn((await _settings(visit, f"settings:{visit.work.ref}"),), keep_state=True)


@press("settings.here")
@in_private
async def here(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Bills come to this chat from now on."""
    if visit.chat.person_id is None:
        return Turn(keep_state=True)
    await consent.choose(visit.work, visit.chat)
    return Turn((Reply(texts.sent_here(visit.t), card=data["card"]),), keep_state=True)


async def _settings(visit: Visit, card: str) -> Reply:
    t, rows = visit.t, [language_buttons(visit, "language.set", card)]
    lines = [onboarding.choose_language()]
    if visit.chat.opted_out_at is not None:
        lines.insert(0, texts.is_stopped(t))
    elif Role.OWNER in visit.roles and await _has_several(visit):
        if await chats.is_first(visit.work.conn, visit.chat.id):
            lines.insert(0, texts.comes_here(t))
        else:
            lines.insert(0, texts.comes_elsewhere(t))
            rows.append((Button(texts.send_here_button(t), Action("settings.here", {"card": card})),))
    return Reply("\n\n".join(lines), tuple(rows), card=card)


async def _has_several(visit: Visit) -> bool:
    person = visit.chat.person_id
    return person is not None and await chats.count(visit.work.conn, person) > 1

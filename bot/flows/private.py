"""What belongs to one person, or to the office, is never said in a group, nor to an admin who has not logged in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeVar

from bot.conversation import Button, Reply, Turn
from bot.texts import engine
from bot.texts import onboarding as texts
from bot.visit import Visit
from jobs import admin_login
from jobs.people import our_chat

Asked = TypeVar("Asked")
"""What a command or a button's handler is given beside the visit."""


def in_private(handler: Callable[[Visit, Asked], Awaitable[Turn]]) -> Callable[[Visit, Asked], Awaitable[Turn]]:
    """The command or button answers in a private chat only; in a group it leads there."""

    @wraps(handler)
    async def guarded(visit: Visit, asked: Asked) -> Turn:
        if not visit.chat.is_private:
            return await led_there(visit)
        return await handler(visit, asked)

    return guarded


async def led_there(visit: Visit) -> Turn:
    """The way to the private chat instead of an answer."""
    address = await our_chat(visit.work) if visit.chat.channel == "telegram" else None
    there = ((Button(texts.open_chat_button(visit.t), url=address),),) if address else ()
    return Turn((Reply(texts.private_only(visit.t), there),), keep_state=True)


async def led_to_login(visit: Visit) -> Turn:
    """The way to the login instead of an answer. Its address is for one person: it is never sent to a group."""
    if not visit.chat.is_private:
        return await led_there(visit)
    await admin_login.ask(visit.work, visit.chat.id, visit.key)
    return Turn(keep_state=True)


async def refused(visit: Visit) -> Turn:
    """To an admin's dialogue whose right has ended meanwhile; where it is only the login, the dialogue stays."""
    return await led_to_login(visit) if visit.must_log_in else Turn((Reply(engine.not_allowed(visit.t)),))

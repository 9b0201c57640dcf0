"""What belongs to one person, or to the office, is never said in a group."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeVar

from bot.conversation import Button, Reply, Turn
from bot.texts import onboarding as texts
from bot.visit import Visit
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

"""What belongs to one person is never said in a group."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from bot.conversation import Reply, Turn
from bot.texts.onboarding import private_only
from bot.visit import Visit

CommandHandler = Callable[[Visit, str], Awaitable[Turn]]


def in_private(handler: CommandHandler) -> CommandHandler:
    """The command answers in a private chat only; in a group it says so."""

    @wraps(handler)
    async def guarded(visit: Visit, argument: str) -> Turn:
        if not visit.chat.is_private:
            return Turn((Reply(private_only(visit.t)),), keep_state=True)
        return await handler(visit, argument)

    return guarded

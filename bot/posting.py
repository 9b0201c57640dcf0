"""A flow's reply into a message that can be queued: every button becomes an opaque token bound to the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation import Button, Reply
from jobs.ports import Key, Message
from storage import conversations
from storage.conversations import StoredAction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.database import Connection


async def as_message(conn: Connection, chat_id: int, reply: Reply, language: str = "en") -> Message:
    """The reply, worded in `language`, as a message to this chat; what its buttons do is stored by the transaction."""
    actions = [button.action for row in reply.buttons for button in row if button.action]
    stored = [StoredAction(action.name, action.data) for action in actions]
    tokens = iter(await conversations.add_actions(conn, chat_id, stored))
    return Message(
        text=reply.text or reply.toast or "",
        keys=tuple(tuple(_key(button, tokens) for button in row) for row in reply.buttons),
        photo_id=reply.photo_id,
        keyboard=reply.keyboard,
        remove_keyboard=reply.remove_keyboard,
        reply_to=reply.reply_to,
        document_name=reply.document_name,
        document=reply.document,
        template=reply.template,
        language=language,
        passing=reply.passing,
    )


def _key(button: Button, tokens: Iterator[str]) -> Key:
    return Key(button.label, next(tokens) if button.action else None, button.url, button.copy)

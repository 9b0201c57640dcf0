"""The channel-neutral words: what comes in, what goes out. A channel only translates to and from these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from jobs.ports import Keyboard, Template

__all__ = ["SHOW", "Action", "Button", "Incoming", "Keyboard", "MediaRef", "Reply", "SharedContact", "State", "Turn"]


SHOW: Final = "show:"
"""The press of a template's button that asks for the message itself; all other presses are tokens of ours."""


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A photo or document as the channel names it; fetched by the engine before the transaction."""

    file_id: str
    kind: str
    """`photo` or `document`."""
    size: int | None = None
    name: str | None = None
    mime: str | None = None


@dataclass(frozen=True, slots=True)
class SharedContact:
    """A contact shared in the chat. `is_senders_own` is true only where the platform proves it."""

    phone: str
    name: str
    is_senders_own: bool


@dataclass(frozen=True, slots=True)
class Incoming:
    """One inbound message or button press.

    `sent_at` is when the person sent it (aware), however late it arrives. `message_id` identifies it in its chat;
    `press` is the opaque token of a button, `pressed_message_id` the message that carried it. `phone` is the sender's
    number (E.164) where the platform proves it with every message, `scoped_id` the platform's second name for the chat.
    """

    channel: str
    chat: str
    sender: str
    sent_at: datetime
    message_id: str | None = None
    text: str | None = None
    media: MediaRef | None = None
    contact: SharedContact | None = None
    press: str | None = None
    press_id: str | None = None
    pressed_message_id: str | None = None
    reply_to: str | None = None
    album: str | None = None
    edited: bool = False
    is_private: bool = True
    name: str = ""
    language: str | None = None
    username: str | None = None
    phone: str | None = None
    scoped_id: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What a button does when it is pressed: the name of a registered handler and what the card showed.

    `data` holds what the press binds (row, version, value): JSON values only.
    """

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Button:
    """One inline button: exactly one of `action`, `url`, `copy`."""

    label: str
    action: Action | None = None
    url: str | None = None
    copy: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One outgoing message.

    `text` is the neutral markup: plain text with `<b>`, `<i>`, `<code>`, `<pre>` only; everything that people typed
    is escaped with `bot.i18n.escape`. Messages with the same `card` in one chat are one message, edited in place.
    A message has inline `buttons` or a `keyboard`, not both: no chat app shows two.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    card: str | None = None
    photo_id: int | None = None
    """A row of `photos`, shown above the text."""
    keyboard: Keyboard | None = None
    remove_keyboard: bool = False
    reply_to: str | None = None
    document_name: str | None = None
    document: bytes | None = None
    toast: str | None = None
    """A short notice in place of a message when `text` is empty. The press itself was acknowledged when it was
    stored, so a channel shows the notice as a small message of its own."""
    template: Template | None = None
    """Says the same where the person may not be written to freely (WhatsApp, a day after they last wrote)."""
    passing: bool = False
    """A state that another will follow soon: where a channel cannot edit, only the card's first one is shown."""

    def __post_init__(self) -> None:
        if self.buttons and (self.keyboard or self.remove_keyboard):
            raise ValueError("a reply has inline buttons or a keyboard, not both")


@dataclass(frozen=True, slots=True)
class State:
    """Where a chat is in a dialogue. `data` is JSON."""

    flow: str
    step: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a flow answers: messages to this chat, and where the chat is afterwards (`None`: in no dialogue)."""

    replies: tuple[Reply, ...] = ()
    state: State | None = None
    keep_state: bool = False
    """True: leave the chat where it was (a reading sent amid another dialogue)."""

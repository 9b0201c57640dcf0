"""What the jobs need from outside, as types: messages as a channel gets them, and what came of sending one."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from jobs.work import Work

_LANGUAGE: Final = "en"


@dataclass(frozen=True, slots=True)
class Keyboard:
    """The persistent keys below the text field. `asks_contact` is the label that shares one's own number."""

    rows: tuple[tuple[str, ...], ...]
    placeholder: str = ""
    asks_contact: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """One inline button: exactly one of the opaque token `press`, `url`, `copy`."""

    label: str
    press: str | None = None
    url: str | None = None
    copy: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """The approved template that says the same where a channel takes nothing else.

    `button` is the end of the link behind its button.
    """

    name: str
    parameters: tuple[str, ...] = ()
    button: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message ready to leave: neutral markup, buttons as opaque tokens. A row of the outbox keeps it as JSON."""

    text: str = ""
    keys: tuple[tuple[Key, ...], ...] = ()
    photo_id: int | None = None
    keyboard: Keyboard | None = None
    remove_keyboard: bool = False
    reply_to: str | None = None
    document_name: str | None = None
    document: bytes | None = None
    commands: tuple[tuple[str, str], ...] | None = None
    """Set: this is the chat's menu of commands (name, one line about it), not a message."""
    template: Template | None = None
    """Said in its place to a person who may not be written to freely now (WhatsApp, a day after they last wrote)."""
    language: str = _LANGUAGE
    """What the text is written in."""
    passing: bool = False
    """A state that another will follow soon: where a channel cannot edit, only the card's first one is shown."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A queued fact to be told (`kind` and its source row), and to whom."""

    id: int
    kind: str
    source_type: str
    source_id: str
    sequence: int
    channel: str
    chat_id: int
    person_id: int | None
    bill_id: int | None
    payload: Mapping[str, Any]
    card: str | None


class Wording(Protocol):
    """Turns a fact into words at the moment of sending, looking again at what it is about."""

    async def word(self, work: Work, notice: Notice) -> Message | None:
        """The message in the recipient's language; `None`: no longer to be said (paid, superseded, revoked)."""


@dataclass(frozen=True, slots=True)
class Posted:
    """An earlier message of the same card, to be edited in place."""

    external_id: str
    photo_id: int | None
    as_template: bool = False
    """It is there in the few words of a template."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message and where it goes. `photo` loads the content of `message.photo_id`; `None`: there is none.

    `heard_at` is when the person last wrote; `None`: never, or free words were refused since. `society` signs what is
    said in a template. `admit` is asked before a person is written to first, where a platform limits to how many;
    what it returns is the outcome then. `row` names the message to us.
    """

    chat: str
    is_private: bool
    message: Message
    edits: Posted | None = None
    photo: Callable[[], Awaitable[bytes | None]] | None = None
    bulk: bool = False
    heard_at: datetime | None = None
    society: str = ""
    admit: Callable[[], Awaitable[Postponed | None]] | None = None
    row: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """It arrived, or was there already. `external_id` names it in its chat.

    `as_template`: in the few words of a template, without photo and buttons.
    """

    external_id: str | None = None
    as_template: bool = False


@dataclass(frozen=True, slots=True)
class Paused:
    """The platform wants the whole channel to wait; not the message's failure."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Postponed:
    """The platform takes this message later (its chat or the day has had enough); not the message's failure."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """It certainly did not arrive and may be tried again (connection refused, server error)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer after sending began: it may have arrived."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """This chat cannot be written to until its person writes again (blocked, never started, gone)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform will never take this message."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The platform refuses the whole channel (bad token): nothing more is sent until somebody mends it."""

    reason: str


Outcome = Sent | Paused | Postponed | NotSent | Unknown | Unreachable | Refused | Stopped


@dataclass(frozen=True, slots=True)
class TemplateWanted:
    """The person last wrote too long ago: it has to be said in the words of a template."""

    reason: str


LateFailure = Postponed | NotSent | Unreachable | Refused | Stopped | TemplateWanted
"""What came of a message that the platform took first, and told later that it did not arrive."""


class Courier(Protocol):
    """The outgoing side of a channel."""

    @property
    def channel(self) -> str: ...

    @property
    def edits(self) -> bool:
        """Whether what was sent can be changed in place."""

    async def deliver(self, parcel: Parcel) -> Outcome:
        """Sends or edits; never raises for anything the platform or the network does."""


_TAG = re.compile(r"</?(b|i|code|pre)>")


def plain(text: str) -> str:
    """The neutral markup as a person reads it."""
    return html.unescape(_TAG.sub("", text))


def as_json(message: Message) -> dict[str, Any]:
    """The message as JSON values, without what is empty."""
    raw: dict[str, Any] = {
        "text": message.text,
        "keys": [[_key_json(key) for key in row] for row in message.keys],
        "photo_id": message.photo_id,
        "keyboard": message.keyboard and _keyboard_json(message.keyboard),
        "remove_keyboard": message.remove_keyboard,
        "reply_to": message.reply_to,
        "document_name": message.document_name,
        "document": message.document and base64.b64encode(message.document).decode(),
        "template": message.template and _template_json(message.template),
        "passing": message.passing,
    }
    shown = {name: value for name, value in raw.items() if value}
    if message.commands is not None:
        shown["commands"] = [list(command) for command in message.commands]
    if message.language != _LANGUAGE:
        shown["language"] = message.language
    return shown


def from_json(raw: Mapping[str, Any]) -> Message:
    """Inverse of `as_json`."""
    keyboard, document, commands = raw.get("keyboard"), raw.get("document"), raw.get("commands")
    template = raw.get("template")
    return Message(
        text=raw.get("text", ""),
        keys=tuple(tuple(Key(**key) for key in row) for row in raw.get("keys", ())),
        photo_id=raw.get("photo_id"),
        keyboard=keyboard and _keyboard(keyboard),
        remove_keyboard=raw.get("remove_keyboard", False),
        reply_to=raw.get("reply_to"),
        document_name=raw.get("document_name"),
        document=base64.b64decode(document) if document else None,
        commands=None if commands is None else tuple((name, about) for name, about in commands),
        template=template and Template(template["name"], tuple(template["parameters"]), template["button"]),
        language=raw.get("language", _LANGUAGE),
        passing=raw.get("passing", False),
    )


def _key_json(key: Key) -> dict[str, str]:
    values = {"label": key.label, "press": key.press, "url": key.url, "copy": key.copy}
    return {name: value for name, value in values.items() if value is not None}


def _template_json(template: Template) -> dict[str, Any]:
    return {"name": template.name, "parameters": list(template.parameters), "button": template.button}


def _keyboard_json(keyboard: Keyboard) -> dict[str, Any]:
    rows = [list(row) for row in keyboard.rows]
    return {"rows": rows, "placeholder": keyboard.placeholder, "asks_contact": keyboard.asks_contact}


def _keyboard(raw: Mapping[str, Any]) -> Keyboard:
    rows = tuple(tuple(row) for row in raw["rows"])
    return Keyboard(rows, raw.get("placeholder", ""), raw.get("asks_contact"))

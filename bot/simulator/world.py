"""What the simulated Telegram remembers: people, chats and their messages."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from bot.simulator.files import FileStore
from bot.simulator.shapes import Json

MESSAGES_KEPT_PER_CHAT = 5_000


class ChangeKind(StrEnum):
    SENT = "sent"
    EDITED = "edited"
    DELETED = "deleted"
    TOAST = "toast"
    ACTION = "action"
    PRESSED = "pressed"
    PHONE = "phone"
    COMMANDS = "commands"


@dataclass(frozen=True, slots=True)
class Message:
    """`shown` is the Bot API's Message. An edit replaces the whole value; `revision` grows with every change."""

    shown: Json
    from_bot: bool
    revision: int
    keyboard: Json | None = None

    @property
    def id(self) -> int:
        number: int = self.shown["message_id"]
        return number


@dataclass(slots=True)
class Chat:
    """`started`: the person has written to the bot. `keyboard`: the reply keyboard under the text field."""

    id: int
    shown: Json
    members: tuple[int, ...]
    started: bool = False
    blocked: bool = False
    keyboard: Json | None = None
    pinned: int | None = None
    messages: OrderedDict[int, Message] = field(default_factory=OrderedDict)

    @property
    def is_private(self) -> bool:
        return self.id > 0


@dataclass(frozen=True, slots=True)
class Change:
    """Something a phone sees: a message came, changed or went, a toast, "typing…"."""

    kind: ChangeKind
    chat_id: int
    message: Message | None = None
    detail: Json = field(default_factory=dict)


class World:
    """People, chats and messages. Everyone who wants to see changes adds a listener."""

    def __init__(self, clock: Callable[[], float], first_id: int, files: FileStore | None = None) -> None:
        self.users: dict[int, Json] = {}
        self.chats: dict[int, Chat] = {}
        self.files = files or FileStore(first_id)
        self.listeners: list[Callable[[Change], None]] = []
        self.revision = 0
        self._watchers: defaultdict[int, list[Callable[[Change], None]]] = defaultdict(list)
        self._clock = clock
        self._next_message_id = first_id
        self._next_group_id = -4_000_001
        self._next_album = 13_500_000_000_000_000 + first_id

    def now(self) -> int:
        return int(self._clock())

    def add_person(self, user: Json) -> Chat:
        """A person and their private chat with the bot, not started yet."""
        user_id: int = user["id"]
        self.users[user_id] = user
        shown = {"id": user_id, "first_name": user["first_name"], "type": "private"}
        if user.get("last_name"):
            shown["last_name"] = user["last_name"]
        return self.chats.setdefault(user_id, Chat(user_id, shown, (user_id,)))

    def add_group(self, title: str, members: tuple[int, ...]) -> Chat:
        group_id = self._next_group_id
        self._next_group_id -= 1
        shown = {
            "id": group_id,
            "title": title,
            "type": "group",
            "all_members_are_administrators": True,
            "accepted_gift_types": no_gifts(),
        }
        chat = Chat(group_id, shown, members, started=True)
        self.chats[group_id] = chat
        return chat

    def new_album_id(self) -> str:
        self._next_album += 1
        return str(self._next_album)

    def add_message(
        self, chat: Chat, sender: Json, content: Json, *, from_bot: bool, keyboard: Json | None = None
    ) -> Message:
        """A new message with the next id. `content` is all of it but id, sender, chat and date."""
        self.revision += 1
        shown = {
            "message_id": self._next_message_id,
            "from": sender,
            "chat": chat.shown,
            "date": self.now(),
            **content,
        }
        self._next_message_id += 1
        message = Message(shown, from_bot, self.revision, keyboard)
        chat.messages[message.id] = message
        if len(chat.messages) > MESSAGES_KEPT_PER_CHAT:
            chat.messages.popitem(last=False)
        self.tell(Change(ChangeKind.SENT, chat.id, message))
        return message

    def replace_message(self, chat: Chat, old: Message, shown: Json) -> Message:
        self.revision += 1
        message = Message(shown, old.from_bot, self.revision, old.keyboard)
        chat.messages[message.id] = message
        self.tell(Change(ChangeKind.EDITED, chat.id, message))
        return message

    def delete_message(self, chat: Chat, message_id: int) -> None:
        message = chat.messages.pop(message_id)
        self.revision += 1
        self.tell(Change(ChangeKind.DELETED, chat.id, message))

    def watch(self, chat_id: int, listener: Callable[[Change], None]) -> None:
        """Hears of one chat's changes only."""
        self._watchers[chat_id].append(listener)

    def tell(self, change: Change) -> None:
        for listener in (*self._watchers.get(change.chat_id, ()), *self.listeners):
            listener(change)


def no_gifts() -> Json:
    kinds = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    return dict.fromkeys(kinds, False)


def quoted(message: Message) -> Json:
    """The message as it shows inside a reply: without the one it replies to itself."""
    return {name: value for name, value in message.shown.items() if name != "reply_to_message"}

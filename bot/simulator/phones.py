"""A phone in somebody's hand: what a test or the page can do with it, and what it sees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from urllib.parse import parse_qs, urlsplit

from bot.simulator import limits
from bot.simulator.files import content_of
from bot.simulator.seen import Button, ButtonKind, SeenMessage, find_button, keyboard_buttons, seen
from bot.simulator.shapes import Json
from bot.simulator.spec import PhoneSpec
from bot.simulator.telephone import caption_content, text_content
from bot.simulator.watch import PhoneError, Toast, Wanted, Watch, predicate
from bot.simulator.world import Change, ChangeKind, Chat, Message, World


@dataclass(slots=True)
class Sent:
    """A message this phone sent; `message_id` is 0 while the phone is offline."""

    message_id: int = 0


@dataclass(frozen=True, slots=True)
class Photo:
    data: bytes
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person's card. `user_id` None: a number that is not on Telegram."""

    phone_number: str
    first_name: str
    user_id: int | None = None
    forwarded: bool = False


Target: TypeAlias = int | Sent | SeenMessage


class Network(Protocol):
    """The platform a phone is on."""

    world: World
    user: Json

    def commands_for(self, chat_id: int, language: str) -> list[Json]: ...


class Wire(Protocol):
    """What carries a person's actions to the bot."""

    def send(self, chat: Chat, content: Json, reply_to: int | None = None) -> Message: ...

    def edit(self, chat: Chat, message_id: int, text: str) -> Message: ...

    def press(self, chat: Chat, message_id: int, data: str) -> str: ...

    def block(self, chat: Chat, *, blocked: bool) -> None: ...


class Phone:
    """One person's phone. Times are real seconds; `chat` is a group's id where it is not the private chat."""

    def __init__(self, network: Network, spec: PhoneSpec, line: Wire) -> None:
        self.spec = spec
        self._network = network
        self._line = line
        self._home = network.world.chats[spec.user_id]
        self._outbox: list[Callable[[], object]] = []
        self._frozen: list[SeenMessage] | None = None
        self._watch = Watch(network.world, self._home)

    @property
    def key(self) -> str:
        return self.spec.key

    @property
    def home(self) -> Chat:
        """The private chat with the bot."""
        return self._home

    @property
    def toasts(self) -> list[Toast]:
        """Every answer to a press of this phone, the oldest first."""
        return self._watch.toasts

    @property
    def actions(self) -> list[str]:
        """Every "typing…" and the like, the oldest first."""
        return self._watch.actions

    @property
    def is_offline(self) -> bool:
        return self._frozen is not None

    @property
    def unsent(self) -> int:
        """How many actions wait until the phone is online again."""
        return len(self._outbox)

    @property
    def messages(self) -> list[SeenMessage]:
        """The private chat, the oldest first; as it was when the phone went offline, while it is."""
        if self._frozen is not None:
            return list(self._frozen)
        return [seen(message) for message in self._home.messages.values()]

    @property
    def received(self) -> list[SeenMessage]:
        return [message for message in self.messages if message.from_bot]

    @property
    def last(self) -> SeenMessage:
        """The bot's newest message."""
        if not self.received:
            raise PhoneError(f"{self.key} has no message from the bot")
        return self.received[-1]

    @property
    def keyboard(self) -> list[Button]:
        """The reply keyboard under the text field."""
        return keyboard_buttons(self._home.keyboard)

    @property
    def commands(self) -> list[Json]:
        return self._network.commands_for(self._home.id, self.spec.language_code)

    def find(self, wanted: Wanted) -> SeenMessage | None:
        """The newest message of the bot that fits."""
        fits = predicate(wanted)
        return next((message for message in reversed(self.received) if fits(message)), None)

    def mark(self) -> None:
        """From here on `wait_for` counts. Every action of this phone does it too."""
        self._watch.mark()

    async def start(self, payload: str = "") -> Sent:
        """Presses Start, with the payload of a deep link."""
        if self._home.blocked:
            await self.block(blocked=False)
        return await self.send_text(f"/start {payload}".strip())

    async def open_link(self, link: str) -> Sent:
        """Opens `https://t.me/<bot>?start=<payload>` and presses Start. Raises ValueError for another link."""
        parts = urlsplit(link)
        payload = parse_qs(parts.query).get("start", [""])[0]
        if parts.hostname != "t.me" or parts.path.strip("/") != self._network.user["username"]:
            raise ValueError(f"Not a link to this bot: {link}")
        if len(payload) > limits.START_PAYLOAD_CHARACTERS:
            raise ValueError(f"A start payload has at most {limits.START_PAYLOAD_CHARACTERS} characters")
        return await self.start(payload)

    async def send_text(self, text: str, *, reply_to: Target | None = None, chat: int | None = None) -> Sent:
        return self._send(text_content(text), reply_to, chat)

    async def send_photo(
        self, data: bytes, caption: str = "", *, reply_to: Target | None = None, chat: int | None = None
    ) -> Sent:
        return self._send(self._photo(Photo(data, caption)), reply_to, chat)

    async def reply_with_photo(self, target: Target, data: bytes, caption: str = "") -> Sent:
        return await self.send_photo(data, caption, reply_to=target)

    async def send_album(self, photos: Sequence[Photo]) -> list[Sent]:
        """2–10 photos as one album: one message each, all with the same media_group_id."""
        if len(photos) not in limits.ALBUM_ITEMS:
            raise ValueError("An album has 2 to 10 photos")
        album = {"media_group_id": self._network.world.new_album_id()}
        return [self._send({**self._photo(photo), **album}) for photo in photos]

    async def send_document(
        self, data: bytes, name: str, content_type: str = "application/octet-stream", caption: str = ""
    ) -> Sent:
        file = self._network.world.files.add("documents", data, name=name, content_type=content_type)
        shown = {
            "file_id": file.id,
            "file_unique_id": file.unique_id,
            "file_name": name,
            "mime_type": content_type,
            "file_size": len(data),
        }
        return self._send({"document": shown, **caption_content(caption)})

    async def share_contact(self, contact: Contact | None = None) -> Sent:
        """Shares the person's own number, or somebody's card. Telegram gives numbers without the plus."""
        card = contact or Contact(self.spec.phone, self.spec.first_name, self.spec.user_id)
        shown: Json = {"phone_number": card.phone_number.removeprefix("+"), "first_name": card.first_name}
        if card.user_id is not None:
            shown["user_id"] = card.user_id
        content: Json = {"contact": shown}
        if card.forwarded:
            date = self._network.world.now()
            content["forward_origin"] = {"type": "hidden_user", "sender_user_name": "Someone", "date": date}
        return self._send(content)

    async def edit(self, target: Target, text: str) -> None:
        """Changes the text or the caption of one's own message."""
        self._do(lambda: self._line.edit(self._home, _id(target), text))

    async def press(self, wanted: str, *, within: Target | None = None) -> Button:
        """Presses a button by its text, a part of it, or its data.

        Looked for on `within`, else on the newest message that has it, else on the reply keyboard. A button with an
        address or a text to copy is only given back. Raises PhoneError where there is none.
        """
        message, button = self._find_button(wanted, within)
        if message is not None and button.kind is ButtonKind.CALLBACK:
            self._press(message.id, button.value)
        elif button.kind is ButtonKind.TEXT:
            await self._say(button)
        elif button.kind is ButtonKind.CONTACT:
            await self.share_contact()
        return button

    async def _say(self, button: Button) -> None:
        """A key below the text field."""
        await self.send_text(button.text)

    async def press_data(self, target: Target, data: str, *, chat: int | None = None) -> None:
        """A press with any data, as a changed client could send it."""
        self._press(_id(target), data, chat)

    async def block(self, *, blocked: bool = True) -> None:
        self._line.block(self._home, blocked=blocked)
        self._network.world.tell(Change(ChangeKind.PHONE, self._home.id))

    async def go_offline(self) -> None:
        """Nothing leaves the phone and nothing new shows until it is online again."""
        self._frozen = self.messages
        self._watch.paused = True
        self._network.world.tell(Change(ChangeKind.PHONE, self._home.id))

    async def go_online(self) -> None:
        """Everything that waited leaves at once, in order."""
        self._frozen = None
        waiting, self._outbox = self._outbox, []
        for action in waiting:
            action()
        self._watch.resume()
        self._network.world.tell(Change(ChangeKind.PHONE, self._home.id))

    async def wait_for(self, wanted: Wanted, timeout: float = 10.0) -> SeenMessage:  # noqa: ASYNC109
        """The first message of the bot, new or edited since this phone's last action or `mark()`, that fits.

        A text is wanted as a part of the message's text. Raises PhoneError with the chat when none comes.
        """
        try:
            return await self._watch.message(wanted, timeout)
        except TimeoutError:
            raise self._missing(f"no message with {wanted!r} came in {timeout} s") from None

    async def wait_toast(self, wanted: str = "", timeout: float = 10.0) -> Toast:  # noqa: ASYNC109
        """The first answer to a press, since this phone's last action, that contains `wanted`."""
        try:
            return await self._watch.toast(wanted, timeout)
        except TimeoutError:
            raise self._missing(f"no toast with {wanted!r} came in {timeout} s") from None

    async def wait_gone(self, target: Target, timeout: float = 10.0) -> None:  # noqa: ASYNC109
        """Until the message was deleted."""
        try:
            await self._watch.gone(_id(target), timeout)
        except TimeoutError:
            raise self._missing(f"message {_id(target)} is still there after {timeout} s") from None

    def _missing(self, what: str) -> PhoneError:
        return PhoneError(f"{self.key}: {what}\n{self.transcript()}")

    def photo_bytes(self, message: SeenMessage) -> bytes:
        """The largest size of a message's photo."""
        file = self._network.world.files.get(message.photo_file_id or "")
        if file is None:
            raise PhoneError(f"Message {message.id} has no photo")
        return content_of(file)

    def _photo(self, photo: Photo) -> Json:
        sizes = self._network.world.files.add_photo(photo.data)
        return {"photo": sizes, **caption_content(photo.caption)}

    def _chat(self, chat_id: int | None) -> Chat:
        return self._home if chat_id is None else self._network.world.chats[chat_id]

    def _send(self, content: Json, reply_to: Target | None = None, chat_id: int | None = None) -> Sent:
        sent, chat = Sent(), self._chat(chat_id)

        def act() -> None:
            number = None if reply_to is None else _id(reply_to)
            sent.message_id = self._line.send(chat, content, number).id

        self._do(act)
        return sent

    def _press(self, message_id: int, data: str, chat_id: int | None = None) -> None:
        chat = self._chat(chat_id)
        self._do(lambda: self._line.press(chat, message_id, data))

    def _do(self, action: Callable[[], object]) -> None:
        if self._frozen is not None:
            self._outbox.append(action)
            self._network.world.tell(Change(ChangeKind.PHONE, self._home.id))
            return
        self.mark()
        action()

    def _find_button(self, wanted: str, within: Target | None) -> tuple[SeenMessage | None, Button]:
        candidates = self.received[::-1]
        if within is not None:
            candidates = [message for message in candidates if message.id == _id(within)]
        for message in candidates:
            button = message.button(wanted)
            if button is not None:
                return message, button
        button = None if within is not None else find_button(self.keyboard, wanted)
        if button is None:
            raise PhoneError(f"{self.key} sees no button {wanted!r}\n{self.transcript()}")
        return None, button

    def transcript(self, count: int = 8) -> str:
        """The last messages with their buttons, for failure messages."""
        lines = []
        for message in self.messages[-count:]:
            buttons = " ".join(f"[{button.text}]" for button in message.buttons)
            side = "bot" if message.from_bot else self.key
            lines.append(f"{side} #{message.id}: {message.text} {buttons}".rstrip())
        return "\n".join(lines)


def _id(target: Target) -> int:
    if isinstance(target, int):
        return target
    return target.message_id if isinstance(target, Sent) else target.id

"""What the page is told while things happen: one stream of server-sent events a page."""

import asyncio
from collections.abc import Mapping

from bot.simulator.coach import Coach
from bot.simulator.phones import Phone
from bot.simulator.recorder import Recorded
from bot.simulator.shapes import Json, dumps
from bot.simulator.world import Change, ChangeKind, Message

_BACKLOG = 1_000


def shown_message(message: Message) -> Json:
    """A message for the page: the Bot API's own, whose side it stands on, and its reply keyboard."""
    shown: Json = {"raw": message.shown, "from_bot": message.from_bot, "revision": message.revision}
    return shown if message.keyboard is None else {**shown, "keyboard": message.keyboard}


def shown_phone(phone: Phone) -> Json:
    """A phone without its messages: what its frame, keyboard and menu show."""
    home, spec = phone.home, phone.spec
    return {
        "key": phone.key,
        "name": f"{spec.first_name} {spec.last_name}".strip(),
        "role": spec.role,
        "phone": spec.phone,
        "language": spec.language_code,
        "folded": spec.folded,
        "channel": spec.channel,
        "started": home.started,
        "blocked": home.blocked,
        "offline": phone.is_offline,
        "unsent": phone.unsent,
        "keyboard": home.keyboard,
        "pinned": home.pinned,
        "commands": phone.commands,
    }


def shown_request(recorded: Recorded) -> Json:
    """A bot's request for the JSON pane, with the names and sizes of files instead of their bytes."""
    files = {name: f"{file.file_name} ({len(file.data)} bytes)" for name, file in recorded.call.files.items()}
    return {
        "number": recorded.number,
        "method": recorded.method,
        "status": recorded.status,
        "fault": recorded.fault,
        "request": {**recorded.arguments(), **files},
        "answer": recorded.answer,
    }


class LiveFeed:
    """Events cost nothing while nobody listens. A page that falls behind is told to load everything again."""

    def __init__(self, phones: Mapping[int, Phone], coach: Coach) -> None:
        self._phones = phones
        self._coach = coach
        self._pages: set[asyncio.Queue[bytes]] = set()

    def __len__(self) -> int:
        """How many pages listen."""
        return len(self._pages)

    def open(self) -> asyncio.Queue[bytes]:
        page: asyncio.Queue[bytes] = asyncio.Queue(_BACKLOG)
        self._pages.add(page)
        return page

    def close(self, page: asyncio.Queue[bytes]) -> None:
        self._pages.discard(page)

    def on_change(self, change: Change) -> None:
        phone = self._phones.get(change.chat_id)
        if phone is not None and self._coach.see(change, phone.key):
            self.send("coach", self._coach.shown())
        if not self._pages:
            return
        if change.kind is ChangeKind.COMMANDS:
            for known in self._phones.values():
                self.send("phone", shown_phone(known))
        elif phone is not None:
            self._send_change(phone, change)

    def _send_change(self, phone: Phone, change: Change) -> None:
        if phone.is_offline and change.kind is not ChangeKind.PHONE:
            return
        if change.kind in {ChangeKind.SENT, ChangeKind.EDITED} and change.message is not None:
            self.send("message", {"phone": phone.key, "message": shown_message(change.message)})
        elif change.kind is ChangeKind.DELETED and change.message is not None:
            self.send("deleted", {"phone": phone.key, "message_id": change.message.id})
        elif change.kind in {ChangeKind.TOAST, ChangeKind.ACTION, ChangeKind.PRESSED}:
            self.send(change.kind.value, {"phone": phone.key, **change.detail})
        if change.kind in {ChangeKind.SENT, ChangeKind.PHONE}:
            self.send("phone", shown_phone(phone))

    def on_request(self, recorded: Recorded) -> None:
        if self._pages:
            self.send("request", shown_request(recorded))

    def send(self, event: str, data: object) -> None:
        packed = f"event: {event}\ndata: {dumps(data)}\n\n".encode()
        for page in list(self._pages):
            try:
                page.put_nowait(packed)
            except asyncio.QueueFull:
                while not page.empty():
                    page.get_nowait()
                page.put_nowait(b"event: reload\ndata: {}\n\n")

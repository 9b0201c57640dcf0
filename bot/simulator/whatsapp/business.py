"""The business account at the simulated WhatsApp: everything its API works on, and what its hook is told."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.simulator.faults import Faults
from bot.simulator.files import FileStore
from bot.simulator.recorder import Recorder
from bot.simulator.shapes import Json
from bot.simulator.spec import PhoneSpec
from bot.simulator.whatsapp import errors, limits
from bot.simulator.whatsapp.content import SAY, read_content
from bot.simulator.whatsapp.hooks import Hooks
from bot.simulator.whatsapp.limits import SendingRates
from bot.simulator.whatsapp.media import Media
from bot.simulator.whatsapp.templates import Templates
from bot.simulator.world import Change, ChangeKind, Chat, Message, World, quoted

PHONE_NUMBER_ID = "106540352242922"
ACCOUNT_ID = "102290129340398"
TOKEN = "EAAGsimulatortokenthatopensnothingatall"  # noqa: S105 - made up, opens nothing
APP_SECRET = "app-secret-of-the-simulator"  # noqa: S105 - likewise
VERIFY_TOKEN = "verify-token-of-the-simulator"  # noqa: S105 - likewise
DISPLAY_NUMBER = "447700900900"
NAME = "Blessings Billing"


@dataclass(slots=True)
class Person:
    """Somebody on WhatsApp. `heard_at`: when they last wrote; `hides_phone`: the business sees only `user_id`."""

    spec: PhoneSpec
    chat: Chat
    hides_phone: bool = False
    offline: bool = False
    heard_at: float | None = None
    unread: list[str] = field(default_factory=list)
    undelivered: list[str] = field(default_factory=list)

    @property
    def wa_id(self) -> str:
        return self.spec.phone.removeprefix("+")

    @property
    def user_id(self) -> str:
        """The business-scoped id: two letters of the country and a number."""
        return f"GB.{13_491_208_000_000_000 + self.spec.user_id}"


class Business:
    """One number of one account. `clock` gives dates (seconds since 1970), `monotonic` measures rates.

    `tells_window_at_once`: a free message to a person who has not written for 24 hours is refused in the answer; else
    it is accepted and then fails, as Meta does it.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        first_id: int,
        files: FileStore,
        faults: Faults,
    ) -> None:
        self.token = TOKEN
        self.clock = clock
        self.faults = faults
        self.recorder = Recorder()
        self.world = World(clock, first_id, files)
        self.media = Media(files, clock, first_id)
        self.templates = Templates()
        self.hooks = Hooks(ACCOUNT_ID, APP_SECRET)
        self.rates = SendingRates(monotonic)
        self.tells_window_at_once = False
        self.read_by_us: set[str] = set()
        self.people: dict[int, Person] = {}
        self.user: Json = {"id": int(PHONE_NUMBER_ID), "is_bot": True, "first_name": NAME, "username": DISPLAY_NUMBER}
        self._wamids: dict[str, tuple[int, int]] = {}
        self._names: dict[tuple[int, int], str] = {}

    def add_person(self, spec: PhoneSpec, user: Json) -> Person:
        person = Person(spec, self.world.add_person(user), hides_phone=spec.hides_phone)
        return self.people.setdefault(person.chat.id, person)

    def commands_for(self, chat_id: int, language: str) -> list[Json]:
        """WhatsApp shows no menu of commands."""
        del chat_id, language
        return []

    def describe(self) -> Json:
        """The number, as GET /{phone_number_id} can show it."""
        return {
            "id": PHONE_NUMBER_ID,
            "display_phone_number": "+44 7700 900900",
            "verified_name": NAME,
            "quality_rating": "GREEN",
            "code_verification_status": "VERIFIED",
            "platform_type": "CLOUD_API",
            "throughput": {"level": "STANDARD"},
            "messaging_limit_tier": self.rates.tier,
            "whatsapp_business_manager_messaging_limit": self.rates.tier,
        }

    def send(self, asked: Json) -> Json:
        """POST /messages with a message; the answer. Raises GraphError."""
        person = self._recipient(asked)
        content = read_content(self, asked)
        free = asked.get("type") != "template"
        closed = person is not None and not self.is_open(person)
        self._check_rates(person, closed=closed)
        if free and closed and self.tells_window_at_once:
            errors.WINDOW_CLOSED.refuse(errors.CLOSED_WINDOW_DETAILS)
        wamid = self._accept(person, content, asked, fails=free and closed)
        return self._answer(asked, person, wamid, free=free)

    def _recipient(self, asked: Json) -> Person | None:
        """`to` is a phone, `recipient` a business-scoped id; None for a number without WhatsApp."""
        if asked.get("to"):
            digits = "".join(filter(str.isdigit, str(asked["to"])))
            if not 7 <= len(digits) <= 15:  # noqa: PLR2004 - E.164
                errors.INVALID.refuse("Param to must be a phone number")
            return next((person for person in self.people.values() if person.wa_id == digits), None)
        if asked.get("recipient"):
            for person in self.people.values():
                if person.user_id == asked["recipient"]:
                    return person
            errors.WRONG_VALUE.refuse("Recipient does not exist or does not belong to this business portfolio")
        return errors.INVALID.refuse("The parameter to is required")

    def is_open(self, person: Person) -> bool:
        """Whether the person wrote in the last 24 hours."""
        return person.heard_at is not None and self.clock() - person.heard_at < limits.WINDOW_SECONDS

    def _check_rates(self, person: Person | None, *, closed: bool) -> None:
        if person is None:
            return
        self.rates.spend(person.chat.id)
        if closed:
            self.rates.open_conversation(person.chat.id, self.clock())

    def _accept(self, person: Person | None, content: Json, asked: Json, *, fails: bool) -> str:
        """The id of the message; the hook tells whether it arrives. What goes to who blocked us just never does."""
        if person is None:
            return self._fail_unknown(asked)
        if fails:
            wamid = self.new_wamid(person.chat)
            self._tell_status(person, wamid, "failed", errors.WINDOW_CLOSED.error(errors.CLOSED_WINDOW_DETAILS))
            return wamid
        if person.chat.blocked:
            wamid = self.new_wamid(person.chat)
            self._tell_status(person, wamid, "sent")
            return wamid
        wamid = self.wamid(person.chat, self._show(person, content, asked).id)
        self._tell_status(person, wamid, "sent")
        person.undelivered.append(wamid)
        self.deliver(person)
        return wamid

    def _fail_unknown(self, asked: Json) -> str:
        wamid = f"wamid.{secrets.token_hex(16)}"
        error = errors.NO_WHATSAPP.error("Message Undeliverable.")
        digits = "".join(filter(str.isdigit, str(asked["to"])))
        self._tell({"statuses": [self._status(wamid, "failed", {"recipient_id": digits}, error)]})
        return wamid

    def _show(self, person: Person, content: Json, asked: Json) -> Message:
        """The message, where the person would see it."""
        shown, keyboard = _placed(content)
        if keyboard is not None:
            person.chat.keyboard = keyboard
        reply = self.quoted_message(person.chat, asked.get("context"))
        shown |= {**_above(person.chat, reply, is_list="list" in content), **reply}
        return self.world.add_message(person.chat, self.user, shown, from_bot=True, keyboard=keyboard)

    def quoted_message(self, chat: Chat, context: object) -> Json:
        wamid = context.get("message_id") if isinstance(context, dict) else None
        place = self._wamids.get(str(wamid))
        message = chat.messages.get(place[1]) if place and place[0] == chat.id else None
        return {} if message is None else {"reply_to_message": quoted(message)}

    def deliver(self, person: Person) -> None:
        """What waits for a phone that is on arrives."""
        if person.offline:
            return
        waiting, person.undelivered = person.undelivered, []
        for wamid in waiting:
            self._tell_status(person, wamid, "delivered")
        person.unread += waiting

    def opened(self, person: Person) -> None:
        """The person looks into the chat: everything that arrived is read."""
        waiting, person.unread = person.unread, []
        for wamid in waiting:
            self._tell_status(person, wamid, "read")

    def react(self, asked: Json) -> Json:
        """POST /messages with a reaction to a person's message."""
        body = asked.get("reaction")
        if not isinstance(body, dict) or "emoji" not in body:
            errors.MISSING.refuse("The parameter reaction is required")
        chat_id, message_id = self._place(str(body.get("message_id")))
        detail = {"message_id": message_id, "reaction": [str(body["emoji"])] if body["emoji"] else []}
        self.world.tell(Change(ChangeKind.ACTION, chat_id, detail=detail))
        return self._answer(asked, self.people[chat_id], self.new_wamid(self.people[chat_id].chat), free=True)

    def mark_read(self, asked: Json) -> Json:
        """POST /messages with a read receipt, and "typing…" where it is asked for."""
        wamid = str(asked.get("message_id"))
        chat_id, _ = self._place(wamid)
        self.read_by_us.add(wamid)
        if asked.get("typing_indicator"):
            self.world.tell(Change(ChangeKind.ACTION, chat_id, detail={"action": "typing"}))
        return {"success": True}

    def _place(self, wamid: str) -> tuple[int, int]:
        place = self._wamids.get(wamid)
        if place is None:
            errors.WRONG_VALUE.refuse(f"Message {wamid} does not exist")
        return place

    def wamid(self, chat: Chat, message_id: int) -> str:
        """The name of a message that phones number: the same one every time."""
        known = self._names.get((chat.id, message_id))
        if known is None:
            raw = f"{chat.id:015d}{message_id:016X}".encode()
            known = self._names[chat.id, message_id] = f"wamid.{base64.b64encode(raw).decode()}"
            self._wamids[known] = (chat.id, message_id)
        return known

    def new_wamid(self, chat: Chat) -> str:
        """For what no phone shows."""
        return f"wamid.{base64.b64encode(f'{chat.id:015d}{secrets.token_hex(8)}'.encode()).decode()}"

    def hear(self, person: Person, message: Json, message_id: int | None = None) -> None:
        """A person's message goes to the hook, and the window is open for a day."""
        person.heard_at = self.clock()
        wamid = self.new_wamid(person.chat) if message_id is None else self.wamid(person.chat, message_id)
        sender = (
            {"from_user_id": person.user_id}
            if person.hides_phone
            else {"from": person.wa_id, "from_user_id": person.user_id}
        )
        shown = {**sender, "id": wamid, "timestamp": str(int(self.clock())), **message}
        self._tell({"contacts": [self._contact(person)], "messages": [shown]})

    @staticmethod
    def _contact(person: Person) -> Json:
        name = f"{person.spec.first_name} {person.spec.last_name}".strip()
        seen = {} if person.hides_phone else {"wa_id": person.wa_id}
        return {"profile": {"name": name}, **seen, "user_id": person.user_id}

    def _tell_status(self, person: Person, wamid: str, status: str, error: errors.GraphError | None = None) -> None:
        to = {"recipient_user_id": person.user_id}
        if not person.hides_phone:
            to = {"recipient_id": person.wa_id, **to}
        self._tell({"statuses": [self._status(wamid, status, to, error)]})

    def _status(self, wamid: str, status: str, to: Json, error: errors.GraphError | None) -> Json:
        shown = {"id": wamid, "status": status, "timestamp": str(int(self.clock())), **to}
        return shown if error is None else {**shown, "errors": [error.in_status()]}

    def _tell(self, value: Json) -> None:
        metadata = {"display_phone_number": DISPLAY_NUMBER, "phone_number_id": PHONE_NUMBER_ID}
        self.hooks.put({"messaging_product": "whatsapp", "metadata": metadata, **value})

    @staticmethod
    def _answer(asked: Json, person: Person | None, wamid: str, *, free: bool) -> Json:
        to = str(asked.get("to") or "")
        contact: Json = {"input": to, "wa_id": "".join(filter(str.isdigit, to))}
        if not to and person is not None:
            contact = {"input": str(asked["recipient"]), "user_id": person.user_id}
        message = {"id": wamid} if free else {"id": wamid, "message_status": "accepted"}
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}


def label_of(button: Json) -> str:
    """What a button says: of a row in a list, title and description together."""
    title, more = str(button["text"]), str(button.get("description", ""))
    if not more:
        return title
    begun = title.removesuffix("…").rstrip()
    return more if more.startswith(begun) else f"{title} {more}"


def _placed(content: Json) -> tuple[Json, Json | None]:
    """The message with its buttons by what they do, and the keyboard that some of them stand for.

    `whatsapp` keeps them as the person sees them; `reply_markup` those that press, open or copy.
    """
    drawn = [button for row in content.get("reply_markup", {}).get("inline_keyboard", []) for button in row]
    words = [button for button in drawn if _is_said(button)]
    rows = [[{**button, "text": label_of(button)}] for button in drawn if not _is_said(button)]
    keys: list[list[Json]] = [[{"text": str(button["callback_data"]).removeprefix(SAY)}] for button in words]
    if content.get("asks_contact"):
        drawn = [{"text": "Share contact info", "contact": True}]
        keys = [[{"text": "Share contact info", "request_contact": True}]]
    shown = {name: value for name, value in content.items() if name not in {"reply_markup", "list", "asks_contact"}}
    if rows:
        shown["reply_markup"] = {"inline_keyboard": rows}
    if drawn:
        shown["whatsapp"] = {"buttons": drawn, "list": content.get("list")}
    return shown, {"keyboard": keys} if keys else None


def _above(chat: Chat, reply: Json, *, is_list: bool) -> Json:
    """The photo the person sees with it: right above a list, which has none in it, or with what it follows up."""
    last = next(reversed(chat.messages.values()), None)
    if is_list and last and last.from_bot and "photo" in last.shown and "caption" not in last.shown:
        return {"photo_above": last.shown["photo"]}
    older = reply.get("reply_to_message", {})
    sizes = older.get("photo_above") or older.get("photo")
    return {"photo_above": sizes} if sizes and older["from"]["is_bot"] else {}


def _is_said(button: Json) -> bool:
    return str(button.get("callback_data", "")).startswith(SAY) and not button.get("template")

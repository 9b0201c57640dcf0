"""What a person does on WhatsApp, on its way to the business: messages, taps on buttons, contacts, blocks."""

import hashlib

from bot.simulator.shapes import Json
from bot.simulator.whatsapp.business import Business, Person
from bot.simulator.world import Change, ChangeKind, Chat, Message, quoted


class WhatsAppLine:
    """The connection between one person and the business."""

    def __init__(self, business: Business, person: Person) -> None:
        self._business = business
        self._person = person

    def send(self, chat: Chat, content: Json, reply_to: int | None = None) -> Message:
        """A message of the person: text, photo, document or contact."""
        return self._say(chat, content, self._told(chat, content), reply_to)

    def edit(self, chat: Chat, message_id: int, text: str) -> Message:
        """Edits of a person never reach a business: the corrected line is sent anew. Raises LookupError for others."""
        old = chat.messages.get(message_id)
        if old is None or old.from_bot:
            raise LookupError(f"Message {message_id} is not this phone's own")
        return self.send(chat, {"text": text})

    def press(self, chat: Chat, message_id: int, data: str) -> str:
        """A tap on a button or a row, shown or forged; the id of the message that it becomes."""
        message = chat.messages.get(message_id)
        button = _button(message, data) or {"text": data, "callback_data": data}
        detail = {"query": "", "message_id": message_id, "data": data, "user": chat.id}
        self._business.world.tell(Change(ChangeKind.PRESSED, chat.id, message, detail))
        said = self._say(chat, {"text": str(button["text"])}, _tapped(message, button), message_id)
        return self._business.wamid(chat, said.id)

    def block(self, chat: Chat, *, blocked: bool) -> None:
        """A business is not told; its messages just never arrive."""
        chat.blocked = blocked

    def _say(self, chat: Chat, content: Json, told: Json, reply_to: int | None) -> Message:
        chat.started = True
        self._business.opened(self._person)
        replied = None if reply_to is None else chat.messages.get(reply_to)
        reply = {} if replied is None else {"reply_to_message": quoted(replied)}
        context = {} if replied is None else {"context": self._context(chat, replied)}
        user = self._business.world.users[chat.id]
        message = self._business.world.add_message(chat, user, {**content, **reply}, from_bot=False)
        self._business.hear(self._person, {**context, **told}, message.id)
        return message

    def _context(self, chat: Chat, replied: Message) -> Json:
        """Who wrote the message that is answered, and its name."""
        writer = self._business.user["username"] if replied.from_bot else self._person.wa_id
        known = {} if self._person.hides_phone and not replied.from_bot else {"from": writer}
        return {**known, "id": self._business.wamid(chat, replied.id)}

    def _told(self, chat: Chat, content: Json) -> Json:
        """The message as the hook tells it."""
        if "photo" in content:
            return {"type": "image", "image": self._media(content["photo"][-1]["file_id"], content)}
        if "document" in content:
            named = {"filename": content["document"]["file_name"]}
            return {"type": "document", "document": {**named, **self._media(content["document"]["file_id"], content)}}
        if "contact" in content:
            return {"type": "contacts", "contacts": [self._contact(chat, content)]}
        return {"type": "text", "text": {"body": content["text"]}}

    def _media(self, file_id: str, content: Json) -> Json:
        file = self._business.world.files.get(file_id)
        if file is None:
            raise LookupError(f"There is no file {file_id}")
        caption = {"caption": content["caption"]} if content.get("caption") else {}
        kind = file.content_type or "application/octet-stream"
        told = {
            "mime_type": kind,
            "sha256": hashlib.sha256(file.data).hexdigest(),
            "id": self._business.media.take(file),
        }
        return {**caption, **told}

    def _contact(self, chat: Chat, content: Json) -> Json:
        """A card; `origin` says whether it answers our own request for the sender's number."""
        card = content["contact"]
        digits = str(card["phone_number"]).removeprefix("+")
        is_own = digits == self._person.wa_id and not content.get("forward_origin")
        asked = is_own and any(message.keyboard and _asks(message.keyboard) for message in chat.messages.values())
        return {
            "name": {"formatted_name": card["first_name"], "first_name": card["first_name"]},
            "phones": [{"phone": f"+{digits}", "wa_id": digits, "type": "CELL"}],
            "origin": "contact_request" if asked else "other",
        }


def _asks(keyboard: Json) -> bool:
    return any(button.get("request_contact") for row in keyboard["keyboard"] for button in row)


def _button(message: Message | None, data: str) -> Json | None:
    shown = {} if message is None else message.shown.get("whatsapp", {})
    return next((button for button in shown.get("buttons", []) if button.get("callback_data") == data), None)


def _tapped(message: Message | None, button: Json) -> Json:
    """A tap as the hook tells it: on a template's button, on a row of a list, on a reply button."""
    token, title = str(button["callback_data"]), str(button["text"])
    if button.get("template"):
        return {"type": "button", "button": {"payload": token, "text": title}}
    is_row = message is not None and message.shown.get("whatsapp", {}).get("list")
    if not is_row:
        return {
            "type": "interactive",
            "interactive": {"type": "button_reply", "button_reply": {"id": token, "title": title}},
        }
    described = {"description": button["description"]} if button.get("description") else {}
    row = {"id": token, "title": title, **described}
    return {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": row}}

"""What a phone's action becomes on its way to the bot: messages, edits, presses, blocks."""

from collections.abc import Sequence

from bot.simulator.account import Account
from bot.simulator.entities import trimmed
from bot.simulator.shapes import Json
from bot.simulator.spec import PhoneSpec
from bot.simulator.world import Change, ChangeKind, Chat, Message, quoted


def user_of(spec: PhoneSpec) -> Json:
    user: Json = {"id": spec.user_id, "is_bot": False, "first_name": spec.first_name}
    if spec.last_name:
        user["last_name"] = spec.last_name
    return {**user, "language_code": spec.language_code}


def text_content(text: str) -> Json:
    plain, entities = trimmed(text, [])
    return {"text": plain, "entities": entities} if entities else {"text": plain}


def caption_content(caption: str) -> Json:
    plain, entities = trimmed(caption, [])
    if not plain:
        return {}
    return {"caption": plain, "caption_entities": entities} if entities else {"caption": plain}


class Line:
    """The connection between one person and the bot, in a private chat or a group."""

    def __init__(self, account: Account, user: Json) -> None:
        self._account = account
        self._user = user

    def send(self, chat: Chat, content: Json, reply_to: int | None = None) -> Message:
        """A message of the person. In a group the bot hears only commands and replies to itself."""
        chat.started = True
        replied = chat.messages.get(reply_to) if reply_to is not None else None
        reply = {} if replied is None else {"reply_to_message": quoted(replied)}
        message = self._account.world.add_message(chat, self._user, {**content, **reply}, from_bot=False)
        if chat.is_private or _is_command(message) or (replied is not None and replied.from_bot):
            self._account.updates.put("message", message.shown, chat.id)
        return message

    def edit(self, chat: Chat, message_id: int, text: str) -> Message:
        """Only one's own messages. Raises LookupError for others."""
        old = chat.messages.get(message_id)
        if old is None or old.shown["from"]["id"] != self._user["id"]:
            raise LookupError(f"Message {message_id} is not this phone's own")
        fields = {"text", "entities", "caption", "caption_entities"}
        kept = {name: value for name, value in old.shown.items() if name not in fields}
        content = text_content(text) if "text" in old.shown else caption_content(text)
        shown = {**kept, **content, "edit_date": self._account.world.now()}
        message = self._account.world.replace_message(chat, old, shown)
        self._account.updates.put("edited_message", message.shown, chat.id)
        return message

    def press(self, chat: Chat, message_id: int, data: str) -> str:
        """A callback query with any data, shown on a button or forged; its id."""
        message = chat.messages.get(message_id)
        query_id = self._account.new_callback(chat.id, self._user["id"])
        shown = message.shown if message is not None else {"chat": chat.shown, "message_id": message_id, "date": 0}
        query = {
            "id": query_id,
            "from": self._user,
            "message": shown,
            "chat_instance": str(7_000_000_000 + chat.id),
            "data": data,
        }
        detail = {"query": query_id, "message_id": message_id, "data": data, "user": self._user["id"]}
        self._account.world.tell(Change(ChangeKind.PRESSED, chat.id, message, detail))
        self._account.updates.put("callback_query", query, chat.id)
        return query_id

    def block(self, chat: Chat, *, blocked: bool) -> None:
        """Blocking tells the bot by my_chat_member, as Telegram does in private chats."""
        if chat.blocked == blocked:
            return
        chat.blocked = blocked
        statuses = ("member", "kicked") if blocked else ("kicked", "member")
        old, new = (self._member(status) for status in statuses)
        update = {
            "chat": chat.shown,
            "from": self._user,
            "date": self._account.world.now(),
            "old_chat_member": old,
            "new_chat_member": new,
        }
        self._account.updates.put("my_chat_member", update, chat.id)

    def _member(self, status: str) -> Json:
        member = {"user": self._account.user, "status": status}
        return {**member, "until_date": 0} if status == "kicked" else member


def _is_command(message: Message) -> bool:
    entities: Sequence[Json] = message.shown.get("entities", ())
    return any(entity["type"] == "bot_command" for entity in entities)

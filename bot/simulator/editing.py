"""Methods that change or remove a message the bot sent."""

from dataclasses import dataclass

from bot.simulator import errors
from bot.simulator.account import Account
from bot.simulator.calls import Call
from bot.simulator.content import read_call_caption, read_media, read_text
from bot.simulator.markup import read_inline_markup
from bot.simulator.shapes import Json
from bot.simulator.world import Chat, Message

_TEXT_FIELDS = frozenset({"text", "entities", "link_preview_options"})
_CAPTION_FIELDS = frozenset({"caption", "caption_entities"})
_MEDIA_FIELDS = _TEXT_FIELDS | _CAPTION_FIELDS | {"photo", "document"}


@dataclass(frozen=True, slots=True)
class _Edit:
    """`content` takes the place of the fields in `replaced`; an omitted keyboard goes away, as with the real one."""

    replaced: frozenset[str]
    content: Json
    markup: Json | None

    def applied_to(self, shown: Json) -> Json:
        dropped = self.replaced | {"reply_markup", "edit_date"}
        kept = {name: value for name, value in shown.items() if name not in dropped}
        markup = {} if self.markup is None else {"reply_markup": self.markup}
        return {**kept, **self.content, **markup}


def edit_message_text(account: Account, call: Call) -> object:
    edit = _Edit(_TEXT_FIELDS, read_text(call), read_inline_markup(call))
    chat, message = _editable(account, call)
    if "text" not in message.shown:
        errors.NO_TEXT_TO_EDIT.refuse()
    return _apply(account, chat, message, edit)


def edit_message_caption(account: Account, call: Call) -> object:
    edit = _Edit(_CAPTION_FIELDS, read_call_caption(call), read_inline_markup(call))
    chat, message = _editable(account, call)
    if "text" in message.shown:
        errors.NO_CAPTION_TO_EDIT.refuse()
    return _apply(account, chat, message, edit)


def edit_message_media(account: Account, call: Call) -> object:
    call.required("media")
    content = read_media(account, call, call.parsed("media", errors.INPUT_MEDIA_NOT_JSON))
    edit = _Edit(_MEDIA_FIELDS, content, read_inline_markup(call))
    chat, message = _editable(account, call)
    return _apply(account, chat, message, edit)


def edit_message_reply_markup(account: Account, call: Call) -> object:
    edit = _Edit(frozenset(), {}, read_inline_markup(call))
    chat, message = _editable(account, call)
    return _apply(account, chat, message, edit)


def _editable(account: Account, call: Call) -> tuple[Chat, Message]:
    """Only the bot's own messages, and none that carried a reply keyboard (td can_edit_message)."""
    chat = account.chat(call)
    if chat.blocked:
        errors.BLOCKED.refuse()
    message = account.message(chat, call, errors.EDIT_NOT_FOUND)
    if not message.from_bot or message.keyboard is not None:
        errors.CANNOT_EDIT.refuse()
    return chat, message


def _apply(account: Account, chat: Chat, message: Message, edit: _Edit) -> Json:
    shown = edit.applied_to(message.shown)
    if shown == {name: value for name, value in message.shown.items() if name != "edit_date"}:
        errors.NOT_MODIFIED.refuse()
    account.rates.spend(chat.id)
    shown["edit_date"] = account.world.now()
    return account.world.replace_message(chat, message, shown).shown


def delete_message(account: Account, call: Call) -> object:
    chat = account.chat(call)
    if not call.integer("message_id"):
        errors.MESSAGE_ID_EMPTY.refuse()
    message = account.message(chat, call, errors.DELETE_NOT_FOUND)
    account.world.delete_message(chat, message.id)
    return True


def delete_messages(account: Account, call: Call) -> object:
    """Ids that are not there are skipped, as the Bot API documents."""
    chat = account.chat(call)
    numbers = call.parsed("message_ids", errors.MESSAGE_ID_EMPTY)
    if not isinstance(numbers, list) or not numbers:
        errors.MESSAGE_ID_EMPTY.refuse()
    for number in {int(number) for number in numbers} & chat.messages.keys():
        account.world.delete_message(chat, number)
    return True

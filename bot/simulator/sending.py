"""Methods that make a new message."""

from bot.simulator import errors, limits
from bot.simulator.account import Account
from bot.simulator.calls import Call
from bot.simulator.content import (
    read_call_caption,
    read_document,
    read_media,
    read_photo,
    read_reply,
    read_text,
)
from bot.simulator.markup import is_inline, read_markup
from bot.simulator.shapes import Json
from bot.simulator.world import Change, ChangeKind, Chat, Message

_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)


def send_message(account: Account, call: Call) -> object:
    content = read_text(call)
    return _send(account, call, account.writable_chat(call), content).shown


def send_photo(account: Account, call: Call) -> object:
    photo = read_photo(account, call, call.text("photo"), "photo")
    if photo is None:
        errors.NO_PHOTO.refuse()
    content = {"photo": photo, **read_call_caption(call)}
    return _send(account, call, account.writable_chat(call), content).shown


def send_document(account: Account, call: Call) -> object:
    document = read_document(account, call, call.text("document"), "document")
    if document is None:
        errors.NO_DOCUMENT.refuse()
    content = {"document": document, **read_call_caption(call)}
    return _send(account, call, account.writable_chat(call), content).shown


def send_media_group(account: Account, call: Call) -> object:
    call.required("media")
    items = call.parsed("media", errors.MEDIA_NOT_JSON)
    if not isinstance(items, list):
        errors.MEDIA_NOT_ARRAY.refuse()
    contents = [read_media(account, call, item) for item in items]
    _check_album(contents)
    chat = account.writable_chat(call)
    album = {"media_group_id": account.world.new_album_id()}
    return [_send(account, call, chat, {**content, **album}).shown for content in contents]


def _check_album(contents: list[Json]) -> None:
    if not contents:
        errors.ALBUM_EMPTY.refuse()
    if len(contents) >= limits.ALBUM_ITEMS.stop:
        errors.ALBUM_TOO_LARGE.refuse()
    if len(contents) < limits.ALBUM_ITEMS.start:
        errors.ALBUM_OF_ONE.refuse()
    if len({"photo" in content for content in contents}) > 1:
        errors.ALBUM_MIXED.refuse()


def _send(account: Account, call: Call, chat: Chat, content: Json) -> Message:
    markup = read_markup(call, is_private=chat.is_private)
    reply = read_reply(call, chat)
    inline = {"reply_markup": markup} if is_inline(markup) else {}
    keyboard = None if is_inline(markup) else markup
    if keyboard is not None:
        chat.keyboard = None if "remove_keyboard" in keyboard else keyboard
    protected = {"has_protected_content": True} if call.flag("protect_content") else {}
    return account.world.add_message(
        chat,
        account.user,
        {**content, **reply, **protected, **inline},
        from_bot=True,
        keyboard=keyboard,
    )


def send_chat_action(account: Account, call: Call) -> object:
    action = call.text("action")
    if action not in _ACTIONS:
        errors.WRONG_ACTION.refuse()
    chat = account.chat(call)
    if chat.blocked:
        errors.BLOCKED.refuse()
    account.world.tell(Change(ChangeKind.ACTION, chat.id, detail={"action": action}))
    return True

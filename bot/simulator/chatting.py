"""Methods about chats, files and button presses."""

from urllib.parse import parse_qs, urlsplit

from bot.simulator import errors, limits
from bot.simulator.account import Account
from bot.simulator.calls import Call
from bot.simulator.shapes import Json
from bot.simulator.world import Change, ChangeKind, no_gifts, quoted

_ACCEPTED_GIFTS = dict.fromkeys(no_gifts(), True)


def get_chat(account: Account, call: Call) -> object:
    """The Bot API's ChatFullInfo."""
    chat = account.chat(call)
    shown: Json = {
        **chat.shown,
        "accepted_gift_types": _ACCEPTED_GIFTS if chat.is_private else no_gifts(),
        "max_reaction_count": 11,
        "accent_color_id": chat.id % 7,
    }
    pinned = chat.messages.get(chat.pinned or 0)
    return shown if pinned is None else {**shown, "pinned_message": quoted(pinned)}


def get_file(account: Account, call: Call) -> object:
    """The Bot API's File; the address to download from is valid as long as the simulator runs."""
    file_id = call.text("file_id")
    if not file_id:
        errors.FILE_ID_EMPTY.refuse()
    file = account.world.files.get(file_id)
    if file is None:
        errors.INVALID_FILE_ID.refuse()
    if len(file.data) > limits.DOWNLOAD_BYTES:
        errors.FILE_TOO_BIG.refuse()
    size = {} if file.longest_side else {"file_size": len(file.data)}
    return {"file_id": file.id, "file_unique_id": file.unique_id, **size, "file_path": file.path}


def answer_callback_query(account: Account, call: Call) -> object:
    """Once, and soon. The text becomes a toast on the phone that pressed."""
    callback = account.callbacks.get(call.text("callback_query_id"))
    if callback is None or callback.answered or account.clock() > callback.expires_at:
        errors.QUERY_TOO_OLD.refuse()
    text, url = call.text("text"), call.text("url")
    if len(text) > limits.ANSWER_CHARACTERS:
        errors.ANSWER_TOO_LONG.refuse()
    if url and not _is_own_link(account, url):
        errors.ANSWER_URL_INVALID.refuse()
    callback.answered = True
    detail = {
        "query": call.text("callback_query_id"),
        "text": text,
        "alert": call.flag("show_alert"),
        "url": url,
        "user": callback.user_id,
    }
    account.world.tell(Change(ChangeKind.TOAST, callback.chat_id, detail=detail))
    return True


def _is_own_link(account: Account, url: str) -> bool:
    """`t.me/your_bot?start=…` is the only address allowed for a button that is not a game."""
    parts = urlsplit(url)
    is_own = parts.hostname == "t.me" and parts.path.strip("/") == account.user["username"]
    return is_own and "start" in parse_qs(parts.query)


def pin_chat_message(account: Account, call: Call) -> object:
    chat = account.writable_chat(call)
    message = account.message(chat, call, errors.PIN_NOT_FOUND)
    chat.pinned = message.id
    account.world.tell(Change(ChangeKind.PHONE, chat.id))
    return True


def unpin_chat_message(account: Account, call: Call) -> object:
    chat = account.writable_chat(call)
    chat.pinned = None
    account.world.tell(Change(ChangeKind.PHONE, chat.id))
    return True


def set_message_reaction(account: Account, call: Call) -> object:
    chat = account.chat(call)
    message = account.message(chat, call, errors.REACT_NOT_FOUND)
    reactions = call.parsed("reaction", errors.REACTIONS_NOT_JSON) or []
    if not isinstance(reactions, list):
        errors.REACTIONS_NOT_JSON.refuse()
    emoji = [str(item.get("emoji", "")) for item in reactions if isinstance(item, dict)]
    detail = {"message_id": message.id, "reaction": emoji}
    account.world.tell(Change(ChangeKind.ACTION, chat.id, detail=detail))
    return True

"""Stored Bot API updates into channel-neutral words. Works on the raw JSON, whichever way it came."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from bot.channels.base import Reachability
from bot.conversation import Incoming, MediaRef, SharedContact
from storage.inbox import Arrival

CHANNEL = "telegram"
UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
LARGEST_DOWNLOAD = 20 << 20

Json = Mapping[str, Any]


def arrival(bot_id: str, update: Json, now: datetime) -> Arrival:
    """The update as a row of the inbox.

    Telegram starts its ids anew after a quiet week, so the key holds the update's own moment beside bot and id.
    """
    _, body = _kind(update)
    moment, sent_at = "", now
    with suppress(AttributeError, TypeError, ValueError, OverflowError, OSError):  # kept, whatever it is
        moment = body.get("edit_date") or body.get("date") or body.get("id") or ""
        sent_at = _moment(body.get("date"), now)
    return Arrival(CHANNEL, f"{bot_id}:{update['update_id']}:{moment}", _address(body), update, sent_at)


def press_id(update: Json) -> str | None:
    """The id by which a button press has to be acknowledged."""
    query = update.get("callback_query")
    return str(query.get("id")) if isinstance(query, dict) else None


def read(update: Json, received_at: datetime) -> Incoming | Reachability | None:
    """What the update says; `None` where there is nothing to answer."""
    kind, body = _kind(update)
    if kind == "callback_query":
        return _press(body, received_at)
    if kind == "my_chat_member":
        return _membership(body)
    if kind in {"message", "edited_message"} and "from" in body:
        return _message(body, received_at, edited=kind == "edited_message")
    return None


def _address(body: Json) -> str:
    """The chat whose order counts; empty where there is none."""
    try:
        chat = body.get("chat") or (body.get("message") or {}).get("chat") or body.get("from") or {}
        return str(int(chat.get("id", 0)) or "")
    except (AttributeError, TypeError, ValueError):
        return ""


def _kind(update: Json) -> tuple[str, Json]:
    return next(((kind, update[kind]) for kind in UPDATES if kind in update), ("", {}))


def _message(body: Json, received_at: datetime, *, edited: bool) -> Incoming:
    reply = body.get("reply_to_message")
    return Incoming(
        **_who(body["chat"], body["from"]),
        sent_at=_moment(body.get("date"), received_at),
        message_id=str(body["message_id"]),
        text=body.get("text") or body.get("caption"),
        media=_media(body),
        contact=_contact(body),
        reply_to=str(reply["message_id"]) if reply else None,
        album=body.get("media_group_id"),
        edited=edited,
    )


def _press(body: Json, received_at: datetime) -> Incoming | None:
    message = body.get("message")
    if not message or "data" not in body:
        return None
    return Incoming(
        **_who(message["chat"], body["from"]),
        sent_at=received_at,
        press=body["data"],
        press_id=str(body["id"]),
        pressed_message_id=str(message["message_id"]),
    )


def _membership(body: Json) -> Reachability | None:
    if body["chat"].get("type") != "private":
        return None
    return Reachability(str(body["chat"]["id"]), body["new_chat_member"]["status"] not in {"kicked", "left"})


def _who(chat: Json, sender: Json) -> dict[str, Any]:
    name = " ".join(filter(None, (sender.get("first_name"), sender.get("last_name"))))
    return {
        "channel": CHANNEL,
        "chat": str(chat["id"]),
        "sender": str(sender["id"]),
        "is_private": chat.get("type") == "private",
        "name": name,
        "language": sender.get("language_code"),
        "username": sender.get("username"),
    }


def _media(body: Json) -> MediaRef | None:
    if body.get("photo"):
        fitting = [size for size in body["photo"] if size.get("file_size", 0) <= LARGEST_DOWNLOAD]
        largest = max(fitting or body["photo"], key=lambda size: size["width"] * size["height"])
        return MediaRef(largest["file_id"], "photo", largest.get("file_size"))
    document = body.get("document")
    if not document:
        return None
    mime = document.get("mime_type") or ""
    kind = "photo" if mime.startswith("image/") else "document"
    return MediaRef(document["file_id"], kind, document.get("file_size"), document.get("file_name"), mime or None)


def _contact(body: Json) -> SharedContact | None:
    """Own only where its user id is the sender's and nobody forwarded it."""
    contact = body.get("contact")
    if not contact:
        return None
    name = " ".join(filter(None, (contact.get("first_name"), contact.get("last_name"))))
    forwarded = "forward_origin" in body or "forward_date" in body
    own = not forwarded and contact.get("user_id") == body["from"]["id"]
    return SharedContact(contact["phone_number"], name, own)


def _moment(seconds: int | None, otherwise: datetime) -> datetime:
    return datetime.fromtimestamp(seconds, UTC) if seconds else otherwise

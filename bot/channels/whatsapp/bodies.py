"""Pieces of a message in the shapes that the Cloud API takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, assert_never

from bot.channels.degrade import AskNumber, Buttons, File, Link, Media, Photo, Piece, Rows, Shown, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.channels.degrade import Choice

_PHONE: Final = re.compile(r"\d{6,15}")
_OURS: Final = "wamid."


def envelope(chat: str, content: Mapping[str, Any], answers: str | None = None) -> dict[str, Any]:
    """The whole body: to a phone number, or to the scoped id of somebody who hides theirs."""
    where = {"to": chat} if _PHONE.fullmatch(chat) else {"recipient": chat}
    body = {"messaging_product": "whatsapp", "recipient_type": "individual", **where, **content}
    return body | ({"context": {"message_id": answers}} if answers and answers.startswith(_OURS) else {})


def media_of(piece: Piece) -> Media | None:
    """What has to be uploaded before the piece can be sent."""
    return piece.media if isinstance(piece, Shown | Buttons | Link) else None


def content(piece: Piece, media_id: str | None = None) -> dict[str, Any]:
    """The piece; its photo or document is left out where it has no id."""
    match piece:
        case Words(text):
            return _words(text)
        case Shown(media, text):
            return _shown(media, text, media_id) if media_id else _words(text or "…")
        case Buttons(text, choices, media):
            buttons = [{"type": "reply", "reply": {"id": one.id, "title": one.title}} for one in choices]
            return _interactive("button", text, {"buttons": buttons}, _header(media, media_id))
        case Rows(text, opener, choices):
            rows = [_row(one) for one in choices]
            return _interactive("list", text, {"button": opener, "sections": [{"rows": rows}]})
        case Link(text, label, address, media):
            action = {"name": "cta_url", "parameters": {"display_text": label, "url": address}}
            return _interactive("cta_url", text, action, _header(media, media_id))
        case AskNumber(text):
            return _interactive("request_contact_info", text, {"name": "request_contact_info"})
        case _:
            assert_never(piece)


def _words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": {"preview_url": False, "body": text}}


def _shown(media: Media, text: str, media_id: str) -> dict[str, Any]:
    kind, value = _named(media, media_id)
    return {"type": kind, kind: value | ({"caption": text} if text else {})}


def _header(media: Media | None, media_id: str | None) -> dict[str, Any] | None:
    if media is None or media_id is None:
        return None
    kind, value = _named(media, media_id)
    return {"type": kind, kind: value}


def _named(media: Media, media_id: str) -> tuple[str, dict[str, Any]]:
    match media:
        case Photo():
            return "image", {"id": media_id}
        case File(name):
            return "document", {"id": media_id, "filename": name}
        case _:
            assert_never(media)


def _row(one: Choice) -> dict[str, str]:
    return {"id": one.id, "title": one.title} | ({"description": one.about} if one.about else {})


def _interactive(
    kind: str, text: str, action: Mapping[str, Any], header: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    above = {"header": header} if header else {}
    return {"type": "interactive", "interactive": {"type": kind, **above, "body": {"text": text}, "action": action}}

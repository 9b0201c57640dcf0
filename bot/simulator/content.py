"""What a message can hold: text, caption, photo, document; read from a bot's request."""

import json
from typing import Any

from bot.simulator import errors, limits
from bot.simulator.account import Account
from bot.simulator.calls import Call, Upload
from bot.simulator.entities import parse_text
from bot.simulator.files import StoredFile, check_photo, photo_size
from bot.simulator.shapes import Json
from bot.simulator.world import Chat, quoted


def read_text(call: Call) -> Json:
    if not call.text("text"):
        errors.MESSAGE_TEXT_EMPTY.refuse()
    text, entities = parse_text(call.text("text"), call.text("parse_mode"), call.entities("entities"))
    if not text:
        errors.TEXT_NON_EMPTY.refuse()
    if len(text) > limits.TEXT_CHARACTERS:
        errors.MESSAGE_TOO_LONG.refuse()
    content: Json = {"text": text}
    if entities:
        content["entities"] = entities
    preview = call.parsed("link_preview_options", errors.MARKUP_NOT_JSON)
    if preview:
        content["link_preview_options"] = preview
    return content


def read_caption(text: str, parse_mode: str, given: list[Json] | None) -> Json:
    caption, entities = parse_text(text, parse_mode, given)
    if len(caption) > limits.CAPTION_CHARACTERS:
        errors.CAPTION_TOO_LONG.refuse()
    if not caption:
        return {}
    return {"caption": caption, "caption_entities": entities} if entities else {"caption": caption}


def read_call_caption(call: Call) -> Json:
    return read_caption(call.text("caption"), call.text("parse_mode"), call.entities("caption_entities"))


def read_reply(call: Call, chat: Chat) -> Json:
    """The message this one answers, as it is shown inside; nothing when it is gone and that was allowed."""
    raw = call.parsed("reply_parameters", errors.REPLY_NOT_JSON)
    if raw is None:
        number, lenient = call.integer("reply_to_message_id"), call.flag("allow_sending_without_reply")
    elif isinstance(raw, dict):
        number = int(raw.get("message_id") or 0)
        lenient = bool(raw.get("allow_sending_without_reply"))
    else:
        errors.REPLY_NOT_JSON.refuse()
    if number <= 0:
        return {}
    message = chat.messages.get(number)
    if message is None:
        if lenient:
            return {}
        errors.REPLY_NOT_FOUND.refuse()
    return {"reply_to_message": quoted(message)}


def read_photo(account: Account, call: Call, source: str, field: str) -> list[Json] | None:
    """The sizes of the photo that `source` names: an upload, or the id of a file seen before."""
    upload = _upload(call, source, field)
    if upload is not None:
        size = check_photo(upload.data)
        return account.world.files.add_photo(upload.data, size)
    known = _known_file(account, source)
    return None if known is None else [photo_size(known)]


def read_document(account: Account, call: Call, source: str, field: str) -> Json | None:
    """The `document` of a message."""
    upload = _upload(call, source, field)
    if upload is not None:
        if not upload.data:
            errors.FILE_EMPTY.refuse()
        name = upload.file_name or "file"
        stored = account.world.files.add("documents", upload.data, name=name, content_type=upload.content_type)
        return document(stored)
    known = _known_file(account, source)
    return None if known is None else document(known)


def document(file: StoredFile) -> Json:
    shown: Json = {"file_id": file.id, "file_unique_id": file.unique_id, "file_size": len(file.data)}
    if file.name:
        shown["file_name"] = file.name
    if file.content_type:
        shown["mime_type"] = file.content_type
    return shown


def _upload(call: Call, source: str, field: str) -> Upload | None:
    if source.startswith("attach://"):
        return call.files.get(source.removeprefix("attach://"))
    return call.files.get(field) if not source else None


def _known_file(account: Account, source: str) -> StoredFile | None:
    """Addresses are refused: the simulator fetches nothing from anywhere."""
    if not source or source.startswith("attach://"):
        return None
    if source.startswith(("http://", "https://")):
        errors.URL_NOT_FETCHED.refuse()
    known = account.world.files.get(source)
    if known is None:
        errors.WRONG_FILE.refuse()
    return known


def read_media(account: Account, call: Call, item: object) -> Json:
    """One InputMedia: the kind of content and its caption."""
    if not isinstance(item, dict):
        errors.INPUT_MEDIA.refuse(reason="expected an Object")
    kind, source = str(item.get("type", "")), str(item.get("media", ""))
    caption = _media_caption(item)
    if kind == "photo":
        photo = read_photo(account, call, source, "")
        if photo is None:
            errors.INPUT_MEDIA.refuse(reason="media not found")
        return {"photo": photo, **caption}
    if kind == "document":
        shown = read_document(account, call, source, "")
        if shown is None:
            errors.INPUT_MEDIA.refuse(reason="media not found")
        return {"document": shown, **caption}
    raise errors.INPUT_MEDIA.error(reason=f'type "{kind}" is unsupported')


def _media_caption(item: dict[str, Any]) -> Json:
    given = item.get("caption_entities")
    if isinstance(given, str):
        given = json.loads(given)
    return read_caption(str(item.get("caption") or ""), str(item.get("parse_mode") or ""), given)

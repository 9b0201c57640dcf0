"""What a call of POST /messages puts on the person's phone; every limit of the Cloud API is checked here."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.simulator.shapes import Json
from bot.simulator.whatsapp import errors, limits
from bot.simulator.whatsapp.text import read

if TYPE_CHECKING:
    from bot.simulator.whatsapp.business import Business

SAY = "say:"
"""How ids of buttons begin that stand for words to be said."""


def read_content(business: "Business", asked: Json) -> Json:
    """The message as a phone keeps it: text and entities, photo, document, buttons. Raises GraphError."""
    kind = str(asked.get("type") or "text")
    reader = _READERS.get(kind)
    if reader is None:
        errors.INVALID.refuse(f"Param type must be one of {', '.join(sorted(_READERS))}")
    body = asked.get(kind)
    if not isinstance(body, dict):
        errors.MISSING.refuse(f"The parameter {kind} is required")
    return reader(business, body)


def _text(business: "Business", body: Json) -> Json:
    del business
    text = _limited(body.get("body"), "text.body", limits.TEXT_CHARACTERS)
    return _worded(text)


def _worded(text: str, name: str = "text") -> Json:
    plain, entities = read(text)
    kinds = {"text": "entities", "caption": "caption_entities"}
    return {name: plain, kinds[name]: entities} if entities else {name: plain}


def _image(business: "Business", body: Json) -> Json:
    return {"photo": business.media.photo(_media_id(body, "image")), **_caption(body)}


def _document(business: "Business", body: Json) -> Json:
    file = business.media.file(_media_id(body, "document"))
    shown = {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_name": str(body.get("filename") or file.name),
        "mime_type": file.content_type,
        "file_size": len(file.data),
    }
    return {"document": shown, **_caption(body)}


def _media_id(body: Json, where: str) -> str:
    if body.get("link"):
        errors.WRONG_VALUE.refuse(f"{where}: the simulator fetches no links; upload the file and send its id")
    return _limited(body.get("id"), f"{where}.id", 64)


def _caption(body: Json) -> Json:
    if not body.get("caption"):
        return {}
    return _worded(_limited(body["caption"], "caption", limits.CAPTION_CHARACTERS), "caption")


def _template(business: "Business", body: Json) -> Json:
    filled = business.templates.fill(body)
    buttons = [
        {"text": label, "url": value} if is_link else {"text": label, "callback_data": value, "template": True}
        for label, value, is_link in filled.buttons
    ]
    text = f"{filled.text}\n\n{filled.footer}" if filled.footer else filled.text
    return {**_worded(text), **_with_buttons(buttons), "template": body["name"]}


def _interactive(business: "Business", body: Json) -> Json:
    kind = str(body.get("type"))
    reader = _INTERACTIVE.get(kind)
    if reader is None:
        errors.WRONG_VALUE.refuse(f"interactive.type '{kind}' is not one of {', '.join(sorted(_INTERACTIVE))}")
    text = _limited(_part(body, "body").get("text"), "interactive.body.text", _body_limit(kind))
    if body.get("footer"):
        footer = _limited(_part(body, "footer").get("text"), "interactive.footer.text", limits.FOOTER_CHARACTERS)
        text = f"{text}\n\n_{footer}_"
    header = _header(business, body, kind)
    shown = _worded(text, "caption" if "photo" in header or "document" in header else "text")
    return {**header, **shown, **reader(_part(body, "action"))}


def _body_limit(kind: str) -> int:
    return limits.LIST_BODY_CHARACTERS if kind == "list" else limits.BODY_CHARACTERS


def _header(business: "Business", body: Json, kind: str) -> Json:
    if not body.get("header"):
        return {}
    header = _part(body, "header")
    if header.get("type") == "text":
        words = _limited(header.get("text"), "interactive.header.text", limits.HEADER_CHARACTERS)
        return {"heading": words}
    if kind == "list":
        errors.WRONG_VALUE.refuse("interactive.header: a list takes a text header only")
    if header.get("type") in {"image", "document"}:
        return _READERS[header["type"]](business, _part(header, header["type"]))
    return errors.WRONG_VALUE.refuse("interactive.header.type must be text, image or document")


def _reply_buttons(action: Json) -> Json:
    buttons = _items(action, "buttons", "interactive.action.buttons")
    if not 1 <= len(buttons) <= limits.REPLY_BUTTONS:
        errors.WRONG_VALUE.refuse(
            f"Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3, got {len(buttons)}"
        )
    replies = [_part(button, "reply") for button in buttons]
    titles = [_limited(one.get("title"), "button title", limits.TITLE_CHARACTERS) for one in replies]
    ids = [_limited(one.get("id"), "button id", limits.BUTTON_ID_CHARACTERS) for one in replies]
    _all_different(titles, "Buttons titles must be unique")
    _all_different(ids, "Buttons ids must be unique")
    return _with_buttons([{"text": title, "callback_data": one} for title, one in zip(titles, ids, strict=True)])


def _list(action: Json) -> Json:
    label = _limited(action.get("button"), "interactive.action.button", limits.TITLE_CHARACTERS)
    sections = _items(action, "sections", "interactive.action.sections")
    rows = [row for section in sections for row in _items(section, "rows", "section.rows")]
    if not 1 <= len(rows) <= limits.ROWS:
        errors.WRONG_VALUE.refuse(f"Total row count exceed max allowed count: {limits.ROWS}, got {len(rows)}")
    for section in sections:
        if len(sections) > 1 or section.get("title"):
            _limited(section.get("title"), "section title", limits.ROW_TITLE_CHARACTERS)
    buttons = [_row(row) for row in rows]
    _all_different([button["callback_data"] for button in buttons], "Row ids must be unique")
    return {**_with_buttons(buttons), "list": label}


def _row(row: Json) -> Json:
    """The title and its description together say what the button says elsewhere."""
    title = _limited(row.get("title"), "row title", limits.ROW_TITLE_CHARACTERS)
    token = _limited(row.get("id"), "row id", limits.ROW_ID_CHARACTERS)
    button: Json = {"text": title, "callback_data": token}
    if row.get("description"):
        description = _limited(row["description"], "row description", limits.ROW_DESCRIPTION_CHARACTERS)
        button |= {"description": description}
    return button


def _link(action: Json) -> Json:
    if action.get("name") != "cta_url":
        errors.WRONG_VALUE.refuse("interactive.action.name must be cta_url")
    given = _part(action, "parameters")
    label = _limited(given.get("display_text"), "display_text", limits.TITLE_CHARACTERS)
    url = _limited(given.get("url"), "url", 2000)
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        errors.WRONG_VALUE.refuse("interactive.action.parameters.url is not a valid URL")
    return _with_buttons([{"text": label, "url": url}])


def _contact_request(action: Json) -> Json:
    if action.get("name") != "request_contact_info":
        errors.WRONG_VALUE.refuse("interactive.action.name must be request_contact_info")
    return {"asks_contact": True}


def _with_buttons(buttons: Sequence[Json]) -> Json:
    """As the phones of this simulator keep buttons: one a row."""
    return {"reply_markup": {"inline_keyboard": [[button] for button in buttons]}} if buttons else {}


def _part(body: Json, name: str) -> Json:
    part = body.get(name)
    if not isinstance(part, dict):
        errors.MISSING.refuse(f"The parameter {name} is required")
    return part


def _items(body: Json, name: str, where: str) -> list[Json]:
    items = body.get(name)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        errors.MISSING.refuse(f"The parameter {where} is required")
    return items


def _limited(value: object, where: str, limit: int) -> str:
    if not isinstance(value, str) or not value.strip():
        errors.MISSING.refuse(f"The parameter {where} is required")
    if len(value) > limit:
        errors.WRONG_VALUE.refuse(f"{where} is too long. Max length is {limit}, got {len(value)}")
    return value


def _all_different(values: Sequence[str], otherwise: str) -> None:
    if len(set(values)) < len(values):
        errors.WRONG_VALUE.refuse(otherwise)


_Reader = Callable[["Business", Json], Json]
_READERS: dict[str, _Reader] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "template": _template,
    "interactive": _interactive,
}
_INTERACTIVE: dict[str, Callable[[Json], Json]] = {
    "button": _reply_buttons,
    "list": _list,
    "cta_url": _link,
    "request_contact_info": _contact_request,
}

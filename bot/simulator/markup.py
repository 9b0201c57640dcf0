"""Keyboards: read, checked and given back in the one form in which Telegram returns them."""

from collections.abc import Mapping
from typing import Any

from bot.simulator import errors, limits
from bot.simulator.calls import Call
from bot.simulator.links import LinkError, checked_link
from bot.simulator.shapes import Json


def read_markup(call: Call, *, is_private: bool) -> Json | None:
    """The reply markup of a new message, None when there is none or it is empty."""
    value = call.parsed("reply_markup", errors.MARKUP_NOT_JSON)
    if value is None:
        return None
    if not isinstance(value, dict):
        errors.MARKUP_NOT_OBJECT.refuse()
    if value.get("keyboard"):
        return _reply_keyboard(value, is_private=is_private)
    if value.get("inline_keyboard") is not None:
        return _inline_keyboard(value["inline_keyboard"])
    if value.get("remove_keyboard") or value.get("hide_keyboard"):
        return {"remove_keyboard": True}
    if value.get("force_reply"):
        return {"force_reply": True, **_placeholder(value)}
    return None


def read_inline_markup(call: Call) -> Json | None:
    """The markup of an edit: only an inline keyboard will do, none removes the one that was there."""
    markup = read_markup(call, is_private=True)
    if markup is not None and "inline_keyboard" not in markup:
        errors.INLINE_EXPECTED.refuse()
    return markup


def is_inline(markup: Json | None) -> bool:
    return markup is not None and "inline_keyboard" in markup


def _rows(value: object, refusal: errors.Refusal) -> list[list[Any]]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        refusal.refuse()
    return [row for row in value if row]


def _count(rows: list[list[Any]]) -> None:
    too_wide = any(len(row) > limits.BUTTONS_PER_ROW for row in rows)
    if too_wide or sum(map(len, rows)) > limits.BUTTONS_IN_ALL:
        errors.MARKUP_TOO_LONG.refuse()


def _inline_keyboard(value: object) -> Json | None:
    rows = _rows(value, errors.INLINE_ROWS)
    buttons = [[_inline_button(button) for button in row] for row in rows]
    _count(buttons)
    return {"inline_keyboard": buttons} if buttons else None


def _inline_button(button: object) -> Json:
    if not isinstance(button, dict):
        errors.INLINE_BUTTON.refuse(reason="InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        errors.INLINE_BUTTON.refuse(reason='Can\'t find field "text"')
    action = _inline_action(button)
    if not text.strip():
        errors.INLINE_BUTTON_TEXT_EMPTY.refuse()
    style = {"style": button["style"]} if button.get("style") in {"primary", "danger", "success"} else {}
    return {"text": text, **action, **style}


def _inline_action(button: Mapping[str, Any]) -> Json:
    if button.get("url"):
        return _url_action(str(button["url"]))
    if button.get("callback_data"):
        data = str(button["callback_data"])
        if len(data.encode()) > limits.CALLBACK_DATA_BYTES:
            errors.BUTTON_DATA_INVALID.refuse()
        return {"callback_data": data}
    if "copy_text" in button:
        copied = button["copy_text"].get("text") if isinstance(button["copy_text"], dict) else None
        if not isinstance(copied, str) or not 1 <= len(copied) <= limits.COPY_TEXT_CHARACTERS:
            errors.COPY_TEXT_INVALID.refuse()
        return {"copy_text": {"text": copied}}
    for name in ("switch_inline_query", "switch_inline_query_current_chat"):
        if name in button:
            return {name: str(button[name])}
    if "web_app" in button:
        return {"web_app": {"url": str(button["web_app"].get("url", ""))}}
    raise errors.INLINE_BUTTON.error(reason="Text buttons are unallowed in the inline keyboard")


def _url_action(url: str) -> Json:
    try:
        return {"url": checked_link(url)}
    except LinkError as error:
        errors.INLINE_BUTTON_URL.refuse(url=url, reason=error)


def _reply_keyboard(value: Mapping[str, Any], *, is_private: bool) -> Json:
    rows = _rows(value["keyboard"], errors.KEYBOARD_ROWS)
    buttons = [[_reply_button(button, is_private=is_private) for button in row] for row in rows]
    flags = {name: True for name in ("resize_keyboard", "one_time_keyboard", "is_persistent") if value.get(name)}
    return {"keyboard": buttons, **flags, **_placeholder(value)}


def _reply_button(button: object, *, is_private: bool) -> Json:
    if isinstance(button, str):
        return {"text": button}
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise errors.BotApiError(
            400, "Bad Request: can't parse keyboard button: KeyboardButton must be a String or an Object"
        )
    if not button.get("request_contact"):
        return {"text": button["text"]}
    if not is_private:
        errors.CONTACT_PRIVATE_ONLY.refuse()
    return {"text": button["text"], "request_contact": True}


def _placeholder(value: Mapping[str, Any]) -> Json:
    text = value.get("input_field_placeholder")
    if not text:
        return {}
    if not isinstance(text, str) or len(text) > limits.PLACEHOLDER_CHARACTERS:
        errors.PLACEHOLDER_INVALID.refuse()
    return {"input_field_placeholder": text}

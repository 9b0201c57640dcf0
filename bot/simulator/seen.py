"""A message as the person who holds the phone sees it."""

from dataclasses import dataclass
from enum import StrEnum

from bot.simulator.shapes import Json
from bot.simulator.world import Message


class ButtonKind(StrEnum):
    CALLBACK = "callback"
    URL = "url"
    COPY = "copy"
    TEXT = "text"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Button:
    """`value`: callback data, address or text to copy; for a reply keyboard the button's own text."""

    text: str
    kind: ButtonKind
    value: str


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """`raw` is the Bot API's Message; `revision` grows with every change in the whole simulator."""

    raw: Json
    from_bot: bool
    revision: int

    @property
    def id(self) -> int:
        number: int = self.raw["message_id"]
        return number

    @property
    def text(self) -> str:
        """The text, or the caption of a photo or document."""
        return str(self.raw.get("text") or self.raw.get("caption") or "")

    @property
    def is_edited(self) -> bool:
        return "edit_date" in self.raw

    @property
    def buttons(self) -> list[Button]:
        markup = self.raw.get("reply_markup", {})
        return [inline_button(button) for row in markup.get("inline_keyboard", []) for button in row]

    @property
    def photo_file_id(self) -> str | None:
        """The id of the photo's largest size; of the one right above where no photo fits into the message itself."""
        sizes = self.raw.get("photo") or self.raw.get("photo_above")
        return sizes[-1]["file_id"] if sizes else None

    @property
    def document_name(self) -> str | None:
        return self.raw["document"].get("file_name") if "document" in self.raw else None

    @property
    def reply_to_id(self) -> int | None:
        return self.raw["reply_to_message"]["message_id"] if "reply_to_message" in self.raw else None

    def button(self, wanted: str) -> Button | None:
        """By text, else by a part of the text, else by callback data."""
        return find_button(self.buttons, wanted)


def seen(message: Message) -> SeenMessage:
    return SeenMessage(message.shown, message.from_bot, message.revision)


def inline_button(button: Json) -> Button:
    if "url" in button:
        return Button(button["text"], ButtonKind.URL, button["url"])
    if "copy_text" in button:
        return Button(button["text"], ButtonKind.COPY, button["copy_text"]["text"])
    return Button(button["text"], ButtonKind.CALLBACK, button.get("callback_data", ""))


def keyboard_buttons(keyboard: Json | None) -> list[Button]:
    """The buttons of a reply keyboard."""
    rows = (keyboard or {}).get("keyboard", [])
    return [
        Button(
            button["text"],
            ButtonKind.CONTACT if button.get("request_contact") else ButtonKind.TEXT,
            button["text"],
        )
        for row in rows
        for button in row
    ]


def find_button(buttons: list[Button], wanted: str) -> Button | None:
    exact = [button for button in buttons if button.text == wanted]
    partial = [button for button in buttons if wanted in button.text]
    by_data = [button for button in buttons if button.value == wanted]
    return next(iter([*exact, *partial, *by_data]), None)

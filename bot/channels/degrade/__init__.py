"""The one place where what a channel cannot show is changed: from a message to the pieces it is told in.

Pure, and nothing is lost: text that does not fit is split, choices that do not fit go into further lists.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

from bot.channels.degrade.choices import BUTTON_TITLE, SAY, as_buttons, as_lists, choices_of, title, too_long
from bot.channels.degrade.pieces import (
    AskNumber,
    Buttons,
    Choice,
    File,
    Link,
    Media,
    Photo,
    Piece,
    Rows,
    Shown,
    Words,
)
from bot.channels.degrade.wording import formatted, split
from bot.channels.markup import length
from bot.i18n import Translator
from bot.texts import pieces as texts

if TYPE_CHECKING:
    from jobs.ports import Key, Message

__all__ = [
    "BODY",
    "BUTTON_TITLE",
    "SAY",
    "TEXT",
    "AskNumber",
    "Buttons",
    "Choice",
    "File",
    "Link",
    "Media",
    "Photo",
    "Piece",
    "Rows",
    "Shown",
    "Words",
    "degraded",
    "formatted",
]

TEXT: Final = 4096
BODY: Final = 1024
"""Of a message with buttons, a list or a link, and of the words below a photo."""


def degraded(message: Message, *, shown: int | None = None) -> list[Piece]:
    """The message in pieces, in the order in which they are to be sent; none where there is nothing to show.

    `shown` is the photo that the person sees already, above the state of the card that this one replaces.
    """
    if message.commands is not None:
        return []
    t = Translator(message.language)
    link, choices = _link(message), choices_of(message)
    asks = message.keyboard.asks_contact if message.keyboard else None
    media = _media(message, shown)
    text = "\n".join([message.text, *_lines(message, link), *map(html.escape, too_long(choices))]).strip()
    if not text and (link or choices or asks):
        text = html.escape(media.name if isinstance(media, File) else texts.answer(t))
    if link is not None:
        told = [*_linked(text, media, link), *_chosen(t, texts.also(t), None, choices)]
    elif choices:
        told = _chosen(t, text, media, choices)
    elif asks:
        return _asked(text, media)
    else:
        return _plain(text, media)
    return [*told, AskNumber(asks)] if asks else told


def _linked(text: str, media: Media | None, link: Key) -> list[Piece]:
    before, body, media = _parted(text, media)
    return [*before, Link(body, title(" ".join(link.label.split()), BUTTON_TITLE), link.url or "", media)]


def _chosen(t: Translator, text: str, media: Media | None, choices: list[tuple[str, str]]) -> list[Piece]:
    if not choices:
        return []
    before, body, media = _parted(text, media)
    if buttons := as_buttons(choices):
        return [*before, Buttons(body, buttons, media)]
    first, *further = as_lists(choices)
    above = [Shown(media)] if media else []
    more = [Rows(texts.also(t), texts.choose(t), rows) for rows in further]
    return [*above, *before, Rows(body, texts.choose(t), first), *more]


def _asked(text: str, media: Media | None) -> list[Piece]:
    before, body, media = _parted(text, media)
    above = [Shown(media)] if media else []
    return [*above, *before, AskNumber(body)]


def _plain(text: str, media: Media | None) -> list[Piece]:
    if media is None:
        return [Words(piece) for piece in split(text, TEXT)] if text else []
    if length(caption := formatted(text)) <= BODY:
        return [Shown(media, caption)]
    return [Shown(media), *(Words(piece) for piece in split(text, TEXT))]


def _parted(text: str, media: Media | None) -> tuple[list[Piece], str, Media | None]:
    """What goes before, the words that carry the buttons, and the media that still goes with them."""
    *heads, body = split(text, BODY)
    if not heads:
        return [], body, media
    above: list[Piece] = [Shown(media)] if media else []
    return [*above, *(Words(words) for words in _joined(heads))], body, None


def _joined(heads: list[str]) -> list[str]:
    """Short pieces together, as far as one message takes them."""
    done: list[str] = []
    for head in heads:
        if done and length(done[-1]) + 1 + length(head) <= TEXT:
            done[-1] = f"{done[-1]}\n{head}"
        else:
            done.append(head)
    return done


def _link(message: Message) -> Key | None:
    """The one that becomes a button: the first that opens a page."""
    return next((key for row in message.keys for key in row if _opens(key)), None)


def _opens(key: Key) -> bool:
    return key.url is not None and key.url.startswith(("https://", "http://"))


def _lines(message: Message, link: Key | None) -> list[str]:
    """Further links and what can be copied, a line each."""
    keys = [key for row in message.keys for key in row if key is not link]
    return [html.escape(f"{key.label}: {key.url or key.copy}") for key in keys if key.url or key.copy]


def _media(message: Message, shown: int | None) -> Media | None:
    if message.photo_id is not None and message.photo_id != shown:
        return Photo(message.photo_id)
    if message.document is not None:
        return File(message.document_name or "file", message.document)
    return None

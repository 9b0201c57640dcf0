"""Text with markup in, text with entities out, as td MessageEntity.cpp parse_html and fix_formatted_text do it."""

import re
from dataclasses import dataclass
from html import unescape

from bot.simulator import errors, limits
from bot.simulator.links import LinkError, checked_link, user_of_link
from bot.simulator.shapes import Json, utf16_length

_SIMPLE_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_TAGS = {*_SIMPLE_TAGS, "a", "tg-emoji", "tg-time"}
_CHARACTER = re.compile(r"&(?:lt|gt|amp|quot|#x[0-9a-fA-F]{1,6}|#[0-9]{1,7})(?![a-zA-Z]);?")
_SPECIAL = re.compile(r"[<&]")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>/"']+)\s*(?:=\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9.\-]+)(?=[\s>])))?""")
_NAME_END = re.compile(r"[\s>]")
_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?\b")
_URL = re.compile(r"(?<![\w@])(?:https?|tg)://[^\s<>\"']+[^\s<>\"'.,;:!?)]", re.IGNORECASE)

FormattedText = tuple[str, list[Json]]


@dataclass(slots=True)
class _OpenTag:
    name: str
    argument: str
    offset: int
    text_start: int


def _decoded(text: str) -> str:
    return _CHARACTER.sub(lambda match: unescape(match[0].rstrip(";") + ";"), text)


def _broken(reason: str) -> errors.BotApiError:
    return errors.CANNOT_PARSE_ENTITIES.error(reason=reason)


class _HtmlReader:
    """One pass over the text; error offsets are in bytes, entity offsets in UTF-16 units."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.plain: list[str] = []
        self.length = 0
        self.open: list[_OpenTag] = []
        self.entities: list[Json] = []

    def read(self) -> FormattedText:
        text, end = self.text, len(self.text)
        while self.position < end:
            found = _SPECIAL.search(text, self.position)
            stop = found.start() if found else end
            if stop > self.position:
                self._add(text[self.position : stop])
            self.position = stop
            if found:
                self._read_special(found[0])
        if self.open:
            raise _broken(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.plain), self.entities

    def _add(self, piece: str) -> None:
        self.plain.append(piece)
        self.length += utf16_length(piece)

    def _read_special(self, character: str) -> None:
        if character == "&":
            match = _CHARACTER.match(self.text, self.position)
            self._add(_decoded(match[0]) if match else "&")
            self.position = match.end() if match else self.position + 1
        elif self.text.startswith("</", self.position):
            self._close_tag()
        else:
            self._open_tag()

    def _byte_offset(self, position: int) -> int:
        return len(self.text[:position].encode())

    def _open_tag(self) -> None:
        begin = self.position
        at = self._byte_offset(begin)
        name_end = _NAME_END.search(self.text, begin + 1)
        if name_end is None:
            raise _broken(f"Unclosed start tag at byte offset {at}")
        name = self.text[begin + 1 : name_end.start()].lower()
        if name not in _TAGS:
            raise _broken(f'Unsupported start tag "{name}" at byte offset {at}')
        argument = self._read_attributes(name, name_end.start(), at)
        if name == "span" and argument != "tg-spoiler":
            raise _broken(f'Tag "span" must have class "tg-spoiler" at byte offset {at}')
        self.open.append(_OpenTag(name, argument, self.length, len(self.plain)))

    def _read_attributes(self, name: str, position: int, at: int) -> str:
        argument = ""
        while True:
            position += len(self.text[position:]) - len(self.text[position:].lstrip())
            if position >= len(self.text):
                raise _broken(f"Unclosed start tag at byte offset {at}")
            if self.text[position] == ">":
                self.position = position + 1
                return argument
            match = _ATTRIBUTE.match(self.text, position)
            if match is None:
                raise _broken(f'Empty attribute name in the tag "{name}" at byte offset {at}')
            quoted = match[2] if match[2] is not None else match[3]
            value = _decoded(quoted) if quoted is not None else (match[4] or "").lower()
            argument = _argument(name, match[1], value) or argument
            position = self._after_attribute(match, name, at)

    def _after_attribute(self, match: re.Match[str], name: str, at: int) -> int:
        position = match.end()
        if self.text[position : position + 1] == "=":
            rest = self.text[position + 1 :].lstrip()
            if not rest or rest[0] in "\"'":
                raise _broken(f"Unclosed start tag at byte offset {at}")
            offset = self._byte_offset(position + 1)
            raise _broken(f"Unexpected end of name token at byte offset {offset}")
        if position == match.start():
            raise _broken(f'Empty attribute name in the tag "{name}" at byte offset {at}')
        return position

    def _close_tag(self) -> None:
        begin = self.position
        at = self._byte_offset(begin)
        if not self.open:
            raise _broken(f"Unexpected end tag at byte offset {at}")
        end = self.text.find(">", begin)
        name = self.text[begin + 2 : end].strip().lower() if end != -1 else ""
        if end == -1 or re.search(r"\s", name):
            raise _broken(f"Unclosed end tag at byte offset {at}")
        tag = self.open.pop()
        if name and name != tag.name:
            raise _broken(f'Unmatched end tag at byte offset {at}, expected "</{tag.name}>", found "</{name}>"')
        self.position = end + 1
        if self.length > tag.offset:
            self._add_entity(tag)

    def _add_entity(self, tag: _OpenTag) -> None:
        span = {"offset": tag.offset, "length": self.length - tag.offset}
        if tag.name == "a":
            self._add_link(tag, span)
        elif tag.name == "tg-emoji":
            if not tag.argument.isdigit() or int(tag.argument) == 0:
                raise _broken("Invalid custom emoji identifier specified")
            self.entities.append({"type": "custom_emoji", **span, "custom_emoji_id": tag.argument})
        elif tag.name in {"pre", "code"}:
            self._add_code(tag, span)
        elif tag.name == "blockquote" and tag.argument:
            self.entities.append({"type": "expandable_blockquote", **span})
        elif tag.name in _SIMPLE_TAGS:
            self.entities.append({"type": _SIMPLE_TAGS[tag.name], **span})

    def _add_link(self, tag: _OpenTag, span: Json) -> None:
        url = tag.argument or "".join(self.plain[tag.text_start :])
        user_id = user_of_link(url)
        if user_id is not None:
            person = {"id": user_id, "is_bot": False, "first_name": ""}
            self.entities.append({"type": "text_mention", **span, "user": person})
            return
        try:
            self.entities.append({"type": "text_link", **span, "url": checked_link(url)})
        except LinkError:
            return

    def _add_code(self, tag: _OpenTag, span: Json) -> None:
        inner = self.entities[-1] if self.entities else None
        same = inner is not None and (inner["offset"], inner["length"]) == (span["offset"], span["length"])
        if inner is not None and same and tag.name == "pre" and inner["type"] == "code":
            inner["type"] = "pre"
            return
        entity = {"type": tag.name, **span}
        if tag.name == "code" and tag.argument:
            entity["language"] = tag.argument
        self.entities.append(entity)


def _argument(tag: str, attribute: str, value: str) -> str:
    match tag, attribute:
        case ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "unix"):
            return value
        case ("span", "class"):
            return value
        case ("code", "class"):
            return value.removeprefix("language-") if value.startswith("language-") else ""
        case ("blockquote", "expandable"):
            return "1"
        case _:
            return ""


def parse_html(text: str) -> FormattedText:
    """Raises BotApiError "can't parse entities: …" where Telegram does, with its byte offset."""
    plain, entities = _HtmlReader(text).read()
    for entity in entities:
        if entity["type"] == "code":
            entity.pop("language", None)
    return plain, entities


def parse_text(text: str, parse_mode: str, given: list[Json] | None) -> FormattedText:
    """What get_formatted_text does: markup by `parse_mode`, else the entities given beside the text."""
    if len(text.encode()) > limits.RAW_TEXT_BYTES:
        errors.TEXT_TOO_LONG.refuse()
    mode = parse_mode.lower()
    if text and mode not in {"", "none"}:
        if mode != "html":
            errors.UNSUPPORTED_PARSE_MODE.refuse()
        return trimmed(*parse_html(text))
    return trimmed(text, _within(text, given or []))


def _within(text: str, given: list[Json]) -> list[Json]:
    end = utf16_length(text)
    for entity in given:
        if entity.get("offset", 0) + entity.get("length", 0) > end:
            errors.ENTITY_BEYOND_END.refuse(offset=entity["offset"], end=end)
    return sorted(given, key=lambda entity: (entity["offset"], -entity["length"]))


def trimmed(text: str, entities: list[Json]) -> FormattedText:
    """Blank space around the text goes; entities shrink with it; commands and addresses become entities."""
    start = entities[0]["offset"] if entities else len(text)
    blanks = len(text) - len(text.lstrip(" \n"))
    shift = min(blanks, start)
    text = text[shift:].rstrip()
    end = utf16_length(text)
    kept = []
    for entity in entities:
        offset = entity["offset"] - shift
        length = min(entity["length"], end - offset)
        if length > 0:
            kept.append({**entity, "offset": offset, "length": length})
    return text, with_found(text, kept)


def with_found(text: str, entities: list[Json]) -> list[Json]:
    """Telegram itself marks `/commands` and addresses that nobody marked."""
    if "/" not in text:
        return entities
    found = [("bot_command", match) for match in _COMMAND.finditer(text)]
    found += [("url", match) for match in _URL.finditer(text)]
    result = list(entities)
    for kind, match in found:
        offset, length = utf16_length(text[: match.start()]), utf16_length(match[0])
        if not any(_overlap(offset, length, entity) for entity in result):
            result.append({"type": kind, "offset": offset, "length": length})
    return sorted(result, key=lambda entity: (entity["offset"], -entity["length"]))


def _overlap(offset: int, length: int, entity: Json) -> bool:
    starts_before_end: bool = offset < entity["offset"] + entity["length"]
    return starts_before_end and bool(entity["offset"] < offset + length)

"""What WhatsApp makes of `*bold*`, `_italic_`, `~struck~` and monospace, as text with entities."""

import re

from bot.simulator.shapes import Json, utf16_length

_INVISIBLE = re.compile("[\u200b\u2060\ufeff]")
_MARKS = {"*": "bold", "_": "italic", "~": "strikethrough"}
_MONOSPACE = re.compile(r"```(?P<block>.+?)```|`(?P<line>[^`\n]+)`", re.DOTALL)
_WRAPPED = re.compile(
    "(?<![^\\W_])(?P<mark>[*_~])(?![\\s\u200b\u2060])(?P<inner>[^\\n]*?[^\\s\u200b\u2060])(?P=mark)(?![^\\W_])"
)
_LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)]")


def read(text: str) -> tuple[str, list[Json]]:
    """The text a person sees, and what stands out in it; offsets count UTF-16 units. Invisible joiners are gone."""
    plain, entities = _read(text)
    shown = _shortened(plain, entities)
    links = [_entity("url", found.start(), found.group(), shown[0]) for found in _LINK.finditer(shown[0])]
    return shown[0], sorted([*shown[1], *links], key=lambda entity: (entity["offset"], -entity["length"]))


def _read(text: str) -> tuple[str, list[tuple[str, int, int]]]:
    """Plain text and (kind, start, end) in its characters. An address stays as it is."""
    done = ""
    spans: list[tuple[str, int, int]] = []
    while text:
        found = _first(text)
        if found is None:
            return done + text, spans
        if found.re is _LINK:
            done, text = done + text[: found.end()], text[found.end() :]
            continue
        done += text[: found.start()]
        inner, deeper = _inside(found)
        spans.append((_kind(found), len(done), len(done) + len(inner)))
        spans += [(kind, start + len(done), end + len(done)) for kind, start, end in deeper]
        done += inner
        text = text[found.end() :]
    return done, spans


def _first(text: str) -> re.Match[str] | None:
    found = [match for match in (_MONOSPACE.search(text), _WRAPPED.search(text), _LINK.search(text)) if match]
    return min(found, key=lambda match: match.start(), default=None)


def _kind(found: re.Match[str]) -> str:
    groups = found.groupdict()
    if "mark" in groups:
        return _MARKS[groups["mark"]]
    return "pre" if groups["block"] is not None else "code"


def _inside(found: re.Match[str]) -> tuple[str, list[tuple[str, int, int]]]:
    groups = found.groupdict()
    if "mark" in groups:
        return _read(groups["inner"])
    return groups["block"] if groups["block"] is not None else groups["line"], []


def _shortened(text: str, spans: list[tuple[str, int, int]]) -> tuple[str, list[Json]]:
    """Without what nobody sees."""
    shown = _INVISIBLE.sub("", text)

    def place(position: int) -> int:
        return utf16_length(_INVISIBLE.sub("", text[:position]))

    entities = [
        {"type": kind, "offset": place(start), "length": place(end) - place(start)} for kind, start, end in spans
    ]
    return shown, [entity for entity in entities if entity["length"]]


def _entity(kind: str, start: int, words: str, text: str) -> Json:
    return {"type": kind, "offset": utf16_length(text[:start]), "length": utf16_length(words)}

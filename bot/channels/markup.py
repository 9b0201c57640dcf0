"""The neutral markup of messages (`<b>`, `<i>`, `<code>`, `<pre>`), cut to a platform's lengths."""

import re

_TAG = re.compile(r"<(/?)(b|i|code|pre)>")


def length(text: str) -> int:
    """Upper bound of what a platform counts: UTF-16 units, markup included."""
    return len(text.encode("utf-16-le")) // 2


def pieces(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit`, cut between lines where possible; markup stays closed in each."""
    done: list[str] = []
    room = limit - 40
    while length(text) > limit:
        cut = _cut(text, room)
        head, text = text[:cut], text[cut:].lstrip("\n")
        still_open = _open_tags(head)
        done.append(head.rstrip("\n") + "".join(f"</{tag}>" for tag in reversed(still_open)))
        text = "".join(f"<{tag}>" for tag in still_open) + text
    return [*done, text]


def _cut(text: str, room: int) -> int:
    """Where to cut so that at most `room` units stay before it, not inside a tag or an entity."""
    end = min(room, len(text))
    while length(text[:end]) > room:
        end -= max(1, (length(text[:end]) - room) // 2)
    line = text.rfind("\n", room // 2, end)
    if line > 0:
        return line
    opened = max(text.rfind("<", end - 8, end), text.rfind("&", end - 8, end))
    closed = max(text.rfind(">", end - 8, end), text.rfind(";", end - 8, end))
    return opened if opened > closed else end


def _open_tags(text: str) -> list[str]:
    stack: list[str] = []
    for closing, tag in _TAG.findall(text):
        if closing and tag in stack:
            stack.remove(tag)
        elif not closing:
            stack.append(tag)
    return stack

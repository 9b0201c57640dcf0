"""The one shape everything on this wire has, and how lengths are counted in it."""

import json
from typing import Any

Json = dict[str, Any]


def dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def utf16_length(text: str) -> int:
    """Telegram counts offsets and lengths of entities in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2

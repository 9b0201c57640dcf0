"""Approved templates: what `data/whatsapp_templates.json` holds, and one of them as it is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jobs.ports import Template

Json = Mapping[str, Any]

NOTICE: Final = "notice"
"""Says of anything else that it is there: the society's name and the first words."""
SHOW: Final = "show:"
"""What the quick reply of a template sends: the message itself, now in free words."""
LONGEST_PARAMETER: Final = 500
PUBLIC_URL: Final = "{PUBLIC_URL}"
"""Stands in the file for the service's own address."""
MOST_IN_BODY: Final = 1024
_FILE: Final = Path(__file__).parents[3] / "data" / "whatsapp_templates.json"
_USUAL_LANGUAGE: Final = "en"
_SPACE = re.compile(r"\s+")
_VARIABLE = re.compile(r"\{\{(\d+)\}\}")


@dataclass(frozen=True, slots=True)
class Definition:
    """One template in one language, in the shape in which Meta takes it."""

    name: str
    language: str
    raw: Json

    @property
    def body(self) -> str:
        """The words, with `{{1}}` where a parameter goes."""
        return str(next(part["text"] for part in self.raw["components"] if part["type"] == "BODY"))

    @property
    def buttons(self) -> Sequence[Json]:
        """In their order."""
        return [one for part in self.raw["components"] if part["type"] == "BUTTONS" for one in part["buttons"]]

    @property
    def variables(self) -> int:
        """How many parameters the body takes."""
        return len(set(_VARIABLE.findall(self.body)))

    @property
    def needs_address(self) -> bool:
        """Whether it can be submitted only with a public https address."""
        return any(PUBLIC_URL in button.get("url", "") for button in self.buttons)


@cache
def definitions() -> tuple[Definition, ...]:
    """Every template in every language."""
    raw = json.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(Definition(one["name"], one["language"], one) for one in raw)


def definition(name: str, language: str) -> Definition:
    """The template in this language, else in English; `LookupError` where there is none of this name."""
    found = {one.language: one for one in definitions() if one.name == name}
    if not found:
        raise LookupError(name)
    return found.get(language) or found[_USUAL_LANGUAGE]


def with_address(one: Definition, public_url: str) -> Json:
    """The template as it is submitted, with our address in its links."""
    filled: Json = json.loads(json.dumps(one.raw).replace(PUBLIC_URL, json.dumps(public_url.rstrip("/"))[1:-1]))
    return filled


def sent(template: Template, language: str) -> dict[str, Any]:
    """The value of `template` in a message to be sent. Raises `LookupError` for a template that we do not have."""
    found = definition(template.name, language)
    return {
        "name": found.name,
        "language": {"code": found.language},
        "components": [_body(template.parameters), *_buttons(found, template.button)],
    }


def _body(parameters: Sequence[str]) -> dict[str, Any]:
    given = [{"type": "text", "text": one_line(one)} for one in parameters]
    return {"type": "body", "parameters": given}


def _buttons(found: Definition, suffix: str | None) -> list[dict[str, Any]]:
    made = []
    for place, button in enumerate(found.buttons):
        kind = button["type"].lower()
        said = {"type": "text", "text": suffix or ""} if kind == "url" else {"type": "payload", "payload": SHOW}
        made.append({"type": "button", "sub_type": kind, "index": str(place), "parameters": [said]})
    return made


def one_line(text: str, most: int = LONGEST_PARAMETER) -> str:
    """The text as a parameter is taken: no line break, tab or run of blanks, not empty, at most `most` characters."""
    flat = _SPACE.sub(" ", text).strip() or "-"
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"

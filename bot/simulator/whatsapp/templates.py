"""Message templates of the account: submitted, approved, and filled in when one is sent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.simulator.shapes import Json
from bot.simulator.whatsapp import errors, limits

_NAME = re.compile(r"[a-z0-9_]+", re.ASCII)
_VARIABLE = re.compile(r"\{\{(\d+)\}\}")
_UNFIT = re.compile(r"[\n\t]| {5,}")
_CATEGORIES = frozenset({"UTILITY", "MARKETING", "AUTHENTICATION"})
APPROVED, PENDING = "APPROVED", "PENDING"


@dataclass(slots=True)
class Template:
    """One name in one language. `components` are as Meta's message_templates takes them."""

    id: str
    name: str
    language: str
    category: str
    components: list[Json]
    status: str = PENDING

    def shown(self) -> Json:
        """As the account lists it."""
        names = ("id", "name", "language", "status", "category", "components")
        return {name: getattr(self, name) for name in names}

    def component(self, kind: str) -> Json:
        return next((one for one in self.components if one.get("type") == kind), {})

    @property
    def buttons(self) -> list[Json]:
        buttons: list[Json] = self.component("BUTTONS").get("buttons", [])
        return buttons


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its parameters in: what the person sees. `buttons`: (label, payload or address, is a link)."""

    text: str
    footer: str
    buttons: list[tuple[str, str, bool]]


class Templates:
    """All of one account. `reviews`: a submitted one waits for `approve` instead of being approved at once."""

    def __init__(self) -> None:
        self.reviews = False
        self._all: dict[tuple[str, str], Template] = {}

    def submit(self, asked: Json) -> Template:
        """A new one. Raises GraphError where Meta would refuse it."""
        name, language = str(asked.get("name", "")), str(asked.get("language", ""))
        _check(asked, name, language)
        if (name, language) in self._all:
            errors.TEMPLATE_EXISTS.refuse("Content in this language already exists")
        status = PENDING if self.reviews else APPROVED
        number = str(900_000_000_000_000 + len(self._all))
        made = Template(number, name, language, str(asked["category"]), list(asked["components"]), status)
        self._all[name, language] = made
        return made

    def approve(self, asked: Sequence[Json]) -> None:
        """Those of a file, as if Meta had looked at them long ago."""
        for one in asked:
            self.submit(one).status = APPROVED

    def at(self, name: str, language: str) -> Template | None:
        return self._all.get((name, language))

    def list(self, name: str | None = None) -> list[Json]:
        return [one.shown() for one in self._all.values() if name is None or one.name == name]

    def fill(self, asked: Json) -> Filled:
        """What a person gets. Raises GraphError: unknown, not approved, wrong number of parameters, too long."""
        name, language = str(asked.get("name", "")), str(_object(asked.get("language")).get("code", ""))
        found = self.at(name, language)
        if found is None or found.status == PENDING:
            errors.NO_TEMPLATE.refuse(f"template name ({name}) does not exist in {language}")
        if found.status != APPROVED:
            errors.TEMPLATE_PAUSED.refuse(f"template {name} is {found.status.lower()}")
        components = asked.get("components") or []
        text = _filled(found.component("BODY").get("text", ""), _of(components, "body"), "body")
        if len(text) > limits.TEMPLATE_BODY_CHARACTERS:
            errors.TEMPLATE_TOO_LONG.refuse(f"body: {len(text)} characters")
        footer = found.component("FOOTER").get("text", "")
        buttons = [_button(button, index, components) for index, button in enumerate(found.buttons)]
        return Filled(text, footer, buttons)


def _check(asked: Json, name: str, language: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > limits.TEMPLATE_NAME_CHARACTERS:
        errors.INVALID.refuse("name: only lower-case letters, digits and underscores")
    if not language:
        errors.INVALID.refuse("language is required")
    if asked.get("category") not in _CATEGORIES:
        errors.INVALID.refuse("category must be one of AUTHENTICATION, MARKETING, UTILITY")
    components = asked.get("components")
    body = next((one for one in components or [] if one.get("type") == "BODY"), None)
    if body is None:
        errors.INVALID.refuse("components: a body is required")
    _check_body(body)
    _check_buttons([button for one in components or [] for button in one.get("buttons", [])])


def _check_body(body: Json) -> None:
    text = str(body.get("text", ""))
    if not text or len(text) > limits.TEMPLATE_BODY_CHARACTERS:
        errors.INVALID.refuse(f"body: 1 to {limits.TEMPLATE_BODY_CHARACTERS} characters")
    numbers = [int(found) for found in _VARIABLE.findall(text)]
    if sorted(set(numbers)) != list(range(1, len(set(numbers)) + 1)):
        errors.INVALID.refuse("body: variables must be numbered from {{1}} on")
    if _VARIABLE.match(text.strip()) or re.search(r"\{\{\d+\}\}\s*$", text):
        errors.TEMPLATE_MALFORMED.refuse("Variables can't be at the start or end of the template")
    examples = body.get("example", {}).get("body_text", [[]])
    if len(examples[0]) != len(set(numbers)):
        errors.INVALID.refuse("body: one example for every variable is required")


def _check_buttons(buttons: Sequence[Json]) -> None:
    if len(buttons) > 10 or sum(button.get("type") == "URL" for button in buttons) > 2:  # noqa: PLR2004 - Meta's own
        errors.INVALID.refuse("buttons: at most 10, 2 of them with an address")
    for button in buttons:
        if not 1 <= len(str(button.get("text", ""))) <= limits.TEMPLATE_BUTTON_CHARACTERS:
            errors.INVALID.refuse(f"buttons: text of 1 to {limits.TEMPLATE_BUTTON_CHARACTERS} characters")
        variable = _VARIABLE.search(str(button.get("url", "")))
        if variable and (not str(button["url"]).endswith("{{1}}") or not button.get("example")):
            errors.INVALID.refuse("buttons: an address may have one variable, at its end, with an example")


def _button(button: Json, index: int, components: Sequence[Json]) -> tuple[str, str, bool]:
    given = _of(components, "button", index)
    label = str(button["text"])
    if button.get("type") == "URL":
        return label, _filled(str(button["url"]), given, f"buttons: Button at index {index} of type Url"), True
    payload = given[0].get("payload", label) if given else label
    return label, str(payload), False


def _of(components: Sequence[Json], kind: str, index: int | None = None) -> list[Json]:
    """The parameters sent for one component."""
    for one in components:
        if str(one.get("type", "")).lower() == kind and (index is None or str(one.get("index")) == str(index)):
            return list(one.get("parameters") or [])
    return []


def _filled(text: str, parameters: Sequence[Json], where: str) -> str:
    expected = len(set(_VARIABLE.findall(text)))
    if len(parameters) != expected:
        errors.PARAMETER_COUNT.refuse(
            f"{where}: number of localizable_params ({len(parameters)}) does not match the expected number of params "
            f"({expected})"
        )
    values = [str(parameter.get("text", "")) for parameter in parameters]
    for value in values:
        if not value:
            errors.MISSING.refuse(f"{where}: parameter of type text is missing text value")
        if _UNFIT.search(value):
            errors.INVALID.refuse("Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
    return _VARIABLE.sub(lambda found: values[int(found[1]) - 1], text)


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}

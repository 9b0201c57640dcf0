"""The templates as Meta would take them, and one as it is sent."""

from __future__ import annotations

import json
import re
from collections import defaultdict

import pytest

from bot.channels.whatsapp import templates
from bot.channels.whatsapp.templates import Definition, definition, definitions, one_line, sent, with_address
from jobs.ports import Template

_NAMES = {"bill_ready", "bill_ready_office", "payment_reminder", "payment_received", "notice"}
_VARIABLE = re.compile(r"\{\{(\d+)\}\}")
_EACH = pytest.mark.parametrize("one", definitions(), ids=lambda one: f"{one.name}-{one.language}")
_MOST_IN_FOOTER, _MOST_IN_BUTTON, _MOST_BUTTONS = 60, 20, 3
_WORDS_A_VARIABLE = 3
_LONGEST_NAME = 60  # of the society


def test_every_message_has_its_template_in_both_languages() -> None:
    found = defaultdict(set)
    for one in definitions():
        found[one.name].add(one.language)
    assert found == {name: {"en", "hi"} for name in _NAMES}
    assert len(definitions()) == 2 * len(_NAMES), "one of a name and language"


@_EACH
def test_it_has_the_shape_and_the_limits_of_the_platform(one: Definition) -> None:
    assert one.raw["category"] == "UTILITY"
    assert re.fullmatch(r"[a-z0-9_]{1,512}", one.name)
    kinds = [part["type"] for part in one.raw["components"]]
    assert sorted(set(kinds)) == sorted(kinds)
    assert set(kinds) <= {"BODY", "FOOTER", "BUTTONS"}
    footer = next(part["text"] for part in one.raw["components"] if part["type"] == "FOOTER")
    assert len(footer) <= _MOST_IN_FOOTER
    assert not _VARIABLE.search(footer)
    assert 0 < len(one.buttons) <= _MOST_BUTTONS
    for button in one.buttons:
        assert len(button["text"]) <= _MOST_IN_BUTTON
        assert button["type"] in {"URL", "QUICK_REPLY"}


@_EACH
def test_its_variables_are_as_reviewers_want_them(one: Definition) -> None:
    """Numbered from 1 in order, none first or last or beside another, few among the words, an example for each."""
    numbers = [int(number) for number in _VARIABLE.findall(one.body)]
    assert numbers == list(range(1, one.variables + 1))
    assert not re.match(r"\W*\{\{", one.body)
    assert not re.search(r"\}\}\W*$", one.body)
    assert not re.search(r"\}\}\s*\{\{", one.body)
    assert len(_VARIABLE.sub("", one.body).split()) >= _WORDS_A_VARIABLE * one.variables
    [example] = next(part["example"]["body_text"] for part in one.raw["components"] if part["type"] == "BODY")
    assert len(example) == one.variables
    assert len(one.body) + templates.LONGEST_PARAMETER + _LONGEST_NAME <= templates.MOST_IN_BODY


@_EACH
def test_its_link_ends_with_its_only_variable(one: Definition) -> None:
    for button in one.buttons:
        if button["type"] == "URL":
            assert button["url"] == templates.PUBLIC_URL + "/b/{{1}}"
            [example] = button["example"]
            assert example.startswith(templates.PUBLIC_URL + "/b/")


def test_both_languages_say_the_same() -> None:
    for name in _NAMES:
        english, hindi = definition(name, "en"), definition(name, "hi")
        assert english.variables == hindi.variables, name
        assert [one["type"] for one in english.buttons] == [one["type"] for one in hindi.buttons], name
        assert english.needs_address == hindi.needs_address, name


@pytest.mark.parametrize("one", [one for one in definitions() if one.language == "hi"], ids=lambda one: one.name)
def test_hindi_has_no_latin_letters(one: Definition) -> None:
    said = [part["text"] for part in one.raw["components"] if "text" in part]
    said += [button["text"] for button in one.buttons]
    assert not re.search(r"[A-Za-z]", _VARIABLE.sub("", " ".join(said)))


def test_no_two_templates_of_a_language_have_the_same_words() -> None:
    """The platform refuses the second."""
    bodies = [(one.language, one.body) for one in definitions()]
    assert len(set(bodies)) == len(bodies)


def test_our_address_is_in_what_is_submitted() -> None:
    filled = with_address(definition("bill_ready", "en"), "https://bills.example.org/")
    assert templates.PUBLIC_URL not in json.dumps(filled)
    [button] = filled["components"][-1]["buttons"]
    assert button["url"] == "https://bills.example.org/b/{{1}}"


def test_a_template_is_sent_with_its_parameters_and_its_link() -> None:
    template = Template("bill_ready", ("अक्टूबर 2026", "B17-FF", "₹3,264.40", "12 नवंबर"), "tOken_1")
    assert sent(template, "hi") == {
        "name": "bill_ready",
        "language": {"code": "hi"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": one} for one in template.parameters]},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "tOken_1"}]},
        ],
    }


def test_its_quick_reply_asks_for_the_message_itself() -> None:
    made = sent(Template("notice", ("Blessings City", "first line\n\n second\tline")), "en")
    body, button = made["components"]
    assert body["parameters"][1]["text"] == "first line second line"
    assert button == {
        "type": "button",
        "sub_type": "quick_reply",
        "index": "0",
        "parameters": [{"type": "payload", "payload": "show:"}],
    }


def test_an_unknown_language_gets_english_and_an_unknown_name_is_a_mistake() -> None:
    assert sent(Template("notice", ("a", "b")), "mr")["language"] == {"code": "en"}
    with pytest.raises(LookupError):
        sent(Template("nothing_like_it"), "en")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\nb\tc     d", "a b c d"), ("  ", "-"), ("x" * 600, "x" * 499 + "…"), ("₹3,264.40", "₹3,264.40")],
)
def test_a_parameter_is_one_line(text: str, expected: str) -> None:
    assert one_line(text) == expected

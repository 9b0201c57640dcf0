"""Languages: figures, dates, and a Hindi catalogue that is complete for owners."""

from __future__ import annotations

import ast
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot.i18n import LANGUAGES, Translator, escape
from bot.texts import (
    bill_page,
    consent,
    documents,
    engine,
    invite_slips,
    onboarding,
    owner,
    owner_claims,
    owner_corrections,
    owner_records,
    owner_sum,
    pay_page,
    pieces,
    slips,
)
from domain.period import Month

OWNERS_READ = (
    owner,
    owner_claims,
    owner_corrections,
    owner_records,
    owner_sum,
    onboarding,
    bill_page,
    pay_page,
    documents,
    slips,
    engine,
    pieces,
    consent,
    invite_slips,
)
CATALOGUE = Path(__file__).parents[2] / "data" / "locale" / "hi.po"
PLACE = re.compile(r"\{\w*\}")
COMMAND = re.compile(r"/[a-z]+")
MARKUP = re.compile(r"</?(?:b|i|code|pre)>")


@pytest.fixture(scope="module")
def hindi() -> Catalog:
    with CATALOGUE.open("rb") as source:
        return read_po(source, locale="hi")


def message_ids() -> list[tuple[str, ...]]:
    """What the owners' texts ask the catalogue for: one form, or one and many."""
    found: list[tuple[str, ...]] = []
    for module in OWNERS_READ:
        for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                forms = {"gettext": 1, "ngettext": 2}.get(node.func.attr, 0)
                if forms:
                    found.append(tuple(ast.literal_eval(argument) for argument in node.args[:forms]))
    return found


@pytest.mark.parametrize("wanted", sorted(set(message_ids())), ids=lambda forms: forms[0][:40])
def test_every_text_for_owners_is_in_hindi_with_the_same_places(hindi: Catalog, wanted: tuple[str, ...]) -> None:
    message = hindi.get(wanted[0])
    assert isinstance(message, Message)
    forms = (message.string,) if isinstance(message.string, str) else message.string
    assert len(forms) == len(wanted)
    for said, asked in zip(forms, wanted, strict=True):
        assert said
        assert not message.fuzzy
        for pattern in (PLACE, COMMAND, MARKUP):
            assert sorted(pattern.findall(said)) == sorted(pattern.findall(asked))
        assert said.count("\n") == asked.count("\n")


def test_hindi_has_no_english_letters_but_places_commands_and_markup(hindi: Catalog) -> None:
    for message in hindi:
        for said in (message.string,) if isinstance(message.string, str) else message.string:
            if message.id:
                rest = MARKUP.sub("", COMMAND.sub("", PLACE.sub("", said)))
                assert not re.search(r"[A-Za-z]", rest), said


def test_the_catalogue_holds_nothing_that_nobody_says(hindi: Catalog) -> None:
    wanted = {forms[0] for forms in message_ids()}
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in hindi if message.id}
    unsaid = known - wanted - {forms[0] for forms in texts_of_everybody()}
    assert not unsaid


def texts_of_everybody() -> set[tuple[str, ...]]:
    """First arguments of every gettext call of the texts."""
    calls = re.compile(r"n?gettext\(\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+)")
    found: set[tuple[str, ...]] = set()
    for path in Path(owner.__file__ or "").parent.glob("*.py"):
        for match in calls.finditer(path.read_text(encoding="utf-8")):
            found.add((ast.literal_eval(f"({match[1]})"),))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("amount", "written"),
    [("184200.5", "₹1,84,200.50"), ("0", "₹0.00"), ("-774", "-₹774.00"), ("99999999.99", "₹9,99,99,999.99")],
)
def test_rupees_are_written_the_indian_way(language: str, amount: str, written: str) -> None:
    assert Translator(language).rupees(Decimal(amount)) == written


def test_days_in_hindi_are_not_abbreviated() -> None:
    day = date(2026, 11, 12)
    english, hindi = Translator("en"), Translator("hi")
    assert (english.day(day), english.near_day(day)) == ("12 Nov 2026", "12 Nov 2026")
    assert (hindi.day(day), hindi.near_day(day)) == ("12 नवंबर 2026", "12 नवंबर")
    assert (english.month(Month(2026, 10)), hindi.month(Month(2026, 10))) == ("October 2026", "अक्टूबर 2026")


def test_an_unknown_language_is_english() -> None:
    assert Translator("xx").language == Translator(None).language == "en"
    assert Translator("xx").gettext("Pay") == "Pay"


def test_what_people_typed_is_shown_as_typed() -> None:
    assert escape('<b>Tara</b> & "Sons"') == '&lt;b&gt;Tara&lt;/b&gt; &amp; "Sons"'

"""What a channel cannot show is told in another way: a test for each rule."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.channels.degrade import (
    BODY,
    TEXT,
    AskNumber,
    Buttons,
    Choice,
    File,
    Link,
    Photo,
    Piece,
    Rows,
    Shown,
    Words,
    degraded,
    formatted,
)
from bot.channels.markup import length
from jobs.ports import Key, Keyboard, Message, plain

CARD = Message("<b>B17-FF</b> is read", keys=((Key("Fix", press="t1"), Key("Undo", press="t2")),))
PAY = Key("Pay ₹3,264.40", url="https://bills.example.org/b/a_b_")


def _presses(*labels: str) -> tuple[tuple[Key, ...], ...]:
    return tuple((Key(label, press=f"t{place}"),) for place, label in enumerate(labels))


def _choices(pieces: list[Piece]) -> list[Choice]:
    return [choice for piece in pieces if isinstance(piece, Buttons | Rows) for choice in piece.choices]


def _words(pieces: list[Piece]) -> str:
    return "\n".join(piece.text for piece in pieces)


def test_up_to_three_presses_are_buttons_in_reading_order() -> None:
    assert degraded(CARD) == [Buttons("*B17-FF* is read", (Choice("t1", "Fix"), Choice("t2", "Undo")))]


def test_four_presses_are_a_list() -> None:
    (rows,) = degraded(Message("Which?", keys=_presses("B17", "B18", "B19", "B20")))
    assert rows == Rows("Which?", "Choose", tuple(Choice(f"t{n}", f"B{17 + n}") for n in range(4)))


def test_eleven_presses_are_two_lists_and_none_is_lost() -> None:
    labels = [f"Flat {number}" for number in range(23)]
    pieces = degraded(Message("Which?", keys=_presses(*labels)))
    assert [len(piece.choices) for piece in pieces if isinstance(piece, Rows)] == [10, 10, 3]
    assert [choice.title for choice in _choices(pieces)] == labels
    assert all(piece.text for piece in pieces)


def test_a_label_longer_than_a_button_makes_a_list() -> None:
    (rows,) = degraded(Message("?", keys=_presses("Approve 121 normal readings, ₹2,31,004")))
    assert rows == Rows("?", "Choose", (Choice("t0", "Approve 121 normal", "readings, ₹2,31,004"),))


def test_two_buttons_never_have_the_same_title() -> None:
    (rows,) = degraded(Message("?", keys=_presses("Fix", "Fix")))
    assert isinstance(rows, Rows)


@pytest.mark.parametrize("label", ["word " * 40, "x" * 300, "यूनिट " * 40, "सुनिश्चित" * 30])
def test_a_label_longer_than_a_row_is_said_whole_in_the_text(label: str) -> None:
    pieces = degraded(Message("Which?", keys=_presses(label.strip())))
    (choice,) = _choices(pieces)
    assert length(choice.title) <= 24
    assert length(choice.about) <= 72
    assert label.strip() in _words(pieces)


def test_a_letter_keeps_its_sign_where_a_label_is_cut() -> None:
    for size in range(1, 40):
        label = "a" * size + "कि" * 20
        (choice,) = _choices(degraded(Message("?", keys=_presses(label))))
        assert not re.search("क$", choice.title)
        assert choice.title + choice.about == label


@pytest.mark.parametrize("signs", [24, 60, 300])
@pytest.mark.parametrize("letter", ["Z", "क", ""])
def test_a_letter_with_more_signs_than_a_row_has_room_for_is_cut_all_the_same(letter: str, signs: int) -> None:
    label = letter + "\u0351" * signs
    pieces = degraded(Message("Which?", keys=_presses(label)))
    (choice,) = _choices(pieces)
    assert 0 < length(choice.title) <= 24
    assert length(choice.about) <= 72
    assert label in (choice.title + choice.about) or label in _words(pieces)


def test_a_link_alone_is_a_button() -> None:
    assert degraded(Message("Your bill", keys=((PAY,),))) == [Link("Your bill", PAY.label, PAY.url or "")]


def test_a_link_and_presses_are_two_messages() -> None:
    link, buttons = degraded(Message("Your bill", keys=((PAY,), (Key("PDF", press="t1"),))))
    assert link == Link("Your bill", PAY.label, PAY.url or "")
    assert buttons == Buttons("You can also:", (Choice("t1", "PDF"),))


def test_further_links_and_what_no_app_opens_are_lines_of_text() -> None:
    upi = Key("Pay by UPI", url="upi://pay?pa=a@b&am=1.00")
    second = Key("Contact", url="https://example.org/contact")
    (link,) = degraded(Message("Your bill", keys=((upi, PAY), (second,))))
    lines = "Your bill\nPay by UPI: upi://pay?pa=a@b&am=1.00\nContact: https://example.org/contact"
    assert link == Link(lines, PAY.label, PAY.url or "")


def test_what_can_be_copied_is_a_line_of_text() -> None:
    (words,) = degraded(Message("Ways to pay", keys=((Key("Copy UPI ID", copy="society@bank"),),)))
    assert words == Words("Ways to pay\nCopy UPI ID: society@bank")


def test_the_keyboard_is_the_same_labels_that_say_themselves() -> None:
    keyboard = Keyboard((("Next meter", "Can't read"), ("List", "Undo")), placeholder="B17-FF 146")
    (rows,) = degraded(Message("Hello", keyboard=keyboard))
    assert [(one.id, one.title) for one in _choices([rows])] == [
        ("say:Next meter", "Next meter"),
        ("say:Can't read", "Can't read"),
        ("say:List", "List"),
        ("say:Undo", "Undo"),
    ]


def test_the_key_that_shares_the_number_asks_for_it() -> None:
    alone = Keyboard((("Share my number",),), asks_contact="Share my number")
    assert degraded(Message("Share it", keyboard=alone)) == [AskNumber("Share it")]
    both = Keyboard((("Share my number", "Skip"),), asks_contact="Share my number")
    assert degraded(Message("Share it", keyboard=both)) == [
        Buttons("Share it", (Choice("say:Skip", "Skip"),)),
        AskNumber("Share my number"),
    ]


def test_taking_the_keyboard_away_says_the_words_only() -> None:
    assert degraded(Message("Bye", remove_keyboard=True)) == [Words("Bye")]


def test_a_menu_of_commands_is_nothing() -> None:
    assert degraded(Message(commands=(("pending", "what waits"),))) == []


def test_a_photo_goes_above_buttons_and_links() -> None:
    assert degraded(replace(CARD, photo_id=7)) == [
        Buttons("*B17-FF* is read", (Choice("t1", "Fix"), Choice("t2", "Undo")), Photo(7))
    ]
    assert degraded(Message("Bill", keys=((PAY,),), photo_id=7)) == [Link("Bill", PAY.label, PAY.url or "", Photo(7))]


def test_a_photo_goes_before_a_list() -> None:
    pieces = degraded(Message("Which?", keys=_presses(*"abcd"), photo_id=7))
    assert [type(piece) for piece in pieces] == [Shown, Rows]


def test_a_photo_or_document_alone_has_its_words_below() -> None:
    assert degraded(Message("The meter", photo_id=7)) == [Shown(Photo(7), "The meter")]
    document = Message("October", document=b"x", document_name="oct.pdf")
    assert degraded(document) == [Shown(File("oct.pdf", b"x"), "October")]


def test_a_new_state_of_a_card_does_not_show_its_photo_again() -> None:
    assert degraded(replace(CARD, photo_id=7), shown=7) == degraded(CARD)
    assert degraded(replace(CARD, photo_id=8), shown=7) == degraded(replace(CARD, photo_id=8))


@pytest.mark.parametrize(
    "message",
    [
        Message("line of a long message\n" * 400),
        Message("line of a long message\n" * 400, photo_id=7),
        Message("line of a long message\n" * 100, keys=CARD.keys),
        Message("line of a long message\n" * 400, keys=CARD.keys, photo_id=7),
        Message("<b>all of it\nis bold\n</b>" * 300, keys=((PAY,), *_presses(*"abcd"))),
        Message("<b>" + "a\n" * 2000 + "</b>", keys=CARD.keys, document=b"x", document_name="x.pdf"),
        Message("word " * 3000, keyboard=Keyboard((("A", "B"),), asks_contact="B")),
    ],
)
def test_long_text_is_split_and_none_of_it_lost(message: Message) -> None:
    pieces = degraded(message)
    told = [piece.text for piece in pieces if piece.text not in ("You can also:", "B")]
    letters = re.sub(r"[\s*]", "", "".join(told))
    assert letters == re.sub(r"\s", "", plain(message.text))
    for piece in pieces:
        assert length(piece.text) <= (TEXT if isinstance(piece, Words) else BODY)
    shown = [piece.media for piece in pieces if isinstance(piece, Shown | Buttons | Link) and piece.media]
    assert len(shown) == bool(message.photo_id or message.document)


def test_buttons_without_words_get_some() -> None:
    assert _words(degraded(replace(CARD, text=""))) == "Choose one:"
    file = replace(CARD, text="", document=b"x", document_name="a_b.pdf", language="hi")
    assert _words(degraded(file)) == "a_b.pdf"


def test_our_words_are_in_the_language_of_the_message() -> None:
    rows = degraded(Message("?", keys=_presses(*"abcdefghijkl"), language="hi"))
    assert isinstance(rows[0], Rows)
    assert rows[0].opener == "चुनें"


@pytest.mark.parametrize(
    ("neutral", "written"),
    [
        ("<b>B17-FF</b> · <b>146</b> units", "*B17-FF* · *146* units"),
        ("<i>once</i> <b><i>both</i></b>", "_once_ *_both_*"),
        ("<b>two\nlines </b>end", "*two*\n*lines* end"),
        ("<code>19152159 1234</code>", "```19152159 1234```"),
        ("<pre>a  b\nc  d</pre>", "```a  b\nc  d```"),
        ("half a w<b>or</b>d", "half a word"),
        ("<b>Total</b>: ₹5", "*Total*: ₹5"),
        ("R&amp;D &lt;b&gt; 3 &lt; 4", "R&D <b> 3 < 4"),
        ("<b> </b>", " "),
        ("<b>open", "*open*"),
    ],
)
def test_markup_is_written_in_signs(neutral: str, written: str) -> None:
    assert formatted(neutral) == written


FORMATS = re.compile(r"(?<![A-Za-z0-9])([*_~])(?=\S).+?(?<=\S)\1(?![A-Za-z0-9])|`|^[*>] ", re.MULTILINE)
"""What chat apps take for formatting."""


@pytest.mark.parametrize("typed", ["*Asha*", "_Asha_", "~Asha~", "`Asha`", "```Asha```", "* Asha", "> Asha", "*_A_*"])
@pytest.mark.parametrize("around", ["{}", "Name: {}", "{} is here", "one\n{}\ntwo"])
def test_what_people_typed_shows_as_typed(typed: str, around: str) -> None:
    shown = formatted(around.format(typed.replace(">", "&gt;")))
    assert not FORMATS.search(shown)
    assert len(shown.replace("\N{WORD JOINER}", "")) == len(around.format(typed))


@pytest.mark.parametrize("typed", ["*Asha*", "A*sha", "* Asha"])
def test_what_people_typed_does_not_end_our_bold(typed: str) -> None:
    assert formatted(f"<b>{typed}</b>").count("*") == 2 + typed.count("A*sha")
    assert "`" not in formatted("<code>a`b```c</code>")[3:-3]


@pytest.mark.parametrize("typed", ["UPI_REF_1", "B17-FF", "https://x.example/b/_a_*b*", "snake_case_name", "3 < 4"])
def test_words_and_addresses_are_not_touched(typed: str) -> None:
    assert formatted(typed) == typed

"""HTML becomes entities as in td MessageEntity.cpp, and what it refuses is refused in its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator.entities import parse_html, parse_text
from bot.simulator.errors import BotApiError
from bot.simulator.shapes import utf16_length


@pytest.mark.parametrize(
    ("html", "text", "entities"),
    [
        ("plain", "plain", []),
        ("a &lt;b&gt; &amp; &quot;c&quot; &copy; &#8377;5", 'a <b> & "c" &copy; ₹5', []),
        ("<b>bold</b>", "bold", [("bold", 0, 4)]),
        ("<strong><i>x</i></strong>", "x", [("italic", 0, 1), ("bold", 0, 1)]),
        ("₹ <b>पैसा</b>", "₹ पैसा", [("bold", 2, 4)]),
        ("😀<u>u</u>", "😀u", [("underline", 2, 1)]),
        ("<b></b>empty", "empty", []),
        ('<span class="tg-spoiler">s</span>', "s", [("spoiler", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
        ("<B>upper</b>", "upper", [("bold", 0, 5)]),
        ("<b>short</>", "short", [("bold", 0, 5)]),
    ],
)
def test_marks_become_entities(html: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    plain, found = parse_html(html)
    assert plain == text
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in found] == entities


def test_links_and_code_carry_their_argument() -> None:
    _, link = parse_html('<a href="HTTPS://Example.COM?a=1&amp;copy=2">pay</a>')
    assert link == [{"type": "text_link", "offset": 0, "length": 3, "url": "https://example.com/?a=1&copy=2"}]
    _, mention = parse_html('<a href="tg://user?id=77">Ravi</a>')
    assert mention[0]["user"]["id"] == 77
    assert parse_html('<a href="upi://pay">x</a>') == ("x", [])
    _, code = parse_html('<pre><code class="language-json">{}</code></pre>')
    assert [entity["type"] for entity in code] == ["pre"]


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("₹<b>x</i>", 'Unmatched end tag at byte offset 7, expected "</b>", found "</i>"'),
        ("<div>x</div>", 'Unsupported start tag "div" at byte offset 0'),
        ("5 < 6", 'Unsupported start tag "" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a href="x>y</a>', "Unclosed start tag at byte offset 0"),
        ("<a href=x?y>z</a>", "Unexpected end of name token at byte offset 8"),
        ('<a "x">y</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
    ],
)
def test_broken_markup_is_refused_in_telegrams_words(html: str, reason: str) -> None:
    with pytest.raises(BotApiError) as caught:
        parse_html(html)
    assert caught.value.description == f"Bad Request: can't parse entities: {reason}"


def test_blank_space_around_goes_and_entities_shrink() -> None:
    assert parse_text(" \n<b> x </b>\n", "HTML", None) == (" x", [{"type": "bold", "offset": 0, "length": 2}])
    assert parse_text("  hello  ", "", None) == ("hello", [])


def test_commands_and_addresses_are_marked_unasked() -> None:
    _, entities = parse_text("/start abc at https://example.com/x.", "", None)
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in entities] == [
        ("bot_command", 0, 6),
        ("url", 14, 21),
    ]
    assert parse_text("3/11", "", None) == ("3/11", [])


def test_other_parse_modes_are_refused() -> None:
    with pytest.raises(BotApiError, match="unsupported parse_mode"):
        parse_text("*x*", "MarkdownV2", None)


@given(st.text(max_size=200))
def test_escaped_text_comes_out_as_typed(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert parse_html(escaped) == (text, [])


@given(st.text(alphabet="<>/b i&;=\"' a₹😀", max_size=40))
def test_any_input_is_parsed_or_refused(text: str) -> None:
    try:
        plain, entities = parse_html(text)
    except BotApiError as error:
        assert error.code == 400  # noqa: PT017 - either outcome is right
        return
    for entity in entities:
        assert 0 <= entity["offset"] < entity["offset"] + entity["length"] <= utf16_length(plain)

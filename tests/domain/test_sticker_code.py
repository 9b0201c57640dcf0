"""Codes of stickers: scanned, typed, seen in a photo; and what is none of ours."""

import pytest

from domain.sticker_code import LEADING, LENGTH, code_in, grouped, started_code, typed_code

CODE = "K7QMX2HD9R"


def test_a_code_is_printed_in_two_halves_that_may_be_typed_so() -> None:
    assert grouped(CODE) == "K7QMX-2HD9R"
    assert typed_code(f"meter {grouped(CODE)}") == CODE
    assert len(CODE) == LENGTH
    assert not set(LEADING) & set("0123456789OIL")


@pytest.mark.parametrize(
    "text", [f"meter {CODE}", f"Meter {CODE}", f"METER  {CODE.lower()}", " meter k7qmx-2hd9r ", f"meter\n{CODE}"]
)
def test_the_words_below_the_square(text: str) -> None:
    assert typed_code(text) == CODE
    assert code_in(text) == CODE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "meter",
        CODE,
        "meter 19152159",
        "meter 1915215922",
        "meter 2345678923",
        "meter 19152159 1234",
        f"meter {CODE} 1234",
        f"meter {CODE}X",
        f"meter {CODE[:-1]}",
        f"meter {CODE[:-1]}0",
        f"the meter {CODE}",
        f"motor {CODE}",
        "meter replaced yesterday",
    ],
)
def test_other_words_are_none(text: str) -> None:
    assert typed_code(text) is None


@pytest.mark.parametrize(
    "link",
    [
        f"https://t.me/example_bot?start=m_{CODE}",
        f"https://telegram.me/example_bot?start=m_{CODE}",
        f"HTTPS://T.ME/example_bot?start=m_{CODE}",
        f"https://wa.me/447700900999?text=meter%20{CODE}",
        f"https://wa.me/447700900999?text=meter+{CODE}",
    ],
)
def test_our_links(link: str) -> None:
    assert code_in(link) == CODE


@pytest.mark.parametrize(
    "text",
    [
        "19152159",
        "upi://pay?pa=office@upi&am=10",
        f"https://example.com/?start=m_{CODE}",
        f"https://t.me/example_bot?start={CODE}",
        f"https://t.me/example_bot?start=m_{CODE}&more",
        f"http://t.me/example_bot?start=m_{CODE}",
        f"https://t.me/{'x' * 100}?start=m_{CODE}",
        f"https://wa.me/447700900999?text=join%20{CODE}",
        "x" * 300,
    ],
)
def test_other_codes_are_none_of_ours(text: str) -> None:
    assert code_in(text) is None


def test_what_a_link_starts_with() -> None:
    assert started_code(f"m_{CODE}") == started_code(f"M_{CODE.lower()}") == CODE
    assert started_code("K7QM2XHD9RTB") is started_code("") is started_code("m_") is None

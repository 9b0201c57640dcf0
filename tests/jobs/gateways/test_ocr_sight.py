"""What the offline reader makes of drawn photos, and of the pieces of which it is made."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.photo_report import report
from jobs.gateways.ocr.letters import Line
from jobs.gateways.ocr.numbers import number_of, serials_of, unit_of
from jobs.gateways.ocr.reader import OfflineReader
from tests.bench.sights import answers
from tests.photos import drawn, held_out
from tests.photos.sets import HOPELESS, cases
from tests.photos.sets import drawn as photos_of

SLICE = 18
"""Photos of either set, which are a few of each kind; the benchmark takes hundreds."""


def line(text: str) -> Line:
    return Line(text, (99,) * len(text), tuple((place + 0.5) / len(text) for place in range(len(text))))


@pytest.mark.parametrize(
    ("text", "figures", "point"),
    [
        ("01234", "01234", None),
        ("1234.5", "12345", 4),
        ("1234.5kWh", "12345", 4),
        ("kWh 01234", "01234", None),
        ("1,234.5", "12345", 4),
        ("01234.", "01234", None),
        ("1.23456", "123456", None),
        ("|01234]", "01234", None),
        ("42", "42", None),
    ],
)
def test_a_line_that_is_a_number(text: str, figures: str, point: int | None) -> None:
    number = number_of(line(text))
    assert number is not None
    assert (number.figures, number.point) == (figures, point)
    assert len(number.confidence) == len(number.places) == len(figures)


@pytest.mark.parametrize(
    "text", ["", "kWh", "7", "240V", "3200 imp/kWh", "No.19152159", "BT12345", "1234567890", "IS13779", "१२३४"]
)
def test_a_line_that_is_no_register(text: str) -> None:
    assert number_of(line(text)) is None


def test_serials_and_units_are_found_beside_other_words() -> None:
    assert serials_of(line("Sl.No.BT19152159")) == ["19152159"]
    assert serials_of(line("240V 10-60A")) == []
    assert (unit_of(line("1234 kWh")), unit_of(line("KWH")), unit_of(line("kVAh")), unit_of(line("50Hz"))) == (
        "kWh",
        "kWh",
        "",
        "",
    )


@pytest.mark.parametrize("renderer", [drawn, held_out])
def test_the_same_case_is_drawn_the_same(renderer: object) -> None:
    render = drawn.render if renderer is drawn else held_out.render
    first, second = list(cases(2, 7))
    assert render(first) == render(first) != render(second)
    assert list(cases(2, 7)) == [first, second]


def test_the_sets_hold_every_kind_and_trouble() -> None:
    made = list(cases(400, 1))
    assert {one.kind for one in made} == {"drums", "lcd", "led"}
    assert {one.trouble for one in made} >= {"none", "angle", "blur", "glare", "dirt", "dark", *HOPELESS}
    assert {one.reading == "" for one in made if one.trouble in HOPELESS} == {True}


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_slice_of_both_sets_is_read_and_nothing_wrong_looks_right() -> None:
    """Of both sets, so that a reader made to fit the first one shows."""
    photos = [one for render in (drawn.render, held_out.render) for one in photos_of(render, SLICE, 11)]
    reader = OfflineReader()
    try:
        told = report(one.outcome for one in await answers(reader, photos))
    finally:
        await reader.close()
    assert told.photos == 2 * SLICE
    assert told.wrong_not_flagged_share <= 1
    assert told.exact_share >= Decimal(70)

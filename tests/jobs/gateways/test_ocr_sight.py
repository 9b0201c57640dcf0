"""What the offline reader makes of drawn photos, and of the pieces of which it is made."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from domain.photo_reading import Display
from domain.photo_report import report
from jobs.gateways.ocr.child import Limits
from jobs.gateways.ocr.condition import at_the_edge, condition_of
from jobs.gateways.ocr.letters import Corners, Line, Pixels
from jobs.gateways.ocr.numbers import number_of, serials_of, unit_of
from jobs.gateways.ocr.reader import OfflineReader
from jobs.gateways.ocr.red import red_from
from jobs.gateways.ocr.rows import joined
from tests.bench.sights import answers
from tests.photos import drawn, held_out
from tests.photos.sets import HOPELESS, cases
from tests.photos.sets import drawn as photos_of

PATIENT = Limits(start=200, photo=200)
"""Seconds, on a machine that has other things to do."""
SLICE = 12
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


def box(left: int, wide: int, top: int = 0, tall: int = 60) -> Corners:
    right, bottom = left + wide, top + tall
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


def spans(boxes: list[Corners]) -> list[tuple[int, int]]:
    return sorted((int(one[:, 0].min()), int(one[:, 0].max())) for one in boxes)


@pytest.mark.parametrize(
    ("boxes", "found"),
    [
        pytest.param([box(0, 40), box(70, 40), box(140, 40)], [(0, 180)], id="drums with frames between them"),
        pytest.param([box(140, 100), box(0, 110)], [(0, 240)], id="two halves, in any order"),
        pytest.param([box(0, 180), box(150, 120)], [(0, 270)], id="halves that overlap"),
        pytest.param([box(0, 40), box(120, 40)], [(0, 40), (120, 160)], id="too far apart"),
        pytest.param([box(0, 40), box(60, 40, top=40)], [(0, 40), (60, 100)], id="not in one line"),
        pytest.param([box(0, 40), box(60, 40, tall=20)], [(0, 40), (60, 100)], id="of another height"),
        pytest.param([box(0, 300), box(320, 40)], [(0, 300), (320, 360)], id="a line that is whole already"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_pieces_of_a_number_are_put_together(boxes: list[Corners], found: list[tuple[int, int]]) -> None:
    assert spans(joined(boxes)) == found


def cells(*colors: tuple[int, int, int]) -> Pixels:
    """Digits' backgrounds side by side, in blue, green, red."""
    return np.concatenate([np.full((60, 40, 3), color, np.uint8) for color in colors], axis=1)


BLACK, PAPER, RED, DIM_RED, LED = (20, 20, 20), (220, 225, 228), (26, 30, 160), (5, 6, 32), (20, 20, 90)


@pytest.mark.parametrize(
    ("line_of", "first"),
    [
        ((BLACK, BLACK, BLACK, RED), 3),
        ((BLACK, BLACK, RED, RED), 2),
        ((BLACK, BLACK, BLACK, DIM_RED), 3),
        ((PAPER, PAPER, PAPER, RED), 3),
        ((BLACK,) * 4, None),
        ((LED,) * 4, None),
        ((RED, BLACK, BLACK, BLACK), None),
        ((RED, RED, RED, RED), None),
        ((BLACK,), None),
    ],
)
def test_red_drums_are_the_decimals(line_of: tuple[tuple[int, int, int], ...], first: int | None) -> None:
    count = len(line_of)
    assert red_from(cells(*line_of), [(place + 0.5) / count for place in range(count)]) == first


def test_why_a_display_cannot_be_read() -> None:
    stripes = np.zeros((96, 300, 3), np.uint8)
    stripes[:, ::12] = stripes[:, 1::12] = stripes[:, 2::12] = 200
    smooth = np.tile(np.linspace(60, 200, 300).astype(np.uint8)[None, :, None], (96, 1, 3))
    shining = stripes.copy()
    shining[:, :120] = 255
    assert condition_of(stripes) is None
    assert condition_of(stripes // 5) is Display.DARK
    assert condition_of(shining) is Display.GLARE
    assert condition_of(smooth) is Display.BLURRED


def test_a_number_that_runs_out_of_the_photo_is_cut_off() -> None:
    picture = np.zeros((400, 600, 3), np.uint8)
    assert at_the_edge(picture, box(3, 200))
    assert at_the_edge(picture, box(390, 205))
    assert not at_the_edge(picture, box(100, 200))


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
@pytest.mark.timeout(900)
async def test_a_slice_of_both_sets_is_read_and_nothing_wrong_looks_right() -> None:
    """Of both sets, so that a reader made to fit the first one shows."""
    photos = [one for render in (drawn.render, held_out.render) for one in photos_of(render, SLICE, 11)]
    reader = OfflineReader(limits=PATIENT)
    try:
        told = report(one.outcome for one in await answers(reader, photos))
    finally:
        await reader.close()
    assert told.photos == 2 * SLICE
    assert told.wrong_not_flagged_share <= 1
    assert told.exact_share >= Decimal(70)

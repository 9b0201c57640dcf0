from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identifiers import (
    FlatCodeError,
    UnitIdentifier,
    UnitKind,
    bhk_of,
    block_of,
    is_identifier,
    near_misses,
    normalise_flat_code,
    walking_order,
)

KNOWN = ["B5-GF", "B7-FF", "B17-GF", "B17-FF", "B17-SF", "B18-FF", "C14-SF", "D3-SF", "VILLA-A2", "SCO-3"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("B17-FF", "B17-FF"),
        ("b17ff", "B17-FF"),
        ("B17 FF", "B17-FF"),
        ("b-17-ff", "B17-FF"),
        (" b 17 / ff ", "B17-FF"),
        ("B17_FF", "B17-FF"),
        ("B17\N{EN DASH}FF", "B17-FF"),
        ("B१७-FF", "B17-FF"),
        ("5BHK-B17-FF", "B17-FF"),
        ("5 bhk b17 ff", "B17-FF"),
        ("C8-GF", "C8-GF"),
        ("d11sf", "D11-SF"),
        ("AB123-SF", "AB123-SF"),
        ("villa a2", "VILLA-A2"),
        ("VILLA-A2", "VILLA-A2"),
        ("Villa A-2", "VILLA-A2"),
        ("villa 12", "VILLA-12"),
        ("sco3", "SCO-3"),
        ("SCO-3", "SCO-3"),
        ("sco 12a", "SCO-12A"),
    ],
)
def test_flat_codes_have_one_form(text: str, code: str) -> None:
    assert normalise_flat_code(text) == code
    assert normalise_flat_code(code) == code


@pytest.mark.parametrize(
    "text", ["", "B17", "17-FF", "B17-TF", "B1234-FF", "ABC1-FF", "B17-FFX", "VILLA", "SCO", "hello"]
)
def test_what_is_no_flat_code_is_refused(text: str) -> None:
    with pytest.raises(FlatCodeError) as caught:
        normalise_flat_code(text)
    assert caught.value.text == text
    assert str(caught.value).startswith(f"“{text}” is not a flat: write the block and the floor, such as B17-FF")


@pytest.mark.parametrize(
    ("text", "whole", "code", "bhk", "kind", "says_type"),
    [
        ("5BHK-B17-FF", "5BHK-B17-FF", "B17-FF", 5, UnitKind.FLAT, True),
        ("4bhk-c8-gf", "4BHK-C8-GF", "C8-GF", 4, UnitKind.FLAT, True),
        ("2 BHK-D1-SF", "2BHK-D1-SF", "D1-SF", 2, UnitKind.FLAT, True),
        ("3BHK-C14-SF", "3BHK-C14-SF", "C14-SF", 3, UnitKind.FLAT, True),
        ("B17-FF", "B17-FF", "B17-FF", None, UnitKind.FLAT, False),
        ("b17ff", "B17FF", "B17-FF", None, UnitKind.FLAT, False),
        ("VILLA-A2", "VILLA-A2", "VILLA-A2", None, UnitKind.VILLA, True),
        ("4BHK-VILLA-A2", "4BHK-VILLA-A2", "VILLA-A2", 4, UnitKind.VILLA, True),
        ("SCO-3", "SCO-3", "SCO-3", None, UnitKind.SHOP, True),
        ("5BHK-B17-TF", "5BHK-B17-TF", "B17-TF", 5, UnitKind.FLAT, True),
        ("PHASE-2-X1-FF", "PHASE-2-X1-FF", "X1-FF", None, UnitKind.FLAT, False),
        ("OFFICE", "OFFICE", "OFFICE", None, UnitKind.FLAT, False),
    ],
)
def test_identifiers_tell_code_and_type(
    *, text: str, whole: str, code: str, bhk: int | None, kind: UnitKind, says_type: bool
) -> None:
    unit = UnitIdentifier.parse(text)
    assert (unit.text, unit.flat_code, unit.bhk, unit.kind, unit.says_type) == (whole, code, bhk, kind, says_type)


@pytest.mark.parametrize("text", ["", " - ", "—"])
def test_an_identifier_needs_a_letter_or_digit(text: str) -> None:
    assert not is_identifier(text)
    with pytest.raises(FlatCodeError) as caught:
        UnitIdentifier.parse(text)
    assert caught.value.text == text


def test_anything_with_a_letter_can_name_a_unit() -> None:
    assert is_identifier("x")
    assert is_identifier("१")


@pytest.mark.parametrize(
    ("text", "bhk"),
    [("5BHK", 5), ("4 bhk", 4), ("2-BHK", 2), ("Flat 3bhk", 3), ("villa", None), ("", None), ("BHK", None)],
)
def test_bhk_of_a_type(text: str, bhk: int | None) -> None:
    assert bhk_of(text) == bhk


@pytest.mark.parametrize(("code", "block"), [("B17-FF", "B17"), ("VILLA-A2", "VILLA"), ("SCO-3", "SCO"), ("X", "X")])
def test_blocks(code: str, block: str) -> None:
    assert block_of(code) == block


def test_people_walk_block_by_block_floor_by_floor() -> None:
    walked = [
        "B5-GF",
        "B17-GF",
        "B17-FF",
        "B17-SF",
        "B17-TF",
        "C8-GF",
        "VILLA-2",
        "VILLA-A2",
        "VILLA-A10",
        "SCO-3",
        "SCO-12",
    ]
    assert sorted({*walked}, key=walking_order) == walked


@pytest.mark.parametrize("code", ["", "-", "१", "MOTOR-B", "19152159", "B\n-"])
def test_any_text_has_a_place_in_the_walk(code: str) -> None:
    assert walking_order(code)[-1] == code


def test_walking_order_of_a_flat() -> None:
    assert walking_order("B17-FF") == (0, "B", 17, 1, "B17-FF")
    assert walking_order("VILLA-A2") == (1, "A", 2, 3, "VILLA-A2")
    assert walking_order("SCO-3") == (2, "", 3, 3, "SCO-3")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("B71-FF", ["B17-FF", "B7-FF"]),
        ("b71ff", ["B17-FF", "B7-FF"]),
        ("17B-FF", ["B17-FF", "B7-FF"]),
        ("B17-TF", ["B17-GF", "B17-FF", "B17-SF"]),
        ("B17", ["B17-GF", "B17-FF", "B17-SF"]),
        ("D3-FS", ["D3-SF"]),
        ("SCO-33", ["SCO-3"]),
        ("Z99-XX", []),
        ("", []),
        ("x" * 4000, []),
    ],
)
def test_near_misses_come_likeliest_first(typed: str, meant: list[str]) -> None:
    assert near_misses(typed, KNOWN) == meant


def test_a_known_code_is_no_miss_of_itself() -> None:
    assert "B17-FF" not in near_misses("B17-FF", KNOWN)
    assert near_misses("B17-FF", ["B17-FF"]) == []


def test_near_misses_are_limited() -> None:
    assert near_misses("B17-TF", KNOWN, limit=2) == ["B17-GF", "B17-FF"]
    flats = [f"B1{digit}-FF" for digit in range(8)]
    assert near_misses("B19-FF", flats) == ["B10-FF", "B11-FF", "B12-FF", "B13-FF"]


def test_near_misses_of_meter_numbers() -> None:
    assert near_misses("19152195", ["19152159", "19152160", "88888888"]) == ["19152159"]


def test_one_slip_hides_two_slips() -> None:
    assert near_misses("B18-FF", ["B17-FF", "B7-FF"]) == ["B17-FF"]
    assert near_misses("B1X-FX", ["B17-FF"]) == ["B17-FF"]
    assert near_misses("BXX-FX", ["B17-FF"]) == []


@given(st.sampled_from(KNOWN[:8]), st.integers(0, 2))
def test_swapping_two_neighbours_is_found(code: str, place: int) -> None:
    bare = code.replace("-", "")
    typed = bare[:place] + bare[place + 1] + bare[place] + bare[place + 2 :]
    assert typed == bare or code in near_misses(typed, [code])


@given(st.text(max_size=60))
def test_no_text_raises_anything_but_a_flat_code_error(text: str) -> None:
    near_misses(text, KNOWN)
    walking_order(text)
    for read in (normalise_flat_code, UnitIdentifier.parse):
        with suppress(FlatCodeError):
            read(text)

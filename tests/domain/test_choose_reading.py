"""The register is picked among what was seen; whatever is not certain is left to a person."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.choose_reading import Choice, Expected, Unsure, choose
from domain.photo_reading import Candidate, Display, Seen

METER = "19152159"
USUAL = Expected(previous=Decimal(1100), low=Decimal(1150), high=Decimal(1400))


def shown(number: str, confidence: int | None = 99) -> Candidate:
    whole, _, decimals = number.partition(".")
    return Candidate(whole, decimals, () if confidence is None else (confidence,) * (len(whole) + len(decimals)))


def seen(*numbers: str | Candidate, display: Display = Display.CLEAR, serials: tuple[str, ...] = ()) -> Seen:
    return Seen(
        "offline", display, tuple(one if isinstance(one, Candidate) else shown(one) for one in numbers), serials
    )


def sure(value: str) -> Choice:
    return Choice(Decimal(value), sure=True)


def unsure(value: str, why: Unsure) -> Choice:
    return Choice(Decimal(value), sure=False, why=why)


NOTHING = Choice(None, sure=False, why=Unsure.NOTHING)


@pytest.mark.parametrize(
    ("photo", "digits", "expected", "choice"),
    [
        pytest.param(seen("01234"), 5, USUAL, sure("1234"), id="as wide as the register"),
        pytest.param(seen("01234"), 5, None, sure("1234"), id="wide enough to be believed alone"),
        pytest.param(seen("1234.5"), 5, USUAL, sure("1234.5"), id="a display without leading zeros"),
        pytest.param(seen("01234"), None, USUAL, sure("1234"), id="width not known, but where it should stand"),
        pytest.param(seen("1234.5"), None, None, sure("1234.5"), id="nothing known, a point seen"),
        pytest.param(seen("1234"), None, None, unsure("1234", Unsure.DECIMALS), id="nothing known: 123.4?"),
        pytest.param(seen("012345"), 5, None, unsure("1234.5", Unsure.DECIMALS), id="one digit too many"),
        pytest.param(seen("012345"), 5, USUAL, unsure("1234.5", Unsure.DECIMALS), id="one too many, though usual"),
        pytest.param(seen("012345"), None, USUAL, unsure("1234.5", Unsure.DECIMALS), id="usual with a point"),
        pytest.param(seen("123456789"), 5, USUAL, NOTHING, id="no room for it"),
        pytest.param(seen("0123456.5"), 5, USUAL, NOTHING, id="no room for its whole digits"),
        pytest.param(seen(), 5, USUAL, NOTHING, id="no number"),
        pytest.param(seen("00005"), 5, USUAL, unsure("5", Unsure.FAR), id="lower than the previous"),
        pytest.param(seen("09234"), 5, USUAL, unsure("9234", Unsure.FAR), id="far over the usual"),
        pytest.param(seen("01101"), 5, USUAL, unsure("1101", Unsure.FAR), id="under the usual"),
        pytest.param(seen("1234", "1250"), None, USUAL, unsure("1234", Unsure.SEVERAL), id="two usual ones"),
        pytest.param(seen("00042", "01234"), 5, USUAL, sure("1234"), id="the usual one of two unlike ones"),
        pytest.param(seen("01234", "01284"), 5, None, unsure("1234", Unsure.SEVERAL), id="two ways to read a digit"),
        pytest.param(seen("04234", "01234"), 5, USUAL, unsure("1234", Unsure.SEVERAL), id="two ways, one usual"),
        pytest.param(seen("01234", "01234"), 5, USUAL, sure("1234"), id="the same twice"),
        pytest.param(seen(shown("01234", 60)), 5, USUAL, unsure("1234", Unsure.FAINT), id="faint"),
        pytest.param(
            seen(Candidate("01234", "", (99, 99, 99, 99, 79))), 5, USUAL, unsure("1234", Unsure.FAINT), id="one faint"
        ),
        pytest.param(seen(shown("01234", None)), 5, USUAL, sure("1234"), id="confidence not told, but usual"),
        pytest.param(seen(shown("01234", None)), 5, None, unsure("1234", Unsure.FAINT), id="confidence not told"),
        pytest.param(
            seen("01234", display=Display.BLURRED), 5, USUAL, unsure("1234", Unsure.DISPLAY), id="not seen clearly"
        ),
    ],
)
def test_the_register_is_picked_or_left_to_a_person(
    photo: Seen, digits: int | None, expected: Expected | None, choice: Choice
) -> None:
    assert choose(photo, digits, METER, expected) == choice


@pytest.mark.parametrize(
    "number", [METER, "19152158", "1915215", "119152159", "1915", "2159", "52159", "19152.159", "019152159"]
)
def test_the_meters_own_number_is_not_its_register(number: str) -> None:
    assert choose(seen(number, "01234"), None, METER, USUAL) == sure("1234")
    assert choose(seen(number), None, f"MTR-{METER}", None) == NOTHING


def test_a_serial_that_the_reader_saw_is_not_the_register() -> None:
    assert choose(seen("88213", "01234", serials=("SN 88213",)), 5, METER, None) == sure("1234")
    assert choose(seen("88213", "01234", serials=("88218",)), 5, METER, None) == sure("1234")


@pytest.mark.parametrize("number", ["3200", "240", "50", "1060", "2019", "1600"])
def test_the_rating_plate_is_not_the_register(number: str) -> None:
    assert choose(seen(number, "01234"), None, METER, USUAL) == sure("1234")
    assert choose(seen(number), None, METER, None) == NOTHING


def test_a_register_that_looks_like_the_plate_is_left_to_a_person() -> None:
    near = Expected(low=Decimal(1550), high=Decimal(1700))
    assert choose(seen("1600"), 5, METER, near) == unsure("1600", Unsure.PLATE)
    assert choose(seen("01600"), 5, METER, near) == sure("1600")
    assert choose(seen("1600.0"), 5, METER, near) == sure("1600")


def test_an_empty_meter_number_excludes_nothing() -> None:
    assert choose(seen("01234"), 5, "", None) == sure("1234")


NUMBERS = st.from_regex(r"[0-9]{1,8}(\.[0-9]{1,3})?", fullmatch=True)
CANDIDATES = st.builds(shown, NUMBERS, st.none() | st.integers(0, 100))
BOUND = st.none() | st.decimals(0, 999_999, places=1)


@given(
    st.lists(CANDIDATES, max_size=5),
    st.sampled_from(Display),
    st.none() | st.integers(3, 8),
    st.from_regex(r"[0-9A-Z]{0,10}", fullmatch=True),
    st.none() | st.builds(Expected, BOUND, BOUND, BOUND),
)
def test_nothing_is_invented(
    candidates: list[Candidate], display: Display, digits: int | None, meter: str, expected: Expected | None
) -> None:
    photo = seen(*candidates, display=display)
    choice = choose(photo, digits, meter, expected)
    assert choice == choose(photo, digits, meter, expected)
    assert choice.sure == (choice.why is None)
    if choice.value is None:
        assert choice == NOTHING
        return
    figures = {(one.whole + one.decimals).strip("0") for one in candidates}
    assert str(choice.value).replace(".", "").strip("0") in figures
    if choice.sure:
        assert display is Display.CLEAR
        assert choice.value in {one.value for one in candidates}
        assert expected is None or expected.bears(choice.value)


@given(st.lists(CANDIDATES, min_size=1, max_size=5), st.none() | st.integers(3, 8), BOUND, BOUND)
def test_what_is_expected_only_picks(
    candidates: list[Candidate], digits: int | None, low: Decimal | None, high: Decimal | None
) -> None:
    """Whether a number can be read at all does not hang on what is expected, save for what looks like the plate."""
    photo = seen(*candidates)
    blind, told = choose(photo, digits, METER, None), choose(photo, digits, METER, Expected(low=low, high=high))
    assert (blind.value is None) == (told.value is None) or told.why is Unsure.PLATE

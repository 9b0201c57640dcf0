"""What a photo says about a reading: a worked table for each doubt, and for what is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.metering import ReadingMode, UsualRange
from domain.photo_checks import Check, Claim, Doubt, DoubtKind, Look, Photo, Twin, bare, check, expected
from domain.photo_reading import OF_A_SCREEN, Candidate, Display, Seen

NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
DAY = date(2026, 11, 2)
USUAL = UsualRange(Decimal(120), Decimal(170), Decimal(146))
CLAIM = Claim(Decimal(12346), DAY, ReadingMode.REGISTER, "19152159", base=Decimal(12200), usual=USUAL)
OTHERS = {"19152159": "B17-FF", "19152162": "B18-FF", "1234": "B7-FF"}


def seen(whole: str = "", decimals: str = "", *serials: str, display: Display = Display.CLEAR, sure: int = 99) -> Seen:
    found = (Candidate(whole, decimals, (sure,) * len(whole + decimals)),) if whole else ()
    return Seen("eyes", display, found, serials)


def photo(view: Seen | None, number: int = 1) -> Photo:
    return Photo(number, Look.SEEN if view else Look.NONE, seen=view)


def kinds(claim: Claim, *photos: Photo) -> list[str]:
    return [one.kind.value for one in judged(claim, *photos).doubts]


def judged(claim: Claim, *photos: Photo) -> Check:
    return check(claim, photos, OTHERS, NOW)


def test_without_a_photo_nothing_is_said() -> None:
    assert judged(CLAIM) == Check()
    assert judged(CLAIM).is_normal


@pytest.mark.parametrize(
    ("view", "found"),
    [
        (seen("12346"), []),
        (seen("012346", "9"), []),  # what is behind the point is left out
        (seen("12347"), ["other_value"]),
        (seen("12345"), ["other_value"]),
        (seen("12346", sure=40), []),  # not certain, but the same
        (seen("12347", sure=40), ["maybe_other_value"]),
        (seen("99999"), ["maybe_other_value"]),  # far from what it should show: perhaps misread
        (seen(), ["unreadable"]),
        (seen(display=Display.OFF), ["unreadable"]),
        (seen("12346", "", "19152162"), ["other_meter"]),
        (seen("12346", "", "19152162", "19152159"), []),  # two meters beside each other
        (seen("12346", "", "19 15-2159"), []),
        (seen("12346", "", "1234"), []),  # too short for a meter's number
        (seen("12346", "", "55555555"), []),  # nobody's
    ],
)
def test_a_registers_photo(view: Seen, found: list[str]) -> None:
    assert kinds(CLAIM, photo(view)) == found


def test_the_last_photo_that_shows_a_register_counts() -> None:
    wrong, right, plate = photo(seen("12399")), photo(seen("12346"), 2), photo(seen(), 3)
    assert judged(CLAIM, wrong, right).register == Decimal(12346)
    assert kinds(CLAIM, right, wrong) == ["other_value"]
    assert judged(CLAIM, right, plate).photo_id == 2
    assert judged(CLAIM, plate).photo_id == 3


@pytest.mark.parametrize(
    ("units", "base", "view", "found"),
    [
        ("146", "12200", seen("12346"), []),
        ("146.4", "12200.1", seen("12346", "5"), []),
        ("1460", "12200", seen("12346"), ["other_value"]),
        ("146", None, seen("12346"), []),
        ("146", "12200", seen(), ["unreadable"]),
    ],
)
def test_units_are_measured_by_the_photo_before(units: str, base: str | None, view: Seen, found: list[str]) -> None:
    """Billing rule 5."""
    claim = replace(CLAIM, value=Decimal(units), mode=ReadingMode.UNITS, base=Decimal(base) if base else None)
    assert kinds(claim, photo(view)) == found


def test_a_photo_before_that_is_not_certain_makes_nobody_certain() -> None:
    claim = replace(CLAIM, value=Decimal(1460), mode=ReadingMode.UNITS, base_sure=False)
    assert kinds(claim, photo(seen("12346"))) == ["maybe_other_value"]


def test_what_its_pixels_say() -> None:
    traits = frozenset({"blurred", "dark"})
    assert kinds(CLAIM, Photo(1, traits=traits)) == ["blurred", "dark"]
    assert kinds(CLAIM, replace(photo(seen("12346")), traits=traits)) == []  # it was read all the same
    assert kinds(CLAIM, replace(photo(seen()), traits=traits)) == ["unreadable"]


def test_a_reader_that_sees_a_screen() -> None:
    assert kinds(CLAIM, photo(replace(seen("12346"), reasons=(OF_A_SCREEN,)))) == ["screen"]


def test_a_photo_from_before_the_day_of_its_reading() -> None:
    assert kinds(CLAIM, Photo(1, taken_on=DAY)) == []
    assert kinds(CLAIM, Photo(1, taken_on=DAY + timedelta(days=1))) == []
    assert kinds(CLAIM, Photo(1, taken_on=DAY - timedelta(days=1))) == ["older_photo"]


def test_the_same_picture_goes_before_one_that_looks_like_it() -> None:
    like, same = Twin("B7-FF", DAY, exact=False), Twin("B18-FF", DAY, exact=True)
    assert kinds(CLAIM, Photo(1, twins=(like,))) == ["like_photo"]
    [doubt] = judged(CLAIM, Photo(1, twins=(like, same))).doubts
    assert (doubt.kind, doubt.place) == (DoubtKind.SAME_PHOTO, "B18-FF")


def test_a_further_photo_hides_nothing_that_speaks_against_another() -> None:
    twin, early = Twin("B18-FF", DAY, exact=True), DAY - timedelta(days=1)
    clear = photo(seen("12346"), 2)
    assert kinds(CLAIM, Photo(1, twins=(twin,)), clear) == ["same_photo"]
    assert kinds(CLAIM, replace(photo(seen("12399", "", "19152162")), taken_on=early), clear) == [
        "other_value", "other_meter", "older_photo",
    ]  # fmt: skip
    assert kinds(CLAIM, Photo(1, twins=(twin,)), replace(clear, twins=(twin,))) == ["same_photo"]


def test_another_value_that_is_certain_stays_said() -> None:
    wrong, right = photo(seen("12399")), photo(seen("12346"), 2)
    found = judged(CLAIM, wrong, right)
    [doubt] = found.doubts
    assert (doubt.kind, doubt.value, doubt.photo_id) == (DoubtKind.OTHER_VALUE, Decimal(12399), 1)
    assert (found.photo_id, found.is_of_another(doubt), found.is_normal) == (2, True, False)
    again = judged(CLAIM, wrong, photo(seen("12399"), 2))
    assert [(one.photo_id, again.is_of_another(one)) for one in again.doubts] == [(2, False)]


def test_a_further_photo_makes_good_one_that_shows_nothing_for_certain() -> None:
    clear = photo(seen("12346"), 2)
    for poor in (seen(), seen(display=Display.BLURRED), seen("12399", sure=40), seen("99999")):
        assert kinds(CLAIM, photo(poor), clear) == []
    assert kinds(CLAIM, Photo(1, traits=frozenset({"dark"})), clear) == []


def test_a_screen_in_any_photo_is_said() -> None:
    screen, clear = photo(replace(seen("12346"), reasons=(OF_A_SCREEN,))), photo(seen("12346"), 2)
    assert kinds(CLAIM, screen, clear) == kinds(CLAIM, clear, replace(screen, id=3)) == ["screen"]


def test_a_number_that_a_code_says() -> None:
    assert kinds(CLAIM, Photo(1, codes=("19152162",))) == ["other_meter"]
    assert kinds(CLAIM, Photo(1, codes=("19152162", "19152159"))) == []


@pytest.mark.parametrize(("minutes", "waits"), [(0, True), (4, True), (5, False), (600, False)])
def test_a_reading_waits_five_minutes_for_whoever_reads_its_photo(minutes: int, *, waits: bool) -> None:
    waiting = Photo(1, Look.WAITING, NOW - timedelta(minutes=minutes))
    found = judged(CLAIM, waiting, photo(seen("12346"), 2))
    assert (found.waits, found.is_normal) == (waits, not waits)
    assert found.unlooked is not waits
    assert not judged(CLAIM, replace(waiting, look=Look.UNREAD)).waits


@pytest.mark.parametrize("known", [{"look": Look.UNREAD}, {"look": Look.NONE}, {"seen": seen("12346")}])
def test_a_photo_that_was_looked_at_once_is_not_unlooked(known: dict[str, Any]) -> None:
    assert not judged(CLAIM, replace(Photo(1, Look.WAITING, NOW - timedelta(hours=1)), **known)).unlooked


@pytest.mark.parametrize("kind", list(DoubtKind))
def test_what_keeps_a_reading_from_the_normal_ones(kind: DoubtKind) -> None:
    advice_only = {DoubtKind.UNREADABLE, DoubtKind.BLURRED, DoubtKind.DARK}
    doubted = Check(1, doubts=(Doubt(kind),))
    assert doubted.is_normal is (kind in advice_only)
    assert doubted.is_unreadable is (kind in advice_only)
    assert bool(doubted.mark) is (kind not in advice_only)


def test_where_a_register_may_stand() -> None:
    assert expected(None, USUAL) is None
    told = expected(Decimal(100), USUAL)
    assert told is not None
    assert (told.low, told.high) == (Decimal(100), Decimal(392))
    bare_told = expected(Decimal(100), None)
    assert bare_told is not None
    assert bare_told.high is None


def test_numbers_are_compared_without_signs() -> None:
    assert bare("s-19 152.159") == "S19152159"

"""What the child answers is taken apart with care: it comes through whole, or it is nonsense and nothing worse."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.photo_reading import Candidate, Display, Seen
from jobs.gateways.ocr.wire import LENGTH, NONSENSE, as_answer, framed, seen_of

DIGITS = st.text("0123456789", min_size=1, max_size=8)
SURE = st.lists(st.integers(0, 100), max_size=9).map(tuple)
CANDIDATES = st.lists(st.builds(Candidate, DIGITS, st.just("") | DIGITS, SURE), max_size=4).map(tuple)
TEXTS = st.lists(st.text(max_size=20), max_size=3).map(tuple)
SEEN = st.builds(Seen, st.just("offline"), st.sampled_from(Display), CANDIDATES, TEXTS, st.text(max_size=5), TEXTS)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
GOOD: dict[str, Any] = json.loads(as_answer(Seen("offline", Display.CLEAR, (Candidate("1", "2", (99, 98)),))))["seen"]


@given(SEEN)
def test_what_was_seen_comes_through_as_it_is(seen: Seen) -> None:
    assert seen_of(as_answer(seen)) == seen


@given(st.binary(max_size=60))
def test_bytes_that_are_no_answer_are_nonsense(answer: bytes) -> None:
    with pytest.raises(NONSENSE):
        seen_of(answer)


@given(st.sampled_from(sorted(GOOD)), ANYTHING)
def test_an_answer_with_a_strange_part_is_good_or_nonsense(name: str, part: Any) -> None:
    with suppress(*NONSENSE):
        assert isinstance(seen_of(json.dumps({"seen": {**GOOD, name: part}}).encode()), Seen)


@given(st.sampled_from(["whole", "decimals", "confidence"]), ANYTHING)
def test_a_candidate_with_a_strange_part_is_digits_or_nonsense(name: str, part: Any) -> None:
    odd = {**GOOD["candidates"][0], name: part}
    with suppress(*NONSENSE):
        for one in seen_of(json.dumps({"seen": {**GOOD, "candidates": [odd]}}).encode()).candidates:
            assert (one.whole + one.decimals).isdigit()


@pytest.mark.parametrize(
    "answer",
    [b"[" * 60_000, b'{"seen": {}}', b'{"seen": null}', json.dumps({"seen": {**GOOD, "display": "fine"}}).encode()],
)
def test_answers_made_to_hurt_are_nonsense(answer: bytes) -> None:
    with pytest.raises(NONSENSE):
        seen_of(answer)


def test_a_frame_says_its_length_first() -> None:
    assert framed(b"abc") == (3).to_bytes(LENGTH, "big") + b"abc"

"""The order of a walk, by a worked table and by its properties."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.walk import PutAside, Stop, ahead

WALK = [Stop(n, place) for n, place in enumerate(["B5-GF", "B5-FF", "B17-GF", "B17-FF", "MOTOR-B"])]


@pytest.mark.parametrize(
    ("place", "read", "aside", "order"),
    [
        (None, set(), PutAside(), [0, 1, 2, 3, 4]),
        ("B17-GF", set(), PutAside(), [2, 3, 4, 0, 1]),
        ("B17-GF", {2}, PutAside(), [3, 4, 0, 1]),
        ("Z9-GF", {0}, PutAside(), [1, 2, 3, 4]),
        (None, set(), PutAside(put_off=[1, 0]), [2, 3, 4, 1, 0]),
        (None, set(), PutAside(put_off=[1], in_vain=[0]), [2, 3, 4, 1, 0]),
        (None, set(), PutAside(put_off=[0, 1], in_vain=[0]), [2, 3, 4, 1, 0]),
        (None, {0}, PutAside(put_off=[0, 1], in_vain=[0, 3], given_up={3}), [2, 4, 1]),
        (None, set(), PutAside(elsewhere={0, 2}), [1, 3, 4, 0, 2]),
        ("MOTOR-B", {0, 1, 2, 3, 4}, PutAside(), []),
    ],
)
def test_worked(place: str | None, read: set[int], aside: PutAside, order: list[int]) -> None:
    walk = [Stop(stop.meter_id, stop.place, stop.meter_id in read) for stop in WALK]
    assert [stop.meter_id for stop in ahead(walk, place, aside)] == order


ids = st.lists(st.integers(0, 12), max_size=8)
walks = st.lists(st.tuples(st.sampled_from(["B5", "B17", "C8", "MOTOR"]), st.booleans()), max_size=10).map(
    lambda rows: [Stop(n, place, read) for n, (place, read) in enumerate(rows)]
)
asides = st.builds(PutAside, put_off=ids, in_vain=ids, given_up=ids.map(frozenset), elsewhere=ids.map(frozenset))


@given(walks, st.sampled_from([None, "B17", "C8", "nowhere"]), asides)
def test_every_unread_meter_comes_once_and_what_was_put_aside_last(
    walk: list[Stop], place: str | None, aside: PutAside
) -> None:
    found = [stop.meter_id for stop in ahead(walk, place, aside)]
    assert len(found) == len(set(found))
    assert set(found) == {stop.meter_id for stop in walk if not stop.is_read} - set(aside.given_up)

    def rank(meter_id: int) -> int:
        if meter_id in aside.in_vain:
            return 3
        return 2 if meter_id in aside.put_off else int(meter_id in aside.elsewhere)

    assert [rank(one) for one in found] == sorted(map(rank, found))


@given(walks, st.sampled_from([None, "B17", "C8"]))
def test_without_anything_aside_the_walk_is_turned_and_not_shuffled(walk: list[Stop], place: str | None) -> None:
    found = [stop.meter_id for stop in ahead(walk, place, PutAside())]
    breaks = sum(later < earlier for earlier, later in pairwise(found))
    assert breaks <= 1


@given(walks, ids)
def test_putting_off_the_next_one_changes_nothing_else(walk: list[Stop], put_off: list[int]) -> None:
    before = ahead(walk, None, PutAside(put_off=put_off))
    if before and before[0].meter_id not in put_off:
        after = ahead(walk, None, PutAside(put_off=[*put_off, before[0].meter_id]))
        assert after == [*before[1:], before[0]]

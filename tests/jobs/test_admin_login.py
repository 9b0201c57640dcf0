"""What of a login makes an admin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.admin_login import Begun, is_admin

CLAIMS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("claim", [True, "admin", "Admin", " ADMIN ", ["admin"], ["engineer", "Admin"]])
def test_what_counts(claim: object) -> None:
    assert is_admin(claim)


@pytest.mark.parametrize(
    "claim",
    [None, False, 1, "", "true", "admins", "admin,owner", "not-admin", "blessings-admin", [], [True], [["admin"]],
     ["administrator"], {"admin": True}],
)  # fmt: skip
def test_what_does_not(claim: object) -> None:
    assert not is_admin(claim)


@given(CLAIMS)
def test_whatever_else_it_says_is_no_admin(claim: object) -> None:
    said = claim if isinstance(claim, list) else [claim]
    expected = claim is True or any(isinstance(one, str) and one.strip().casefold() == "admin" for one in said)
    assert is_admin(claim) is expected


def test_one_secret_makes_values_that_say_nothing_of_each_other() -> None:
    begun, other = Begun("a"), Begun("b")
    values = [begun.state, begun.nonce, begun.verifier, other.state, other.nonce, other.verifier]
    assert len(set(values)) == 6
    assert all(43 <= len(value) <= 128 for value in values)  # as RFC 7636 wants the verifier
    assert begun.state == Begun("a").state

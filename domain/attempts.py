"""What becomes of a payment a provider was asked for: states, and what later news may change."""

from enum import StrEnum


class AttemptState(StrEnum):
    """How far one payment link is."""

    ASKING = "asking"
    UNKNOWN = "unknown"
    OPEN = "open"
    UNDERWAY = "underway"
    EXPIRED = "expired"
    FAILED = "failed"
    PAID = "paid"


_RANK = {state: rank for rank, state in enumerate(AttemptState)}

UNSETTLED = frozenset({AttemptState.ASKING, AttemptState.UNKNOWN, AttemptState.OPEN, AttemptState.UNDERWAY})
"""A provider may still say something new about these."""
BEING_CHECKED = frozenset({AttemptState.ASKING, AttemptState.UNKNOWN, AttemptState.UNDERWAY})
"""Money may be on its way: nobody is asked to pay again meanwhile."""


def after(state: AttemptState, said: AttemptState) -> AttemptState:
    """Return the state once `said` was heard, in whatever order news arrive: what is further along stays.

    Paid is never undone by a late event; a link that ended is paid all the same when money came through it.
    """
    return max(state, said, key=_RANK.__getitem__)

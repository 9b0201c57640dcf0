"""What becomes of a payment a provider was asked for: states, and what later news may change."""

from enum import StrEnum


class AttemptState(StrEnum):
    """How far one payment link is."""

    ASKING = "asking"
    UNKNOWN = "unknown"
    OPEN = "open"
    CLOSING = "closing"
    """It was to be closed; whether it is, nobody knows yet."""
    UNDERWAY = "underway"
    EXPIRED = "expired"
    FAILED = "failed"
    PAID = "paid"


_RANK = {state: rank for rank, state in enumerate(AttemptState)}

BEING_CHECKED = frozenset({AttemptState.ASKING, AttemptState.UNKNOWN, AttemptState.CLOSING, AttemptState.UNDERWAY})
"""Money may be on its way: nobody is asked to pay again meanwhile."""
UNSETTLED = BEING_CHECKED | {AttemptState.OPEN}
"""A provider may still say something new about these."""


def after(state: AttemptState, said: AttemptState) -> AttemptState:
    """Return the state once `said` was heard, in whatever order news arrive: what is further along stays.

    Paid is never undone by a late event; a link that ended is paid all the same when money came through it.
    """
    return max(state, said, key=_RANK.__getitem__)

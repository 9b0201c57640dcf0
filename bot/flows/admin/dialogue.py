"""The office's dialogues end with whatever else is done; those of other flows are left where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation import Turn

if TYPE_CHECKING:
    from bot.conversation import Reply
    from bot.visit import Visit

_OURS = frozenset(
    {"review", "flat", "opening", "paid", "people", "correction", "lock", "statement", "stray", "replacement"}
)


def answer(visit: Visit, *replies: Reply) -> Turn:
    """Say this, in no dialogue of the office any more."""
    return Turn(replies, keep_state=visit.state is not None and visit.state.flow not in _OURS)

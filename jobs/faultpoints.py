"""Named places around each commit, send and settle where a test may end or freeze the process."""

from collections.abc import Callable

NAMES = (
    "inbox.before_commit",
    "inbox.after_commit",
    "engine.claimed",
    "engine.before_commit",
    "engine.after_commit",
    "delivery.claimed",
    "delivery.before_send",
    "delivery.after_send",
    "delivery.before_settle",
    "delivery.after_settle",
)

_armed: Callable[[str], None] | None = None


def arm(strike: Callable[[str], None] | None) -> None:
    """Has `strike` called with the name of every place that is passed; `None` ends it."""
    global _armed  # noqa: PLW0603 - a process dies as a whole
    _armed = strike


def point(name: str) -> None:
    """Nothing, unless a test armed the places."""
    if _armed is not None:
        _armed(name)

"""What this process has done, counted for whoever watches it: plain numbers, shown by `/metrics`."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds, each included, into which durations are sorted; the last sort is everything longer."""


@dataclass(slots=True)
class Durations:
    """How often something took how long, in seconds."""

    sorts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.sorts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


updates: Counter[tuple[str, str]] = Counter()
"""Messages worked on, by channel and outcome (done, waits, failed)."""
sends: Counter[tuple[str, str]] = Counter()
"""Messages sent, by channel and what came of it; what receipts say later counts too (delivered, read, failed)."""
retry_after: Counter[str] = Counter()
"""Whole seconds that channels asked us to wait, by channel."""
requests: Counter[tuple[str, str]] = Counter()
"""Requests answered, by route and status."""
handling: dict[str, Durations] = {}
"""How long messages and requests took, by channel or route."""


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Adds the time that the block takes, however it ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        handling.setdefault(what, Durations()).add(time.perf_counter() - began)

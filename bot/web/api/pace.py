"""How fast each caller may go on: a bucket that fills steadily and holds a burst."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

_MOST_CALLERS = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second in the long run, and how many may come at once."""

    per_second: float = 60.0
    burst: int = 120


@dataclass(slots=True)
class Pace:
    """Of this process alone: with several processes each caller has so much in each."""

    rate: Rate = field(default_factory=Rate)
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, caller: str) -> int:
        """Whole seconds that the caller has to wait before it asks again; 0 where it may now, which counts."""
        now = time.monotonic()
        left = self._filled(caller, now)
        self._left[caller] = (left - (left >= 1), now)
        if len(self._left) > _MOST_CALLERS:
            self._forget(now)
        return self._seconds(left)

    def due(self, caller: str) -> int:
        """Likewise, without counting."""
        return self._seconds(self._filled(caller, time.monotonic()))

    def _filled(self, caller: str, now: float) -> float:
        left, at = self._left.get(caller, (float(self.rate.burst), now))
        return min(self.rate.burst, left + (now - at) * self.rate.per_second)

    def _seconds(self, left: float) -> int:
        return 0 if left >= 1 else math.ceil((1 - left) / self.rate.per_second)

    def _forget(self, now: float) -> None:
        """Whoever has not asked for long has a full bucket, with an entry or without."""
        full = self.rate.burst / self.rate.per_second
        self._left = {caller: (left, at) for caller, (left, at) in self._left.items() if now - at < full}

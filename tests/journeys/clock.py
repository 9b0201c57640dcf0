"""The clock of both ends, that tests move on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

MORNING = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)
"""2 Nov 2026, 10:42 in India."""


@dataclass
class Clock:
    """Both ends' clock: goes on from `start` as time does, and can be moved on."""

    start: datetime = MORNING
    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self.began)

    def move(self, **delta: float) -> None:
        """As `timedelta(**delta)`."""
        self.start += timedelta(**delta)

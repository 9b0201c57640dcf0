"""Over how many days messages to many people go out, where a platform counts those who are written to first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from storage import first_words

if TYPE_CHECKING:
    from collections.abc import Collection

    from jobs.work import Work

CHANNEL: Final = "whatsapp"
"""The platform that counts."""


@dataclass(frozen=True, slots=True)
class Spread:
    """`people` would be written to first; the platform takes `a_day` (None: not known), `left` of them today."""

    people: int
    a_day: int | None
    left: int

    @property
    def days(self) -> int | None:
        """On how many days messages go out, today included; None: not known."""
        if self.a_day is None:
            return None
        later = max(0, self.people - self.left)
        return 1 + math.ceil(later / max(1, self.a_day))


async def spread(work: Work, flat_ids: Collection[int]) -> Spread | None:
    """A message to each owner of the flats now; None: nobody there has to be written to first."""
    people = await first_words.to_be_said(work.conn, CHANNEL, flat_ids, work.now)
    if not people:
        return None
    a_day = await first_words.limit(work.conn, CHANNEL)
    used = await first_words.used(work.conn, CHANNEL, work.now)
    return Spread(people, a_day, max(0, (a_day or 0) - used))

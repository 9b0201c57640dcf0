"""How far the month's reading is: what was read, what is still unread, block by block in walking order."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from domain.identifiers import block_of, walking_order
from domain.period import Month
from storage import cant_read, meters

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from jobs.work import Work
    from storage.cant_read import CantRead
    from storage.meters import MeterLine

MOTORS = "MOTOR"
"""Where the motors stand in the list of blocks."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block's meters in walking order."""

    name: str
    meters: tuple[MeterLine, ...]

    @property
    def unread(self) -> tuple[MeterLine, ...]:
        """Those not read this month."""
        return tuple(line for line in self.meters if not line.read)


@dataclass(frozen=True, slots=True)
class Progress:
    """A month's meters, those of flats in their blocks and the motors': what is read and what is not make all of them.

    `target` is how many the society means to read in a month, where that is not all of them. `in_vain`, by meter, are
    those of the unread that could not be read.
    """

    month: Month
    blocks: tuple[Block, ...]
    motors: tuple[MeterLine, ...] = ()
    target: int | None = None
    in_vain: Mapping[int, CantRead] = field(default_factory=dict)

    @property
    def places(self) -> tuple[Block, ...]:
        """The blocks, and the motors as one more."""
        return (*self.blocks, Block(MOTORS, self.motors)) if self.motors else self.blocks

    @property
    def meters(self) -> int:
        """All of them, motors too."""
        return sum(len(place.meters) for place in self.places)

    @property
    def unread(self) -> int:
        """How many of them are not read this month."""
        return sum(len(place.unread) for place in self.places)

    @property
    def unread_motors(self) -> int:
        """How many of the unread ones are motors'."""
        return sum(not line.read for line in self.motors)

    @property
    def read(self) -> int:
        """How many of them are read this month."""
        return self.meters - self.unread

    def is_begun(self, block: Block) -> bool:
        """One of its meters is read, or somebody stood before it in vain."""
        return any(line.read or line.meter_id in self.in_vain for line in block.meters)

    def after(self, flat_code: str | None) -> MeterLine | None:
        """The next unread meter in walking order after this flat, the motors last, then from the start again.

        What could not be read comes when nothing else is left.
        """
        others = [line for block in self.places for line in block.unread if line.flat_code != flat_code]
        unread = [line for line in others if line.meter_id not in self.in_vain] or others
        here = walking_order(flat_code) if flat_code else None
        later = (
            line for line in unread if here is not None and (line.is_motor or walking_order(line.flat_code) > here)
        )
        return next(later, unread[0] if unread else None)


async def progress(work: Work, month: Month | None = None, until: date | None = None) -> Progress:
    """This month's progress, or another's, over all flats that have a meter and an owner, and over the motors.

    What is read up to `until` (included, else the month's last day) counts.
    """
    month = month or Month.of(work.today)
    days = month.first_day, until or month.last_day
    lines = await meters.month_list(work.conn, *days)
    lines.sort(key=lambda line: walking_order(line.flat_code))
    blocks = tuple(Block(name, tuple(found)) for name, found in groupby(lines, lambda line: block_of(line.flat_code)))
    motors = tuple(await meters.motor_list(work.conn, *days))
    in_vain = await cant_read.cant_read(work.conn, month, days[1])
    known = {line.meter_id for line in (*lines, *motors)}
    left = {meter_id: one for meter_id, one in in_vain.items() if meter_id in known}
    return Progress(month, blocks, motors, work.society.reading_target, left)

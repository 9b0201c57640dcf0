"""How far the month's reading is: what was read, what is still unread, block by block in walking order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from domain.identifiers import block_of, walking_order
from domain.period import Month
from jobs.work import Work
from storage import meters
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
    """The month of the day on which it is asked. `target` is the society's, else every active meter."""

    month: Month
    blocks: tuple[Block, ...]
    target: int
    motors: tuple[MeterLine, ...] = ()

    @property
    def places(self) -> tuple[Block, ...]:
        """The blocks, and the motors as one more."""
        return (*self.blocks, Block(MOTORS, self.motors)) if self.motors else self.blocks

    @property
    def read(self) -> int:
        """Flats' meters read this month."""
        return sum(len(block.meters) - len(block.unread) for block in self.blocks)

    def after(self, flat_code: str | None) -> MeterLine | None:
        """The next unread meter in walking order after this flat, the motors last, then from the start again."""
        unread = [line for block in self.places for line in block.unread if line.flat_code != flat_code]
        here = walking_order(flat_code) if flat_code else None
        later = (
            line for line in unread if here is not None and (line.is_motor or walking_order(line.flat_code) > here)
        )
        return next(later, unread[0] if unread else None)


async def progress(work: Work) -> Progress:
    """This month's progress over all flats that have a meter and an owner, and over the motors."""
    month = Month.of(work.today)
    lines = await meters.month_list(work.conn, month.first_day, month.last_day)
    lines.sort(key=lambda line: walking_order(line.flat_code))
    blocks = tuple(Block(name, tuple(found)) for name, found in groupby(lines, lambda line: block_of(line.flat_code)))
    motors = await meters.motor_list(work.conn, month.first_day, month.last_day)
    return Progress(month, blocks, work.society.reading_target or len(lines), tuple(motors))

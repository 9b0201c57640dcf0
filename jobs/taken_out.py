"""A number that a meter cannot have shown, as it was taken out with another one later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.metering import ReadingMode
from storage import meter_replacements

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from domain.register import Swap
    from jobs.work import Work
    from storage.meters import Meter


@dataclass(frozen=True, slots=True)
class TakenOut:
    """The meter cannot have shown `value` on the day `on`, as `swap` took it out. Nothing was saved."""

    meter: Meter
    on: date
    value: Decimal
    swap: Swap


async def contradicted(
    work: Work, meter: Meter, on: date, value: Decimal, reading_id: int | None = None
) -> TakenOut | None:
    """What the replacement of the meter says against a register's number; `reading_id` is the one that gets it."""
    if work.society.reading_mode is not ReadingMode.REGISTER:
        return None
    ending = await meter_replacements.ending_after(work.conn, meter.id, on, reading_id)
    fits = ending is None or ending.may_follow(value)
    return None if fits or ending is None else TakenOut(meter, on, value, ending.swap)

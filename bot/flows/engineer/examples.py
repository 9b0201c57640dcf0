"""A reading as it could be sent next, for the sentences that say what to send."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from bot.flows.engineer.cards import mode_of
from bot.flows.engineer.place import sent_day
from bot.texts.engineer import figure
from bot.visit import Visit
from domain.metering import ReadingMode
from jobs.progress import progress
from storage import readings

_A_MONTH = Decimal(146)


async def example_of(visit: Visit) -> str:
    """A flat of this society, with a number that its meter could show."""
    line = (await progress(visit.work)).after(None)
    return f"{line.flat_code} {await example_number(visit, line.meter_id)}" if line else f"B17-FF {_A_MONTH}"


async def example_number(visit: Visit, meter_id: int) -> str:
    """Units of a month; where registers are sent, so many beyond the meter's last one."""
    last = None
    if mode_of(visit) is ReadingMode.REGISTER:
        last = await readings.previous(visit.work.conn, meter_id, sent_day(visit) + timedelta(days=1))
    return figure(_A_MONTH + (last.value if last else 0))

"""Bills that a restored backup held as not sent yet: sent when an admin says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.notify import delivery_time
from jobs.trail import write_down
from storage import set_aside

if TYPE_CHECKING:
    from jobs.work import Work


async def send_set_aside(work: Work) -> tuple[str, ...]:
    """Queue them for when owners may be written to; returns their flats, none where somebody did it before."""
    flats = await set_aside.send_bills(work.conn, delivery_time(work))
    if flats:
        await write_down(
            work,
            "restored.bills_sent",
            "restore",
            "",
            after={"flats": flats},
        )
    return flats

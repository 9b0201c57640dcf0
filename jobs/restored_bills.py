"""Bills that a restored backup held as not sent yet: sent when an admin says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.notify import delivery_time
from storage import audit, set_aside

if TYPE_CHECKING:
    from jobs.work import Work


async def send_set_aside(work: Work) -> tuple[str, ...]:
    """Queue them for when owners may be written to; returns their flats, none where somebody did it before."""
    flats = await set_aside.send_bills(work.conn, delivery_time(work))
    if flats:
        await audit.record(
            work.conn,
            actor_id=work.actor.person_id,
            actor=work.actor.name,
            action="restored.bills_sent",
            subject_type="restore",
            subject_id="",
            after={"flats": flats},
            ref=work.ref,
        )
    return flats

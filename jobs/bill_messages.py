"""A bill's message to its owners: sent once, then kept true in place as money comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.notify import delivery_time, enqueue
from storage import bill_cards, outbox, people
from storage.outbox import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from jobs.work import Work


def card_of(bill_id: int) -> str:
    """The message under which a bill is kept in a chat; further copies of it add a reference."""
    return f"bill:{bill_id}"


async def send(work: Work, bill_id: int, flat_id: int, *, bulk: bool) -> int:
    """Queue a new bill for every linked owner, at any hour: an admin has just decided it. For how many chats."""
    sent = 0
    for person_id in await people.owner_recipients(work.conn, flat_id):
        sent += await enqueue(
            work, "bill", "bill", bill_id, person_id=person_id, bill_id=bill_id, bulk=bulk, card=card_of(bill_id)
        )
    return sent


async def send_many(work: Work, bill_of_flat: Mapping[int, int], not_before: datetime) -> int:
    """Queue new bills, by flat id, for every linked owner, behind other messages. For how many chats."""
    drafts = {
        flat_id: Draft(
            "bill", "bill", str(bill_id), 1, {}, card_of(bill_id), bulk=True, not_before=not_before, bill_id=bill_id
        )
        for flat_id, bill_id in bill_of_flat.items()
    }
    return await outbox.queue_for_owners(work.conn, drafts)


async def refresh(work: Work, flat_id: int) -> None:
    """Have the newest bill of the flat say what is owed now, in the chats where it is shown."""
    bill_id = await bill_cards.newest_bill(work.conn, flat_id)
    if bill_id is not None:
        await redraw(work, flat_id, bill_id)


async def redraw(work: Work, flat_id: int, bill_id: int) -> None:
    """Have one bill of the flat say what is true of it now, in the chats where it is shown."""
    for shown in await bill_cards.shown(work.conn, flat_id, bill_id, card_of(bill_id)):
        await enqueue(
            work,
            "bill",
            "bill",
            bill_id,
            chat_id=shown.chat_id,
            person_id=shown.person_id,
            sequence=shown.next_sequence,
            card=shown.card,
            payload={"copy": shown.age > 1},
            not_before=delivery_time(work),
        )

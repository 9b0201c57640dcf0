"""A bill's message to its owners: sent once, then kept true in place as money comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.notify import delivery_time, enqueue
from storage import bill_cards, people

if TYPE_CHECKING:
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


async def refresh(work: Work, flat_id: int) -> None:
    """Have the newest bill of the flat say what is owed now, in the chats where it is shown."""
    bill_id = await bill_cards.newest_bill(work.conn, flat_id)
    if bill_id is None:
        return
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
            not_before=delivery_time(work),
        )

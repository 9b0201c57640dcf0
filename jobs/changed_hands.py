"""A number that somebody else has now: its chat is no longer that of whoever had it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jobs.trail import write_down
from storage import admin_logins, audit, bill_links, whatsapp_ids

if TYPE_CHECKING:
    from jobs.work import Work
    from storage.people import ChatIdentity

_ACTION: Final = "chat.changed_hands"


async def heard(work: Work, channel: str, address: str, user_id: str) -> None:
    """Somebody writes from this address under a business-scoped id that is not known as its holder's.

    Who joined under the id and shows the number only now goes on in their chat, whoever wrote from the number before.
    """
    chat_id = await whatsapp_ids.taken_over(work.conn, channel, user_id, address)
    if chat_id is not None:
        await _part(work, chat_id)
    taken = await whatsapp_ids.take_address(work.conn, channel, user_id, address)
    if taken is not None:
        await _go_on(work, *taken)


async def _go_on(work: Work, nobodys: int, theirs: int) -> None:
    """What put the number in doubt goes with it."""
    await write_down(work, "chat.number_shown", "chat", str(theirs), before={"chat": nobodys})
    if await audit.ever(work.conn, _ACTION, "chat", str(nobodys)):
        await write_down(work, _ACTION, "chat", str(theirs), before={"person": None})


async def given_up(work: Work, channel: str, address: str) -> None:
    """The platform told that its holder has another number now."""
    chat_id = await whatsapp_ids.chat_at(work.conn, channel, address)
    if chat_id is not None:
        await _part(work, chat_id)


async def is_in_doubt(work: Work, chat: ChatIdentity, number: str) -> bool:
    """Whether this number (E.164), though the chat proves it, may be on record for whoever had it before."""
    return await whatsapp_ids.is_in_doubt(work.conn, chat, number, _ACTION)


async def _part(work: Work, chat_id: int) -> None:
    """Person, logins and bill pages go before anything is answered; a new link takes an invite."""
    person_id = await whatsapp_ids.part(work.conn, chat_id)
    await admin_logins.revoke_for_chats(work.conn, [chat_id], work.now)
    await admin_logins.close_links(work.conn, chat_id)
    if person_id is not None:
        await bill_links.revoke_for_person(work.conn, person_id, work.now)
    await write_down(work, _ACTION, "chat", str(chat_id), before={"person": person_id})

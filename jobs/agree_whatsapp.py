"""An owner told the office that they want their bills on WhatsApp: written down, so that templates may reach them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from jobs.change_flat import Field, sheet
from jobs.people import link_on_behalf
from jobs.phones import normalise_phone
from jobs.trail import write_down
from storage import agreements, chats, owners, people, visitors

if TYPE_CHECKING:
    from jobs.work import Work
    from storage.flats import FlatOwner
    from storage.people import ChatIdentity, Person

CHANNEL: Final = "whatsapp"


class Outcome(StrEnum):
    """What became of it."""

    DONE = "done"
    REACHED_BEFORE = "reached before"
    SOMEBODY_ELSES = "somebody else's"
    STOPPED = "they sent STOP"
    HEARD_ELSEWHERE = "they write from another number"
    STAFF = "staff prove their own number"
    NOT_AS_SHOWN = "not as shown"


@dataclass(frozen=True, slots=True)
class Agreement:
    """The outcome, with the primary owner's name and number (E.164) on record."""

    outcome: Outcome
    name: str
    phone: str


async def candidate(work: Work, code: str) -> tuple[str, str] | None:
    """Name and number (E.164) of the flat's primary owner; None where there is no number on record."""
    seen = await sheet(work, code)
    phone = normalise_phone(seen.value(Field.PHONE)) if seen else None
    return (seen.owners[0].name, phone) if seen and phone else None


async def agree(work: Work, code: str, name: str, phone: str) -> Agreement:
    """Write down that the primary owner of this name and number (E.164) wants messages on WhatsApp.

    Nobody takes back a STOP in the person's place, nobody gets a chat that is another person's or loses one from which
    they write, and a number that nobody proved gets no rights of staff.
    """
    seen = await sheet(work, code)
    if seen is None or await candidate(work, code) != (name, phone):
        return Agreement(Outcome.NOT_AS_SHOWN, name, phone)
    owner = seen.owners[0]
    chat = await people.chat(work.conn, await visitors.chat_id(work.conn, CHANNEL, phone.removeprefix("+")))
    person = await _person(work, owner, phone)
    refused = _refusal(chat, person) or await _objection(work, chat, person, phone)
    if refused is None:
        await _link(work, chat, person, owner)
    return Agreement(refused or Outcome.DONE, name, phone)


def _refusal(chat: ChatIdentity, person: Person) -> Outcome | None:
    if chat.opted_out_at is not None:
        return Outcome.STOPPED
    if chat.person_id is not None and chat.person_id != person.id:
        return Outcome.SOMEBODY_ELSES
    return Outcome.REACHED_BEFORE if chat.person_id == person.id and chat.reachable else None


async def _objection(work: Work, chat: ChatIdentity, person: Person, phone: str) -> Outcome | None:
    """What the person did elsewhere, or may do, that the office's word does not outweigh."""
    known = await agreements.standing(work.conn, person.id, chat)
    if known.was_staff and normalise_phone(person.phone) != phone:
        return Outcome.STAFF
    if known.stopped_elsewhere:
        return Outcome.STOPPED
    return Outcome.HEARD_ELSEWHERE if known.heard_elsewhere else None


async def _person(work: Work, owner: FlatOwner, phone: str) -> Person:
    """Whoever speaks for the owner already, else whoever has the number, else somebody new."""
    behind = await owners.people_behind(work.conn, [owner.owner_id])
    if behind:
        return await people.person(work.conn, behind[0])
    return await people.person_by_phone(work.conn, phone) or await people.add_person(work.conn, owner.name, phone)


async def _link(work: Work, chat: ChatIdentity, person: Person, owner: FlatOwner) -> None:
    by = f"{work.actor.name}, for the office"
    await link_on_behalf(work, chat, person, [owner.owner_id])
    await chats.agreed(work.conn, chat.id, by, work.now)
    after = {"person": person.id, "owner": owner.owner_id, "by": by}
    await write_down(work, "chat.opted_in", "chat", str(chat.id), after=after)

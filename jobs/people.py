"""Who is who: invites, linking a chat by one's own number, roles given and taken away."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.roles import Role
from domain.slip_code import as_printed
from jobs.changed_hands import is_in_doubt
from jobs.notify import enqueue
from jobs.phones import normalise_phone
from jobs.trail import write_down
from storage import admin_logins, bill_links, channel_accounts, invites, owners, people, visitors
from storage.invites import Invite

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from jobs.work import Work
    from storage.people import ChatIdentity, Person

INVITE_DAYS = 7
GUESSES_AN_HOUR = 5
ALL_GUESSES_AN_HOUR = 200
"""From all chats together: whoever guesses has many chats."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invite as its maker sees it, once: the code is kept only as a hash.

    `link` opens the chat on Telegram with the code, `whatsapp_link` the one on WhatsApp; none until the service has run
    there once.
    """

    id: int
    code: str
    link: str | None
    role: Role
    name: str
    expires_at: datetime
    whatsapp_link: str | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """The chat now speaks for the person. `flats` are the codes of the flats they own.

    `roles` are those that may be used here at once; `must_log_in`: an admin's after a login only.
    """

    person: Person
    roles: frozenset[Role]
    flats: tuple[str, ...]
    must_log_in: bool = False


class LinkProblem(StrEnum):
    """Why a chat was not linked."""

    UNKNOWN_CODE = "unknown code"
    TOO_MANY_GUESSES = "too many guesses"
    NOT_YOUR_OWN = "not your own number"
    UNKNOWN_NUMBER = "unknown number"
    ROLE_ENDED = "role ended"


@dataclass(frozen=True, slots=True)
class NotLinked:
    """Nothing changed."""

    problem: LinkProblem


async def invite(work: Work, role: Role, name: str, phone: str | None = None, flat_id: int | None = None) -> Invitation:
    """Make an invite that works once within seven days.

    An owner's invite names a flat: whose name is on record there takes over from whoever spoke for them before,
    anybody else becomes a further owner.
    """
    code = secrets.token_urlsafe(9)
    expires_at = work.now + timedelta(days=INVITE_DAYS)
    row = Invite(0, role, name, phone, flat_id, work.actor.person_id, expires_at)
    invite_id = await invites.add(work.conn, code, row)
    after = {"role": role.value, "name": name, "flat_id": flat_id}
    await write_down(work, "person.invited", "invite", str(invite_id), after=after)
    links = await _link(work, code), await _whatsapp_link(work, code)
    return Invitation(invite_id, code, links[0], role, name, expires_at, links[1])


async def accept_invite(work: Work, chat: ChatIdentity, code: str) -> Linked | NotLinked:
    """Use up an invite in this chat. After five wrong codes in an hour this chat may not try, after 200 nobody."""
    address = f"{chat.channel}:{chat.external_id}"
    if await _too_many_guesses(work, address):
        return NotLinked(LinkProblem.TOO_MANY_GUESSES)
    taken = await _slip(work, code) or await invites.take(work.conn, code, work.now)
    if taken is None:
        await invites.guessed(work.conn, address, work.now)
        return NotLinked(LinkProblem.UNKNOWN_CODE)
    person = await _person_for(work, chat, taken)
    return await _linked(work, chat, person, await _use(work, person, taken))


async def _too_many_guesses(work: Work, address: str) -> bool:
    since = work.now - timedelta(hours=1)
    if await invites.guesses_since(work.conn, address, since) >= GUESSES_AN_HOUR:
        return True
    return await invites.all_guesses_since(work.conn, since) >= ALL_GUESSES_AN_HOUR


async def _slip(work: Work, typed: str) -> Invite | None:
    """An invite on paper; the others of the same name end with it."""
    code = as_printed(typed)
    taken = await invites.take(work.conn, code, work.now) if code else None
    if taken and taken.on_paper and taken.flat_id is not None:
        await invites.revoke_slips(work.conn, taken.flat_id, taken.name, work.now)
    return taken


async def link_by_phone(
    work: Work, chat: ChatIdentity, phone: str, name: str, *, is_senders_own: bool
) -> Linked | NotLinked:
    """Link the chat to whose number it is: staff, an owner, somebody invited, a first admin of `ADMIN_PHONES`.

    Only a contact that the platform proves to be the sender's own counts, and not of a number that was somebody else's
    before: it may be on record for them still. An admin's role that was taken away comes
    back by an invite only.
    """
    number = normalise_phone(phone)
    if not is_senders_own or number is None:
        return NotLinked(LinkProblem.NOT_YOUR_OWN)
    if await is_in_doubt(work, chat, number):
        return NotLinked(LinkProblem.UNKNOWN_NUMBER)
    claim = await _claim(work, chat, number, name)
    if claim is None:
        listed = _is_in_admin_phones(work, number)
        return NotLinked(LinkProblem.ROLE_ENDED if listed else LinkProblem.UNKNOWN_NUMBER)
    person = claim.person or await _person_of_number(work, chat, claim.name, number)
    if claim.first_admin:
        await _make_first_admin(work, person)
    owner_ids = set(claim.owner_ids)
    for taken in claim.invited:
        owner_ids.update(await _use(work, person, taken))
    return await _linked(work, chat, person, sorted(owner_ids))


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a proven number gives a right to; `person` has the number already."""

    person: Person | None
    name: str
    owner_ids: tuple[int, ...]
    invited: tuple[Invite, ...]
    first_admin: bool


async def _claim(work: Work, chat: ChatIdentity, number: str, name: str) -> _Claim | None:
    """None where the number gives no right at all. Open invites for it are used up."""
    person = await people.person_by_phone(work.conn, number)
    similar = await owners.with_phone_like(work.conn, number)
    rows = [owner for owner in similar if normalise_phone(owner.phone) == number]
    invited = await invites.take_for_phone(work.conn, number, work.now)
    first_admin = _is_in_admin_phones(work, number) and not await people.was_ever_admin(work.conn, number, chat.id)
    has_roles = bool(person and await people.roles(work.conn, person.id))
    if not (has_roles or rows or invited or first_admin):
        return None
    names = [*(owner.name for owner in rows), *(one.name for one in invited), name]
    return _Claim(person, names[0], tuple(owner.id for owner in rows), tuple(invited), first_admin)


async def owner_number_changed(work: Work, owner_id: int, name: str, before: str | None, number: str | None) -> None:
    """Whoever speaks for this owner because of the number `before` gives way to whose the new one is, linked or not.

    Who joined by an invite, or has the new number, stays.
    """
    old = normalise_phone(before)
    if old is None or number is None or number == old:
        return
    holder = await people.person_by_phone(work.conn, old)
    if holder is not None and holder.id in await owners.people_behind(work.conn, [owner_id]):
        known = await people.person_by_phone(work.conn, number)
        await _own(work, known or await people.add_person(work.conn, name, None), [owner_id])


async def link_on_behalf(work: Work, chat: ChatIdentity, person: Person, owner_ids: list[int]) -> None:
    """Link a chat from which nobody wrote yet, as the office knows whose it is."""
    await _linked(work, chat, person, owner_ids)


class RoleChange(StrEnum):
    """What became of a change of roles."""

    DONE = "done"
    NOT_HELD = "not held"
    LAST_ADMIN = "last admin"


async def revoke_role(work: Work, person_id: int, role: Role) -> RoleChange:
    """Take a staff role away, effective at once. The last admin keeps theirs: somebody has to run the office."""
    if await _is_last_admin(work, person_id, role):
        return RoleChange.LAST_ADMIN
    if not await people.revoke(work.conn, person_id, role):
        return RoleChange.NOT_HELD
    await _end_logins(work, person_id, role)
    await _tell(work, "rights_taken", person_id, {"role": role.value})
    await write_down(work, "person.role_taken", "person", str(person_id), before={"role": role.value})
    return RoleChange.DONE


async def change_role(work: Work, person_id: int, old: Role, new: Role) -> RoleChange:
    """Swap one staff role for another; the last admin keeps theirs."""
    if await _is_last_admin(work, person_id, old):
        return RoleChange.LAST_ADMIN
    if not await people.revoke(work.conn, person_id, old):
        return RoleChange.NOT_HELD
    await _end_logins(work, person_id, old)
    await people.grant(work.conn, person_id, new, work.actor.person_id)
    before, after = {"role": old.value}, {"role": new.value}
    await write_down(work, "person.role_changed", "person", str(person_id), before=before, after=after)
    await _tell(work, "role_changed", person_id, {"role": new.value})
    return RoleChange.DONE


async def _end_logins(work: Work, person_id: int, role: Role) -> None:
    """An admin's logins end with the role: given again, it takes a new one."""
    if role is Role.ADMIN:
        await admin_logins.revoke_for_person(work.conn, person_id, work.now)


async def revoke_invite(work: Work, invite_id: int) -> bool:
    """Take an unused invite back; false when it was used or taken back before."""
    taken = await invites.revoke(work.conn, invite_id, work.now)
    if taken:
        await write_down(work, "person.invite_taken_back", "invite", str(invite_id))
    return taken


async def _is_last_admin(work: Work, person_id: int, role: Role) -> bool:
    return role is Role.ADMIN and await people.hold_admins(work.conn) == [person_id]


async def our_chat(work: Work) -> str | None:
    """Address of the private chat with us; none until the service has reached Telegram once."""
    bot = await channel_accounts.name(work.conn, "telegram")
    return f"https://t.me/{bot}" if bot else None


async def _link(work: Work, code: str) -> str | None:
    chat = await our_chat(work)
    return f"{chat}?start={code}" if chat else None


async def _whatsapp_link(work: Work, code: str) -> str | None:
    """With the words already typed; none where nobody listens."""
    number = await channel_accounts.name(work.conn, "whatsapp")
    return f"https://wa.me/{number}?text=join%20{code}" if number else None


def _is_in_admin_phones(work: Work, number: str) -> bool:
    """These become admins once: a role that was taken away does not come back this way."""
    return number in {normalise_phone(phone) for phone in work.society.admin_phones}


async def _make_first_admin(work: Work, person: Person) -> None:
    if await people.grant(work.conn, person.id, Role.ADMIN, None):
        after = {"role": "admin", "by": "ADMIN_PHONES"}
        await write_down(work, "person.role_given", "person", str(person.id), after=after)


async def _person_of_number(work: Work, chat: ChatIdentity, name: str, number: str) -> Person:
    """Nobody has this number yet: it is the chat's own person's, or that of somebody new."""
    if chat.person_id is not None:
        return await people.set_phone(work.conn, chat.person_id, number)
    return await people.add_person(work.conn, name, number)


async def _person_for(work: Work, chat: ChatIdentity, taken: Invite) -> Person:
    """The chat's own person where it has one; else whoever the invite names."""
    if chat.person_id is not None:
        return await people.person(work.conn, chat.person_id)
    return await people.add_person(work.conn, taken.name, normalise_phone(taken.phone))


async def _use(work: Work, person: Person, taken: Invite) -> list[int]:
    """Give the person what the invite promised: a staff role at once; of an owner's invite the owner rows."""
    await invites.used_by(work.conn, taken.id, person.id)
    await write_down(
        work, "person.joined", "person", str(person.id), after={"role": taken.role.value, "invite": taken.id}
    )
    if taken.role is not Role.OWNER:
        await people.grant(work.conn, person.id, taken.role, taken.created_by)
        return []
    return await _owner_rows(work, taken)


async def _owner_rows(work: Work, taken: Invite) -> list[int]:
    """Who the invited are on record: the flat's owners of that name, else a further owner."""
    if taken.flat_id is None:
        return []
    known = await owners.named(work.conn, taken.flat_id, taken.name)
    return known or [await owners.add_further(work.conn, taken.flat_id, taken.name, taken.phone)]


async def _linked(work: Work, chat: ChatIdentity, person: Person, owner_ids: list[int]) -> Linked:
    """Chat and flats are the person's from now on; chats and people of before lose them, and their pages, at once."""
    revoked = await people.link_chat(work.conn, chat.id, person.id)
    await admin_logins.revoke_for_chats(work.conn, revoked, work.now)
    await admin_logins.revoke_for_chats(work.conn, [chat.id], work.now, but_of=person.id)
    for lost in revoked:
        await enqueue(work, "chat_replaced", "chat", f"{lost}:{work.ref}", chat_id=lost)
    if revoked:
        await bill_links.revoke_for_person(work.conn, person.id, work.now)
    await _own(work, person, owner_ids)
    after = {"person": person.id, "revoked_chats": revoked, "owners": owner_ids}
    await write_down(work, "chat.linked", "chat", str(chat.id), after=after)
    flats = await owners.flat_codes(work.conn, person.id)
    now = await visitors.standing(work.conn, chat.id, work.login_at)
    return Linked(person, now.roles, tuple(flats), now.must_log_in)


async def _own(work: Work, person: Person, owner_ids: list[int]) -> None:
    for before in await owners.people_behind(work.conn, owner_ids):
        if before != person.id:
            await bill_links.revoke_for_person(work.conn, before, work.now)
            await _tell(work, "flat_relinked", before)
    await people.link_owners(work.conn, person.id, owner_ids)


async def _tell(work: Work, kind: str, person_id: int, facts: Mapping[str, str] | None = None) -> None:
    await enqueue(work, kind, "person", f"{person_id}:{work.ref}", person_id=person_id, payload=facts)

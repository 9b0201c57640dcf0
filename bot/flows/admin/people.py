"""The office's list of people: invite, change the role, end it; open invites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.dialogue import answer
from bot.flows.admin.typed import leading_flat
from bot.flows.private import refused
from bot.router import Occasion, command, press, step
from bot.texts import people as texts
from bot.visit import Visit
from domain.roles import Permission, Role, allowed
from jobs import people as jobs
from jobs.people import RoleChange
from jobs.phones import normalise_phone, split_phone
from storage import flats, invites, people

_PAGE = 4
_STAFF = (Role.ENGINEER, Role.ADMIN)
_LONGEST_NAME = 80
_MANAGE = Permission.MANAGE_PEOPLE
Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was typed after Invite; `beside`: the owners on record whom a further owner joins."""

    name: str
    phone: str | None
    flat_id: int | None = None
    beside: tuple[str, ...] = ()


@command("people", permission=_MANAGE, about=texts.about_people)
async def listed(visit: Visit, _: str) -> Turn:
    """Everybody with a role, the open invites, and what can be done."""
    return answer(visit, await _list(visit, f"people:{visit.work.ref}"))


@press("people.list", permission=_MANAGE)
async def back(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, await _list(visit, data["card"]))


@press("people.invite", permission=_MANAGE)
async def invite(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Ask for the name; for an owner for the flat."""
    role = Role(data["role"])
    reply = Reply(texts.ask_name(visit.t, role), _back(visit, data["card"]), card=data["card"])
    return Turn((reply,), State("people", "name", {"role": role}))


@step("people", "name", claims=(Occasion.READING,))
async def named(visit: Visit) -> Turn:
    """The name typed after Invite: the invite itself, shown once."""
    role = Role(visit.state.data["role"]) if visit.state else Role.OWNER
    if not allowed(visit.roles, _MANAGE):
        return await refused(visit)
    wanted = await _wanted(visit, role)
    if isinstance(wanted, str):
        return Turn((Reply(wanted),), keep_state=True)
    invitation = await jobs.invite(visit.work, role, wanted.name, wanted.phone, wanted.flat_id)
    until = invitation.expires_at.astimezone(visit.work.society.zone)
    return Turn((Reply(texts.invited(visit.t, invitation, until, wanted.beside), _copies(visit, invitation)),))


def _copies(visit: Visit, invitation: jobs.Invitation) -> tuple[tuple[Button, ...], ...]:
    """A button for each link there is."""
    links = (
        (texts.copy_button(visit.t), invitation.link),
        (texts.copy_whatsapp_button(visit.t), invitation.whatsapp_link),
    )
    return tuple((Button(label, copy=link),) for label, link in links if link)


@press("people.choose", permission=_MANAGE)
async def choose(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """People as buttons, four a page."""
    members = await people.staff(visit.work.conn)
    names = dict.fromkeys((member.person_id, member.name) for member in members)
    card = data["card"]
    buttons = [Button(name, Action("people.show", {"person": one, "card": card})) for one, name in names]
    rows = _paged(visit, buttons, "people.choose", data)
    return answer(visit, Reply(texts.choose_person(visit.t), rows, card=card))


@press("people.show", permission=_MANAGE)
async def show(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, await _person(visit, data["person"], data["card"]))


@press("people.end", permission=_MANAGE)
async def end(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Take a role away; its button restated whom and what."""
    role, name = Role(data["role"]), data["name"]
    change = await jobs.revoke_role(visit.work, data["person"], role)
    return _changed(visit, change, data, texts.ended(visit.t, name, role))


@press("people.swap", permission=_MANAGE)
async def swap(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The other staff role instead of this one."""
    old, new = Role(data["role"]), Role(data["new"])
    change = await jobs.change_role(visit.work, data["person"], old, new)
    return _changed(visit, change, data, texts.swapped(visit.t, data["name"], new))


@press("people.invites", permission=_MANAGE)
async def choose_invite(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Open invites as buttons, four a page."""
    waiting, card = await invites.open_invites(visit.work.conn, visit.work.now), data["card"]
    bound = [(one.name, {"invite": one.id, "name": one.name, "card": card}) for one in waiting]
    buttons = [Button(name, Action("people.take_back", one)) for name, one in bound]
    rows = _paged(visit, buttons, "people.invites", data)
    return answer(visit, Reply(texts.choose_invite(visit.t), rows, card=card))


@press("people.take_back", permission=_MANAGE)
async def take_back(visit: Visit, data: Mapping[str, Any]) -> Turn:
    taken = await jobs.revoke_invite(visit.work, data["invite"])
    text = texts.invite_taken_back(visit.t, data["name"]) if taken else texts.invite_gone(visit.t)
    return answer(visit, Reply(text, _back(visit, data["card"]), card=data["card"]))


async def _list(visit: Visit, card: str) -> Reply:
    conn, zone = visit.work.conn, visit.work.society.zone
    waiting = await invites.open_invites(conn, visit.work.now)
    local = [replace(one, expires_at=one.expires_at.astimezone(zone)) for one in waiting]
    asking = [
        Button(texts.invite_button(visit.t, role), Action("people.invite", {"role": role, "card": card}))
        for role in Role
    ]
    change = Button(texts.change_button(visit.t), Action("people.choose", {"card": card}))
    taking = (Button(texts.take_back_button(visit.t), Action("people.invites", {"card": card})),) if waiting else ()
    return Reply(texts.listed(visit.t, await people.staff(conn), local), _pairs([*asking, change, *taking]), card=card)


async def _person(visit: Visit, person_id: int, card: str) -> Reply:
    found = await people.person(visit.work.conn, person_id)
    roles = sorted(await people.roles(visit.work.conn, person_id))
    has_chat = bool(await people.chats_of(visit.work.conn, person_id))
    buttons = [one for role in roles if role in _STAFF for one in _role_buttons(visit, found, role, roles, card)]
    text = texts.person_card(visit.t, found.name, roles, has_chat)
    return Reply(text, (*_pairs(buttons), *_back(visit, card)), card=card)


def _role_buttons(visit: Visit, found: people.Person, role: Role, roles: Sequence[Role], card: str) -> list[Button]:
    data = {"person": found.id, "name": found.name, "role": role, "card": card}
    ending = Button(texts.end_button(visit.t, found.name, role), Action("people.end", data))
    other = Role.ADMIN if role is Role.ENGINEER else Role.ENGINEER
    if other in roles:
        return [ending]
    return [Button(texts.swap_button(visit.t, other), Action("people.swap", {**data, "new": other})), ending]


def _changed(visit: Visit, change: RoleChange, data: Mapping[str, Any], done: str) -> Turn:
    texts_by_change = {
        RoleChange.DONE: done,
        RoleChange.NOT_HELD: texts.not_held(visit.t, data["name"]),
        RoleChange.LAST_ADMIN: texts.last_admin(visit.t, data["name"]),
    }
    return answer(visit, Reply(texts_by_change[change], _back(visit, data["card"]), card=data["card"]))


async def _wanted(visit: Visit, role: Role) -> _Wanted | str:
    """Who is to be invited, or what to send instead."""
    if role is Role.OWNER:
        return await _wanted_owner(visit)
    name, phone = split_phone(visit.text)
    return _Wanted(name, phone) if _is_name(name) else texts.name_missing(visit.t)


async def _wanted_owner(visit: Visit) -> _Wanted | str:
    """The flat alone means its owner on record."""
    code, words = leading_flat(visit.text)
    flat = await flats.get_flat(visit.work.conn, code) if code else None
    if flat is None:
        return texts.no_such_flat(visit.t, code or visit.text[:_LONGEST_NAME])
    if flat.owner is None:
        return texts.flat_without_owner(visit.t, flat.code)
    name, phone = _name_and_phone(" ".join(words))
    name = name or flat.owner
    known = {owner.casefold() for owner in flat.owners}
    beside = () if name.casefold() in known else tuple(flat.owners)
    return _Wanted(name, phone, flat.id, beside) if _is_name(name) else texts.name_missing(visit.t)


def _name_and_phone(text: str) -> tuple[str, str | None]:
    if any(character.isalpha() for character in text):
        return split_phone(text)
    return "", normalise_phone(text)


def _is_name(text: str) -> bool:
    return len(text) <= _LONGEST_NAME and any(character.isalpha() for character in text)


def _back(visit: Visit, card: str) -> Rows:
    return ((Button(texts.back_button(visit.t), Action("people.list", {"card": card})),),)


def _paged(visit: Visit, buttons: Sequence[Button], action: str, data: Mapping[str, Any]) -> Rows:
    page: int = data.get("page", 0)
    shown = buttons[page * _PAGE : (page + 1) * _PAGE]
    more = len(buttons) > (page + 1) * _PAGE
    further = Action(action, {"page": page + 1, "card": data["card"]})
    turning = (Button(texts.more_button(visit.t), further),) if more else ()
    return (*_pairs(shown), (*turning, *_back(visit, data["card"])[0]))


def _pairs(buttons: Sequence[Button]) -> Rows:
    return tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))

"""What the office reads about people: the list, invites, roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import escape
from bot.texts.onboarding import role_word
from domain.roles import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.i18n import Translator
    from jobs.people import Invitation
    from storage.invites import Invite
    from storage.people import StaffMember


def listed(t: Translator, members: Sequence[StaffMember], waiting: Sequence[Invite]) -> str:
    """Everybody with a role, then the invites nobody has taken yet."""
    lines = [_member(t, member) for member in members]
    if waiting:
        lines += ["", t.gettext("Invited, not yet here:"), *(_invite(t, invite) for invite in waiting)]
    return "\n".join([f"<b>{t.gettext('People')}</b>", *lines])


def _member(t: Translator, member: StaffMember) -> str:
    line = f"{escape(member.name)}, {role_word(t, member.role)}"
    return line if member.has_chat else t.gettext("{person} (no chat yet)").format(person=line)


def _invite(t: Translator, invite: Invite) -> str:
    return t.gettext("{name}, {role}, until {day}").format(
        name=escape(invite.name), role=role_word(t, invite.role), day=t.day(invite.expires_at.date())
    )


def invite_button(t: Translator, role: Role) -> str:
    """One for each role."""
    labels = {
        Role.ENGINEER: t.gettext("Invite engineer"),
        Role.ADMIN: t.gettext("Invite admin"),
        Role.OWNER: t.gettext("Invite owner"),
    }
    return labels[role]


def change_button(t: Translator) -> str:
    """Opens the list of people as buttons."""
    return t.gettext("Change somebody")


def take_back_button(t: Translator) -> str:
    """Opens the list of open invites as buttons."""
    return t.gettext("Take back an invite")


def more_button(t: Translator) -> str:
    """The next page of a list."""
    return t.gettext("More")


def back_button(t: Translator) -> str:
    """To the list of people."""
    return t.gettext("Back")


def ask_name(t: Translator, role: Role) -> str:
    """For an invite; an owner's needs the flat as well."""
    if role is Role.OWNER:
        return t.gettext(
            "Which flat, and who? Send it like this: B17-FF Mr Sharma. B17-FF alone means its owner on record."
        )
    return t.gettext("What is the {role}'s name? A phone number may follow: Ravi 98765 43210").format(
        role=role_word(t, role)
    )


def name_missing(t: Translator) -> str:
    """Nothing that could be a name came."""
    return t.gettext("Please send a name of at most 80 letters, like this: Ravi")


def no_such_flat(t: Translator, typed: str) -> str:
    """The flat of an owner's invite is not known."""
    return t.gettext("There is no flat {typed}. Send it like this: B17-FF Mr Sharma").format(typed=escape(typed))


def flat_without_owner(t: Translator, flat: str) -> str:
    """An invite needs somebody to be."""
    return t.gettext("{flat} has no owner on record. Name the owner first with /flat {flat}.").format(flat=escape(flat))


def invited(t: Translator, invitation: Invitation, until: datetime, beside: Sequence[str] = ()) -> str:
    """The invite, to be forwarded as it is. `beside`: owners on record whom a further one joins."""
    title = t.gettext("Invite for {name}, {role}").format(
        name=escape(invitation.name), role=role_word(t, invitation.role)
    )
    how = _ways(t, invitation)
    typed = t.gettext("Or send this in the chat: {words}").format(words=f"<code>join {escape(invitation.code)}</code>")
    limits = t.gettext("It works once, until {day}.").format(day=t.day(until.date()))
    return "\n".join([f"<b>{title}</b>", *how, typed, limits, *_beside(t, beside)])


def _ways(t: Translator, invitation: Invitation) -> list[str]:
    """A line for each chat app that there is a link for."""
    telegram = t.gettext("Forward this: open {link} and press Start.")
    whatsapp = t.gettext("On WhatsApp: open {link} and press Send.")
    links = ((telegram, invitation.link), (whatsapp, invitation.whatsapp_link))
    return [form.format(link=escape(link)) for form, link in links if link]


def _beside(t: Translator, owners: Sequence[str]) -> list[str]:
    if not owners:
        return []
    text = t.gettext("Note: that is a further owner, beside {owners}. For the owner on record send the flat alone.")
    return [text.format(owners=escape(", ".join(owners)))]


def copy_button(t: Translator) -> str:
    """Copies the invite's link."""
    return t.gettext("Copy the link")


def copy_whatsapp_button(t: Translator) -> str:
    """Copies the invite's link to WhatsApp."""
    return t.gettext("Copy the WhatsApp link")


def choose_person(t: Translator) -> str:
    """Above the people as buttons."""
    return t.gettext("Whom do you want to change?")


def choose_invite(t: Translator) -> str:
    """Above the open invites as buttons."""
    return t.gettext("Which invite is to be taken back?")


def person_card(t: Translator, name: str, roles: Sequence[Role], has_chat: bool) -> str:  # noqa: FBT001 - a fact of the row
    """One person with their roles."""
    lines = [f"<b>{escape(name)}</b>", ", ".join(role_word(t, role) for role in roles)]
    if not has_chat:
        lines.append(t.gettext("No chat is linked yet."))
    return "\n".join(lines)


def end_button(t: Translator, name: str, role: Role) -> str:
    """Restates whom and what."""
    return t.gettext("End {name} as {role}").format(name=name, role=role_word(t, role))


def swap_button(t: Translator, role: Role) -> str:
    """The other staff role instead."""
    return t.gettext("Make {role}").format(role=role_word(t, role))


def ended(t: Translator, name: str, role: Role) -> str:
    """Done."""
    return t.gettext("{name} is no longer {role}. It counts from now on.").format(
        name=escape(name), role=role_word(t, role)
    )


def swapped(t: Translator, name: str, role: Role) -> str:
    """Done."""
    return t.gettext("{name} is now {role}.").format(name=escape(name), role=role_word(t, role))


def not_held(t: Translator, name: str) -> str:
    """Somebody else was first."""
    return t.gettext("{name} does not have that role any more. Nothing was changed.").format(name=escape(name))


def last_admin(t: Translator, name: str) -> str:
    """The office may not be left without anybody."""
    return t.gettext("{name} is the only admin. Invite another admin first.").format(name=escape(name))


def invite_taken_back(t: Translator, name: str) -> str:
    """Done."""
    return t.gettext("The invite for {name} no longer works.").format(name=escape(name))


def invite_gone(t: Translator) -> str:
    """Used or taken back meanwhile."""
    return t.gettext("This invite was used or taken back already.")


def about_people(t: Translator) -> str:
    """In the menu."""
    return t.gettext("who may do what, invites")

"""Commands about people: invite, list, end a role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.app import Json, app, note, print_json, say, stop, typed
from bot.cli.session import at_work, no_flat, run, settings
from domain.identifiers import normalise_flat_code
from domain.roles import Role
from storage.invocation import command

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bot.settings import Settings
    from jobs.people import Invitation
    from jobs.work import Work
    from storage.invites import Invite
    from storage.people import StaffMember

user = typer.Typer(help="Who may do what: add, list, revoke.", no_args_is_help=True)
app.add_typer(user, name="user")

_INVITE = "i"
_LONGEST_NAME = 60
_MOST_DIGITS = 18


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME:
        raise typer.BadParameter(f"a name has 1 to {_LONGEST_NAME} letters, such as --name Rekha")
    return name


def _phone(text: str) -> str:
    from jobs.phones import normalise_phone

    number = normalise_phone(text)
    if number is None:
        raise typer.BadParameter(f"{text} is not a phone number; write it like this: +44 7700 900123")
    return number


@user.command("add")
def add(
    role: Annotated[Role, typer.Option(help="engineer, admin or owner.")],
    name: Annotated[str, typer.Option(parser=_name, metavar="TEXT", help="What they are called.")],
    phone: Annotated[
        str | None,
        typer.Option(parser=_phone, metavar="TEXT", help="Their number; then sharing it in the chat works too."),
    ] = None,
    flat: Annotated[
        str | None,
        typer.Option(parser=typed(normalise_flat_code), metavar="TEXT", help="Flat code; an owner needs one."),
    ] = None,
    json: Json = False,
) -> None:
    """Makes an invite: one use, seven days."""
    if (role is Role.OWNER) != bool(flat):
        raise typer.BadParameter("an owner's invite needs --flat, such as --flat B17-FF; other roles have none")
    using = settings()
    invitation = run(_add(using, role, name, phone, flat))
    if json:
        print_json(_invitation_json(invitation))
    else:
        _show_invitation(invitation, using.timezone)


async def _add(using: Settings, role: Role, name: str, phone: str | None, flat: str | None) -> Invitation:
    from jobs.people import invite

    async with at_work(using) as work:
        return await invite(work, role, name, phone, await _flat_id(work, flat) if flat else None)


async def _flat_id(work: Work, code: str) -> int:
    from storage.flats import get_flat

    home = await get_flat(work.conn, code)
    return home.id if home else await no_flat(work, code)


def _show_invitation(invitation: Invitation, zone: ZoneInfo) -> None:
    say(f"Invite for {invitation.name}, {invitation.role}:")
    links = [link for link in (invitation.link, invitation.whatsapp_link) if link]
    for link in links:
        say(f"  open {link}")
    say(f"  {'or ' if links else ''}send to the bot: /start {invitation.code}")
    say(f"It works once, until {_moment(invitation.expires_at, zone)}.")
    if not links:
        note(f"The link can be given once the service has reached Telegram or WhatsApp: {command('run')}")


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d %b %Y %H:%M}"


def _invitation_json(invitation: Invitation) -> dict[str, Any]:
    return {
        "invite_link": invitation.link or invitation.whatsapp_link,
        "whatsapp_link": invitation.whatsapp_link,
        "invite_code": invitation.code,
        "expires_at": invitation.expires_at.isoformat(),
        "role": invitation.role.value,
        "name": invitation.name,
    }


@user.command("list")
def listed(json: Json = False) -> None:
    """Staff by role, and the invites that wait for somebody."""
    using = settings()
    members, waiting = run(_listed(using))
    if json:
        people, invites = [_member_json(one) for one in members], [_invite_json(one) for one in waiting]
        print_json({"people": people, "invites": invites})
        return
    for one in members:
        say(f"{one.person_id:>4}  {one.name}, {one.role}{'' if one.has_chat else ' (no chat yet)'}")
    for invite in waiting:
        until = _moment(invite.expires_at, using.timezone)
        say(f"{_INVITE + str(invite.id):>4}  {invite.name}, {invite.role}: invited, until {until}")
    if not members and not waiting:
        say(f"Nobody yet. Begin with: {command('user add --role admin --name Rekha')}")


async def _listed(using: Settings) -> tuple[list[StaffMember], list[Invite]]:
    from storage import invites, people

    async with at_work(using) as work:
        return await people.staff(work.conn), await invites.open_invites(work.conn, work.now)


def _member_json(one: StaffMember) -> dict[str, Any]:
    return {"person": str(one.person_id), "name": one.name, "role": one.role.value, "has_chat": one.has_chat}


def _invite_json(one: Invite) -> dict[str, Any]:
    expires_at = one.expires_at.isoformat()
    return {"invite": f"{_INVITE}{one.id}", "name": one.name, "role": one.role.value, "expires_at": expires_at}


@user.command("revoke")
def revoke(
    who: Annotated[str, typer.Argument(help=f"As `{command('user list')}` shows: 3 is a person, i3 an invite.")],
    role: Annotated[Role | None, typer.Option(help="Only this role; otherwise every role they have.")] = None,
) -> None:
    """Ends somebody's rights, or takes an invite back, at once."""
    number = who.removeprefix(_INVITE)
    if not (number.isascii() and number.isdigit()) or len(number) > _MOST_DIGITS:
        raise typer.BadParameter(f"{who} is no number of: {command('user list')}")
    if who.startswith(_INVITE):
        say(f"The invite of {run(_take_back(settings(), int(number)))} was taken back. It counts from now on.")
    else:
        say(f"{run(_revoke(settings(), int(number), role))}: ended. It counts from now on.")


async def _take_back(using: Settings, invite_id: int) -> str:
    """Whose invite it was, and for what."""
    from jobs.people import revoke_invite
    from storage import invites

    async with at_work(using) as work:
        found = [one for one in await invites.open_invites(work.conn, work.now) if one.id == invite_id]
        if not found or not await revoke_invite(work, invite_id):
            stop(f"There is no open invite {_INVITE}{invite_id}. See: {command('user list')}")
    return f"{found[0].name}, {found[0].role}"


async def _revoke(using: Settings, person: int, role: Role | None) -> str:
    """Whose rights ended, and which."""
    from jobs.people import RoleChange, revoke_role
    from storage import people

    async with at_work(using) as work:
        held = [one for one in await people.staff(work.conn) if one.person_id == person]
        ended = [one for one in held if role in (None, one.role)]
        if not ended:
            stop(f"Nobody with the number {person} has that role. See: {command('user list')}")
        for one in ended:
            if await revoke_role(work, person, one.role) is RoleChange.LAST_ADMIN:
                add_one = command("user add --role admin --name NAME")
                stop(f"That is the only admin. Add another one first: {add_one}")
    return ", ".join([ended[0].name, *(one.role.value for one in ended)])

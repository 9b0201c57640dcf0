"""`billing user forget`: an owner who left, out of everything that is no book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.app import Json, note, print_json, say, stop
from bot.cli.people import user
from bot.cli.session import at_work, run, settings
from storage.invocation import command

if TYPE_CHECKING:
    from bot.settings import Settings
    from jobs.forget_owner import Changed, Done, Forgotten, NotYet, Preview
    from jobs.work import Work
    from storage.forgetting import Left

    Outcome = Preview | Done | NotYet | Forgotten | Changed


@user.command("forget")
def forget(
    who: Annotated[
        str, typer.Argument(help="Part of the name, a flat they left, or their number in the list; none lists them.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Really do it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go and stay.")] = False,
    json: Json = False,
) -> None:
    """Forgets an owner who left: name, numbers, chats, messages. The books stay, without the name."""
    if yes and dry_run:
        raise typer.BadParameter("--yes does it and --dry-run does not: choose one")
    found, outcome = run(_forget(settings(), who, sure=yes))
    if json:
        print_json(_as_json(found, outcome))
    else:
        _show(found, outcome)
    if yes and _name_of(outcome) != "forgotten":
        raise typer.Exit(1)


async def _forget(using: Settings, who: str, *, sure: bool) -> tuple[list[Left], Outcome | None]:
    """Whom it may mean, and what came of it where it means one."""
    from jobs import forget_owner

    async with at_work(using) as work:
        found = await forget_owner.who_left(work, "" if who.isdecimal() else who)
        if who.isdecimal():
            found = [one for one in found if str(one.owner_id) == who]
        if not who:
            return found, None
        if not found:
            stop(f"No owner who left is called or owned {who}. See: {command('user forget')}")
        return found, await _outcome(work, found, sure=sure)


async def _outcome(work: Work, found: list[Left], *, sure: bool) -> Outcome | None:
    from jobs import forget_owner

    if len(found) > 1:
        return None
    do = forget_owner.forget if sure else forget_owner.look
    return await do(work, found[0].owner_id)


def _name_of(outcome: Outcome | None) -> str:
    from jobs.forget_owner import Done, NotYet, Preview

    if isinstance(outcome, Done):
        return "forgotten"
    if isinstance(outcome, NotYet):
        return "not yet"
    return "to forget" if isinstance(outcome, Preview) else "nothing done"


def _show(found: list[Left], outcome: Outcome | None) -> None:
    from bot.i18n import Translator
    from bot.texts import admin_forget as texts
    from jobs.forget_owner import Done, NotYet, Preview
    from jobs.ports import plain

    t = Translator("en")
    if isinstance(outcome, Done):
        say(plain(texts.done(t, outcome)))
    elif isinstance(outcome, NotYet):
        say(plain(texts.not_yet(t, outcome)))
    elif isinstance(outcome, Preview):
        say(plain(texts.preview(t, outcome)))
        note("Nothing was done. To do it add --yes.")
    else:
        for one in found:
            say(f"{one.owner_id:>4}  {texts.left_button(one)}")
        note("Name one of them to see what would go." if found else plain(texts.nobody(t, "")))


def _as_json(found: list[Left], outcome: Outcome | None) -> dict[str, Any]:
    """Figures only where they are about one owner; the name is not repeated once it is forgotten."""
    from jobs.forget_owner import Done, NotYet, Preview

    document: dict[str, Any] = {"state": _name_of(outcome)}
    seen = outcome.was if isinstance(outcome, Done) else outcome
    if isinstance(seen, Preview):
        document |= {"flats": list(seen.traces.flats), "goes": _goes(seen), "stays": _stays(seen)}
    elif isinstance(seen, NotYet):
        bonds = seen.bonds
        document |= {"owns": list(bonds.owned), "rents": list(bonds.rented), "roles": list(bonds.roles)}
        document |= {"payments": bonds.payments, "claims": bonds.claims, "not_attributed": bonds.strays}
    else:
        document["owners"] = [{"number": one.owner_id, "name": one.name, "flats": list(one.flats)} for one in found]
    return document


def _goes(seen: Preview) -> dict[str, int]:
    of = seen.traces
    return {
        "phones": len(of.phones),
        "emails": len(of.emails),
        "chats": len(of.chats),
        "messages_sent": seen.figures.messages,
        "messages_received": seen.figures.received,
        "invites": len(of.invites),
    }


def _stays(seen: Preview) -> dict[str, object]:
    return {
        "bills": seen.figures.bills,
        "account_entries": seen.figures.entries,
        "entries_naming_them": seen.figures.noted,
        "balances": {code: f"{amount:.2f}" for code, amount in seen.owed},
    }

"""`billing whatsapp`: the templates that Meta has to approve before people can be written to first."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import bootstrap
from bot.channels.approval import MISSING, PENDING, ApprovalError
from bot.cli.app import Json, app, note, print_json, say, stop
from bot.cli.session import run, settings
from storage.invocation import command

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from bot.channels.approval import Desk, Standing
    from bot.settings import Settings

whatsapp = typer.Typer(help="WhatsApp's templates.", no_args_is_help=True)
app.add_typer(whatsapp, name="whatsapp")


@whatsapp.callback()
def options() -> None:
    """WhatsApp's templates."""


_WHERE = (
    "WHATSAPP_BUSINESS_ACCOUNT_ID stands beside the phone number id: developers.facebook.com, your app, WhatsApp, "
    "API setup. WHATSAPP_ACCESS_TOKEN is made in Meta's Business settings, System users, Generate token, with "
    "whatsapp_business_management and whatsapp_business_messaging. Put both into .env."
)


@whatsapp.command("templates")
def templates(
    submit: Annotated[bool, typer.Option("--submit", help="Hand in those that the account lacks.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Say what became of each one's review.")] = False,
    json: Json = False,
) -> None:
    """Shows the templates as they are submitted; hands them in; checks them against the account."""
    using = settings()
    for name, language in bootstrap.templates_left_out(using):
        note(f"{name} ({language}) is left out: its link needs an https address in PUBLIC_URL.")
    if not (submit or check):
        _print(bootstrap.template_submissions(using), as_json=json)
        return
    standings = run(_at_account(using, submit=submit))
    _show(standings, as_json=json)
    if not all(one.ok for one in standings):
        raise typer.Exit(1)


async def _at_account(using: Settings, *, submit: bool) -> list[Standing]:
    """How the templates stand, after handing in those that lack where that is wanted."""
    async with _desk(using) as desk:
        standings = await desk.standings()
        if not submit:
            return standings
        return [await _handed_in(desk, one) if one.status == MISSING else one for one in standings]


async def _handed_in(desk: Desk, one: Standing) -> Standing:
    note(f"Handing in {one.name} ({one.language}).")
    return await desk.submit(one)


@asynccontextmanager
async def _desk(using: Settings) -> AsyncIterator[Desk]:
    desk = bootstrap.template_desk(using)
    if desk is None:
        stop(f"WHATSAPP_BUSINESS_ACCOUNT_ID and WHATSAPP_ACCESS_TOKEN are needed for this. {_WHERE}")
    try:
        yield desk
    except ApprovalError as error:
        stop(f"{error}. {_mend(error)}")
    finally:
        await desk.close()


def _mend(error: ApprovalError) -> str:
    if error.token:
        return "The access token is wrong or has expired: make a new one for WHATSAPP_ACCESS_TOKEN."
    if error.unsure:
        return f"What was being handed in may have arrived; see: {command('whatsapp templates --check')}"
    return f"Check the network and the settings. {_WHERE}"


def _print(filled: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"templates": list(filled)})
        return
    for one in filled:
        say(f"{one['name']} ({one['language']}, {one['category']})")
        for part in one["components"]:
            for line in _lines(part):
                say(f"    {line}")
    note(f"Hand them in with: {command('whatsapp templates --submit')}")


def _lines(part: Mapping[str, Any]) -> list[str]:
    if part["type"] == "BUTTONS":
        return [f"[{one['text']}] {one.get('url', '')}".rstrip() for one in part["buttons"]]
    return str(part["text"]).splitlines()


def _show(standings: Sequence[Standing], *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": all(one.ok for one in standings), "templates": [_as_json(one) for one in standings]})
        return
    for one in standings:
        say(f"{one.status:<10} {one.name} ({one.language}){_about(one)}")
    if any(one.status == MISSING for one in standings):
        note(f"Hand the missing ones in with: {command('whatsapp templates --submit')}")
    if any(one.status == PENDING for one in standings):
        note("A review takes minutes, at most a day or so.")


def _about(one: Standing) -> str:
    told = [f": {one.reason}"] if one.reason else []
    if one.differs:
        parts = " and ".join(one.differs)
        told.append(f", {parts} not as ours" + ("" if one.fits else ": it cannot be sent, delete it at Meta's"))
    return "".join(told)


def _as_json(one: Standing) -> dict[str, Any]:
    return {
        "name": one.name,
        "language": one.language,
        "status": one.status,
        "reason": one.reason,
        "differs": list(one.differs),
        "ok": one.ok,
    }

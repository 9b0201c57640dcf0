"""`billing doctor`: each part, and each problem with the command that mends it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bot import beside_demo
from bot.cli import ai_checks, checks, live_calls, whatsapp_checks
from bot.cli.app import Json, app, note, print_json, say
from bot.cli.checks import Check, Status
from bot.cli.session import run
from bot.settings import SettingsError, load_settings
from jobs.secrecy import hide

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.settings import Settings
    from jobs.examine import Examination

_SIGNS = {Status.OK: "ok      ", Status.WARNING: "look    ", Status.PROBLEM: "PROBLEM "}


class Live(StrEnum):
    """What one real call can be made to."""

    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    CLOUDINARY = "cloudinary"
    STRIPE = "stripe"
    RAZORPAY = "razorpay"
    DISCORD = "discord"
    AUTH0 = "auth0"
    OPENAI = "openai"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that was looked at; `examination` only where the database could be read."""

    checks: tuple[Check, ...]
    examination: Examination | None = None

    @property
    def ok(self) -> bool:
        """No problem; what is only worth a look does not count."""
        return all(check.status is not Status.PROBLEM for check in self.checks)


@app.command("doctor")
def doctor(
    json: Json = False,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended without asking.")] = False,
    live: Annotated[Live | None, typer.Option(help="Make one real call to this service.")] = None,
) -> None:
    """Checks each part; each problem comes with the command that mends it."""
    diagnosis = run(_diagnose(fix=fix, live=live))
    if json:
        print_json(_as_json(diagnosis))
    else:
        _show(diagnosis)
    if not diagnosis.ok:
        raise typer.Exit(1)


async def _diagnose(*, fix: bool, live: Live | None) -> Diagnosis:
    python = Check("python", Status.OK, f"Python {sys.version.split()[0]}")
    try:
        using = load_settings()
    except SettingsError as error:
        return Diagnosis((python, *(Check(p.name, Status.PROBLEM, str(p), "edit .env") for p in error.problems)))
    hide(*using.secrets())
    for line in beside_demo.notes(using):
        note(line)
    settings = (*checks.of_settings(using), *whatsapp_checks.of_whatsapp(using), *ai_checks.of_ai(using))
    found = [python, *settings, checks.of_folder(using, create=fix)]
    if live is not None:
        found.append(await _call(using, live))
    database, examination = await checks.of_database(using, fix=fix)
    found += database
    if examination is not None:
        found += [*checks.of_society(examination, using), *ai_checks.of_calls(examination, using)]
    return Diagnosis(tuple(found), examination)


async def _call(using: Settings, live: Live) -> Check:
    """One real call; its outcome in words."""
    name = f"live {live}"
    try:
        said = await _CALLS[live](using)
    except live_calls.CallFailedError as error:
        return Check(name, Status.PROBLEM, str(error), error.mend)
    return Check(name, Status.OK, said)


_CALLS: Final[Mapping[Live, Callable[[Settings], Awaitable[str]]]] = {
    Live.TELEGRAM: live_calls.telegram,
    Live.WHATSAPP: live_calls.whatsapp,
    Live.CLOUDINARY: live_calls.cloudinary,
    Live.STRIPE: live_calls.stripe,
    Live.RAZORPAY: live_calls.razorpay,
    Live.DISCORD: live_calls.discord,
    Live.AUTH0: live_calls.auth0,
    Live.OPENAI: live_calls.openai,
}


def _show(diagnosis: Diagnosis) -> None:
    for check in diagnosis.checks:
        say(f"{_SIGNS[check.status]} {check.name}: {check.message}")
        if check.mend:
            say(f"          → {check.mend}")
    note(_verdict(diagnosis))


def _verdict(diagnosis: Diagnosis) -> str:
    if not diagnosis.ok:
        return "Mend the problems above, then run it again."
    lacking = " and ".join(check.lacks for check in diagnosis.checks if check.lacks)
    return f"Nothing is wrong. To go live it still needs {lacking}." if lacking else "Nothing is wrong."


def _as_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """`{"ok", "checks": [{"name", "status", "message", "mend"}], "counts": {...} or null}`."""
    return {
        "ok": diagnosis.ok,
        "checks": [
            {"name": check.name, "status": check.status.value, "message": check.message, "mend": check.mend}
            for check in diagnosis.checks
        ],
        "counts": diagnosis.examination and _counts(diagnosis.examination),
    }


def _counts(examination: Examination) -> dict[str, int]:
    counts = examination.counts
    return {
        "flats": counts.flats,
        "active_meters": counts.active_meters,
        "meters_without_owner": len(examination.without_owner),
        "default_priced_flats": len(examination.default_priced),
        "parked_flats": counts.parked,
        "admins": counts.admins,
        "engineers": counts.engineers,
        "owners_linked": counts.owners_linked,
    }

"""Commands of the backup: everything into one file, and back into an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.app import app, note, say, stop
from bot.cli.session import run, settings
from bot.database_address import database_address

if TYPE_CHECKING:
    from bot.settings import Settings
    from jobs.verify import Report
    from storage.archive import Archive, Restored
    from storage.set_aside import SetAside


@app.command("backup")
def backup(file: Annotated[Path, typer.Argument(help="Where to write the backup (.zip).")]) -> None:
    """Writes everything, photos included, into one file; the service may run meanwhile."""
    if file.exists():
        stop(f"{file} is there already and was left as it is. Choose another name.")
    made = run(_backup(settings(), file))
    say(f"{file}: {made.total} rows of {len(made.rows)} tables. It holds personal data: keep it safe.")


async def _backup(using: Settings, file: Path) -> Archive:
    from jobs.back_up import back_up

    using.refuse_forgotten_database()
    async with database_address(using) as dsn:
        return await back_up(dsn, file)


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A backup.")],
    yes: Annotated[bool, typer.Option("--yes", help="Really do it.")] = False,
) -> None:
    """Fills an empty database of the same version from a backup; one with data is refused."""
    if not yes:
        stop(f"Nothing was done. This fills the database from {file}: to do it add --yes.")
    restored, report = run(_restore(settings(), file))
    say(f"{restored.archive.total} rows of {len(restored.archive.rows)} tables are back.")
    _say_aside(restored.aside)
    if not report.ok:
        note("The books need a look: billing verify")
        raise typer.Exit(1)
    say("The books are in order.")


def _say_aside(aside: SetAside) -> None:
    if aside.total:
        say(
            "Not sent, because the backup may be old: "
            f"bills {len(aside.flats)}, other messages {aside.others}. Not worked on: messages from people "
            f"{aside.unanswered}."
        )
    if aside.flats:
        say(f"Bills not sent: {', '.join(aside.flats)}. Admins get this list in the chat, and a button to send them.")
    say(
        "Payment reminders are paused: what was paid after the backup is not in the books. Record it, then: "
        "billing jobs resume payment_reminders"
    )
    say("Owners who were forgotten after the backup are back in it: forget them once more: billing user forget")


async def _restore(using: Settings, file: Path) -> tuple[Restored, Report]:
    from jobs.back_up import restore
    from jobs.verify import verify_database

    using.refuse_forgotten_database()
    async with database_address(using) as dsn:
        return await restore(dsn, file), await verify_database(dsn)

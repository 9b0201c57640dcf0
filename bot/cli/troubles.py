"""What became of a command that did not end well: exit code and words, never a traceback unless it was asked for."""

from __future__ import annotations

from dataclasses import dataclass

import typer

from bot.cli.app import CannotError
from bot.demo import DemoRunningError
from bot.settings import SettingsError
from bot.simulator import RealTokenError
from domain.errors import DomainError
from jobs.master_workbook import WorkbookError
from jobs.secrecy import mask
from jobs.seed import NotEmptyError
from storage.archive import ArchiveError
from storage.database import DatabaseRefusedError, DatabaseUnavailable, NotMigratedError
from storage.embedded import EmbeddedPostgresError
from storage.invocation import command
from storage.migrate import MigrationError

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130
_TOLD = (
    ArchiveError,
    CannotError,
    DatabaseRefusedError,
    DemoRunningError,
    DomainError,
    EmbeddedPostgresError,
    MigrationError,
    NotEmptyError,
    NotMigratedError,
    RealTokenError,
    SettingsError,
    WorkbookError,
)
"""Their text says what happened and what to do."""
_UNREACHABLE = "The database cannot be reached{reason}. Check that it runs, and DATABASE_URL in .env: {doctor}"
_OURS = (
    "This should not have happened: {kind}. Run the command again with --traceback to see where, and please report it."
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """`code` is for programs, `text` for the person at the terminal."""

    exit_code: int
    code: str
    text: str

    def as_json(self) -> dict[str, dict[str, str]]:
        """The one document of `--json` when there is no result; the same shape as over HTTP."""
        return {"error": {"code": self.code, "message": self.text}}


def told(error: BaseException) -> Trouble:
    """The trouble in words, without secrets."""
    match error:
        case typer.TyperException():
            return Trouble(WRONG_USAGE, "usage", error.format_message())
        case KeyboardInterrupt() | typer.Abort():
            return Trouble(INTERRUPTED, "interrupted", "Stopped.")
        case DatabaseUnavailable():
            reason = f": {mask(str(error))}" if str(error) else ""
            return Trouble(FAILED, "database", _UNREACHABLE.format(reason=reason, doctor=command("doctor")))
        case _ if isinstance(error, _TOLD):
            return Trouble(FAILED, "failed", str(error))
        case _:
            return Trouble(FAILED, "internal", _OURS.format(kind=type(error).__name__))

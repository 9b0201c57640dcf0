"""The `billing` commands: what an installer and the office type. `--json` prints one document and nothing else."""

from __future__ import annotations

import io
import sys
import traceback
from typing import TYPE_CHECKING

import typer

from bot.cli import (
    auth0,
    backups,
    clock,
    data,
    doctor,
    exports,
    forget,
    month,
    office,
    people,
    photo_eval,
    serve,
    stickers,
    whatsapp,
)
from bot.cli.app import JSON, TRACEBACK, app, note, print_json
from bot.cli.troubles import FAILED, INTERRUPTED, told
from bot.logs import set_up_logs
from jobs.secrecy import mask
from storage.invocation import program

if TYPE_CHECKING:
    from collections.abc import Sequence

_PREFIX = "Value error, "  # put by the library before what is wrong with a choice

__all__ = [
    "app",
    "auth0",
    "backups",
    "clock",
    "data",
    "doctor",
    "exports",
    "forget",
    "main",
    "month",
    "office",
    "people",
    "photo_eval",
    "serve",
    "stickers",
    "whatsapp",
]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: 0 fine, 1 failed, 2 wrong usage. Every trouble is told in words."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _speak_utf8()
    set_up_logs("WARNING")
    sys.exit(_outcome([one for one in given if one != TRACEBACK], TRACEBACK in given, JSON in given))


def _speak_utf8() -> None:
    """Windows consoles and pipes have encodings of their own, in which there is neither ₹ nor Hindi."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _outcome(arguments: list[str], with_traceback: bool, as_json: bool) -> int:
    try:
        code: int = app(args=arguments, standalone_mode=False, prog_name=program()) or 0
        if code == INTERRUPTED:  # typer turns Ctrl-C into this by itself
            note("Stopped.")
        return code  # noqa: TRY300 - the exceptions below are of the line above
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stdout = None  # so that nothing more is written at exit
        return FAILED
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last frame: whatever it is, it is told
        return _tell(error, with_traceback=with_traceback, as_json=as_json)


def _tell(error: BaseException, *, with_traceback: bool, as_json: bool) -> int:
    if isinstance(error, typer.TyperException):
        error.message = error.message.replace(_PREFIX, "")
    trouble = told(error)
    if with_traceback:
        note(mask("".join(traceback.format_exception(error))))
    if isinstance(error, typer.TyperException) and hasattr(error, "show"):
        error.show()
    else:
        note(trouble.text)
    if as_json:
        print_json(trouble.as_json())
    return trouble.exit_code

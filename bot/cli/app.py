"""The command line's frame: the app, how results are shown, and how a command says that it cannot."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

from domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Value = TypeVar("Value")

app = typer.Typer(
    name="billing",
    help="Electricity billing of a gated community, run from chat.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
_out = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)

TRACEBACK = "--traceback"
JSON = "--json"
Json = Annotated[bool, typer.Option(JSON, help="One JSON document on standard output.")]


class CannotError(Exception):
    """The command cannot do what was asked; the text says why and what to do."""


@app.callback()
def options(
    traceback: Annotated[bool, typer.Option(TRACEBACK, help="Show where a failure came from.")] = False,
) -> None:
    """Electricity billing of a gated community, run from chat."""


def print_json(document: Mapping[str, Any]) -> None:
    """The one document of `--json`."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A result of several lines: the first column words, the others figures."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    _out.print(table)


def say(text: str) -> None:
    """One line of a result."""
    _out.print(text)


def note(text: str) -> None:
    """Progress and warnings: standard error."""
    _err.print(text)


def stop(text: str) -> NoReturn:
    """Ends the command with exit 1; what it had begun in the database is undone."""
    raise CannotError(text)


def typed(parse: Callable[[str], Value]) -> Callable[[Any], Value]:
    """An option's parser: what the rules refuse is wrong usage, told in their words."""

    def convert(given: Any) -> Value:  # noqa: ANN401 - typer passes the default through here, too
        try:
            return parse(str(given))
        except DomainError as error:
            raise typer.BadParameter(str(error)) from error

    return convert

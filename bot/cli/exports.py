"""`billing export`: a month's bills, readings or ledger as a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.app import app, say, stop, typed
from bot.cli.session import at_work, run, settings
from bot.i18n import Translator
from bot.month_tables import Exported, table_of
from domain.period import Month
from domain.plural import counted
from jobs.workbooks import Table, workbook

_Month = typer.Option("--month", parser=typed(Month.parse), metavar="YYYY-MM", help="The month.")
_File = typer.Option("--output", "-o", help="Where to write the workbook (.xlsx); never over a file that is there.")


@app.command("export")
def export(
    what: Annotated[Exported, typer.Argument(help="bills, readings or ledger.")],
    month: Annotated[Month, _Month],
    output: Annotated[Path, _File],
) -> None:
    """Writes a month's bills, readings or ledger into a workbook."""
    if output.exists():
        stop(f"{output} is there already and was left as it is. Choose another name.")
    table = run(_table(what, month))
    try:
        with output.open("xb") as target:
            target.write(workbook([table]))
    except FileExistsError:
        stop(f"{output} is there already and was left as it is. Choose another name.")
    except OSError as error:
        stop(f"{output} cannot be written: {error.strerror}. Choose another place.")
    say(f"{output}: {counted(len(table.rows), 'row')} of {what.value} in {month}.")


async def _table(what: Exported, month: Month) -> Table:
    async with at_work(settings()) as work:
        return await table_of(work.conn, Translator("en"), what, month)

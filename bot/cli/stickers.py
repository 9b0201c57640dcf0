"""`billing stickers`: QR stickers for the meters as a PDF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.app import app, note, say, stop
from bot.cli.session import at_work, run, settings
from domain.identifiers import block_of
from domain.number_text import clean_text
from domain.plural import counted
from storage.invocation import command

if TYPE_CHECKING:
    from jobs.stickers import Sheet

_Block = typer.Option(
    "--block", metavar="B", help="One block, such as B17, VILLA or MOTORS; otherwise a sheet of each."
)
_File = typer.Option("--output", "-o", help="Where to write the PDF; never over a file that is there.")


@app.command("stickers")
def stickers(output: Annotated[Path, _File], block: Annotated[str, _Block] = "") -> None:
    """Writes QR stickers for the meters: flat, number and a square to scan, a sheet for each block."""
    if output.exists():
        stop(f"{output} is there already and was left as it is. Choose another name.")
    content, sheets = run(_stickers(block_of(clean_text(block).upper())))
    try:
        with output.open("xb") as target:
            target.write(content)
    except FileExistsError:
        stop(f"{output} is there already and was left as it is. Choose another name.")
    except OSError as error:
        stop(f"{output} cannot be written: {error.strerror}. Choose another place.")
    count = counted(sum(len(sheet.stickers) for sheet in sheets), "sticker")
    say(f"{output}: {count} in {counted(len(sheets), 'block')}. Printed again, they stay the same.")
    if not any(one.telegram or one.whatsapp for sheet in sheets for one in sheet.stickers):
        note(f"They open no chat yet, as the service has not reached Telegram or WhatsApp: {command('run')}")


async def _stickers(block: str) -> tuple[bytes, list[Sheet]]:
    from bot.sticker_document import stickers_pdf
    from jobs.documents import DocumentError
    from jobs.stickers import NoSuchBlock, TooManyStickersError, make

    async with at_work(settings()) as work:
        try:
            sheets = await make(work, block)
            if isinstance(sheets, NoSuchBlock):
                stop(_nothing(block, sheets.blocks))
            return await stickers_pdf(work, sheets), sheets
        except TooManyStickersError:
            stop("These are too many stickers for one file. Print one block after the other: --block B17")
        except DocumentError as error:
            stop(f"The PDF could not be made: {error}")


def _nothing(block: str, known: tuple[str, ...]) -> str:
    if not known:
        return f"No meter is in use yet. Bring the flats and meters in first: {command('import-master FILE')}"
    return f"There is no meter in block {block[:40]}. There are: {', '.join(known)}"

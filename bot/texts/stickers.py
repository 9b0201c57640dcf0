"""What stands on stickers for meters, what the office reads when it prints them, and who scans one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import Translator, escape
from jobs.stickers import MOTORS

if TYPE_CHECKING:
    from collections.abc import Sequence


def about_stickers(t: Translator) -> str:
    return t.gettext("QR stickers for the meters")


def sheet_title(t: Translator, block: str) -> str:
    return t.gettext("Motors") if block == MOTORS else t.gettext("Block {block}").format(block=block)


def sheet_note(t: Translator, count: int) -> str:
    form = t.ngettext("{count} sticker · cut along the lines", "{count} stickers · cut along the lines", count)
    return form.format(count=t.number(count))


def meter_label(t: Translator, *, is_motor: bool) -> str:
    return t.gettext("Motor meter") if is_motor else t.gettext("Meter")


def or_send(t: Translator) -> str:
    """Above the words to send where nobody can scan."""
    return t.gettext("Scan, or send us:")


def which_block(t: Translator, meters: int) -> str:
    """Above the blocks."""
    form = t.ngettext(
        "<b>Stickers</b>\n{count} meter in use. Which block on paper?",
        "<b>Stickers</b>\n{count} meters in use. Which block on paper?",
        meters,
    )
    return form.format(count=t.number(meters))


def no_such_block(t: Translator, block: str, blocks: Sequence[str]) -> str:
    """Above the blocks that there are."""
    form = t.gettext("There is no meter in block {block}. There are: {blocks}")
    return form.format(block=escape(block), blocks=escape(", ".join(blocks)))


def no_meters(t: Translator) -> str:
    return t.gettext("No meter is in use yet. Bring the flats and meters in first.")


def all_button(t: Translator, count: int) -> str:
    return t.gettext("All · {count}").format(count=count)


def block_button(t: Translator, block: str, count: int) -> str:
    name = t.gettext("Motors") if block == MOTORS else block
    return t.gettext("{block} · {count}").format(block=name, count=count)


def printed(t: Translator, block: str, count: int, sheets: int) -> str:
    """Above the file."""
    where = sheet_title(t, block) if block else t.gettext("All blocks")
    form = t.ngettext("{where}: {count} sticker.", "{where}: {count} stickers.", count)
    text = form.format(where=escape(where), count=t.number(count))
    glue = t.gettext("Glue each beside its meter. Printed again, they stay the same.")
    return " ".join([text, *([t.gettext("A sheet for each block.")] if sheets > 1 else []), glue])


def too_many(t: Translator) -> str:
    return t.gettext("These are too many for one file. Print one block after the other: /stickers B17")


def failed(t: Translator) -> str:
    return t.gettext("The PDF could not be made. Please tell whoever looks after this.")


def gone(t: Translator) -> str:
    """To an engineer: there is no meter where this sticker is."""
    return t.gettext(
        "This sticker is of no meter in use. Send the flat or the number on the meter, like <code>B17-FF</code>, "
        "and tell the office to print a new one."
    )

"""What the office reads when it prints bills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import Translator, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.period import Month


def about_print(t: Translator) -> str:
    return t.gettext("a block's bills in one PDF")


def usage(t: Translator) -> str:
    return t.gettext("Send the month, and a block if you like: /print 2026-10 B17")


def none_billed(t: Translator, month: Month) -> str:
    """Nothing to print."""
    form = t.gettext("There are no bills of {month} yet. Issue them first: /issue {number}")
    return form.format(month=t.month(month), number=month)


def no_such_block(t: Translator, month: Month, block: str) -> str:
    """Above the blocks that there are."""
    form = t.gettext("Block {block} has no bill of {month}. Which block?")
    return form.format(block=escape(block), month=t.month(month))


def which_block(t: Translator, month: Month, bills: int, blocks: int) -> str:
    """Above the blocks."""
    billed = t.ngettext("{count} flat billed", "{count} flats billed", bills).format(count=t.number(bills))
    where = t.ngettext("in {count} block", "in {count} blocks", blocks).format(count=t.number(blocks))
    ask = t.gettext("Which block on paper?")
    return f"<b>{t.month(month)}</b>\n{billed} {where}. {ask}"


def block_button(t: Translator, block: str, flats: int) -> str:
    return t.gettext("{block} · {count}").format(block=block, count=flats)


def printed(t: Translator, month: Month, block: str, pages: int, withheld: Sequence[str]) -> str:
    """Above the file; `withheld` are flats whose account is under review."""
    form = t.ngettext(
        "{block}, {month}: {count} bill, one a page.", "{block}, {month}: {count} bills, one a page.", pages
    )
    text = form.format(block=escape(block), month=t.month(month), count=t.number(pages))
    return "\n".join([text, *_withheld(t, withheld)])


def all_withheld(t: Translator, block: str, withheld: Sequence[str]) -> str:
    """Nothing of the block can be printed now."""
    text = t.gettext("Nothing of {block} to print.").format(block=escape(block))
    return "\n".join([text, *_withheld(t, withheld)])


def too_many(t: Translator, block: str, pages: int, most: int) -> str:
    """More than one file takes."""
    form = t.gettext("{block} has {count} bills, more than the {most} that one file takes.")
    return form.format(block=escape(block), count=t.number(pages), most=t.number(most))


def failed(t: Translator, block: str) -> str:
    """The file could not be made."""
    form = t.gettext("The PDF of {block} could not be made. The bills stand; please tell whoever looks after this.")
    return form.format(block=escape(block))


def _withheld(t: Translator, codes: Sequence[str]) -> list[str]:
    form = t.ngettext(
        "Left out, its account is under review: {flats}",
        "Left out, their accounts are under review: {flats}",
        len(codes),
    )
    return [form.format(flats=escape(", ".join(codes)))] if codes else []

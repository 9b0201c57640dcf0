"""What engineers are told about their reply to the table of an album of photos."""

from __future__ import annotations

from collections.abc import Sequence

from bot.i18n import Translator, escape


def refused(t: Translator, rows: Sequence[str], example: str) -> str:
    """Lines of a reply, each with what is wrong in it; the others were taken."""
    head = t.ngettext("{count} line is not taken", "{count} lines are not taken", len(rows)).format(count=len(rows))
    how = t.gettext("Mend it and reply to the table again, like <code>{example}</code>")
    shown = escape("\n".join(rows))
    return f"<b>{head}</b>\n<pre>{shown}</pre>\n{how.format(example=escape(example))}"


def moved(t: Translator) -> str:
    """Photos have left the table that was replied to: its numbers are others now."""
    return t.gettext("The lines have other numbers since. Look at the table again, and reply to it once more.")


def gone(t: Translator, example: str) -> str:
    """Nothing of the table waits to be saved any more."""
    text = t.gettext(
        "This table is saved: its lines are not fixed by reply any more. "
        "Send the flat and its number, like <code>{example}</code>"
    )
    return text.format(example=escape(example))


def no_such_line(t: Translator, number: int) -> str:
    return t.gettext("there is no line {number}").format(number=number)


def which_line(t: Translator) -> str:
    return t.gettext("which line is it?")


def said_twice(t: Translator, number: int) -> str:
    return t.gettext("line {number} was said before").format(number=number)


def too_much(t: Translator) -> str:
    """A share or a date is said, too, and photos of an album have none."""
    return t.gettext("only flat and number here: Save first, then send the share or date")


def no_value(t: Translator) -> str:
    return t.gettext("the number is missing")


def too_many(t: Translator) -> str:
    return t.gettext("too many lines: send the rest again")

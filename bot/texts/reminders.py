"""What reminders say: one line with the amount; to owners about paying, to engineers about reading."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bot.i18n import Translator, escape
from jobs.reading_reminders import Unread

_MOST_BLOCKS = 4


def payment(t: Translator, flat: str, owed: Decimal, due: date, today: date) -> str:
    """To an owner: one line with the amount."""
    if today < due:
        text = t.gettext("{amount} for {flat}: please pay by {day}")
    elif today == due:
        text = t.gettext("{amount} for {flat}: please pay today")
    else:
        text = t.gettext("{amount} for {flat} was due on {day}. Please pay now")
    return f"<b>{text.format(amount=t.rupees(owed), flat=escape(flat), day=t.near_day(due))}</b>"


def already_paid_button(t: Translator) -> str:
    """The way out for who has paid another way."""
    return t.gettext("Paid? Send the UTR")


def reading(t: Translator, found: Unread) -> str:
    """To an engineer: how much is unread, and where to go next."""
    head = t.ngettext("{count} of {all} meters is unread", "{count} of {all} meters are unread", found.unread)
    title = f"{t.month_name(found.month)}: {head.format(count=found.unread, all=found.meters)}"
    shown = [f"{escape(name)} ({count})" for name, count in found.blocks[:_MOST_BLOCKS]]
    more = len(found.blocks) - len(shown)
    if more > 0:
        shown.append(t.ngettext("{count} more block", "{count} more blocks", more).format(count=more))
    lines = [f"<b>{title}</b>", t.gettext("Next: {blocks}").format(blocks=", ".join(shown))]
    if found.in_vain:
        more_of = t.ngettext("{count} more could not be read.", "{count} more could not be read.", found.in_vain)
        lines.append(more_of.format(count=found.in_vain))
    return "\n".join(lines)

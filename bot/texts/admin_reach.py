"""What admins read about whom messages reach, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import escape
from storage.unreachable import Why

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from bot.i18n import Translator
    from storage.unreachable import Unreached

_LONGEST_NAME = 40


def agree_button(t: Translator) -> str:
    """An admin's: the owner said yes to WhatsApp."""
    return t.gettext("Agreed to WhatsApp")


def confirm_agreed(t: Translator, society: str, flat: str, name: str, phone: str) -> str:
    """Ask the admin whether they did: the words name who writes."""
    return t.gettext(
        "<b>{flat}</b>: has {name} agreed that {society} sends bills, reminders and receipts to {phone} on WhatsApp? "
        "They can end it at any time with STOP."
    ).format(flat=escape(flat), name=escape(name), society=escape(society), phone=escape(phone))


def agreed_button(t: Translator) -> str:
    """Yes, they did."""
    return t.gettext("Yes, agreed")


def agreed(t: Translator, name: str, phone: str) -> str:
    """It is written down."""
    text = t.gettext("Written down: {name} gets bills on WhatsApp at {phone}.")
    return text.format(name=escape(name), phone=escape(phone))


def agreed_no_phone(t: Translator, flat: str) -> str:
    """There is no number on record."""
    text = t.gettext("{flat} has no phone number on record. Change the phone first, then record that they agreed.")
    return text.format(flat=escape(flat))


def agreed_before(t: Translator, name: str) -> str:
    """The number has a WhatsApp chat already."""
    return t.gettext("{name} is reached on WhatsApp already.").format(name=escape(name))


def agreed_somebody_elses(t: Translator) -> str:
    """The number's chat is another person's."""
    return t.gettext("This number's WhatsApp chat belongs to somebody else. Check the phone on record.")


def agreed_stopped(t: Translator, name: str) -> str:
    """They wrote STOP themselves: nobody else takes that back."""
    text = t.gettext("{name} ended messages on WhatsApp with STOP. Only they can take that back, by sending START.")
    return text.format(name=escape(name))


def agreed_heard_elsewhere(t: Translator, name: str) -> str:
    """They write from another number: nobody cuts that chat off in their place."""
    text = t.gettext(
        "{name} writes to us from another WhatsApp number and keeps that chat. "
        "To change it, they write to us from the new number themselves."
    )
    return text.format(name=escape(name))


def agreed_staff(t: Translator, name: str, phone: str) -> str:
    """Whoever works or worked for the office proves the number themselves: the chat would have all their rights."""
    text = t.gettext(
        "Whoever speaks for {name} is or was staff and never proved {phone}. "
        "They write to us on WhatsApp from that number themselves, or join by an invite."
    )
    return text.format(name=escape(name), phone=escape(phone))


def agreed_changed(t: Translator, flat: str) -> str:
    """Owner or number is another one by now."""
    text = t.gettext("Owner or phone of {flat} changed meanwhile. Nothing was written down; please look again.")
    return text.format(flat=escape(flat))


def about_unreachable(t: Translator) -> str:
    """In the menu."""
    return t.gettext("who gets no messages, and invites on paper")


def everybody_reached(t: Translator, flats: int) -> str:
    """Nobody is left out."""
    return t.gettext("All {count} flats are reached.").format(count=t.number(flats))


def no_such_block(t: Translator, block: str) -> str:
    """A block in which everybody is reached, or that there is not."""
    return t.gettext("{block}: nobody there is without messages.").format(block=escape(block))


def unreached(
    t: Translator, flats: int, counts: Mapping[Why, int], blocks: Mapping[str, Sequence[Unreached]], slips: int
) -> str:
    """How many got nothing and why, then who, a line a block; `slips` are out on paper already."""
    total = sum(counts.values())
    head = t.ngettext("{count} of {all} flats gets no messages", "{count} of {all} flats get no messages", total)
    lines = [f"<b>{head.format(count=t.number(total), all=t.number(flats))}</b>"]
    lines.append(" · ".join(_count(t, why, count) for why, count in counts.items()))
    if slips:
        out = t.ngettext("{count} invite on paper is out.", "{count} invites on paper are out.", slips)
        lines.append(out.format(count=t.number(slips)))
    return "\n".join([*lines, "", *(_block(t, block, found) for block, found in blocks.items())])


def _count(t: Translator, why: Why, count: int) -> str:
    words = {
        Why.NO_CHAT: t.ngettext("{count} never joined", "{count} never joined", count),
        Why.BLOCKED: t.ngettext("{count} blocked us or is gone", "{count} blocked us or are gone", count),
        Why.OPTED_OUT: t.ngettext("{count} sent STOP", "{count} sent STOP", count),
        Why.FAILED: t.ngettext("{count} bill did not arrive", "{count} bills did not arrive", count),
        Why.NO_OWNER: t.ngettext("{count} has no owner on record", "{count} have no owner on record", count),
    }
    return words[why].format(count=t.number(count))


def _block(t: Translator, block: str, found: Sequence[Unreached]) -> str:
    return f"<b>{escape(block)}</b>  " + ", ".join(_one(t, one) for one in found)


def _one(t: Translator, one: Unreached) -> str:
    """The flat, whose it is, and why where it is not the usual."""
    why = {
        Why.NO_CHAT: "",
        Why.BLOCKED: t.gettext("blocked or gone"),
        Why.OPTED_OUT: "STOP",
        Why.FAILED: t.gettext("did not arrive"),
        Why.NO_OWNER: t.gettext("no owner"),
    }[one.why]
    name = " ".join(filter(None, (one.flat_code, (one.owner or "")[:_LONGEST_NAME])))
    return escape(f"{name} ({why})" if why else name)


def print_button(t: Translator, slips: int) -> str:
    """Makes the PDF."""
    form = t.ngettext("Print {count} invite slip", "Print {count} invite slips", slips)
    return form.format(count=t.number(slips))


def printed(t: Translator, slips: int, until: date) -> str:
    """Above the file."""
    form = t.ngettext(
        "{count} invite slip, eight a page. It works once, until {day}.",
        "{count} invite slips, eight a page. Each works once, until {day}: paper gets more time than other invites.",
        slips,
    )
    return form.format(count=t.number(slips), day=t.day(until))


def nothing_to_print(t: Translator) -> str:
    """They were reached meanwhile."""
    return t.gettext("Nobody there needs a slip any more. /unreachable shows how it is now.")


def print_failed(t: Translator) -> str:
    """The file could not be made."""
    return t.gettext("The slips could not be printed. Please tell whoever looks after this.")


def too_many_slips(t: Translator, slips: int) -> str:
    """More than one file takes."""
    return t.gettext("{count} slips are too many for one file. Print a block: /unreachable B17").format(
        count=t.number(slips)
    )

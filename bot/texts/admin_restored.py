"""What admins read after the books came back from a backup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.i18n import Translator

_MOST_LISTED: Final = 60


def restored(t: Translator, flats: Sequence[str], others: int, unanswered: int) -> str:
    """What was not sent and not worked on, and what is to be done first."""
    lines = [
        t.gettext("The books were brought back from a backup. What happened after it is not in them."),
        _unsent(t, flats, others),
        _unanswered(t, unanswered),
        t.gettext("Payment reminders are paused. Record the payments that came since, then resume them in /jobs."),
        t.gettext("Owners forgotten since are back, too: forget them once more with /forget."),
    ]
    return "\n".join(filter(None, lines))


def send_button(t: Translator, count: int) -> str:
    return t.ngettext("Send the bill", "Send the {count} bills", count).format(count=count)


def sending(t: Translator, count: int, hours: tuple[int, int]) -> str:
    """`hours`: between which owners are written to."""
    text = t.ngettext(
        "{count} bill is being sent. Owners get messages between {first}:00 and {last}:00.",
        "{count} bills are being sent. Owners get messages between {first}:00 and {last}:00.",
        count,
    )
    return text.format(count=count, first=f"{hours[0]:02}", last=f"{hours[1]:02}")


def none_left(t: Translator) -> str:
    return t.gettext("No bill is left to send: another admin may have sent them.")


def _unsent(t: Translator, flats: Sequence[str], others: int) -> str:
    """The backup may be old, and what it wanted to say no longer true."""
    if not flats and not others:
        return t.gettext("No message was waiting to be sent.")
    bills = t.ngettext("{count} bill", "{count} bills", len(flats)).format(count=len(flats))
    rest = t.ngettext("{count} other message", "{count} other messages", others).format(count=others)
    text = t.gettext("Not sent, because they may be old: {bills}, {rest}.").format(bills=bills, rest=rest)
    return f"{text}\n{_listed(t, flats)}" if flats else text


def _listed(t: Translator, flats: Sequence[str]) -> str:
    shown, left = ", ".join(flats[:_MOST_LISTED]), len(flats) - _MOST_LISTED
    text = t.gettext("Bills not sent: {flats}").format(flats=shown)
    return f"{text} {t.gettext('and {count} more').format(count=left)}" if left > 0 else text


def _unanswered(t: Translator, count: int) -> str:
    if not count:
        return ""
    return t.ngettext(
        "{count} message from people was not worked on; its sender is told to try again.",
        "{count} messages from people were not worked on; their senders are told to try again.",
        count,
    ).format(count=count)

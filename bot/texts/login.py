"""What admins read about logging in, in the chat and on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.texts.channels import channel_name
from jobs.admin_login import LINK_LIFE, LoginProblem

if TYPE_CHECKING:
    from datetime import datetime

    from bot.i18n import Translator

_MINUTES = int(LINK_LIFE.total_seconds()) // 60


def needed(t: Translator) -> str:
    """With the button below; nothing else is said to an admin's chat that no login has bound."""
    return t.gettext(
        "<b>Log in once to go on</b>\nAdmins of this society log in. The button works for {minutes} minutes, for you "
        "alone: don't pass it on. /login brings a new one."
    ).format(minutes=_MINUTES)


def button(t: Translator) -> str:
    """Opens the page."""
    return t.gettext("Log in")


def done(t: Translator, until: datetime) -> str:
    """Told to the chat that a login has bound."""
    text = t.gettext(
        "<b>You are logged in until {day}</b>\nSend /pending to see what waits. If you did not log in just now, "
        "somebody else did: tell the other admins at once."
    )
    return text.format(day=t.day(until.date()))


def logged_in(t: Translator, until: datetime) -> str:
    """`/login` while it is not needed."""
    return t.gettext("You are logged in until {day}.").format(day=t.day(until.date()))


def not_asked(t: Translator) -> str:
    """`/login` by somebody who needs none."""
    return t.gettext("You need no login here. Send /help to see what you can do.")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the login, plain text: what happened, what to do next, and the button to press where there is one."""

    title: str
    says: tuple[str, ...]
    button: str | None = None


def ask(society: str, name: str, channel: str) -> Page:
    """Before anything is done: whose chat is bound, and to what."""
    where = channel_name(channel)
    return Page(
        f"Log in as admin of {society}",
        (
            f"This lets the {where} chat of {name} do an admin's work for {society}.",
            "Go on only if that is your chat, and you opened this page from it yourself.",
        ),
        "Log in",
    )


def bound(t: Translator, name: str, channel: str, until: datetime) -> Page:
    """It worked."""
    where = channel_name(channel)
    return Page(
        f"Logged in until {t.day(until.date())}",
        (f"The {where} chat of {name} can do an admin's work now.", "Go back to the chat. You can close this page."),
    )


_AGAIN = "Go back to the chat and send /login to begin again."
_UNCHANGED = "Nothing was changed."
NO_SUCH_LINK = Page("This address no longer works", ("It was used already, or it is too old.", _AGAIN))
TRY_AGAIN = Page("This page cannot be shown right now", ("Please open it again in a few minutes.",))
NOT_FROM_HERE = Page(
    "This did not come from the login page", (_UNCHANGED, "Open the button in the chat again, and press the one there.")
)
_REFUSALS = {
    LoginProblem.NOT_ADMIN: Page(
        "This login is no admin's",
        (
            _UNCHANGED,
            "You logged in, but not as an admin. Whoever runs the service can make you one in Auth0.",
            "Then send /login in the chat to begin again.",
        ),
    ),
    LoginProblem.SOMEBODY_ELSES: Page(
        "This login is another person's",
        (_UNCHANGED, "It belongs to another admin here. Send /login in the chat and log in as yourself."),
    ),
    LoginProblem.ROLE_ENDED: Page(
        "This chat is no admin's any more", (_UNCHANGED, "Ask the office for an invite if it should be.")
    ),
    LoginProblem.NOT_FROM_HERE: Page(
        "This is not the login that was begun here",
        (_UNCHANGED, "It was begun in another browser, has come back twice, or took too long.", _AGAIN),
    ),
    LoginProblem.DENIED: Page("You were not logged in", (_UNCHANGED, _AGAIN)),
    LoginProblem.NO_ANSWER: Page(
        "The login service did not answer", (_UNCHANGED, "Please try again in a few minutes.", _AGAIN)
    ),
    LoginProblem.REFUSED: Page(
        "The login could not be checked",
        (_UNCHANGED, "Tell whoever runs the service: the log says why.", _AGAIN),
    ),
}


def refused(problem: LoginProblem) -> Page:
    """What to do next."""
    return _REFUSALS[problem]


BACK = "Back to the chat"

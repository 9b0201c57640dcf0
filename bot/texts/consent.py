"""What is said about writing first: ended, begun again, and in which chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.i18n import Translator


def stopped(t: Translator) -> str:
    """After STOP: what no longer comes, and how to get it back."""
    return t.gettext(
        "<b>Stopped.</b> Bills, reminders and other news no longer come here by themselves; what you ask is still "
        "answered. Send START to get them again."
    )


def resumed(t: Translator) -> str:
    """After START."""
    return t.gettext("Bills and news come here again. Send STOP to end them.")


def is_stopped(t: Translator) -> str:
    """In the settings."""
    return t.gettext("Bills and news do not come here: you sent STOP. Send START to get them again.")


def comes_here(t: Translator) -> str:
    """In the settings of somebody with several chats."""
    return t.gettext("Your bills come to this chat.")


def comes_elsewhere(t: Translator) -> str:
    """In the settings of somebody with several chats."""
    return t.gettext("Your bills come to your other chat.")


def send_here_button(t: Translator) -> str:
    """Makes this the chat for bills."""
    return t.gettext("Send my bills here")


def sent_here(t: Translator) -> str:
    """This is the chat for bills now."""
    return t.gettext("Your bills come to this chat from now on.")


def about_settings(t: Translator) -> str:
    """In the menu."""
    return t.gettext("language, and where bills come")

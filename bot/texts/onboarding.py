"""The first words with somebody: language, number, invite; and what is told when a link or a role ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import escape
from domain.roles import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.i18n import Translator


def choose_language() -> str:
    """In both languages at once: nothing is known yet."""
    return "<b>भाषा चुनें</b>\nChoose your language"


def language_set(t: Translator) -> str:
    """The language has changed."""
    return t.gettext("I will write in English from now on.")


def share_number(t: Translator, society: str) -> str:
    """Ask for the person's own number."""
    return t.gettext(
        "<b>Welcome to {society}</b>\nShare your number so that we find your flat. Use the button below the text field."
    ).format(society=escape(society))


def share_button(t: Translator) -> str:
    """The key that shares one's own contact."""
    return t.gettext("Share my number")


def not_your_own(t: Translator) -> str:
    """A contact that is somebody else's, forwarded or typed."""
    return t.gettext("This is not proven to be your own number. Please use the button “Share my number” yourself.")


def unknown_number(t: Translator) -> str:
    """Nobody has this number."""
    return t.gettext(
        "No flat has this number on record. Please tell the office your flat and this number, then share it "
        "again. With an invite link from the office it works too."
    )


def role_ended(t: Translator) -> str:
    """An admin's number of the settings, whose role was taken away."""
    return t.gettext(
        "Your work here as admin was ended, so your number does not make you one again. If you should be one, please "
        "ask the office for an invite."
    )


def unknown_code(t: Translator) -> str:
    """An invite that is used, expired or mistyped."""
    return t.gettext(
        "This invite does not work: it may be used already or too old. Please ask the office for a new one."
    )


def too_many_guesses(t: Translator) -> str:
    """Wrong codes again and again."""
    return t.gettext("Too many wrong codes. Please wait an hour, or ask the office for a new invite.")


def already_linked(t: Translator, name: str) -> str:
    """`/start` by somebody known."""
    return t.gettext("Hello {name}.").format(name=escape(name))


def linked(t: Translator, name: str, society: str, flats: Sequence[str]) -> str:
    """Who they are now; the welcome of each role says what to do first."""
    if not flats:
        return t.gettext("Namaste {name}. Welcome to {society}.").format(name=escape(name), society=escape(society))
    text = t.ngettext(
        "Namaste {name}. {flats} is linked to this chat.",
        "Namaste {name}. {flats} are linked to this chat.",
        len(flats),
    )
    return text.format(name=escape(name), flats=escape(", ".join(flats)))


def private_only(t: Translator) -> str:
    """A group would show everybody."""
    return t.gettext("I answer that in our private chat.")


def open_chat_button(t: Translator) -> str:
    """To the private chat."""
    return t.gettext("Open our chat")


def about_start(t: Translator) -> str:
    """In the menu."""
    return t.gettext("begin")


def about_language(t: Translator) -> str:
    """In the menu."""
    return t.gettext("change the language")


def chat_replaced(t: Translator) -> str:
    """Told to the chat that lost its link."""
    return t.gettext(
        "This chat is no longer linked: you were linked in another chat. If that was not you, tell the office."
    )


def flat_relinked(t: Translator) -> str:
    """Told to whoever spoke for an owner until somebody else was linked."""
    return t.gettext(
        "Your flat was linked in another chat, its bills no longer come here. If that was not you, tell the office."
    )


def role_word(t: Translator, role: Role) -> str:
    """A role as people say it."""
    words = {Role.ADMIN: t.gettext("admin"), Role.ENGINEER: t.gettext("engineer"), Role.OWNER: t.gettext("owner")}
    return words[role]


def rights_taken(t: Translator, role: Role) -> str:
    """Told to somebody whose role was revoked."""
    text = t.gettext("The office has ended your work here as {role}. If that is a mistake, please ask the office.")
    return text.format(role=role_word(t, role))


def role_changed(t: Translator, role: Role) -> str:
    """Told to somebody who is now something else."""
    text = t.gettext("The office has made you {role}. Send /start to see what you can do.")
    return text.format(role=role_word(t, role))


def stranger(t: Translator) -> str:
    """Anything from an unlinked chat."""
    return t.gettext(
        "We don't know this chat yet. Share your number with the button below, or open the invite link you were given."
    )


def sticker_of_a_meter(t: Translator) -> str:
    """To an owner or a stranger who scanned one: nothing about the flat."""
    return t.gettext(
        "This sticker is for those who read the meters: you need not do anything. "
        "To see your own bill here, send /start"
    )

"""What the service itself says, whatever the flow."""

from bot.i18n import Translator


def button_is_dead(t: Translator) -> str:
    return t.gettext("This button no longer works. Send /help to see what can be done.")


def settled_since(t: Translator) -> str:
    """To whoever asks to see what a short message stood for, and it is no longer to be said."""
    return t.gettext("That is settled since, nothing is to be done. Send /help to see what can be asked here.")


def not_allowed(t: Translator) -> str:
    return t.gettext("That is for another role. Send /help to see what you can do.")


def message_failed(t: Translator, ref: str) -> str:
    """To the sender of a message that failed five times."""
    text = t.gettext(
        "Your message could not be worked on. Nothing was changed. Try again, or tell the office: Ref {ref}."
    )
    return text.format(ref=ref)


def try_again(t: Translator) -> str:
    return t.gettext("Try again")


def trying_again(t: Translator) -> str:
    return t.gettext("Trying again.")


def no_longer_waiting(t: Translator) -> str:
    return t.gettext("This message was worked on meanwhile.")


def message_died(t: Translator, sender: str, ref: str, error: str) -> str:
    """To the admins about a message that failed five times."""
    text = t.gettext("A message from {sender} failed five times. Ref {ref}\n<code>{error}</code>")
    return text.format(sender=sender, ref=ref, error=error)

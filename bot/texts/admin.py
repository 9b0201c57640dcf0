"""What the office reads in general: help, first words, what is wrong with what was typed."""

from __future__ import annotations

from bot.i18n import Translator, escape


def welcome(t: Translator) -> str:
    """To an admin who joins or sends /start."""
    return t.gettext(
        "Here you check readings, and each one you approve becomes a bill on its owner's phone.\n"
        "/pending what waits now · /find a flat, meter, name or phone"
    )


def help_text(t: Translator) -> str:
    """Everything an admin can send."""
    return t.gettext(
        "<b>The office</b>\n"
        "/pending readings that wait: approve, correct, send back\n"
        "/find sharma: a flat by code, meter, name or phone; the word alone will do\n"
        "/flat B17-FF all about a flat, its account, and what can be changed\n"
        "/issue 2026-10 the bills of a month: shown first, then issued\n"
        "/print 2026-10 B17 the bills of a block in one PDF\n"
        "/lock 2026-10 close a month\n"
        "/paid B17-FF 1842 cash: record a payment\n"
        "A bank statement (.xlsx) sent here is matched with what is owed\n"
        "/dues who owes what, and reminders · /strays payments that belong to no flat yet\n"
        "/report 2026-10 a month: billed, collected, outstanding\n"
        "/quote B17-FF 146 3.2: a bill worked out, nothing stored\n"
        "/people who may do what, invites · /forget an owner who left"
    )


def no_command(t: Translator, typed: str) -> str:
    """A command that is not there."""
    command = typed.split(maxsplit=1)[0]
    return t.gettext("There is no {command}. /help shows what you can send.").format(command=escape(command))


def not_found(t: Translator, typed: str) -> str:
    """Free text that is no flat, meter, name or phone."""
    return t.gettext(
        "Nothing found for “{typed}”. Send a flat such as B17-FF, a meter, a name, a phone, or /help."
    ).format(typed=escape(typed))


def cancel(t: Translator) -> str:
    return t.gettext("Cancel")


def cancelled(t: Translator) -> str:
    return t.gettext("Cancelled. Nothing was changed.")


def back(t: Translator) -> str:
    return t.gettext("Back")


def no_such_flat(t: Translator, typed: str) -> str:
    return t.gettext("There is no flat “{typed}”. Write it like B17-FF, or find it: /find sharma").format(
        typed=escape(typed)
    )


def about_pending(t: Translator) -> str:
    return t.gettext("readings that wait for approval")


def about_find(t: Translator) -> str:
    return t.gettext("a flat by code, meter, name or phone")


def about_flat(t: Translator) -> str:
    return t.gettext("all about a flat, and changes")


def about_paid(t: Translator) -> str:
    return t.gettext("record a payment")


def about_quote(t: Translator) -> str:
    return t.gettext("work out a bill without storing it")


def about_help(t: Translator) -> str:
    return t.gettext("what you can do")

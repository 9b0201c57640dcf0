"""What the office reads when it forgets an owner who left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import escape
from bot.texts.onboarding import role_word
from domain.roles import Role
from jobs.back_up import KEPT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.i18n import Translator
    from jobs.forget_owner import Done, Forgotten, NotYet, Preview
    from storage.forgetting import Bonds, Left


def about_forget(t: Translator) -> str:
    """In the menu."""
    return t.gettext("forget an owner who left")


def listed(t: Translator, *, more: bool) -> str:
    """Above the owners who left, as buttons; `more`: there are others."""
    text = t.gettext("Whom do you want to forget? These owned a flat and own none any more:")
    others = t.gettext("Others: send /forget with a part of the name, or the flat.")
    return f"{text}\n{others}" if more else text


def nobody(t: Translator, typed: str) -> str:
    """Nobody can be forgotten, or nobody like this."""
    if typed:
        return t.gettext("No owner who left is called or owned {typed}. /forget alone lists them.").format(
            typed=escape(typed)
        )
    return t.gettext(
        "There is no owner who left. A new owner is named with /flat; the one before can then be forgotten."
    )


def left_button(one: Left) -> str:
    """One of the list."""
    return f"{one.name}, {', '.join(one.flats)}"


def preview(t: Translator, seen: Preview) -> str:
    """What goes, what stays and why."""
    where = ", ".join(seen.traces.flats)
    lines = [
        f"<b>{t.gettext('{name}, owner of {flats} before').format(name=escape(seen.name), flats=escape(where))}</b>",
        t.gettext("Goes for good: {what}.").format(what=", ".join([t.gettext("the name"), *_goes(t, seen)])),
        _stays(t, seen),
        *_owed(t, seen),
        *_noted(t, seen),
        *_shared(t, seen),
    ]
    return "\n".join(lines)


def _goes(t: Translator, seen: Preview) -> list[str]:
    of, count = seen.traces, seen.figures
    parts = [
        (len(of.phones), t.ngettext("{count} phone number", "{count} phone numbers", len(of.phones))),
        (len(of.emails), t.ngettext("{count} e-mail address", "{count} e-mail addresses", len(of.emails))),
        (len(of.chats), t.ngettext("{count} chat", "{count} chats", len(of.chats))),
        (count.messages, t.ngettext("{count} message sent", "{count} messages sent", count.messages)),
        (count.received, t.ngettext("{count} message received", "{count} messages received", count.received)),
        (len(of.invites), t.ngettext("{count} invite", "{count} invites", len(of.invites))),
    ]
    return [text.format(count=number) for number, text in parts if number]


def _stays(t: Translator, seen: Preview) -> str:
    bills, entries = seen.figures.bills, seen.figures.entries
    what = " ".join(
        [
            t.ngettext("{count} bill", "{count} bills", bills).format(count=bills),
            t.ngettext("and {count} account entry", "and {count} account entries", entries).format(count=entries),
        ]
    )
    return t.gettext("Stays: {what} under the flat, without the name: they are the books.").format(what=what)


def _owed(t: Translator, seen: Preview) -> list[str]:
    owes = t.gettext("{amount} owed on {flat} stays on the flat.")
    has = t.gettext("{amount} credit of {flat} stays on the flat.")
    return [
        (owes if amount > 0 else has).format(amount=t.rupees(abs(amount)), flat=escape(code))
        for code, amount in seen.owed
    ]


def _noted(t: Translator, seen: Preview) -> list[str]:
    count = seen.figures.noted
    text = t.ngettext(
        "{count} account entry names them in its reference or note, as the office typed it: it stays as it is.",
        "{count} account entries name them in their reference or note, as the office typed it: they stay as they are.",
        count,
    )
    return [text.format(count=count)] if count else []


def _shared(t: Translator, seen: Preview) -> list[str]:
    if not seen.shared:
        return []
    text = t.gettext("{names} may mean somebody else too: where it is not about these flats, that name stays.")
    return [text.format(names=escape(", ".join(seen.shared)))]


def forget_button(t: Translator, seen: Preview) -> str:
    """Restates what goes, in figures."""
    what = ", ".join(_goes(t, seen)) or t.gettext("the name")
    return t.gettext("Forget {name}: {what}").format(name=seen.name, what=what)


def keep_button(t: Translator) -> str:
    """Changes nothing."""
    return t.gettext("Keep")


def kept(t: Translator) -> str:
    """Nothing was done."""
    return t.gettext("Nothing was forgotten.")


def done(t: Translator, outcome: Done) -> str:
    """Done, and what no program here can do."""
    head = t.gettext("Forgotten: who owned {flats} before.").format(flats=escape(", ".join(outcome.was.traces.flats)))
    return "\n".join([f"<b>{head}</b>", *beyond(t)])


def beyond(t: Translator) -> list[str]:
    """Where it still is."""
    return [
        t.gettext(
            "Backups made before still hold it: those of the last {count} nights go by themselves, others have to be "
            "deleted by hand. After a restore from one of them, forget once more."
        ).format(count=KEPT),
        t.gettext("Messages in people's own phones stay there."),
    ]


def changed(t: Translator) -> str:
    """Above the card as it stands now."""
    return t.gettext("Something changed since this was shown. Look again:")


def before(t: Translator, outcome: Forgotten, at: datetime | None) -> str:
    """Somebody did it already; `at` in the society's time."""
    if outcome.by is None or at is None:
        return t.gettext("That owner is forgotten already.")
    return t.gettext("{name} did that on {day}, {clock}.").format(
        name=escape(outcome.by), day=t.day(at.date()), clock=t.clock(at)
    )


def not_yet(t: Translator, outcome: NotYet) -> str:
    """Why not, and what to do first."""
    head = t.gettext("{name} cannot be forgotten yet.").format(name=escape(outcome.name))
    return "\n".join([f"<b>{head}</b>", *_reasons(t, outcome.bonds)])


def _reasons(t: Translator, bonds: Bonds) -> Sequence[str]:
    money = [
        (bonds.payments, t.gettext("A payment online is under way. Wait until it is paid, failed or run out.")),
        (bonds.claims, t.gettext("A payment they said they made waits for the office. Confirm or refuse it first.")),
        (bonds.strays, t.gettext("Money of theirs is not attributed yet. Decide about it first.")),
    ]
    reasons = [text for count, text in money if count]
    if bonds.owned:
        reasons.insert(0, t.gettext("They own {flats}.").format(flats=escape(", ".join(bonds.owned))))
    if bonds.rented:
        text = t.gettext("They rent {flats}. End that first with /flat.")
        reasons.append(text.format(flats=escape(", ".join(bonds.rented))))
    if bonds.roles:
        roles = ", ".join(role_word(t, Role(role)) for role in bonds.roles)
        text = t.gettext("They are or were {roles}: what they decided stays under their name.")
        reasons.append(text.format(roles=roles))
    return reasons

"""What the office reads when it decides about money that could not be placed."""

from __future__ import annotations

from decimal import Decimal

from bot.i18n import Translator, escape
from bot.texts import admin_money
from jobs.place_stray import Placed
from storage.flats import Flat
from storage.payments import Payment

REASONS = ("test", "not_ours", "settled")
"""Why money belongs to no account, as codes."""


def about_strays(t: Translator) -> str:
    return t.gettext("payments that belong to no flat yet")


def nothing(t: Translator) -> str:
    return t.gettext("Every payment has its flat. There is no money left to place.")


def more(t: Translator, count: int) -> str:
    form = t.ngettext(
        "{count} more waits. Send /strays again when these are decided.",
        "{count} more wait. Send /strays again when these are decided.",
        count,
    )
    return form.format(count=count)


def post_button(t: Translator) -> str:
    return t.gettext("Post to a flat…")


def dismiss_button(t: Translator) -> str:
    return t.gettext("Dismiss…")


def ask_flat(t: Translator) -> str:
    return t.gettext("For which flat is it? Send its code, such as B17-FF.")


def confirm(t: Translator, amount: Decimal, flat: Flat, owed: Decimal) -> str:
    """Before it is posted."""
    head = t.gettext("<b>{amount}</b> to <b>{flat}</b>").format(amount=t.rupees(amount), flat=escape(flat.code))
    return admin_money.before_posting(t, head, flat, owed, amount)


def confirm_button(t: Translator, amount: Decimal) -> str:
    return t.gettext("Post {amount}").format(amount=t.rupees(amount))


def ask_reason(t: Translator) -> str:
    return t.gettext("Why does it belong to no account?")


def reason(t: Translator, code: str) -> str:
    words = {
        "test": t.gettext("A test payment"),
        "not_ours": t.gettext("Not for the society"),
        "settled": t.gettext("Settled another way"),
    }
    return words[code]


def placed(t: Translator, done: Placed, who: str) -> str:
    amount, flat = t.rupees(done.payment.amount), escape(done.payment.flat_code)
    if done.left is None:
        return t.gettext("It was on the account of {flat} already: {amount}.").format(flat=flat, amount=amount)
    head = t.gettext("<b>{amount} posted to {flat} by {who}.</b>").format(amount=amount, flat=flat, who=escape(who))
    lines = [head, *_given_back(t, done), f"{admin_money.left(t, done.left).capitalize()}."]
    return "\n".join(lines)


def _given_back(t: Translator, done: Placed) -> list[str]:
    """Refunds that waited for it."""
    if not done.given_back:
        return []
    said = t.gettext("{amount} of it went back to the payer before; that is on the account now too.")
    return [said.format(amount=t.rupees(done.given_back))]


def dismissed(t: Translator, why: str, who: str) -> str:
    return t.gettext("Dismissed by {who}: {why}.").format(who=escape(who), why=escape(why))


def decided_before(t: Translator) -> str:
    return t.gettext("This was decided before. Nothing was done.")


def other_sum(t: Translator, payment: Payment) -> str:
    return t.gettext(
        "{flat} has a payment with this reference and {amount}. Put that right on its account first: /flat {flat}"
    ).format(flat=escape(payment.flat_code), amount=t.rupees(payment.amount))


def not_placeable(t: Translator) -> str:
    return t.gettext("This cannot be posted to an account.")

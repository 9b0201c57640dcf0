"""What owners read when they say that they have paid. Complete in English and Hindi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import escape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from bot.i18n import Translator
    from storage.bill_views import SaidPaid


def have_paid_button(t: Translator) -> str:
    """Below the ways to pay, and below a reminder."""
    return t.gettext("I have paid")


def about_utr(t: Translator) -> str:
    """In the menu."""
    return t.gettext("you have paid: send the number of the payment")


def ask_utr(t: Translator) -> str:
    """How to find the number."""
    return t.gettext(
        "Please send the UTR: the 12-digit number of the payment, such as 412345678901. "
        "Your UPI app shows it below the payment."
    )


def bad_utr(t: Translator) -> str:
    """What was typed is no such number."""
    return t.gettext(
        "That is not a UTR. It has 12 digits, such as 412345678901. Your UPI app shows it below the payment; "
        "if you cannot find it, show the payment at the office."
    )


def ask_flat(t: Translator, utr: str) -> str:
    """The person owns several flats."""
    return t.gettext("UTR {utr}: for which flat did you pay?").format(utr=escape(utr))


def ask_amount(t: Translator, flat: str) -> str:
    """How much."""
    return t.gettext("How much did you pay for {flat}? Send the amount, such as 1842.50").format(flat=escape(flat))


def bad_amount(t: Translator) -> str:
    """What was typed is no amount above zero with at most two decimals."""
    return t.gettext("That is not an amount. Send rupees above zero, with at most two decimals, such as 1842.50")


def restate(t: Translator, flat: str, amount: Decimal, utr: str) -> str:
    """Before it goes to the office."""
    said = t.gettext("You paid {amount} for {flat}, UTR {utr}. Is that right?")
    return said.format(amount=f"<b>{t.rupees(amount)}</b>", flat=escape(flat), utr=escape(utr))


def yes_button(t: Translator, amount: Decimal) -> str:
    """Sends it."""
    return t.gettext("Yes, {amount}").format(amount=t.rupees(amount))


def other_amount_button(t: Translator) -> str:
    """The balance is not what was paid."""
    return t.gettext("Another amount")


def cancel_button(t: Translator) -> str:
    """Back out."""
    return t.gettext("Cancel")


def cancelled(t: Translator) -> str:
    """Nothing was sent."""
    return t.gettext("Cancelled. Nothing was sent to the office.")


def passed_on(t: Translator, flat: str, amount: Decimal, utr: str) -> str:
    """The claim waits."""
    text = t.gettext(
        "Thank you. The office looks for {amount} for {flat}, UTR {utr}, at the bank. You get a receipt here; "
        "please don't pay again."
    )
    return text.format(amount=t.rupees(amount), flat=escape(flat), utr=escape(utr))


def looked_for_again(t: Translator, flat: str, amount: Decimal, utr: str) -> str:
    """The claim waits, but the same one was refused before: the bill goes on asking."""
    text = t.gettext(
        "Thank you. The office looks for {amount} for {flat}, UTR {utr}, once more. It was not found before, so your "
        "bill stays as it is until it is. If you did pay, show the payment at the office."
    )
    return text.format(amount=t.rupees(amount), flat=escape(flat), utr=escape(utr))


def too_little(t: Translator) -> str:
    """Nobody pays less than a rupee."""
    return t.gettext(
        "Less than ₹1 cannot be a payment of your bill. Please send the amount that you paid, such as 1842.50"
    )


def waits_already(t: Translator, amount: Decimal, utr: str) -> str:
    """The same claim again."""
    text = t.gettext("You sent UTR {utr} before: {amount}. The office is looking for it; please don't pay again.")
    return text.format(amount=t.rupees(amount), utr=escape(utr))


def counted_already(t: Translator, flat: str, amount: Decimal, utr: str) -> str:
    """The payment is on the account."""
    text = t.gettext("The payment with UTR {utr} is counted: {amount} for {flat}.")
    return text.format(amount=t.rupees(amount), flat=escape(flat), utr=escape(utr))


def too_many(t: Translator) -> str:
    """More claims wait than can be meant."""
    return t.gettext("Several of your payments wait for the office already. Please let it look at those first.")


def not_theirs(t: Translator) -> str:
    """The flat is not the person's (any more)."""
    return t.gettext("This flat is not on your account. Send /bill to see yours.")


def being_checked(t: Translator, said_paid: Sequence[SaidPaid]) -> list[str]:
    """A line for each payment that waits, plain text: on the bill, its page and paper, in the answer to how to pay."""
    text = t.gettext("{amount} (UTR {utr}) is being checked by the office; please don't pay it again.")
    return [text.format(amount=t.rupees(one.amount), utr=one.utr) for one in said_paid]


def refused(t: Translator, flat: str, amount: Decimal, utr: str) -> str:
    """The bank shows no such payment."""
    head = t.gettext("The office did not find {amount} for {flat}, UTR {utr}, at the bank.")
    rest = t.gettext(
        "Please compare the number with your UPI app and send it again. If it is right, show the payment at the office."
    )
    return f"<b>{head.format(amount=t.rupees(amount), flat=escape(flat), utr=escape(utr))}</b>\n{rest}"

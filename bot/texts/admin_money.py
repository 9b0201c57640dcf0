"""What the office reads about payments and quotes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from decimal import Decimal

from bot.i18n import Translator, escape
from bot.texts import admin_sum
from domain.payments import PaymentMethod
from domain.utr import is_utr
from jobs.quote import Quote
from jobs.record_payment import OtherAmount, Ready, Recorded, Undone
from storage.flats import Flat
from storage.payments import Payment


def quote(t: Translator, found: Quote) -> str:
    """The sum of a bill that is not made."""
    head = f"<b>{escape(found.flat_code)}: {t.rupees(found.amounts.total_amount)}</b>"
    lines = [head, *admin_sum.sum_lines(t, found.amounts, found.tariff)]
    if not found.known:
        lines.append(t.gettext("This flat is not on record: worked out from its name alone."))
    return "\n".join([*lines, t.gettext("Only worked out, nothing is stored.")])


def quote_unknown(t: Translator, code: str, near: Sequence[str]) -> str:
    """A slip in the flat: nothing is worked out."""
    lines = [t.gettext("There is no flat {flat}.").format(flat=escape(code))]
    if near:
        lines.append(t.gettext("Did you mean {flats}?").format(flats=escape(", ".join(near))))
    return " ".join(lines)


def quote_usage(t: Translator) -> str:
    return t.gettext("Send flat, units and, if you like, motor share and arrears, as: /quote B17-FF 146 3.2")


def paid_usage(t: Translator) -> str:
    return t.gettext(
        "Send flat, amount, how it was paid (cash, upi, bank, card, cheque) and the reference, "
        "as: /paid B17-FF 1842 upi 412345678901"
    )


def ask_payment(t: Translator, flat: str) -> str:
    """What was paid for the flat, in one line."""
    return t.gettext(
        "What was paid for <b>{flat}</b>? Send amount, how it was paid (cash, upi, bank, card, cheque) and the "
        "reference, as: 1842 upi 412345678901"
    ).format(flat=escape(flat))


def bad_amount(t: Translator, explanation: str) -> str:
    return t.gettext("That is not an amount: {why}. Send it as: /paid B17-FF 1842.50 cash").format(
        why=escape(explanation)
    )


def bad_reference(t: Translator) -> str:
    return t.gettext("That is not a reference. Send the number on the receipt, as: /paid B17-FF 1842 upi 412345678901")


def reference_needed(t: Translator, method: PaymentMethod) -> str:
    return t.gettext(
        "Please add the reference of the {method} payment, as: /paid B17-FF 1842 {word} 412345678901"
    ).format(method=method_word(t, method), word=method.value)


def ask_method(t: Translator, flat: str, amount: Decimal) -> str:
    return t.gettext("{amount} for {flat}: how was it paid?").format(amount=t.rupees(amount), flat=escape(flat))


def method_word(t: Translator, method: PaymentMethod) -> str:
    words = {
        PaymentMethod.CASH: t.gettext("cash"),
        PaymentMethod.UPI: t.gettext("UPI"),
        PaymentMethod.BANK: t.gettext("bank"),
        PaymentMethod.CARD: t.gettext("card"),
        PaymentMethod.CHEQUE: t.gettext("cheque"),
    }
    return words[method]


def method_button(t: Translator, method: PaymentMethod) -> str:
    words = method_word(t, method)
    return words[:1].upper() + words[1:]


def ready(t: Translator, one: Ready) -> str:
    """Before it is recorded: `₹1,842.00 cash for B17-FF, owes ₹3,264.40 → left ₹1,422.40`."""
    head = t.gettext("<b>{amount}</b> {method} for <b>{flat}</b>").format(
        amount=t.rupees(one.slip.amount),
        method=_how(t, one.slip.method, one.slip.reference),
        flat=escape(one.flat.code),
    )
    return "\n".join([before_posting(t, head, one.flat, one.owed, one.slip.amount), *counted(t, one.elsewhere)])


def before_posting(t: Translator, head: str, flat: Flat, balance: Decimal, amount: Decimal) -> str:
    """What comes to which flat, and what that leaves."""
    name = f" ({escape(flat.owner)})" if flat.owner else ""
    return f"{head}{name}\n{owed(t, balance)} → {left(t, balance - amount)}"


def counted(t: Translator, found: Sequence[Payment]) -> list[str]:
    """Warnings such as `This UTR is already counted for B17-FF, ₹1,226.00 on 9 Nov 2026.`, a line each."""
    return [_counted(t, payment) for payment in found]


def _counted(t: Translator, payment: Payment) -> str:
    text = (
        t.gettext("This UTR is already counted for {flat}, {amount} on {day}.")
        if is_utr(payment.reference or "")
        else t.gettext("This reference is already counted for {flat}, {amount} on {day}.")
    )
    said = text.format(
        flat=escape(payment.flat_code), amount=t.rupees(payment.amount), day=t.near_day(payment.value_date)
    )
    return f"<b>{said}</b>"


def _how(t: Translator, method: PaymentMethod, reference: str | None) -> str:
    word = method_word(t, method)
    return f"{word} {escape(reference)}" if reference else word


def owed(t: Translator, amount: Decimal) -> str:
    if amount < 0:
        return t.gettext("has credit {amount}").format(amount=t.rupees(-amount))
    return t.gettext("owes {amount}").format(amount=t.rupees(amount))


def left(t: Translator, amount: Decimal) -> str:
    if amount < 0:
        return t.gettext("credit {amount} for the next bill").format(amount=t.rupees(-amount))
    return t.gettext("left {amount}").format(amount=t.rupees(amount))


def record_button(t: Translator, amount: Decimal) -> str:
    return t.gettext("Record {amount}").format(amount=t.rupees(amount))


def recorded(t: Translator, done: Recorded, who: str, receipt_at: time | None) -> str:
    """Posted, and what is left; `receipt_at`: the receipt waits until owners may be written to."""
    payment = done.payment
    head = t.gettext("<b>Recorded {amount}</b> {method} for <b>{flat}</b> by {who}").format(
        amount=t.rupees(payment.amount), method=_payment(t, payment), flat=escape(payment.flat_code), who=escape(who)
    )
    return f"{head}\n{left(t, done.left).capitalize()}. {_receipt(t, done, receipt_at)}"


def _receipt(t: Translator, done: Recorded, receipt_at: time | None) -> str:
    if not done.messages:
        return t.gettext("No owner has a chat linked: no receipt was sent.")
    if receipt_at is None:
        return t.gettext("Receipt sent.")
    return t.gettext("The receipt goes out at {time}.").format(time=f"{receipt_at:%H:%M}")


def undo_button(t: Translator, amount: Decimal) -> str:
    return t.gettext("Undo {amount}").format(amount=t.rupees(amount))


def already(t: Translator, payment: Payment) -> str:
    """The same payment again: nothing was done."""
    if payment.undone:
        return t.gettext(
            "This payment of {amount} for {flat} was taken back. Send /paid again to record it anew."
        ).format(amount=t.rupees(payment.amount), flat=escape(payment.flat_code))
    return t.gettext("Already recorded: {amount} {method} for {flat}, {day}, by {who}. Nothing was done.").format(
        amount=t.rupees(payment.amount),
        method=_payment(t, payment),
        flat=escape(payment.flat_code),
        day=t.day(payment.value_date),
        who=escape(payment.recorder or "") or t.gettext("the service"),
    )


def _payment(t: Translator, payment: Payment) -> str:
    known = payment.method in set(PaymentMethod)
    word = method_word(t, PaymentMethod(payment.method)) if known else escape(payment.method)
    return f"{word} {escape(payment.reference)}" if payment.reference else word


def other_amount(t: Translator, found: OtherAmount) -> str:
    """The same reference with another amount."""
    return t.gettext(
        "{method} for {flat} is recorded with <b>{before}</b> on {day}; now you say <b>{after}</b>. Which is right?"
    ).format(
        method=_payment(t, found.payment),
        flat=escape(found.payment.flat_code),
        before=t.rupees(found.payment.amount),
        day=t.day(found.payment.value_date),
        after=t.rupees(found.slip.amount),
    )


def replace_button(t: Translator, amount: Decimal) -> str:
    return t.gettext("{amount} is right").format(amount=t.rupees(amount))


def keep_button(t: Translator, amount: Decimal) -> str:
    return t.gettext("Keep {amount}").format(amount=t.rupees(amount))


def books_changed(t: Translator) -> str:
    return t.gettext("Something changed since. Nothing was recorded. It stands like this now:")


def undone(t: Translator, done: Undone, who: str) -> str:
    head = t.gettext("<b>Taken back by {who}:</b> {amount} {method} for {flat}").format(
        who=escape(who),
        amount=t.rupees(done.payment.amount),
        method=_payment(t, done.payment),
        flat=escape(done.payment.flat_code),
    )
    return f"{head}\n{owed(t, done.left).capitalize()}."

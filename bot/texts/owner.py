"""What owners read: short lines, the answer first, no abbreviations. Complete in English and Hindi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import escape
from bot.texts import owner_claims, owner_sum
from bot.texts.documents import bill_number
from domain.money import ZERO
from domain.period import Month

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from bot.i18n import Translator
    from storage.bill_views import BillView


def bill(t: Translator, view: BillView) -> str:
    """The bill itself: amount and day first, then whose it is, then the sum in lines."""
    first = [_headline(t, view), *_what_to_do(t, view), *_name(t, view)]
    return "\n".join([*first, *owner_sum.estimates(t, view), *owner_sum.sum_lines(t, view)])


def _name(t: Translator, view: BillView) -> list[str]:
    """The primary owner, whoever of the owners reads it."""
    return [t.gettext("In the name of {name}").format(name=escape(view.owner_name))] if view.owner_name else []


def _headline(t: Translator, view: BillView) -> str:
    title = t.gettext("{month} bill · {flat}: {amount}").format(
        month=t.month_name(Month.of(view.period_end)),
        flat=escape(view.flat_code),
        amount=t.rupees(view.total_amount),
    )
    return f"<b>{title}</b>"


def _what_to_do(t: Translator, view: BillView) -> list[str]:
    if view.is_void or not view.is_newest:
        return [outdated(t, view)]
    checked = owner_claims.being_checked(t, view.said_paid)
    if not view.is_owed:
        return [f"<b>{paid_so_far(t, view)}</b>", *credit_left(t, view.balance), *checked]
    lines = [pay_by(t, view)] if view.to_pay else []
    if view.paid_since:
        lines.append(paid_so_far(t, view))
    lines += checked
    if view.to_pay != view.total_amount:
        lines.append(f"<b>{left_to_pay(t, view.to_pay)}</b>")
    return lines


def outdated(t: Translator, view: BillView) -> str:
    """Why nothing is to be paid for this bill itself."""
    if view.is_void:
        return t.gettext("This bill was taken back. Nothing is to be paid for it.")
    return t.gettext("A newer bill has been sent since. It has all that is to be paid.")


def pay_by(t: Translator, view: BillView) -> str:
    """Until when."""
    text = t.gettext("It was due on {day}") if view.is_overdue else t.gettext("Pay by {day}")
    return text.format(day=t.near_day(view.due_date))


def paid_so_far(t: Translator, view: BillView) -> str:
    """What came in for this bill and when; without a payment the credit of before has settled it.

    Never more than its own total, with the day that settled it: what came on top is named as credit. Of a bill from
    before the service only that it is paid is known.
    """
    if view.paid_on is None and view.rate_per_unit is None:
        return t.gettext("This bill is paid.")
    if view.paid_on is None or view.total_amount <= ZERO:
        return t.gettext("Nothing to pay: your credit from before covers it.")
    amount, day = view.paid_since, view.paid_on
    if view.settled_on:
        amount, day = view.total_amount, view.settled_on
    return t.gettext("Paid {amount} on {day}").format(amount=t.rupees(amount), day=t.near_day(day))


def credit_left(t: Translator, balance: Decimal) -> list[str]:
    """A credit is named, as money of the owner's."""
    if balance >= ZERO:
        return []
    return [t.gettext("{amount} is in your favour for the next bill.").format(amount=t.rupees(-balance))]


def left_to_pay(t: Translator, balance: Decimal) -> str:
    """What is still to be paid, in rupees; nothing while the office looks for all of it."""
    if not balance:
        return t.gettext("Nothing more is to be paid now.")
    return t.gettext("Left to pay now: {amount}").format(amount=t.rupees(balance))


def pay_button(t: Translator, amount: Decimal) -> str:
    """The label under which everything to pay is found."""
    return t.gettext("Pay {amount}").format(amount=t.rupees(amount))


def how_button(t: Translator) -> str:
    """Shows the sum line by line."""
    return t.gettext("How worked out")


def photo_button(t: Translator) -> str:
    """Shows the meter's photo."""
    return t.gettext("Meter photo")


def photo_caption(t: Translator, view: BillView) -> str:
    """Below the meter's photo."""
    if view.reading_date is None:
        return escape(view.flat_code)
    return t.gettext("{flat}: the meter on {day}").format(flat=escape(view.flat_code), day=t.day(view.reading_date))


def no_photo(t: Translator, view: BillView) -> str:
    """The reading came without a photo."""
    text = t.gettext("There is no photo of this reading for {flat}. The office can tell you more.")
    return text.format(flat=escape(view.flat_code))


def photo_forgotten(t: Translator, view: BillView) -> str:
    """There was a photo; its time was over."""
    text = t.gettext("The photo of this reading for {flat} is no longer kept: photos go two years after the bill.")
    return text.format(flat=escape(view.flat_code))


def nothing_to_pay(t: Translator, view: BillView) -> str:
    """Asked how to pay, with nothing owed."""
    return with_balance(t, f"<b>{escape(view.flat_code)}</b>", view.balance)


def ways_to_pay(t: Translator, view: BillView, society: str, vpa: str | None, page: str | None) -> str:
    """Balance first, then every way there is; the office always is one. `page`: where no button can open it."""
    owed = t.gettext("To pay for {flat}: {amount}").format(flat=escape(view.flat_code), amount=t.rupees(view.to_pay))
    lines = [f"<b>{owed}</b>", *owner_claims.being_checked(t, view.said_paid)]
    if page:
        lines.append(t.gettext("On your bill page: {page}").format(page=escape(page)))
    if vpa:
        lines.append(t.gettext("By UPI to {vpa}").format(vpa=f"<code>{escape(vpa)}</code>"))
    return "\n".join([*lines, *_office_lines(t, view, society)])


def all_is_checked(t: Translator, view: BillView) -> str:
    """Asked how to pay while the office looks for all that is owed."""
    lines = [f"<b>{escape(view.flat_code)}</b>", *owner_claims.being_checked(t, view.said_paid)]
    return "\n".join([*lines, left_to_pay(t, view.to_pay)])


def copy_upi_button(t: Translator) -> str:
    """Copies the UPI address."""
    return t.gettext("Copy the UPI address")


def with_contact(t: Translator, text: str, contact: str | None) -> str:
    """Whoever is sent to the office reads how to reach it."""
    if contact is None:
        return text
    return f"{text}\n{t.gettext('The office: {contact}').format(contact=escape(contact))}"


def _office_lines(t: Translator, view: BillView, society: str) -> list[str]:
    return [
        t.gettext("At the office of {society}: cash, UPI or bank transfer.").format(society=escape(society)),
        t.gettext("Please name your flat, {flat}, when you pay.").format(flat=escape(view.flat_code)),
    ]


def checked_by_office(t: Translator, flat: str) -> str:
    """The flat is parked: no figure is shown."""
    text = t.gettext("The office is checking the account of {flat}. Please don't pay yet; you will hear from us.")
    return text.format(flat=escape(flat))


def no_bill_yet(t: Translator, flats: Sequence[str]) -> str:
    """Linked, but nothing was billed."""
    return t.gettext("There is no bill yet for {flats}. It comes here when it is ready.").format(
        flats=escape(", ".join(flats))
    )


def bill_gone(t: Translator) -> str:
    """A press on a bill that is not the person's (any more)."""
    return t.gettext("This bill is not on your account. Send /bill to see yours.")


def history(t: Translator, flat: str, views: Sequence[BillView]) -> str:
    """The last bills of a flat, newest first."""
    title = t.gettext("Bills of {flat}").format(flat=escape(flat))
    return "\n".join([f"<b>{title}</b>", *(f"{_history_line(t, view)} · {bill_number(t, view)}" for view in views)])


def _history_line(t: Translator, view: BillView) -> str:
    return t.gettext("{month}: {amount}, {status}").format(
        month=t.month(Month.of(view.period_end)),
        amount=t.rupees(view.total_amount),
        status=status_word(t, view.status),
    )


def status_word(t: Translator, status: str) -> str:
    """A bill's status as an owner would say it."""
    words = {
        "paid": t.gettext("paid"),
        "partially_paid": t.gettext("part paid"),
        "overdue": t.gettext("overdue"),
        "void": t.gettext("taken back"),
    }
    return words.get(status, t.gettext("to be paid"))


def receipt(t: Translator, flat: str, amount: Decimal, day: date, balance: Decimal) -> str:
    """A payment has been counted."""
    received = t.gettext("Received {amount} for {flat} on {day}").format(
        amount=t.rupees(amount), flat=escape(flat), day=t.near_day(day)
    )
    return with_balance(t, f"<b>{received}</b>", balance)


def payment_undone(t: Translator, flat: str, amount: Decimal, balance: Decimal) -> str:
    """A recorded payment was reversed."""
    undone = t.gettext("Correction for {flat}: the payment of {amount} was entered by mistake and is taken back.")
    return with_balance(t, f"<b>{undone.format(flat=escape(flat), amount=t.rupees(amount))}</b>", balance)


def with_balance(t: Translator, title: str, balance: Decimal) -> str:
    """What happened, then what is left to pay, or the credit."""
    if balance > ZERO:
        return f"{title}\n{left_to_pay(t, balance)}"
    return "\n".join([title, t.gettext("Nothing is left to pay. Thank you!"), *credit_left(t, balance)])


def help_text(t: Translator, society: str) -> str:
    """What an owner can send."""
    return t.gettext(
        "Here you get the electricity bill of {society}.\n"
        "/bill your bill now\n/pay how to pay\n/utr you have paid: send its number\n/history earlier bills\n"
        "/receipts what you paid\n/usage units of each month\n/language change the language"
    ).format(society=escape(society))


def greeting(t: Translator, name: str, society: str) -> str:
    """To an owner who greets."""
    return t.gettext("Hello {name}! Here you get the electricity bill of {society}.").format(
        name=escape(name), society=escape(society)
    )


def latest(t: Translator, view: BillView) -> str:
    """The newest bill of a flat in one line; no figure while the office checks it."""
    if view.parked:
        return checked_by_office(t, view.flat_code)
    return f"{escape(view.flat_code)} · {_history_line(t, view)}"


def my_bill_button(t: Translator) -> str:
    """Shows the newest bill."""
    return t.gettext("My bill")


def pay_ways_button(t: Translator) -> str:
    """Shows every way to pay."""
    return t.gettext("How to pay")


def history_button(t: Translator) -> str:
    """Shows the last bills."""
    return t.gettext("Earlier bills")


def help_button(t: Translator) -> str:
    """Shows what an owner can send."""
    return t.gettext("Help")


def not_understood(t: Translator) -> str:
    """Free text from an owner."""
    return t.gettext(
        "I did not understand this. /bill shows your bill, /pay how to pay it. "
        "The office reads no messages here: call or visit it."
    )


def about_bill(t: Translator) -> str:
    """In the menu."""
    return t.gettext("your bill now")


def about_pay(t: Translator) -> str:
    """In the menu."""
    return t.gettext("how to pay")


def about_history(t: Translator) -> str:
    """In the menu."""
    return t.gettext("earlier bills")


def about_help(t: Translator) -> str:
    """In the menu."""
    return t.gettext("what you can send")

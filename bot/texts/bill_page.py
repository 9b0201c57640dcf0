"""The words of the bill page, plain text; the sum's lines are those of the message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.texts import documents, owner, owner_claims, owner_sum
from domain.money import ZERO
from domain.period import Month

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.i18n import Translator
    from storage.bill_views import BillView


@dataclass(frozen=True, slots=True)
class Notice:
    """A page that says only one thing, in every language: the reader's is not known."""

    hindi: str
    english: str


NO_SUCH_PAGE = Notice(
    "यह पन्ना नहीं मिला। अपना बिल देखने के लिए चैट में /bill भेजें।",
    "This page was not found. Send /bill in the chat to get your bill.",
)
TRY_AGAIN = Notice(
    "अभी यह पन्ना नहीं खुल रहा। कृपया कुछ मिनट बाद फिर खोलें।",
    "This page cannot be shown right now. Please open it again in a few minutes.",
)
BROKEN = Notice(
    "यह पन्ना नहीं खुल सका। अपना बिल देखने के लिए चैट में /bill भेजें।",
    "This page could not be shown. Send /bill in the chat to see your bill.",
)
NOT_FROM_HERE = Notice(
    "यह अनुरोध आपके बिल के पन्ने से नहीं आया। कृपया पन्ना फिर खोलें और वहीं से भरें।",
    "This did not come from your bill page. Please open the page again and pay from there.",
)


@dataclass(frozen=True, slots=True)
class Head:
    """What is seen first. `label` says what `amount` is; both are empty where no figure may be shown."""

    whose: str
    month: str
    label: str
    amount: str
    says: tuple[str, ...]


def head(t: Translator, view: BillView) -> Head:
    """Whose bill, how much, until when."""
    whose = " · ".join(filter(None, (view.flat_code, view.owner_name)))
    month = t.gettext("Bill for {month}").format(month=t.month(Month.of(view.period_end)))
    if view.parked:
        return Head(whose, month, "", "", (t.gettext("The office is checking this account. Please don't pay yet."),))
    if view.is_void or not view.is_newest:
        return Head(whose, month, _bill_total(t), t.rupees(view.total_amount), (owner.outdated(t, view),))
    if not view.to_pay:
        return Head(whose, month, _bill_total(t), t.rupees(view.total_amount), _nothing_to_pay(t, view))
    return Head(whose, month, t.gettext("To pay now"), t.rupees(view.to_pay), _owed(t, view))


def _nothing_to_pay(t: Translator, view: BillView) -> tuple[str, ...]:
    checked = owner_claims.being_checked(t, view.said_paid)
    if view.is_owed:
        return (*checked, owner.left_to_pay(t, view.to_pay))
    return (owner.paid_so_far(t, view), *owner.credit_left(t, view.balance), *checked)


def _owed(t: Translator, view: BillView) -> tuple[str, ...]:
    paid = (owner.paid_so_far(t, view),) if view.paid_since else ()
    return (owner.pay_by(t, view), *paid, *owner_claims.being_checked(t, view.said_paid))


def _bill_total(t: Translator) -> str:
    return t.gettext("Bill total")


def words(t: Translator, view: BillView, society: str, contact: str | None) -> dict[str, str]:
    """Headings and sentences by name."""
    office = t.gettext("At the office of {society}: cash, UPI or bank transfer.").format(society=society)
    name = t.gettext("Please name your flat, {flat}, when you pay.").format(flat=view.flat_code)
    return {
        "title": t.gettext("Electricity bill · {flat}").format(flat=view.flat_code),
        "pay": t.gettext("Pay"),
        "pay_by_upi": t.gettext("Pay with a UPI app"),
        "scan": t.gettext("Scan with a UPI app on your phone"),
        "upi_address": t.gettext("UPI address"),
        "after_upi": t.gettext(
            "After paying, send the 12-digit UTR of the payment in the chat, or tell it to the office."
        ),
        "how": t.gettext("How it was worked out"),
        "period": owner_sum.period(t, view),
        "total": t.gettext("Total"),
        "total_amount": t.rupees(view.total_amount),
        "months": t.gettext("Units month by month"),
        "pdf": t.gettext("The bill as PDF, to print or keep"),
        "photo": t.gettext("Meter photo"),
        "photo_of": owner.photo_caption(t, view),
        "office": t.gettext("The office"),
        "at_office": f"{office} {name}",
        "questions": documents.questions(t, contact),
    }


def sum_lines(t: Translator, view: BillView) -> list[tuple[str, str]]:
    """What the sum is made of: name and rupees; empty for a bill from before the service."""
    if view.rate_per_unit is None:
        return []
    rows = [(_energy_name(t, view), t.rupees(view.energy_charge or ZERO))]
    rows.append((owner_sum.fixed_name(t, view), t.rupees(view.fixed_charge or ZERO)))
    outstanding = view.previous_outstanding or ZERO
    if outstanding < ZERO:
        return [*rows, (t.gettext("Your credit from before"), _minus(t, -outstanding))]
    return [*rows, (t.gettext("Unpaid from before"), t.rupees(outstanding))]


def no_lines(t: Translator, view: BillView) -> str:
    """Why a sum has no lines."""
    if view.rate_per_unit is not None:
        return ""
    return t.gettext("This bill is from before this service; only its total is known here.")


def _energy_name(t: Translator, view: BillView) -> str:
    share = view.water_motor_share or ZERO
    form = t.gettext("({units} units + {share} motor) × {rate}") if share else t.gettext("{units} units × {rate}")
    rate = t.rupees(view.rate_per_unit or ZERO)
    line = form.format(units=t.number(view.flat_units or ZERO), share=t.number(share), rate=rate)
    return line.replace(f"× {rate}", f"×\N{NO-BREAK SPACE}{rate}")


def _minus(t: Translator, amount: Decimal) -> str:
    return f"−{t.rupees(amount)}"


def bar_value(t: Translator, units: Decimal) -> str:
    """Beside a bar."""
    return t.gettext("{units} units").format(units=t.number(units))

"""Bills, reminders and receipts as approved templates, for where a chat takes nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.money import ZERO
from domain.period import Month
from jobs.ports import Template

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.conversation import Reply
    from bot.i18n import Translator
    from storage.bill_views import BillView
    from storage.payments import Payment

_PAGE = "/b/"


def bill(t: Translator, view: BillView, reply: Reply) -> Template | None:
    """A bill of which all is still to be paid, with its page where `reply` has a link to it.

    None where that is not all there is to say: the first lines of the message say it better.
    """
    if not view.is_owed or view.is_overdue or view.to_pay != view.total_amount:
        return None
    month, day = t.month(Month.of(view.period_end)), t.near_day(view.due_date)
    parameters = (month, view.flat_code, t.rupees(view.total_amount), day)
    page = _page(reply)
    return Template("bill_ready", parameters, page) if page else Template("bill_ready_office", parameters)


def reminder(t: Translator, view: BillView) -> Template:
    """What is owed on the flat now, and until when the bill was to be paid."""
    return Template("payment_reminder", (view.flat_code, t.rupees(view.balance), t.near_day(view.due_date)))


def receipt(t: Translator, paid: Payment, balance: Decimal) -> Template:
    """A payment, its day, and what is left to pay; nothing where there is a credit."""
    left = t.rupees(max(balance, ZERO))
    return Template("payment_received", (paid.flat_code, t.rupees(paid.amount), t.near_day(paid.value_date), left))


def _page(reply: Reply) -> str | None:
    """The token at the end of the link to the bill's page."""
    links = (button.url for row in reply.buttons for button in row if button.url)
    return next((link.rpartition("/")[2] for link in links if _PAGE in link), None)

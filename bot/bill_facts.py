"""What the bill page and the bill on paper show alike, ready for a template: the UPI address and the months' bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.texts import bill_page as texts
from domain.money import ZERO
from domain.period import Month
from jobs.upi import qr_svg, upi_link

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from bot.i18n import Translator
    from jobs.work import Society
    from storage.bill_views import BillView


@dataclass(frozen=True, slots=True)
class Bar:
    """One month of the small chart; `percent` of the largest, 0 to 100."""

    label: str
    units: str
    percent: int


def is_payable(view: BillView) -> bool:
    """Whether this bill is the one through which what is left on the flat is to be paid."""
    return view.to_pay > ZERO and view.is_newest and not view.is_void and not view.parked


def is_payable_online(view: BillView) -> bool:
    """Whether a provider may be asked: always for the whole balance, so not while the office looks for a part of it."""
    return is_payable(view) and not view.said_paid


def upi(view: BillView, society: Society) -> dict[str, str] | None:
    """The society's UPI address with a link and its QR code (SVG) for what is to be paid; none without an address."""
    if not society.upi_vpa:
        return None
    note, reference = f"{view.flat_code} {view.period_end:%Y-%m}", f"BILL{view.id}"
    link = upi_link(society.upi_vpa, society.upi_name or society.name, view.to_pay, note, reference)
    return {"link": link, "qr": qr_svg(link), "vpa": society.upi_vpa}


def bars(t: Translator, months: Sequence[tuple[date, Decimal]]) -> list[Bar]:
    """A bar for each billed month (first day, units), in the order given."""
    largest = max((units for _, units in months), default=ZERO)
    return [
        Bar(t.month_name(Month.of(day)), texts.bar_value(t, units), int(units * 100 / largest) if largest > ZERO else 0)
        for day, units in months
    ]

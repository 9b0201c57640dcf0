"""Bills as PDF, one file each as owners ask for them; beside it only the QR code that stands on each."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from decimal import Decimal

from bot.bill_document import Printed, bills_facts_of
from bot.bill_facts import upi
from bot.i18n import LANGUAGES, Translator
from jobs.documents import bills_pdf
from storage.bill_views import BillView
from tests.bench.figures import Aim, Figure
from tests.society import SOCIETY

_AT = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)
_MONTHS = [(date(2026, month, 1), Decimal(100 + month * 7)) for month in range(1, 11)]
_SLOWEST = Aim(20, at_most=True)


def measure(count: int) -> list[Figure]:
    """Milliseconds a bill, every other one in Hindi, no two alike."""
    bills = [Printed(_bill(number), _MONTHS) for number in range(count)]
    words = [Translator(language) for language in LANGUAGES]
    _print(words[0], bills[0])
    began = time.perf_counter()
    for number, one in enumerate(bills):
        _print(words[number % len(words)], one)
    took = (time.perf_counter() - began) / count * 1000
    return [Figure(f"bills as PDF, {count:,} files: one", took, "ms", _codes(bills), "its QR code", _SLOWEST)]


def _print(t: Translator, one: Printed) -> None:
    bills_pdf(bills_facts_of(t, SOCIETY, [one]), at=_AT)


def _codes(bills: list[Printed]) -> float:
    began = time.perf_counter()
    for one in bills:
        upi(one.view, SOCIETY)
    return (time.perf_counter() - began) / len(bills) * 1000


def _bill(number: int) -> BillView:
    units = Decimal(100 + number % 90)
    energy = (units + Decimal("3.2")) * 12
    total = energy + 1474
    return BillView(
        id=number,
        flat_id=number,
        flat_code=f"B{number}-FF",
        unit_id=f"2BHK-B{number}-FF",
        flat_type="2BHK",
        owner_name=f"Owner {number}",
        period_start=date(2026, 10, 1),
        period_end=date(2026, 10, 31),
        due_date=date(2026, 11, 12),
        issued_at=_AT,
        flat_units=units,
        water_motor_share=Decimal("3.2"),
        total_units=units + Decimal("3.2"),
        rate_per_unit=Decimal(12),
        energy_charge=energy,
        fixed_charge=Decimal(1474),
        previous_outstanding=Decimal(0),
        total_amount=total,
        status="pending",
        balance=total,
        paid_since=Decimal(0),
        paid_on=None,
        settled_on=None,
        is_newest=True,
        parked=False,
        meter_number=f"M{number}",
        reading_date=date(2026, 10, 31),
        reading_value=units,
        previous_reading=None,
        photo_id=None,
        motor=None,
        motor_units=None,
        motor_flats=None,
        motor_estimated=None,
        motor_by_use=None,
        provisional=False,
    )

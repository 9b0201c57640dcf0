"""Bills and payments as the jobs make them, without readings and messages: short steps for tests about the books."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from domain.account import EntryKind
from domain.billing import price
from domain.period import Period
from domain.tariff import Tariff
from jobs import statuses
from jobs.work import Work
from storage import accounts, bills
from storage.accounts import NewEntry
from storage.bills import Bill, NewBill

NOW = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 3)
_TWELVE = Tariff(Decimal(12), Decimal(1474))


async def issue(work: Work, flat_id: int, units: str, first: date = date(2026, 10, 1)) -> Bill:
    """A bill of October 2026, priced at 12 with a fixed charge of 1474, due ten days later."""
    amounts = price(Decimal(units), Decimal(0), _TWELVE, await accounts.balance(work.conn, flat_id))
    period = Period(first, date(2026, 10, 31))
    bill = await bills.insert_bill(work.conn, NewBill(flat_id, period, date(2026, 11, 13), amounts, work.now))
    new = NewEntry(
        flat_id, EntryKind.CHARGE, amounts.current_charges, work.today, work.today, "bill", str(bill.id), bill.id
    )
    await _post(work, new)
    return bill


async def pay(work: Work, flat_id: int, amount: str) -> None:
    """Cash, counted under its amount: two payments of one test differ in it."""
    source = f"{flat_id} {amount}"
    new = NewEntry(
        flat_id, EntryKind.PAYMENT, -Decimal(amount), work.today, work.today, "payment", source, method="cash"
    )
    await _post(work, new)


async def _post(work: Work, new: NewEntry) -> None:
    await accounts.post(work.conn, new)
    await statuses.recompute(work, [new.flat_id])

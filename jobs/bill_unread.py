"""Provisional bills in register mode: a flat that nobody read is billed for its average, when an admin asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.account import EntryKind
from domain.billing import first_free_start, price
from domain.metering import ReadingMode
from domain.money import ZERO
from domain.period import Period, billing_period, due_date, whole_month
from domain.provisional import MOST_IN_A_ROW, READINGS, provisional_units
from domain.tariff import effective_tariff, tariff_in_force
from domain.units import NO_UNITS
from jobs import bill_messages, statuses
from jobs.notify import delivery_time
from jobs.park_flats import park_wrong_books
from storage import accounts, audit, bills, flats, locks, month_facts, readings
from storage.accounts import NewEntry
from storage.billing_facts import flats_to_bill
from storage.bills import NewBill

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from domain.billing import BillAmounts
    from domain.period import Month
    from jobs.work import Work
    from storage.billing_facts import FlatToBill
    from storage.month_facts import Unread


class Hindrance(StrEnum):
    """Why an unread flat is not billed provisionally."""

    THIRD_MONTH = "third_month"
    NO_HISTORY = "no_history"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class Unbilled:
    """An unread flat with the bill that it would get, or what stands in the way."""

    flat_id: int
    flat_code: str
    period: Period
    amounts: BillAmounts | None = None
    hindrance: Hindrance | None = None

    @property
    def total(self) -> Decimal:
        """Rupees; zero without a bill."""
        return self.amounts.total_amount if self.amounts else ZERO


@dataclass(frozen=True, slots=True)
class Issued:
    """So many provisional bills are there now, rupees in all."""

    count: int
    total: Decimal


Shown = tuple[int, str]
"""A flat's id and the total of its bill as a button showed it."""


async def unread_flats(work: Work, month: Month) -> list[Unbilled]:
    """The flats nobody read in an ended, open month, each with its provisional bill; none where units are sent."""
    if work.society.reading_mode is not ReadingMode.REGISTER or work.today <= month.last_day:
        return []
    if (await locks.locked_months(work.conn)).touches(whole_month(month)):
        return []
    missing = await month_facts.unread(work.conn, whole_month(month))
    facts = await flats_to_bill(work.conn, [one.flat_id for one in missing])
    found = [await _unbilled(work, one, facts[one.flat_id], month) for one in missing]
    return [one for one in found if one is not None]


def shown(found: Sequence[Unbilled]) -> list[Shown]:
    """What a button binds: the flats that can be billed, with their totals."""
    return [(one.flat_id, str(one.total)) for one in found if one.amounts is not None]


async def bill_unread(work: Work, month: Month, bound: Sequence[Shown]) -> Issued | list[Unbilled]:
    """Issue exactly the provisional bills that were shown, once; else the flats as they stand now, nothing done."""
    held = await flats.lock_flats(work.conn, [flat_id for flat_id, _ in bound])
    await park_wrong_books(work, held)
    now = await unread_flats(work, month)
    if not bound or shown(now) != [(flat_id, total) for flat_id, total in bound]:
        return now
    chosen = [one for one in now if one.amounts is not None]
    ids = await bills.insert_bills(work.conn, [_new(work, one) for one in chosen])
    issued = dict(zip(ids, chosen, strict=True))
    await accounts.post_many(work.conn, [_charge(work, bill_id, one) for bill_id, one in issued.items()])
    await statuses.recompute(work, held)
    await _record(work, issued)
    await bill_messages.send_many(work, {one.flat_id: bill for bill, one in issued.items()}, delivery_time(work))
    return Issued(len(ids), sum((one.total for one in chosen), start=ZERO))


async def _unbilled(work: Work, one: Unread, flat: FlatToBill, month: Month) -> Unbilled | None:
    """None where the flat is billed beyond the month already."""
    proposed = billing_period(flat.last_billed_end, month.last_day)
    period = Period(first_free_start(proposed.start, {bill.start for bill in flat.bills}), month.last_day)
    if flat.last_billed_end is not None and flat.last_billed_end >= month.last_day:
        return None
    bare = (one.flat_id, one.flat_code, period)
    if flat.parked is not None or any(bill.foreign and bill.live for bill in flat.bills):
        return Unbilled(*bare, hindrance=Hindrance.SET_ASIDE)
    if len(flat.provisional) >= MOST_IN_A_ROW:
        return Unbilled(*bare, hindrance=Hindrance.THIRD_MONTH)
    used = await _average(work, one, month.first_day)
    if used is None:
        return Unbilled(*bare, hindrance=Hindrance.NO_HISTORY)
    row = tariff_in_force(flat.tariffs, period.end)
    tariff = effective_tariff(row, flat.unit_id, flat.code, flat.flat_type)
    return Unbilled(*bare, amounts=price(used, NO_UNITS, tariff, flat.balance))


async def _average(work: Work, one: Unread, before: date) -> Decimal | None:
    past = await readings.history(work.conn, one.meter_id, READINGS + 1, before=before)
    return provisional_units([(reading.date, reading.used) for reading in past])


def _new(work: Work, one: Unbilled) -> NewBill:
    if one.amounts is None:
        raise ValueError(one.hindrance)
    due = due_date(work.today, work.society.due_days)
    by = work.actor.person_id
    return NewBill(one.flat_id, one.period, due, one.amounts, work.now, issued_by=by, provisional=True)


def _charge(work: Work, bill_id: int, one: Unbilled) -> NewEntry:
    return NewEntry(
        flat_id=one.flat_id,
        kind=EntryKind.CHARGE,
        amount=one.amounts.current_charges if one.amounts else ZERO,
        posted_on=work.today,
        value_date=work.today,
        source_type="bill",
        source_id=str(bill_id),
        bill_id=bill_id,
        recorded_by=work.actor.person_id,
    )


async def _record(work: Work, issued: dict[int, Unbilled]) -> None:
    await audit.record_many(
        work.conn,
        actor_id=work.actor.person_id,
        actor=work.actor.name,
        action="bill.issued",
        subject_type="bill",
        after={
            str(bill_id): {
                "flat": one.flat_code,
                "from": one.period.start,
                "to": one.period.end,
                "units": one.amounts and one.amounts.total_units,
                "total": one.total,
                "provisional": True,
            }
            for bill_id, one in issued.items()
        },
        ref=work.ref,
    )

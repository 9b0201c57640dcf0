"""The bill a reading would become: the same figures on the admin's card and in the books."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.billing import BillAmounts, first_free_start, price
from domain.locks import MonthLockedError
from domain.metering import ReadingMode, billable_units
from domain.money import ZERO
from domain.period import Month, Period, billing_period, due_date
from domain.provisional import Provisional, TrueUp, true_up
from domain.tariff import Tariff, effective_tariff, tariff_in_force
from domain.units import NO_UNITS
from jobs.motor_groups import Group, groups_of
from storage import locks
from storage.billing_facts import EarlierBill, FlatToBill, flats_to_bill
from storage.readings import ReadingState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from decimal import Decimal
    from typing import Any, Self

    from domain.locks import LockedMonths
    from jobs.work import Work
    from storage.readings import Reading

FARTHEST_PERIOD = timedelta(days=400)
"""How far from the reading a typed period may begin or end; further is a slip of the finger."""
LONGEST_DUE = timedelta(days=366)


class Obstacle(StrEnum):
    """Why a reading cannot become a bill as things are."""

    BILLED = "billed"
    PARKED = "parked"
    FOREIGN_BILL = "foreign_bill"
    LOCKED = "locked"
    NO_BASELINE = "no_baseline"
    OUT_OF_ORDER = "out_of_order"
    BACKWARDS = "backwards"
    BAD_PERIOD = "bad_period"
    BAD_DUE_DATE = "bad_due_date"
    MONTH_BILLED = "month_billed"
    WAITING_FOR_MOTOR = "waiting_for_motor"
    MOTOR_TWICE = "motor_twice"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an admin may decide about a bill before it is issued; what is empty is decided by the rules.

    `with_fixed_charge` answers the question asked for a further bill of a month already billed.
    """

    start: date | None = None
    end: date | None = None
    due: date | None = None
    with_fixed_charge: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """What was decided, for a button or for a reading that waits."""
        days = {"start": self.start, "end": self.end, "due": self.due}
        chosen: dict[str, Any] = {name: day.isoformat() for name, day in days.items() if day}
        return chosen if self.with_fixed_charge is None else {**chosen, "fixed": self.with_fixed_charge}

    @classmethod
    def of_json(cls, raw: Mapping[str, Any]) -> Self:
        """Inverse of `as_json`."""
        days = {name: date.fromisoformat(raw[name]) for name in ("start", "end", "due") if name in raw}
        return cls(**days, with_fixed_charge=raw.get("fixed"))


NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Draft:
    """A bill not yet issued. Without `amounts` it cannot even be priced; with `obstacle` it cannot be issued.

    `earlier` is the bill of the same month, or the one from outside (FOREIGN_BILL). `group` is where the motor that
    serves the flat was read in that month: with this reading approved, its shares as they stand. `true_up` sets the
    reading off against provisional bills: its credit is posted just before the bill, and is in the arrears already.
    """

    reading: Reading
    flat: FlatToBill
    tariff: Tariff
    period: Period
    due: date
    terms: Terms
    amounts: BillAmounts | None = None
    obstacle: Obstacle | None = None
    earlier: EarlierBill | None = None
    group: Group | None = None
    true_up: TrueUp | None = None

    @property
    def total(self) -> Decimal:
        """Rupees; zero where nothing can be priced."""
        return self.amounts.total_amount if self.amounts else ZERO

    @property
    def unread_motor(self) -> str | None:
        """The flat's motor, where the bill has no share of it because it is not read in that month (billing rule 10).

        A further bill of the month has no part in it.
        """
        meter = self.reading.meter
        if self.group or self.earlier or self.reading.motor_share is not None or meter.motor_meter is None:
            return None
        return meter.motor_name


async def draft(work: Work, reading: Reading, terms: Terms = NO_TERMS) -> Draft:
    """What the bill of one flat reading would be now."""
    return (await drafts(work, [reading], terms))[0]


async def drafts(
    work: Work,
    chosen: Sequence[Reading],
    terms: Terms = NO_TERMS,
    decided: Collection[int] = (),
    left_out: int | None = None,
) -> list[Draft]:
    """What the bills of flat readings would be, each by itself, in the order given.

    `decided` are ids of readings, of motors too, that count as approved. A reading that was approved with terms of its
    own and waits keeps them. `left_out` is the id of a motor's reading that counts as not there.
    """
    flats = await flats_to_bill(work.conn, [reading.meter.flat_id for reading in chosen if reading.meter.flat_id])
    locked = await locks.locked_months(work.conn)
    shared = await groups_of(work, {(one.meter.flat_id or 0, Month.of(one.date)) for one in chosen})
    groups = {key: group for key, group in shared.items() if group.reading_id != left_out}
    return [
        _draft(
            work,
            reading,
            flats[reading.meter.flat_id or 0],
            locked,
            _terms(work, reading, terms),
            _group(work, reading, flats[reading.meter.flat_id or 0], groups, decided),
        )
        for reading in chosen
    ]


def _terms(work: Work, reading: Reading, terms: Terms) -> Terms:
    """Those given, else those it was approved with; a due date that passed while it waited is left to the rules.

    Where only a due date is given, as for a whole month, it replaces the one of a reading with terms of its own.
    """
    if reading.terms is None or terms != Terms(due=terms.due):
        return terms
    kept = Terms.of_json(reading.terms)
    passed = kept.due is not None and kept.due < work.today
    return replace(kept, due=terms.due or (None if passed else kept.due))


def _group(
    work: Work,
    reading: Reading,
    flat: FlatToBill,
    groups: Mapping[tuple[int, Month], Group],
    decided: Collection[int],
) -> Group | None:
    """The flat's group with this reading approved; a further bill of the month has no part in it."""
    month = Month.of(reading.date)
    found = groups.get((flat.id, month))
    if found is None or any(bill.live and Month.of(bill.end) == month for bill in flat.bills):
        return None
    member = found.member(flat.id)
    if not found.closed and member is not None and member.bill_id is not None:
        return None
    read = _units(work, reading) or NO_UNITS
    settled = _true_up(work, flat, reading, read)
    used = settled.units if settled else max(NO_UNITS, read)
    return found.with_decided(decided).with_approved(flat.id, reading.id, used, reading.motor_share)


def _draft(  # noqa: PLR0917 - all that a bill depends on
    work: Work, reading: Reading, flat: FlatToBill, locked: LockedMonths, terms: Terms, group: Group | None
) -> Draft:
    period = _period(flat, reading, terms)
    row = tariff_in_force(flat.tariffs, period.end)
    tariff = effective_tariff(row, flat.unit_id, flat.code, flat.flat_type)
    due = terms.due or due_date(work.today, work.society.due_days)
    return _judged(_priced(work, Draft(reading, flat, tariff, period, due, terms, group=group)), work, locked)


def _period(flat: FlatToBill, reading: Reading, terms: Terms) -> Period:
    proposed = billing_period(flat.last_billed_end, reading.date)
    start = terms.start or proposed.start
    return Period(first_free_start(start, {bill.start for bill in flat.bills}), terms.end or proposed.end)


def _priced(work: Work, bare: Draft) -> Draft:
    """With the sum, and with the bill of the same month where there is one: then without fixed charge unless chosen."""
    month = bare.period.month
    same_month = [bill for bill in bare.flat.bills if bill.live and Month.of(bill.end) == month]
    earlier = same_month[-1] if same_month else None
    used = _units(work, bare.reading)
    if used is None or used < 0:
        return replace(bare, earlier=earlier)
    share = _share(bare)
    fixed = bare.terms.with_fixed_charge if earlier else True
    settled = _true_up(work, bare.flat, bare.reading, used)
    owed = bare.flat.balance - (settled.credit if settled else ZERO)
    amounts = price(settled.units if settled else used, share, bare.tariff, owed, with_fixed_charge=bool(fixed))
    return replace(bare, earlier=earlier, amounts=amounts, true_up=settled)


def _true_up(work: Work, flat: FlatToBill, reading: Reading, used: Decimal) -> TrueUp | None:
    """A register shows what was used in the months that were billed provisionally, too, unless its meter is new."""
    before = reading.previous.date if reading.previous else None
    billed = flat.provisional_since(before, reading.course.unknown_until)
    if work.society.reading_mode is not ReadingMode.REGISTER or not billed:
        return None
    return true_up(used, [Provisional(one.flat_units or NO_UNITS, one.rate_per_unit or ZERO) for one in billed])


def _share(bare: Draft) -> Decimal:
    """The share entered stands, else the flat's part of its motor's units; none where its motor was not read."""
    if bare.reading.motor_share is not None:
        return bare.reading.motor_share
    member = bare.group.member(bare.flat.id) if bare.group else None
    return NO_UNITS if member is None or member.noted else member.share


def _units(work: Work, reading: Reading) -> Decimal | None:
    before = reading.previous.value if reading.previous else None
    return billable_units(work.society.reading_mode, reading.value, before, reading.course)


def _judged(bill: Draft, work: Work, locked: LockedMonths) -> Draft:
    """With the first thing that stands in its way, the least mendable first."""
    foreign = next((one for one in bill.flat.bills if one.foreign and one.live), None)
    found = {
        Obstacle.BILLED: bill.reading.state not in (ReadingState.PENDING, ReadingState.APPROVED),
        Obstacle.PARKED: bill.flat.parked is not None,
        Obstacle.FOREIGN_BILL: foreign is not None,
        Obstacle.NO_BASELINE: _units(work, bill.reading) is None,
        Obstacle.OUT_OF_ORDER: _out_of_order(bill, work),
        Obstacle.BACKWARDS: bill.amounts is None,
        Obstacle.BAD_PERIOD: not _sane_period(bill),
        Obstacle.LOCKED: _ends_locked(bill.period, locked),
        Obstacle.BAD_DUE_DATE: not timedelta() <= bill.due - work.today <= LONGEST_DUE,
        Obstacle.MONTH_BILLED: bill.earlier is not None and bill.terms.with_fixed_charge is None,
        Obstacle.WAITING_FOR_MOTOR: bill.group is not None and bill.group.waits,
    }
    first = next((obstacle for obstacle, there in found.items() if there), None)
    earlier = foreign if first is Obstacle.FOREIGN_BILL else bill.earlier
    return replace(bill, obstacle=first, earlier=earlier and _dated_here(work, earlier))


def _dated_here(work: Work, earlier: EarlierBill) -> EarlierBill:
    """Issued on the day that it was in the society."""
    return replace(earlier, issued_at=earlier.issued_at.astimezone(work.society.zone))


def _out_of_order(bill: Draft, work: Work) -> bool:
    """A register's units run from the reading before: that has to be billed first, and nothing after it yet."""
    before, last = bill.reading.previous, bill.flat.last_billed_end
    if work.society.reading_mode is not ReadingMode.REGISTER or before is None:
        return False
    undecided = before.state in (ReadingState.PENDING, ReadingState.APPROVED)
    return undecided or (last is not None and bill.reading.date <= last)


def _sane_period(bill: Draft) -> bool:
    """A typed period begins before it ends, both near the reading; one that follows from the rules always is."""
    typed = [day for day in (bill.terms.start, bill.terms.end) if day]
    near = all(abs(day - bill.reading.date) <= FARTHEST_PERIOD for day in typed)
    return near and not (typed and bill.period.start > bill.period.end)


def _ends_locked(period: Period, locked: LockedMonths) -> bool:
    try:
        locked.refuse_end_in(period)
    except MonthLockedError:
        return True
    return False

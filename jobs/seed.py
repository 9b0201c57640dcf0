"""The sample society: the sample workbook, three months of readings, an engineer, an admin, a family with a bill.

Everybody is made up; the numbers are reserved for drama.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.payments import PaymentMethod
from domain.period import Month
from domain.roles import Role
from jobs.import_master_data import import_master
from jobs.issue_bill import Issued, issue
from jobs.record_payment import PaymentSlip, record
from storage import meters, people, readings, sample
from storage.readings import Measurement, ReadingState, Sender

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobs.master_workbook import MasterWorkbook
    from jobs.work import Work

STAFF = (("Ravi", "+447700900101", Role.ENGINEER), ("Rekha", "+447700900102", Role.ADMIN))
SECOND_OWNER = ("B17-FF", "Mrs Sharma", "+447700900104")
SHARMA = "B17-FF"
_MONTHS = 3
_SHARMAS_UNITS = (Decimal(138), Decimal(151), Decimal(144))


class NotEmptyError(Exception):
    """The database has data already. The sample society goes into an empty one only: nothing was changed."""

    def __str__(self) -> str:
        return type(self).__doc__ or ""


@dataclass(frozen=True, slots=True)
class _Past:
    flat_code: str
    day: date
    units: Decimal


async def seed(work: Work, workbook: MasterWorkbook) -> int:
    """Fill an empty database and return the number of units. Raises NotEmptyError."""
    if not await sample.is_empty(work.conn):
        raise NotEmptyError
    plan = await import_master(work, workbook, "sample workbook")
    await _staff(work)
    await sample.add_second_owner(work.conn, *SECOND_OWNER)
    past = list(_past(work, [row.flat_code for row in workbook.rows if row.flat_code != SHARMA]))
    columns = [one.flat_code for one in past], [one.day for one in past], [one.units for one in past]
    await sample.add_past_readings(work.conn, *columns)
    await _sharmas_bills(work)
    return plan.rows


async def _staff(work: Work) -> None:
    for name, phone, role in STAFF:
        person = await people.add_person(work.conn, name, phone)
        await people.grant(work.conn, person.id, role, None)


def _days(work: Work) -> list[date]:
    """The 2nd of each of the last months, oldest first."""
    month, days = Month.of(work.today), []
    for _ in range(_MONTHS):
        month = month.previous()
        days.append(month.first_day + timedelta(days=1))
    return days[::-1]


def _past(work: Work, codes: Sequence[str]) -> Iterator[_Past]:
    """Each flat has its habit and varies a little; the same at every run."""
    chance = random.Random("sample society")  # noqa: S311 - made-up figures, no secrets
    for code in codes:
        habit = chance.randint(90, 320)
        for day in _days(work):
            yield _Past(code, day, Decimal(habit + chance.randint(-habit // 8, habit // 8)))


async def _sharmas_bills(work: Work) -> None:
    """The Sharmas were billed every month; all but what is new is paid."""
    for day, units in zip(_days(work), _SHARMAS_UNITS, strict=True):
        moment = datetime.combine(day, time(10), work.society.zone)
        issued = await _bill(replace(work, now=moment), day, units)
        if issued is not None:
            slip = PaymentSlip(SHARMA, issued.bill.total_amount, PaymentMethod.CASH)
            await record(replace(work, now=moment + timedelta(days=5)), slip, f"sample:{day.isoformat()}")


async def _bill(work: Work, day: date, units: Decimal) -> Issued | None:
    [meter] = await meters.of_flat(work.conn, SHARMA)
    sender = Sender(person_id=None, at=work.now, chat_id=None, message_id=None)
    what = Measurement(units, None, day, (), confirmed=True)
    reading_id = await readings.insert(work.conn, meter.id, what, sender, f"sample:{day.isoformat()}")
    if reading_id is None:
        return None
    await readings.set_state(work.conn, reading_id, ReadingState.APPROVED, by=None, at=work.now)
    outcome = await issue(work, reading_id)
    return outcome if isinstance(outcome, Issued) else None

"""The sample society: the sample workbook, three months of readings, billed and paid, an engineer and an admin.

Everybody is made up; the numbers are reserved for drama.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING

from domain.account import EntryKind
from domain.metering import ReadingMode
from domain.money import ZERO
from domain.payments import PaymentMethod, PaymentSource
from domain.period import Month
from domain.roles import Role
from jobs import statuses
from jobs.draft_bill import drafts
from jobs.import_master_data import import_master
from jobs.issue_bills import issue_all
from storage import accounts, flats, people, readings, sample
from storage.accounts import NewEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobs.draft_bill import Draft
    from jobs.master_workbook import MasterWorkbook
    from jobs.work import Work

STAFF = (("Ravi", "+447700900101", Role.ENGINEER), ("Rekha", "+447700900102", Role.ADMIN))
SECOND_OWNER = ("B17-FF", "Mrs Sharma", "+447700900104")
SHARMA = "B17-FF"
_MONTHS = 3
_SHARMAS_UNITS = (Decimal(138), Decimal(151), Decimal(144))
_FIRST_REGISTER = Decimal(12000)
_SOON = timedelta(days=5)


class NotEmptyError(Exception):
    """The database has data already. The sample society goes into an empty one only: nothing was changed."""

    def __str__(self) -> str:
        return type(self).__doc__ or ""


async def seed(work: Work, workbook: MasterWorkbook) -> int:
    """Fill an empty database and return the number of units. Raises NotEmptyError."""
    if not await sample.is_empty(work.conn):
        raise NotEmptyError
    plan = await import_master(work, workbook, "sample workbook")
    await _staff(work)
    await sample.add_second_owner(work.conn, *SECOND_OWNER)
    past = _past(work, [row.flat_code for row in workbook.rows])
    for place, day in enumerate(_days(work)):
        await _month(work, day, {code: values[place] for code, values in past.items()})
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


def _past(work: Work, codes: Sequence[str]) -> dict[str, list[Decimal]]:
    """What was read of each flat, oldest first, in the society's reading mode; the same at every run."""
    used = _habits([code for code in codes if code != SHARMA]) | {SHARMA: _SHARMAS_UNITS}
    if work.society.reading_mode is ReadingMode.UNITS:
        return {code: list(units) for code, units in used.items()}
    return {code: list(accumulate(units, initial=_FIRST_REGISTER))[1:] for code, units in used.items()}


def _habits(codes: Sequence[str]) -> dict[str, Sequence[Decimal]]:
    """Each flat has its habit and varies a little."""
    chance = random.Random("sample society")  # noqa: S311 - made-up figures, no secrets
    found: dict[str, Sequence[Decimal]] = {}
    for code in codes:
        habit = chance.randint(90, 320)
        found[code] = [Decimal(habit + chance.randint(-habit // 8, habit // 8)) for _ in range(_MONTHS)]
    return found


async def _month(work: Work, day: date, read: Mapping[str, Decimal]) -> None:
    """All flats were read on that day, billed at once and paid soon; what could not be billed is history."""
    moment = datetime.combine(day, time(10), work.society.zone)
    then = replace(work, now=moment)
    ids = await sample.add_past_readings(work.conn, moment, list(read), list(read.values()))
    found = await drafts(then, await readings.get_many(work.conn, ids))
    agreed = [one for one in found if one.obstacle is None]
    await issue_all(then, agreed, moment)
    await sample.keep_as_history(work.conn, [one.reading.id for one in found if one.obstacle is not None])
    await _pay(replace(work, now=moment + _SOON), agreed)


async def _pay(work: Work, billed: Sequence[Draft]) -> None:
    """Everybody brings what is owed to the office, in cash."""
    paid = [_payment(work, one) for one in billed if one.total > ZERO]
    await flats.lock_flats(work.conn, [one.flat_id for one in paid])
    await accounts.post_many(work.conn, paid)
    await statuses.recompute(work, [one.flat_id for one in paid])


def _payment(work: Work, one: Draft) -> NewEntry:
    return NewEntry(
        flat_id=one.flat.id,
        kind=EntryKind.PAYMENT,
        amount=-one.total,
        posted_on=work.today,
        value_date=work.today,
        source_type=PaymentSource.OFFICE.value,
        source_id=f"sample:{one.reading.id}",
        method=PaymentMethod.CASH.value,
    )

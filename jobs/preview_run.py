"""What a monthly run would do: how much, against the month before, what stands in the way, and what is missing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import nlargest
from typing import TYPE_CHECKING, Final

from domain.money import ZERO
from domain.period import Month, Period, due_date, whole_month
from jobs.check_photos import checks
from jobs.draft_bill import Terms, drafts
from jobs.monthly_run import locked_months_in, outcome_of
from jobs.spread import spread
from storage import locks, month_facts, readings
from storage.bill_runs import Listed, Outcome
from storage.month_gaps import month_gaps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from hashlib import _Hash as HASH  # its only name in the standard library's types

    from domain.photo_checks import Check
    from jobs.draft_bill import Draft
    from jobs.spread import Spread
    from jobs.work import Work
    from storage.month_facts import LastBill
    from storage.month_gaps import MonthGaps

_AT_ONCE: Final = 200
_MOVERS: Final = 10


@dataclass(frozen=True, slots=True)
class Mover:
    """A flat whose current charges differ much from the month before; rupees, None where it had no bill then."""

    flat_code: str
    now: Decimal
    before: Decimal | None

    @property
    def change(self) -> Decimal:
        """Rupees more (or less) than the month before."""
        return self.now - (self.before or ZERO)


@dataclass(frozen=True, slots=True)
class Preview:
    """What issuing the period now would come to. `key` names exactly these bills and totals, for a button.

    `last_count` and `last_total` are the bills of the month before. `listed` are readings that would get no bill,
    `gaps` says what was not read, `already` bills of the period that are there. `waits_for` names the motors and the
    flats that wait for each. `pending` readings of flats wait for an admin. `locked`: the run is refused.
    `spread`: on how many days its messages go out, where a platform limits that. Of `contradicted` flats, approved
    before, the photo says something else.
    """

    period: Period
    due: date
    count: int
    total: Decimal
    key: str
    last_count: int
    last_total: Decimal
    movers: tuple[Mover, ...]
    listed: tuple[Listed, ...]
    waits_for: tuple[tuple[str, int], ...]
    gaps: MonthGaps
    default_priced: int
    pending: int
    already: int
    locked: tuple[Month, ...]
    spread: Spread | None = None
    contradicted: tuple[str, ...] = ()

    def flats(self, outcome: Outcome) -> list[str]:
        """Codes of the flats to which this would happen."""
        return [one.flat_code for one in self.listed if one.outcome is outcome]

    @property
    def skipped(self) -> int:
        """Readings that are billed already, or not to be billed yet."""
        return len(self.flats(Outcome.SKIPPED)) + self.pending + self.already


@dataclass(slots=True)
class _Tally:
    """What the drafts came to so far: a month of a large society does not fit into memory."""

    count: int = 0
    total: Decimal = ZERO
    movers: list[Mover] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    motors: dict[str, int] = field(default_factory=dict)
    default_priced: int = 0
    contradicted: list[str] = field(default_factory=list)
    key: HASH = field(default_factory=hashlib.sha256)


async def preview(work: Work, period: Period, due: date | None = None) -> Preview:
    """What a run over the period would issue now; changes nothing."""
    tally = _Tally()
    before = whole_month(Month.of(period.start).previous())
    seen: set[int] = set()
    to_bill = await month_facts.to_bill(work.conn, period)
    for first in range(0, len(to_bill), _AT_ONCE):
        ids = to_bill[first : first + _AT_ONCE]
        found = await drafts(work, await readings.get_many(work.conn, ids), Terms(due=due))
        flats = [one.flat.id for one in found]
        _add(tally, found, await month_facts.last_bills(work.conn, flats, before), seen)
        _doubt(tally, found, await checks(work, [one.reading for one in found]))
    last_count, last_total = await month_facts.billed(work.conn, before)
    already, _ = await month_facts.billed(work.conn, period)
    return Preview(
        period=period,
        due=due or due_date(work.today, work.society.due_days),
        count=tally.count,
        total=tally.total,
        key=tally.key.hexdigest()[:16],
        last_count=last_count,
        last_total=last_total,
        movers=tuple(tally.movers),
        listed=tuple(tally.listed),
        waits_for=tuple(sorted(tally.motors.items())),
        gaps=await month_gaps(work.conn, period, str(work.society.zone)),
        default_priced=tally.default_priced,
        pending=await month_facts.undecided(work.conn, period),
        already=already,
        locked=locked_months_in(period, await locks.locked_months(work.conn)),
        spread=await spread(work, seen),
        contradicted=tuple(tally.contradicted),
    )


def _doubt(tally: _Tally, found: Sequence[Draft], seen: Mapping[int, Check]) -> None:
    """A photo that has come to speak against a reading since the button was shown changes its key."""
    for one in found:
        check = seen.get(one.reading.id)
        if check is not None and check.held:
            tally.contradicted.append(one.flat.code)
            tally.key.update(f"{one.reading.id}!{check.mark};".encode())


def _add(tally: _Tally, found: Sequence[Draft], last: dict[int, LastBill], seen: set[int]) -> None:
    """A second reading of a flat is left to be asked about, as the run does once the first is billed."""
    for one in sorted(found, key=lambda draft: (draft.flat.id, draft.reading.date, draft.reading.id)):
        obstacle = one.obstacle.value if one.obstacle else ("month_billed" if one.flat.id in seen else None)
        if obstacle is None and one.amounts is not None:
            seen.add(one.flat.id)
            _count(tally, one, last.get(one.flat.id))
        else:
            tally.listed.append(Listed(one.flat.code, outcome_of(obstacle or ""), obstacle))
            if one.group is not None and obstacle == "waiting_for_motor":
                tally.motors[one.group.motor] = tally.motors.get(one.group.motor, 0) + 1


def _count(tally: _Tally, one: Draft, last: LastBill | None) -> None:
    tally.count += 1
    tally.total += one.total
    tally.default_priced += one.tariff.is_default
    tally.key.update(f"{one.reading.id}:{one.reading.version}:{one.total};".encode())
    charges = one.amounts.current_charges if one.amounts else ZERO
    mover = Mover(one.flat.code, charges, last.current_charges if last else None)
    tally.movers = _largest([*tally.movers, mover])


def _largest(movers: Iterable[Mover]) -> list[Mover]:
    return nlargest(_MOVERS, (one for one in movers if one.change and one.before is not None), key=_size)


def _size(mover: Mover) -> tuple[Decimal, str]:
    return abs(mover.change), mover.flat_code

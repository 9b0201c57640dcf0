"""P13: months under faults drawn from a seed break nothing, and the same seed comes to the same books again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest

from jobs.verify import Report, verify
from storage.migrate import migrate
from tests.chaos.fault_schedule import MonthOfFaults, drawn
from tests.chaos.simulated_months import FIRST, books, digest, months

SEED = 13
ENOUGH = 60
KINDS = ("CHARGE", "PAYMENT", "REVERSAL", "DEBIT_NOTE")
"""Of account entries; all are there after these months."""


@dataclass(frozen=True)
class Outcome:
    """What came of all months: the books, what `verify` found, the faults applied, and messages by their status."""

    books: dict[str, list[str]]
    report: Report
    applied: Counter[str]
    messages: Counter[str]
    failed: int


async def played(dsn: str, seed: int) -> Outcome:
    """All months under the faults of this seed."""
    async with months(dsn, seed) as made:
        month = FIRST
        for faults in drawn(seed):
            await made.month(month, faults)
            month = month.next()
        await made.stop()
        rows = await made.conn.fetch("select status, count(*) from notifications where outbox group by status")
        messages = Counter({row["status"]: row["count"] for row in rows})
        failed = await made.conn.fetchval("select count(*) from inbox where state = 'dead' or error is not null")
        return Outcome(await books(made.conn), await verify(made.conn), made.strikes.applied, messages, failed)


def test_a_seed_draws_the_same_faults_again() -> None:
    assert drawn(SEED) == drawn(SEED) != drawn(SEED + 1)


def total(schedule: tuple[MonthOfFaults, ...]) -> Counter[str]:
    return sum((faults.counted() for faults in schedule), start=Counter())


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_same_seed_comes_to_the_same_books(dsn: str, empty_dsn: str) -> None:
    await migrate(empty_dsn)
    first, again = await played(dsn, SEED), await played(empty_dsn, SEED)
    for one in (first, again):
        assert one.report.ok, one.report.findings
        assert one.report.parked == ()
        assert one.applied == total(drawn(SEED))
        assert one.failed == 0
        assert set(one.messages) <= {"sent", "unknown", "cancelled", "off"}
        assert one.messages["sent"] > ENOUGH
        assert all(any(kind in line for line in one.books["entries"]) for kind in KINDS)
    assert again.books == first.books
    assert digest(again.books) == digest(first.books)

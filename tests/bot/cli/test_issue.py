"""`billing issue`: the month from the command line."""

from __future__ import annotations

import asyncpg
import pytest

from tests.bot.cli.conftest import Billing

_READ = """
    insert into readings (meter_id, reading_date, reading_value, state)
    select id, '2031-05-20', 100, 'approved' from meters where flat_id is not null order by id limit 5"""


@pytest.fixture
async def with_readings(seeded: Billing, dsn: str) -> Billing:
    """The sample society with five approved readings of a month that has no others."""
    conn = await asyncpg.connect(dsn)
    await conn.execute(_READ)
    await conn.close()
    return seeded


def test_a_month_is_shown_issued_and_not_issued_twice(with_readings: Billing) -> None:
    month = ("issue", "--month", "2031-05", "--json")
    shown = with_readings(*month, "--dry-run").document
    done = with_readings(*month).document
    again = with_readings(*month).document
    assert (shown["issued"], shown["total_amount"]) == (done["issued"], done["total_amount"])
    assert (done["issued"], done["skipped"], done["failed"], done["collisions"], done["parked"]) == (5, 0, 0, 0, 0)
    assert (again["issued"], again["skipped"], again["total_amount"]) == (0, 5, "0.00")
    assert shown["written_to_first"] is None
    assert done["missing"] == len(done["missing_flats"]) == again["missing"] > 0


def test_what_was_done_is_told_in_words(with_readings: Billing) -> None:
    told = with_readings("issue", "--from", "2031-05-01", "--to", "2031-05-31", "--due-date", "2099-01-01")
    assert told.code == 2
    told = with_readings("issue", "--from", "2031-05-01", "--to", "2031-05-31")
    assert "5 bills issued, ₹" in told.out
    assert "flats were not read" in told.out


@pytest.mark.parametrize("period", [("--month", "2025-11"), ("--from", "2025-10-15", "--to", "2025-11-01")])
def test_a_locked_month_is_refused_whole(with_readings: Billing, period: tuple[str, ...]) -> None:
    for options in ((), ("--dry-run",)):
        ended = with_readings("issue", *period, *options, "--json")
        assert ended.code == 1
        assert "2025-11 is locked: nothing was issued" in ended.document["error"]["message"]


@pytest.mark.parametrize(
    "wrong",
    [(), ("--month", "2026-13"), ("--from", "2026-10-01"), ("--month", "2031-05", "--to", "2026-10-31"),
     ("--from", "2026-10-31", "--to", "2026-10-01"), ("--month", "2031-05", "--due-date", "2020-01-01")],
)  # fmt: skip
def test_wrong_usage(seeded: Billing, wrong: tuple[str, ...]) -> None:
    assert seeded("issue", *wrong).code == 2

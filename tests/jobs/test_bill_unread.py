"""Register mode: unread flats billed from their average, twice in a row at most, and set off against a true reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.metering import ReadingMode
from domain.period import Month
from jobs.ask_correction import Asked, Deed, Preview, preview
from jobs.bill_unread import Hindrance, Issued, Unbilled, bill_unread, shown, unread_flats
from jobs.change_flat import Change, Changed, Field, change
from jobs.correct_account import Posted, Voided, reverse, void_bill
from jobs.issue_bill import Issued as IssuedBill
from jobs.issue_bill import issue
from jobs.monthly_run import RunResult, run_month
from jobs.verify import verify
from jobs.work import Work
from jobs.workplace import Workplace
from storage import accounts, bill_views, readings
from storage.database import Connection, Database
from storage.readings import ReadingState
from tests.society import SOCIETY, Home, Town, build, past, work

REGISTER = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
CODE = "B17-FF"


@pytest.fixture
async def town(db: Database) -> Town:
    """B17-FF used 140 units a month on average and was last read and billed in September."""
    async with db.transaction() as conn:
        built = await build(conn)
        home = built.flat(CODE)
        for month, register in ((6, "1000"), (7, "1120"), (8, "1260"), (9, "1420")):
            await past(conn, home, date(2026, month, 2), register)
    return built


def job(conn: Connection, town: Town, today: date) -> Work:
    return work(conn, town.rekha, datetime.combine(today, time(5), UTC), REGISTER)


async def bill(conn: Connection, town: Town, month: Month) -> Issued | list[Unbilled]:
    """What an admin sees on the first of the next month, and presses."""
    at_work = job(conn, town, month.last_day + timedelta(days=1))
    return await bill_unread(at_work, month, shown(await unread_flats(at_work, month)))


async def of_flat(conn: Connection, town: Town, month: Month) -> Unbilled:
    found = await unread_flats(job(conn, town, month.last_day + timedelta(days=1)), month)
    return next(one for one in found if one.flat_code == CODE)


async def rows(conn: Connection, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await conn.fetch(sql)]


_BILLS = """
    select billing_period_start, billing_period_end, flat_units, fixed_charge, previous_outstanding, total_amount,
           provisional from bills where status <> 'void' order by id"""
_NOTES = "select kind, amount from account_entries where kind <> 'CHARGE' order by id"


async def test_an_unread_flat_is_billed_for_its_average_once(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        read = await unread_flats(job(conn, town, date(2026, 10, 1)), Month(2026, 9))
        assert CODE not in {one.flat_code for one in read}
        assert await bill(conn, town, Month(2026, 10)) == Issued(1, Decimal("3154.00"))
        assert isinstance(await bill(conn, town, Month(2026, 10)), list)
        assert await rows(conn, _BILLS) == [
            (date(2026, 10, 1), date(2026, 10, 31), Decimal(140), Decimal(1474), Decimal(0), Decimal(3154), True)
        ]
        assert await rows(conn, "select kind, bulk from notifications") == [("bill", True)]
        assert (await verify(conn)).ok


async def test_two_in_a_row_and_the_third_month_is_left(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        for month in (10, 11):
            assert isinstance(await bill(conn, town, Month(2026, month)), Issued)
        assert (await of_flat(conn, town, Month(2026, 12))).hindrance is Hindrance.THIRD_MONTH
        assert isinstance(await bill(conn, town, Month(2026, 12)), list)
        assert await rows(conn, "select count(*), count(distinct provisional) from bills") == [(2, 1)]


async def true_reading(conn: Connection, town: Town, register: str) -> tuple[Work, int]:
    """Read on 2 Dec after two provisional months of 140 units each."""
    for month in (10, 11):
        await bill(conn, town, Month(2026, month))
    return job(conn, town, date(2026, 12, 3)), await past(
        conn, town.flat(CODE), date(2026, 12, 2), register, state="approved"
    )


async def test_a_higher_reading_is_billed_for_the_rest(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        at_work, reading_id = await true_reading(conn, town, "1850")
        assert isinstance(await issue(at_work, reading_id), IssuedBill)
        last = (await rows(conn, _BILLS))[-1]
        assert last == (
            date(2026, 12, 1), date(2026, 12, 2), Decimal(150), Decimal(1474), Decimal(6308), Decimal(9582), False
        )  # fmt: skip
        assert await rows(conn, _NOTES) == []
        assert (await verify(conn)).ok


async def test_a_lower_reading_is_credited_at_the_provisional_rate(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        at_work, reading_id = await true_reading(conn, town, "1600")
        await conn.execute("update tariffs set rate_per_unit = 15 where flat_id = $1", town.flat(CODE).flat_id)
        assert isinstance(await issue(at_work, reading_id), IssuedBill)
        last = (await rows(conn, _BILLS))[-1]
        assert (last[2], last[4], last[5]) == (Decimal(0), Decimal(5108), Decimal(6582))
        assert await rows(conn, _NOTES) == [("CREDIT_NOTE", Decimal(-1200))]
        assert (await verify(conn)).ok


async def test_the_run_sets_off_as_a_single_approval_does(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await true_reading(conn, town, "1600")
    done = await run_month(Workplace(db, REGISTER, lambda: datetime(2027, 1, 1, tzinfo=UTC)), Month(2026, 12))
    assert isinstance(done, RunResult)
    assert done.progress.issued == 1
    async with db.transaction() as conn:
        assert (await rows(conn, _BILLS))[-1][4:6] == (Decimal(5108), Decimal(6582))
        assert await rows(conn, _NOTES) == [("CREDIT_NOTE", Decimal(-1200))]
        assert (await verify(conn)).ok


async def test_only_where_registers_are_read_in_ended_open_months(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        units = work(conn, town.rekha, datetime(2026, 11, 1, 5, tzinfo=UTC))
        assert await unread_flats(units, Month(2026, 10)) == []
        assert await unread_flats(job(conn, town, date(2026, 10, 31)), Month(2026, 10)) == []
        assert await unread_flats(job(conn, town, date(2026, 11, 1)), Month(2025, 11)) == []
        others = await unread_flats(job(conn, town, date(2026, 11, 1)), Month(2026, 10))
        assert {one.hindrance for one in others if one.flat_code != CODE} == {Hindrance.NO_HISTORY}


async def test_what_changed_since_it_was_shown_is_not_billed(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        at_work = job(conn, town, date(2026, 11, 1))
        bound = shown(await unread_flats(at_work, Month(2026, 10)))
        await past(conn, town.flat(CODE), date(2026, 10, 31), "1500", state="pending")
        assert isinstance(await bill_unread(at_work, Month(2026, 10), bound), list)
        assert await rows(conn, "select count(*) from bills") == [(0,)]


async def owed(conn: Connection, town: Town) -> Decimal:
    return await accounts.balance(conn, town.flat(CODE).flat_id)


async def trued_up(conn: Connection, town: Town) -> tuple[Work, int, int]:
    """October by estimate, 140 units, then 50 read on 2 Nov: 1,080 off, 3,548 owed. With the reading and its bill."""
    await bill(conn, town, Month(2026, 10))
    at_work = job(conn, town, date(2026, 11, 3))
    reading_id = await past(conn, town.flat(CODE), date(2026, 11, 2), "1470", state="approved")
    done = await issue(at_work, reading_id)
    assert isinstance(done, IssuedBill)
    assert await owed(conn, town) == Decimal(3154 - 1080 + 1474)
    return at_work, reading_id, done.bill.id


async def test_a_voided_bill_takes_its_credit_with_it(db: Database, town: Town) -> None:
    """The estimate is voided as well: what is left to bill are the 50 units that were read, 600 + 1,474."""
    async with db.transaction() as conn:
        at_work, reading_id, true = await trued_up(conn, town)
        seen = await preview(at_work, Asked(Deed.VOID, CODE, true))
        assert isinstance(seen, Preview)
        assert (seen.before, seen.after) == (Decimal(3548), Decimal(3154))
        done = await void_bill(at_work, true, "wrong_reading")
        assert isinstance(done, Voided)
        assert done.owed == await owed(conn, town) == Decimal(3154)
        estimate = await conn.fetchval("select id from bills where provisional")
        assert isinstance(await void_bill(at_work, estimate, "wrong_reading"), Voided)
        assert await owed(conn, town) == 0
        again = await issue(at_work, reading_id)
        assert isinstance(again, IssuedBill)
        assert again.draft.true_up is None
        assert await owed(conn, town) == Decimal(2074)
        assert (await verify(conn)).ok


async def test_a_bill_made_again_is_credited_anew(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        at_work, reading_id, true = await trued_up(conn, town)
        assert isinstance(await void_bill(at_work, true, "wrong_price"), Voided)
        assert isinstance(await issue(at_work, reading_id), IssuedBill)
        assert await owed(conn, town) == Decimal(3548)
        assert await rows(conn, _NOTES) == [
            ("CREDIT_NOTE", Decimal(-1080)),
            ("REVERSAL", Decimal(-1474)),
            ("REVERSAL", Decimal(1080)),
            ("CREDIT_NOTE", Decimal(-1080)),
        ]
        assert (await verify(conn)).ok


async def test_an_estimate_after_a_voided_bill_forgets_nothing(db: Database, town: Town) -> None:
    """The reading was wrong: November is estimated too, and 320 units in December are 40 more than both estimates."""
    async with db.transaction() as conn:
        at_work, reading_id, true = await trued_up(conn, town)
        assert isinstance(await void_bill(at_work, true, "wrong_reading"), Voided)
        await readings.set_state(conn, reading_id, ReadingState.WITHDRAWN)
        assert isinstance(await bill(conn, town, Month(2026, 11)), Issued)
        late = await past(conn, town.flat(CODE), date(2026, 12, 2), "1740", state="approved")
        assert isinstance(await issue(job(conn, town, date(2026, 12, 3)), late), IssuedBill)
        assert await owed(conn, town) == Decimal(320 * 12 + 3 * 1474)
        assert (await verify(conn)).ok


async def test_a_credit_undone_by_itself_is_not_undone_again(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        at_work, _, true = await trued_up(conn, town)
        note = await conn.fetchval("select id from account_entries where source_type = 'true_up'")
        assert isinstance(await reverse(at_work, note, "slip"), Posted)
        assert isinstance(await void_bill(at_work, true, "wrong_reading"), Voided)
        assert await owed(conn, town) == Decimal(3154)
        assert (await verify(conn)).ok


async def swapped(conn: Connection, town: Town) -> Home:
    """B17-FF with a new meter since 2 Nov, which began at 0."""
    new = Change(Field.METER, town.flat(CODE).meter_number, "99000001")
    assert isinstance(await change(job(conn, town, date(2026, 11, 2)), CODE, new), Changed)
    meter_id = await conn.fetchval("select id from meters where meter_number = '99000001'")
    home = replace(town.flat(CODE), meter_id=meter_id)
    await past(conn, home, date(2026, 11, 2), "0")
    return home


async def test_a_new_meters_units_all_count_after_an_estimate(db: Database, town: Town) -> None:
    """Nobody read the old meter before it went: what October was estimated at stands."""
    async with db.transaction() as conn:
        await bill(conn, town, Month(2026, 10))
        home = await swapped(conn, town)
        reading_id = await past(conn, home, date(2026, 12, 2), "145", state="approved")
        done = await issue(job(conn, town, date(2026, 12, 3)), reading_id)
        assert isinstance(done, IssuedBill)
        assert done.draft.true_up is None
        assert (await rows(conn, _BILLS))[-1][2] == Decimal(145)
        assert await owed(conn, town) == Decimal((140 + 145) * 12 + 2 * 1474)
        view = await bill_views.owned_bill(conn, town.sharma.person_id, done.bill.id)
        assert view is not None
        assert view.estimates is None
        assert (await verify(conn)).ok


async def test_the_old_meters_last_reading_settles_the_estimate(db: Database, town: Town) -> None:
    """It showed 1470 when it went: 50 units of the 140 estimated. The new meter's 145 come on top."""
    async with db.transaction() as conn:
        await bill(conn, town, Month(2026, 10))
        last = await past(conn, town.flat(CODE), date(2026, 11, 2), "1470", state="approved")
        home = await swapped(conn, town)
        settled = await issue(job(conn, town, date(2026, 11, 3)), last)
        assert isinstance(settled, IssuedBill)
        assert settled.draft.true_up is not None
        assert settled.draft.true_up.credit == Decimal(1080)
        view = await bill_views.owned_bill(conn, town.sharma.person_id, settled.bill.id)
        assert view is not None
        assert view.estimates is not None
        assert view.estimates.taken_off == Decimal(1080)
        reading_id = await past(conn, home, date(2026, 12, 2), "145", state="approved")
        assert isinstance(await issue(job(conn, town, date(2026, 12, 3)), reading_id), IssuedBill)
        assert await owed(conn, town) == Decimal((50 + 145) * 12 + 3 * 1474)
        assert (await verify(conn)).ok

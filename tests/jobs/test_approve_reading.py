"""From a pending reading to a bill: the rules at work on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.account import EntryKind
from domain.metering import ReadingMode
from domain.period import Period
from jobs.approve_reading import (
    Accepted,
    Approval,
    Approved,
    Changed,
    Corrected,
    Decided,
    OwnReading,
    SentBack,
    Stopped,
    approve,
    correct,
    preview,
    send_back,
)
from jobs.draft_bill import NO_TERMS, Draft, Obstacle, Terms
from jobs.issue_bill import Issued
from jobs.verify import verify
from storage import accounts, audit, bills, parked, readings
from storage.accounts import NewEntry
from storage.database import Connection, Database
from storage.readings import Measurement, ReadingState, Sender
from tests.society import SOCIETY, Resident, Town, billed, build, past, work

NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
READ = date(2026, 11, 2)


@pytest.fixture
async def conn(db: Database) -> AsyncIterator[Connection]:
    async with db.transaction() as conn:
        yield conn


@pytest.fixture
async def town(conn: Connection) -> Town:
    return await build(conn)


async def sent(
    conn: Connection,
    town: Town,
    code: str,
    value: str,
    *,
    on: date = READ,
    share: str | None = None,
    by: Resident | None = None,
) -> int:
    """A pending reading as an engineer sends it."""
    who = by or town.ravi
    what = Measurement(Decimal(value), Decimal(share) if share else None, on)
    key = f"test:{code}:{on}:{value}"
    sender = Sender(who.person_id, NOW, who.chat_id, "7")
    reading_id = await readings.insert(conn, town.flat(code).meter_id, what, sender, key)
    assert reading_id is not None
    return reading_id


async def pressed(
    conn: Connection, who: Resident, reading_id: int, terms: Terms = NO_TERMS, now: datetime = NOW
) -> Approval:
    """Look at the card, then press what it shows."""
    todo = work(conn, who, now)
    seen = await preview(todo, reading_id, terms)
    return await approve(todo, reading_id, seen.draft.reading.version, seen.draft.total, terms)


async def issued(conn: Connection, who: Resident, reading_id: int, terms: Terms = NO_TERMS) -> Issued:
    outcome = await pressed(conn, who, reading_id, terms)
    assert isinstance(outcome, Approved)
    return outcome.issued


async def owes(conn: Connection, town: Town, code: str, amount: str) -> None:
    """A debt from before."""
    new = NewEntry(town.flat(code).flat_id, EntryKind.OPENING, Decimal(amount), READ, READ, "test", f"{code}{amount}")
    await accounts.post(conn, new)


@pytest.mark.parametrize(
    ("code", "used", "lines"),
    [
        ("B17-FF", ("146", "3.2"), ("1790.40", "1474.00", "3264.40")),
        ("B17-SF", ("100", None), ("1200.00", "1890.00", "3090.00")),
        ("B18-GF", ("0", None), ("0.00", "2311.00", "2311.00")),
        ("C14-SF", ("100.55", "1"), ("913.95", "0.00", "913.95")),
        ("C8-GF", ("10.01", None), ("120.12", "1600.00", "1720.12")),
        ("VILLA-A2", ("1", None), ("12.00", "1857.00", "1869.00")),
        ("SCO-3", ("1", None), ("12.00", "2157.00", "2169.00")),
    ],
)
async def test_the_sum_shown_is_the_sum_billed(
    conn: Connection, town: Town, code: str, used: tuple[str, str | None], lines: tuple[str, str, str]
) -> None:
    reading_id = await sent(conn, town, code, used[0], share=used[1])
    seen = await preview(work(conn, town.rekha, NOW), reading_id)
    bill = (await issued(conn, town.rekha, reading_id)).bill
    assert seen.draft.total == bill.total_amount
    assert (bill.energy_charge, bill.fixed_charge, bill.total_amount) == tuple(map(Decimal, lines))
    assert (bill.period, bill.due_date) == (Period(date(2026, 11, 1), READ), date(2026, 11, 12))
    assert await accounts.balance(conn, town.flat(code).flat_id) == bill.total_amount
    assert (await readings.get(conn, reading_id)).state is ReadingState.BILLED


async def test_a_flat_without_master_data_is_billed_at_the_default_and_marked(conn: Connection, town: Town) -> None:
    await conn.execute("update tariffs set rate_per_unit = null, fixed_charge = null")
    reading_id = await sent(conn, town, "C8-GF", "10")
    seen = await preview(work(conn, town.rekha, NOW), reading_id)
    assert seen.draft.tariff.is_default
    assert seen.draft.total == Decimal("120.00")


async def test_the_tariff_is_that_of_the_periods_end(conn: Connection, town: Town) -> None:
    sql = "insert into tariffs (flat_id, rate_per_unit, fixed_charge, valid_from, source) values ($1, 15, 100, $2, 't')"
    await conn.execute(sql, town.flat("C8-GF").flat_id, date(2026, 11, 3))
    reading_id = await sent(conn, town, "C8-GF", "10")
    todo = work(conn, town.rekha, NOW)
    assert (await preview(todo, reading_id)).draft.total == Decimal("1720.00")
    assert (await preview(todo, reading_id, Terms(end=date(2026, 11, 3)))).draft.total == Decimal("250.00")


async def test_arrears_are_printed_and_never_posted_twice(conn: Connection, town: Town) -> None:
    await owes(conn, town, "B17-FF", "500")
    first = await issued(conn, town.rekha, await sent(conn, town, "B17-FF", "146", on=date(2026, 10, 31)))
    second = await issued(conn, town.rekha, await sent(conn, town, "B17-FF", "100"))
    assert first.bill.previous_outstanding == Decimal("500.00")
    assert first.bill.total_amount == Decimal("3726.00")
    assert second.bill.previous_outstanding == Decimal("3726.00")
    assert second.bill.period == Period(date(2026, 11, 1), READ)
    assert await accounts.balance(conn, town.flat("B17-FF").flat_id) == Decimal("6400.00")


async def test_credit_lowers_the_bill_and_is_used(conn: Connection, town: Town) -> None:
    await owes(conn, town, "B17-FF", "-5000")
    bill = (await issued(conn, town.rekha, await sent(conn, town, "B17-FF", "146"))).bill
    assert (bill.previous_outstanding, bill.total_amount) == (Decimal("-5000.00"), Decimal("-1774.00"))
    stored = await bills.get_bill(conn, bill.id)
    assert stored is not None
    assert stored.status == "paid"


async def test_the_owners_are_told_and_an_audit_line_is_written(conn: Connection, town: Town) -> None:
    done = await issued(conn, town.rekha, await sent(conn, town, "B17-FF", "146"))
    row = await conn.fetchrow("select * from notifications where kind = 'bill'")
    assert row is not None
    assert (row["chat_id"], row["bill_id"], row["not_before"].year) == (town.sharma.chat_id, done.bill.id, 1)
    assert done.messages == 1
    trail = await audit.trail(conn, "bill", str(done.bill.id))
    assert [(line.action, line.actor) for line in trail] == [("bill.issued", "Rekha")]


async def test_an_owner_without_a_chat_is_not_reached(conn: Connection, town: Town) -> None:
    assert (await issued(conn, town.rekha, await sent(conn, town, "C8-GF", "146"))).messages == 0


async def test_approving_twice_bills_once_and_says_who(conn: Connection, town: Town) -> None:
    reading_id = await sent(conn, town, "B17-FF", "146")
    await issued(conn, town.rekha, reading_id)
    again = await pressed(conn, town.mohan, reading_id)
    assert isinstance(again, Decided)
    assert again.reading.decider == "Rekha"
    assert await conn.fetchval("select count(*) from bills") == 1


async def test_nobody_approves_their_own_reading(conn: Connection, town: Town) -> None:
    reading_id = await sent(conn, town, "B17-FF", "146", by=town.rekha)
    assert isinstance(await pressed(conn, town.rekha, reading_id), OwnReading)
    assert await conn.fetchval("select count(*) from bills") == 0
    alone = work(conn, town.rekha, NOW, replace(SOCIETY, single_admin=True))
    seen = await preview(alone, reading_id)
    assert not seen.own
    assert isinstance(await approve(alone, reading_id, 1, seen.draft.total), Approved)


async def test_what_changed_since_is_shown_and_not_approved(conn: Connection, town: Town) -> None:
    reading_id = await sent(conn, town, "B17-FF", "146")
    todo = work(conn, town.rekha, NOW)
    total = (await preview(todo, reading_id)).draft.total
    await readings.change(conn, reading_id, Measurement(Decimal(150), None, READ))
    assert isinstance(await approve(todo, reading_id, 1, total), Changed)
    await owes(conn, town, "B17-FF", "10")
    fresh = await approve(todo, reading_id, 2, total)
    assert isinstance(fresh, Changed)
    assert fresh.preview.draft.total == Decimal("3284.00")
    assert await conn.fetchval("select count(*) from bills") == 0


async def stopped_by(conn: Connection, who: Resident, reading_id: int, terms: Terms = NO_TERMS) -> Draft:
    outcome = await pressed(conn, who, reading_id, terms)
    assert isinstance(outcome, Stopped)
    assert await conn.fetchval("select count(*) from bills where rate_per_unit is not null") == 0
    assert (await readings.get(conn, reading_id)).state is ReadingState.PENDING
    return outcome.draft


async def test_november_2025_is_refused_and_one_that_ends_later_is_not(conn: Connection, town: Town) -> None:
    reading_id = await sent(conn, town, "B17-FF", "146", on=date(2025, 11, 30))
    assert (await stopped_by(conn, town.rekha, reading_id)).obstacle is Obstacle.LOCKED
    bill = (await issued(conn, town.rekha, reading_id, Terms(end=date(2025, 12, 1)))).bill
    assert bill.period == Period(date(2025, 11, 1), date(2025, 12, 1))


async def test_a_parked_flat_is_not_billed(conn: Connection, town: Town) -> None:
    reading_id = await sent(conn, town, "B17-FF", "146")
    await parked.park(conn, town.flat("B17-FF").flat_id, "Its books look wrong.")
    draft = await stopped_by(conn, town.rekha, reading_id)
    assert (draft.obstacle, draft.flat.parked) == (Obstacle.PARKED, "Its books look wrong.")


async def test_a_bill_from_outside_parks_its_flat(conn: Connection, town: Town) -> None:
    await billed(conn, town.flat("B17-FF"), date(2026, 10, 1), date(2026, 10, 31), "100")
    reading_id = await sent(conn, town, "B17-FF", "146")
    seen = await preview(work(conn, town.rekha, NOW), reading_id)
    assert seen.draft.obstacle is Obstacle.FOREIGN_BILL
    await stopped_by(conn, town.rekha, reading_id)
    assert await parked.is_parked(conn, town.flat("B17-FF").flat_id)


async def test_a_month_already_billed_is_asked_about_first(conn: Connection, town: Town) -> None:
    first = await issued(conn, town.rekha, await sent(conn, town, "B17-FF", "146", on=date(2026, 11, 1)))
    reading_id = await sent(conn, town, "B17-FF", "10")
    outcome = await pressed(conn, town.rekha, reading_id)
    assert isinstance(outcome, Stopped)
    assert outcome.draft.obstacle is Obstacle.MONTH_BILLED
    assert outcome.draft.earlier is not None
    assert outcome.draft.earlier.bill_id == first.bill.id


@pytest.mark.parametrize(("fixed", "charge"), [(False, "0.00"), (True, "1474.00")])
async def test_a_further_bill_has_its_own_row(conn: Connection, town: Town, fixed: bool, charge: str) -> None:  # noqa: FBT001
    await issued(conn, town.rekha, await sent(conn, town, "B17-FF", "146", on=date(2026, 11, 1)))
    reading_id = await sent(conn, town, "B17-FF", "10")
    bill = (await issued(conn, town.rekha, reading_id, Terms(with_fixed_charge=fixed))).bill
    assert bill.fixed_charge == Decimal(charge)
    assert bill.previous_outstanding == Decimal("3226.00")
    assert len(await bills.history(conn, town.flat("B17-FF").flat_id)) == 2


async def test_a_taken_start_moves_to_the_first_free_day(conn: Connection, town: Town) -> None:
    await issued(conn, town.rekha, await sent(conn, town, "B17-FF", "146", on=date(2026, 10, 5)))
    reading_id = await sent(conn, town, "B17-FF", "10")
    typed = Terms(start=date(2026, 10, 1))
    assert (await issued(conn, town.rekha, reading_id, typed)).bill.period == Period(date(2026, 10, 2), READ)


@pytest.mark.parametrize(
    ("terms", "obstacle"),
    [
        (Terms(start=date(2026, 11, 3)), Obstacle.BAD_PERIOD),
        (Terms(end=date(2062, 11, 2)), Obstacle.BAD_PERIOD),
        (Terms(due=date(2026, 11, 1)), Obstacle.BAD_DUE_DATE),
        (Terms(due=date(2062, 11, 1)), Obstacle.BAD_DUE_DATE),
    ],
)
async def test_impossible_days_are_refused(conn: Connection, town: Town, terms: Terms, obstacle: Obstacle) -> None:
    reading_id = await sent(conn, town, "B17-FF", "146")
    assert (await stopped_by(conn, town.rekha, reading_id, terms)).obstacle is obstacle


async def test_the_admin_chooses_period_and_due_date(conn: Connection, town: Town) -> None:
    terms = Terms(start=date(2026, 10, 5), end=date(2026, 10, 31), due=date(2026, 11, 30))
    bill = (await issued(conn, town.rekha, await sent(conn, town, "B17-FF", "146"), terms)).bill
    assert (bill.period.start, bill.period.end, bill.due_date) == (terms.start, terms.end, terms.due)


async def test_a_corrected_value_waits_with_its_new_sum_and_the_engineer_is_told(conn: Connection, town: Town) -> None:
    reading_id = await sent(conn, town, "B17-FF", "1460", share="3.2")
    outcome = await correct(work(conn, town.rekha, NOW), reading_id, 1, Decimal(146))
    assert isinstance(outcome, Corrected)
    assert (outcome.before, outcome.preview.draft.total) == (Decimal(1460), Decimal("3264.40"))
    assert outcome.preview.draft.reading.version == 2
    told = await conn.fetchrow("select chat_id, payload from notifications where kind = 'reading_corrected'")
    assert told is not None
    assert (told["chat_id"], told["payload"]) == (town.ravi.chat_id, {"before": "1460", "by": "Rekha"})
    line = (await audit.trail(conn, "reading", str(reading_id)))[0]
    assert line.before is not None
    assert line.after is not None
    assert (line.before["value"], line.after["value"]) == ("1460", "146")
    assert isinstance(await correct(work(conn, town.mohan, NOW), reading_id, 1, Decimal(9)), Changed)


async def test_a_reading_sent_back_can_no_longer_be_approved(conn: Connection, town: Town) -> None:
    reading_id = await sent(conn, town, "B17-FF", "1460")
    assert isinstance(await send_back(work(conn, town.rekha, NOW), reading_id, 1, "too_high"), SentBack)
    assert isinstance(await pressed(conn, town.mohan, reading_id), Decided)
    assert (
        await conn.fetchval("select payload->>'reason' from notifications where kind = 'reading_returned'")
        == "too_high"
    )


async def test_a_registers_first_reading_is_accepted_without_a_bill(conn: Connection, town: Town) -> None:
    society = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
    todo = work(conn, town.rekha, NOW, society)
    reading_id = await sent(conn, town, "B17-FF", "5000")
    assert isinstance(await approve(todo, reading_id, 1, Decimal(0)), Accepted)
    later = await sent(conn, town, "B17-FF", "5146", on=date(2026, 11, 3))
    assert (await preview(todo, later)).draft.total == Decimal("3226.00")


async def test_a_registers_readings_are_billed_in_order_so_that_no_units_are_lost_or_billed_twice(
    conn: Connection, town: Town
) -> None:
    society = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
    todo = work(conn, town.mohan, NOW, society)
    await past(conn, town.flat("B17-FF"), date(2026, 9, 1), "1000")
    october = await sent(conn, town, "B17-FF", "1100", on=date(2026, 10, 1))
    november = await sent(conn, town, "B17-FF", "1250")

    async def press(reading_id: int) -> Approval:
        seen = await preview(todo, reading_id)
        return await approve(todo, reading_id, 1, seen.draft.total)

    outcome = await press(november)
    assert isinstance(outcome, Stopped)
    assert outcome.draft.obstacle is Obstacle.OUT_OF_ORDER
    await readings.set_state(conn, october, ReadingState.RETURNED)
    assert isinstance(await press(november), Approved)
    assert await conn.fetchval("select flat_units from bills") == 250
    await readings.set_state(conn, october, ReadingState.PENDING)
    assert isinstance(await press(october), Stopped)


async def test_a_register_that_ran_backwards_has_no_sum(conn: Connection, town: Town) -> None:
    society = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
    await past(conn, town.flat("B17-FF"), date(2026, 10, 1), "5000")
    reading_id = await sent(conn, town, "B17-FF", "4000")
    seen = await preview(work(conn, town.rekha, NOW, society), reading_id)
    assert (seen.draft.obstacle, seen.draft.amounts) == (Obstacle.BACKWARDS, None)


async def test_the_books_are_right_afterwards(conn: Connection, town: Town) -> None:
    await owes(conn, town, "B17-FF", "-100.25")
    for code in ("B17-FF", "C14-SF", "VILLA-A2"):
        for day in (date(2026, 10, 31), READ):
            await issued(conn, town.rekha, await sent(conn, town, code, "33.33", on=day))
    assert (await verify(conn)).ok

"""Billing rule 10 on a real database: who waits for what, shares that are exact, and bills that come once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.metering import ReadingMode
from domain.period import Month
from jobs.approve_batch import Started, approve_shown, issue_batch, shown, undo
from jobs.approve_reading import (
    Accepted,
    Approval,
    Approved,
    Changed,
    Decided,
    MotorApproved,
    MotorPreview,
    MotorStopped,
    Reopened,
    SentBack,
    Stopped,
    Waits,
    approve,
    look,
    reopen,
    send_back,
)
from jobs.bill_motor_group import (
    GroupBilled,
    GroupChanged,
    GroupInDoubt,
    bill_now,
    bill_ready,
    fingerprint,
    leave_out,
)
from jobs.correct_account import Posted, Voided, reverse, void_bill
from jobs.draft_bill import Obstacle, Terms, draft
from jobs.issue_bill import Issued, NotIssued, issue
from jobs.motor_groups import Group, waiting
from jobs.motor_notes import NotesAdded, NotesChanged, add_notes, owed_notes, total_of
from jobs.pending import queue
from jobs.submit_reading import Submission, correct_own
from jobs.verify import verify
from jobs.work import Actor, Work
from storage import accounts, parked, readings
from storage.database import Connection, Database
from storage.readings import ReadingState
from tests.motors import NOW, READ, TWELVE, grow, motor_meter, press, read, shares
from tests.society import SOCIETY, Town, build, past, work

REGISTER = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
NOVEMBER = Month.of(READ)
MOTOR_B = ("B17-GF", "B17-FF", "B17-SF", "B18-GF", "B18-FF")


@pytest.fixture
async def conn(db: Database) -> AsyncIterator[Connection]:
    async with db.transaction() as conn:
        yield conn


@pytest.fixture
async def town(conn: Connection) -> Town:
    return await build(conn)


async def flats(conn: Connection, town: Town, **values: str) -> dict[str, int]:
    """Pending readings: `B17_FF="100"`, or `B17_FF="100 12"` with a share entered."""
    found = {}
    for name, value in values.items():
        code, (units, _, share) = name.replace("_", "-"), value.partition(" ")
        found[code] = await read(conn, town.ravi, town.flat(code).meter_id, units, share=share or None)
    return found


async def motor(conn: Connection, town: Town, value: str = "320", on: date = READ) -> int:
    return await read(conn, town.ravi, await motor_meter(conn, town), value, on=on)


async def state(conn: Connection, reading_id: int) -> ReadingState:
    return (await readings.get(conn, reading_id)).state


def group_of(outcome: Approval) -> Group:
    assert isinstance(outcome, Waits)
    assert outcome.draft.group is not None
    return outcome.draft.group


async def test_the_last_of_a_group_issues_all_its_bills(conn: Connection, town: Town) -> None:
    """Worked by hand: 320 over 100, 50, 50, 0 and 100 of 300 units is 106.67, 53.33, 53.33, 0, 106.67."""
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="0", B18_FF="100")
    own = await motor(conn, town)
    first, *middle, last = read_.values()
    waits = group_of(await press(conn, town.rekha, first))
    assert [one.code for one in waits.lacking] == ["B17-FF", "B17-SF", "B18-FF", "B18-GF"]
    assert not waits.is_motor_ready
    assert isinstance(await press(conn, town.rekha, own), Waits)
    for reading_id in middle:
        assert isinstance(await press(conn, town.mohan, reading_id), Waits)
    assert not await shares(conn)
    assert await state(conn, first) is ReadingState.APPROVED
    outcome = await press(conn, town.rekha, last)
    assert isinstance(outcome, Approved)
    assert len(outcome.others) == 4
    assert await shares(conn) == {
        "B17-FF": Decimal("53.33"),
        "B17-GF": Decimal("106.67"),
        "B17-SF": Decimal("53.33"),
        "B18-FF": Decimal("106.67"),
        "B18-GF": Decimal("0.00"),
    }
    kept = await conn.fetch("select distinct motor_reading_id, motor_units from bills")
    assert [tuple(row) for row in kept] == [(own, Decimal(320))]
    assert await state(conn, own) is ReadingState.BILLED
    assert (await verify(conn)).ok


async def test_the_motors_own_reading_may_be_the_last(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="0", B18_FF="100")
    own = await motor(conn, town)
    for reading_id in read_.values():
        assert isinstance(await press(conn, town.rekha, reading_id), Waits)
    outcome = await press(conn, town.rekha, own)
    assert isinstance(outcome, MotorApproved)
    assert len(outcome.issued) == 5
    assert sum((await shares(conn)).values()) == Decimal("320.00")


async def test_without_a_motor_reading_nobody_waits(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_FF="100", B17_GF="50 12")
    for reading_id in read_.values():
        assert isinstance(await press(conn, town.rekha, reading_id), Approved)
    assert await shares(conn) == {"B17-FF": Decimal("0.00"), "B17-GF": Decimal("12.00")}


async def test_villas_shops_and_other_motors_do_not_wait(conn: Connection, town: Town) -> None:
    await motor(conn, town)
    read_ = await flats(conn, town, VILLA_A2="100", SCO_3="10", C8_GF="50")
    for reading_id in read_.values():
        assert isinstance(await press(conn, town.rekha, reading_id), Approved)


async def test_a_motor_reading_of_another_month_keeps_nobody(conn: Connection, town: Town) -> None:
    await motor(conn, town, on=date(2026, 10, 31))
    (reading_id,) = (await flats(conn, town, B17_FF="100")).values()
    assert isinstance(await press(conn, town.rekha, reading_id), Approved)


async def test_old_rows_never_start_an_apportionment(conn: Connection, town: Town) -> None:
    own = await motor(conn, town)
    await readings.set_state(conn, own, ReadingState.HISTORY)
    (reading_id,) = (await flats(conn, town, B17_FF="100")).values()
    outcome = await press(conn, town.rekha, reading_id)
    assert isinstance(outcome, Approved)
    assert outcome.issued.bill.motor_reading_id is None


async def test_entered_shares_stand_and_the_rest_is_split(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_GF="100 20", B17_FF="50", B17_SF="50 0", B18_GF="50", B18_FF="100")
    for reading_id in (*read_.values(), await motor(conn, town, "120")):
        await press(conn, town.rekha, reading_id)
    assert await shares(conn) == {
        "B17-FF": Decimal("25.00"),
        "B17-GF": Decimal("20.00"),
        "B17-SF": Decimal("0.00"),
        "B18-FF": Decimal("50.00"),
        "B18-GF": Decimal("25.00"),
    }


async def test_all_zero_is_split_equally(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_GF="0", B17_FF="0", B17_SF="0", B18_GF="0", B18_FF="0")
    for reading_id in (await motor(conn, town, "0.03"), *read_.values()):
        await press(conn, town.rekha, reading_id)
    found = await shares(conn)
    assert sum(found.values()) == Decimal("0.03")
    assert {code for code, share in found.items() if share} == {"B17-FF", "B17-GF", "B17-SF"}


async def billed_first(conn: Connection, town: Town) -> tuple[dict[str, int], int]:
    """Twelve flats of 10, 20, … 120 units; the first five are billed before the motor is read."""
    meters = await grow(conn, town)
    read_ = {code: await read(conn, town.ravi, meters[code], str(10 * n)) for n, code in enumerate(TWELVE, start=1)}
    for code in TWELVE[:5]:
        assert isinstance(await press(conn, town.rekha, read_[code]), Approved)
    return read_, await motor(conn, town)


async def test_the_motor_was_read_after_five_of_twelve_flats_were_billed(conn: Connection, town: Town) -> None:
    """320 over 780 units in all: the seven others get their part of 320, the five keep their bills and owe a note."""
    read_, own = await billed_first(conn, town)
    for code in TWELVE[5:]:
        assert isinstance(await press(conn, town.rekha, read_[code]), Waits)
    outcome = await press(conn, town.rekha, own)
    assert isinstance(outcome, MotorApproved)
    assert [one.bill.flat_code for one in outcome.issued] == list(TWELVE[5:])
    bills = await shares(conn)
    assert {bills[code] for code in TWELVE[:5]} == {Decimal("0.00")}
    expected = ["24.62", "28.72", "32.82", "36.92", "41.03", "45.13", "49.23"]
    assert [str(bills[code]) for code in TWELVE[5:]] == expected
    owed = await owed_notes(work(conn, town.rekha, NOW), own)
    assert [(one.flat_code, str(one.share), str(one.amount)) for one in owed] == [
        ("B17-FF", "4.10", "49.20"),
        ("B17-GF", "8.20", "98.40"),
        ("B17-SF", "12.31", "147.72"),
        ("B18-FF", "16.41", "196.92"),
        ("B18-GF", "20.51", "246.12"),
    ]
    whole = sum((one.share for one in owed), start=Decimal(0)) + sum(bills.values())
    assert whole == Decimal("320.00")
    told = await conn.fetch("select chat_id from notifications where kind = 'motor_shares_owed'")
    assert {row["chat_id"] for row in told} == {town.rekha.chat_id, town.mohan.chat_id}


async def test_missing_shares_go_on_accounts_by_debit_notes_once(conn: Connection, town: Town) -> None:
    read_, own = await billed_first(conn, town)
    for reading_id in (*(read_[code] for code in TWELVE[5:]), own):
        await press(conn, town.rekha, reading_id)
    todo = work(conn, town.rekha, NOW)
    owed = await owed_notes(todo, own)
    bound = [(one.flat_id, str(one.amount)) for one in owed]
    flat = town.flat("B17-FF").flat_id
    before = await accounts.balance(conn, flat)
    assert isinstance(await add_notes(todo, own, bound[1:]), NotesChanged)
    done = await add_notes(todo, own, bound)
    assert done == NotesAdded(tuple(one.flat_code for one in owed), total_of(owed), ())
    assert await accounts.balance(conn, flat) == before + Decimal("49.20")
    assert await add_notes(todo, own, bound) == NotesChanged(())
    assert (await verify(conn)).ok


async def test_a_note_that_was_undone_is_proposed_again(conn: Connection, town: Town) -> None:
    read_, own = await billed_first(conn, town)
    for reading_id in (*(read_[code] for code in TWELVE[5:]), own):
        await press(conn, town.rekha, reading_id)
    todo, flat = work(conn, town.rekha, NOW), town.flat("B17-FF").flat_id
    before = await accounts.balance(conn, flat)
    for _ in range(3):
        owed = await owed_notes(todo, own)
        assert "B17-FF" in {one.flat_code for one in owed}
        bound = [(one.flat_id, str(one.amount)) for one in owed]
        assert isinstance(await add_notes(todo, own, bound), NotesAdded)
        assert await accounts.balance(conn, flat) == before + Decimal("49.20")
        newest = (await accounts.entries(conn, flat))[-1]
        assert isinstance(await reverse(todo, newest.id, "slip"), Posted)
    assert await accounts.balance(conn, flat) == before


async def test_bill_now_counts_the_unread_with_their_estimate_and_keeps_their_share(
    conn: Connection, town: Town
) -> None:
    """B18-FF used 60, 90 and 120 before: 90 by estimate. B18-GF was read and not approved: it counts as sent."""
    for month, value in ((8, "60"), (9, "90"), (10, "120")):
        await past(conn, town.flat("B18-FF"), date(2026, month, 2), value)
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="10")
    own = await motor(conn, town, "300")
    for code in ("B17-GF", "B17-FF", "B17-SF"):
        await press(conn, town.rekha, read_[code])
    group = group_of(await press(conn, town.rekha, own))
    assert [(one.code, one.units) for one in group.unread] == [("B18-FF", Decimal("90.00"))]
    todo = work(conn, town.rekha, NOW)
    outcome = await bill_now(todo, own, fingerprint(group))
    assert isinstance(outcome, GroupBilled)
    assert {one.bill.flat_code: one.bill.water_motor_share for one in outcome.issued} == {
        "B17-FF": Decimal("50.00"),
        "B17-GF": Decimal("100.00"),
        "B17-SF": Decimal("50.00"),
    }
    later = await read(conn, town.ravi, town.flat("B18-FF").meter_id, "400")
    for reading_id in (later, read_["B18-GF"]):
        assert isinstance(await press(conn, town.rekha, reading_id), Approved)
    assert sum((await shares(conn)).values()) == Decimal("300.00")
    assert (await shares(conn))["B18-FF"] == Decimal("90.00")


async def test_the_share_of_a_flat_that_nobody_read_is_proposed_once_its_month_is_over(
    conn: Connection, town: Town
) -> None:
    for month, value in ((8, "60"), (9, "90"), (10, "120")):
        await past(conn, town.flat("B18-FF"), date(2026, month, 2), value)
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="10")
    own = await motor(conn, town, "300")
    for reading_id in read_.values():
        await press(conn, town.rekha, reading_id)
    group = group_of(await press(conn, town.rekha, own))
    assert isinstance(await bill_now(work(conn, town.rekha, NOW), own, fingerprint(group)), GroupBilled)
    assert await owed_notes(work(conn, town.rekha, NOW), own) == ()
    december = NOW + timedelta(days=30)
    late = await read(conn, town.ravi, town.flat("B18-FF").meter_id, "400", on=date(2026, 12, 2))
    assert isinstance(await press(conn, town.rekha, late, december), Approved)
    todo = work(conn, town.rekha, december)
    [owed] = await owed_notes(todo, own)
    assert (owed.flat_code, owed.share, owed.bill_id) == ("B18-FF", group.unread[0].share, None)
    shown_ = [(owed.flat_id, str(owed.amount))]
    assert isinstance(await add_notes(todo, own, shown_), NotesAdded)
    assert await owed_notes(todo, own) == ()
    assert (await verify(conn)).ok


async def test_bill_now_waits_for_a_decision_about_what_no_meter_shows(conn: Connection, town: Town) -> None:
    """One nought too many would take 320 of 320 units: it is decided first, then the group can be billed."""
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B18_GF="14000")
    own = await motor(conn, town)
    await press(conn, town.rekha, read_["B17-GF"])
    group = group_of(await press(conn, town.rekha, own))
    todo = work(conn, town.rekha, NOW)
    outcome = await bill_now(todo, own, fingerprint(group))
    assert isinstance(outcome, GroupInDoubt)
    assert [(one.code, one.units) for one in outcome.absurd] == [("B18-GF", Decimal(14000))]
    assert not await shares(conn)
    assert await state(conn, own) is ReadingState.APPROVED
    await send_back(todo, read_["B18-GF"], (await readings.get(conn, read_["B18-GF"])).version, "wrong")
    (now,) = await waiting(todo, NOVEMBER)
    assert isinstance(await bill_now(todo, own, fingerprint(now)), GroupBilled)


async def test_bill_now_is_bound_to_what_was_shown(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50")
    own = await motor(conn, town)
    await press(conn, town.rekha, read_["B17-GF"])
    group = group_of(await press(conn, town.rekha, own))
    await press(conn, town.rekha, read_["B17-FF"])
    todo = work(conn, town.rekha, NOW)
    assert isinstance(await bill_now(todo, own, fingerprint(group)), GroupChanged)
    assert not await shares(conn)
    (now,) = await waiting(todo, NOVEMBER)
    assert isinstance(await bill_now(todo, own, fingerprint(now)), GroupBilled)
    assert isinstance(await bill_now(todo, own, fingerprint(now)), GroupChanged)
    assert len(await shares(conn)) == 2
    assert await waiting(todo, NOVEMBER) == []


async def test_a_changed_reading_waits_again_and_the_shares_follow(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="0", B18_FF="100")
    own = await motor(conn, town)
    first, *others = read_.values()
    for reading_id in (first, own):
        await press(conn, town.rekha, reading_id)
    again = Submission("B17-GF", Decimal(400), None, None, "again", NOW)
    await correct_own(work(conn, town.ravi, NOW), first, None, again)
    assert await state(conn, first) is ReadingState.PENDING
    for reading_id in others:
        assert isinstance(await press(conn, town.rekha, reading_id), Waits)
    assert isinstance(await press(conn, town.rekha, first), Approved)
    assert (await shares(conn))["B17-GF"] == Decimal("213.33")


async def test_a_changed_motor_reading_waits_again(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="0", B18_FF="100")
    own = await motor(conn, town)
    await press(conn, town.rekha, own)
    again = Submission("MOTOR-B", Decimal(30), None, None, "again", NOW)
    await correct_own(work(conn, town.ravi, NOW), own, None, again)
    for reading_id in read_.values():
        assert isinstance(await press(conn, town.rekha, reading_id), Waits)
    assert isinstance(await press(conn, town.rekha, own), MotorApproved)
    assert sum((await shares(conn)).values()) == Decimal("30.00")


async def test_an_approval_that_waits_can_be_taken_back(conn: Connection, town: Town) -> None:
    (reading_id,) = (await flats(conn, town, B17_FF="100")).values()
    await motor(conn, town)
    await press(conn, town.rekha, reading_id)
    todo = work(conn, town.rekha, NOW)
    assert isinstance(await reopen(todo, reading_id, 1), Reopened)
    assert isinstance(await reopen(todo, reading_id, 1), Decided)
    assert await state(conn, reading_id) is ReadingState.PENDING


async def test_terms_chosen_at_approval_are_kept_until_the_bill(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="0", B18_FF="100")
    own = await motor(conn, town)
    todo = work(conn, town.rekha, NOW)
    terms = Terms(due=date(2026, 12, 24))
    seen = await draft(todo, await readings.get(conn, read_["B17-GF"]), terms)
    assert seen.obstacle is Obstacle.WAITING_FOR_MOTOR
    await approve(todo, read_["B17-GF"], 1, seen.total, terms)
    for reading_id in (*list(read_.values())[1:], own):
        await press(conn, town.rekha, reading_id)
    due = await conn.fetchval(
        "select due_date from bills where flat_id = $1 and status <> 'void'", town.flat("B17-GF").flat_id
    )
    assert due == date(2026, 12, 24)


async def test_the_motor_that_is_sent_back_is_waited_for_or_left_out(conn: Connection, town: Town) -> None:
    (reading_id,) = (await flats(conn, town, B17_FF="100")).values()
    own = await motor(conn, town)
    todo = work(conn, town.rekha, NOW)
    assert isinstance(await send_back(todo, own, 1, "too_high"), SentBack)
    assert group_of(await press(conn, town.rekha, reading_id)).state is ReadingState.RETURNED
    outcome = await leave_out(todo, own, 1)
    assert isinstance(outcome, GroupBilled)
    assert await shares(conn) == {"B17-FF": Decimal("0.00")}
    assert isinstance(await leave_out(todo, own, 1), GroupChanged)


async def test_what_waits_for_nothing_any_more_is_offered_in_the_queue(conn: Connection, town: Town) -> None:
    (reading_id,) = (await flats(conn, town, B17_FF="100")).values()
    own = await motor(conn, town)
    await press(conn, town.rekha, reading_id)
    todo = work(conn, town.rekha, NOW)
    assert [one.motor for one in (await queue(todo)).groups] == ["MOTOR-B"]
    await readings.set_state(conn, own, ReadingState.WITHDRAWN)
    found = await queue(todo)
    assert ([one.reading.id for one in found.ready], found.groups) == ([reading_id], ())
    assert len((await bill_ready(todo, [reading_id])).issued) == 1
    assert not (await queue(todo)).ready


async def test_a_parked_flat_keeps_its_share_and_stops_no_other(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="0", B18_FF="100")
    own = await motor(conn, town)
    for code in MOTOR_B:
        await press(conn, town.rekha, read_[code])
    await parked.park(conn, town.flat("B17-GF").flat_id, "why")
    outcome = await press(conn, town.rekha, own)
    assert isinstance(outcome, MotorApproved)
    assert sorted(one.bill.flat_code for one in outcome.issued) == ["B17-FF", "B17-SF", "B18-FF", "B18-GF"]
    await parked.unpark(conn, town.flat("B17-GF").flat_id)
    later = await issue(work(conn, town.rekha, NOW), read_["B17-GF"])
    assert isinstance(later, Issued)
    assert later.bill.water_motor_share == Decimal("106.67")


async def test_a_locked_month_is_not_split(conn: Connection, town: Town) -> None:
    day = date(2025, 11, 30)
    own = await motor(conn, town, on=day)
    reading_id = await read(conn, town.ravi, town.flat("B17-FF").meter_id, "100", on=day)
    stopped = await press(conn, town.rekha, own)
    assert isinstance(stopped, MotorStopped)
    assert stopped.preview.draft.obstacle is Obstacle.LOCKED
    refused = await press(conn, town.rekha, reading_id)
    assert isinstance(refused, Stopped)
    assert refused.draft.obstacle is Obstacle.LOCKED


async def test_nobody_approves_the_motor_reading_they_sent(conn: Connection, town: Town) -> None:
    own = await read(conn, town.rekha, await motor_meter(conn, town), "320")
    outcome = await press(conn, town.rekha, own)
    assert isinstance(outcome, MotorStopped)
    assert outcome.preview.own


async def test_a_month_is_split_once(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="0", B18_FF="100")
    own = await motor(conn, town)
    for reading_id in (*read_.values(), own):
        await press(conn, town.rekha, reading_id)
    second = await motor(conn, town, "10", date(2026, 11, 20))
    seen = await look(work(conn, town.rekha, NOW + timedelta(days=20)), second)
    assert isinstance(seen, MotorPreview)
    assert seen.draft.obstacle is Obstacle.MOTOR_TWICE


async def test_a_replacement_of_a_void_bill_has_the_same_share(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="0", B18_FF="100")
    own = await motor(conn, town)
    for reading_id in (*read_.values(), own):
        await press(conn, town.rekha, reading_id)
    bill = await conn.fetchval("select id from bills where flat_reading_id = $1", read_["B17-GF"])
    todo = work(conn, town.rekha, NOW)
    assert isinstance(await void_bill(todo, bill, "wrong"), Voided)
    again = await issue(todo, read_["B17-GF"])
    assert isinstance(again, Issued)
    assert (again.bill.water_motor_share, again.bill.motor_reading_id) == (Decimal("106.67"), own)
    assert await state(conn, own) is ReadingState.BILLED


async def test_a_further_bill_of_the_month_gets_no_share(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="0", B18_FF="100")
    for reading_id in (*read_.values(), await motor(conn, town)):
        await press(conn, town.rekha, reading_id)
    further = await read(conn, town.ravi, town.flat("B17-GF").meter_id, "7", on=date(2026, 11, 3))
    todo = work(conn, town.rekha, NOW + timedelta(days=1))
    seen = await draft(todo, await readings.get(conn, further))
    assert (seen.obstacle, seen.group) == (Obstacle.MONTH_BILLED, None)
    assert seen.amounts is not None
    assert seen.amounts.water_motor_share == 0


async def test_a_registers_motor_units_are_the_difference(conn: Connection, town: Town) -> None:
    meter = await motor_meter(conn, town)
    baseline = await read(conn, town.ravi, meter, "5000", on=date(2026, 10, 2))
    assert isinstance(await press(conn, town.rekha, baseline, society=REGISTER), Accepted)
    for code in MOTOR_B:
        await past(conn, town.flat(code), date(2026, 10, 2), "1000")
    own = await read(conn, town.ravi, meter, "5320")
    outcomes = [
        await press(
            conn,
            town.rekha,
            await read(conn, town.ravi, town.flat(code).meter_id, str(1000 + 10 * n)),
            society=REGISTER,
        )
        for n, code in enumerate(MOTOR_B, start=1)
    ]
    assert {type(one) for one in outcomes} == {Waits}
    assert isinstance(await press(conn, town.rekha, own, society=REGISTER), MotorApproved)
    units = await conn.fetchval("select distinct motor_units from bills")
    assert units == Decimal(320)
    assert sum((await shares(conn)).values()) == Decimal(320)


async def test_a_batch_approves_all_and_bills_complete_groups(conn: Connection, town: Town) -> None:
    await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="10", B18_FF="100", C8_GF="10", SCO_3="1")
    own = await motor(conn, town)
    await read(conn, town.ravi, await motor_meter(conn, town, "MOTOR-C"), "30")
    todo = work(conn, town.mohan, NOW)
    offered = await queue(todo)
    assert (len(offered.normal), offered.normal_waiting) == (9, 1)
    started = await approve_shown(todo, shown(offered), offered.normal_total, town.mohan.chat_id, "batch:1")
    assert isinstance(started, Started)
    assert (started.count, started.waiting, started.total) == (9, 1, offered.normal_total)
    later = replace(work(conn, town.mohan, NOW + timedelta(minutes=1)), actor=Actor(None, "billing"))
    await issue_batch(later, {"batch": started.batch_id})
    assert sum((await shares(conn)).values()) == Decimal(320)
    facts = await conn.fetchval("select payload from notifications where kind = 'batch_issued'")
    assert (facts["issued"], facts["failed"], facts["waiting"]) == (6, [], ["C8-GF"])
    assert Decimal(facts["total"]) == started.total
    assert await state(conn, own) is ReadingState.BILLED


async def test_what_may_still_be_undone_completes_no_group(conn: Connection, town: Town) -> None:
    read_ = await flats(conn, town, B17_GF="100", B17_FF="50", B17_SF="50", B18_GF="10")
    for reading_id in (await motor(conn, town), *list(read_.values())[:3]):
        await press(conn, town.rekha, reading_id)
    todo = work(conn, town.mohan, NOW)
    offered = await queue(todo)
    started = await approve_shown(todo, shown(offered), offered.normal_total, None)
    assert isinstance(started, Started)
    last = await read(conn, town.ravi, town.flat("B18-FF").meter_id, "70")
    assert [one.stand.value for one in group_of(await press(conn, town.rekha, last)).lacking] == ["undoable"]
    await undo(todo, started.batch_id)
    assert await state(conn, read_["B18-GF"]) is ReadingState.PENDING
    assert isinstance(await press(conn, town.rekha, read_["B18-GF"]), Approved)
    assert len(await shares(conn)) == 5


async def test_the_single_press_and_the_batch_split_alike(conn: Connection, town: Town) -> None:
    """One function prices both: what the card shows as the last one is what the queue offers for all."""
    read_ = await flats(conn, town, B17_GF="101.5", B17_FF="50", B17_SF="33.33", B18_GF="0.01", B18_FF="7")
    await motor(conn, town, "99.99")
    todo: Work = work(conn, town.mohan, NOW)
    offered = {one.reading.id: one.total for one in (await queue(todo)).normal}
    for reading_id in (*read_.values(), *set(offered) - set(read_.values())):
        await press(conn, town.rekha, reading_id)
    rows = await conn.fetch("select flat_reading_id, total_amount from bills")
    assert {row["flat_reading_id"]: row["total_amount"] for row in rows} == {
        one: offered[one] for one in read_.values()
    }


async def test_issue_honours_waiting(conn: Connection, town: Town) -> None:
    """What the monthly run asks for."""
    (reading_id,) = (await flats(conn, town, B17_FF="100")).values()
    await motor(conn, town)
    await press(conn, town.rekha, reading_id)
    outcome = await issue(work(conn, town.rekha, NOW), reading_id)
    assert isinstance(outcome, NotIssued)
    assert outcome.draft.obstacle is Obstacle.WAITING_FOR_MOTOR


async def test_two_admins_approve_the_last_two_flats_at_once(db: Database) -> None:
    """Every flat is billed exactly once, and the shares are exact."""
    async with db.transaction() as conn:
        town = await build(conn)
        meters = await grow(conn, town)
        read_ = [await read(conn, town.ravi, meters[code], str(7 * n)) for n, code in enumerate(TWELVE, start=1)]
        for reading_id in (*read_[:-2], await motor(conn, town, "333.33")):
            await press(conn, town.rekha, reading_id)

    async def approved(who: int, reading_id: int) -> Approval:
        outcome = await db.run(lambda conn: press(conn, (town.rekha, town.mohan)[who], reading_id))
        return await approved(who, reading_id) if isinstance(outcome, Changed) else outcome

    outcomes = await asyncio.gather(*(approved(who, reading_id) for reading_id in read_[-2:] for who in (0, 1)))
    async with db.transaction() as conn:
        found = await shares(conn)
        count = await conn.fetchval("select count(*) from bills")
        charges = await conn.fetchval("select count(*) from account_entries where kind = 'CHARGE'")
        assert (await verify(conn)).ok
    assert sorted(found) == sorted(TWELVE)
    assert count == charges == 12
    assert sum(found.values()) == Decimal("333.33")
    assert [type(one) for one in outcomes].count(Approved) == 1

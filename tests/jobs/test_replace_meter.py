"""A meter is replaced: asked for, decided once by somebody else, and summed over both in the next bill."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.metering import Flag, ReadingMode
from domain.period import Month
from jobs.approve_reading import Approved, approve, preview
from jobs.bill_motor_group import GroupBilled, bill_now, fingerprint
from jobs.change_flat import Change, Changed, Field, change
from jobs.draft_bill import Obstacle
from jobs.find_meter import Inactive
from jobs.monthly_run import RunResult, run_month
from jobs.motor_groups import groups_of_motors
from jobs.replace_meter import (
    Asked,
    DecidedBefore,
    Done,
    Hindered,
    Hitch,
    OpenBefore,
    OwnRequest,
    ask,
    send_back,
)
from jobs.replace_meter import approve as put_in
from jobs.submit_reading import BadDate, DateProblem, Saved, Submission, correct_own, submit
from jobs.verify import verify
from jobs.work import Society, Work
from jobs.workplace import Workplace
from storage import bill_views, meters, readings
from storage.database import Connection, Database
from storage.meter_replacements import Missing, NewReplacement, ReplacementState
from storage.readings import ReadingState
from tests.society import SOCIETY, Resident, Town, build, past, work

REGISTER = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
CODE = "B17-FF"
ON = date(2026, 10, 20)
READ = date(2026, 11, 2)


@pytest.fixture
async def town(db: Database) -> Town:
    """B17-FF used 140 units a month on average, and showed 1420 in October."""
    async with db.transaction() as conn:
        built = await build(conn)
        for month, register in ((7, "1000"), (8, "1120"), (9, "1260"), (10, "1420")):
            await past(conn, built.flat(CODE), date(2026, month, 2), register)
    return built


def job(conn: Connection, who: Resident, day: date = ON, society: Society = REGISTER) -> Work:
    return work(conn, who, datetime(day.year, day.month, day.day, 5, tzinfo=UTC), society)


def wanted(town: Town, **changed: Any) -> NewReplacement:
    meter = town.flat(CODE).meter_id
    plain = NewReplacement(meter, "55501", ON, Decimal(1454), None, None, None, Decimal(0), None)
    return replace(plain, **changed)


async def replaced(conn: Connection, town: Town, what: NewReplacement | None = None) -> int:
    """Asked for by Ravi, approved by Rekha; id of the new meter."""
    what = what or wanted(town)
    made = await ask(job(conn, town.ravi, what.on), what, f"key:{what.number}")
    assert isinstance(made, Asked)
    assert isinstance(await put_in(job(conn, town.rekha, what.on), made.replacement.id), Done)
    [new] = [one for one in await meters.with_number(conn, what.number) if one.active]
    return new.id


async def sent(conn: Connection, town: Town, target: str, register: str, day: date = READ) -> Saved:
    at = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
    outcome = await submit(
        job(conn, town.ravi, day), Submission(target, Decimal(register), None, day, f"{target}:{register}:{day}", at)
    )
    assert isinstance(outcome, Saved)
    return outcome


async def billed(conn: Connection, town: Town, reading_id: int, day: date = READ) -> Decimal:
    """Units on the bill."""
    todo = job(conn, town.rekha, day)
    seen = await preview(todo, reading_id)
    assert seen.draft.obstacle is None, seen.draft.obstacle
    reading = seen.draft.reading
    outcome = await approve(todo, reading_id, reading.version, seen.draft.total, sure=True)
    assert isinstance(outcome, Approved)
    return Decimal(await conn.fetchval("select flat_units from bills where flat_reading_id = $1", reading_id))


async def test_nothing_changes_before_an_admin_has_decided(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        made = await ask(job(conn, town.ravi), wanted(town), "one")
        assert isinstance(made, Asked)
        assert (made.fresh, made.told, made.replacement.state) == (True, True, ReplacementState.ASKED)
        [meter] = await meters.of_flat(conn, CODE)
        assert (meter.number, meter.active) == ("19152159", True)
        again = await ask(job(conn, town.ravi), wanted(town), "one")
        assert isinstance(again, Asked)
        assert not again.fresh
        other = await ask(job(conn, town.sunil), wanted(town, number="55502"), "two")
        assert isinstance(other, OpenBefore)
        assert await conn.fetchval("select count(*) from meter_replacements") == 1
        assert await conn.fetchval("select count(*) from notifications where kind = 'replacement_asked'") == 2


async def test_approving_puts_the_new_meter_in_its_place_and_keeps_the_old_on_record(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await replaced(conn, town)
        found = {one.number: one.active for one in await meters.of_flat(conn, CODE)}
        assert found == {"55501": True, "19152159": False}
        row = await conn.fetchrow("select closing, opening, state from meter_replacements")
        assert tuple(row or ()) == (Decimal(1454), Decimal(0), "approved")
        actions = await conn.fetch("select action, actor from audit where subject_type = 'meter' order by id")
        assert [tuple(one) for one in actions] == [("meter.replacement_asked", "Ravi"), ("meter.replaced", "Rekha")]
        assert await conn.fetchval("select count(*) from notifications where kind = 'replacement_answer'") == 1
        assert (await verify(conn)).ok


async def test_the_next_bill_sums_both_meters(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await replaced(conn, town)
        saved = await sent(conn, town, CODE, "112")
        assert (saved.reading.meter.number, saved.units) == ("55501", Decimal(146))
        assert saved.reading.flags == ()
        assert saved.usual is not None
        assert saved.usual.average == Decimal("140.00")
        assert await billed(conn, town, saved.reading.id) == Decimal(146)
        [view] = await bill_views.of_month(conn, Month(2026, 11), [CODE])
        ends = [(str(one.start), str(one.end)) for one in view.course.stretches(Decimal(112), view.previous_reading)]
        assert ends == [("1420", "1454"), ("0", "112")]
        later = await sent(conn, town, CODE, "262", date(2026, 12, 2))
        assert (later.units, later.reading.flags) == (Decimal(150), ())
        assert await billed(conn, town, later.reading.id, date(2026, 12, 2)) == Decimal(150)
        past_use = [one.used for one in await readings.history(conn, later.reading.meter.id)]
        assert past_use == [150, 146, 160, 140, 120, None]
        assert (await verify(conn)).ok


async def test_several_replacements_in_one_period(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        second = await replaced(conn, town)
        what = wanted(town, old_meter_id=second, number="55502", on=date(2026, 10, 25), closing=Decimal(40))
        third = await replaced(conn, town, replace(what, opening=Decimal(7)))
        saved = await sent(conn, town, "55502", "79")
        assert saved.reading.meter.id == third
        assert await billed(conn, town, saved.reading.id) == Decimal(34 + 40 + 72)
        assert (await verify(conn)).ok


async def test_a_dead_display_counts_from_the_last_reading(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await replaced(conn, town, wanted(town, closing=Decimal(1420), missing=Missing.DEAD))
        saved = await sent(conn, town, CODE, "112")
        assert saved.units == Decimal(112)


async def test_the_old_meter_may_have_gone_past_its_end(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await past(conn, town.flat(CODE), date(2026, 10, 10), "9990")
        low = await ask(job(conn, town.ravi), wanted(town, closing=Decimal(5)), "one")
        assert isinstance(low, Hindered)
        assert (low.hitch, low.turn) == (Hitch.LOWER, Decimal(10_000))
        await replaced(conn, town, wanted(town, closing=Decimal(5), rolled_over=Decimal(10_000)))
        saved = await sent(conn, town, CODE, "100")
        assert saved.units == Decimal(115)


async def test_a_reading_lower_than_the_opening_number_is_flagged_and_has_no_sum(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await replaced(conn, town, wanted(town, opening=Decimal(50)))
        saved = await sent(conn, town, CODE, "40")
        assert Flag.LOWER_THAN_LAST in saved.reading.flags
        seen = await preview(job(conn, town.rekha, READ), saved.reading.id)
        assert seen.draft.obstacle is Obstacle.BACKWARDS


async def test_the_old_meters_open_reading_is_billed_first(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        before = await sent(conn, town, CODE, "1440", date(2026, 10, 15))
        await replaced(conn, town)
        saved = await sent(conn, town, CODE, "112")
        seen = await preview(job(conn, town.rekha, READ), saved.reading.id)
        assert seen.draft.obstacle is Obstacle.OUT_OF_ORDER
        assert await billed(conn, town, before.reading.id) == Decimal(20)
        assert await billed(conn, town, saved.reading.id) == Decimal(14 + 112)
        assert (await verify(conn)).ok


async def test_a_corrected_old_reading_moves_units_and_loses_none(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        before = await sent(conn, town, CODE, "1440", date(2026, 10, 15))
        await replaced(conn, town)
        saved = await sent(conn, town, CODE, "112")
        at = datetime(2026, 11, 2, 6, tzinfo=UTC)
        better = Submission(CODE, Decimal(1430), None, None, "better", at)
        await correct_own(job(conn, town.ravi, READ), before.reading.id, None, better)
        assert await billed(conn, town, before.reading.id) == Decimal(10)
        assert await billed(conn, town, saved.reading.id) == Decimal(24 + 112)


async def test_readings_belong_to_the_meter_that_was_there(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        before = await sent(conn, town, CODE, "1440", date(2026, 10, 15))
        await replaced(conn, town)
        at = datetime(2026, 11, 2, 6, tzinfo=UTC)
        early = await submit(
            job(conn, town.ravi, READ), Submission(CODE, Decimal(5), None, date(2026, 10, 19), "early", at)
        )
        assert isinstance(early, BadDate)
        assert (early.problem, early.limit) == (DateProblem.BEFORE_METER, ON)
        moved = Submission(CODE, Decimal(1440), None, date(2026, 10, 21), "late", at)
        late = await correct_own(job(conn, town.ravi, READ), before.reading.id, None, moved)
        assert isinstance(late, BadDate)
        assert late.problem is DateProblem.AFTER_METER


@pytest.mark.parametrize(
    ("changed", "hitch"),
    [
        ({"number": "19152158"}, Hitch.TAKEN),
        ({"number": "77000001"}, Hitch.TAKEN),
        ({"number": "19152159"}, Hitch.SAME_NUMBER),
        ({"closing": Decimal(1400)}, Hitch.LOWER),
        ({"on": date(2026, 10, 1)}, Hitch.READ_SINCE),
    ],
)
async def test_what_cannot_be_is_refused(db: Database, town: Town, changed: dict[str, Any], hitch: Hitch) -> None:
    async with db.transaction() as conn:
        found = await ask(job(conn, town.ravi), wanted(town, **changed), "one")
        assert isinstance(found, Hindered)
        assert found.hitch is hitch
        assert await conn.fetchval("select count(*) from meter_replacements") == 0


async def test_what_became_impossible_since_is_not_approved(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        made = await ask(job(conn, town.ravi), wanted(town), "one")
        assert isinstance(made, Asked)
        await change(job(conn, town.rekha), "B18-FF", Change(Field.METER, "19152162", "55501"))
        taken = await put_in(job(conn, town.rekha), made.replacement.id)
        assert isinstance(taken, Hindered)
        assert (taken.hitch, taken.holder) == (Hitch.TAKEN, "B18-FF")
        await change(job(conn, town.rekha), "B18-FF", Change(Field.METER, "55501", "19152162"))
        await sent(conn, town, CODE, "1470", ON)
        read = await put_in(job(conn, town.rekha), made.replacement.id)
        assert isinstance(read, Hindered)
        assert read.hitch is Hitch.LOWER


async def test_nobody_decides_on_their_own_request_unless_there_is_one_admin(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        made = await ask(job(conn, town.rekha), wanted(town), "one")
        assert isinstance(made, Asked)
        assert isinstance(await put_in(job(conn, town.rekha), made.replacement.id), OwnRequest)
        alone = job(conn, town.rekha, society=replace(REGISTER, single_admin=True))
        assert isinstance(await put_in(alone, made.replacement.id), Done)


async def test_a_request_sent_back_may_be_made_anew(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        made = await ask(job(conn, town.ravi), wanted(town), "one")
        assert isinstance(made, Asked)
        done = await send_back(job(conn, town.rekha), made.replacement.id, "unclear_photo")
        assert isinstance(done, Done)
        assert isinstance(await put_in(job(conn, town.mohan), made.replacement.id), DecidedBefore)
        await replaced(conn, town)


async def test_two_admins_at_once_make_one_decision(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        made = await ask(job(conn, town.ravi), wanted(town), "one")
    assert isinstance(made, Asked)

    async def press(who: Resident) -> object:
        async with db.transaction() as conn:
            return await put_in(job(conn, who), made.replacement.id)

    outcomes = await asyncio.gather(press(town.rekha), press(town.mohan))
    assert sorted(type(one).__name__ for one in outcomes) == ["DecidedBefore", "Done"]
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from meters where meter_number = '55501'") == 1
        assert await conn.fetchval("select count(*) from notifications where kind = 'replacement_answer'") == 1


async def test_where_units_are_sent_the_numbers_are_only_noted(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        made = await ask(job(conn, town.ravi, society=SOCIETY), wanted(town, closing=Decimal(5)), "one")
        assert isinstance(made, Asked)
        assert isinstance(await put_in(job(conn, town.rekha, society=SOCIETY), made.replacement.id), Done)
        at = datetime(2026, 11, 2, 5, tzinfo=UTC)
        units = job(conn, town.ravi, READ, SOCIETY)
        saved = await submit(units, Submission(CODE, Decimal(146), None, READ, "units", at))
        assert isinstance(saved, Saved)
        assert (saved.units, saved.reading.meter.number) == (Decimal(146), "55501")
        assert saved.usual is not None  # the months before count on


async def test_the_offices_own_change_of_a_meter_still_begins_with_a_baseline(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        done = await change(job(conn, town.rekha), CODE, Change(Field.METER, "19152159", "55501"))
        assert isinstance(done, Changed)
        saved = await sent(conn, town, CODE, "112")
        seen = await preview(job(conn, town.rekha, READ), saved.reading.id)
        assert (saved.units, seen.draft.obstacle) == (None, Obstacle.NO_BASELINE)


async def test_a_motors_own_meter_is_replaced_and_its_units_summed(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        [motor] = await meters.of_motor(conn, "MOTOR-B")
        sql = "insert into readings (meter_id, reading_date, reading_value, state) values ($1, $2, 500, 'history')"
        await conn.execute(sql, motor.id, date(2026, 10, 2))
        await replaced(conn, town, wanted(town, old_meter_id=motor.id, number="77000009", closing=Decimal(520)))
        saved = await sent(conn, town, "MOTOR-B", "30")
        assert (saved.units, saved.reading.meter.number) == (Decimal(50), "77000009")
        found = await groups_of_motors(job(conn, town.rekha, READ), [saved.reading.id])
        assert found[saved.reading.id].units == Decimal(50)


async def test_the_monthly_run_bills_what_both_meters_counted(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        new = await replaced(conn, town)
        saved = await sent(conn, town, CODE, "112")
        await readings.set_state(conn, saved.reading.id, ReadingState.APPROVED, by=town.rekha.person_id)
        assert saved.reading.meter.id == new
    done = await run_month(Workplace(db, REGISTER, lambda: datetime(2026, 12, 1, tzinfo=UTC)), Month(2026, 11))
    assert isinstance(done, RunResult)
    assert done.progress.issued == 1
    async with db.transaction() as conn:
        assert await conn.fetchval("select flat_units from bills") == Decimal(146)
        assert (await verify(conn)).ok


async def test_a_motor_that_is_split_before_any_bill_of_its_group_agrees_with_its_meters(
    db: Database, town: Town
) -> None:
    async with db.transaction() as conn:
        [motor] = await meters.of_motor(conn, "MOTOR-B")
        sql = "insert into readings (meter_id, reading_date, reading_value, state) values ($1, $2, 500, 'history')"
        await conn.execute(sql, motor.id, date(2026, 10, 2))
        await replaced(conn, town, wanted(town, old_meter_id=motor.id, number="77000009", closing=Decimal(520)))
        saved = await sent(conn, town, "MOTOR-B", "30")
        await readings.set_state(conn, saved.reading.id, ReadingState.APPROVED, by=town.rekha.person_id)
        todo = job(conn, town.rekha, READ)
        group = (await groups_of_motors(todo, [saved.reading.id]))[saved.reading.id]
        assert isinstance(await bill_now(todo, saved.reading.id, fingerprint(group)), GroupBilled)
        assert await conn.fetchval("select sum(share) from motor_shares") == Decimal(50)
        assert (await verify(conn)).ok


async def test_a_flat_read_on_its_old_meter_is_read(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await sent(conn, town, CODE, "1440", date(2026, 10, 15))
        await replaced(conn, town)
        found = await meters.month_list(conn, date(2026, 10, 1), date(2026, 10, 31))
        assert next(one.read for one in found if one.flat_code == CODE)
        at = datetime(2026, 11, 2, tzinfo=UTC)
        again = Submission("19152159", Decimal(1440), None, date(2026, 10, 15), "again", at)
        assert isinstance(await submit(job(conn, town.ravi, READ), again), Inactive)

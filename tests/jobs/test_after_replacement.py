"""What comes after a meter was replaced: old readings answered late, dead displays, provisional bills, rounds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.period import Month
from jobs import rounds
from jobs.approve_reading import Corrected, approve, correct, look, preview, send_back
from jobs.bill_motor_group import GroupBilled, bill_now, fingerprint
from jobs.bill_unread import Issued, bill_unread, shown, unread_flats
from jobs.draft_bill import Obstacle
from jobs.motor_groups import groups_of_motors
from jobs.replace_meter import Asked, Done, Hindered, Hitch, ask
from jobs.replace_meter import approve as put_in
from jobs.submit_reading import BadDate, DateProblem, Saved, Submission, correct_own, submit
from jobs.submit_reading import replace as put_instead
from jobs.taken_out import TakenOut
from jobs.verify import verify
from jobs.work import Society
from storage import meters, readings
from storage import rounds as walks
from storage.database import Connection, Database
from storage.meter_replacements import Missing, NewReplacement
from storage.motor_groups import motor_of, served_flats
from storage.readings import ReadingState
from tests.jobs.test_replace_meter import CODE, REGISTER, billed, job, replaced, sent, wanted
from tests.jobs.test_replace_meter import town as town  # noqa: PLC0414 - the fixture
from tests.society import SOCIETY, Town, past, work

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)


async def motors_old_meter(conn: Connection) -> int:
    """It showed 400 at the end of August."""
    [motor] = await meters.of_motor(conn, "MOTOR-B")
    sql = (
        "insert into readings (meter_id, reading_date, reading_value, state) values ($1, '2026-08-31', 400, 'history')"
    )
    await conn.execute(sql, motor.id)
    return motor.id


async def returned(conn: Connection, town: Town, reading_id: int, day: date) -> None:
    version = (await readings.get(conn, reading_id)).version
    await send_back(job(conn, town.rekha, day), reading_id, version, "unclear_photo")


async def split(conn: Connection, town: Town, reading_id: int, day: date) -> None:
    """Approve a motor's reading and bill its group."""
    todo = job(conn, town.rekha, day)
    seen = await look(todo, reading_id)
    await approve(todo, reading_id, seen.draft.reading.version, seen.draft.total, sure=True)
    group = (await groups_of_motors(todo, [reading_id]))[reading_id]
    assert isinstance(await bill_now(todo, reading_id, fingerprint(group)), GroupBilled)


def better(register: int) -> Submission:
    return Submission("MOTOR-B", Decimal(register), None, None, "better", datetime(2026, 11, 2, 6, tzinfo=UTC))


async def test_an_old_reading_answered_after_its_successor_is_billed_is_not_taken(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        old = await motors_old_meter(conn)
        first = await sent(conn, town, "MOTOR-B", "500", SEPTEMBER)
        await returned(conn, town, first.reading.id, date(2026, 10, 1))
        what = wanted(town, old_meter_id=old, number="77000009", closing=Decimal(520), on=date(2026, 10, 5))
        await replaced(conn, town, what)
        new = await sent(conn, town, "MOTOR-B", "30", OCTOBER)
        assert (await readings.get(conn, first.reading.id)).state is ReadingState.WITHDRAWN
        await split(conn, town, new.reading.id, OCTOBER)
        late = await correct_own(job(conn, town.ravi, date(2026, 11, 2)), first.reading.id, None, better(505))
        assert isinstance(late, BadDate)
        assert (late.problem, late.limit) == (DateProblem.BILLED, OCTOBER)
        assert await conn.fetchval("select sum(share) from motor_shares") == Decimal(150)
        assert (await verify(conn)).ok


@pytest.mark.parametrize("counted", [True, False])
async def test_a_motors_units_are_billed_once(db: Database, town: Town, *, counted: bool) -> None:
    """A reading sent back after the next was sent; answered before that one is billed, or later."""
    async with db.transaction() as conn:
        await motors_old_meter(conn)
        first = await sent(conn, town, "MOTOR-B", "500", SEPTEMBER)
        new = await sent(conn, town, "MOTOR-B", "550", OCTOBER)
        await returned(conn, town, first.reading.id, OCTOBER)
        todo = job(conn, town.rekha, OCTOBER)
        seen = await look(todo, new.reading.id)
        await approve(todo, new.reading.id, seen.draft.reading.version, seen.draft.total, sure=True)
        ravi = job(conn, town.ravi, OCTOBER)
        if counted:
            assert isinstance(await correct_own(ravi, first.reading.id, None, better(505)), Saved)
        group = (await groups_of_motors(todo, [new.reading.id]))[new.reading.id]
        assert isinstance(await bill_now(todo, new.reading.id, fingerprint(group)), GroupBilled)
        if not counted:
            assert isinstance(await correct_own(ravi, first.reading.id, None, better(505)), Saved)
        found = await look(todo, first.reading.id)
        assert found.draft.obstacle is (Obstacle.WAITING_FOR_MOTOR if counted else Obstacle.OUT_OF_ORDER)
        assert await conn.fetchval("select sum(share) from motor_shares") == Decimal(45 if counted else 150)


async def test_a_dead_display_counts_to_the_reading_that_stands_when_the_sum_is_made(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        wrong = await sent(conn, town, CODE, "1940", date(2026, 10, 19))
        made = await replaced(conn, town, wanted(town, closing=Decimal(1940), missing=Missing.DEAD))
        before = await readings.get(conn, wrong.reading.id)
        await correct(job(conn, town.rekha, date(2026, 10, 21)), before.id, before.version, Decimal(1440))
        new = await sent(conn, town, CODE, "100")
        assert (new.units, new.reading.meter.id) == (Decimal(100), made)
        assert await billed(conn, town, wrong.reading.id, date(2026, 11, 2)) == Decimal(20)
        later = await replaced(conn, town, dead_too(town, made))
        last = await sent(conn, town, CODE, "7", date(2026, 12, 2))
        assert (last.units, last.reading.meter.id) == (Decimal(7), later)
        await readings.set_state(conn, new.reading.id, ReadingState.WITHDRAWN)
        found = await readings.get(conn, last.reading.id)
        assert found.previous is not None
        assert found.course.units(found.value, found.previous.value) == Decimal(7)
        used = [one.used for one in await readings.history(conn, later)]
        assert used[:2] == [Decimal(7), Decimal(20)]
        assert (await verify(conn)).ok


def dead_too(town: Town, meter_id: int) -> NewReplacement:
    return wanted(
        town, old_meter_id=meter_id, number="55502", missing=Missing.DEAD, closing=Decimal(100), on=date(2026, 11, 20)
    )


async def test_months_before_a_dead_meter_was_replaced_stay_billed(db: Database, town: Town) -> None:
    """The new meter did not count them, and nobody knows what the old one would have shown."""
    november, replaced_on = Month(2026, 11), date(2026, 12, 5)
    async with db.transaction() as conn:
        todo = work(conn, town.rekha, datetime(2026, 12, 1, 5, tzinfo=UTC), REGISTER)
        unread = await unread_flats(todo, november)
        assert isinstance(await bill_unread(todo, november, shown(unread)), Issued)
        await replaced(conn, town, wanted(town, closing=Decimal(1420), missing=Missing.DEAD, on=replaced_on))
        new = await sent(conn, town, CODE, "110", date(2026, 12, 30))
        seen = await preview(job(conn, town.rekha, date(2026, 12, 30)), new.reading.id)
        assert seen.draft.obstacle is None
        assert seen.draft.true_up is None
        motor = (await motor_of(conn, [town.flat(CODE).flat_id]))[town.flat(CODE).flat_id]
        [flat] = [one for one in await served_flats(conn, [(motor, date(2026, 12, 1))]) if one.code == CODE]
        assert flat.billed_ahead == 0


async def test_a_round_is_walked_though_a_meter_was_replaced_after_it_was_read(db: Database, town: Town) -> None:
    october = Month(2026, 10)
    async with db.transaction() as conn:
        unread = """
            insert into readings (meter_id, reading_date, reading_value, state)
            select m.id, '2026-10-03', 5, 'history' from meters m where lower(m.status) = 'active'
                and not exists (select from readings r where r.meter_id = m.id and r.reading_date >= '2026-10-01')"""
        await conn.execute(unread)
        assert await walks.is_walked(conn, october)
        await replaced(conn, town)
        assert await walks.is_walked(conn, october)


async def test_a_meter_that_was_replaced_after_it_was_asked_for_is_not_asked_for(db: Database, town: Town) -> None:
    november, chat, meter_id = Month(2026, 11), town.ravi.chat_id, town.flat(CODE).meter_id
    async with db.transaction() as conn:
        todo = job(conn, town.ravi, date(2026, 11, 2))
        walk = await rounds.pick_up(todo, chat, november)
        await walks.ask(conn, walk.round.id, meter_id, "round:1", todo.now)
        asked = await rounds.asked_meter(todo, chat, november)
        assert (asked and asked.id, await rounds.expected_meter(todo, chat, november)) == (meter_id, asked)
        await replaced(conn, town, wanted(town, on=date(2026, 11, 2)))
        assert await rounds.asked_meter(todo, chat, november) is None
        assert await rounds.expected_meter(todo, chat, november) is None


def anew(register: str, on: date | None = None) -> Submission:
    return Submission(CODE, Decimal(register), None, on, "anew", datetime(2026, 10, 21, 6, tzinfo=UTC))


async def test_a_reading_of_a_meter_that_was_taken_out_stays_below_its_last_number(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        old = (await sent(conn, town, CODE, "1440", date(2026, 10, 19))).reading
        await replaced(conn, town)
        later = job(conn, town.ravi, date(2026, 10, 21))
        edited = await correct_own(later, old.id, None, anew("1540"))
        assert isinstance(edited, TakenOut)
        assert (edited.on, edited.value, edited.swap.closing) == (old.date, Decimal(1540), Decimal(1454))
        earlier = anew("1540", date(2026, 10, 18))
        assert isinstance(await correct_own(later, old.id, old.version, earlier), TakenOut)
        assert isinstance(await put_instead(later, old.id, old.version, anew("1540")), TakenOut)
        office = job(conn, town.rekha, date(2026, 10, 21))
        assert isinstance(await correct(office, old.id, old.version, Decimal("1454.5")), TakenOut)
        assert (await readings.get(conn, old.id)).version == old.version
        assert isinstance(await correct_own(later, old.id, None, anew("1454")), Saved)
        assert await billed(conn, town, old.id, date(2026, 10, 21)) == Decimal(34)
        new = await sent(conn, town, CODE, "112")
        assert await billed(conn, town, new.reading.id) == Decimal(112)
        assert (await verify(conn)).ok


async def test_a_taken_back_reading_comes_back_below_the_last_number_too(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        old = (await sent(conn, town, CODE, "1440", date(2026, 10, 19))).reading
        await readings.set_state(conn, old.id, ReadingState.WITHDRAWN)
        await replaced(conn, town)
        later = job(conn, town.ravi, date(2026, 10, 21))
        assert isinstance(await correct_own(later, old.id, None, anew("1540")), TakenOut)
        assert isinstance(await correct_own(later, old.id, None, anew("1450")), Saved)


async def test_a_motors_reading_stays_below_its_last_number_too(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        motor = await motors_old_meter(conn)
        old = (await sent(conn, town, "MOTOR-B", "500", SEPTEMBER)).reading
        what = wanted(town, old_meter_id=motor, number="77000009", closing=Decimal(520), on=date(2026, 10, 5))
        await replaced(conn, town, what)
        later = job(conn, town.ravi, date(2026, 10, 6))
        assert isinstance(await correct_own(later, old.id, None, better(900)), TakenOut)
        assert isinstance(await correct_own(later, old.id, None, better(510)), Saved)


async def test_a_turn_that_was_approved_is_not_taken_from_below_it(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        old = (await sent(conn, town, CODE, "99950", date(2026, 10, 19))).reading
        await replaced(conn, town, wanted(town, closing=Decimal(30), rolled_over=Decimal(100_000)))
        office = job(conn, town.rekha, date(2026, 10, 21))
        assert isinstance(await correct(office, old.id, old.version, Decimal(20)), TakenOut)
        assert isinstance(await correct(office, old.id, old.version, Decimal(99_960)), Corrected)
        new = await sent(conn, town, CODE, "10")
        assert new.units == Decimal(80)


async def test_where_units_are_sent_the_last_number_says_nothing(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        units = job(conn, town.ravi, date(2026, 10, 19), SOCIETY)
        old = await submit(units, Submission(CODE, Decimal(146), None, None, "units", units.now))
        assert isinstance(old, Saved)
        await replaced(conn, town, wanted(town, closing=Decimal(150)))
        later = job(conn, town.ravi, date(2026, 10, 21), SOCIETY)
        assert isinstance(await correct_own(later, old.reading.id, None, anew("160")), Saved)


@pytest.mark.parametrize("society", [SOCIETY, REGISTER])
async def test_what_was_sent_back_is_not_answered_for_a_day_after_the_meter_was_there(
    db: Database, town: Town, society: Society
) -> None:
    async with db.transaction() as conn:
        old = (await sent(conn, town, CODE, "1440", date(2026, 10, 21))).reading
        await returned(conn, town, old.id, date(2026, 10, 21))
        await replaced(conn, town)
        later = job(conn, town.ravi, date(2026, 10, 22), society)
        late = await correct_own(later, old.id, old.version, anew("1450"))
        assert isinstance(late, BadDate)
        assert late.problem is DateProblem.AFTER_METER
        assert isinstance(await put_instead(later, old.id, old.version, anew("1450")), BadDate)
        assert isinstance(await correct_own(later, old.id, old.version, anew("1450", date(2026, 10, 20))), Saved)


@pytest.mark.parametrize(
    ("now", "hitch"), [("1500", Hitch.NOT_BEGUN_ANEW), ("1530", Hitch.NOT_BEGUN_ANEW), ("1600", Hitch.LOWER)]
)
async def test_a_turn_is_not_approved_once_the_reading_before_is_another(
    db: Database, town: Town, now: str, hitch: Hitch
) -> None:
    async with db.transaction() as conn:
        await past(conn, town.flat(CODE), date(2026, 10, 10), "99800")
        old = (await sent(conn, town, CODE, "99950", date(2026, 10, 19))).reading
        what = wanted(town, closing=Decimal(1530), rolled_over=Decimal(100_000))
        made = await ask(job(conn, town.ravi), what, "turned")
        assert isinstance(made, Asked)
        office = job(conn, town.rekha)
        await correct(office, old.id, old.version, Decimal(now))
        found = await put_in(office, made.replacement.id)
        assert isinstance(found, Hindered)
        assert (found.hitch, found.last and found.last.value) == (hitch, Decimal(now))
        version = (await readings.get(conn, old.id)).version
        await correct(office, old.id, version, Decimal(99_940))
        assert isinstance(await put_in(office, made.replacement.id), Done)

"""Submissions without a chat: once, whoever races; superseding; the trail of the meter's state."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from domain.metering import ReadingMode
from jobs import take_photo, undo_reading
from jobs.find_meter import SeveralMeters
from jobs.photo_intake import PreparedPhoto
from jobs.submit_reading import (
    AlreadyBilled,
    AlreadyStored,
    Duplicate,
    Saved,
    Submission,
    Submitted,
    correct_own,
    submit,
)
from storage import readings
from storage.database import Database
from storage.readings import Reading, ReadingState
from tests.society import SOCIETY, Resident, Town, billed, build, past, work

NOW = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)


def sent(value: str, key: str = "k", target: str = "B17-FF", on: date | None = None) -> Submission:
    """A submission of the present day, or of `on`."""
    return Submission(target, Decimal(value), None, on, key, NOW)


async def town_of(db: Database) -> Town:
    """A fresh society."""
    async with db.transaction() as conn:
        return await build(conn)


async def submitted(db: Database, who: Resident, submission: Submission) -> Submitted:
    """Submit in a transaction of its own."""
    return await db.run(lambda conn: submit(work(conn, who, NOW), submission))


async def all_pending(db: Database) -> list[Reading]:
    """The queue."""
    async with db.transaction() as conn:
        return await readings.pending(conn)


async def test_one_submission_delivered_many_times_at_once_is_stored_once(db: Database) -> None:
    town = await town_of(db)
    outcomes = await asyncio.gather(*(submitted(db, town.ravi, sent("146")) for _ in range(8)))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyStored"] * 7 + ["Saved"]
    assert len(await all_pending(db)) == 1


async def test_a_delivery_after_undo_does_not_bring_the_reading_back(db: Database) -> None:
    town = await town_of(db)
    first = await submitted(db, town.ravi, sent("146"))
    assert isinstance(first, Saved)
    await db.run(lambda conn: undo_reading.undo(work(conn, town.ravi, NOW), first.reading.id, 1))
    again = await submitted(db, town.ravi, sent("146"))
    assert isinstance(again, AlreadyStored)
    assert again.reading.state is ReadingState.WITHDRAWN
    assert isinstance(await submitted(db, town.ravi, sent("146", "other")), Saved)


async def test_the_same_value_by_another_engineer_is_no_question(db: Database) -> None:
    town = await town_of(db)
    await submitted(db, town.ravi, sent("146"))
    assert isinstance(await submitted(db, town.sunil, sent("146", "s")), AlreadyStored)
    assert isinstance(await submitted(db, town.sunil, sent("147", "s2")), Duplicate)


async def test_a_later_reading_answers_one_that_was_sent_back(db: Database) -> None:
    town = await town_of(db)
    first = await submitted(db, town.ravi, sent("1460", on=date(2026, 10, 31)))
    assert isinstance(first, Saved)
    async with db.transaction() as conn:
        await readings.set_state(conn, first.reading.id, ReadingState.RETURNED, by=town.rekha.person_id, at=NOW)
    await submitted(db, town.ravi, sent("146", "later"))
    async with db.transaction() as conn:
        assert (await readings.get(conn, first.reading.id)).state is ReadingState.WITHDRAWN


async def test_a_billed_reading_is_neither_changed_nor_undone(db: Database) -> None:
    town = await town_of(db)
    async with db.transaction() as conn:
        reading_id = await billed(conn, town.flat("B17-FF"), date(2026, 10, 3), date(2026, 11, 2), "146")
        job = work(conn, town.ravi, NOW)
        assert isinstance(await correct_own(job, reading_id, 1, sent("150")), AlreadyBilled)
        assert isinstance(await undo_reading.undo(job, reading_id, 1), AlreadyBilled)
        assert isinstance(await undo_reading.confirm(job, reading_id, 1), AlreadyBilled)
        assert (await readings.get(conn, reading_id)).value == 146


async def test_doubtful_readings_do_not_make_the_usual(db: Database) -> None:
    town = await town_of(db)
    async with db.transaction() as conn:
        for month in range(5, 11):
            await past(conn, town.flat("B17-FF"), date(2026, month, 2), "100")
    await submitted(db, town.ravi, sent("900", "a", on=date(2026, 10, 20)))
    outcome = await submitted(db, town.ravi, sent("250", "b"))
    assert isinstance(outcome, Saved)
    assert outcome.usual is not None
    assert outcome.usual.high == 100
    assert not outcome.reading.confirmed


async def test_register_mode_measures_the_difference(db: Database) -> None:
    town = await town_of(db)
    society = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
    async with db.transaction() as conn:
        for month, value in ((8, "1000"), (9, "1100"), (10, "1210")):
            await past(conn, town.flat("B17-FF"), date(2026, month, 2), value)
        outcome = await submit(work(conn, town.ravi, NOW, society), sent("1300"))
    assert isinstance(outcome, Saved)
    assert (outcome.units, outcome.reading.confirmed) == (Decimal(90), True)


async def test_two_meters_in_use_are_asked_about(db: Database) -> None:
    town = await town_of(db)
    async with db.transaction() as conn:
        await conn.execute("insert into meters (meter_number, flat_id) values ('2', $1)", town.flat("B17-FF").flat_id)
    assert isinstance(await submitted(db, town.ravi, sent("146")), SeveralMeters)
    assert isinstance(await submitted(db, town.ravi, sent("146", target="19152159")), Saved)


async def test_the_same_photo_is_kept_once(db: Database) -> None:
    town = await town_of(db)
    photo = PreparedPhoto(b"jpeg", 4, 3, b"hash", "JPEG", 4)
    async with db.transaction() as conn:
        job = work(conn, town.ravi, NOW)
        assert await take_photo.keep(job, photo, NOW) == await take_photo.keep(job, photo, NOW)

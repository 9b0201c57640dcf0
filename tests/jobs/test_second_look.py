"""What is unusual about a reading follows what is before it: also where that is changed after it was sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from domain.metering import Flag
from jobs.approve_batch import Started, approve_shown, issue_batch, shown
from jobs.approve_reading import Corrected, SentBack, correct, look, send_back
from jobs.draft_motor import total_of
from jobs.pending import Queue, queue
from jobs.rebill import reopen
from jobs.second_look import judged
from jobs.submit_reading import monthly_units
from jobs.undo_reading import Undone, undo
from storage import readings, usual_months
from storage.database import Connection, Database
from storage.readings import Reading, ReadingState
from tests.jobs.test_replace_meter import CODE, READ, REGISTER, billed, job, replaced, sent, wanted
from tests.jobs.test_replace_meter import town as town  # noqa: PLC0414 - the fixture
from tests.society import SOCIETY, Town, past

BEFORE = date(2026, 10, 20)


async def two_sent(conn: Connection, town: Town) -> tuple[Reading, Reading]:
    """Both normal: 180 units, then 160."""
    first = await sent(conn, town, CODE, "1600", BEFORE)
    second = await sent(conn, town, CODE, "1760")
    assert (first.reading.flags, second.reading.flags) == ((), ())
    return first.reading, second.reading


async def queued(conn: Connection, town: Town) -> Queue:
    return await queue(job(conn, town.rekha, READ))


async def alone_in_review(conn: Connection, town: Town, reading: Reading) -> bool:
    found = await queued(conn, town)
    assert [*found.normal] == []
    [one] = [one for one in found.review if one.reading.id == reading.id]
    return (one.reading.flags, one.reading.confirmed) == ((Flag.FAR_ABOVE_USUAL,), False)


async def test_the_reading_before_is_sent_back(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        first, second = await two_sent(conn, town)
        assert isinstance(await send_back(job(conn, town.rekha, READ), first.id, 1, "unclear_photo"), SentBack)
        assert await alone_in_review(conn, town, second)
        shown_alone = (await look(job(conn, town.rekha, READ), second.id)).draft.reading
        assert shown_alone.flags == (Flag.FAR_ABOVE_USUAL,)


async def test_the_reading_before_is_taken_back(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        first, second = await two_sent(conn, town)
        assert isinstance(await undo(job(conn, town.ravi, READ), first.id, 1), Undone)
        assert await alone_in_review(conn, town, second)


async def test_the_reading_before_is_corrected_and_billed(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        first, second = await two_sent(conn, town)
        assert isinstance(await correct(job(conn, town.rekha, READ), first.id, 1, Decimal(1430)), Corrected)
        assert await billed(conn, town, first.id) == 10
        assert await alone_in_review(conn, town, second)


async def test_what_is_no_longer_unusual_is_not_said_any_more(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        first = await sent(conn, town, CODE, "1430", BEFORE)
        second = await sent(conn, town, CODE, "1760")
        assert second.reading.flags == (Flag.FAR_ABOVE_USUAL,)
        await correct(job(conn, town.rekha, READ), first.reading.id, 1, Decimal(1600))
        [now] = await judged(job(conn, town.rekha, READ), [await readings.get(conn, second.reading.id)])
        assert (now.flags, now.confirmed) == ((), False)


async def test_what_was_confirmed_stays_so_for_the_same(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        saved = await sent(conn, town, CODE, "1760")
        await readings.confirm(conn, saved.reading.id)
        [now] = await judged(job(conn, town.rekha, READ), [await readings.get(conn, saved.reading.id)])
        assert (now.flags, now.confirmed) == ((Flag.FAR_ABOVE_USUAL,), True)


async def test_what_is_billed_stays_as_it_was(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        saved = await sent(conn, town, CODE, "1560", BEFORE)
        await billed(conn, town, saved.reading.id)
        await conn.execute("update readings set confirmed = false where state = 'history'")
        found = await readings.get(conn, saved.reading.id)
        assert await judged(job(conn, town.rekha, READ), [found]) == [found]


async def test_an_offer_of_before_does_not_take_it_along(db: Database, town: Town) -> None:
    """Between the press and the bill, too."""
    async with db.transaction() as conn:
        first, second = await two_sent(conn, town)
        await billed(conn, town, first.id)
        offered = await queued(conn, town)
        assert [one.reading.id for one in offered.normal] == [second.id]
        todo = job(conn, town.rekha, READ)
        started = await approve_shown(todo, shown(offered), total_of(offered.bills), None)
        assert isinstance(started, Started)
        await past(conn, town.flat(CODE), date(2026, 10, 25), "1760")
        await issue_batch(todo, {"batch": started.batch_id})
        facts = await conn.fetchval("select after from audit where action = 'batch.issued'")
        assert facts["failed"] == [{"flat": CODE, "why": "unusual"}]
        assert (await readings.get(conn, second.id)).state is ReadingState.PENDING


async def test_what_is_approved_and_waits_comes_back(db: Database, town: Town) -> None:
    """The bill before it was voided, and its reading is changed."""
    async with db.transaction() as conn:
        first, second = await two_sent(conn, town)
        await conn.execute("update readings set state = 'approved' where id = any($1::bigint[])", [first.id, second.id])
        await reopen(job(conn, town.rekha, READ), first.id)
        assert (await readings.get(conn, second.id)).state is ReadingState.APPROVED
        await correct(job(conn, town.rekha, READ), first.id, 1, Decimal(1590))
        assert (await readings.get(conn, second.id)).state is ReadingState.APPROVED
        await correct(job(conn, town.rekha, READ), first.id, 2, Decimal(1430))
        assert (await readings.get(conn, second.id)).state is ReadingState.PENDING
        assert await conn.fetchval("select count(*) from audit where action = 'reading.reopened'") == 2


async def test_months_are_those_that_the_sender_was_measured_by(db: Database, town: Town) -> None:
    """Over a replacement and a register that began anew, by many at once as by one."""
    async with db.transaction() as conn:
        new = await replaced(conn, town, wanted(town, opening=Decimal(99_900)))
        first = await sent(conn, town, CODE, "99990", date(2026, 10, 28))
        over = await sent(conn, town, CODE, "110")
        await conn.execute("update readings set rolled_over = 100000, confirmed = true where id = $1", over.reading.id)
        await past(conn, town.flat("B18-FF"), date(2026, 9, 2), "500")
        later = await sent(conn, town, CODE, "300", date(2026, 11, 4))
        other = await sent(conn, town, "B18-FF", "640", date(2026, 11, 4))
        assert later.reading.meter.id == new
        chosen = [one.reading for one in (first, over, later, other)]
        for units, society in ((False, REGISTER), (True, SOCIETY)):
            todo = replace(job(conn, town.rekha, READ), society=society)
            found = await usual_months.months_before(conn, [one.id for one in chosen], units=units)
            for one in chosen:
                past_ones = await readings.history(conn, one.meter.id, before=one.date)
                assert found.get(one.id, []) == monthly_units(todo, past_ones)

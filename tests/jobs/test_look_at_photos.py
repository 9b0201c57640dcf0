"""Photos are looked at beside everything else: once each, by whoever comes first, and never for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.metering import ReadingMode
from domain.photo_reading import Seen
from domain.retention import Kept
from jobs.look_at_photos import Tempo, look_at_some, look_forever
from jobs.photo_readers import ReaderError
from jobs.tidy import tidy
from jobs.workplace import Workplace
from storage import photo_looks, photo_views, photos
from storage.database import Database
from tests.eyes import Eyes, seeing
from tests.society import SOCIETY, build

AT = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
READS = replace(SOCIETY, reading_mode=ReadingMode.REGISTER, reads_photos=True)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(db: Database, clock: Clock) -> Workplace:
    return Workplace(db, READS, clock)


async def waiting(db: Database, *jpegs: bytes) -> list[int]:
    """Photos that wait to be looked at."""
    async with db.transaction() as conn:
        town = await build(conn)
        found = [await photos.store(conn, jpeg, jpeg, 4, 3, by=town.ravi.person_id, at=AT) for jpeg in jpegs]
        for photo_id in found:
            await photo_looks.queue(conn, photo_id, AT)
        return found


async def state(db: Database, photo_id: int) -> str:
    async with db.transaction() as conn:
        word: str = await conn.fetchval("select look_state from photos where id = $1", photo_id)
        return word


async def views(db: Database, photo_id: int) -> list[str]:
    async with db.transaction() as conn:
        sql = "select seen->'candidates'->0->>'whole' as whole from photo_views where photo_id = $1 order by id"
        return [row["whole"] for row in await conn.fetch(sql, photo_id)]


async def test_what_is_seen_is_kept_word_for_word(db: Database, place: Workplace) -> None:
    eyes = Eyes()
    seen = seeing("00146.5", serials=("19152159",))
    [photo_id] = await waiting(db, eyes.show(b"one", seen))
    assert await look_at_some(place, [eyes]) == 1
    assert await look_at_some(place, [eyes]) == 0
    async with db.transaction() as conn:
        view = (await photo_views.newest(conn, [photo_id]))[photo_id]
    assert (view.seen, view.at, view.asked_by) == (seen, AT, None)
    assert await state(db, photo_id) == "seen"


async def test_another_reader_is_asked_at_once_and_a_pause_is_kept(db: Database, place: Workplace) -> None:
    first = Eyes("first", failures=[ReaderError("limit", pause=timedelta(hours=1))])
    second = Eyes("second")
    for jpeg in (b"one", b"two"):
        second.show(jpeg, seeing("146"))
    await waiting(db, b"one", b"two")
    tempo = Tempo(slots=1)
    task = asyncio.create_task(look_forever(place, [first, second], tempo))
    await _until(db, "select count(*) = 2 from photo_views")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert first.asked == [b"one"]
    assert second.asked == [b"one", b"two"]


async def test_what_nobody_can_read_is_unread_after_three_times(db: Database, place: Workplace, clock: Clock) -> None:
    [photo_id] = await waiting(db, b"one")
    eyes = Eyes(failures=[ReaderError("down")] * 9)
    for left in (2, 1, 0):
        assert await look_at_some(place, [eyes]) == 1
        assert await state(db, photo_id) == ("waiting" if left else "unread")
        assert await look_at_some(place, [eyes]) == 0
        clock.now += timedelta(minutes=2)
    assert len(eyes.asked) == 3


async def test_a_pause_uses_no_photo_up(db: Database, place: Workplace, clock: Clock) -> None:
    """The one that met it has used a try; the others are not even taken until it is over."""
    eyes = Eyes(failures=[ReaderError("limit", pause=timedelta(minutes=10))], at_once=1)
    found = await waiting(db, *(eyes.show(jpeg, seeing("146")) for jpeg in (b"one", b"two", b"three")))
    task = asyncio.create_task(look_forever(place, [eyes], Tempo(poll=0.01)))
    await _told(lambda: bool(eyes.asked))
    for _ in range(20):
        clock.now += timedelta(minutes=1)
        await asyncio.sleep(0.02)
    await _stop(task)
    assert [await state(db, one) for one in found] == ["waiting"] * 3
    assert await tries(db) == [1, 0, 0]


async def test_who_pauses_is_waited_for_where_the_others_fail(db: Database, place: Workplace, clock: Clock) -> None:
    """For a month nobody waits."""
    pauses = [ReaderError("limit", pause=timedelta(seconds=0.5)), ReaderError("cap", pause=timedelta(days=30))]
    first, second = Eyes("first", failures=pauses), Eyes("second", failures=[ReaderError("broken")] * 99)
    [photo_id] = await waiting(db, b"one")
    task = asyncio.create_task(look_forever(place, [first, second], Tempo(poll=0.01)))
    await _told(lambda: len(second.asked) > 0)
    while len(first.asked) < 2:
        clock.now += timedelta(seconds=30)
        await asyncio.sleep(0.02)
    assert await state(db, photo_id) == "waiting"
    async with asyncio.timeout(30):
        while await state(db, photo_id) == "waiting":
            clock.now += timedelta(seconds=30)
    await _stop(task)
    assert (await state(db, photo_id), len(first.asked)) == ("unread", 2)


async def test_a_turn_begins_when_the_reader_is_free(db: Database, place: Workplace) -> None:
    """Photos wait for each other at a reader of one at a time, also where others take more at once."""

    class Slow(Eyes):
        async def read(self, jpeg: bytes) -> Seen:
            await asyncio.sleep(0.4)
            return await Eyes.read(self, jpeg)

    broken, slow = Eyes("broken", failures=[ReaderError("no")] * 9), Slow("slow", at_once=1)
    found = await waiting(db, *(slow.show(b"%d" % one, seeing("146")) for one in range(4)))
    await look_at_some(place, [broken, slow], Tempo(turn=1))
    assert [await state(db, one) for one in found] == ["seen"] * 4


async def test_no_more_are_taken_than_are_read_at_once(db: Database, place: Workplace) -> None:
    await waiting(db, b"one", b"two")
    assert await look_at_some(place, [Eyes(at_once=1)]) == 1


async def test_what_never_can_be_read_is_unread_at_once(db: Database, place: Workplace) -> None:
    [photo_id] = await waiting(db, b"one")
    eyes = Eyes(failures=[ReaderError("refused", permanent=True)])
    await look_at_some(place, [eyes])
    assert await state(db, photo_id) == "unread"


async def test_a_reader_that_breaks_or_hangs_keeps_nobody_waiting(db: Database, place: Workplace) -> None:
    """A bug in one reader, a second that never answers: the third reads it."""

    class Broken(Eyes):
        async def read(self, jpeg: bytes) -> Seen:
            raise ZeroDivisionError(len(jpeg))

    eyes, hanging = Eyes(), Eyes("hanging", hangs=asyncio.Event())
    [photo_id] = await waiting(db, eyes.show(b"one", seeing("146")))
    await look_at_some(place, [Broken(), hanging, eyes], Tempo(turn=0.05))
    assert await state(db, photo_id) == "seen"


async def test_a_photo_whose_process_died_is_looked_at_again_and_the_late_one_is_refused(
    db: Database, place: Workplace, clock: Clock
) -> None:
    eyes = Eyes(hangs=asyncio.Event())
    [photo_id] = await waiting(db, eyes.show(b"one", seeing("1")))
    frozen = asyncio.create_task(look_at_some(place, [eyes]))
    await _told(lambda: bool(eyes.asked))
    clock.now += Tempo().lease
    other = Eyes()
    other.show(b"one", seeing("2"))
    assert await look_at_some(place, [other]) == 1
    assert eyes.hangs is not None
    eyes.hangs.set()
    await frozen
    assert await views(db, photo_id) == ["2"]


async def test_a_photo_that_kills_whoever_looks_is_given_up(db: Database, place: Workplace, clock: Clock) -> None:
    [photo_id] = await waiting(db, b"one")
    for _ in range(3):
        async with db.transaction() as conn:
            assert len(await photo_looks.lease(conn, clock.now, Tempo().lease, 1)) == 1
        clock.now += Tempo().lease
    eyes = Eyes()
    await look_at_some(place, [eyes])
    assert (await state(db, photo_id), eyes.asked) == ("unread", [])


async def test_several_processes_share_the_work(db: Database, place: Workplace) -> None:
    one, two = Eyes("one"), Eyes("two")
    jpegs = [b"%d" % n for n in range(12)]
    await waiting(db, *jpegs)
    tasks = [asyncio.create_task(look_forever(place, [eyes], Tempo(slots=2))) for eyes in (one, two)]
    await _until(db, "select count(*) = 12 from photo_views")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted([*one.asked, *two.asked]) == sorted(jpegs)


async def test_a_new_photo_wakes_whoever_looks(db: Database, place: Workplace) -> None:
    """Long before the next unasked look."""
    eyes = Eyes()
    task = asyncio.create_task(look_forever(place, [eyes], Tempo(poll=600)))
    [first] = await waiting(db, b"one")
    await _told(lambda: eyes.asked == [b"one"])
    async with db.transaction() as conn:
        await photo_looks.queue_again(conn, [first], AT, photo_looks.Asked(1, 1, {}))
    await _told(lambda: eyes.asked == [b"one", b"one"])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_was_forgotten_meanwhile_stays_forgotten(db: Database, place: Workplace) -> None:
    eyes = Eyes(hangs=asyncio.Event())
    [photo_id] = await waiting(db, eyes.show(b"one", seeing("1")))
    looking = asyncio.create_task(look_at_some(place, [eyes]))
    await _told(lambda: bool(eyes.asked))
    async with db.transaction() as conn:
        await conn.execute("update photos set content = null, forgotten_at = now()")
    assert eyes.hangs is not None
    eyes.hangs.set()
    await looking
    assert await views(db, photo_id) == []


async def test_what_was_seen_goes_with_its_photo(db: Database, place: Workplace) -> None:
    eyes = Eyes()
    [photo_id] = await waiting(db, eyes.show(b"one", seeing("146")))
    await look_at_some(place, [eyes])
    assert await tidy(db, AT + timedelta(days=800)) == {Kept.PHOTOS: 1}
    assert (await views(db, photo_id), await state(db, photo_id)) == ([], "none")
    async with db.transaction() as conn:
        assert await photos.store(conn, b"one", b"one", 4, 3, by=None, at=AT) == photo_id
        await photo_looks.queue(conn, photo_id, AT)
    assert await look_at_some(place, [eyes]) == 1


async def tries(db: Database) -> list[int]:
    async with db.transaction() as conn:
        return [row["look_tries"] for row in await conn.fetch("select look_tries from photos order by id")]


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _until(db: Database, sql: str) -> None:
    async with asyncio.timeout(30):
        while True:
            async with db.transaction() as conn:
                if await conn.fetchval(sql):
                    return
            await asyncio.sleep(0.02)


async def _told(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0.01)

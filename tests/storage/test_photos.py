"""Photos as they are kept: once each, with what their pixels say, and found again by likeness."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from storage import photo_facts, photos, readings
from storage.photos import Alike, Marks
from storage.readings import Measurement, ReadingState, Sender
from tests.society import build

if TYPE_CHECKING:
    from storage.database import Connection, Database
    from tests.society import Resident, Town

AT = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
MARKS = Marks(("19152159", "m_x"), bytes(range(32)), ("dark",), date(2026, 11, 1))


def changed(bits: int) -> bytes:
    """The fingerprint of `MARKS` with so many bits turned."""
    return (int.from_bytes(MARKS.fingerprint) ^ ((1 << bits) - 1)).to_bytes(32)


async def kept(conn: Connection, by: Resident, name: str, mark: bytes = b"", at: datetime = AT) -> int:
    marks = Marks(fingerprint=mark)
    return await photos.store(conn, name.encode(), b"jpeg", 4, 3, by=by.person_id, at=at, marks=marks)


async def reading(conn: Connection, town: Town, flat: str, photo: int, on: date = date(2026, 11, 2)) -> int:
    what = Measurement(Decimal(146), None, on, (), confirmed=False)
    sender = Sender(town.ravi.person_id, AT, town.ravi.chat_id, "7")
    reading_id = await readings.insert(conn, town.flat(flat).meter_id, what, sender, f"{flat} {on} {photo}")
    assert reading_id is not None
    await photos.attach(conn, reading_id, photo)
    return reading_id


async def marks(conn: Connection, photo: int) -> Marks:
    row = await conn.fetchrow("select codes, fingerprint, traits, taken_on from photos where id = $1", photo)
    assert row is not None
    bits = row["fingerprint"].bytes if row["fingerprint"] else b""
    return Marks(tuple(row["codes"]), bits, tuple(row["traits"]), row["taken_on"])


async def test_a_photo_is_kept_once_with_what_its_pixels_say(db: Database) -> None:
    async with db.transaction() as conn:
        first = await photos.store(conn, b"hash", b"jpeg", 4, 3, by=None, at=AT, marks=MARKS)
        assert await marks(conn, first) == MARKS
        again = await photos.store(conn, b"hash", b"other", 4, 3, by=None, at=AT, marks=Marks(("other",)))
        assert again == first
        assert await marks(conn, first) == MARKS


async def test_a_photo_from_before_gets_its_marks_when_it_comes_again(db: Database) -> None:
    async with db.transaction() as conn:
        first = await photos.store(conn, b"hash", b"jpeg", 4, 3, by=None, at=AT)
        assert await marks(conn, first) == Marks()
        await photos.store(conn, b"hash", b"jpeg", 4, 3, by=None, at=AT, marks=MARKS)
        assert await marks(conn, first) == MARKS


async def test_the_same_picture_is_found_on_other_readings(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        photo = await kept(conn, town.ravi, "one", MARKS.fingerprint)
        here = await reading(conn, town, "B17-FF", photo)
        there = await reading(conn, town, "B18-FF", photo)
        found = await photos.alike(conn, photo)
    assert {(one.reading_id, one.distance) for one in found} == {(here, 0), (there, 0)}


async def test_nearly_the_same_picture_is_found_on_any_old_reading_of_the_meter(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        old = await kept(conn, town.sunil, "old", changed(24), AT - timedelta(days=700))
        other = await kept(conn, town.sunil, "other", changed(25), AT - timedelta(days=30))
        past = await reading(conn, town, "B17-FF", old, date(2024, 12, 2))
        month = await reading(conn, town, "B17-FF", other, date(2026, 10, 2))
        new = await kept(conn, town.ravi, "new", MARKS.fingerprint)
        now = await reading(conn, town, "B17-FF", new)
        assert await photos.alike(conn, new) == [Alike(new, now, 0), Alike(old, past, 24)]
        assert await photos.alike(conn, old) == [Alike(old, past, 0), Alike(other, month, 1), Alike(new, now, 24)]


async def test_nearly_the_same_picture_of_the_same_sender_is_found_on_another_meter(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        for name, by, days in (("mine", town.ravi, 99), ("long ago", town.ravi, 101), ("another's", town.sunil, 1)):
            photo = await kept(conn, by, name, changed(10), AT - timedelta(days=days))
            await reading(conn, town, "B18-FF", photo, (AT - timedelta(days=days)).date())
        new = await kept(conn, town.ravi, "new", MARKS.fingerprint)
        await reading(conn, town, "B17-FF", new)
        found = [one for one in await photos.alike(conn, new) if one.photo_id != new]
        assert [one.distance for one in found] == [10]
        assert (await readings.get(conn, found[0].reading_id)).date == (AT - timedelta(days=99)).date()


async def test_the_newer_of_two_that_found_its_reading_first_is_noticed(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        first = await kept(conn, town.ravi, "one", MARKS.fingerprint)
        second = await kept(conn, town.ravi, "two", changed(3), AT + timedelta(seconds=5))
        there = await reading(conn, town, "B18-FF", second)
        await reading(conn, town, "B17-FF", first)
        found = await photo_facts.twins_of(conn, [first, second])
        assert [one.exact for key, one in found[first] if key == there] == [False]


async def test_what_was_taken_back_or_sent_back_does_not_count(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        for state in (ReadingState.WITHDRAWN, ReadingState.RETURNED):
            old = await kept(conn, town.ravi, state, MARKS.fingerprint)
            await readings.set_state(conn, await reading(conn, town, "B17-FF", old), state)
        new = await kept(conn, town.ravi, "new", MARKS.fingerprint)
        now = await reading(conn, town, "B17-FF", new)
        assert await photos.alike(conn, new) == [Alike(new, now, 0)]


async def test_pictures_without_detail_are_like_no_other(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        first, second = await kept(conn, town.ravi, "one"), await kept(conn, town.ravi, "two")
        await reading(conn, town, "B17-FF", first, date(2026, 10, 2))
        now = await reading(conn, town, "B17-FF", second)
        assert await photos.alike_many(conn, [second]) == {second: [Alike(second, now, 0)]}


async def test_many_photos_are_compared_at_once(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        first = await kept(conn, town.ravi, "one", MARKS.fingerprint, AT - timedelta(days=1))
        second = await kept(conn, town.ravi, "two", changed(3))
        loose = await kept(conn, town.ravi, "three", changed(5))
        one = await reading(conn, town, "B17-FF", first)
        two = await reading(conn, town, "B18-FF", second)
        assert await photos.alike_many(conn, [first, second, loose]) == {
            first: [Alike(first, one, 0), Alike(second, two, 3)],
            second: [Alike(second, two, 0), Alike(first, one, 3)],
            loose: [Alike(second, two, 2), Alike(first, one, 5)],
        }
        assert await photos.alike_many(conn, []) == {}

"""Photos leave the database: a file always, the outside store when it takes them."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from jobs.gateways.photo_files import save_photo
from jobs.photo_intake import PhotoStoreError, StoredCopy
from jobs.upload_photos import LONGEST_WAIT, copy_some, upload_some, wait_after
from storage import photos
from storage.database import Database
from tests.society import build, past

AT = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


class Store:
    """An outside store that takes what it is told to take."""

    def __init__(self, *answers: PhotoStoreError | None) -> None:
        self.answers = list(answers)
        self.taken: list[bytes] = []

    async def upload(self, jpeg: bytes) -> StoredCopy:
        """Fail or take, as told."""
        problem = self.answers.pop(0) if self.answers else None
        if problem:
            raise problem
        self.taken.append(jpeg)
        return StoredCopy("https://photos.example/1.jpg", "1")

    async def remove(self, url: str) -> None:
        """Uploads only."""
        raise NotImplementedError(url)


async def kept(db: Database, *, reading: bool = True) -> int:
    """A photo of a reading of B17-FF, or of none; its id."""
    async with db.transaction() as conn:
        town = await build(conn)
        photo_id = await photos.store(conn, b"hash", b"jpeg", 4, 3, by=town.ravi.person_id, at=AT)
        if reading:
            reading_id = await past(conn, town.flat("B17-FF"), date(2026, 11, 2), "146", state="pending")
            await photos.attach(conn, reading_id, photo_id)
        return photo_id


async def row(db: Database, photo_id: int) -> tuple[str, int, str | None, str | None]:
    """State, attempts, address and file name."""
    async with db.transaction() as conn:
        sql = "select cloud_state, cloud_attempts, cloud_url, file_name from photos where id = $1"
        state, attempts, url, name = await conn.fetchrow(sql, photo_id) or ("", 0, None, None)
        return state, attempts, url, name


def files(folder: Path) -> dict[str, bytes]:
    """Names and contents of the files in a folder."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


async def test_every_photo_gets_its_file_under_the_meters_name(db: Database, tmp_path: Path) -> None:
    photo_id = await kept(db)
    assert await copy_some(db, partial(save_photo, tmp_path)) == 1
    assert await copy_some(db, partial(save_photo, tmp_path)) == 0
    ((name, content),) = files(tmp_path).items()
    assert content == b"jpeg"
    assert "_20261102_" in name
    assert (await row(db, photo_id))[3] == name


async def test_a_photo_of_no_reading_is_copied_too(db: Database, tmp_path: Path) -> None:
    await kept(db, reading=False)
    async with db.transaction() as conn:
        await conn.execute("update photos set created_at = now() - interval '1 hour'")
    await copy_some(db, partial(save_photo, tmp_path))
    assert [name.partition("_")[0] for name in files(tmp_path)] == ["0"]


async def test_the_outside_store_gets_each_photo_once(db: Database) -> None:
    photo_id = await kept(db)
    store = Store()
    assert await upload_some(db, store) == 1
    assert await upload_some(db, store) == 0
    assert store.taken == [b"jpeg"]
    assert (await row(db, photo_id))[:3] == ("stored", 1, "https://photos.example/1.jpg")


async def test_a_store_that_is_down_is_asked_again_later(db: Database) -> None:
    photo_id = await kept(db)
    store = Store(PhotoStoreError("down", permanent=False))
    await upload_some(db, store)
    assert (await row(db, photo_id))[:2] == ("waiting", 1)
    assert await upload_some(db, store) == 0
    async with db.transaction() as conn:
        await conn.execute("update photos set cloud_next_at = now()")
    await upload_some(db, store)
    assert (await row(db, photo_id))[:2] == ("stored", 2)


async def test_a_store_that_refuses_is_not_asked_again(db: Database) -> None:
    photo_id = await kept(db)
    await upload_some(db, Store(PhotoStoreError("no such account", permanent=True)))
    assert (await row(db, photo_id))[0] == "failed"


async def test_a_lease_that_ran_out_changes_nothing(db: Database) -> None:
    photo_id = await kept(db)
    now = datetime.now(UTC)
    async with db.transaction() as conn:
        (old,) = await photos.lease_uploads(conn, now, timedelta(0), 5)
        (new,) = await photos.lease_uploads(conn, now, timedelta(minutes=5), 5)
        await photos.uploaded(conn, new, "https://photos.example/1.jpg")
        await photos.upload_failed(conn, old, None)
    assert (await row(db, photo_id))[0] == "stored"


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 30), (2, 60), (5, 480)])
def test_waits_double(attempts: int, seconds: int) -> None:
    assert wait_after(attempts) == timedelta(seconds=seconds)
    assert wait_after(50) == LONGEST_WAIT

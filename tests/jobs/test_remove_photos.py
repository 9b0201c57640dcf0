"""Copies of forgotten photos: deleted where they are, and what came of it is never silent."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from jobs.examine import examine
from jobs.gateways.photo_files import delete_photo, save_photo
from jobs.photo_intake import PhotoStoreError, StoredCopy
from jobs.remove_photos import remove_some
from jobs.tidy import tidy
from jobs.upload_photos import copy_some, upload_some
from storage import photos
from storage.database import Database
from tests.society import build, work

AT = datetime(2024, 1, 2, 5, 0, tzinfo=UTC)
LATER = AT + timedelta(days=800)
URL = "https://photos.example/v1/meter-photos/ab.jpg"


class Store:
    """An outside store that deletes what it is told to delete."""

    def __init__(self, *answers: PhotoStoreError | None) -> None:
        self.answers = list(answers)
        self.holds: set[str] = {URL}

    async def upload(self, jpeg: bytes) -> StoredCopy:
        """Take everything."""
        assert jpeg
        return StoredCopy(URL, "ab")

    async def remove(self, url: str) -> None:
        """Fail or delete, as told."""
        problem = self.answers.pop(0) if self.answers else None
        if problem:
            raise problem
        self.holds.discard(url)


async def forgotten(db: Database, folder: Path, store: Store) -> int:
    """A photo of no reading, copied into the folder and to the store, whose time is over."""
    async with db.transaction() as conn:
        photo_id = await photos.store(conn, b"hash", b"jpeg", 4, 3, by=None, at=AT)
    await copy_some(db, partial(save_photo, folder))
    await upload_some(db, store)
    await tidy(db, LATER)
    return photo_id


async def row(db: Database) -> tuple[object, ...]:
    """State, address and file name."""
    async with db.transaction() as conn:
        return tuple(await conn.fetchrow("select cloud_state, cloud_url, file_name from photos") or ())


async def test_both_copies_go_and_the_row_says_so(db: Database, tmp_path: Path) -> None:
    store = Store()
    await forgotten(db, tmp_path, store)
    assert len(list(tmp_path.iterdir())) == 1
    assert await remove_some(db, partial(delete_photo, tmp_path), store) == 1
    assert list(tmp_path.iterdir()) == []
    assert store.holds == set()
    assert await row(db) == ("removed", None, "")
    assert await remove_some(db, partial(delete_photo, tmp_path), store) == 0


async def test_a_store_that_is_down_is_asked_again_later(db: Database, tmp_path: Path) -> None:
    store = Store(PhotoStoreError("no answer within 20 s", permanent=False))
    await forgotten(db, tmp_path, store)
    with capture_logs() as logged:
        await remove_some(db, partial(delete_photo, tmp_path), store)
    assert [one["event"] for one in logged] == ["photo not deleted outside"]
    assert await row(db) == ("stored", URL, "")
    assert await remove_some(db, partial(delete_photo, tmp_path), store) == 0
    async with db.transaction() as conn:
        await conn.execute("update photos set cloud_next_at = now()")
    await remove_some(db, partial(delete_photo, tmp_path), store)
    assert await row(db) == ("removed", None, "")


async def test_a_store_that_refuses_for_good_is_named_to_whoever_runs_the_service(db: Database, tmp_path: Path) -> None:
    store = Store(PhotoStoreError("deletes only for an API key", permanent=True))
    await forgotten(db, tmp_path, store)
    await remove_some(db, partial(delete_photo, tmp_path), store)
    assert await row(db) == ("kept", URL, "")
    async with db.transaction() as conn:
        town = await build(conn)
        assert (await examine(work(conn, town.rekha, LATER))).photos_kept_outside == 1


async def test_a_copy_that_was_made_meanwhile_goes_too(db: Database, tmp_path: Path) -> None:
    async with db.transaction() as conn:
        await photos.store(conn, b"hash", b"jpeg", 4, 3, by=None, at=AT)
        [copy] = await photos.uncopied(conn, LATER, 1)
        [upload] = await photos.lease_uploads(conn, LATER, timedelta(minutes=5), 1)
    await tidy(db, LATER)
    name = save_photo(tmp_path, copy.meter_id, copy.taken_on, copy.jpeg).name
    store = Store()
    async with db.transaction() as conn:
        await photos.copied(conn, copy.photo_id, name)
        await photos.uploaded(conn, upload, URL)
    await remove_some(db, partial(delete_photo, tmp_path), store)
    assert (list(tmp_path.iterdir()), store.holds) == ([], set())
    async with db.transaction() as conn:
        assert await photos.uncopied(conn, LATER, 1) == []
        assert await photos.lease_uploads(conn, LATER, timedelta(minutes=5), 1) == []


def test_only_a_file_of_the_folder_itself_is_deleted(tmp_path: Path) -> None:
    outside = tmp_path / "keep.jpg"
    outside.write_bytes(b"keep")
    folder = tmp_path / "meter_photos"
    path = save_photo(folder, 1, date(2026, 1, 2), b"jpeg")
    with pytest.raises(OSError, match="no name of a photo"):
        delete_photo(folder, "../keep.jpg")
    assert delete_photo(folder, path.name)
    assert not delete_photo(folder, path.name)
    assert outside.exists()

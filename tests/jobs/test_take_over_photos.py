"""The former screen's photos and links come to the readings they show, once."""

from __future__ import annotations

import json
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from jobs.gateways.images import prepare_photo
from jobs.gateways.photo_files import read_old_photos
from jobs.take_over_photos import TakenOver, take_over_photos
from storage import readings
from storage.database import Database
from tests import society
from tests.billing import NOW

DAY = date(2026, 10, 2)


@pytest.fixture
async def meter_id(db: Database) -> int:
    """The meter of B17-FF with two readings of 2 October 2026, 140 and 146, and one of the 9th."""
    async with db.transaction() as conn:
        town = await society.build(conn)
        home = town.flat("B17-FF")
        for day, value in ((DAY, "140"), (DAY, "146"), (date(2026, 10, 9), "150")):
            await society.past(conn, home, day, value)
    return home.meter_id


@pytest.fixture
def folder(tmp_path: Path, meter_id: int) -> Path:
    """An old data folder: a photo, one of an unknown meter, one damaged; a link twice, one of another value."""
    photos = tmp_path / "meter_photos"
    photos.mkdir()
    photo = BytesIO()
    Image.new("RGB", (60, 40), "grey").save(photo, "JPEG")
    (photos / f"{meter_id}_20261002_0123abcd.jpg").write_bytes(photo.getvalue())
    (photos / "9999_20261002_0123abcd.jpg").write_bytes(photo.getvalue())
    (photos / f"{meter_id}_20261009_0123abcd.jpg").write_bytes(b"not a photo")
    links = [_link(meter_id, 140, "a"), _link(meter_id, 140, "a"), _link(meter_id, 999, "b")]
    (tmp_path / "meter_photo_links.json").write_text(json.dumps(links), "utf-8")
    return tmp_path


def _link(meter_id: int, value: int, name: str) -> dict[str, object]:
    url = f"https://res.cloudinary.com/example/{name}.jpg"
    return {"meter_id": meter_id, "reading_date": DAY.isoformat(), "reading_value": value, "url": url}


async def _take(db: Database, folder: Path) -> TakenOver:
    async with db.transaction() as conn:
        return await take_over_photos(conn, read_old_photos(folder), prepare_photo, NOW)


async def test_each_goes_to_its_reading(db: Database, folder: Path, meter_id: int) -> None:
    taken = await _take(db, folder)
    assert (taken.photos, taken.links, taken.known) == (1, 1, 0)
    async with db.transaction() as conn:
        latest, first = [await readings.get(conn, row.id) for row in (await readings.history(conn, meter_id))[1:]]
    assert [str(reading.value) for reading in (latest, first)] == ["146", "140"]
    assert [len(reading.photo_ids) for reading in (latest, first)] == [1, 0]
    assert latest.photo_urls + first.photo_urls == ("https://res.cloudinary.com/example/a.jpg",)


async def test_what_matches_nothing_is_reported(db: Database, folder: Path) -> None:
    problems = {problem.where: problem.reason for problem in (await _take(db, folder)).problems}
    assert len(problems) == 3
    assert "9999 has no such reading on 2026-10-02" in problems["9999_20261002_0123abcd.jpg"]
    assert "no such reading" in problems["https://res.cloudinary.com/example/b.jpg"]
    assert any("JPEG" in reason for reason in problems.values())


async def test_again_changes_nothing(db: Database, folder: Path) -> None:
    await _take(db, folder)
    again = await _take(db, folder)
    assert (again.photos, again.links, again.known) == (0, 0, 2)
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from reading_photos") == 2

"""Photos as files: names, atomic writing, and the folder of the former screen."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jobs.gateways.photo_files import photo_file_name, read_old_photos, save_photo
from jobs.photo_intake import OldPhotoFile, OldPhotoLink

DAY = date(2025, 10, 31)
LINK = {
    "meter_id": 7,
    "reading_date": "2025-10-31",
    "reading_value": 146.5,
    "url": "https://res.example/a.jpg",
}


def write_links(directory: Path, content: Any) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    (directory / "meter_photo_links.json").write_text(text, encoding="utf-8")


def reasons(directory: Path) -> dict[str, str]:
    return {problem.where: problem.reason for problem in read_old_photos(directory).problems}


def test_a_photo_is_kept_under_its_meter_day_and_content(tmp_path: Path) -> None:
    path = save_photo(tmp_path / "new" / "photos", 7, DAY, b"photo")
    assert path.name == photo_file_name(7, DAY, b"photo")
    assert path.name.startswith("7_20251031_")
    assert path.read_bytes() == b"photo"


def test_storing_again_changes_nothing_and_another_photo_is_another_file(tmp_path: Path) -> None:
    paths = {save_photo(tmp_path, 7, DAY, photo) for photo in (b"photo", b"photo", b"other")}
    assert set(tmp_path.iterdir()) == paths
    assert len(paths) == 2


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_photo(tmp_path, 7, DAY, b"photo")
    assert list(tmp_path.iterdir()) == []


def test_what_we_write_is_what_a_takeover_reads(tmp_path: Path) -> None:
    path = save_photo(tmp_path / "meter_photos", 7, DAY, b"photo")
    assert read_old_photos(tmp_path).files == (OldPhotoFile(7, DAY, path),)


def test_files_of_other_shapes_are_reported_and_the_good_ones_taken(tmp_path: Path) -> None:
    folder = tmp_path / "meter_photos"
    (folder / "7_20251031_deadbeef.jpg.d").mkdir(parents=True)
    (folder / "8_20251031_deadbeef.jpg").mkdir()
    for name in (
        "12_20251130_0123abcd.jpg",
        "12_20251101_0123ABCD.JPEG",
        ".hidden",
        "IMG_1.jpg",
        "7_20251331_deadbeef.jpg",
        "७_20251031_deadbeef.jpg",
    ):
        (folder / name).write_bytes(b"photo")
    write_links(tmp_path, [])
    old = read_old_photos(tmp_path)
    assert [(file.meter_id, file.taken_on) for file in old.files] == [
        (12, date(2025, 11, 1)),
        (12, date(2025, 11, 30)),
    ]
    assert reasons(tmp_path) == {
        "meter_photos/7_20251031_deadbeef.jpg.d": "This is not a file.",
        "meter_photos/8_20251031_deadbeef.jpg": "This is not a file.",
        "meter_photos/7_20251331_deadbeef.jpg": "20251331 in the name is not a date.",
        "meter_photos/IMG_1.jpg": "The name is not `<meter id>_<YYYYMMDD>_<8 hex digits>.jpg`.",
        "meter_photos/७_20251031_deadbeef.jpg": "The name is not `<meter id>_<YYYYMMDD>_<8 hex digits>.jpg`.",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "meter_photos"
    folder.mkdir()
    (folder / "7_20251031_deadbeef.jpg").symlink_to(tmp_path / "secret")
    assert read_old_photos(tmp_path).files == ()


def test_links_keep_the_exact_number_and_its_day(tmp_path: Path) -> None:
    (tmp_path / "meter_photos").mkdir()
    write_links(
        tmp_path,
        [
            LINK,
            {**LINK, "meter_id": "8", "reading_date": "2025-10-31T18:45:00+05:30", "reading_value": "0.10"},
            {**LINK, "reading_value": 12345678901234},
        ],
    )
    old = read_old_photos(tmp_path)
    assert old.problems == ()
    assert old.links == (
        OldPhotoLink(7, DAY, Decimal("146.5"), "https://res.example/a.jpg"),
        OldPhotoLink(8, DAY, Decimal("0.10"), "https://res.example/a.jpg"),
        OldPhotoLink(7, DAY, Decimal(12345678901234), "https://res.example/a.jpg"),
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"meter_id": None}, "meter_id"),
        ({"meter_id": True}, "meter_id"),
        ({"meter_id": 1.5}, "meter_id"),
        ({"meter_id": 0}, "meter_id"),
        ({"meter_id": "x"}, "meter_id"),
        ({"meter_id": "1_0"}, "meter_id"),
        ({"meter_id": 10**30}, "meter_id"),
        ({"reading_date": 20251031}, "reading_date"),
        ({"reading_date": "31/10/2025"}, "reading_date"),
        ({"reading_value": "many"}, "reading_value"),
        ({"reading_value": "१२"}, "reading_value"),
        ({"reading_value": "Infinity"}, "reading_value"),
        ({"reading_value": [1]}, "reading_value"),
        ({"url": None}, "url"),
        ({"url": "http://res.example/a.jpg"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://a\nb"}, "url"),
        ({"url": "https://[a"}, "url"),
        ({"url": "https://a/" + "x" * 3000}, "url"),
    ],
)
def test_a_bad_entry_is_reported_and_the_others_taken(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    write_links(tmp_path, [LINK, {**LINK, **change}, LINK])
    assert len(read_old_photos(tmp_path).links) == 2
    assert reasons(tmp_path)["meter_photo_links.json, entry 2"].startswith(f"{reason} is not")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "The file is not JSON."),
        ("{", "The file is not JSON."),
        ("[" * 100_000, "The file is not JSON."),
        ("[1e9999999999999999999]", "The file is not JSON."),
        ({}, "The file is not a list of photos."),
        ("null", "The file is not a list of photos."),
    ],
)
def test_a_file_that_is_not_a_list_is_reported(tmp_path: Path, content: Any, reason: str) -> None:
    write_links(tmp_path, content)
    assert reasons(tmp_path)["meter_photo_links.json"] == reason


@pytest.mark.parametrize("entry", [5, "text", None, [], float("nan")])
def test_an_entry_that_is_no_object_is_reported(tmp_path: Path, entry: Any) -> None:
    write_links(tmp_path, [entry])
    assert "entry 1" in next(where for where in reasons(tmp_path) if "links" in where)


def test_other_encodings_and_sizes(tmp_path: Path) -> None:
    links = tmp_path / "meter_photo_links.json"
    links.write_bytes(b"\xef\xbb\xbf" + json.dumps([LINK]).encode())
    assert len(read_old_photos(tmp_path).links) == 1
    links.write_bytes(json.dumps([LINK]).encode("utf-16"))
    assert reasons(tmp_path)["meter_photo_links.json"] == "The file is not JSON."
    with links.open("wb") as file:
        file.truncate(20 * 1024 * 1024 + 1)
    assert reasons(tmp_path)["meter_photo_links.json"] == "The file is larger than 20 MB."


def test_an_empty_folder_says_what_is_missing(tmp_path: Path) -> None:
    assert reasons(tmp_path) == {
        "meter_photos": "There is no such folder here.",
        "meter_photo_links.json": "There is no such file here.",
    }

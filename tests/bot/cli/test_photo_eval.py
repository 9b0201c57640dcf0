"""`billing photo-eval`: the report, and what it says of rows and files that cannot be measured."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot import bootstrap
from domain.photo_reading import Candidate, Display, Seen
from jobs.gateways.images import grey_point
from jobs.photo_readers import ReaderError
from tests.bot.cli.conftest import Billing
from tests.photos.drawn import render
from tests.photos.sets import drawn, save

HEAD = "file,reading,serial,previous\n"


class Reader:
    """Sees the same number in every photo, until it does not."""

    name = "offline"
    at_once = 1

    def __init__(self, *numbers: str) -> None:
        self._numbers = list(numbers)

    async def read(self, _jpeg: bytes) -> Seen:
        number = self._numbers.pop(0)
        if not number:
            raise ReaderError("the offline reader stopped while it read")
        return Seen(self.name, Display.CLEAR, (Candidate(number, "", (99,) * len(number)),))

    async def close(self) -> None:
        self._numbers.clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "set"
    (made / "photos").mkdir(parents=True)
    return made


def filled(folder: Path, rows: str, *files: str) -> None:
    (folder / "truth.csv").write_text(HEAD + rows, encoding="utf-8")
    for name in files:
        (folder / "photos" / name).write_bytes(grey_point())


def seeing(monkeypatch: pytest.MonkeyPatch, *numbers: str) -> None:
    monkeypatch.setattr(bootstrap, "photo_readers", lambda _settings: (Reader(*numbers),))


def test_the_report_counts_exact_wrong_and_declined(
    billing: Billing, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "a.jpg,1234,19152159,1100\nb.jpg,1234,19152159,1100\nc.jpg,1234,01239,1100\nd.jpg,,,\n"
    filled(folder, rows, "a.jpg", "b.jpg", "c.jpg", "d.jpg")
    seeing(monkeypatch, "01234", "01235", "01239", "00007")
    ended = billing("photo-eval", str(folder), "--json")
    assert ended.code == 0
    told = ended.document
    assert {key: told[key] for key in ("photos", "exact", "wrong", "wrong_not_flagged", "declined")} == {
        "photos": 4,
        "exact": 1,
        "wrong": 2,
        "wrong_not_flagged": 1,
        "declined": 1,
    }
    assert told["wrong_not_flagged_percent"] == "25.0"
    assert told["results"][1] == {
        "file": "b.jpg",
        "outcome": "wrong, not flagged",
        "reading": "1234",
        "read": "1235",
        "why": None,
    }
    assert told["problems"] == []


def test_the_table_is_on_standard_output_and_the_rest_is_not(
    billing: Billing, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(folder, "a.jpg,1234,,1100\n", "a.jpg")
    seeing(monkeypatch, "01299")
    ended = billing("photo-eval", str(folder))
    assert ended.code == 0
    assert [line.split() for line in ended.out.splitlines() if line.startswith("wrong")] == [["wrong", "1", "100.0"]]
    assert "a.jpg: wrong, not flagged; shows 1234, read 1299" in ended.err


def test_bad_rows_and_files_are_named_and_the_others_measured(
    billing: Billing, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (
        "a.jpg,1234,,\n../a.jpg,1,,\nmissing.jpg,1,,\na.jpg,1,,\nb.jpg,12x4,,\nb.jpg,1,,1e9\n"
        "b.jpg,1,<script>,\n,1,,\nc.jpg,1,,\ne.jpg,5,,\n"
    )
    filled(folder, rows, "a.jpg", "b.jpg", "d.jpg", "e.jpg")
    (folder / "photos" / "c.jpg").write_bytes(b"no picture")
    seeing(monkeypatch, "01234", "")
    ended = billing("photo-eval", str(folder), "--json")
    assert ended.code == 1
    assert ended.document["photos"] == 1
    problems = {one["where"]: one["reason"] for one in ended.document["problems"]}
    assert problems == {
        "truth.csv, line 3": "names no file of photos/",
        "truth.csv, line 4": "photos/missing.jpg is missing",
        "truth.csv, line 5": "a.jpg was there before",
        "truth.csv, line 6": "'12x4' is not a number",
        "truth.csv, line 7": "'1e9' is not a number",
        "truth.csv, line 8": "'<script>' is not a meter's number",
        "truth.csv, line 9": "names no file of photos/",
        "photos/b.jpg": "has no good row",
        "photos/d.jpg": "has no good row",
        "photos/c.jpg": problems["photos/c.jpg"],
        "photos/e.jpg": "the offline reader stopped while it read",
    }
    assert "Only JPEG" in problems["photos/c.jpg"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"photo,value\na.jpg,1\n", "must name the columns file, reading, serial, previous"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (b"", "must name the columns"),
    ],
)
def test_a_folder_without_a_good_truth_is_told_what_it_needs(
    billing: Billing, folder: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (folder / "truth.csv").write_bytes(content)
    ended = billing("photo-eval", str(folder))
    assert (ended.code, ended.out) == (1, "")
    assert words in ended.err


def test_a_folder_that_is_not_there_is_wrong_usage(billing: Billing, tmp_path: Path) -> None:
    assert billing("photo-eval", str(tmp_path / "nowhere")).code == 2


def test_nobody_who_reads_is_told(billing: Billing, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(folder, "a.jpg,1234,,\n", "a.jpg")
    monkeypatch.setenv("PHOTO_READER", "off")
    ended = billing("photo-eval", str(folder))
    assert ended.code == 1
    assert "PHOTO_READER=offline" in ended.err


@pytest.mark.slow
def test_a_drawn_set_is_read_by_the_real_reader(billing: Billing, tmp_path: Path) -> None:
    assert save(drawn(render, 3, 1), tmp_path / "drawn") == 3
    ended = billing("photo-eval", str(tmp_path / "drawn"), "--json")
    assert (ended.code, ended.document["photos"]) == (0, 3)
    assert ended.document["wrong_not_flagged"] == 0
    assert Decimal(str(ended.document["median_seconds"])) > 0

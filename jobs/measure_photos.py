"""Measure a reader on photos of which the truth is known: `photos/*.jpg` and `truth.csv` of a folder."""

from __future__ import annotations

import csv
import re
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.choose_reading import Choice, choose
from domain.photo_report import Outcome, Truth, judged
from jobs.photo_intake import MAX_PHOTO_BYTES, PhotoRefused
from jobs.photo_readers import ReaderError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from domain.photo_reading import Seen
    from jobs.photo_intake import PreparedPhoto
    from jobs.photo_readers import PhotoReader

TRUTH = "truth.csv"
PHOTOS = "photos"
_COLUMNS = ("file", "reading", "serial", "previous")
_NEEDED = _COLUMNS[:2]
_MOST_BYTES = 5_000_000
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")
_SERIAL = re.compile(r"[0-9A-Za-z /-]{0,30}")


class TruthError(Exception):
    """There is nothing to measure; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Known:
    """A photo and what it shows."""

    file: Path
    truth: Truth


@dataclass(frozen=True, slots=True)
class Problem:
    """A row or a file that cannot be measured."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of a photo. `seconds` are the reader's."""

    name: str
    truth: Truth
    choice: Choice
    outcome: Outcome
    seconds: float


def known_photos(folder: Path) -> tuple[list[Known], list[Problem]]:
    """The photos of a folder with their truth, and what is wrong there. Raises `TruthError`."""
    known: dict[str, Known] = {}
    problems: list[Problem] = []
    for number, row in _rows(folder / TRUTH):
        try:
            one = _known(folder, row, known)
        except ValueError as error:
            problems.append(Problem(f"{TRUTH}, line {number}", str(error)))
        else:
            known[one.file.name] = one
    named = {*known, *(problem.where for problem in problems)}
    unknown = [one.name for one in sorted((folder / PHOTOS).glob("*.jpg")) if one.name not in named]
    return list(known.values()), [*problems, *(Problem(f"{PHOTOS}/{one}", "has no good row") for one in unknown)]


def _rows(file: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows with their line numbers."""
    lines = _lines(file)
    reader = csv.DictReader(lines, restval="")
    missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise TruthError(f"{file}: its first line must name the columns {', '.join(_COLUMNS)}.")
    try:
        for row in reader:
            yield reader.line_num, {name: str(row.get(name) or "").strip() for name in _COLUMNS}
    except csv.Error as error:
        raise TruthError(f"{file}, line {reader.line_num}: {error}.") from error


def _lines(file: Path) -> Sequence[str]:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise TruthError(f"{file} is larger than 5 MB.")
        return file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise TruthError(f"{file} cannot be read: {error.strerror}. It needs {', '.join(_COLUMNS)}.") from error
    except UnicodeDecodeError as error:
        raise TruthError(f"{file} is not UTF-8. Save it as CSV UTF-8.") from error


def _known(folder: Path, row: Mapping[str, str], known: Mapping[str, Known]) -> Known:
    name = row["file"]
    if not name or name != name.replace("\\", "/").rpartition("/")[2] or name in {".", ".."}:
        raise ValueError("names no file of photos/")
    if name in known:
        raise ValueError(f"{name} was there before")
    if not (folder / PHOTOS / name).is_file():
        raise ValueError(f"{PHOTOS}/{name} is missing")
    if not _SERIAL.fullmatch(row["serial"]):
        raise ValueError(f"{row['serial'][:40]!r} is not a meter's number")
    truth = Truth(_number(row["reading"]), row["serial"], _number(row["previous"]))
    return Known(folder / PHOTOS / name, truth)


def _number(text: str) -> Decimal | None:
    if text and not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a number")
    return Decimal(text) if text else None


async def measured(
    photos: Sequence[Known], reader: PhotoReader, prepare: Callable[[bytes], PreparedPhoto]
) -> AsyncIterator[Measured | Problem]:
    """Each photo read as one that is sent is, one after the other."""
    for one in photos:
        try:
            jpeg = prepare(_content(one.file)).jpeg
            began = time.perf_counter()
            seen = await reader.read(jpeg)
        except (OSError, PhotoRefused, ReaderError) as error:
            yield Problem(f"{PHOTOS}/{one.file.name}", str(error))
        else:
            yield outcome_of(one.file.name, one.truth, seen, time.perf_counter() - began)


def _content(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(MAX_PHOTO_BYTES + 1)


def outcome_of(name: str, truth: Truth, seen: Seen, seconds: float) -> Measured:
    """What was seen, chosen from as for a reading, beside the truth."""
    choice = choose(seen, None, truth.serial, truth.expected)
    return Measured(name, truth, choice, judged(truth, choice), seconds)

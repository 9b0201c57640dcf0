"""Photos as files: the local copy of each one, and the folder of the former screen."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jobs.photo_intake import OldPhotoFile, OldPhotoLink, OldPhotoProblem, OldPhotos

PHOTO_FOLDER = "meter_photos"
LINK_FILE = "meter_photo_links.json"
_MAX_LINK_FILE_BYTES = 20 * 1024 * 1024
_FILE_NAME = re.compile(r"(?P<meter>[0-9]{1,18})_(?P<day>[0-9]{8})_[0-9a-f]{8}\.jpe?g", re.IGNORECASE | re.ASCII)


def photo_file_name(meter_id: int, taken_on: date, jpeg: bytes) -> str:
    """`{meter id}_{YYYYMMDD}_{8 hex}.jpg`; the hex is of the content: storing again changes nothing."""
    return f"{meter_id}_{taken_on:%Y%m%d}_{hashlib.sha256(jpeg).hexdigest()[:8]}.jpg"


def save_photo(folder: Path, meter_id: int, taken_on: date, jpeg: bytes) -> Path:
    """Writes the photo into `folder`, made if need be, and returns its path. Blocks: call it in a thread.

    Other processes see the whole file or none, also after a crash. Raises `OSError` if the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / photo_file_name(meter_id, taken_on, jpeg)
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(jpeg)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise
    return target


def delete_photo(folder: Path, file_name: str) -> bool:
    """Deletes a photo that `save_photo` wrote; false when this folder has none. Blocks. Raises `OSError`."""
    if Path(file_name).name != file_name:
        raise OSError(f"{file_name} is no name of a photo")
    try:
        (folder / file_name).unlink()
    except FileNotFoundError:
        return False
    return True


def read_old_photos(directory: Path) -> OldPhotos:
    """What `meter_photos/` and `meter_photo_links.json` in `directory` hold. Changes and raises nothing."""
    files, odd_files = _read_folder(directory / PHOTO_FOLDER)
    links, odd_links = _read_links(directory / LINK_FILE)
    return OldPhotos(files, links, odd_files + odd_links)


def _read_folder(folder: Path) -> tuple[tuple[OldPhotoFile, ...], tuple[OldPhotoProblem, ...]]:
    if not folder.is_dir():
        return (), (OldPhotoProblem(PHOTO_FOLDER, "There is no such folder here."),)
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        return (), (OldPhotoProblem(PHOTO_FOLDER, f"The folder cannot be read: {error.strerror}."),)
    found = [_old_file(path) for path in paths if not path.name.startswith(".")]
    files = tuple(each for each in found if isinstance(each, OldPhotoFile))
    return files, tuple(each for each in found if isinstance(each, OldPhotoProblem))


def _old_file(path: Path) -> OldPhotoFile | OldPhotoProblem:
    where = f"{PHOTO_FOLDER}/{path.name}"
    if path.is_symlink() or not path.is_file():
        return OldPhotoProblem(where, "This is not a file.")
    match = _FILE_NAME.fullmatch(path.name)
    if match is None:
        return OldPhotoProblem(where, "The name is not `<meter id>_<YYYYMMDD>_<8 hex digits>.jpg`.")
    day = _day(match["day"])
    if day is None:
        return OldPhotoProblem(where, f"{match['day']} in the name is not a date.")
    return OldPhotoFile(int(match["meter"]), day, path)


def _read_links(path: Path) -> tuple[tuple[OldPhotoLink, ...], tuple[OldPhotoProblem, ...]]:
    try:
        entries = _json_list(path)
    except ValueError as error:
        return (), (OldPhotoProblem(LINK_FILE, str(error)),)
    found = [_old_link(number, entry) for number, entry in enumerate(entries, start=1)]
    links = tuple(each for each in found if isinstance(each, OldPhotoLink))
    return links, tuple(each for each in found if isinstance(each, OldPhotoProblem))


def _json_list(path: Path) -> list[Any]:
    """The list in a JSON file, its numbers exact. Raises `ValueError` with the reason in words."""
    if not path.is_file():
        raise ValueError("There is no such file here.")
    if path.stat().st_size > _MAX_LINK_FILE_BYTES:
        raise ValueError("The file is larger than 20 MB.")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal, parse_int=Decimal)
    except OSError as error:
        raise ValueError(f"The file cannot be read: {error.strerror}.") from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ValueError("The file is not JSON.") from error
    if not isinstance(content, list):
        raise ValueError("The file is not a list of photos.")  # noqa: TRY004 - the content is wrong, not our call
    return content


def _old_link(number: int, entry: object) -> OldPhotoLink | OldPhotoProblem:
    where = f"{LINK_FILE}, entry {number}"
    if not isinstance(entry, dict):
        return OldPhotoProblem(where, "This is not an object with meter_id, reading_date, reading_value and url.")
    meter_id = _number(entry.get("meter_id"))
    value = _number(entry.get("reading_value"))
    read_on = _day(entry.get("reading_date"))
    url = entry.get("url")
    if meter_id is None or meter_id != meter_id.to_integral_value() or meter_id < 1:
        return OldPhotoProblem(where, "meter_id is not a whole number.")
    if read_on is None:
        return OldPhotoProblem(where, "reading_date is not a date like 2025-10-31.")
    if value is None:
        return OldPhotoProblem(where, "reading_value is not a number.")
    if not _is_https(url):
        return OldPhotoProblem(where, "url is not an https address.")
    return OldPhotoLink(int(meter_id), read_on, value, str(url))


def _number(value: object) -> Decimal | None:
    """A finite number within what a database column holds; text like `"12"` counts, `true` does not."""
    if isinstance(value, str) and value.isascii() and "_" not in value:
        with suppress(InvalidOperation):
            value = Decimal(value.strip())
    if not isinstance(value, Decimal) or not value.is_finite() or not -10 <= value.adjusted() < 18:  # noqa: PLR2004
        return None
    return value


def _day(value: object) -> date | None:
    """The day of `2025-10-31`, `20251031` or a time stamp, as it is written there."""
    if not isinstance(value, str):
        return None
    with suppress(ValueError):
        return datetime.fromisoformat(value.strip()).date()
    return None


def _is_https(url: object) -> bool:
    if not isinstance(url, str) or len(url) > 2048 or not url.isprintable():  # noqa: PLR2004 - what browsers take
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)

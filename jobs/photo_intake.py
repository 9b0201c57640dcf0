"""What the society's photos are once they are let in, and why one is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal
    from pathlib import Path

MAX_PHOTO_BYTES = 20 * 1024 * 1024
"""A photo's largest file, which is also what a Telegram bot can download."""
MAX_PHOTO_PIXELS = 50_000_000
"""Width × height that is still decoded: what the main camera of a phone takes."""
MAX_HEIF_PIXELS = 25_000_000
"""The same for HEIC: it is decoded whole, at some eight bytes a pixel."""
LONGEST_SIDE = 2048
"""Pixels kept on the longer side, so that the digits of a meter stay readable."""


class PhotoRefusal(StrEnum):
    """Why a photo was not let in."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    UNKNOWN_FORMAT = "unknown_format"
    DAMAGED = "damaged"


_MESSAGES = {
    PhotoRefusal.EMPTY: "The photo is empty. Please send it again.",
    PhotoRefusal.TOO_LARGE: "The photo is larger than 20 MB. Please send it as a photo, not as a file.",
    PhotoRefusal.TOO_MANY_PIXELS: "It has too many megapixels. Please send it as a photo, not as a file.",
    PhotoRefusal.UNKNOWN_FORMAT: "Only JPEG, PNG, WebP and HEIC can be read. Send it as a photo, not as a file.",
    PhotoRefusal.DAMAGED: "The photo arrived damaged. Please send it again.",
}


class PhotoRefused(Exception):  # noqa: N818 - a refusal is an answer to the sender, not a fault
    """A photo was not let in. `str()` tells the sender why and what to do; `reason` is for translation."""

    def __init__(self, reason: PhotoRefusal) -> None:
        super().__init__(_MESSAGES[reason])
        self.reason = reason


class PhotoNotFetched(Exception):  # noqa: N818 - likewise
    """A photo that somebody only named could not be had; the text says why, without its address."""


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """A photo as it is kept: an upright JPEG without any metadata.

    `width` and `height` are those of `jpeg`, at most `LONGEST_SIDE`. `original_sha256` (32 bytes)
    recognises the file that was sent; `original_format` is `JPEG`, `PNG`, `WEBP` or `HEIF`.
    `codes` are the texts of QR and bar codes in it, `fingerprint` (32 bytes; empty: none) is alike for pictures that
    look alike, `traits` are the words `blurred` and `dark`, `taken_on` the day that the camera wrote into the file.
    """

    jpeg: bytes
    width: int
    height: int
    original_sha256: bytes
    original_format: str
    original_size: int
    codes: tuple[str, ...] = ()
    fingerprint: bytes = b""
    traits: tuple[str, ...] = ()
    taken_on: date | None = None


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """A photo at an outside store: its https address and the name under which the store knows it."""

    url: str
    public_id: str


class PhotoStoreError(Exception):
    """An outside store did not take a photo. `permanent`: only a change of settings can help, not a retry."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class OldPhotoFile:
    """A file of the old `meter_photos/` folder; `meter_id` is the old database's internal id."""

    meter_id: int
    taken_on: date
    path: Path


@dataclass(frozen=True, slots=True)
class OldPhotoLink:
    """An entry of the old `meter_photo_links.json`; `meter_id` is the old database's internal id."""

    meter_id: int
    reading_date: date
    reading_value: Decimal
    url: str


@dataclass(frozen=True, slots=True)
class OldPhotoProblem:
    """Something of the old folder that could not be taken over: which file or entry, and why, in words."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class OldPhotos:
    """What an old photo folder holds, in a stable order."""

    files: tuple[OldPhotoFile, ...]
    links: tuple[OldPhotoLink, ...]
    problems: tuple[OldPhotoProblem, ...]

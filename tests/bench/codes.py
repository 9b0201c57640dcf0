"""Codes in photos: how long one is looked at, with a sticker in every other one, and how many are found."""

from __future__ import annotations

import time
from io import BytesIO
from typing import TYPE_CHECKING

import segno
from PIL import Image

from jobs.gateways.images import prepare_photo
from jobs.gateways.picture_marks import codes_in
from jobs.photo_intake import LONGEST_SIDE
from tests.bench.figures import Aim, Figure
from tests.photos import drawn
from tests.photos.sets import drawn as photos_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEED = 20261124
_STICKER = 220
"""Pixels of a sticker's square in a photo as it is kept: a tenth of its width."""
_LINK = "https://t.me/example_bot?start=m_K7QMX2HD9R"


def measure(count: int) -> list[Figure]:
    """Milliseconds a photo, as large as photos are kept."""
    plain = [_large(one.jpeg) for one in photos_of(drawn.render, count, _SEED)]
    marked = [_marked(picture, 7 * number % 40 - 20) for number, picture in enumerate(plain)]
    pictures = [one.convert("L") for pair in zip(plain, marked, strict=True) for one in pair]
    times, found = _looked(pictures)
    name = f"codes in photos, {len(pictures)}"
    intake = _intake(marked[0])
    return [
        Figure(
            f"{name}: 50% within",
            times[len(times) // 2],
            "ms",
            intake,
            "the whole intake of one",
            Aim(60, at_most=True),
        ),
        Figure(f"{name}: 99% within", times[int(len(times) * 0.99)], "ms", intake, "the whole intake of one"),
        Figure("  stickers found", 100 * found / count, "%", 100 * count / len(pictures), "photos with one", Aim(95)),
    ]


def _looked(pictures: Sequence[Image.Image]) -> tuple[list[float], int]:
    """The times, shortest first, and how many stickers were found."""
    times, found = [], 0
    codes_in(pictures[0])
    for picture in pictures:
        began = time.perf_counter()
        found += _LINK in codes_in(picture)
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times), found


def _large(jpeg: bytes) -> Image.Image:
    picture = Image.open(BytesIO(jpeg)).convert("RGB")
    height = LONGEST_SIDE * picture.height // picture.width
    return picture.resize((LONGEST_SIDE, height))


def _marked(picture: Image.Image, angle: int) -> Image.Image:
    """The photo with a sticker in a corner of it."""
    square = BytesIO()
    segno.make(_LINK, error="m", micro=False).save(square, kind="png", scale=8, border=4)
    sticker = Image.open(square).convert("RGB").resize((_STICKER, _STICKER))
    copy = picture.copy()
    copy.paste(sticker.rotate(angle, expand=True, fillcolor=(255, 255, 255)), (60, 80))
    return copy


def _intake(picture: Image.Image) -> float:
    target = BytesIO()
    picture.save(target, "JPEG", quality=85)
    began = time.perf_counter()
    prepare_photo(target.getvalue())
    return (time.perf_counter() - began) * 1000

"""What the pixels of a photo say: codes, likeness to other photos, and whether its digits can be seen."""

from __future__ import annotations

import random
import time
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
import segno
import zxingcpp
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from jobs.gateways.picture_marks import LONGEST_CODE, MOST_CODES, codes_in, fingerprint, traits
from tests.photos import drawn, held_out
from tests.photos.sets import drawn as photos_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.photos.sets import Case

LINK = "https://t.me/example_bot?start=m_7KQ4MZ2XPA"
NEAR = 24
"""As `storage.photos` takes two pictures for one."""


def wall(seed: int = 1, size: tuple[int, int] = (1280, 960)) -> Image.Image:
    """Something to photograph: a meter on a wall, with wires."""
    dice = random.Random(seed)
    rough = np.random.default_rng(seed).integers(90, 200, (12, 16, 3), dtype=np.uint8)
    picture = Image.fromarray(rough).resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((350, 130, 930, 860), fill=(226, 226, 216), outline=(60, 60, 60), width=6)
    pen.rectangle((430, 240, 850, 400), fill=(30, 30, 30))
    pen.text((450, 260), f"{dice.randrange(10**5):05d}", (240, 240, 240), font_size=120)
    pen.text((420, 500), f"No. {dice.randrange(10**7, 10**8)}", (20, 20, 20), font_size=48)
    pen.line((500, 860, 480, 960), (180, 30, 30), width=24)
    return picture


def with_square(text: str, side: int, *, angle: float = 0, blur: float = 0) -> Image.Image:
    target = BytesIO()
    segno.make(text, error="m", micro=False).save(target, kind="png", scale=8, border=4)
    return _pasted(Image.open(target).convert("RGB").resize((side, side)), angle, blur)


def with_lines(text: str, width: int) -> Image.Image:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    lines = Image.fromarray(np.array(code.to_image(scale=4, add_quiet_zones=True))).convert("RGB")
    return _pasted(lines.resize((width, width // 4)), 0, 0)


def _pasted(sticker: Image.Image, angle: float, blur: float) -> Image.Image:
    picture = wall()
    picture.paste(sticker.rotate(angle, expand=True, fillcolor=(255, 255, 255)), (400, 420))
    return picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture


def grey(picture: Image.Image) -> Image.Image:
    return picture.convert("L")


@pytest.mark.parametrize(("side", "angle", "blur"), [(120, 0, 0), (200, 17, 0.8), (320, 180, 1), (400, -40, 2)])
def test_a_sticker_is_read_however_it_is_held(side: int, angle: float, blur: float) -> None:
    assert codes_in(grey(with_square(LINK, side, angle=angle, blur=blur))) == (LINK,)


def test_a_serial_number_in_bars_is_read() -> None:
    assert codes_in(grey(with_lines("19152159", 260))) == ("19152159",)


def test_several_codes_are_told_once_each() -> None:
    picture = with_square(LINK, 240)
    picture.paste(with_square("19152159", 200).crop((400, 420, 600, 620)), (700, 600))
    picture.paste(with_square(LINK, 240).crop((400, 420, 640, 660)), (60, 60))
    assert sorted(codes_in(grey(picture))) == ["19152159", LINK]


def test_codes_are_bounded_in_number_and_length() -> None:
    picture = Image.new("RGB", (2000, 1000), "white")
    for number in range(MOST_CODES + 2):
        square = with_square(f"code {number}", 200).crop((400, 420, 600, 620))
        picture.paste(square, (30 + 380 * (number % 5), 100 + 400 * (number // 5)))
    assert len(codes_in(grey(picture))) == MOST_CODES
    assert codes_in(grey(with_square("x" * (LONGEST_CODE + 1), 500))) == ()


@pytest.mark.parametrize("gap", [2, 3])
def test_a_small_file_full_of_corner_marks_holds_nobody_up(gap: int) -> None:
    """They are compared with each other by threes."""
    mark = np.pad(np.full((3, 3), 0), 1, constant_values=255)
    mark = np.pad(np.pad(mark, 1), ((0, gap), (0, gap)), constant_values=255)
    full = Image.fromarray(np.tile(mark, (300, 300))[:2048, :2048].astype(np.uint8))
    codes_in(grey(wall()))
    begun = time.thread_time()
    assert codes_in(full) == ()
    assert time.thread_time() - begun < 2


def test_a_sticker_is_read_amid_noise() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (2048, 2048), dtype=np.uint8)
    picture = Image.fromarray(noise).convert("RGB")
    picture.paste(with_square(LINK, 120).crop((400, 420, 520, 540)), (700, 600))
    assert codes_in(grey(picture)) == (LINK,)


def test_a_code_keeps_no_character_that_cannot_be_stored() -> None:
    assert codes_in(grey(with_square("a\0b\nc", 240))) == ("abc",)


@pytest.mark.parametrize("size", [(1, 1), (1, 2048), (2048, 1), (3, 2)])
def test_the_smallest_pictures_say_nothing(size: tuple[int, int]) -> None:
    picture = Image.new("L", size, 128)
    assert (codes_in(picture), fingerprint(picture), traits(picture)) == ((), b"", ())


def _copies(picture: Image.Image) -> Iterator[Image.Image]:
    """The same photo, sent on once more."""
    wide, tall = picture.size
    for quality in (40, 75):
        packed = BytesIO()
        picture.save(packed, "JPEG", quality=quality)
        yield Image.open(packed)
    yield picture.resize((wide // 2, tall // 2))
    yield picture.resize((wide * 3 // 10, tall * 3 // 10))
    yield picture.crop((wide // 200, tall // 200, wide - wide // 200, tall - tall // 200))
    yield ImageEnhance.Brightness(picture).enhance(1.1)


def _by_hand(picture: Image.Image, seed: int) -> Image.Image:
    """The same meter once more, from about the same place."""
    dice = random.Random(seed)
    turned = picture.rotate(dice.choice((-1, 1)) * dice.uniform(2, 4), Image.Resampling.BICUBIC)
    left, top = dice.randrange(40, 110), dice.randrange(40, 110)
    return turned.crop((left, top, left + 1100, top + 825))


def bits(one: Image.Image, other: Image.Image) -> int:
    both = zip(fingerprint(grey(one)), fingerprint(grey(other)), strict=True)
    return sum((left ^ right).bit_count() for left, right in both)


@pytest.mark.parametrize("seed", range(4))
def test_copies_of_a_photo_have_nearly_its_fingerprint(seed: int) -> None:
    picture = wall(seed)
    assert len(fingerprint(grey(picture))) == 32
    assert [bits(picture, copy) for copy in _copies(picture) if bits(picture, copy) > NEAR] == []


@pytest.mark.parametrize("seed", range(4))
def test_another_photo_of_the_same_meter_has_another_fingerprint(seed: int) -> None:
    picture = wall(seed)
    assert [bits(picture, _by_hand(picture, other)) for other in range(10)] == pytest.approx([128] * 10, abs=128 - NEAR)
    assert bits(wall(1), wall(2)) > NEAR


def test_a_picture_without_detail_has_no_fingerprint() -> None:
    halves = Image.new("L", (800, 600), 255)
    ImageDraw.Draw(halves).rectangle((0, 0, 400, 600), fill=80)
    assert fingerprint(halves) == fingerprint(Image.new("L", (800, 600), 90)) == b""


def test_a_blurred_and_a_dark_photo_say_so() -> None:
    picture = wall()
    assert traits(grey(picture)) == ()
    assert traits(grey(picture.filter(ImageFilter.GaussianBlur(7)))) == ("blurred",)
    assert traits(grey(ImageEnhance.Brightness(picture).enhance(0.2))) == ("dark",)


@pytest.mark.slow
@pytest.mark.parametrize("render", [drawn.render, held_out.render])
def test_drawn_meters_are_called_blurred_or_dark_only_where_they_are(render: Callable[[Case], bytes]) -> None:
    said: dict[str, set[str]] = {"blurred": set(), "dark": set()}
    missed = []
    for one in photos_of(render, 40, 11):
        told = traits(grey(Image.open(BytesIO(one.jpeg))))
        missed += [one.case.name] if one.case.trouble in {"smeared", "dark"} and not told else []
        for trait in told:
            said[trait].add(one.case.trouble)
    assert said["blurred"] <= {"blur", "smeared"}
    assert said["dark"] == {"dark"}
    assert missed == []

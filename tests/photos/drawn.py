"""Photos of electricity meters, drawn: the set on which the offline reader was made. Running it writes a folder."""

from __future__ import annotations

import random
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import fontpkg_noto_sans
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.photos.sets import Case, main

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.ImageDraw import ImageDraw as Pen

Color = tuple[int, int, int]
Box = tuple[int, int, int, int]
Pixels = np.ndarray[Any, Any]

_SIZE = (1200, 1000)
_SEGMENTS = ("abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg")
_BODIES: tuple[Color, ...] = ((228, 226, 218), (205, 208, 206), (240, 240, 236), (60, 62, 66))
_WALLS: tuple[Color, ...] = ((170, 160, 148), (120, 124, 128), (196, 190, 176), (90, 80, 70))


def render(case: Case) -> bytes:
    """The photo of this case as JPEG; the same case gives the same photo."""
    dice = random.Random(f"drawn-{case.seed}-{case.serial}")
    image = Image.new("RGB", _SIZE, dice.choice(_WALLS))
    display = _meter(image, case, dice)
    photo = _spoilt(np.asarray(image), display, case, dice)
    return _jpeg(photo, dice)


def _meter(image: Image.Image, case: Case, dice: random.Random) -> Box:
    """Draws the meter; where its display is."""
    pen = ImageDraw.Draw(image)
    body = dice.choice(_BODIES)
    ink = (30, 30, 34) if sum(body) > 300 else (225, 225, 225)
    left, top = dice.randrange(230, 300), dice.randrange(90, 150)
    pen.rounded_rectangle((left, top, left + 680, top + 780), 36, fill=body, outline=(90, 90, 90), width=4)
    pen.text((left + 60, top + 40), dice.choice(("ELMEX", "SECURO", "VISION TEK")), ink, _font(44, 700))
    pen.text((left + 60, top + 100), "SINGLE PHASE STATIC ENERGY METER", ink, _font(22, 500))
    display = _display(image, case, dice, (left + dice.randrange(60, 130), top + dice.randrange(160, 210)))
    _plate(pen, case, dice, (left + 60, display[3] + dice.randrange(50, 90)), ink)
    return display


def _plate(pen: Pen, case: Case, dice: random.Random, at: tuple[int, int], ink: Color) -> None:
    x, y = at
    constant = dice.choice(("3200 imp/kWh", "1600 imp/kWh", "6400 imp/kWh", "600 rev/kWh"))
    lines = [f"240 V  10-60 A  50 Hz  {constant}", f"IS 13779  Class 1.0  {dice.randrange(2009, 2024)}"]
    lines.insert(dice.randrange(3), f"{dice.choice(('Sl. No.', 'S.No', 'No.'))} {case.serial}")
    for row, line in enumerate(lines):
        pen.text((x, y + 52 * row), line, ink, _font(30 if case.serial in line else 25, 600))
    if dice.random() < 0.6:
        _barcode(pen, dice, x, y + 175)


def _barcode(pen: Pen, dice: random.Random, x: int, y: int) -> None:
    pen.rectangle((x - 6, y - 4, x + 330, y + 60), fill=(245, 245, 245))
    for step in range(0, 320, 5):
        if dice.random() < 0.55:
            pen.rectangle((x + step, y, x + step + dice.choice((1, 2, 3)), y + 54), fill=(20, 20, 20))


def _display(image: Image.Image, case: Case, dice: random.Random, at: tuple[int, int]) -> Box:
    if case.kind == "drums":
        return _drums(image, case, dice, at)
    return _segments(ImageDraw.Draw(image), case, dice, at)


def _drums(image: Image.Image, case: Case, dice: random.Random, at: tuple[int, int]) -> Box:
    pen, (x, y) = ImageDraw.Draw(image), at
    wide, tall, gap = 62, 96, dice.choice((6, 10, 14))
    figures = case.whole + case.decimals
    box = (x, y, x + len(figures) * (wide + gap) + 30, y + tall + 30)
    pen.rectangle(box, fill=(52, 52, 54), outline=(20, 20, 20), width=5)
    turned = dice.random() < 0.25
    for place, figure in enumerate(figures):
        red = place >= len(case.whole)
        last = place == len(figures) - 1
        shift = dice.uniform(0.1, 0.35) if turned and last and red else dice.uniform(-0.03, 0.03)
        corner = (x + 16 + place * (wide + gap), y + 15)
        image.paste(_drum(figure, (wide, tall), shift, red=red), corner)
    pen.text((box[2] + 14, y + 40), "kWh", (40, 40, 40), _font(34, 600))
    return box


def _drum(figure: str, size: tuple[int, int], shift: float, *, red: bool) -> Image.Image:
    """One drum in its window, turned on by this part of a digit."""
    wide, tall = size
    face = Image.new("RGB", size, (158, 24, 24) if red else (18, 18, 20))
    pen = ImageDraw.Draw(face)
    for step in (-1, 0, 1):
        middle = (wide / 2, tall / 2 + (step - shift) * tall * 0.95)
        pen.text(middle, str((int(figure) + step) % 10), (236, 236, 230), _font(78, 600), anchor="mm")
    shade = 1 - 0.55 * np.abs(np.linspace(-1, 1, tall)) ** 3
    return Image.fromarray((np.asarray(face) * shade[:, None, None]).astype(np.uint8))


def _segments(pen: Pen, case: Case, dice: random.Random, at: tuple[int, int]) -> Box:
    x, y = at
    lit = case.kind == "led"
    glass, on, ghost = _colors(dice, lit=lit)
    tall = dice.randrange(84, 112)
    wide, gap = int(tall * 0.56), int(tall * 0.24)
    places = max(len(case.whole) + len(case.decimals), 6)
    box = (x, y, x + places * (wide + gap) + 110, y + tall + 70)
    pen.rectangle(box, fill=glass, outline=(40, 40, 40), width=6)
    if case.trouble == "off":
        return box
    figures = (case.whole + case.decimals).rjust(places)
    for place, figure in enumerate(figures):
        corner = (x + 24 + place * (wide + gap), y + 40)
        if ghost:
            _figure(pen, "abcdefg", corner, (wide, tall), ghost)
        if figure != " ":
            _figure(pen, _SEGMENTS[int(figure)], corner, (wide, tall), on)
        if case.decimals and place == places - len(case.decimals) - 1:
            _point(pen, (corner[0] + wide + gap // 2, corner[1] + tall), tall, on)
    pen.text((box[2] - 78, box[3] - 46), "kWh", on if not lit else (200, 200, 200), _font(28, 600))
    return box


def _colors(dice: random.Random, *, lit: bool) -> tuple[Color, Color, Color | None]:
    if lit:
        return dice.choice((((26, 8, 8), (255, 60, 40), (44, 14, 12)), ((10, 12, 10), (255, 84, 50), None)))
    glass = dice.choice(((158, 170, 140), (176, 184, 160), (140, 156, 150)))
    return glass, (34, 38, 36), (glass[0] - 10, glass[1] - 10, glass[2] - 10)


def _figure(pen: Pen, segments: str, at: tuple[int, int], size: tuple[int, int], color: Color) -> None:
    x, y = at
    wide, tall = size
    thick, half = tall * 0.13, tall / 2
    lean = tall * 0.08
    bars = {
        "a": (0, 0, wide, 0),
        "b": (wide, 0, wide, half),
        "c": (wide, half, wide, tall),
        "d": (0, tall, wide, tall),
        "e": (0, half, 0, tall),
        "f": (0, 0, 0, half),
        "g": (0, half, wide, half),
    }
    for name in segments:
        x1, y1, x2, y2 = bars[name]
        _bar(pen, (x + x1 + lean * (1 - y1 / tall), y + y1), (x + x2 + lean * (1 - y2 / tall), y + y2), thick, color)


def _bar(pen: Pen, start: tuple[float, float], end: tuple[float, float], thick: float, color: Color) -> None:
    """One segment, with pointed ends and a gap to the next one."""
    (x1, y1), (x2, y2) = start, end
    along = np.array([x2 - x1, y2 - y1]) / np.hypot(x2 - x1, y2 - y1)
    across = np.array([-along[1], along[0]]) * thick / 2
    first, last = np.array(start) + along * thick * 0.2, np.array(end) - along * thick * 0.2
    inner = along * thick / 2
    corners = [
        first,
        first + inner + across,
        last - inner + across,
        last,
        last - inner - across,
        first + inner - across,
    ]
    pen.polygon([(float(one[0]), float(one[1])) for one in corners], fill=color)


def _point(pen: Pen, at: tuple[int, int], tall: int, color: Color) -> None:
    x, y = at
    size = tall * 0.07
    pen.ellipse((x - size, y - size, x + size, y + size), fill=color)


def _spoilt(photo: Pixels, display: Box, case: Case, dice: random.Random) -> Pixels:
    """The photo as a hand-held phone takes it, with the case's own trouble."""
    noise = np.random.default_rng(case.seed)
    spoilt = _dirty(photo, display, dice) if case.trouble == "dirt" else photo
    if case.trouble == "glare":
        spoilt = _glare(spoilt, display, dice)
    spoilt, moved = _turned(spoilt, display, case.trouble, dice)
    if case.trouble == "cut_off":
        spoilt = spoilt[:, int((moved[0] + moved[2]) / 2) :]
    if case.trouble in {"blur", "smeared"}:
        spoilt = _blurred(spoilt, dice, hopeless=case.trouble == "smeared")
    light = dice.uniform(0.16, 0.3) if case.trouble == "dark" else dice.uniform(0.8, 1.05)
    grain = noise.normal(0, dice.uniform(2, 6), spoilt.shape)
    return np.clip(spoilt * light + grain, 0, 255).astype(np.uint8)


def _turned(photo: Pixels, display: Box, trouble: str, dice: random.Random) -> tuple[Pixels, Box]:
    tall, wide = photo.shape[:2]
    most = 0.075 if trouble == "angle" else 0.012
    corners = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], np.float32)
    pulled = corners + np.array([[dice.uniform(-most, most) * wide, dice.uniform(-most, most) * tall] for _ in corners])
    matrix = cv2.getPerspectiveTransform(corners, pulled.astype(np.float32))
    degrees = dice.uniform(-9, 9) if trouble == "angle" else dice.uniform(-2, 2)
    turn = np.vstack([cv2.getRotationMatrix2D((wide / 2, tall / 2), degrees, dice.uniform(0.85, 1.15)), [0, 0, 1]])
    both = turn @ matrix
    ends = cv2.perspectiveTransform(np.array([[display[:2], display[2:]]], np.float32), both)[0]
    moved = (int(ends[0][0]), int(ends[0][1]), int(ends[1][0]), int(ends[1][1]))
    return cv2.warpPerspective(photo, both, (wide, tall), borderMode=cv2.BORDER_REPLICATE), moved


def _blurred(photo: Pixels, dice: random.Random, *, hopeless: bool) -> Pixels:
    length = dice.randrange(45, 60) if hopeless else dice.randrange(5, 12)
    kernel: Pixels = np.zeros((length, length), np.float32)
    kernel[length // 2, :] = 1 / length
    turn = cv2.getRotationMatrix2D((length / 2, length / 2), dice.uniform(-30, 30), 1)
    moved = cv2.filter2D(photo, -1, cv2.warpAffine(kernel, turn, (length, length)))
    return cv2.GaussianBlur(moved, (0, 0), 9 if hopeless else dice.uniform(0.8, 2.2))


def _glare(photo: Pixels, display: Box, dice: random.Random) -> Pixels:
    left, top, right, bottom = display
    spot: Pixels = np.zeros(photo.shape[:2], np.float32)
    middle = (dice.randrange(left, right), dice.choice((top - 10, bottom + 10)))
    cv2.ellipse(spot, middle, (dice.randrange(60, 120), dice.randrange(30, 60)), dice.randrange(180), 0, 360, 1.0, -1)
    spot = cv2.GaussianBlur(spot, (0, 0), 22)[:, :, None]
    return np.clip(photo + spot * 200, 0, 255)


def _dirty(photo: Pixels, display: Box, dice: random.Random) -> Pixels:
    left, top, right, bottom = display
    spots = Image.fromarray(photo)
    pen = ImageDraw.Draw(spots, "RGBA")
    for _ in range(dice.randrange(20, 50)):
        x, y, size = dice.randrange(left - 80, right + 80), dice.randrange(top - 60, bottom + 60), dice.randrange(2, 8)
        pen.ellipse((x - size, y - size, x + size, y + size), fill=(96, 84, 60, dice.randrange(60, 190)))
    for _ in range(dice.randrange(3)):
        x, y = dice.randrange(left, right), dice.randrange(top, bottom)
        pen.line((x, y, x + dice.randrange(-160, 160), y + dice.randrange(-90, 90)), (210, 210, 210, 130), 2)
    return np.asarray(spots)


def _jpeg(photo: Pixels, dice: random.Random) -> bytes:
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(photo, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, dice.randrange(72, 92)]
    )
    assert done
    return data.tobytes()


@cache
def _font(size: int, weight: int) -> ImageFont.FreeTypeFont:
    folder: Path = fontpkg_noto_sans.ROOT
    font = ImageFont.truetype(str(next(folder.rglob("NotoSans[[]*.ttf"))), size)
    font.set_variation_by_axes([weight, 100])
    return font


if __name__ == "__main__":
    sys.exit(main(render))

"""Photos of other meters, drawn another way: the reader is measured on them, never made to fit them.

Own layout, letters, segments, colours and troubles; nothing is shared with `drawn` but what a case is.
"""

from __future__ import annotations

import random
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.photos.sets import Case, main

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageDraw import ImageDraw as Pen

Tone = tuple[int, int, int]
Area = tuple[int, int, int, int]
Pixels = np.ndarray[Any, Any]

_PAGE = (960, 1280)
_LIT = {
    "0": "1110111",
    "1": "0010010",
    "2": "1011101",
    "3": "1011011",
    "4": "0111010",
    "5": "1101011",
    "6": "1101111",
    "7": "1010010",
    "8": "1111111",
    "9": "1111011",
}
"""Top, upper left, upper right, middle, lower left, lower right, bottom."""


def render(case: Case) -> bytes:
    """The photo of this case as JPEG; the same case gives the same photo."""
    luck = random.Random(f"held-out-{case.serial}-{case.seed}")
    scene = _wall(luck, case.seed)
    area = _front(scene, case, luck)
    shot = np.asarray(scene).astype(np.float32)
    for step in _steps(case, area, luck):
        shot = step(shot)
    return _stored(shot, case, luck)


def _wall(luck: random.Random, seed: int) -> Image.Image:
    """A rough wall, lit from one side."""
    rough = np.random.default_rng(seed + 7).normal(0, 14, (80, 60))
    plaster = cv2.resize(rough, _PAGE, interpolation=cv2.INTER_CUBIC)[:, :, None]
    base = np.array(luck.choice(((206, 199, 187), (148, 158, 150), (176, 150, 128), (110, 116, 130))))
    return Image.fromarray(np.clip(base + plaster, 0, 255).astype(np.uint8))


def _front(scene: Image.Image, case: Case, luck: random.Random) -> Area:
    """The case, its cover and the text around the display; where the number is."""
    pen = ImageDraw.Draw(scene)
    shell, text = luck.choice(
        (((38, 40, 48), (214, 214, 220)), ((236, 238, 240), (24, 34, 70)), ((92, 104, 116), (240, 240, 240)))
    )
    x, y = 150 + luck.randrange(-25, 25), 170 + luck.randrange(-40, 40)
    pen.rectangle((x, y, x + 660, y + 900), fill=shell)
    pen.rectangle((x + 14, y + 14, x + 646, y + 886), outline=tuple(one * 3 // 4 for one in shell), width=3)
    pen.ellipse((x + 300, y + 836, x + 336, y + 872), fill=(120, 120, 120))
    pen.text((x + 330, y + 60), luck.choice(("HPL Electric", "L&T", "Genus Power")), text, _letters(40), anchor="mm")
    pen.text((x + 330, y + 108), f"No. {case.serial}", text, _letters(luck.choice((28, 32))), anchor="mm")
    area = _window(scene, case, luck, (x + 70 + luck.randrange(30), y + 190 + luck.randrange(60)))
    under = area[3] + 60
    for line in _small_print(luck):
        pen.text((x + 80, under), line, text, _letters(24))
        under += 44
    pen.ellipse((x + 540, under + 10, x + 562, under + 32), fill=(200, 30, 30))
    return area


def _small_print(luck: random.Random) -> Iterator[str]:
    yield "A.C. STATIC WATT-HOUR METER  1 PH 2 W"
    yield f"{luck.choice((230, 240))}V   {luck.choice(('5-30A', '10-60A', '10-40A'))}   50Hz   CL 1"
    yield luck.choice(("1 kWh = 3200 pulses", "imp/kWh 1600", "r/kWh 1200", "1000 imp / kWh"))
    yield f"MFG {luck.randrange(1, 12):02d}/{luck.randrange(2008, 2025)}   PROPERTY OF SOCIETY"


def _window(scene: Image.Image, case: Case, luck: random.Random, at: tuple[int, int]) -> Area:
    if case.kind == "drums":
        return _counter(scene, case, luck, at)
    return _glass(scene, case, luck, at)


def _counter(scene: Image.Image, case: Case, luck: random.Random, at: tuple[int, int]) -> Area:
    """Drums that stand close together behind one slot, dark on light or light on dark."""
    light = luck.random() < 0.4
    step, tall = luck.choice((58, 66, 72)), luck.choice((78, 90))
    number = case.whole + case.decimals
    x, y = at
    pen = ImageDraw.Draw(scene)
    pen.rectangle((x - 10, y - 10, x + step * len(number) + 10, y + tall + 10), fill=(12, 12, 12))
    for place, digit in enumerate(number):
        fraction = place >= len(case.whole)
        paper, print_ = ((228, 226, 216), (20, 20, 24)) if light else ((26, 26, 28), (240, 238, 228))
        if fraction:
            paper, print_ = ((228, 226, 216), (190, 20, 20)) if light else ((176, 30, 26), (248, 244, 240))
        tile = Image.new("RGB", (step - 5, tall), paper)
        off = luck.uniform(-0.3, 0) if fraction and luck.random() < 0.3 else luck.uniform(-0.05, 0.05)
        ink = ImageDraw.Draw(tile)
        for near in (-1, 0, 1):
            ink.text(
                ((step - 5) / 2, tall * (0.5 + near + off)),
                str((int(digit) + near) % 10),
                print_,
                _letters(70),
                anchor="mm",
            )
        ink.rectangle((0, 0, step, 8), fill=tuple(one * 2 // 3 for one in paper))
        scene.paste(tile, (x + place * step, y))
    pen.text((x + step * len(number) / 2, y - 34), "kWh", (170, 170, 170), _letters(26), anchor="mm")
    return x, y, x + step * len(number), y + tall


def _glass(scene: Image.Image, case: Case, luck: random.Random, at: tuple[int, int]) -> Area:
    """A panel with upright square segments, lit ones glowing."""
    lit = case.kind == "led"
    back, front = _tones(luck, lit=lit)
    tall = luck.choice((74, 88, 100))
    wide, step = int(tall * 0.5), int(tall * 0.74)
    number = case.whole + case.decimals
    room = max(len(number), 7)
    x, y = at
    panel = Image.new("RGB", (room * step + 60, tall + 76), back)
    shine = Image.new("RGB", panel.size, (0, 0, 0)) if lit else panel
    if case.trouble != "off":
        _number(ImageDraw.Draw(shine), case, (30 + (room - len(number)) * step, 44), (wide, tall, step), front)
    if lit:
        glow = shine.filter(ImageFilter.GaussianBlur(5))
        panel = Image.fromarray(np.maximum.reduce([np.asarray(one) for one in (panel, glow, shine)]))
    ImageDraw.Draw(panel).text((30, 10), luck.choice(("kWh", "CUM kWh", "kWh T")), front, _letters(20))
    scene.paste(panel, (x, y))
    pen = ImageDraw.Draw(scene)
    pen.rectangle((x, y, x + panel.width, y + panel.height), outline=(70, 70, 74), width=8)
    return x + 30, y + 44, x + panel.width - 20, y + 44 + tall


def _tones(luck: random.Random, *, lit: bool) -> tuple[Tone, Tone]:
    if lit:
        return (22, 14, 14), luck.choice(((240, 40, 36), (255, 120, 30), (60, 230, 90)))
    return luck.choice(
        (((150, 178, 196), (30, 36, 52)), ((186, 196, 120), (40, 44, 20)), ((170, 174, 170), (52, 54, 56)))
    )


def _number(pen: Pen, case: Case, at: tuple[int, int], size: tuple[int, int, int], tone: Tone) -> None:
    wide, tall, step = size
    for place, digit in enumerate(case.whole + case.decimals):
        _cell(pen, _LIT[digit], (at[0] + place * step, at[1]), (wide, tall), tone)
        if case.decimals and place == len(case.whole) - 1:
            dot = tall // 9
            left = at[0] + place * step + wide + (step - wide - dot) // 2
            pen.rectangle((left, at[1] + tall - dot, left + dot, at[1] + tall), fill=tone)


def _cell(pen: Pen, lit: str, at: tuple[int, int], size: tuple[int, int], tone: Tone) -> None:
    x, y = at
    wide, tall = size
    bar, half, slit = tall // 8, tall // 2, 2
    upright = half - bar // 2 - slit
    spots = (
        (slit + bar // 2, 0, wide - slit - bar // 2, bar),
        (0, slit, bar, upright),
        (wide - bar, slit, wide, upright),
        (slit + bar // 2, half - bar // 2, wide - slit - bar // 2, half + bar // 2),
        (0, half + slit, bar, tall - slit),
        (wide - bar, half + slit, wide, tall - slit),
        (slit + bar // 2, tall - bar, wide - slit - bar // 2, tall),
    )
    for on, (x1, y1, x2, y2) in zip(lit, spots, strict=True):
        if on == "1":
            pen.rectangle((x + x1, y + y1, x + x2, y + y2), fill=tone)


def _steps(case: Case, area: Area, luck: random.Random) -> Iterator[Any]:
    """What happens to the picture between the meter and the file, in order."""
    if case.trouble == "dirt":
        yield lambda shot: _smudged(shot, area, luck)
    if case.trouble == "glare":
        yield lambda shot: _streak(shot, area, luck)
    yield lambda shot: _seen_from(shot, area, case, luck)
    yield lambda shot: _shaded(shot, luck, dark=case.trouble == "dark")
    if case.trouble in {"blur", "smeared"}:
        yield lambda shot: _out_of_focus(shot, luck, hopeless=case.trouble == "smeared")
    yield lambda shot: shot + np.random.default_rng(case.seed).normal(0, luck.uniform(2, 8), shot.shape)


def _smudged(shot: Pixels, area: Area, luck: random.Random) -> Pixels:
    """Finger marks and dust: soft patches that take contrast away."""
    veil = np.zeros(shot.shape[:2], np.float32)
    for _ in range(luck.randrange(6, 14)):
        middle = (luck.randrange(area[0] - 60, area[2] + 60), luck.randrange(area[1] - 40, area[3] + 40))
        axes = (luck.randrange(8, 60), luck.randrange(5, 30))
        cv2.ellipse(veil, middle, axes, luck.randrange(180), 0, 360, luck.uniform(0.15, 0.5), -1)
    veil = cv2.GaussianBlur(veil, (0, 0), 6)[:, :, None]
    return shot * (1 - veil) + np.array((138, 126, 108)) * veil


def _streak(shot: Pixels, area: Area, luck: random.Random) -> Pixels:
    """A window's reflection across the glass."""
    light = np.zeros(shot.shape[:2], np.float32)
    start = luck.randrange(area[0], area[2])
    lean = luck.randrange(-120, 120)
    cv2.line(
        light, (start, area[1] - 130), (start + lean, area[3] + 130), luck.uniform(0.35, 0.65), luck.randrange(20, 60)
    )
    light = cv2.GaussianBlur(light, (0, 0), luck.randrange(5, 16))[:, :, None]
    return np.asarray(shot + (255 - shot) * light)


def _seen_from(shot: Pixels, area: Area, case: Case, luck: random.Random) -> Pixels:
    """From another place: turned, tilted, nearer; or with half of the number outside."""
    tall, wide = shot.shape[:2]
    tilt = 0.13 if case.trouble == "angle" else 0.02
    pull = [luck.uniform(0, tilt) for _ in range(4)]
    here = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], np.float32)
    there = here + np.array(
        [
            (wide * pull[0], tall * pull[1]),
            (-wide * pull[2], 0),
            (-wide * pull[1], -tall * pull[3]),
            (0, -tall * pull[2]),
        ],
        np.float32,
    )
    degrees = luck.uniform(-11, 11) if case.trouble == "angle" else luck.uniform(-3, 3)
    turn = np.vstack([cv2.getRotationMatrix2D((wide / 2, tall / 2), degrees, luck.uniform(0.9, 1.25)), [0, 0, 1]])
    whole = turn @ cv2.getPerspectiveTransform(here, there.astype(np.float32))
    if case.trouble == "cut_off":
        middle = cv2.perspectiveTransform(np.array([[((area[0] + area[2]) / 2, area[1])]], np.float32), whole)[0][0]
        whole = np.array([[1, 0, wide - middle[0]], [0, 1, 0], [0, 0, 1]]) @ whole
    return cv2.warpPerspective(shot, whole, (wide, tall), borderMode=cv2.BORDER_REFLECT_101)


def _shaded(shot: Pixels, luck: random.Random, *, dark: bool) -> Pixels:
    """Uneven light of some colour."""
    tall, wide = shot.shape[:2]
    slope = (
        np.linspace(luck.uniform(0.7, 1), luck.uniform(0.9, 1.1), wide)[None, :]
        * np.linspace(1, luck.uniform(0.75, 1), tall)[:, None]
    )
    cast = np.array([luck.uniform(0.88, 1.06) for _ in range(3)])
    return np.asarray(shot * slope[:, :, None] * cast * (luck.uniform(0.14, 0.26) if dark else 1))


def _out_of_focus(shot: Pixels, luck: random.Random, *, hopeless: bool) -> Pixels:
    radius = luck.randrange(30, 40) if hopeless else luck.randrange(2, 6)
    disc = np.zeros((2 * radius + 1, 2 * radius + 1), np.float32)
    cv2.circle(disc, (radius, radius), radius, 1.0, -1)
    return cv2.filter2D(shot, -1, disc / disc.sum())


def _stored(shot: Pixels, case: Case, luck: random.Random) -> bytes:
    """As a messenger stores it: smaller, and compressed hard."""
    tall, wide = shot.shape[:2]
    scale = luck.choice((1, 1, 0.85, 0.75))
    picture = cv2.resize(
        np.clip(shot, 0, 255).astype(np.uint8), (int(wide * scale), int(tall * scale)), interpolation=cv2.INTER_AREA
    )
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, luck.randrange(60, 88)]
    )
    assert done, case.name
    return data.tobytes()


@cache
def _letters(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


if __name__ == "__main__":
    sys.exit(main(render))

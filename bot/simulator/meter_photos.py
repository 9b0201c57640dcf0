"""Photos of electricity meters, drawn: serial number, register, a little dirt; the same for the same seed."""

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

_WIDTH, _HEIGHT = 960, 1280
_FACE = (90, 170, 870, 1110)
_LCD_SEGMENTS = {
    "0": "abcdef",
    "1": "bc",
    "2": "abged",
    "3": "abgcd",
    "4": "fgbc",
    "5": "afgcd",
    "6": "afgedc",
    "7": "abc",
    "8": "abcdefg",
    "9": "abfgcd",
}


@dataclass(frozen=True, slots=True)
class MeterSample:
    """A photo to tap. `reading` is the register shown, `caption` what the engineer would type with it."""

    id: str
    label: str
    serial: str
    reading: str
    caption: str
    digital: bool = False
    seed: int = 1


DEMO_SAMPLES = (
    MeterSample("b17-ff", "B17-FF", "19152159", "04587.6", "B17-FF 146", seed=3),
    MeterSample("b17-gf", "B17-GF", "19150222", "08841.2", "B17-GF 251", digital=True, seed=4),
    MeterSample("b17-sf", "B17-SF", "19150296", "02907.9", "B17-SF 112", seed=5),
    MeterSample("b18-ff", "B18-FF", "19150370", "06120.4", "B18-FF 247", digital=True, seed=6),
    MeterSample("c8-gf", "C8-GF", "19150444", "03355.0", "C8-GF 298", seed=7),
    MeterSample("d1-ff", "D1-FF", "19151369", "07845.3", "D1-FF 1460", digital=True, seed=8),
    MeterSample("motor-c", "MOTOR-C", "70000102", "02586.3", "MOTOR-C 412", seed=9),
)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@cache
def draw_meter(sample: MeterSample) -> bytes:
    """The photo as JPEG, about 100 KB."""
    random = Random(f"{sample.seed}:{sample.serial}")  # noqa: S311 - the same picture every time
    image = _wall(random)
    draw = ImageDraw.Draw(image)
    _draw_case(draw, random)
    _draw_labels(draw, sample)
    (_draw_lcd if sample.digital else _draw_drums)(image, sample.reading, random)
    _draw_disc(draw, random)
    return _photographed(image, random)


def _wall(random: Random) -> Image.Image:
    base = random.choice([(196, 188, 170), (176, 182, 178), (205, 196, 186)])
    small = (_WIDTH // 4, _HEIGHT // 4)
    noise = Image.frombytes("L", small, random.randbytes(small[0] * small[1])).resize(
        (_WIDTH, _HEIGHT), Image.Resampling.BICUBIC
    )
    wall = Image.new("RGB", (_WIDTH, _HEIGHT), base)
    grain = Image.merge("RGB", (noise, noise, noise))
    wall = Image.blend(wall, grain, 0.07)
    draw = ImageDraw.Draw(wall)
    pipe = random.randint(430, 500)
    draw.rectangle((pipe, 0, pipe + 46, 200), fill=(88, 90, 92))
    draw.rectangle((pipe + 8, 0, pipe + 16, 200), fill=(128, 130, 132))
    draw.rectangle((pipe - 70, 1090, pipe - 40, _HEIGHT), fill=(58, 52, 50))
    draw.rectangle((pipe + 60, 1090, pipe + 90, _HEIGHT), fill=(120, 40, 36))
    return wall


def _draw_case(draw: ImageDraw.ImageDraw, random: Random) -> None:
    left, top, right, bottom = _FACE
    draw.rounded_rectangle((left + 14, top + 22, right + 14, bottom + 22), 60, fill=(70, 68, 64))
    draw.rounded_rectangle(_FACE, 60, fill=(38, 42, 46))
    draw.rounded_rectangle((left + 22, top + 22, right - 22, bottom - 22), 46, fill=(226, 226, 218))
    draw.rounded_rectangle((left + 50, bottom - 210, right - 50, bottom - 50), 18, fill=(48, 52, 56))
    for x in range(left + 130, right - 100, 140):
        tilt = random.randint(-14, 14)
        draw.ellipse((x, bottom - 160, x + 60, bottom - 100), fill=(150, 152, 150), outline=(30, 30, 30), width=3)
        draw.line((x + 12, bottom - 130 + tilt, x + 48, bottom - 130 - tilt), fill=(50, 50, 50), width=6)


def _draw_labels(draw: ImageDraw.ImageDraw, sample: MeterSample) -> None:
    dark = (32, 36, 40)
    draw.text((480, 235), "STATIC ENERGY METER", font=_font(38), fill=dark, anchor="mm")
    draw.text((480, 285), "1 Phase 2 Wire   240 V   5-30 A   50 Hz", font=_font(26), fill=(70, 74, 78), anchor="mm")
    draw.text((700, 590), "kWh", font=_font(46), fill=dark, anchor="lm")
    draw.rectangle((200, 655, 760, 745), fill=(248, 248, 244), outline=(120, 120, 116), width=2)
    draw.text((220, 700), "Sr. No.", font=_font(34), fill=(80, 84, 88), anchor="lm")
    draw.text((360, 700), sample.serial, font=_font(60), fill=dark, anchor="lm")
    _draw_barcode(draw, sample.serial)
    draw.text((480, 868), "6400 imp/kWh    Class 1.0    IS 13779", font=_font(24), fill=(90, 94, 98), anchor="mm")


def _draw_barcode(draw: ImageDraw.ImageDraw, serial: str) -> None:
    bars = Random(serial)  # noqa: S311 - decoration
    x, end = 250, 710
    while x < end:
        width = bars.choice([2, 3, 5, 7])
        draw.rectangle((x, 765, x + width, 830), fill=(30, 30, 30))
        x += width + bars.choice([3, 4, 6])


def _draw_drums(image: Image.Image, reading: str, random: Random) -> None:
    """Black drums for whole units, a red one for the tenth; the last one stands between two digits."""
    whole, _, tenth = reading.partition(".")
    digits = whole + tenth
    size, gap, top = 84, 8, 380
    left = 480 - (len(digits) * (size + gap)) // 2 - 20
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle(
        (left - 22, top - 22, left + len(digits) * (size + gap) + 14, top + 152), 14, fill=(24, 26, 28)
    )
    for index, digit in enumerate(digits):
        is_tenth = index >= len(whole)
        drum = _drum(int(digit), is_tenth, random.uniform(-0.05, 0.05) + (0.12 if is_tenth else 0))
        image.paste(drum, (left + index * (size + gap), top))


def _drum(digit: int, is_tenth: bool, turn: float) -> Image.Image:  # noqa: FBT001 - one of two colours
    width, height = 84, 130
    back = (150, 26, 22) if is_tenth else (16, 17, 18)
    drum = Image.new("RGB", (width, height), back)
    draw = ImageDraw.Draw(drum)
    for step in (-1, 0, 1):
        y = height / 2 + (step - turn) * 118
        draw.text((width / 2, y), str((digit + step) % 10), font=_font(104), fill=(240, 240, 234), anchor="mm")
    shade = Image.linear_gradient("L").resize((width, height // 3))
    black = Image.new("RGB", (width, height // 3), (0, 0, 0))
    drum.paste(black, (0, 0), shade.transpose(Image.Transpose.FLIP_TOP_BOTTOM).point(lambda v: v * 7 // 10))
    drum.paste(black, (0, height - height // 3), shade.point(lambda v: v * 7 // 10))
    return drum


def _draw_lcd(image: Image.Image, reading: str, random: Random) -> None:
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((190, 350, 690, 540), 14, fill=(40, 44, 46))
    draw.rectangle((206, 366, 674, 524), fill=(168, 184, 156))
    x = 236
    for character in reading:
        if character == ".":
            draw.rectangle((x - 14, 494, x - 4, 504), fill=(34, 42, 36))
            continue
        _draw_segments(draw, x, 388, character)
        x += 70
    blink = (176, 30, 26) if random.random() < 0.5 else (110, 40, 36)  # noqa: PLR2004 - lit or not
    draw.ellipse((742, 420, 774, 452), fill=blink, outline=(60, 20, 18), width=2)
    draw.text((758, 476), "CAL", font=_font(22), fill=(60, 60, 60), anchor="mm")


def _draw_segments(draw: ImageDraw.ImageDraw, x: int, y: int, digit: str) -> None:
    width, height, thick = 46, 112, 10
    half = height // 2
    places = {
        "a": (x + thick, y, x + width - thick, y + thick),
        "b": (x + width - thick, y + thick, x + width, y + half),
        "c": (x + width - thick, y + half, x + width, y + height - thick),
        "d": (x + thick, y + height - thick, x + width - thick, y + height),
        "e": (x, y + half, x + thick, y + height - thick),
        "f": (x, y + thick, x + thick, y + half),
        "g": (x + thick, y + half - thick // 2, x + width - thick, y + half + thick // 2),
    }
    for name, place in places.items():
        lit = name in _LCD_SEGMENTS[digit]
        draw.rectangle(place, fill=(30, 38, 32) if lit else (158, 174, 147))


def _draw_disc(draw: ImageDraw.ImageDraw, random: Random) -> None:
    draw.rectangle((330, 590, 630, 606), fill=(150, 152, 150), outline=(90, 92, 90), width=2)
    mark = random.randint(360, 590)
    draw.rectangle((mark, 588, mark + 18, 608), fill=(40, 40, 40))


def _photographed(image: Image.Image, random: Random) -> bytes:
    """Held by hand: turned a little, a reflection, light from one side, not quite sharp."""
    glare = Image.new("L", (_WIDTH // 8, _HEIGHT // 8), 0)
    x = random.randint(22, 70)
    ImageDraw.Draw(glare).polygon([(x, 22), (x + 15, 22), (x - 15, 137), (x - 32, 137)], fill=38)
    glare = glare.filter(ImageFilter.GaussianBlur(4)).resize(image.size, Image.Resampling.BILINEAR)
    image.paste(Image.new("RGB", image.size, (255, 255, 255)), (0, 0), glare)
    light = Image.linear_gradient("L").resize(image.size).point(lambda v: v * 2 // 5)
    image.paste(Image.new("RGB", image.size, (20, 18, 12)), (0, 0), light)
    image = image.rotate(random.uniform(-2.2, 2.2), Image.Resampling.BILINEAR, fillcolor=(150, 145, 135))
    image = image.crop((24, 30, _WIDTH - 24, _HEIGHT - 30)).filter(ImageFilter.BoxBlur(0.6))
    image = ImageEnhance.Color(image).enhance(random.uniform(0.9, 1.15))
    target = BytesIO()
    image.save(target, "JPEG", quality=82)
    return target.getvalue()

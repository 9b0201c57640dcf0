"""Photos in: limits before decoding, upright, and without a trace of where they were taken."""

from __future__ import annotations

import hashlib
import random
import struct
import subprocess
import sys
import zlib
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from pillow_heif import register_heif_opener

from jobs.gateways.images import prepare_photo
from jobs.photo_intake import LONGEST_SIDE, MAX_PHOTO_BYTES, PhotoRefusal, PhotoRefused

ROOT = Path(__file__).resolve().parents[3]
SECRET_PLACE = b"SECRETPLACE"
register_heif_opener()


def picture(size: tuple[int, int] = (80, 40), mode: str = "RGB", kind: str = "JPEG", **options: Any) -> bytes:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1]), fill="red")
    target = BytesIO()
    image.convert(mode).save(target, format=kind, **options)
    return target.getvalue()


def opened(jpeg: bytes) -> Image.Image:
    image = Image.open(BytesIO(jpeg))
    image.load()
    return image


def colour_at(image: Image.Image, x: int, y: int) -> str:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    red, green, _ = pixel
    return "white" if green > 150 else "red" if red > 150 else "dark"


def located(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET_PLACE.decode()
    exif.get_ifd(0x8825)[2] = (17.0, 26.0, 4.0)
    return exif


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few hundred kilobytes that claims, and holds, `width` × `height` black pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    row = b"\0" * (width // 8 + 1)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def refusal(raw: bytes) -> PhotoRefusal:
    with pytest.raises(PhotoRefused) as caught:
        prepare_photo(raw)
    return caught.value.reason


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "RGB"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "L"),
        ("PNG", "LA"),
        ("PNG", "RGBA"),
        ("PNG", "I;16"),
        ("WEBP", "RGB"),
        ("WEBP", "RGBA"),
        ("HEIF", "RGB"),
        ("HEIF", "RGBA"),
        ("HEIF", "L"),
    ],
)
def test_every_accepted_format_becomes_a_readable_rgb_jpeg(kind: str, mode: str) -> None:
    raw = picture(mode=mode, kind=kind)
    photo = prepare_photo(raw)
    image = opened(photo.jpeg)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (80, 40))
    assert (photo.width, photo.height) == (80, 40)
    assert photo.original_format == kind
    assert photo.original_sha256 == hashlib.sha256(raw).digest()
    assert photo.original_size == len(raw)
    if mode != "I;16":
        assert colour_at(image, 70, 20) == "white"


def test_a_phone_photo_with_a_second_picture_inside_is_a_jpeg() -> None:
    target = BytesIO()
    second = Image.new("RGB", (20, 10))
    Image.new("RGB", (80, 40), "white").save(target, format="MPO", save_all=True, append_images=[second])
    photo = prepare_photo(target.getvalue())
    assert (photo.original_format, photo.width, photo.height) == ("JPEG", 80, 40)


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [
        (1, (80, 40), (5, 20)),
        (2, (80, 40), (75, 20)),
        (3, (80, 40), (75, 20)),
        (4, (80, 40), (5, 20)),
        (5, (40, 80), (20, 5)),
        (6, (40, 80), (20, 5)),
        (7, (40, 80), (20, 75)),
        (8, (40, 80), (20, 75)),
    ],
)
def test_a_photo_is_turned_upright(orientation: int, size: tuple[int, int], red_at: tuple[int, int]) -> None:
    image = opened(prepare_photo(picture(exif=located(orientation))).jpeg)
    assert image.size == size
    assert colour_at(image, *red_at) == "red"
    assert colour_at(image, size[0] - 1 - red_at[0], size[1] - 1 - red_at[1]) == "white"


@pytest.mark.parametrize(("orientation", "red_at"), [(1, (5, 20)), (3, (75, 20)), (6, (20, 5)), (8, (20, 75))])
def test_a_heic_is_turned_upright_once(orientation: int, red_at: tuple[int, int]) -> None:
    drawn, target = opened(picture(quality=95)), BytesIO()
    drawn.info["exif"] = located(orientation).tobytes()
    drawn.save(target, format="HEIF", quality=90)
    image = opened(prepare_photo(target.getvalue()).jpeg)
    assert image.size == ((40, 80) if orientation in {6, 8} else (80, 40))
    assert colour_at(image, *red_at) == "red"
    assert colour_at(image, image.width - 1 - red_at[0], image.height - 1 - red_at[1]) == "white"


def taken(stamp: str) -> Image.Exif:
    exif = located()
    exif.get_ifd(0x8769)[0x9003] = stamp
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_the_day_that_the_camera_wrote_is_known(kind: str) -> None:
    raw = picture(kind=kind, exif=taken("2026:10:31 23:59:58"))
    assert prepare_photo(raw).taken_on == date(2026, 10, 31)
    assert b"2026:10:31" not in prepare_photo(raw).jpeg


@pytest.mark.parametrize(
    "stamp", ["", "0000:00:00 00:00:00", "1970:01:01 00:00:00", "2026:13:45 00:00:00", "9999:01:01", "yesterday"]
)
def test_a_day_that_makes_no_sense_is_none(stamp: str) -> None:
    assert prepare_photo(picture(exif=taken(stamp))).taken_on is None


def test_a_photo_says_which_codes_are_in_it() -> None:
    target = BytesIO()
    segno.make("https://t.me/example_bot?start=m_7KQ4MZ2XPA", micro=False).save(target, kind="png", scale=6, border=4)
    photo = prepare_photo(target.getvalue())
    assert photo.codes == ("https://t.me/example_bot?start=m_7KQ4MZ2XPA",)
    assert len(photo.fingerprint) == 32


def test_nothing_of_the_file_but_its_pixels_goes_out() -> None:
    notes = PngInfo()
    notes.add_text("place", SECRET_PLACE.decode())
    notes.add_itxt("XML:com.adobe.xmp", SECRET_PLACE.decode())
    for raw in (
        picture(
            exif=located(6),
            comment=SECRET_PLACE,
            xmp=SECRET_PLACE,
            icc_profile=SECRET_PLACE * 20,
            dpi=(99, 99),
        ),
        picture(kind="PNG", exif=located(6), pnginfo=notes),
        picture(kind="WEBP", exif=located(6), xmp=SECRET_PLACE, icc_profile=SECRET_PLACE * 20),
        picture(kind="HEIF", exif=located(6), xmp=SECRET_PLACE),
    ):
        assert SECRET_PLACE in raw
        jpeg = prepare_photo(raw).jpeg
        assert SECRET_PLACE not in jpeg
        image = opened(jpeg)
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment", "dpi"} & set(image.info)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_the_longest_side_is_bounded_and_the_shape_kept(kind: str) -> None:
    photo = prepare_photo(picture((6000, 3000), kind=kind))
    assert (photo.width, photo.height) == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert colour_at(opened(photo.jpeg), 100, 500) == "red"


def test_a_small_photo_is_never_enlarged() -> None:
    assert prepare_photo(picture((3, 2))).width == 3


def test_transparent_parts_become_white() -> None:
    target = BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(target, format="PNG")
    assert opened(prepare_photo(target.getvalue()).jpeg).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animated_picture_the_first_frame_is_kept(kind: str) -> None:
    target = BytesIO()
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue", "black")]
    frames[0].save(target, format=kind, save_all=True, append_images=frames[1:])
    assert colour_at(opened(prepare_photo(target.getvalue()).jpeg), 15, 15) == "red"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", PhotoRefusal.EMPTY),
        (b"\0" * (MAX_PHOTO_BYTES + 1), PhotoRefusal.TOO_LARGE),
        (b"just words", PhotoRefusal.UNKNOWN_FORMAT),
        (b"%PDF-1.7 and so on", PhotoRefusal.UNKNOWN_FORMAT),
        (b"\x00\x00\x00\x20ftypavif" + b"\0" * 64, PhotoRefusal.UNKNOWN_FORMAT),
        (b"\x00\x00\x00\x20ftypheic" + b"\0" * 64, PhotoRefusal.DAMAGED),
        (picture((800, 800), kind="HEIF")[:-300], PhotoRefusal.DAMAGED),
        (picture((800, 800), kind="HEIF")[:200], PhotoRefusal.DAMAGED),
        (picture((6000, 5000), mode="L", kind="HEIF"), PhotoRefusal.TOO_MANY_PIXELS),
        (picture(kind="GIF"), PhotoRefusal.UNKNOWN_FORMAT),
        (picture(kind="TIFF"), PhotoRefusal.UNKNOWN_FORMAT),
        (b"\xff\xd8\xff", PhotoRefusal.DAMAGED),
        (b"RIFF\x10\0\0\0WEBPVP8 ", PhotoRefusal.DAMAGED),
        (picture((800, 800))[:-900], PhotoRefusal.DAMAGED),
        (picture((800, 800), kind="PNG")[:-400], PhotoRefusal.DAMAGED),
        (picture((800, 800), kind="WEBP")[:-100], PhotoRefusal.DAMAGED),
        (png_header(9000, 9000), PhotoRefusal.TOO_MANY_PIXELS),
        (png_header(11000, 11000), PhotoRefusal.TOO_MANY_PIXELS),
        (png_header(20000, 20000), PhotoRefusal.TOO_MANY_PIXELS),
    ],
)
def test_what_is_no_photo_is_refused_with_its_reason(raw: bytes, reason: PhotoRefusal) -> None:
    assert refusal(raw) is reason


def test_a_heic_that_claims_to_be_small_is_not_decoded() -> None:
    raw = picture((6000, 6000), kind="HEIF")
    place = raw.index(b"ispe") + 8
    assert refusal(raw[:place] + struct.pack(">II", 80, 40) + raw[place + 8 :]) is PhotoRefusal.DAMAGED


@pytest.mark.parametrize("reason", list(PhotoRefusal))
def test_every_refusal_says_what_to_do(reason: PhotoRefusal) -> None:
    assert "end it" in str(PhotoRefused(reason))


def test_a_broken_exif_does_not_cost_the_photo() -> None:
    good = picture(exif=located(6))
    broken = good.replace(b"II*\0", b"XX*\0").replace(b"MM\0*", b"XX\0*")
    assert broken != good
    assert prepare_photo(broken).width == 80


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_corrupted_files_give_a_photo_or_a_refusal_and_never_anything_else(kind: str) -> None:
    chance = random.Random(20261102)
    good = picture((120, 90), kind=kind, exif=located(6))
    outcomes = {True: 0, False: 0}
    for _ in range(300):
        raw = bytearray(good)
        for _ in range(chance.randint(1, 12)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        try:
            prepare_photo(bytes(raw))
        except PhotoRefused:
            outcomes[False] += 1
        else:
            outcomes[True] += 1
    assert outcomes[False] > 10


_MEASURE = """
import sys
from jobs.gateways.images import prepare_photo
from jobs.photo_intake import PhotoRefused
from pathlib import Path
from typing import Any

def peak():
    line = next(l for l in Path("/proc/self/status").read_text().splitlines() if l.startswith("VmHWM"))
    return int(line.split()[1])

prepare_photo(Path(sys.argv[1]).read_bytes())
bomb = Path(sys.argv[2]).read_bytes()
before = peak()
try:
    prepare_photo(bomb)
except PhotoRefused as refused:
    print(refused.reason, peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")
def test_a_decompression_bomb_costs_less_than_50_mb(tmp_path: Path) -> None:
    small, bomb = tmp_path / "small.png", tmp_path / "bomb.png"
    small.write_bytes(picture(kind="PNG"))
    bomb.write_bytes(png_header(20_000, 20_000))
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(small), str(bomb)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    reason, kilobytes = done.stdout.split()
    assert reason == "too_many_pixels"
    assert int(kilobytes) < 50 * 1024

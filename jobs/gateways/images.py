"""Photo intake: limits before decoding, then an upright JPEG without metadata."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from jobs.gateways.picture_marks import codes_in, fingerprint, traits
from jobs.photo_intake import (
    LONGEST_SIDE,
    MAX_HEIF_PIXELS,
    MAX_PHOTO_BYTES,
    MAX_PHOTO_PIXELS,
    PhotoRefusal,
    PhotoRefused,
    PreparedPhoto,
)

if TYPE_CHECKING:
    from datetime import date

    from PIL.Image import Image, Transpose
    from PIL.ImageFile import ImageFile

_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""Brands in the first bytes of a file, of phones that write HEIC."""
_JPEG_QUALITY = 85
_SANE_YEARS = range(2010, 2100)


def prepare_photo(raw: bytes) -> PreparedPhoto:
    """The photo as it is kept. Blocks while it decodes: call it in a thread.

    Of an animated picture the first frame is kept; transparent parts become white. Raises `PhotoRefused`.
    """
    _check_size(raw)
    with _open(raw) as source:
        kept = _decode(source)
        grey = kept.convert("L")
        return PreparedPhoto(
            jpeg=_encode(kept),
            width=kept.width,
            height=kept.height,
            original_sha256=hashlib.sha256(raw).digest(),
            original_format="JPEG" if source.format == "MPO" else str(source.format),
            original_size=len(raw),
            codes=codes_in(grey),
            fingerprint=fingerprint(grey),
            traits=traits(grey),
            taken_on=_taken_on(source),
        )


def _check_size(raw: bytes) -> None:
    if not raw:
        raise PhotoRefused(PhotoRefusal.EMPTY)
    if len(raw) > MAX_PHOTO_BYTES:
        raise PhotoRefused(PhotoRefusal.TOO_LARGE)


def _open(raw: bytes) -> ImageFile:
    """The picture with only its header read, within the limit of pixels."""
    from PIL import Image, UnidentifiedImageError

    _register_heif()
    try:
        source = Image.open(BytesIO(raw), formats=_FORMATS)
    except UnidentifiedImageError:
        raise PhotoRefused(_why_unidentified(raw)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PhotoRefused(PhotoRefusal.TOO_MANY_PIXELS) from None
    except Exception as error:  # decoders of hostile bytes raise whatever they stumble over
        raise PhotoRefused(PhotoRefusal.DAMAGED) from error
    if source.width * source.height > (MAX_HEIF_PIXELS if source.format == "HEIF" else MAX_PHOTO_PIXELS):
        source.close()
        raise PhotoRefused(PhotoRefusal.TOO_MANY_PIXELS)
    return source


@cache
def _register_heif() -> None:
    """One thread, as others decode beside it, and nothing but the picture itself."""
    from pillow_heif import register_heif_opener

    register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)


def _why_unidentified(raw: bytes) -> PhotoRefusal:
    """A file with the first bytes of a format we read, yet unreadable, was damaged on its way."""
    ours = raw.startswith((b"\xff\xd8\xff", b"\x89PNG")) or (raw[:4] == b"RIFF" and raw[8:12] == b"WEBP")
    ours = ours or (raw[4:8] == b"ftyp" and raw[8:12] in _HEIF)
    return PhotoRefusal.DAMAGED if ours else PhotoRefusal.UNKNOWN_FORMAT


def _decode(source: ImageFile) -> Image:
    """The picture upright, in RGB, within `LONGEST_SIDE`, with nothing of the file left but its pixels."""
    try:
        kept = _on_white(_shrunk(source))
        turn = _turn(source)
        upright = kept if turn is None else kept.transpose(turn)
    except Exception as error:  # decoders of hostile bytes raise whatever they stumble over
        raise PhotoRefused(PhotoRefusal.DAMAGED) from error
    upright.info = {}
    return upright


def _shrunk(source: Image) -> Image:
    """Shrinks before anything is copied; a JPEG is decoded at a fraction of its size where that is enough."""
    if source.mode not in {"RGB", "RGBA", "L", "CMYK"} or "transparency" in source.info:
        source = source.convert("RGBA" if source.has_transparency_data else "RGB")
    source.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return source


def _on_white(image: Image) -> Image:
    from PIL import Image as Pictures

    if image.mode != "RGBA":
        return image.convert("RGB")
    canvas = Pictures.new("RGB", image.size, "white")
    canvas.paste(image, mask=image)
    return canvas


def _turn(source: Image) -> Transpose | None:
    """What puts the picture upright, from its EXIF; a broken EXIF turns nothing."""
    from PIL.ExifTags import Base
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    try:
        return turns.get(source.getexif().get(Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - the photo is good even where its metadata is not
        return None


def _taken_on(source: Image) -> date | None:
    """The day that the camera wrote into the file, where it is one of a clock that was set."""
    from PIL.ExifTags import IFD, Base

    try:
        stamp = source.getexif().get_ifd(IFD.Exif).get(Base.DateTimeOriginal)
        day = datetime.strptime(str(stamp)[:10], "%Y:%m:%d").date()  # noqa: DTZ007 - a day where the camera was
    except Exception:  # noqa: BLE001 - the photo is good even where its metadata is not
        return None
    return day if day.year in _SANE_YEARS else None


def _encode(image: Image) -> bytes:
    target = BytesIO()
    image.save(target, format="JPEG", quality=_JPEG_QUALITY, optimize=True)
    return target.getvalue()


def grey_point() -> bytes:
    """The smallest photo there is, for trying a store."""
    from PIL import Image

    target = BytesIO()
    Image.new("L", (1, 1), 128).save(target, "JPEG")
    return target.getvalue()

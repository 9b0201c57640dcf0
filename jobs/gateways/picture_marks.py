"""What the pixels of a photo say by themselves: codes in it, how it looks beside others, whether it can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL.Image import Image

MOST_CODES: Final = 8
LONGEST_CODE: Final = 300
"""Characters of a code's text; what is longer is no meter's number and no sticker of ours."""
BLURRED: Final = "blurred"
DARK: Final = "dark"

_LINES = ("Code128", "Code39")
_HALVED_FROM = 1000
"""Pixels on the longer side from which half of them are looked at first: most codes are large, and it is fast."""
_SQUARES = ("QRCode", "DataMatrix")
_CORNER = (1, 1, 3, 1, 1)
"""Dark and light by turns: how any line through a corner mark of a QR code runs."""
_MOST_CORNERS = 25_000
"""Where a third of the lines have more of these, looking for squares takes seconds; a photo of a code has hundreds."""
_NEAR = 16
"""Pixels that are averaged for what is dark and what is light there."""
_HASH_SIDE = 16
_SMALL = 320
"""Pixels on the longer side that are enough to compare pictures by."""
_VISIBLE_STEP = 3
_FEWEST_STEPS = 48
"""Of 256 neighbours in the reduced picture, so many differ visibly where there is anything to recognise."""
_EDGES_SEEN_AT = 1024
"""Pixels on the longer side at which edges are judged."""
_SHARPEST_BLUR = 0.3
"""The steepest edge in parts of the picture's contrast: sharp photos begin at 0.5, what nobody reads is below 0.2."""
_DARKEST_LIGHT = 75
"""Grey of 0 to 255 that nearly all pixels of a dark photo stay below; of others the lightest parts begin at 88."""
_LEAST_CONTRAST = 8


def codes_in(grey: Image) -> tuple[str, ...]:
    """Texts of QR and bar codes in the picture, at most `MOST_CODES` of at most `LONGEST_CODE` characters."""
    longest = max(grey.size)
    found = _read(grey.reduce(2), (*_LINES, *_SQUARES)) if longest >= _HALVED_FROM else ()
    return found or _read(grey, _LINES if _corners(grey) > _MOST_CORNERS else (*_LINES, "QRCode"))


def _corners(grey: Image) -> int:
    """In how many places of every third line something looks like a corner mark."""
    import numpy as np
    from PIL.Image import Resampling

    light = np.asarray(grey)[1::3] > np.asarray(grey.reduce(_NEAR).resize(grey.size, Resampling.BILINEAR))[1::3]
    line = light.ravel()
    begins = np.flatnonzero(line[1:] != line[:-1]) + 1
    lengths = np.diff(begins).astype(np.int32)
    places = max(0, len(lengths) - len(_CORNER) + 1)
    runs = [lengths[at : at + places] for at in range(len(_CORNER))]
    one = sum(runs) / sum(_CORNER)
    fits = ~line[begins[:places]]
    for run, wide in zip(runs, _CORNER, strict=True):
        fits &= abs(run - wide * one) <= wide * one / 2
    return int(np.count_nonzero(fits))


def _read(grey: Image, formats: Iterable[str]) -> tuple[str, ...]:
    import zxingcpp

    wanted = zxingcpp.BarcodeFormats(tuple(getattr(zxingcpp.BarcodeFormat, name) for name in formats))
    try:
        found = zxingcpp.read_barcodes(
            grey, formats=wanted, text_mode=zxingcpp.TextMode.Plain, try_invert=False, try_downscale=False
        )
    except Exception:  # noqa: BLE001 - a picture is kept, whatever a decoder of hostile pixels stumbles over
        return ()
    texts = dict.fromkeys(text for text in (_plain(code.text) for code in found) if text)
    return tuple(texts)[:MOST_CODES]


def _plain(text: str) -> str:
    """The text without what no database takes; empty for one that is too long."""
    return "" if len(text) > LONGEST_CODE else "".join(one for one in text if one.isprintable()).strip()


def fingerprint(grey: Image) -> bytes:
    """256 bits (32 bytes) of which pictures that look alike share most; empty without anything to recognise."""
    import imagehash
    import numpy as np
    from PIL.Image import Resampling

    small = grey.reduce(max(1, max(grey.size) // _SMALL))
    cells = np.asarray(small.resize((_HASH_SIDE + 1, _HASH_SIDE), Resampling.BOX), dtype=np.int16)
    if np.count_nonzero(abs(np.diff(cells)) >= _VISIBLE_STEP) < _FEWEST_STEPS:
        return b""
    return np.packbits(imagehash.dhash(small, _HASH_SIDE).hash.flatten()).tobytes()


def traits(grey: Image) -> tuple[str, ...]:
    """`blurred`, `dark`: what makes its digits hard to read."""
    marks = ((BLURRED, _is_blurred(grey)), (DARK, _is_dark(grey)))
    return tuple(name for name, holds in marks if holds)


def _is_blurred(grey: Image) -> bool:
    """Whether no edge is steep. A picture without contrast is empty rather than blurred."""
    import numpy as np

    seen = np.asarray(grey.reduce(max(1, round(max(grey.size) / _EDGES_SEEN_AT))), dtype=np.int16)
    low, high = np.percentile(seen[::4, ::4], (2, 98))
    if high - low < _LEAST_CONTRAST or min(seen.shape) < _HASH_SIDE:
        return False
    across, down = seen[1:-1, :-2] + seen[1:-1, 2:], seen[:-2, 1:-1] + seen[2:, 1:-1]
    edges = np.abs(4 * seen[1:-1, 1:-1] - across - down)
    return float(np.percentile(edges, 99.9)) < _SHARPEST_BLUR * float(high - low)


def _is_dark(grey: Image) -> bool:
    """Whether hardly anything in it is light."""
    counts = grey.histogram()
    return sum(counts[_DARKEST_LIGHT:]) < 0.02 * sum(counts)

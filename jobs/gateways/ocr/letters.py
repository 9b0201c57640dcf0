"""The models that find lines of text in a picture and read them. They come with the library; nothing is downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Pixels = np.ndarray[Any, Any]
"""A picture: rows, columns, and blue, green, red where it has colours."""
Corners = np.ndarray[Any, Any]
"""Of a line of text: upper left, upper right, lower right, lower left, each x and y."""

_DETECTED_SIDE = 736
"""Pixels of the longer side at which text is looked for; it is read at full size."""
_THREADS = 2
_TALL = 64
"""Pixels to which a low line is enlarged before it is read."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: its characters with the per cent of confidence and the place (0 to 1) of each."""

    text: str
    confidence: tuple[int, ...]
    places: tuple[float, ...]


class Letters:
    """The loaded models, about 300 MB."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        cv2.setNumThreads(_THREADS)
        self._models = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Det.limit_type": "max",
                "Det.limit_side_len": _DETECTED_SIDE,
                "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def find(self, picture: Pixels) -> Sequence[Corners]:
        """Where there is text."""
        scale = min(1.0, _DETECTED_SIDE / max(picture.shape[:2]))
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture
        found: Any = self._models(small, use_det=True, use_rec=False, use_cls=False)
        boxes = found.boxes if found.boxes is not None else ()
        return [np.asarray(box, np.float32) / scale for box in boxes]

    def read(self, line: Pixels) -> Line:
        """What this one line says; empty where it says nothing."""
        found: Any = self._models(line, use_det=False, use_rec=True, use_cls=False, return_word_box=True)
        if not found.txts or not found.txts[0]:
            return Line("", (), ())
        text, info = str(found.txts[0]), found.word_results[0]
        sure = tuple(int(100 * one) for one in info.confs)
        columns = [column for word in info.word_cols for column in word]
        whole = float(info.line_txt_len) or 1.0
        return _without_spaces(text, sure, [(column + 0.5) / whole for column in columns])


def _without_spaces(text: str, sure: tuple[int, ...], places: Sequence[float]) -> Line:
    """The models give a space a confidence, but no place."""
    kept = [(one, certain) for one, certain in zip(text, sure, strict=False) if not one.isspace()]
    return Line("".join(one for one, _ in kept), tuple(certain for _, certain in kept), tuple(places[: len(kept)]))


def cut(picture: Pixels, corners: Corners, aside: float = 0.0, above: float = 0.0) -> Pixels:
    """The line upright and straight, with this much more on each side, as parts of its height."""
    wide, tall = size(corners)
    right = (corners[1] - corners[0] + corners[2] - corners[3]) / (2 * wide)
    down = (corners[3] - corners[0] + corners[2] - corners[1]) / (2 * tall)
    more, over = right * aside * tall, down * above * tall
    grown = corners + np.stack([-more - over, more - over, more + over, -more + over])
    wide, tall = size(grown)
    scale = max(1.0, _TALL / tall)
    target = (max(8, int(wide * scale)), max(8, int(tall * scale)))
    flat = np.array([(0, 0), (target[0], 0), target, (0, target[1])], np.float32)
    matrix = cv2.getPerspectiveTransform(grown.astype(np.float32), flat)
    return cv2.warpPerspective(picture, matrix, target, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def size(corners: Corners) -> tuple[float, float]:
    """Width and height of a line in pixels."""
    top, right, bottom, left = (float(np.linalg.norm(corners[i - 3] - corners[i])) for i in range(4))
    return max((top + bottom) / 2, 1.0), max((left + right) / 2, 1.0)

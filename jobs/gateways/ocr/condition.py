"""Why a display cannot be read well: too dark, blurred, a reflection, or half of it outside of the photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from domain.photo_reading import Display
from jobs.gateways.ocr.letters import size

if TYPE_CHECKING:
    from jobs.gateways.ocr.letters import Corners, Pixels

_DARK = 60
_WHITE = 245
_GLARE_PART = 0.06
_SHARP = 60.0
_HEIGHT = 96
_NEAR_EDGE = 0.25


def condition_of(part: Pixels) -> Display | None:
    """What is wrong with this part of a photo, if that can be told."""
    grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    if float(np.percentile(grey, 95)) < _DARK:
        return Display.DARK
    if float((grey > _WHITE).mean()) > _GLARE_PART:
        return Display.GLARE
    return Display.BLURRED if _sharpness(grey) < _SHARP else None


def _sharpness(grey: Pixels) -> float:
    """How quickly light changes, at a common height and contrast."""
    scale = _HEIGHT / grey.shape[0]
    common = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(common, cv2.CV_64F).var()) / max(float(common.std()) / 40, 0.1)


def at_the_edge(picture: Pixels, corners: Corners) -> bool:
    """Whether the line runs out of the photo on its left or right."""
    near = _NEAR_EDGE * size(corners)[1]
    return bool(corners[:, 0].min() < near or corners[:, 0].max() > picture.shape[1] - 1 - near)

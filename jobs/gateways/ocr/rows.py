"""Pieces of one number, found apart: drums with wide frames between them, segments with a wide gap after a 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobs.gateways.ocr.letters import size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.gateways.ocr.letters import Corners

_LONG = 4.0
"""Width by height above which a line is whole by itself."""
_GAP = 1.1
_SHIFT = 0.3
_OVERLAP = 0.8
_UNEVEN = 1.6
"""Of two neighbours: gap, shift and overlap as parts of their height, and how much taller one may be."""


def joined(boxes: Sequence[Corners]) -> list[Corners]:
    """The boxes, with short ones that stand side by side made into one."""
    rows: list[list[Corners]] = []
    for box in sorted(boxes, key=lambda one: float(one[:, 0].min())):
        row = next((row for row in rows if _follows(row[-1], box)), None)
        if row is None:
            rows.append([box])
        else:
            row.append(box)
    return [_around(row) for row in rows]


def _follows(left: Corners, right: Corners) -> bool:
    """Whether the right one goes on where the left one ends."""
    (wide, tall), (other_wide, other_tall) = size(left), size(right)
    if wide > _LONG * tall or other_wide > _LONG * other_tall:
        return False
    if max(tall, other_tall) > _UNEVEN * min(tall, other_tall):
        return False
    along = (left[1] - left[0]) / max(float(np.linalg.norm(left[1] - left[0])), 1.0)
    step = (right[0] + right[3]) / 2 - (left[1] + left[2]) / 2
    aside = float(along[0] * step[1] - along[1] * step[0])
    common = (tall + other_tall) / 2
    return -_OVERLAP * common < float(step @ along) < _GAP * common and abs(aside) < _SHIFT * common


def _around(row: Sequence[Corners]) -> Corners:
    return row[0] if len(row) == 1 else np.stack([row[0][0], row[-1][1], row[-1][2], row[0][3]])

"""Decimals of a mechanical meter: its last drums are red, or their digits are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.gateways.ocr.letters import Pixels

_REDDER = 0.12
"""How much more red, as a part of all light, makes a digit a red one."""
_MOST_RED = 3


def red_from(line: Pixels, places: Sequence[float]) -> int | None:
    """The digit from which on they are red while those before are not; None where it is not so."""
    red = [_redness(one) for one in _cells(line, places)]
    for first in range(len(red) - 1, max(len(red) - 1 - _MOST_RED, 0), -1):
        if min(red[first:]) > max(red[:first]) + _REDDER:
            return first
    return None


def _cells(line: Pixels, places: Sequence[float]) -> list[Pixels]:
    """The part of the line around each digit."""
    wide = line.shape[1]
    steps = np.diff(places) if len(places) > 1 else np.array([1.0])
    half = float(np.median(steps)) * wide / 2
    return [
        line[:, max(int(place * wide - half), 0) : max(int(place * wide + half), int(place * wide - half) + 1, 1)]
        for place in places
    ]


def _redness(cell: Pixels) -> float:
    if not cell.size:
        return 0.0
    blue, green, red = (float(one) for one in cell.reshape(-1, 3).mean(axis=0))
    return (red - (blue + green) / 2) / max(red + green + blue, 1.0)

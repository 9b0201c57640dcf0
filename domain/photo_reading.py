"""What somebody who looks at a meter's photo sees on it, before anything is known of what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

OF_A_SCREEN: Final = "it looks like a photo of a screen or a print"
"""The reason by which a reader says so: the photo is not of the meter itself."""


class Display(StrEnum):
    """How well the meter's display can be seen."""

    CLEAR = "clear"
    BLURRED = "blurred"
    DARK = "dark"
    GLARE = "glare"
    CUT_OFF = "cut_off"
    OFF = "off"
    NO_METER = "no_meter"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number on the photo that may be the register.

    `whole` are its digits as shown, leading zeros included; `decimals` those after the point or in the red drums.
    `confidence` is per cent (0 to 100) of each digit, the whole ones first; empty: not told.
    """

    whole: str
    decimals: str = ""
    confidence: tuple[int, ...] = ()

    @property
    def value(self) -> Decimal:
        """The number it stands for."""
        return Decimal(f"{self.whole}.{self.decimals}" if self.decimals else self.whole)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader saw, blind to what was typed.

    `candidates` are the likeliest first, without the serial number and the rating plate as far as they were told
    apart. `serials` are numbers that may be the meter's own. `unit` is empty where none is printed. `reasons` are the
    reader's own words, for the admin.
    """

    reader: str
    display: Display
    candidates: tuple[Candidate, ...] = ()
    serials: tuple[str, ...] = ()
    unit: str = ""
    reasons: tuple[str, ...] = ()

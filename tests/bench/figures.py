"""What was measured, beside what it is compared with and aimed at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEADINGS = ("", "measured", "compared with", "ratio", "aim", "")


@dataclass(frozen=True, slots=True)
class Aim:
    """What `value` should be at least, or at most; `of_ratio`: the ratio rather than the figure itself."""

    value: float
    at_most: bool = False
    of_ratio: bool = False

    def __str__(self) -> str:
        return f"{'ratio ' if self.of_ratio else ''}{'<' if self.at_most else '≥'} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: `bare` is the same unit, measured in the same run on something simpler."""

    name: str
    value: float
    unit: str
    bare: float
    bare_name: str
    aim: Aim | None = None

    @property
    def ratio(self) -> float:
        """How much of the bare figure this is."""
        return self.value / self.bare if self.bare else 0.0

    @property
    def verdict(self) -> str:
        """Whether the aim was reached."""
        if self.aim is None:
            return ""
        judged = self.ratio if self.aim.of_ratio else self.value
        reached = judged < self.aim.value if self.aim.at_most else judged >= self.aim.value
        return "reached" if reached else "MISSED"

    def cells(self) -> Sequence[str]:
        """The line's texts."""
        bare = f"{self.bare_name} {self.bare:,.4g}"
        return self.name, f"{self.value:,.4g} {self.unit}", bare, f"{self.ratio:.2f}", str(self.aim or ""), self.verdict


def table(figures: Iterable[Figure]) -> str:
    """The figures as columns of text."""
    rows = [HEADINGS, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )

"""What a drawn photo of a meter is, and how a set of them is written where `billing photo-eval` finds it."""

from __future__ import annotations

import csv
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

KINDS = ("drums", "lcd", "led")
TROUBLES = ("none", "none", "angle", "angle", "blur", "glare", "dirt", "dark")
"""What half of the photos suffer from; some more cannot be read by anybody."""
HOPELESS = ("cut_off", "off", "smeared")
"""The number is not on the photo, or nobody can read it: the right answer is none."""
_HOPELESS_SHARE = 0.06


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be drawn. `reading` is what the display shows, leading zeros included; `decimals` after the point."""

    seed: int
    kind: str
    trouble: str
    whole: str
    decimals: str
    serial: str
    previous: str

    @property
    def name(self) -> str:
        """The file's name, which says what it is."""
        return f"{self.seed:05d}-{self.kind}-{self.trouble}.jpg"

    @property
    def reading(self) -> str:
        """What an engineer would write down: of drums the black ones only. Empty: nothing can be read."""
        if self.trouble in HOPELESS:
            return ""
        point = f".{self.decimals}" if self.decimals and self.kind != "drums" else ""
        return f"{int(self.whole)}{point}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn photo and the truth about it."""

    case: Case
    jpeg: bytes


def cases(count: int, seed: int) -> Iterator[Case]:
    """The same ones for the same seed, whoever draws them."""
    for number in range(count):
        yield _case(random.Random(f"{seed}-{number}"), number)


def _case(dice: random.Random, number: int) -> Case:
    kind = KINDS[number % len(KINDS)]
    trouble = dice.choice(_hopeless(kind)) if dice.random() < _HOPELESS_SHARE else dice.choice(TROUBLES)
    width = dice.choice((5, 5, 6))
    value = int(10 ** dice.uniform(2.3, width)) if dice.random() < 0.9 else dice.randrange(10**width)
    decimals = dice.choice(("", str(dice.randrange(10)))) if kind != "led" else str(dice.randrange(10))
    shown = str(value).zfill(width) if kind == "drums" or dice.random() < 0.3 else str(value)
    previous = max(value - dice.randrange(15, 620), 0)
    serial = dice.choice(("", "", "BT")) + str(dice.randrange(10**7, 10**8))
    return Case(number, kind, trouble, shown, decimals, serial, str(previous))


def _hopeless(kind: str) -> tuple[str, ...]:
    """Drums are never off."""
    return tuple(one for one in HOPELESS if (kind, one) != ("drums", "off"))


def drawn(render: Callable[[Case], bytes], count: int, seed: int) -> Iterator[Drawn]:
    """`count` photos, one after the other."""
    for case in cases(count, seed):
        yield Drawn(case, render(case))


def save(photos: Iterable[Drawn], folder: Path) -> int:
    """Writes `photos/*.jpg` and `truth.csv`; how many there are."""
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    written = 0
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as target:
        rows = csv.writer(target)
        rows.writerow(("file", "reading", "serial", "previous"))
        for one in photos:
            (folder / "photos" / one.case.name).write_bytes(one.jpeg)
            rows.writerow((one.case.name, one.case.reading, one.case.serial, one.case.previous))
            written += 1
    return written


def main(render: Callable[[Case], bytes]) -> int:
    """`python -m tests.photos.drawn FOLDER [COUNT] [SEED]`."""
    if len(sys.argv) < 2:
        print("Say into which folder: FOLDER [COUNT] [SEED]", file=sys.stderr)
        return 2
    folder, count, seed = Path(sys.argv[1]), *(int(one) for one in (*sys.argv[2:4], "300", "1")[:2])
    print(f"{save(drawn(render, count, seed), folder)} photos in {folder}")
    return 0

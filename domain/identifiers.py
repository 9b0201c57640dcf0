"""Flat codes and unit identifiers, as people and workbooks write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import product
from typing import Self

from domain.errors import DomainError
from domain.number_text import clean_text

FLOORS = ("GF", "FF", "SF")
FARTHEST_MISS = 2

_GAP = "[\\s_./\N{EN DASH}-]*"
_BLOCK = rf"(?P<block>[A-Z]{{1,2}}){_GAP}(?P<number>\d{{1,3}})"
FLAT_PATTERN = rf"(?:\d{_GAP}BHK{_GAP})?{_BLOCK}{_GAP}(?P<floor>GF|FF|SF)(?![A-Z])"
VILLA_PATTERN = rf"VILLA{_GAP}(?P<villa>[A-Z]{{0,2}}{_GAP}\d{{1,3}})(?![A-Z\d])"
SHOP_PATTERN = rf"SCO{_GAP}(?P<shop>\d{{1,3}}[A-Z]?)(?![A-Z\d])"

_CODE = re.compile(f"{FLAT_PATTERN}|{VILLA_PATTERN}|{SHOP_PATTERN}", re.ASCII)
_SEGMENTS = re.compile(r"[A-Z0-9]+")
_BHK = re.compile(r"(\d)[\s-]*BHK", re.ASCII)
_PARTS = re.compile(r"([A-Z]*)(\d*)(.*)", re.DOTALL)


class FlatCodeError(DomainError):
    """“{text:.40}” is not a flat: write the block and the floor, such as B17-FF, or VILLA-A2, or SCO-3."""

    text: str


class UnitKind(StrEnum):
    """What is metered."""

    FLAT = "flat"
    VILLA = "villa"
    SHOP = "sco"


@dataclass(frozen=True, slots=True)
class UnitIdentifier:
    """A unit's name in the master data, which may carry its type: `5BHK-B17-FF`, `VILLA-A2`, `SCO-3`."""

    text: str
    flat_code: str
    bhk: int | None
    kind: UnitKind

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the parts; the last two segments are the flat code. Raises FlatCodeError for none."""
        capitals = clean_text(text).upper()
        segments = _SEGMENTS.findall(_BHK.sub(r"\1BHK", capitals))
        if not segments:
            raise FlatCodeError(text=text)
        match = _CODE.fullmatch(capitals)
        code = _code_of(match) if match else "-".join(segments[-2:])
        return cls("-".join(segments), code, bhk_of(capitals), _kind_of(code))

    @property
    def says_type(self) -> bool:
        """Whether the identifier itself tells what the unit is, so that the database need not be asked."""
        return self.bhk is not None or self.kind is not UnitKind.FLAT


def is_identifier(text: str) -> bool:
    """Say whether `text` has any letter or digit that a unit could be named by."""
    return _SEGMENTS.search(clean_text(text).upper()) is not None


def bhk_of(text: str) -> int | None:
    """Return the number before BHK in a unit's type or identifier, or None."""
    match = _BHK.search(text.upper())
    return int(match[1]) if match else None


def normalise_flat_code(text: str) -> str:
    """Return `B17-FF` for `b17ff` or `5BHK-B17-FF`, `VILLA-A2` for `villa a2`; raises FlatCodeError."""
    match = _CODE.fullmatch(clean_text(text).upper())
    if match is None:
        raise FlatCodeError(text=text)
    return _code_of(match)


def block_of(code: str) -> str:
    """Return `B17` for `B17-FF`, `VILLA` for `VILLA-A2`, `SCO` for `SCO-3`."""
    return code.partition("-")[0]


@lru_cache(maxsize=2_000)  # the society's flats are put in order at every reading
def walking_order(code: str) -> tuple[int, str, int, int, str]:
    """Return a sort key: flats by block letter, block number, floor upwards; then villas; then shops."""
    kind = _kind_of(code)
    place, _, floor = code.partition("-")
    letters, number, _ = _split(place if kind is UnitKind.FLAT else floor)
    return (list(UnitKind).index(kind), letters, int(number or 0), _floor_rank(floor), code)


def near_misses(code: str, known: Sequence[str], limit: int = 4) -> list[str]:
    """Return at most `limit` of `known` that `code` may have been meant to be, the likeliest first.

    One slip away: two neighbours swapped, then one character too many or too few, then one wrong; where there
    is none, two slips away. Works for flat codes and for meter numbers; case and separators do not count.
    """
    typed = _bare(code)
    slips = {one: _slips(typed, _bare(one)) for one in known}
    nearest = min((count for count in slips.values() if count), default=FARTHEST_MISS + 1)
    near = [one for one, count in slips.items() if count == nearest <= FARTHEST_MISS]
    return sorted(near, key=lambda one: (_slip_kind(typed, _bare(one)), walking_order(one)))[:limit]


def _code_of(match: re.Match[str]) -> str:
    if match["block"]:
        return f"{match['block']}{match['number']}-{match['floor']}"
    if match["villa"]:
        return f"VILLA-{_bare(match['villa'])}"
    return f"SCO-{match['shop']}"


def _kind_of(code: str) -> UnitKind:
    return {"VILLA": UnitKind.VILLA, "SCO": UnitKind.SHOP}.get(block_of(code), UnitKind.FLAT)


def _floor_rank(floor: str) -> int:
    return FLOORS.index(floor) if floor in FLOORS else len(FLOORS)


def _split(place: str) -> tuple[str, str, str]:
    match = _PARTS.fullmatch(place)
    return (match[1], match[2], match[3]) if match else ("", "", place)


def _bare(code: str) -> str:
    return "".join(_SEGMENTS.findall(code.upper()))


def _slip_kind(typed: str, meant: str) -> int:
    if sorted(typed) == sorted(meant):
        return 0
    return 2 if len(typed) == len(meant) else 1


def _slips(typed: str, meant: str) -> int:
    """Return how many characters were added, lost, replaced, or swapped with a neighbour."""
    if abs(len(typed) - len(meant)) > FARTHEST_MISS:
        return FARTHEST_MISS + 1
    cost = {(i, 0): i for i in range(len(typed) + 1)} | {(0, j): j for j in range(len(meant) + 1)}
    for i, j in product(range(1, len(typed) + 1), range(1, len(meant) + 1)):
        replaced = cost[i - 1, j - 1] + (typed[i - 1] != meant[j - 1])
        cost[i, j] = min(cost[i - 1, j] + 1, cost[i, j - 1] + 1, replaced)
        if i > 1 and j > 1 and typed[i - 2 : i] == meant[j - 1] + meant[j - 2]:
            cost[i, j] = min(cost[i, j], cost[i - 2, j - 2] + 1)
    return cost[len(typed), len(meant)]

"""Draws up the sample master workbook: about 146 made-up units. The same bytes every time.

    python data/make_sample.py [FILE]

Every name, number and address is invented: names are put together from the two lists below, phone numbers come from
the range that Ofcom keeps free for drama, meter numbers are counted up.
"""

from __future__ import annotations

import random
import re
import sys
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from domain.identifiers import FLOORS  # noqa: E402 - the path is set above when this runs as a script
from domain.master_data import MOTOR_GROUPS  # noqa: E402 - likewise
from jobs.gateways.workbook_writer import new_master  # noqa: E402 - likewise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openpyxl import Workbook

FILE = Path(__file__).with_name("Blessings_City_Master_Data.xlsx")
TITLE = "Blessings City: master data (sample; everybody in it is made up)"
SEED = 20261102
DAY = datetime(2026, 11, 2)  # noqa: DTZ001 - a workbook's dates have no time zone

NOT_BUILT = frozenset({"C11", "C13"})
SHARMA = "B17-FF"
"""Where the simulator's Mr Sharma lives."""
FIRST_PHONE = 447700900000
VILLAS = 16
SHOPS = 10
NINE_RUPEE_UNITS = frozenset({"C14-SF", "D3-SF", "D4-SF"})
FIXED_CHARGES = {"5BHK": 2311, "4BHK": 1890, "3BHK": 1650, "2BHK": 1474, "VILLA": 1857, "SCO": 2157}
MOTOR_METERS = {
    "MOTOR-B": 70000101, "MOTOR-C": 70000102, "MOTOR-D1": 70000103,
    "MOTOR-D2": 70000104, "MOTOR-F1": 70000105, "MOTOR-F2": 70000106,
}  # fmt: skip

GIVEN_NAMES = (
    "Aarush", "Bhavna", "Chetan", "Dipti", "Eshan", "Falguni", "Girish", "Harini", "Inder", "Jaya",
    "Kartik", "Lalita", "Manav", "Nandini", "Omkar", "Pallavi", "Raghav", "Sarita", "Tarun", "Urvashi",
)  # fmt: skip
FAMILY_NAMES = (
    "Ambarwal", "Bansiwala", "Chandrapuri", "Dalvanshi", "Gulmohari", "Hariyana", "Jalanwar", "Kesarkar",
    "Lalvanshi", "Madhubani", "Neelkanthi", "Parijat", "Rangoliwala", "Saptarang", "Tulsiani",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A unit before anybody lives in it."""

    kind: str
    code: str
    block: str
    floor: str | None


def places() -> list[Place]:
    """Flats by block and floor, then villas, then shops."""
    blocks = [block for block in MOTOR_GROUPS if block not in NOT_BUILT]
    flats = [Place(_kind(block), f"{block}-{floor}", block, floor) for block in blocks for floor in FLOORS]
    villas = [Place("VILLA", f"VILLA-A{number}", f"A{number}", None) for number in range(1, VILLAS + 1)]
    shops = [Place("SCO", f"SCO-{number}", str(number), None) for number in range(1, SHOPS + 1)]
    return [*flats, *villas, *shops]


def _kind(block: str) -> str:
    """What is built in a block."""
    return {"B": "2BHK", "C": "3BHK", "D": "4BHK", "F": "5BHK"}[block[0]]


def rows() -> Iterator[list[str | int | None]]:
    """The rows of the workbook, in the order of its columns, with some of the dirt that real ones carry."""
    chance = random.Random(SEED)  # noqa: S311 - made-up people, not secrets
    names = [f"{title} {given} {family}" for title, given, family in _people(chance)]
    for number, place in enumerate(places()):
        owner = "Mr Sharma" if place.code == SHARMA else names[number]
        meter = 19152159 if place.code == SHARMA else 19150000 + 37 * number
        yield [
            _unit_id(place),
            place.block if place.floor else None,
            place.floor,
            owner,
            f"{meter}.0" if number % 29 == 5 else str(meter),  # noqa: PLR2004 - every now and then
            _charge(number, FIXED_CHARGES[place.kind]),
            _rate(number, place),
            _motor(number, place),
            _phone(number, place.code),
            _email(number, owner),
        ]


def _people(chance: random.Random) -> list[tuple[str, str, str]]:
    pairs = [(given, family) for given in GIVEN_NAMES for family in FAMILY_NAMES]
    chance.shuffle(pairs)
    return [("Ms" if given[-1] in "ai" else "Mr", given, family) for given, family in pairs]


def _unit_id(place: Place) -> str:
    return f"{place.kind}-{place.code}" if place.floor else place.code


def _charge(number: int, rupees: int) -> str | int:
    """Most are numbers; some were typed as text."""
    shapes: dict[int, str | int] = {7: f"₹{rupees:,}", 19: f"{rupees:,}.00", 23: f" {rupees} "}
    return shapes.get(number % 31, rupees)


def _rate(number: int, place: Place) -> str | int:
    if place.code in NINE_RUPEE_UNITS:
        return 9
    shapes: dict[int, str | int] = {11: "₹12", 17: "12.0", 21: " 12 "}
    return shapes.get(number % 37, 12)


def _motor(number: int, place: Place) -> str | int | None:
    """Villas and shops have none; a spreadsheet that went through pandas says `nan`."""
    if not place.floor:
        return "nan" if number % 5 == 0 else None
    meter = MOTOR_METERS[MOTOR_GROUPS[place.block]]
    shapes: dict[int, str | int] = {3: f"{meter}.0", 9: str(meter)}
    return shapes.get(number % 23, meter)


def _phone(number: int, code: str) -> str | int | None:
    """Two owners of five are without one. Ends in 00 to 99; the people of the simulator begin at 101."""
    if code == SHARMA:
        return f"+{FIRST_PHONE + 103}"
    if number % 5 in {1, 4}:
        return "nan" if number % 7 == 0 else None
    digits = FIRST_PHONE + (number * 3 + 2) // 5
    shapes = (digits, f"{digits}.0", f"+{digits}", f"+44 7700 {digits % 1_000_000:06}")
    return shapes[number % len(shapes)]


def _email(number: int, owner: str) -> str | None:
    if number % 3:
        return "nan" if number % 13 == 0 else None
    return f"{'.'.join(owner.lower().split()[1:])}@example.com"


def sample() -> bytes:
    """The workbook, byte for byte the same at every run with one version of openpyxl and zlib."""
    return _with_fixed_dates(new_master(TITLE, rows()))


def _with_fixed_dates(book: Workbook) -> bytes:
    """Packs a workbook anew, because saving stamps the time of day on its parts and its properties."""
    saved, target = BytesIO(), BytesIO()
    book.properties.created = DAY
    book.save(saved)
    with ZipFile(saved) as source, ZipFile(target, "w", ZIP_DEFLATED) as packed:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "docProps/core.xml":
                stamp = f">{DAY.isoformat()}Z</dcterms:modified>"
                content = re.sub(r">[^<]*</dcterms:modified>", stamp, content.decode()).encode()
            info = ZipInfo(part.filename, DAY.timetuple()[:6])
            info.compress_type = ZIP_DEFLATED
            packed.writestr(info, content)
    return target.getvalue()


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else FILE).write_bytes(sample())

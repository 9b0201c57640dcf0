"""The society's master data as values: one row a unit, and the water motors that its rows name."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.identifiers import block_of, walking_order

_BLOCKS_OF_MOTORS = {
    "MOTOR-B": ("B5", "B6", "B17", "B18"),
    "MOTOR-C": tuple(f"C{number}" for number in range(8, 18)),
    "MOTOR-D1": tuple(f"D{number}" for number in range(1, 5)),
    "MOTOR-D2": tuple(f"D{number}" for number in range(6, 12)),
    "MOTOR-F1": tuple(f"F{number}" for number in (*range(2, 7), *range(19, 24))),
    "MOTOR-F2": tuple(f"F{number}" for number in (*range(7, 11), *range(15, 19))),
}

MOTOR_GROUPS: Mapping[str, str] = {block: motor for motor, blocks in _BLOCKS_OF_MOTORS.items() for block in blocks}
"""Block → name of the water motor that serves it. Some of the numbers of block C are not built."""


@dataclass(frozen=True, slots=True)
class MasterRow:
    """One unit of the master workbook.

    `row_number` is the sheet's. `unit_id` is in capitals (`2BHK-B17-FF`); `flat_type` is `5BHK`, `4BHK`,
    `3BHK`, `2BHK`, `VILLA`, `SCO`, or None where the identifier says none. `floor` is `GF`, `FF`, `SF`, or
    None for villas and shops. Money is rupees; None is a cell not filled in, or zero (billing rule 2).
    `phone` is E.164. None for owner, phone or email means that the workbook says nothing about it.
    """

    row_number: int
    unit_id: str
    flat_code: str
    floor: str | None
    flat_type: str | None
    owner_name: str | None
    meter_number: str
    fixed_charge: Decimal | None
    rate_per_unit: Decimal | None
    motor_meter_number: str | None
    phone: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class MasterMotor:
    """A water motor, its own meter, and the flats it serves, in walking order."""

    name: str
    meter_number: str
    flat_codes: tuple[str, ...]


def motor_of(flat_code: str) -> str | None:
    """Return the name of the motor that serves the flat's block, or None where no motor is known to."""
    return MOTOR_GROUPS.get(block_of(flat_code))


def motor_meters(rows: Sequence[MasterRow]) -> dict[str, str]:
    """Return the meter number of each known motor: the one that most of its flats carry.

    No two motors get the same number: the one with more flats keeps it; of equal ones, the first in the rows.
    """
    votes = Counter(
        (motor, row.motor_meter_number) for row in rows if (motor := motor_of(row.flat_code)) and row.motor_meter_number
    )
    found: dict[str, str] = {}
    for (motor, number), _ in votes.most_common():
        if motor not in found and number not in found.values():
            found[motor] = number
    return found


def motors_of(rows: Sequence[MasterRow]) -> tuple[MasterMotor, ...]:
    """Return the motors that the rows name; one that no known block belongs to is called after its meter."""
    names = {number: motor for motor, number in motor_meters(rows).items()}
    served: dict[str, list[str]] = {}
    for row in rows:
        if row.motor_meter_number:
            served.setdefault(row.motor_meter_number, []).append(row.flat_code)
    return tuple(
        MasterMotor(names.get(number, f"MOTOR-{number}"), number, tuple(sorted(codes, key=walking_order)))
        for number, codes in served.items()
    )

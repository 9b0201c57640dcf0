"""Which motor serves whom, and what the rows of the master data say about it."""

from decimal import Decimal

import pytest

from domain.master_data import MOTOR_GROUPS, MasterMotor, MasterRow, motor_meters, motor_of, motors_of


def row(flat_code: str, motor: str | None, number: int = 4) -> MasterRow:
    return MasterRow(
        number, flat_code, flat_code, "FF", None, "Mr Example", f"1{number}", None, Decimal(12), motor, None, None
    )


@pytest.mark.parametrize(
    ("motor", "blocks"),
    [
        ("MOTOR-B", "B5 B6 B17 B18"),
        ("MOTOR-C", "C8 C9 C10 C11 C12 C13 C14 C15 C16 C17"),
        ("MOTOR-D1", "D1 D2 D3 D4"),
        ("MOTOR-D2", "D6 D7 D8 D9 D10 D11"),
        ("MOTOR-F1", "F2 F3 F4 F5 F6 F19 F20 F21 F22 F23"),
        ("MOTOR-F2", "F7 F8 F9 F10 F15 F16 F17 F18"),
    ],
)
def test_the_blocks_of_each_motor(motor: str, blocks: str) -> None:
    assert [block for block, name in MOTOR_GROUPS.items() if name == motor] == blocks.split()


def test_six_motors_and_none_for_villas_and_shops() -> None:
    assert len(set(MOTOR_GROUPS.values())) == 6
    assert [motor_of(code) for code in ("B17-FF", "D5-FF", "VILLA-B5", "SCO-3")] == ["MOTOR-B", None, None, None]


def test_a_motor_has_the_meter_that_most_of_its_flats_carry() -> None:
    rows = [row("B5-GF", "71"), row("B5-FF", "70"), row("B5-SF", "70"), row("B6-GF", None), row("D5-FF", "99")]
    assert motor_meters(rows) == {"MOTOR-B": "70"}


def test_no_two_motors_share_a_meter() -> None:
    rows = [row("B5-GF", "70"), row("B5-FF", "70"), row("C8-GF", "70"), row("D1-GF", "70"), row("D1-FF", "72")]
    assert motor_meters(rows) == {"MOTOR-B": "70", "MOTOR-D1": "72"}


def test_of_equal_claims_the_first_row_wins() -> None:
    assert motor_meters([row("C8-GF", "70"), row("B5-GF", "70")]) == {"MOTOR-C": "70"}


def test_motors_list_their_flats_in_walking_order() -> None:
    rows = [row("B17-GF", "70"), row("B5-SF", "70"), row("B5-GF", "70"), row("Z1-FF", "99"), row("VILLA-A1", None)]
    assert motors_of(rows) == (
        MasterMotor("MOTOR-B", "70", ("B5-GF", "B5-SF", "B17-GF")),
        MasterMotor("MOTOR-99", "99", ("Z1-FF",)),
    )

"""The committed sample: the society as product facts have it, and nobody real in it."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from data import make_sample
from jobs.gateways.workbook import read_master

if TYPE_CHECKING:
    from jobs.master_workbook import MasterWorkbook

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "Blessings_City_Master_Data.xlsx"


@pytest.fixture(scope="module")
def sample() -> MasterWorkbook:
    return read_master(SAMPLE)


def parts(raw: bytes) -> dict[str, tuple[bytes, Any]]:
    with ZipFile(BytesIO(raw)) as archive:
        return {info.filename: (archive.read(info), info.date_time) for info in archive.infolist()}


def test_the_committed_file_is_what_the_script_draws_up() -> None:
    assert parts(SAMPLE.read_bytes()) == parts(make_sample.sample())


def test_two_runs_give_the_same_bytes() -> None:
    assert make_sample.sample() == make_sample.sample()


def test_every_row_is_good(sample: MasterWorkbook) -> None:
    assert sample.problems == ()
    assert len(sample.rows) == 146
    assert Counter(row.flat_type for row in sample.rows)["VILLA"] == 16
    assert Counter(row.flat_type for row in sample.rows)["SCO"] == 10


def test_the_six_motors_serve_their_groups(sample: MasterWorkbook) -> None:
    assert {motor.name: len(motor.flat_codes) for motor in sample.motors} == {
        "MOTOR-B": 12, "MOTOR-C": 24, "MOTOR-D1": 12, "MOTOR-D2": 18, "MOTOR-F1": 30, "MOTOR-F2": 24,
    }  # fmt: skip


def test_the_flats_that_stories_are_told_about_are_there(sample: MasterWorkbook) -> None:
    flats = {row.flat_code: row for row in sample.rows}
    nine = [code for code, row in flats.items() if row.rate_per_unit == 9]
    assert sorted(nine) == ["C14-SF", "D3-SF", "D4-SF"]
    sharma = flats["B17-FF"]
    assert (sharma.owner_name, sharma.meter_number, sharma.flat_type) == ("Mr Sharma", "19152159", "2BHK")
    assert (sharma.fixed_charge, sharma.rate_per_unit) == (Decimal("1474.00"), Decimal("12.00"))
    assert {row.rate_per_unit for row in sample.rows} == {Decimal(9), Decimal(12)}


def test_nobody_real_can_be_reached(sample: MasterWorkbook) -> None:
    phones = [row.phone for row in sample.rows if row.phone]
    assert 50 < len(phones) < 146
    assert len(set(phones)) == len(phones)
    assert all(re.fullmatch(r"\+447700900\d{3}", phone) for phone in phones)
    assert all(row.email.endswith("@example.com") for row in sample.rows if row.email)
    invented = {*make_sample.GIVEN_NAMES, *make_sample.FAMILY_NAMES, "Mr", "Ms", "Sharma"}
    assert all(set((row.owner_name or "?").split()) <= invented for row in sample.rows)


def test_it_has_the_shape_and_the_dirt_of_a_real_one() -> None:
    sheet = load_workbook(SAMPLE).worksheets[0]
    assert str(sheet["A1"].value).startswith("Blessings City")
    assert sheet["A3"].value == "Unit_ID"
    texts = [str(value) for row in sheet.iter_rows(min_row=4, values_only=True) for value in row]
    for dirt in (r"nan", r"\d+\.0", r"₹.*", r"\d,\d{3}\.00", r" \d+ "):
        assert any(re.fullmatch(dirt, text) for text in texts), dirt

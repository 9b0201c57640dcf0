"""The master workbook as real offices keep it: what is understood, and what is reported in words."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl.chart import BarChart
from openpyxl.worksheet.formula import ArrayFormula

from domain.master_data import MasterRow
from jobs.gateways.workbook import read_master
from jobs.master_workbook import RowProblem, Severity, WorkbookError
from tests.jobs.gateways.workbooks import GOOD, HEADINGS, SECOND, master, with_part

if TYPE_CHECKING:
    from openpyxl import Workbook

    from jobs.master_workbook import MasterWorkbook


def only(**changes: Any) -> MasterWorkbook:
    """One good row with some cells changed; `_` stands for a space in a heading."""
    names = {heading.replace(" ", "_").replace(".", ""): heading for heading in HEADINGS}
    return read_master(master({**GOOD, **{names[name]: value for name, value in changes.items()}}))


def reason(book: MasterWorkbook, column: str) -> str:
    """Why the row is out, in this column."""
    assert book.rows == ()
    return next(problem.reason for problem in book.errors if problem.column == column)


def note(book: MasterWorkbook, column: str) -> str:
    """What is to be looked at in this column, of rows that are all let in."""
    assert book.errors == ()
    return next(problem.reason for problem in book.warnings if problem.column == column)


def test_a_good_row_is_read_in_full() -> None:
    book = read_master(master(GOOD))
    assert book.problems == ()
    assert book.rows == (
        MasterRow(
            row_number=2, unit_id="2BHK-B17-FF", flat_code="B17-FF", floor="FF", flat_type="2BHK",
            owner_name="Mr Sharma", meter_number="19152159", fixed_charge=Decimal("1474.00"),
            rate_per_unit=Decimal("12.00"), motor_meter_number="70000101", phone="+447700900001",
            email="sharma@example.com",
        ),
    )  # fmt: skip


@pytest.mark.parametrize("header_row", [1, 2, 3, 10])
def test_the_heading_is_found_in_the_first_ten_rows(header_row: int) -> None:
    book = read_master(master(GOOD, header_row=header_row))
    assert [row.row_number for row in book.rows] == [header_row + 1]


@pytest.mark.parametrize(
    "headings",
    [
        [heading.upper() for heading in HEADINGS],
        ["UNIT ID", "flat  NO.", "Floor ", "client", "Meter\nNumber", "Fixed Charges (₹)", "rate/unit",
         "Motor Meter", "Mobile", "E-mail ID"],
        ["Unit", "Flat", "FLOOR", "Owner's name", "Electric meter no", "Fixed", "Rate", "Water motor", "Phone",
         "Mail"],
    ],
)  # fmt: skip
def test_columns_are_matched_without_case_and_by_part_of_the_name(headings: list[str]) -> None:
    row = dict(zip(headings, GOOD.values(), strict=True))
    book = read_master(master(row, headings=headings))
    assert book.problems == ()
    assert book.rows == read_master(master(GOOD)).rows


def test_the_order_of_columns_and_strange_ones_do_not_matter() -> None:
    headings = ["S.No", *reversed(HEADINGS), "Meter reading", "Flat type", "Units consumed", "Remarks", "Date", None]
    row = {**GOOD, "S.No": 1, "Meter reading": 77, "Flat type": "x", "Units consumed": 5, "Remarks": "=y", "Date": "z"}
    book = read_master(master(row, headings=headings))  # type: ignore[arg-type] # a heading may be empty
    assert book.problems == ()
    assert book.rows == read_master(master(GOOD)).rows


def test_of_two_columns_of_one_name_the_better_is_used_and_the_other_reported() -> None:
    book = read_master(master({**GOOD, "Old meter": "1"}, headings=["Old meter", *HEADINGS]))
    assert book.rows[0].meter_number == "19152159"
    assert note(book, "Old meter") == "This column also looks like Meter No.; “Meter No.” is used instead."


def test_columns_that_are_missing_are_reported_at_the_heading() -> None:
    book = read_master(master(GOOD, headings=["Unit_ID", "Meter No.", "Floor"]))
    assert [(each.row, each.column) for each in book.warnings] == [
        (1, "Client Name"), (1, "Rate Per Unit"), (1, "Fixed Charge"), (1, "Water Motor Meter No"), (1, "Phone Number"),
    ]  # fmt: skip
    assert book.rows[0].rate_per_unit is None


@pytest.mark.parametrize(
    ("headings", "words"),
    [
        (("Unit_ID", "Flat no", "Floor", "Email"), "no column Meter No."),
        (("Client Name", "Meter No.", "Floor"), "no column Unit_ID"),
        (("Whatever", "Else"), "No heading was found"),
    ],
)
def test_a_sheet_without_the_needed_headings_says_which(headings: tuple[str, ...], words: str) -> None:
    with pytest.raises(WorkbookError, match=words):
        read_master(master(GOOD, headings=headings))


def test_a_heading_below_row_ten_is_not_found() -> None:
    with pytest.raises(WorkbookError, match="first 10 rows"):
        read_master(master(GOOD, header_row=11))


def test_the_sheet_with_the_units_is_found_among_others() -> None:
    def add(workbook: Workbook) -> None:
        workbook.create_sheet("Notes", 0)["A1"] = "nothing"
        workbook.create_chartsheet("Chart", 0).add_chart(BarChart())
        hidden = workbook.create_sheet("Old", 0)
        for row in workbook["Sheet"].iter_rows(values_only=True):
            hidden.append([value or "x" for value in row])
        hidden["E2"] = "999"
        hidden.sheet_state = "hidden"

    assert [row.meter_number for row in read_master(master(GOOD, change=add)).rows] == ["19152159"]


@pytest.mark.parametrize(
    ("value", "meter"),
    [
        (19152159, "19152159"), (19152159.0, "19152159"), ("19152159.0", "19152159"), (" 1915 2159 ", "19152159"),
        ("'019152159", "019152159"), ("ab-12/3", "AB-12/3"), ("१९१५२१५९", "19152159"),
        (123456789012345.0, "123456789012345"),
    ],
)  # fmt: skip
def test_meter_numbers(value: object, meter: str) -> None:
    assert only(Meter_No=value).rows[0].meter_number == meter


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "missing"), ("", "missing"), ("nan", "missing"), ("-", "missing"),
        ("1.9152159E+07", "not a meter number"), ("meter", "not a meter number"), ("1915_2159", "not a meter number"),
        ("1" * 40, "not a meter number"), (19152159.5, "not a meter number"), (datetime(2026, 1, 2), "a date"),  # noqa: DTZ001
        (True, "a date"),
    ],
)  # fmt: skip
def test_a_row_without_a_meter_number_is_out(value: object, words: str) -> None:
    assert words in reason(only(Meter_No=value), "Meter No.")


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (1474, "1474.00"), (1474.5, "1474.50"), (1474.05, "1474.05"), (0.1 + 0.2, "0.30"), ("₹1,474", "1474.00"),
        ("₹ 1,474.00", "1474.00"), ("Rs. 1474/-", "1474.00"), (" 1474 ", "1474.00"), ("१४७४", "1474.00"),
        ("1474.0", "1474.00"), ("99,999", "99999.00"),
    ],
)  # fmt: skip
def test_money_is_read_to_the_paisa(value: object, amount: str) -> None:
    found = only(Fixed_Charge=value).rows[0].fixed_charge
    assert found == Decimal(amount)
    assert str(found) == amount


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("free", "not a plain number"), (-5, "must not be negative"), ("1e3", "instead of an exponent"),
        ("1_000", "underscore"), (1.005, "at most two decimals"), ("14,74", "commas"), (100000.5, "more than ₹100,000"),
        ("12 per unit", "not a plain number"), (datetime(2026, 1, 2), "a date"), (time(1, 2), "a date"),  # noqa: DTZ001
        (False, "a date"), ("99999999999999", "too large"),
    ],
)  # fmt: skip
def test_money_that_is_none_keeps_the_row_out(value: object, words: str) -> None:
    assert words in reason(only(Fixed_Charge=value), "Fixed Charge")


def test_a_rate_beyond_belief_keeps_the_row_out() -> None:
    assert "more than ₹1,000" in reason(only(Rate_Per_Unit=1200), "Rate Per Unit")


@pytest.mark.parametrize("value", [None, "", " ", "nan", "NaN", "-", "N/A", 0, 0.0, "0", "₹0.00"])
def test_a_blank_or_zero_rate_is_none_and_reported(value: object) -> None:
    book = only(Rate_Per_Unit=value)
    assert book.rows[0].rate_per_unit is None
    assert note(book, "Rate Per Unit") == "No rate: the unit is billed at the default ₹12 a unit."


def test_a_missing_fixed_charge_is_reported_only_where_it_counts() -> None:
    three = {"Unit_ID": "3BHK-B17-FF", "Fixed_Charge": None}
    assert note(only(**three), "Fixed Charge") == "No fixed charge: the unit is billed without one."
    assert only(Fixed_Charge=None).problems == ()
    assert only(**three, Rate_Per_Unit=9).problems == ()
    assert only(Unit_ID="3BHK-C14-SF", Flat_no="C14", Floor="SF", Fixed_Charge=None, Rate_Per_Unit=None).problems == ()


@pytest.mark.parametrize(
    ("value", "phone"),
    [
        ("+447700900001", "+447700900001"), (447700900001, "+447700900001"), (447700900001.0, "+447700900001"),
        ("447700900001.0", "+447700900001"), ("+44 7700 900-001", "+447700900001"), ("00447700900001", "+447700900001"),
        ("+४४७७००९००००१", "+447700900001"), (None, None), ("nan", None),
    ],
)  # fmt: skip
def test_phones_become_e164(value: object, phone: str | None) -> None:
    book = only(Phone_Number=value)
    assert book.problems == ()
    assert book.rows[0].phone == phone


@pytest.mark.parametrize("between", [" / ", ",", "; ", "\n", " or ", "  ", " & "])
def test_of_two_phones_the_first_is_taken_and_that_is_said(between: str) -> None:
    book = only(Phone_Number=f"+447700900001{between}+447700900002")
    assert book.rows[0].phone == "+447700900001"
    assert note(book, "Phone Number") == "There are 2 numbers; only the first, +447700900001, is taken."


@pytest.mark.parametrize("value", ["12345", "ask the guard", "+44", 99])
def test_what_is_no_phone_is_reported_and_the_row_stays(value: object) -> None:
    book = only(Phone_Number=value)
    assert book.rows[0].phone is None
    assert "not a phone number" in note(book, "Phone Number")


def test_emails_are_checked_lightly() -> None:
    assert only(Email=" mailto:a.b@example.com ").rows[0].email == "a.b@example.com"
    assert only(Email="a@example.com, b@example.com").rows[0].email == "a@example.com"
    assert only(Email="nan").problems == ()
    book = only(Email="a at example")
    assert book.rows[0].email is None
    assert note(book, "Email") == "This is not an email address."


def test_names_stay_as_typed_but_for_spaces() -> None:
    assert only(Client_Name="  Mr   Sharma\xa0& Sons\n").rows[0].owner_name == "Mr Sharma & Sons"
    assert only(Client_Name="श्री शर्मा १").rows[0].owner_name == "श्री शर्मा १"
    assert only(Client_Name='=HYPER("x")').problems != ()
    assert "longer than 120" in reason(only(Client_Name="x" * 121), "Client Name")


def test_a_unit_without_owner_is_let_in_and_reported() -> None:
    book = only(Client_Name="nan")
    assert book.rows[0].owner_name is None
    assert note(book, "Client Name") == "No owner: the meter stays inactive until the flat has one."


@pytest.mark.parametrize(
    ("unit_id", "flat", "floor", "code"),
    [
        ("5BHK-B17-FF", "B17", "FF", "B17-FF"), ("5bhk b17 ff", "B17-FF", "First Floor", "B17-FF"),
        ("B17-FF", "B-17", "1", "B17-FF"), ("B17-FF", 17, 1, "B17-FF"), ("B17-FF", 17.0, 1.0, "B17-FF"),
        ("4BHK-D1-GF", "D1", "Ground", "D1-GF"), ("4BHK-D1-GF", "", 0, "D1-GF"),
        ("2BHK-B17-SF", "nan", "2nd floor", "B17-SF"),
        ("", "B17", "FF", "B17-FF"), (None, "b17ff", None, "B17-FF"), ("", "B17", "Ground floor", "B17-GF"),
        ("5BHK-B17-FF", "5BHK-B17-FF", "", "B17-FF"),
    ],
)  # fmt: skip
def test_flats_are_named_in_many_ways(unit_id: object, flat: object, floor: object, code: str) -> None:
    book = only(Unit_ID=unit_id, Flat_no=flat, Floor=floor)
    assert book.problems == ()
    assert (book.rows[0].flat_code, book.rows[0].floor) == (code, code[-2:])


@pytest.mark.parametrize(
    ("unit_id", "flat", "floor", "flat_type"),
    [
        ("VILLA-A2", "", "", "VILLA"), ("villa a2", "A2", "nan", "VILLA"), ("VILLA-A2", "VILLA-A2", "GF", "VILLA"),
        ("SCO-3", "", "-", "SCO"), ("SCO-3", 3, None, "SCO"), ("", "SCO 3", "", "SCO"),
    ],
)  # fmt: skip
def test_villas_and_shops_have_no_floor_and_no_motor(unit_id: str, flat: object, floor: object, flat_type: str) -> None:
    book = only(Unit_ID=unit_id, Flat_no=flat, Floor=floor, Water_Motor_Meter_No="nan")
    assert book.problems == ()
    row = book.rows[0]
    assert (row.floor, row.motor_meter_number, row.flat_type) == (None, None, flat_type)


def test_a_motor_beside_a_villa_is_left_out_and_reported() -> None:
    book = only(Unit_ID="VILLA-A2", Flat_no="", Floor="")
    assert book.rows[0].motor_meter_number is None
    assert "share no water motor" in note(book, "Water Motor Meter No")


def test_the_type_is_none_where_the_identifier_says_none() -> None:
    assert only(Unit_ID="B17-FF").rows[0].flat_type is None
    assert only(Unit_ID="5BHK-B17-FF").rows[0].flat_type == "5BHK"


@pytest.mark.parametrize(
    ("unit_id", "flat", "floor", "column", "words"),
    [
        ("5BHK-B17-FF", "B18", "FF", "Flat no", "contradicts the unit 5BHK-B17-FF, which is B17-FF"),
        ("5BHK-B17-FF", "B17-SF", "", "Flat no", "contradicts"), ("5BHK-B17-FF", "B7", "FF", "Flat no", "contradicts"),
        ("VILLA-A2", "A3", "", "Flat no", "contradicts"), ("SCO-3", "13", "", "Flat no", "contradicts"),
        ("5BHK-B17-FF", "B17", "SF", "Floor", "contradicts the unit 5BHK-B17-FF, which is on FF"),
        ("5BHK-B17-FF", "B17", "Terrace", "Floor", "not a floor"),
        ("Block B 17", "", "", "Unit_ID", "not a unit"), ("5BHK-B17-TF", "", "", "Unit_ID", "not a unit"),
        ("...", "", "", "Unit_ID", "not a unit"), ("", "B17", "", "Flat no", "not a unit"),
        ("", "", "FF", "Unit_ID", "names no unit"), ("nan", "nan", "nan", "Unit_ID", "names no unit"),
    ],
)  # fmt: skip
def test_a_unit_that_is_unclear_keeps_the_row_out(unit_id: str, flat: str, floor: str, column: str, words: str) -> None:
    assert words in reason(only(Unit_ID=unit_id, Flat_no=flat, Floor=floor), column)


def test_every_problem_of_a_row_is_reported_at_once() -> None:
    book = only(Unit_ID="?", Meter_No="", Rate_Per_Unit="x", Fixed_Charge="y", Phone_Number="z")
    assert [each.column for each in book.problems] == [
        "Unit_ID", "Meter No.", "Rate Per Unit", "Fixed Charge", "Phone Number",
    ]  # fmt: skip
    assert {each.row for each in book.problems} == {2} == set(book.bad_rows)


def test_a_problem_names_row_column_value_reason_and_severity() -> None:
    book = read_master(master(GOOD, {**SECOND, "Rate Per Unit": "twelve"}, header_row=3))
    assert [row.flat_code for row in book.rows] == ["B17-FF"]
    assert book.problems == (
        RowProblem(5, "Rate Per Unit", "twelve", "This is not an amount in rupees: it is not a plain number.",
                   Severity.ERROR),
    )  # fmt: skip


def test_long_values_are_shortened_in_the_report() -> None:
    assert len(only(Rate_Per_Unit="x" * 5000).problems[0].value) == 60


def test_empty_rows_repeated_headings_and_titles_between_are_not_errors() -> None:
    again = {heading: heading for heading in HEADINGS}
    book = read_master(master(
        GOOD, {}, {"Unit_ID": "nan", "Meter No.": "nan", "Rate Per Unit": " "}, again,
        {"Client Name": "BLOCK B18"}, SECOND, {"Unit_ID": "Total", "Fixed Charge": 2948},
        {"Client Name": "Grand total", "Fixed Charge": 2948},
    ))  # fmt: skip
    assert [row.row_number for row in book.rows] == [2, 7]
    assert [(each.row, each.reason) for each in book.problems] == [
        (6, "The row is taken for a heading and left out."),
        (8, "The row is taken for a line of totals and left out."),
        (9, "The row is taken for a line of totals and left out."),
    ]
    assert book.errors == ()


def test_two_units_with_one_meter_are_both_out_and_name_each_other() -> None:
    book = read_master(master(GOOD, {**SECOND, "Meter No.": 19152159.0}, {**SECOND, "Unit_ID": "B6-GF",
                       "Flat no": "B6", "Floor": "GF", "Meter No.": "5"}))  # fmt: skip
    assert [row.flat_code for row in book.rows] == ["B6-GF"]
    assert [(each.row, each.column, each.reason) for each in book.errors] == [
        (2, "Meter No.", "This meter number is also in row 3 (2BHK-B18-FF)."),
        (3, "Meter No.", "This meter number is also in row 2 (2BHK-B17-FF)."),
    ]


def test_two_rows_about_one_flat_are_both_out() -> None:
    book = read_master(master(GOOD, {**GOOD, "Unit_ID": "B17-FF", "Meter No.": "7"}))
    assert book.rows == ()
    assert [each.reason for each in book.errors] == [
        "This unit is also in row 3 (B17-FF).", "This unit is also in row 2 (2BHK-B17-FF).",
    ]  # fmt: skip


def test_a_row_pasted_twice_counts_once() -> None:
    book = read_master(master(GOOD, SECOND, GOOD))
    assert [row.row_number for row in book.rows] == [2, 3]
    assert [(each.row, each.reason) for each in book.warnings] == [(4, "This row repeats row 2; it is left out.")]


def test_a_flats_meter_is_not_a_motors() -> None:
    assert "of a water motor" in reason(only(Meter_No="70000101"), "Meter No.")


def test_a_motor_unlike_the_rest_of_its_group_keeps_the_row_out() -> None:
    others = [{**GOOD, "Unit_ID": f"B{n}-GF", "Flat no": "", "Floor": "", "Meter No.": f"5{n}"} for n in (5, 6, 17)]
    c_block = {**GOOD, "Unit_ID": "C8-GF", "Flat no": "", "Floor": "", "Meter No.": "8"}
    book = read_master(master(*others, {**SECOND, "Water Motor Meter No": "70000109"}, c_block))
    assert [row.flat_code for row in book.rows] == ["B5-GF", "B6-GF", "B17-GF"]
    assert [(each.row, each.reason) for each in book.errors] == [
        (5, "This is no motor's number. The other flats of MOTOR-B have 70000101."),
        (6, "This is the meter of MOTOR-B."),
    ]
    assert [(motor.name, motor.meter_number) for motor in book.motors] == [("MOTOR-B", "70000101")]


def test_a_flat_without_its_groups_motor_is_let_in_and_reported() -> None:
    book = read_master(master(GOOD, {**SECOND, "Water Motor Meter No": None}))
    assert book.rows[1].motor_meter_number is None
    assert note(book, "Water Motor Meter No").startswith("No water motor, but other flats of MOTOR-B have 70000101")


def test_a_cell_merged_downwards_counts_for_each_of_its_rows() -> None:
    def merge(workbook: Workbook) -> None:
        sheet = workbook.worksheets[0]
        sheet.merge_cells("H4:H5")
        sheet.merge_cells("A1:J1")
        sheet.merge_cells("B6:C6")

    villa = {**GOOD, "Unit_ID": "VILLA-A2", "Flat no": "", "Floor": "", "Meter No.": "7", "Water Motor Meter No": ""}
    book = read_master(master(GOOD, {**SECOND, "Water Motor Meter No": "x"}, villa, header_row=3, change=merge))
    assert [row.motor_meter_number for row in book.rows] == ["70000101", "70000101", None]
    assert book.problems == ()


def test_formulas_count_with_the_result_that_excel_saved() -> None:
    raw = master({**GOOD, "Fixed Charge": "=1000+474", "Rate Per Unit": "=A1"})
    sheet = "xl/worksheets/sheet1.xml"
    raw = with_part(raw, sheet, lambda xml: xml.replace(b"<f>1000+474</f><v></v>", b"<f>1000+474</f><v>1474</v>")
                    .replace(b"<f>1000+474</f><v />", b"<f>1000+474</f><v>1474</v>"))  # fmt: skip
    book = read_master(raw)
    assert [(each.column, each.value) for each in book.errors] == [("Rate Per Unit", "=A1")]
    assert "without its result" in book.errors[0].reason


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_formula_without_result_never_passes_for_a_blank(heading: str) -> None:
    book = read_master(master({**GOOD, heading: "=A9"}))
    assert [each.column for each in book.problems] == [heading]
    assert "Open it in Excel" in book.problems[0].reason


def test_array_formulas_and_excel_errors_are_reported() -> None:
    def add(workbook: Workbook) -> None:
        sheet = workbook.worksheets[0]
        sheet["F2"] = ArrayFormula("F2:F2", "=SUM(A1:A2)")
        sheet["G2"].value = "#REF!"

    book = read_master(master(GOOD, change=add))
    assert [(each.column, each.value) for each in book.errors] == [("Rate Per Unit", "#REF!"), ("Fixed Charge", "= …")]
    assert book.errors[0].reason == "Excel shows the error #REF! here."


def test_reading_from_a_path(tmp_path: Any) -> None:
    path = tmp_path / "master file.xlsx"
    path.write_bytes(master(GOOD))
    assert read_master(path) == read_master(str(path)) == read_master(path.read_bytes())

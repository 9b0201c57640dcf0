"""Master workbooks out: the template, and somebody's own with the reasons written in."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from jobs.gateways.workbook import read_master
from jobs.gateways.workbook_columns import Column
from jobs.gateways.workbook_writer import new_master, write_problems, write_template
from jobs.master_workbook import RowProblem, Severity, WorkbookError
from tests.jobs.gateways.workbooks import GOOD, HEADINGS, SECOND, master, saved

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

BAD = {**SECOND, "Meter No.": "", "Phone Number": "x"}


def first_sheet(raw: bytes) -> Worksheet:
    return load_workbook(BytesIO(raw)).worksheets[0]


def with_errors(raw: bytes) -> bytes:
    return write_problems(raw, read_master(raw).problems)


def column(sheet: Worksheet, place: int) -> list[Any]:
    return [row[0] for row in sheet.iter_rows(min_col=place, max_col=place, values_only=True)]


def test_the_reasons_stand_beside_their_rows() -> None:
    sheet = first_sheet(with_errors(master(GOOD, BAD, header_row=3)))
    assert column(sheet, 11)[:4] == [None, None, "Error", None]
    assert column(sheet, 11)[4].splitlines() == [
        "Meter No.: The meter number is missing; without it no reading can be taken.",
        "Note: Phone Number “x”: This is not a phone number. Write ten digits, or + and the country code.",
    ]
    assert [cell.value for cell in sheet[5]][:3] == ["2BHK-B18-FF", "B18", "FF"]


def test_everything_else_stays_as_it_was() -> None:
    def add(workbook: Workbook) -> None:
        sheet = workbook.worksheets[0]
        sheet["F2"] = "=1000+474"
        sheet["N2"] = "my own note"
        sheet.column_dimensions["B"].width = 33
        workbook.create_sheet("Other")["A1"] = "kept"

    raw = with_errors(master(GOOD, change=add))
    sheet = first_sheet(raw)
    assert (sheet["F2"].value, sheet["F2"].data_type, sheet["N2"].value) == ("=1000+474", "f", "my own note")
    assert sheet.column_dimensions["B"].width == 33
    assert load_workbook(BytesIO(raw))["Other"]["A1"].value == "kept"
    assert sheet["O1"].value == "Error"


def test_a_workbook_that_was_mended_and_sent_again_loses_its_old_errors() -> None:
    book = load_workbook(BytesIO(with_errors(master(GOOD, BAD))))
    book.worksheets[0]["E3"] = "19152160"
    book.worksheets[0]["I3"] = None
    raw = saved(book)
    assert read_master(raw).problems == ()
    assert column(first_sheet(with_errors(raw)), 11) == ["Error", None, None]


def test_what_is_wrong_with_the_columns_is_a_comment_on_the_heading() -> None:
    raw = master(GOOD, headings=[heading for heading in HEADINGS if heading != "Rate Per Unit"])
    comment = first_sheet(with_errors(raw))["J1"].comment
    assert comment is not None
    assert "There is no column Rate Per Unit" in comment.text


def test_the_column_goes_behind_merged_cells_and_skips_them_when_they_are_in_the_way() -> None:
    def merge(workbook: Workbook) -> None:
        workbook.worksheets[0].merge_cells("L2:M3")

    assert first_sheet(with_errors(master(GOOD, BAD, change=merge)))["N1"].value == "Error"

    def merge_errors(workbook: Workbook) -> None:
        workbook.worksheets[0]["K1"] = "error"
        workbook.worksheets[0].merge_cells("K2:K3")

    assert first_sheet(with_errors(master(GOOD, BAD, change=merge_errors)))["K1"].value == "Error"


@pytest.mark.parametrize("name", ["=1+1", "+44", "-5", "@SUM(A1)", '=HYPERLINK("http://evil.example")', "=cmd|x"])
def test_text_that_looks_like_a_formula_stays_text(name: str) -> None:
    def add(workbook: Workbook) -> None:
        cell = workbook.worksheets[0]["D2"]
        cell.value, cell.data_type = name, "s"

    raw = master(GOOD, change=add)
    assert read_master(raw).rows[0].owner_name == name
    problems = [RowProblem(2, name, name, f"{name} is wrong")]
    for out in (write_problems(raw, problems), saved(new_master(name, [(*[name] * 5, 1, 2, *[name] * 3)]))):
        with ZipFile(BytesIO(out)) as parts:
            assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
        assert "f" not in {cell.data_type for row in first_sheet(out) for cell in row}
    assert first_sheet(write_problems(raw, problems))["D2"].value == name
    template = first_sheet(saved(new_master(name, [])))
    assert (template["A1"].value, template["A1"].quotePrefix) == (name, True)


def test_characters_that_excel_forbids_are_left_out() -> None:
    raw = write_problems(master(GOOD), [RowProblem(2, "Email", "a\x07b", "no", Severity.WARNING)])
    assert first_sheet(raw)["K2"].value == "Note: Email “ab”: no"


def test_no_workbook_no_errors_in_it() -> None:
    with pytest.raises(WorkbookError):
        write_problems(b"text", [])


def test_the_template_has_our_headings_in_row_3_and_one_example_that_is_never_let_in() -> None:
    raw = write_template()
    sheet = first_sheet(raw)
    assert [cell.value for cell in sheet[3]] == [column.value for column in Column] == list(HEADINGS)
    book = read_master(raw)
    assert book.rows == ()
    [problem] = book.problems
    assert (problem.row, problem.column, problem.value) == (4, "Client Name", "Mr Example")
    assert "Write the unit's own over it" in problem.reason
    assert load_workbook(BytesIO(raw))["How to fill in"]["A1"].value == "Unit_ID"


def test_an_example_filled_in_halfway_is_still_one() -> None:
    book = read_master(master({**GOOD, "Email": "owner@example.com"}, SECOND))
    assert [row.row_number for row in book.rows] == [3]
    assert [problem.column for problem in book.errors] == ["Email"]


def test_numbers_that_are_names_are_kept_as_text_in_the_template() -> None:
    sheet = first_sheet(write_template())
    assert [sheet[place].number_format for place in ("E4", "H4", "I4")] == ["@", "@", "@"]
    assert [sheet[place].data_type for place in ("E4", "F4", "G4")] == ["s", "n", "n"]

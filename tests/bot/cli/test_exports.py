"""`billing export`: a month as a workbook."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import openpyxl
import pytest

from tests.bot.cli.conftest import Billing

_READ = """
    insert into readings (meter_id, reading_date, reading_value, state)
    select id, '2031-05-20', 100, 'approved' from meters where flat_id is not null order by id limit 3"""


@pytest.fixture
async def with_a_month(seeded: Billing, dsn: str) -> Billing:
    """The sample society with three approved readings of May 2031; one owner's name looks like a formula."""
    conn = await asyncpg.connect(dsn)
    await conn.execute(_READ)
    await conn.execute("update owners set name = '@SUM(A1)'")
    await conn.close()
    return seeded


@pytest.mark.parametrize(("what", "rows"), [("bills", 3), ("readings", 3)])
def test_a_month(with_a_month: Billing, tmp_path: Path, what: str, rows: int) -> None:
    assert with_a_month("issue", "--month", "2031-05").code == 0
    file = tmp_path / f"{what}.xlsx"
    told = with_a_month("export", what, "--month", "2031-05", "-o", str(file))
    assert told.code == 0
    assert f"{rows} rows of {what} in 2031-05" in told.out
    sheet = openpyxl.load_workbook(file).worksheets[0]
    assert sheet.max_row == rows + 1
    if what == "bills":
        assert (sheet.cell(2, 3).value, sheet.cell(2, 3).data_type) == ("@SUM(A1)", "s")


def test_the_ledger(seeded: Billing, tmp_path: Path) -> None:
    file = tmp_path / "ledger.xlsx"
    told = seeded("export", "ledger", "--month", "2031-05", "-o", str(file))
    assert "0 rows of ledger in 2031-05" in told.out
    headings = [cell.value for cell in openpyxl.load_workbook(file).worksheets[0][1]]
    assert headings[:6] == ["Entry", "Flat", "Posted on", "Money came on", "Kind", "Amount"]


def test_a_file_that_is_there_stays(seeded: Billing, tmp_path: Path) -> None:
    file = tmp_path / "mine.xlsx"
    file.write_text("mine")
    told = seeded("export", "bills", "--month", "2031-05", "-o", str(file))
    assert told.code == 1
    assert "is there already" in told.err
    assert file.read_text() == "mine"


@pytest.mark.parametrize("wrong", [("bills",), ("money", "--month", "2031-05"), ("bills", "--month", "2031-13")])
def test_wrong_usage(billing: Billing, wrong: tuple[str, ...]) -> None:
    assert billing("export", *wrong, "-o", "x.xlsx").code == 2

"""Workbooks in: what is no workbook, and what would cost too much to open."""

from __future__ import annotations

import random
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from jobs.gateways.workbook import read_master
from jobs.master_workbook import MAX_FILE_BYTES, WorkbookError
from tests.jobs.gateways.workbooks import GOOD, SECOND, master, with_part

if TYPE_CHECKING:
    from openpyxl import Workbook

SHEET = "xl/worksheets/sheet1.xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def archive(**parts: bytes) -> bytes:
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return target.getvalue()


def refusal(raw: bytes) -> str:
    with pytest.raises(WorkbookError) as caught:
        read_master(raw)
    return str(caught.value)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (OLE + b"\0" * 500 + "Workbook".encode("utf-16-le"), "old Excel workbook (.xls)"),
        (OLE + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"Unit_ID,Flat no,Meter No.\nB17-FF,B17,1\n", "CSV"),
        (b"\xef\xbb\xbfUnit_ID\tMeter No.\n", "CSV"),
        (b"\r\n<html><table><tr><td>Unit_ID</td></tr></table>", "web page"),
        (b'<?xml version="1.0"?><Workbook/>', "web page"),
        (b"%PDF-1.7", "not an Excel workbook"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR,", "not an Excel workbook"),
        (b"PK\x03\x04 and no more", "damaged"),
        (archive(word__document_xml=b"<a/>"), "not an Excel workbook"),
        (archive(xl__workbook_bin=b"x"), "binary Excel workbook (.xlsb)"),
        (archive(xl__workbook_xml=b"<workbook>"), "damaged"),
        (archive(xl__workbook_xml=b"<workbook/>"), "cannot be read"),
        (master(GOOD)[:-100], "damaged"),
        (b"\0" * (MAX_FILE_BYTES + 1), "larger than 10 MB"),
    ],
)
def test_what_is_no_workbook_is_named(raw: bytes, words: str) -> None:
    assert words in refusal(raw)


def test_a_file_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "none.xlsx", "There is no file"), (tmp_path, "cannot be read")):
        with pytest.raises(WorkbookError, match=words) as caught:
            read_master(path)
        assert str(path) in str(caught.value)


def test_a_large_file_is_not_read_into_memory(tmp_path: Path) -> None:
    large = tmp_path / "large.xlsx"
    with large.open("wb") as file:
        file.truncate(500 * 1024 * 1024)
    tracemalloc.start()
    with pytest.raises(WorkbookError, match="larger than 10 MB"):
        read_master(large)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25 * 1024 * 1024


@pytest.mark.parametrize("part", [SHEET, "xl/styles.xml", "xl/_rels/workbook.xml.rels", "docProps/core.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_every_part(part: str, encoding: str) -> None:
    laughs = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE lolz [<!ENTITY a "ha">'
        '<!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
    )
    assert "entities" in refusal(with_part(master(GOOD), part, lambda _: laughs.encode(encoding)))


def test_an_outside_entity_is_never_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    evil = f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]><worksheet>&s;</worksheet>'
    assert "canary" not in refusal(with_part(master(GOOD), SHEET, lambda _: evil.encode()))


def test_a_zip_bomb_is_refused_before_it_unpacks() -> None:
    raw = with_part(master(GOOD), "xl/media/bomb.bin", lambda _: b"\0" * (31 * 1024 * 1024))
    assert len(raw) < 100_000
    tracemalloc.start()
    assert "more than 30 MB" in refusal(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * 1024 * 1024


def test_an_archive_of_very_many_parts_is_refused() -> None:
    target = BytesIO(master(GOOD))
    with ZipFile(target, "a") as packed:
        for number in range(1_001):
            packed.writestr(f"xl/x{number}", b"")
    assert "more than 30 MB" in refusal(target.getvalue())


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [(5_011, 1, "something in row 5011"), (1_048_576, 1, "something in row 1048576"), (2, 61, "more than 60 columns"),
     (2, 16_384, "more than 60 columns")],
)  # fmt: skip
def test_rows_and_columns_are_bounded(row: int, column: int, words: str) -> None:
    def add(workbook: Workbook) -> None:
        workbook.worksheets[0].cell(row, column, "x")

    assert words in refusal(master(GOOD, change=add))


@pytest.mark.slow
def test_five_thousand_rows_are_read() -> None:
    rows = [
        {**GOOD, "Unit_ID": f"VILLA-{chr(65 + n // 999)}{n % 999}", "Flat no": None, "Floor": None, "Meter No.": n + 1,
         "Water Motor Meter No": None}
        for n in range(5_000)
    ]  # fmt: skip
    assert len(read_master(master(*rows)).rows) == 5_000


def test_empty_formatted_cells_far_away_do_not_count_as_rows() -> None:
    far = b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
    raw = with_part(master(GOOD), SHEET, lambda xml: xml.replace(b"</sheetData>", far))
    assert len(read_master(raw).rows) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
        (b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A:A"/></mergeCells>'),
        (b"</sheetData>", b'</sheetData><hyperlinks><hyperlink ref="A1:XFD1048576" location="a"/></hyperlinks>'),
        (b"</sheetData>", b"<row>" + b"<c/>" * 300_001 + b"</row></sheetData>"),
    ],
)
def test_ranges_that_would_fill_the_memory_are_refused(old: bytes, new: bytes) -> None:
    raw = with_part(master(GOOD), SHEET, lambda xml: xml.replace(old, new))
    assert "too many formatted cells" in refusal(raw)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="?"/></mergeCells>'),
        (b'r="A1"', b'r="1A"'),
        (b'<row r="1"', b'<row r="one"'),
        (b"<sheetData>", b"<sheetData>" + b"<a>" * 200 + b"</a>" * 200),
    ],
)
def test_nonsense_in_a_sheet_is_damage(old: bytes, new: bytes) -> None:
    assert "damaged" in refusal(with_part(master(GOOD), SHEET, lambda xml: xml.replace(old, new)))


def test_cells_without_coordinates_are_counted_on() -> None:
    def strip(xml: bytes) -> bytes:
        for row in (b"1", b"2"):
            xml = xml.replace(b'<row r="' + row + b'"', b"<row")
            for column in b"ABCDEFGHIJ":
                xml = xml.replace(b'r="' + bytes([column]) + row + b'"', b"")
        return xml

    assert len(read_master(with_part(master(GOOD), SHEET, strip)).rows) == 1


def test_corrupted_workbooks_are_read_or_refused_and_nothing_else() -> None:
    chance = random.Random(20261102)
    good = master(GOOD, SECOND)
    refused = 0
    for _ in range(150):
        part = chance.choice([SHEET, SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])

        def spoil(content: bytes) -> bytes:
            spoilt = bytearray(content)
            for _ in range(chance.randint(1, 6)):
                spoilt[chance.randrange(len(spoilt))] = chance.randrange(32, 127)
            return bytes(spoilt)

        try:
            read_master(with_part(good, part, spoil))
        except WorkbookError:
            refused += 1
    assert refused > 50

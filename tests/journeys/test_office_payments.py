"""Money that comes past the providers: an owner's UTR, and the bank's statement as a real file."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest

from tests.journeys.stage import Stage, over_both
from tests.journeys.test_admin_office import billed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def statement() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Date", "Narration", "Chq/Ref No", "Withdrawal", "Deposit", "Balance"])
    sheet.append(["01/11/2026", "UPI/412345678901/SHARMA", "412345678901", None, 1226, None])
    sheet.append(["01/11/2026", "charges", None, 5, None, None])
    target = BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.slow
@over_both
async def test_a_claim_is_found_on_the_statement(stage: Stage) -> None:
    await billed(stage)
    await stage.mrs.send_text("/utr 412345678901 1226")
    await stage.mrs.wait_for("You paid ₹1,226.00 for B17-FF")
    await stage.mrs.press("Yes")
    await stage.mrs.wait_for("please don't pay again")
    await stage.rekha.wait_for("has paid ₹1,226.00")
    file = statement()
    await stage.rekha.send_document(file, "november.xlsx", XLSX)
    card = await stage.rekha.wait_for("1 row matches, 0 need you")
    assert "Left out: 1 payment that went out" in card.text
    await stage.rekha.press("Post 1, ₹1,226.00")
    await stage.rekha.wait_for("Posted 1 payment, ₹1,226.00")
    await stage.mrs.wait_for("Received ₹1,226.00 for B17-FF")
    await stage.rekha.send_document(file, "again.xlsx", XLSX)
    await stage.rekha.wait_for("This statement was sent before.")
    await stage.rekha.send_text("/dues")
    await stage.rekha.wait_for("₹2,000.00")

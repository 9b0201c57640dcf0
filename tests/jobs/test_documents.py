"""Documents on paper: real PDFs, whatever the names in them, with what the machine has of its own left out."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from jobs.documents import LARGEST_BATCH, PHOTO, DocumentError, Template, bills_facts, bills_pdf, page_count, pdf
from jobs.upi import qr_svg

AT = datetime(2026, 11, 2, 10, 44, 12, 345, tzinfo=UTC)
WORDS = dict.fromkeys(
    ("pay", "scan", "upi_address", "after_upi", "how", "months", "photo", "office", "questions"), "महीना"
)
COMMON = {"language": "hi", "society": "Blessings City", "title": "B17-FF", "foot": "B17-FF", "words": WORDS}
BILL: dict[str, Any] = {
    "number": "Bill 2026-7",
    "whose": "B17-FF · Mr Sharma",
    "what": "अक्टूबर का बिल",
    "label": "To pay now",
    "amount": "₹3,264.40",
    "says": ["Pay by 12 Nov 2026"],
    "owed": True,
    "upi": {"qr": qr_svg("upi://pay?pa=office@upi&am=3264.40"), "vpa": "office@upi"},
    "at_office": "At the office",
    "how": ["From 3 Oct to 2 Nov"],
    "lines": [["146 × ₹12.00", "₹1,790.40"], ["Fixed charge", "₹1,474.00"]],
    "totals": [["Total", "₹3,264.40"]],
    "bars": [{"label": f"{month}", "units": "146 units", "percent": month * 8} for month in range(1, 13)],
    "photo": "",
    "photo_of": "",
}


def printed(*bills: dict[str, Any], photo: bytes | None = None) -> bytes:
    return bills_pdf(bills_facts(COMMON, bills), at=AT, photo=photo)


def test_a_bill_is_one_page_and_the_same_bill_the_same_file() -> None:
    file = printed(BILL)
    assert file.startswith(b"%PDF-")
    assert page_count(file) == 1
    assert printed(BILL) == file


def test_a_block_is_one_file_with_a_page_a_bill() -> None:
    assert page_count(printed(BILL, {**BILL, "owed": False, "upi": None}, {**BILL, "bars": [], "lines": []})) == 3


def test_the_meters_photo_is_in_it() -> None:
    picture = BytesIO()
    Image.effect_noise((400, 300), 80).convert("RGB").save(picture, "JPEG")
    with_photo = printed({**BILL, "photo": PHOTO, "photo_of": "2 Nov"}, photo=picture.getvalue())
    assert page_count(with_photo) == 1
    assert b"/DCTDecode" in with_photo
    assert len(with_photo) > len(printed(BILL)) + len(picture.getvalue()) // 2


LONG = "Professor Doctor Venkatanarasimharajuvaripeta Subrahmanyam Chandrasekhara Iyer, "


@pytest.mark.parametrize("times", [1, 3, 8])
def test_long_names_make_it_smaller_never_a_second_page(times: int) -> None:
    picture = BytesIO()
    Image.new("RGB", (900, 1600)).save(picture, "JPEG")
    long = {
        **BILL,
        "whose": LONG * times,
        "says": [LONG] * 3,
        "how": [LONG * times] * 5,
        "totals": [["Total", "₹1.00"]] * 3,
        "at_office": LONG * times,
        "photo": PHOTO,
        "photo_of": LONG,
    }
    assert page_count(printed(long, photo=picture.getvalue())) == 1


@pytest.mark.parametrize("count", [2, 30, 120])
def test_one_long_name_among_many_bills(count: int) -> None:
    others = [{**BILL, "number": f"Bill {number}"} for number in range(count - 1)]
    assert page_count(printed({**BILL, "how": [LONG * 8] * 4}, *others)) == count


@pytest.mark.parametrize("name", ['#panic("no")', "*bold* _x_ $y$ `z`", "\\ #{ ] [ ", "<b>&amp;</b> @ref", "न" * 300])
def test_what_people_are_called_is_never_template_text(name: str) -> None:
    assert page_count(printed({**BILL, "whose": name, "says": [name], "how": [name]})) == 1


def test_a_slip() -> None:
    facts = {**COMMON, **BILL, "totals": [["Left", "₹0.00"]], "notes": ["Thank you"]}
    assert page_count(pdf(Template.SLIP, facts, at=AT)) == 1


def test_what_cannot_be_printed_says_so() -> None:
    with pytest.raises(DocumentError):
        bills_facts(COMMON, [])
    with pytest.raises(DocumentError):
        bills_facts(COMMON, [BILL] * (LARGEST_BATCH + 1))
    with pytest.raises(DocumentError):
        printed({**BILL, "photo": PHOTO}, photo=b"no picture")
    with pytest.raises(DocumentError):
        pdf(Template.BILLS, {"bills": []}, at=AT)


def test_fifty_bills_take_seconds_not_minutes() -> None:
    printed(BILL)
    began = time.process_time()
    printed(*[{**BILL, "number": f"Bill {number}"} for number in range(50)])
    assert time.process_time() - began < 5
